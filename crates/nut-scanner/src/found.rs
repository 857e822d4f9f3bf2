//! What a scan finds, and NUT 2.8.5's layouts for it.
//!
//! Knows the texts for ups.conf and for scripts, and doubts about serial numbers. Pure.

use std::fmt::Write as _;

/// Where a device was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bus {
    /// On this machine's USB.
    Usb,
    /// At a NUT server.
    Nut,
    /// A file for dummy-ups.
    Simulation,
}

impl Bus {
    /// The word in section names.
    fn word(self) -> &'static str {
        match self {
            Bus::Usb => "usb",
            Bus::Nut => "nut",
            Bus::Simulation => "simulation",
        }
    }

    /// The word in parsable output.
    fn label(self) -> &'static str {
        match self {
            Bus::Usb => "USB",
            Bus::Nut => "NUT",
            Bus::Simulation => "SIMULATION",
        }
    }
}

/// One setting of a found device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Name in ups.conf.
    pub name: &'static str,
    /// Its value, not quoted.
    pub value: String,
    /// Written only as a comment with this mark in front.
    pub comment: Option<&'static str>,
}

/// A device a driver can be started for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub bus: Bus,
    /// The driver's name.
    pub driver: &'static str,
    /// The driver's port.
    pub port: String,
    /// Further settings, in order.
    pub settings: Vec<Setting>,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Sections of ups.conf, then doubts as comments.
    CheckedConf,
    /// Sections of ups.conf.
    Conf,
    /// A line a device.
    Parsable,
}

/// All devices in a layout. Sections are numbered through.
pub fn show(found: &[Found], layout: Layout) -> String {
    let sections = || found.iter().enumerate().map(|(n, f)| section(n + 1, f)).collect::<String>();
    match layout {
        Layout::Parsable => found.iter().map(line).collect(),
        Layout::Conf => sections(),
        Layout::CheckedConf => sections() + &doubts(found),
    }
}

fn name(number: usize, found: &Found) -> String {
    format!("nutdev-{}{number}", found.bus.word())
}

fn section(number: usize, found: &Found) -> String {
    let (driver, port) = (found.driver, quoted(&found.port));
    let mut out = format!("[{}]\n\tdriver = \"{driver}\"\n\tport = {port}\n", name(number, found));
    for Setting { name, value, comment } in &found.settings {
        let mark = comment.unwrap_or_default();
        let _ = writeln!(out, "\t{mark}{name} = {}", quoted(value));
    }
    out
}

fn line(found: &Found) -> String {
    let (label, driver, port) = (found.bus.label(), found.driver, quoted(&found.port));
    let mut out = format!("{label}:driver=\"{driver}\",port={port}");
    for setting in found.settings.iter().filter(|s| s.comment.is_none()) {
        let _ = write!(out, ",{}={}", setting.name, quoted(&setting.value));
    }
    out.push('\n');
    out
}

/// As ups.conf reads it back. NUT 2.8.5 leaves quotes and backslashes as they are.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Serial numbers that tell no device from another: NUT 2.8.5's warnings.
fn doubts(found: &[Found]) -> String {
    let mut serials: Vec<(&str, Vec<String>)> = Vec::new();
    for (n, device) in found.iter().enumerate() {
        let serial = device.settings.iter().find(|s| s.name == "serial" && s.comment.is_none());
        let Some(serial) = serial else { continue };
        let name = name(n + 1, device);
        match serials.iter_mut().find(|(known, _)| *known == serial.value) {
            Some((_, names)) => names.push(name),
            None => serials.push((&serial.value, vec![name])),
        }
    }
    serials.iter().filter_map(|(serial, names)| doubt(serial, names)).collect()
}

fn doubt(serial: &str, names: &[String]) -> Option<String> {
    let list = names.join(",");
    let first = serial.chars().next()?;
    if serial.chars().all(|c| c == first) {
        return Some(format!(
            "\n# WARNING: all-same character \"serial\" with {} copies of '{first}' (0x{:02X}) \
             reported in some devices: {list}\n",
            serial.chars().count(),
            u32::from(first)
        ));
    }
    (names.len() > 1).then(|| {
        format!(
            "\n# WARNING: same \"serial\" value \"{serial}\" reported in several device \
             configurations (maybe okay if multiple drivers for same device, likely a vendor bug \
             if reported by same driver for many devices): {list}\n"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ups(serial: &str) -> Found {
        let setting = |name, value: &str, comment| Setting { name, value: value.into(), comment };
        Found {
            bus: Bus::Usb,
            driver: "usbhid-ups",
            port: "auto".into(),
            settings: vec![
                setting("product", "a \"b\" \\(c\\)", None),
                setting("serial", serial, None),
                setting("bus", "001", Some("# ")),
            ],
        }
    }

    #[test]
    fn sections_and_lines() {
        assert_eq!(
            show(&[ups("12")], Layout::Conf),
            "[nutdev-usb1]\n\tdriver = \"usbhid-ups\"\n\tport = \"auto\"\n\
             \tproduct = \"a \\\"b\\\" \\\\(c\\\\)\"\n\tserial = \"12\"\n\t# bus = \"001\"\n"
        );
        assert_eq!(
            show(&[ups("12")], Layout::Parsable),
            "USB:driver=\"usbhid-ups\",port=\"auto\",product=\"a \\\"b\\\" \\\\(c\\\\)\",serial=\"12\"\n"
        );
    }

    #[test]
    fn useless_serial_numbers_are_doubted() {
        let told = |serials: &[&str]| {
            let found: Vec<Found> = serials.iter().map(|s| ups(s)).collect();
            doubts(&found)
        };
        assert_eq!(told(&["12", "13"]), "");
        assert_eq!(
            told(&["000"]),
            "\n# WARNING: all-same character \"serial\" with 3 copies of '0' (0x30) reported in \
             some devices: nutdev-usb1\n"
        );
        assert!(told(&["12", "3", "12"]).contains("several device configurations"));
        assert!(told(&["12", "13", "12"]).ends_with(": nutdev-usb1,nutdev-usb3\n"));
    }
}
