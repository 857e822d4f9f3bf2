//! Plays conversations written in two columns against a `Server`.
//!
//! A script has one step a line:
//!
//! ```text
//! > LIST UPS         client `a` sends a line; `b> ...` is client `b`, and so on
//! < BEGIN LIST UPS   the next line the client must get
//! drv> DATAOK        the driver of UPS `u` sends a line
//! drv< DUMPALL       the next line the driver must get (PING is answered in silence)
//! drv up, drv gone   the driver's socket appears, or its connection ends
//! closed             the client's connection must have been closed
//! wait 17            time passes, looked at every second
//! log words          a log line that contains these words must have come
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use upsd::action::{Action, ConnId, UpsId};
use upsd::config::{Config, Source, Sources};
use upsd::descriptions::Descriptions;
use upsd::server::{Server, Surroundings};

/// The users most scripts need.
pub const USERS: &str = "\
[admin]
password = \"se cret\"
actions = SET FSD
instcmds = ALL
upsmon primary
[watcher]
password = watch
upsmon secondary
[tester]
password = try
instcmds = test.battery.start
[keyless]
actions = SET
";

/// What the usual driver says when asked.
pub const DUMP: &[&str] = &[
    "SETINFO battery.charge \"90\"",
    "SETINFO input.transfer.low \"180\"",
    "ADDENUM input.transfer.low \"170\"",
    "ADDENUM input.transfer.low \"180\"",
    "SETFLAGS input.transfer.low RW NUMBER",
    "SETINFO ups.delay \"20\"",
    "ADDRANGE ups.delay 10 30",
    "ADDRANGE ups.delay 50 60",
    "SETFLAGS ups.delay RW NUMBER",
    "SETINFO ups.id \"a \\\"b\\\" \\# \\\\\"",
    "SETAUX ups.id 8",
    "SETFLAGS ups.id RW STRING",
    "SETINFO ups.status \"OL\"",
    "ADDCMD load.off",
    "ADDCMD test.battery.start",
    "DATAOK",
    "DUMPDONE",
];

#[derive(Default)]
struct Client {
    conn: Option<ConnId>,
    lines: VecDeque<String>,
    partial: Vec<u8>,
    held: bool,
    closed: bool,
}

pub struct Stage {
    pub server: Server,
    pub now: Duration,
    clients: BTreeMap<char, Client>,
    /// Lines for the driver of UPS `u`.
    to_driver: VecDeque<String>,
    driver_there: bool,
    connected: bool,
    log: Vec<String>,
}

/// A configuration from the texts of the three files.
pub fn config(upsd_conf: &str, ups_conf: &str, users: &str) -> Config {
    let source = |name: &str, text: &str| Source { name: name.into(), bytes: text.into() };
    Config::read(&Sources {
        upsd_conf: source("upsd.conf", upsd_conf),
        ups_conf: source("ups.conf", ups_conf),
        users: source("upsd.users", users),
    })
    .0
}

/// One UPS called `u` whose driver is `d`.
pub const UPS: &str = "[u]\ndriver = d\nport = auto\ndesc = \"Server room \\\"A\\\"\"\n";

impl Stage {
    /// One UPS, fresh, with [`DUMP`], and the [`USERS`].
    pub fn usual() -> Stage {
        let mut stage = Stage::new("", UPS);
        stage.play("drv up\nwait 1\ndrv< DUMPALL");
        stage.driver_says(DUMP);
        stage.log.clear();
        stage
    }

    /// A server that has just started; no driver is there.
    pub fn new(upsd_conf: &str, ups_conf: &str) -> Stage {
        let texts = b"VARDESC ups.status \"UPS \\\"status\\\"\"\nCMDDESC load.off \"Turn off\"\n";
        let mut ids = 0;
        let surroundings = Surroundings {
            descriptions: Descriptions::read(texts),
            ids: Box::new(move || {
                ids += 1;
                Some(format!("ID-{ids}"))
            }),
            descriptors: 1000,
        };
        let now = Duration::from_secs(100);
        let mut stage = Stage {
            server: Server::new(now, config(upsd_conf, ups_conf, USERS), surroundings),
            now,
            clients: BTreeMap::new(),
            to_driver: VecDeque::new(),
            driver_there: false,
            connected: false,
            log: Vec::new(),
        };
        stage.perform();
        stage
    }

    /// Plays a script and checks that nothing was said to clients beyond it.
    pub fn plays(&mut self, script: &str) {
        self.play(script);
        for (name, client) in &self.clients {
            assert!(client.lines.is_empty(), "client {name} got more: {:?}", client.lines);
        }
    }

    fn play(&mut self, script: &str) {
        for step in script.lines().map(str::trim).filter(|step| !step.is_empty()) {
            self.step(step);
        }
    }

    fn step(&mut self, step: &str) {
        let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
        match word {
            "drv" => self.driver_event(rest),
            "drv>" => self.driver_says(&[rest]),
            "drv<" => assert_eq!(self.to_driver.pop_front().as_deref(), Some(rest), "at {step:?}"),
            "wait" => self.wait(rest.parse().unwrap()),
            "log" => self.expect_log(rest),
            "closed" => assert!(self.client('a').closed, "at {step:?}"),
            ">" => self.client_says('a', format!("{rest}\n").as_bytes()),
            "<" => self.expect('a', rest),
            _ => {
                let mut letters = word.chars();
                let name = letters.next().unwrap();
                match letters.as_str() {
                    ">" => self.client_says(name, format!("{rest}\n").as_bytes()),
                    "<" => self.expect(name, rest),
                    "" if rest == "closed" => assert!(self.client(name).closed, "at {step:?}"),
                    _ => panic!("what does {step:?} mean?"),
                }
            }
        }
    }

    fn expect(&mut self, name: char, wanted: &str) {
        let got = self.client(name).lines.pop_front();
        assert_eq!(got.as_deref(), Some(wanted), "client {name}");
    }

    fn expect_log(&mut self, wanted: &str) {
        let at = self.log.iter().position(|line| line.contains(wanted));
        let at = at.unwrap_or_else(|| panic!("no {wanted:?} in {:#?}", self.log));
        self.log.remove(at);
    }

    /// Whether a log line with these words has come since the last look.
    pub fn logged(&self, words: &str) -> bool {
        self.log.iter().any(|line| line.contains(words))
    }

    fn client(&mut self, name: char) -> &mut Client {
        self.clients.entry(name).or_default()
    }

    /// Connects a client if it is not connected; false if the server does not want it.
    pub fn connect(&mut self, name: char) -> bool {
        if self.client(name).conn.is_none() {
            self.client(name).conn = self.server.on_client_opened(self.now, "10.0.0.1");
            self.perform();
        }
        self.client(name).conn.is_some()
    }

    /// Sends bytes as they are.
    pub fn client_says(&mut self, name: char, bytes: &[u8]) {
        assert!(self.connect(name), "no connection for client {name}");
        let conn = self.client(name).conn.unwrap();
        self.server.on_client_data(self.now, conn, bytes);
        self.perform();
        while std::mem::take(&mut self.client(name).held) {
            self.server.on_client_drained(self.now, conn);
            self.perform();
        }
    }

    /// The client's connection ends.
    pub fn hang_up(&mut self, name: char) {
        if let Some(conn) = self.client(name).conn.take() {
            self.server.on_client_closed(self.now, conn);
            self.perform();
        }
    }

    /// Everything a client got and no step has looked at.
    pub fn take_lines(&mut self, name: char) -> Vec<String> {
        self.client(name).lines.drain(..).collect()
    }

    pub fn driver_says(&mut self, lines: &[&str]) {
        let bytes: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.server.on_driver_data(self.now, UpsId(0), bytes.as_bytes());
        self.perform();
    }

    fn driver_event(&mut self, event: &str) {
        self.driver_there = event == "up";
        if event == "gone" && std::mem::take(&mut self.connected) {
            self.server.on_driver_closed(self.now, UpsId(0), "Eof");
            self.perform();
        }
    }

    fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now += Duration::from_secs(1);
            self.server.on_tick(self.now);
            self.perform();
        }
    }

    /// Takes over a changed configuration.
    pub fn reload(&mut self, upsd_conf: &str, ups_conf: &str, users: &str) {
        self.server.on_reload(self.now, config(upsd_conf, ups_conf, users));
        self.perform();
    }

    pub fn perform(&mut self) {
        loop {
            let actions = self.server.take_actions();
            if actions.is_empty() {
                return;
            }
            actions.into_iter().for_each(|action| self.act(action));
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Send { conn, bytes } => self.deliver(conn, &bytes),
            Action::Hold(conn) => self.by_conn(conn).held = true,
            Action::Resume(conn) => assert!(!self.by_conn(conn).held),
            Action::Close(conn) => self.by_conn(conn).closed = true,
            Action::ConnectDriver { ups, socket } => {
                if self.driver_there && ups == UpsId(0) {
                    self.connected = true;
                    self.server.on_driver_connected(self.now, ups);
                } else {
                    let path = format!("/run/nut/{socket}");
                    self.server.on_driver_unreachable(self.now, ups, &path, "No such file");
                }
            }
            Action::SendDriver { bytes, .. } => {
                let text = String::from_utf8(bytes).unwrap();
                let lines = text.lines().filter(|line| *line != "PING").map(str::to_owned);
                self.to_driver.extend(lines);
            }
            Action::DropDriver(_) => self.connected = false,
            Action::Log(_, text) => self.log.push(text),
        }
    }

    fn by_conn(&mut self, conn: ConnId) -> &mut Client {
        self.clients.values_mut().find(|client| client.conn == Some(conn)).expect("a client")
    }

    fn deliver(&mut self, conn: ConnId, bytes: &[u8]) {
        let client = self.by_conn(conn);
        assert!(!client.closed, "bytes for a closed connection");
        client.partial.extend_from_slice(bytes);
        assert_eq!(client.partial.last(), Some(&b'\n'), "answers are whole lines");
        let text = String::from_utf8(std::mem::take(&mut client.partial)).unwrap();
        client.lines.extend(text.lines().map(str::to_owned));
    }
}
