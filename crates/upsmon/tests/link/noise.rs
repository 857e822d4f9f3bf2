//! Random events: whatever happens, each poll gets one answer and a connection has an end.

use crate::stage::settings;
use std::time::Duration;
use upsmon::action::Report;
use upsmon::link::{Link, LookupFailure, Output, Patience, Throttle};
use upsmon::settings::Role;

/// A small generator of numbers (xorshift), so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// What the outside of a link looks like, and what must hold of it.
#[derive(Default)]
struct Outside {
    connecting: bool,
    connected: bool,
    resolving: bool,
    answers: [usize; 3],
    /// Good ones among them.
    good: [usize; 3],
    logged_in: bool,
    last_line: String,
}

impl Outside {
    fn take(&mut self, link: &mut Link) {
        for output in link.take_outputs() {
            match output {
                Output::Resolve { .. } => self.resolving = true,
                Output::Connect(_) => {
                    assert!(!self.connecting && !self.connected, "one connection at a time");
                    self.connecting = true;
                }
                Output::Send(bytes) => {
                    assert!(self.connected, "bytes without a connection");
                    self.last_line = String::from_utf8(bytes).unwrap();
                }
                Output::Disconnect => {
                    assert!(self.connecting || self.connected, "nothing to end");
                    (self.connecting, self.connected) = (false, false);
                }
                Output::Report(report) => self.take_report(&report),
                Output::Log(..) => {}
            }
        }
    }

    fn answered(&mut self, place: usize, good: bool) {
        self.answers[place] += 1;
        self.good[place] += usize::from(good);
    }

    fn take_report(&mut self, report: &Report) {
        match report {
            Report::Sample(_) => self.answered(0, true),
            Report::Failed(_) => self.answered(0, false),
            Report::FsdSet(result) => self.answered(1, result.is_ok()),
            Report::Logins(result) => self.answered(2, result.is_ok()),
            Report::LoggedIn => assert!(!std::mem::replace(&mut self.logged_in, true)),
            Report::LoggedOut => assert!(std::mem::replace(&mut self.logged_in, false)),
            Report::LoginRefused(_) => assert!(!self.logged_in),
        }
    }

    /// What a server might say now; mostly what it should.
    fn line(&self, dice: &mut Dice) -> Vec<u8> {
        let words: Vec<&str> = self.last_line.split_whitespace().collect();
        let good = match words[..] {
            ["GET", "VAR", ups, name] => format!("VAR {ups} {name} \"OL ALARM\"\n"),
            ["GET", "NUMLOGINS", ups] => format!("NUMLOGINS {ups} 2\n"),
            _ => "OK\n".to_owned(),
        };
        match dice.roll(80) {
            0 => b"ERR ACCESS-DENIED\n".to_vec(),
            1 => b"ERR DATA-STALE\n".to_vec(),
            2 => good.as_bytes()[..good.len() / 2].to_vec(),
            3 => vec![b'x'; 40_000],
            4 => (0..50).map(|_| dice.roll(256) as u8).collect(),
            _ => good.into_bytes(),
        }
    }
}

fn play(seed: u64, steps: usize) -> [usize; 3] {
    let mut dice = Dice(seed);
    let role = if dice.roll(2) == 0 { Role::Primary } else { Role::Secondary };
    let throttle = Throttle::new(Some(dice.roll(3) as u32), Duration::from_secs(5));
    let mut link = Link::new(settings("u@srv", role), Patience::default(), throttle);
    let (mut outside, mut asked) = (Outside::default(), [0; 3]);
    let mut now = Duration::from_secs(1);
    for _ in 0..steps {
        now += Duration::from_millis(dice.roll(400));
        match dice.roll(16) {
            0 | 1 if asked[0] == outside.answers[0] => {
                asked[0] += 1;
                link.poll(now, vec!["battery.charge".to_owned()]);
            }
            2 if asked[1] == outside.answers[1] => {
                asked[1] += 1;
                link.set_fsd(now);
            }
            3 if asked[2] == outside.answers[2] => {
                asked[2] += 1;
                link.ask_logins(now);
            }
            4 => link.reconnect(now),
            5 if outside.resolving => {
                outside.resolving = false;
                let found = ["10.0.0.1:3493", "10.0.0.2:3493"].map(|a| a.parse().unwrap());
                let failed = Err(LookupFailure::NotFound);
                link.on_resolved(now, if dice.roll(8) == 0 { failed } else { Ok(found.into()) });
            }
            6 if outside.connecting => {
                outside.connecting = false;
                if dice.roll(4) == 0 {
                    link.on_closed(now, "Connection refused");
                } else {
                    outside.connected = true;
                    link.on_connected(now);
                }
            }
            7 if outside.connected && dice.roll(4) == 0 => {
                outside.connected = false;
                link.on_closed(now, "Server disconnected");
            }
            8.. if outside.connected => {
                let line = outside.line(&mut dice);
                link.on_data(now, &line);
            }
            _ => {}
        }
        link.on_tick(now);
        outside.take(&mut link);
        assert!((0..3).all(|n| outside.answers[n] <= asked[n]), "an answer to nothing, {seed}");
    }
    // With the clock alone everything comes to its end.
    while let Some(deadline) = link.next_deadline() {
        link.on_tick(deadline);
        outside.take(&mut link);
        if outside.connecting {
            outside.connecting = false;
            link.on_closed(deadline, "Connection refused");
        }
        outside.take(&mut link);
    }
    assert_eq!(asked, outside.answers, "seed {seed}");
    outside.good
}

#[test]
fn every_question_gets_its_one_answer_whatever_happens() {
    let mut good = [0; 3];
    for seed in 1..150u64 {
        let more = play(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), 400);
        (0..3).for_each(|place| good[place] += more[place]);
    }
    assert!(good.iter().all(|good| *good > 100), "mostly refused: {good:?}");
}
