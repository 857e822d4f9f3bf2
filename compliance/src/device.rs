//! What a scripted device publishes: the lines of a driver's dump.
//!
//! Stands only for hardware. The lines are given as they go over the driver socket, so a case
//! can say things that no real driver would.

/// A device as the lines its driver sends.
#[derive(Clone, Debug)]
pub struct Device {
    lines: Vec<String>,
    data: &'static str,
}

impl Device {
    /// A device that publishes these lines; blank ones and indentation do not count.
    pub fn new(text: &str) -> Device {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Device { lines: lines.map(str::to_string).collect(), data: "DATAOK" }
    }

    /// A small UPS with one of each: writable string, number, enumeration, ranges, commands.
    pub fn usual() -> Device {
        Device::new(
            r#"
            SETINFO battery.charge "90"
            SETFLAGS battery.charge NUMBER
            SETINFO battery.charge.low "20"
            ADDRANGE battery.charge.low 10 30
            ADDRANGE battery.charge.low 50 60
            SETFLAGS battery.charge.low RW NUMBER
            SETINFO input.sensitivity "medium"
            ADDENUM input.sensitivity "low"
            ADDENUM input.sensitivity "medium"
            ADDENUM input.sensitivity "say \"high\""
            SETAUX input.sensitivity 12
            SETFLAGS input.sensitivity RW STRING
            SETINFO outlet.1.status "on"
            SETINFO outlet.10.status "on"
            SETINFO outlet.2.status "off"
            SETINFO ups.delay.shutdown "20"
            SETFLAGS ups.delay.shutdown RW NUMBER
            SETINFO ups.id "back \"room\" \\ \#4"
            SETAUX ups.id 8
            SETFLAGS ups.id RW STRING
            SETINFO ups.mfr "ACME"
            SETFLAGS ups.mfr STRING
            SETINFO ups.status "OL CHRG"
            ADDCMD beeper.toggle
            ADDCMD load.off
            ADDCMD test.battery.start
            "#,
        )
    }

    /// The same device, whose driver says that its data is stale.
    pub fn stale(mut self) -> Device {
        self.data = "DATASTALE";
        self
    }

    /// Whether the driver says so.
    pub fn is_stale(&self) -> bool {
        self.data == "DATASTALE"
    }

    /// The answer to DUMPALL.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        self.lines.iter().for_each(|line| text += &format!("{line}\n"));
        text + self.data + "\nDUMPDONE\n"
    }

    /// A request whose reply has a line with the last thing the dump brings, and that thing:
    /// once it is there, the server has read all of the dump.
    pub(crate) fn last_thing(&self, ups: &str) -> (String, String) {
        let of = |kind: &str| self.lines.iter().rev().find_map(|line| line.strip_prefix(kind));
        match (of("ADDCMD "), of("SETINFO ")) {
            (Some(command), _) => (format!("LIST CMD {ups}"), format!("CMD {ups} {command}")),
            // With its value: a server shows a ups.status of its own before the dump.
            (None, Some(pair)) => (format!("LIST VAR {ups}"), format!("VAR {ups} {pair}")),
            (None, None) => (format!("LIST VAR {ups}"), format!("BEGIN LIST VAR {ups}")),
        }
    }
}
