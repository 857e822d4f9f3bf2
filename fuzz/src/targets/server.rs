//! A random walk over upsd's core: clients, drivers and time in any order.
//!
//! Input: steps of a kind, a length and so many bytes. The walker does what the server asks, as the
//! real loop does, and checks that it is asked for nothing absurd; at the end a new client is served.

use crate::Target;
use std::collections::BTreeSet;
use std::time::Duration;
use upsd::action::{Action, ConnId, UpsId};
use upsd::config::{Config, Source, Sources};
use upsd::descriptions::Descriptions;
use upsd::server::{Server, Surroundings};

pub const TARGET: Target = Target {
    name: "server",
    run,
    words: &[
        "\u{0}\u{0}",
        "\u{6}\u{0}",
        "\u{1}\u{9}LIST UPS\n",
        "\u{4}\u{9}DUMPDONE\n",
        "\u{4}\u{7}DATAOK\n",
        "USERNAME admin\n",
        "PASSWORD x\n",
        "SET VAR a v \"1\"\n",
        "INSTCMD a c\n",
        "LOGIN a\n",
        "SETINFO v \"1\"\n",
        "SETFLAGS v RW STRING\n",
        "ADDCMD c\n",
        "TRACKING ID1 0\n",
    ],
};

const UPS_CONF: &str =
    "[a]\ndriver = d\nport = p\n[b]\ndriver = d\nport = p\ndesc = \"b \\\"q\\\"\"\n";
const USERS: &str = "[admin]\npassword = x\nactions = SET FSD\ninstcmds = ALL\nupsmon primary\n";

fn config(more_ups: &str) -> Config {
    let source = |name: &str, text: &str| Source { name: name.into(), bytes: text.into() };
    let sources = Sources {
        upsd_conf: source("upsd.conf", "MAXAGE 5\nALLOW_NO_DEVICE true\n"),
        ups_conf: source("ups.conf", more_ups),
        users: source("upsd.users", USERS),
    };
    Config::read(&sources).0
}

fn run(data: &[u8]) {
    let mut walker = Walker::new();
    let mut rest = data;
    while let [kind, length, after @ ..] = rest {
        let (bytes, after) = after.split_at(usize::from(*length).min(after.len()));
        walker.step(*kind, bytes);
        rest = after;
    }
    walker.end();
}

struct Walker {
    server: Server,
    now: Duration,
    /// Open clients; those not read from now; those of which the server waits to hear that they have
    /// read their answers.
    clients: BTreeSet<ConnId>,
    unread: BTreeSet<ConnId>,
    held: BTreeSet<ConnId>,
    /// Connected drivers.
    drivers: BTreeSet<UpsId>,
    /// Whether drivers can be reached now.
    reachable: bool,
    /// What clients were sent since the last step.
    sent: Vec<(ConnId, Vec<u8>)>,
}

impl Walker {
    fn new() -> Walker {
        let mut id = 0;
        let ids = move || {
            id += 1;
            (id % 5 != 0).then(|| format!("ID{id}"))
        };
        let descriptions = Descriptions::read(b"VARDESC v \"a \\\"value\\\"\"\n");
        let surroundings = Surroundings { descriptions, ids: Box::new(ids), descriptors: 64 };
        let server = Server::new(Duration::ZERO, config(UPS_CONF), surroundings);
        let mut walker = Walker {
            server,
            now: Duration::ZERO,
            clients: BTreeSet::new(),
            unread: BTreeSet::new(),
            held: BTreeSet::new(),
            drivers: BTreeSet::new(),
            reachable: true,
            sent: Vec::new(),
        };
        walker.perform();
        walker
    }

    fn step(&mut self, kind: u8, bytes: &[u8]) {
        self.sent.clear();
        let which = usize::from(kind >> 4);
        self.reachable = kind & 8 == 0;
        match kind & 7 {
            0 => self.open(),
            1 => self.client(which, |server, now, c| server.on_client_data(now, c, bytes), false),
            2 => self.close(which),
            3 => self.client(which, Server::on_client_drained, true),
            4 => self.driver(which, bytes),
            5 => self.lose_driver(which),
            6 => self.later(bytes.len() as u64 * 250),
            _ => self.reload(bytes),
        }
        self.perform();
        assert_eq!(self.unread, self.held, "a client is left unread for ever");
    }

    fn open(&mut self) {
        if let Some(conn) = self.server.on_client_opened(self.now, "192.0.2.1") {
            assert!(self.clients.insert(conn), "a connection's number is used twice");
        }
    }

    /// Something happens to a client that is held or to one that is not.
    fn client(&mut self, which: usize, happen: impl Fn(&mut Server, Duration, ConnId), held: bool) {
        let fits: Vec<ConnId> =
            self.clients.iter().copied().filter(|c| self.held.contains(c) == held).collect();
        if let Some(&conn) = fits.get(which % fits.len().max(1)) {
            self.held.remove(&conn);
            happen(&mut self.server, self.now, conn);
        }
    }

    fn close(&mut self, which: usize) {
        let all: Vec<ConnId> = self.clients.iter().copied().collect();
        if let Some(&conn) = all.get(which % all.len().max(1)) {
            self.clients.remove(&conn);
            self.forget(conn);
            self.server.on_client_closed(self.now, conn);
        }
    }

    fn forget(&mut self, conn: ConnId) {
        self.held.remove(&conn);
        self.unread.remove(&conn);
    }

    fn driver(&mut self, which: usize, bytes: &[u8]) {
        if let Some(ups) = self.some_driver(which) {
            self.server.on_driver_data(self.now, ups, bytes);
        }
    }

    fn lose_driver(&mut self, which: usize) {
        if let Some(ups) = self.some_driver(which) {
            self.drivers.remove(&ups);
            self.server.on_driver_closed(self.now, ups, "gone");
        }
    }

    fn some_driver(&self, which: usize) -> Option<UpsId> {
        self.drivers.iter().copied().nth(which % self.drivers.len().max(1))
    }

    fn later(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.server.on_tick(self.now);
        assert!(self.server.next_deadline() > self.now, "the loop would spin");
    }

    fn reload(&mut self, bytes: &[u8]) {
        let sections = ["", "[a]\ndriver = d\nport = p\n", "[c]\ndriver = e\nport = p\n", UPS_CONF];
        let chosen: String = bytes.iter().take(3).map(|b| sections[usize::from(b % 4)]).collect();
        self.server.on_reload(self.now, config(&chosen));
    }

    fn perform(&mut self) {
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
            Action::Send { conn, bytes } => {
                assert!(self.clients.contains(&conn), "sends to a client that is gone");
                assert_eq!(bytes.last(), Some(&b'\n'), "sends half a line");
                self.sent.push((conn, bytes));
            }
            Action::Hold(conn) => {
                assert!(self.clients.contains(&conn), "holds a client that is gone");
                self.held.insert(conn);
                self.unread.insert(conn);
            }
            Action::Resume(conn) => {
                assert!(self.clients.contains(&conn), "resumes a client that is gone");
                self.unread.remove(&conn);
            }
            Action::Close(conn) => {
                assert!(self.clients.remove(&conn), "closes a client that is gone");
                self.forget(conn);
            }
            Action::ConnectDriver { ups, .. } => self.connect(ups),
            Action::SendDriver { ups, bytes } => {
                assert!(self.drivers.contains(&ups), "sends to a lost driver");
                assert_eq!(bytes.iter().filter(|&&b| b == b'\n').count(), 1, "not one line");
            }
            // A UPS may go while its driver is not there: that drops nothing.
            Action::DropDriver(ups) => drop(self.drivers.remove(&ups)),
            Action::Log(..) => {}
        }
    }

    /// As in the real loop, the outcome is known at once.
    fn connect(&mut self, ups: UpsId) {
        if self.reachable {
            assert!(self.drivers.insert(ups), "connects to a driver twice");
            self.server.on_driver_connected(self.now, ups);
        } else {
            self.server.on_driver_unreachable(self.now, ups, "d-a", "refused");
        }
    }

    /// Whatever happened, somebody who comes now is served.
    fn end(mut self) {
        // Room for one, whatever a reload has added.
        (0..8).for_each(|_| self.close(0));
        self.perform();
        self.sent.clear();
        let conn = self.server.on_client_opened(self.now, "192.0.2.2").expect("room for one");
        self.clients.insert(conn);
        self.server.on_client_data(self.now, conn, b"VER\nLIST UPS\n");
        self.perform();
        let mine = self.sent.iter().filter(|(c, _)| *c == conn).flat_map(|(_, bytes)| bytes);
        let text = String::from_utf8(mine.copied().collect()).expect("ASCII");
        assert!(text.starts_with("Network UPS Tools upsd "), "{text}");
        assert!(text.ends_with("\nEND LIST UPS\n"), "{text}");
    }
}
