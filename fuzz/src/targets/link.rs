//! One link of upsmon in the hands of a server that says anything, at any time.
//!
//! Input: lines, each a step: `p` polls, `f` sets FSD, `l` asks for the logins, `r` reconnects; `R` and
//! `N` answer a look-up well or badly, `c` makes the connection, `x` ends it; `a` answers what was asked
//! as upsd does, `<` says the rest of the line, `=` the rest without a line end; `t` lets time pass.
//! Whatever happens, each question gets one answer, there is never more than one connection, and
//! everything comes to its end by the clock alone.

use crate::Target;
use nut_proto::spec::UpsSpec;
use std::mem;
use std::net::SocketAddr;
use std::time::Duration;
use upsmon::action::Report;
use upsmon::link::{Link, LookupFailure, Output, Patience, Throttle};
use upsmon::settings::{Role, UpsSettings};

pub const TARGET: Target = Target {
    name: "link",
    run,
    words: &[
        "p\nR\nc\n",
        "a\na\na\na\n",
        "f\n",
        "l\n",
        "r\n",
        "x\n",
        "t9\n",
        "N\n",
        "<OK\n",
        "<ERR ",
        "ACCESS-DENIED",
        "DATA-STALE",
        "<VAR u ups.status \"OB LB\"\n",
        "<NUMLOGINS u 2\n",
        "=VAR u",
    ],
};

fn run(data: &[u8]) {
    let mut walker = Walker::new(data.len() % 2 == 0);
    data.split(|&byte| byte == b'\n').for_each(|line| walker.step(line));
    walker.end();
}

struct Walker {
    link: Link,
    now: Duration,
    connecting: bool,
    connected: bool,
    logged_in: bool,
    /// Polls, FSD, logins: whether an answer is owed.
    owed: [bool; 3],
    /// What the server was asked last.
    question: String,
}

impl Walker {
    fn new(primary: bool) -> Walker {
        let settings = UpsSettings {
            name: "u@h".to_owned(),
            spec: UpsSpec::parse("u@h").ok(),
            power_value: 1,
            user: "m".to_owned(),
            password: "p".to_owned(),
            role: if primary { Role::Primary } else { Role::Secondary },
        };
        let throttle = Throttle::new(Some(2), Duration::from_secs(5));
        Walker {
            link: Link::new(settings, Patience::default(), throttle),
            now: Duration::ZERO,
            connecting: false,
            connected: false,
            logged_in: false,
            owed: [false; 3],
            question: String::new(),
        }
    }

    fn step(&mut self, line: &[u8]) {
        let Some((kind, rest)) = line.split_first() else { return };
        match kind {
            b'p' => self.ask(0, |link, now| link.poll(now, vec!["battery.charge".to_owned()])),
            b'f' => self.ask(1, Link::set_fsd),
            b'l' => self.ask(2, Link::ask_logins),
            b'r' => self.link.reconnect(self.now),
            b'R' => {
                let addresses: [SocketAddr; 2] =
                    [([127, 0, 0, 1], 1).into(), ([127, 0, 0, 2], 1).into()];
                self.link.on_resolved(self.now, Ok(addresses.into()));
            }
            b'N' => self.link.on_resolved(self.now, Err(LookupFailure::NotFound)),
            b'c' if mem::take(&mut self.connecting) => {
                self.connected = true;
                self.link.on_connected(self.now);
            }
            b'x' if mem::take(&mut self.connecting) | mem::take(&mut self.connected) => {
                self.link.on_closed(self.now, "gone");
            }
            b'a' => self.say(self.good_answer().as_bytes()),
            b'<' => self.say(&[rest, b"\n"].concat()),
            b'=' => self.say(rest),
            b't' => self.later(rest.first().map_or(0, |digit| u64::from(digit & 15) * 500)),
            _ => {}
        }
        self.perform();
    }

    /// A question is put once more only when the last one was answered.
    fn ask(&mut self, place: usize, ask: impl FnOnce(&mut Link, Duration)) {
        if !mem::replace(&mut self.owed[place], true) {
            ask(&mut self.link, self.now);
        }
    }

    fn say(&mut self, bytes: &[u8]) {
        if self.connected {
            self.link.on_data(self.now, bytes);
        }
    }

    fn good_answer(&self) -> String {
        let words: Vec<&str> = self.question.split_whitespace().collect();
        match words[..] {
            ["GET", "VAR", ups, name] => format!("VAR {ups} {name} \"OL ALARM\"\n"),
            ["GET", "NUMLOGINS", ups] => format!("NUMLOGINS {ups} 2\n"),
            _ => "OK\n".to_owned(),
        }
    }

    fn later(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.link.on_tick(self.now);
        let next = self.link.next_deadline();
        assert!(next.is_none_or(|next| next > self.now), "the loop would spin");
    }

    fn perform(&mut self) {
        for output in self.link.take_outputs() {
            match output {
                Output::Connect(_) => {
                    assert!(!self.connecting && !self.connected, "a second connection");
                    self.connecting = true;
                }
                Output::Send(bytes) => {
                    assert!(self.connected, "sends without a connection");
                    assert_eq!(bytes.iter().filter(|&&b| b == b'\n').count(), 1, "not one line");
                    self.question = String::from_utf8(bytes).expect("ASCII");
                }
                Output::Disconnect => {
                    assert!(self.connecting || self.connected, "ends what is not there");
                    (self.connecting, self.connected) = (false, false);
                }
                Output::Report(report) => self.hear(&report),
                Output::Resolve { .. } | Output::Log(..) => {}
            }
        }
        assert!(!self.logged_in || self.connected, "logged in without a connection");
    }

    fn hear(&mut self, report: &Report) {
        let answered = match report {
            Report::Sample(_) | Report::Failed(_) => 0,
            Report::FsdSet(_) => 1,
            Report::Logins(_) => 2,
            Report::LoggedIn => return assert!(!mem::replace(&mut self.logged_in, true)),
            Report::LoggedOut => return assert!(mem::take(&mut self.logged_in)),
            Report::LoginRefused(_) => return assert!(!self.logged_in),
        };
        assert!(mem::take(&mut self.owed[answered]), "answers what nobody asked: {report:?}");
    }

    fn end(mut self) {
        while let Some(deadline) = self.link.next_deadline() {
            self.now = deadline;
            self.later(0);
            self.perform();
        }
        assert_eq!(self.owed, [false; 3], "a question without an answer");
    }
}
