//! A random walk over [`Server`]: any bytes become a sequence of events, after each of which the
//! server must have kept its promises.
//!
//! For fuzzing and for a test that walks by a fixed generator. The promises: bytes go to present
//! clients only, answers are whole lines, a client that is held gets nothing more before it has
//! read, time is never due in the past. Pure.

use crate::action::{Action, ConnId, Time, UpsId};
use crate::config::{Config, Source, Sources};
use crate::descriptions::Descriptions;
use crate::server::{Server, Surroundings};
use std::collections::{BTreeMap, BTreeSet};

const UPS_CONFS: [&str; 3] = [
    "[u]\ndriver=d\nport=p\n[v]\ndriver=d\nport=p\ndesc=\"a \\\"b\\\"\"\n",
    "[u]\ndriver=other\nport=p\n[w]\ndriver=d\nport=p\n",
    "",
];

const USERS: &str = "[a]\npassword=b\nactions=SET FSD\ninstcmds=ALL\nupsmon primary\n";

/// Whole lines, so that the walk gets beyond the first check.
const CLIENT_LINES: [&str; 22] = [
    "USERNAME a\n",
    "PASSWORD b\n",
    "LOGIN u\n",
    "LOGIN v\n",
    "FSD u\n",
    "CLEARFSD u\n",
    "PRIMARY v\n",
    "LIST VAR u\n",
    "LIST VAR U\n",
    "LIST RW v\n",
    "LIST CMD u\n",
    "LIST ENUM u x\n",
    "LIST CLIENT u\n",
    "GET VAR u ups.status\n",
    "GET TYPE u x\n",
    "GET NUMLOGINS u\n",
    "SET TRACKING ON\n",
    "SET VAR u x \"1 \\\" 2\"\n",
    "INSTCMD u c \"p q\"\n",
    "GET TRACKING ID-1\n",
    "LOGOUT\n",
    "\"# \n",
];

const DRIVER_LINES: [&str; 14] = [
    "SETINFO ups.status \"OL\"\n",
    "SETINFO x 1\n",
    "SETFLAGS x RW STRING\n",
    "SETAUX x 20\n",
    "ADDENUM x \"1 \\\" 2\"\n",
    "ADDRANGE x 1 5\n",
    "DELRANGE x 1 5\n",
    "DELINFO x\n",
    "ADDCMD c\n",
    "DATAOK\n",
    "DATASTALE\n",
    "DUMPDONE\n",
    "PONG\n",
    "TRACKING ID-1 0\n",
];

/// What the walk knows of a client.
#[derive(Default)]
struct Client {
    held: bool,
}

struct Walk<'a> {
    bytes: &'a [u8],
    now: Time,
    server: Server,
    clients: BTreeMap<ConnId, Client>,
    drivers: BTreeSet<UpsId>,
}

fn pick<'a>(texts: &[&'a str], number: usize) -> &'a str {
    texts.get(number % texts.len()).copied().unwrap_or_default()
}

fn config(number: usize) -> Config {
    let source = |text: &str| Source { name: String::new(), bytes: text.into() };
    let sources = Sources {
        upsd_conf: source("MAXCONN 40\nTRACKINGDELAY 100\n"),
        ups_conf: source(pick(&UPS_CONFS, number)),
        users: source(USERS),
    };
    Config::read(&sources).0
}

/// Walks as the bytes say; panics where the server breaks a promise.
pub fn walk(bytes: &[u8]) {
    let mut count = 0u32;
    let surroundings = Surroundings {
        descriptions: Descriptions::default(),
        ids: Box::new(move || {
            count += 1;
            Some(format!("ID-{count}"))
        }),
        descriptors: 1000,
    };
    let server = Server::new(Time::ZERO, config(0), surroundings);
    let (clients, drivers) = (BTreeMap::new(), BTreeSet::new());
    let mut walk = Walk { bytes, now: Time::ZERO, server, clients, drivers };
    walk.perform();
    while let Some(choice) = walk.byte() {
        walk.step(choice);
        walk.perform();
    }
}

impl Walk<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(first)
    }

    fn number(&mut self) -> usize {
        usize::from(self.byte().unwrap_or(0))
    }

    fn some_client(&mut self) -> Option<ConnId> {
        let n = self.number() % self.clients.len().max(1);
        self.clients.keys().nth(n).copied()
    }

    fn some_driver(&mut self) -> Option<UpsId> {
        let n = self.number() % self.drivers.len().max(1);
        self.drivers.iter().nth(n).copied()
    }

    fn step(&mut self, choice: u8) {
        match choice % 16 {
            0 | 1 => self.open(),
            2..=6 => self.client_line(),
            7 => self.client_junk(),
            8 => self.hang_up(),
            9 | 10 => self.driver_line(),
            11 => self.driver_junk(),
            12 => self.driver_gone(),
            13 => self.pass_time(),
            14 => self.drain(),
            _ => self.reload(usize::from(choice) / 16),
        }
    }

    fn open(&mut self) {
        if let Some(conn) = self.server.on_client_opened(self.now, "10.0.0.1") {
            assert!(self.clients.insert(conn, Client::default()).is_none(), "{conn:?} twice");
        }
    }

    fn client_line(&mut self) {
        let Some(conn) = self.some_client() else { return };
        let line = pick(&CLIENT_LINES, self.number());
        let times = if self.number() == 0 { 5000 } else { 1 };
        self.client_data(conn, line.repeat(times).as_bytes());
    }

    fn client_junk(&mut self) {
        let Some(conn) = self.some_client() else { return };
        let n = self.number() % 64;
        let (junk, rest) = self.bytes.split_at(n.min(self.bytes.len()));
        self.bytes = rest;
        self.client_data(conn, junk);
    }

    /// The loop does not read a client that is held.
    fn client_data(&mut self, conn: ConnId, bytes: &[u8]) {
        if self.clients.get(&conn).is_some_and(|client| !client.held) {
            self.server.on_client_data(self.now, conn, bytes);
        }
    }

    fn hang_up(&mut self) {
        if let Some(conn) = self.some_client() {
            self.clients.remove(&conn);
            self.server.on_client_closed(self.now, conn);
        }
    }

    fn driver_line(&mut self) {
        let Some(ups) = self.some_driver() else { return };
        let line = pick(&DRIVER_LINES, self.number());
        self.server.on_driver_data(self.now, ups, line.as_bytes());
    }

    fn driver_junk(&mut self) {
        let Some(ups) = self.some_driver() else { return };
        let n = self.number() % 64;
        let (junk, rest) = self.bytes.split_at(n.min(self.bytes.len()));
        self.bytes = rest;
        self.server.on_driver_data(self.now, ups, junk);
    }

    fn driver_gone(&mut self) {
        if let Some(ups) = self.some_driver() {
            self.drivers.remove(&ups);
            self.server.on_driver_closed(self.now, ups, "gone");
        }
    }

    fn pass_time(&mut self) {
        let seconds = self.byte().unwrap_or(1);
        self.now += Time::from_secs(seconds.into());
        self.server.on_tick(self.now);
        assert!(self.server.next_deadline() > self.now, "time is due in the past");
    }

    fn reload(&mut self, number: usize) {
        self.server.on_reload(self.now, config(number));
    }

    fn drain(&mut self) {
        let held = self.clients.iter_mut().find(|(_, client)| client.held);
        if let Some((&conn, client)) = held {
            client.held = false;
            self.server.on_client_drained(self.now, conn);
        }
    }

    fn perform(&mut self) {
        loop {
            let actions = self.server.take_actions();
            if actions.is_empty() {
                assert_eq!(self.server.clients(), self.clients.len());
                return;
            }
            actions.into_iter().for_each(|action| self.act(action));
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Send { conn, bytes } => {
                assert_eq!(bytes.last(), Some(&b'\n'), "half a line");
                let held = self.clients.get(&conn).map(|client| client.held);
                assert_eq!(held, Some(false), "bytes for a client that is gone or held");
            }
            Action::Hold(conn) => self.hold(conn, true),
            Action::Resume(conn) => self.hold(conn, false),
            Action::Close(conn) => {
                assert!(self.clients.remove(&conn).is_some(), "{conn:?} was closed already");
            }
            Action::ConnectDriver { ups, .. } if self.number() % 4 != 0 => {
                self.drivers.insert(ups);
                self.server.on_driver_connected(self.now, ups);
            }
            Action::ConnectDriver { ups, .. } => {
                self.server.on_driver_unreachable(self.now, ups, "path", "reason");
            }
            Action::SendDriver { ups, bytes } => {
                assert!(self.drivers.contains(&ups), "bytes for a driver that is gone");
                assert_eq!(bytes.last(), Some(&b'\n'), "half a line");
            }
            Action::DropDriver(ups) => {
                self.drivers.remove(&ups);
            }
            Action::Log(_, text) => assert!(!text.contains('\n'), "two lines in one message"),
        }
    }

    fn hold(&mut self, conn: ConnId, held: bool) {
        if let Some(client) = self.clients.get_mut(&conn) {
            client.held = held;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::walk;

    /// A generator with a fixed series (xorshift), so that a failure can be walked again.
    fn bytes(mut seed: u64, len: usize) -> Vec<u8> {
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 32) as u8
        };
        (0..len).map(|_| next()).collect()
    }

    #[test]
    fn no_walk_breaks_a_promise() {
        for seed in 1..60 {
            walk(&bytes(seed, 2000));
        }
    }
}
