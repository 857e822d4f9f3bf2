//! upsmon's core between UPSes that show anything, servers that answer when they like, and the clock.
//!
//! Input: lines, each a step, of a letter and mostly the number of a UPS. `+` adds a line of the file
//! (of [`MORE`], by its letter) to the settings of the start, or of the reload that `R` asks for; `s`
//! answers a poll with the status behind it, `-` fails it; `g` answers FSD and `n` the logins, with a
//! digit, `!` (refused) or else (lost); `i`, `o`, `r` tell of the login; `t` lets tenths of a second
//! pass, `T` the same while nobody looks, `d` the same and tells of it; `u` wants FSD, `z` and `w` sleep
//! and wake, `p` loses the root process, `y` and `f` are outcomes, `q` stops.
//! Whatever happens: one shutdown at most, none without a cause or before its waits are over, no loop
//! without a pause; and in the end a host that is shown FSD everywhere goes down.

mod belief;

use crate::Target;
use belief::Belief;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;
use upsmon::action::{Action, NoAnswer, PollFailure, Report, Sample, UpsId};
use upsmon::config::{power_check, read};
use upsmon::monitor::Monitor;
use upsmon::notices::Kind;
use upsmon::order::{Order, Outcome};
use upsmon::settings::{Role, Settings};

pub const TARGET: Target = Target {
    name: "monitor",
    run,
    words: &[
        "s0OL\n",
        "s0OB\n",
        "s0OB LB\n",
        "s1OB LB\n",
        "s0OL FSD\n",
        "s0OFF\n",
        "s0OL CAL\n",
        "s1OL BYPASS ALARM OVER\n",
        "s0WAIT\n",
        "-0\n",
        "-1\n",
        "t50\n",
        "t150\n",
        "T300\n",
        "d99\n",
        "g01\n",
        "g0-\n",
        "n01\n",
        "n02\n",
        "n0-\n",
        "i0\n",
        "o0\n",
        "r0\n",
        "u\n",
        "z\n",
        "w\n",
        "y\n",
        "f\n",
        "R\n",
        "+a\n",
        "+b\n",
        "+h\n",
        "+k\n",
        "+p\n",
    ],
};

/// What every file has, for a primary and for a secondary.
const FILES: [&str; 2] =
    ["MONITOR a@h 1 m p primary\nSHUTDOWNCMD x\n", "MONITOR a@h 1 m p secondary\nSHUTDOWNCMD x\n"];

/// What it may have besides, each by its letter from `a` on.
const MORE: [&str; 20] = [
    "MONITOR b@h 1 m p primary",
    "MONITOR b@h 1 m p secondary",
    "MONITOR c@h 0 m p primary",
    "MINSUPPLIES 2",
    "MINSUPPLIES 0",
    "DEADTIME 40",
    "HOSTSYNC 1",
    "FINALDELAY 0",
    "FINALDELAY 30",
    "POLLFREQ 20",
    "SHUTDOWNCANCEL yes",
    "SHUTDOWNEXIT no",
    "SHUTDOWNEXIT 3",
    "POWERDOWNFLAG /k",
    "OBLBDURATION 20",
    "OFFDURATION -1",
    "OFFDURATION 0",
    "OVERDURATION 5",
    "ALARMCRITICAL 0",
    "SHUTDOWNIF a@h onbattery FOR 30",
];

/// Within this time a host goes down for good: the longest waits of [`MORE`], twice.
const DOWN_IN: Duration = Duration::from_secs(200);

fn run(data: &[u8]) {
    let role = data.len() % 2;
    let mut lines = data.split(|&byte| byte == b'\n').peekable();
    let mut wishes = Vec::new();
    while let Some([b'+', wish, ..]) = lines.peek() {
        wishes.push(*wish);
        lines.next();
    }
    let mut walker = Walker::new(settings(role, &wishes));
    for line in lines {
        walker.step(line);
        if walker.ended {
            return;
        }
    }
    walker.end();
}

/// Settings that upsmon would take: those that are wished for, or else the plain ones.
fn settings(role: usize, wishes: &[u8]) -> Settings {
    let place = |wish: &u8| usize::from(wish.wrapping_sub(b'a'));
    let more = wishes.iter().filter_map(|wish| MORE.get(place(wish)));
    let text = more.fold(FILES[role].to_owned(), |text, line| format!("{text}{line}\n"));
    let wished = read("f", text.as_bytes());
    let good = wished.first_error().is_none() && power_check(&wished.settings).is_ok();
    if good { wished.settings } else { read("f", FILES[role].as_bytes()).settings }
}

struct Walker {
    monitor: Monitor,
    now: Duration,
    /// The UPSes by their numbers.
    names: BTreeMap<UpsId, String>,
    beliefs: BTreeMap<String, Belief>,
    /// Of whom polls, FSD, logins are asked and not answered.
    asked: [BTreeSet<UpsId>; 3],
    /// Orders without an outcome.
    orders: VecDeque<Order>,
    /// The lines of the next reload.
    wishes: Vec<u8>,
    by_hand: bool,
    /// When the shutdown began that is under way.
    begun: Option<Duration>,
    /// Where FSD was asked for since.
    fsd: BTreeSet<UpsId>,
    down: bool,
    ended: bool,
}

impl Walker {
    fn new(settings: Settings) -> Walker {
        let mut walker = Walker {
            monitor: Monitor::new(Duration::ZERO, settings),
            now: Duration::ZERO,
            names: BTreeMap::new(),
            beliefs: BTreeMap::new(),
            asked: Default::default(),
            orders: VecDeque::new(),
            wishes: Vec::new(),
            by_hand: false,
            begun: None,
            fsd: BTreeSet::new(),
            down: false,
            ended: false,
        };
        walker.perform();
        walker
    }

    fn step(&mut self, line: &[u8]) {
        let Some((kind, rest)) = line.split_first() else { return };
        match kind {
            b't' => return self.later(tenths(rest)),
            b'T' => {
                self.now += tenths(rest);
                return self.tick();
            }
            b'd' => self.held_up(tenths(rest)),
            b'u' => self.ask_by_hand(),
            b'z' => self.monitor.on_suspend(),
            b'w' => self.wake(),
            b'p' => self.monitor.on_parent_lost(self.now),
            b'y' => self.outcome(Outcome::Done),
            b'f' => self.outcome(Outcome::Failed),
            b'q' => self.monitor.on_stop(15),
            b'+' => self.wishes.extend(rest.first()),
            b'R' => self.reload(),
            _ => self.tell(*kind, rest),
        }
        self.perform();
    }

    /// Something that a link tells.
    fn tell(&mut self, kind: u8, rest: &[u8]) {
        let Some((number, rest)) = rest.split_first() else { return };
        let place = usize::from(number & 15) % self.names.len().max(1);
        let Some(ups) = self.names.keys().copied().nth(place) else { return };
        match kind {
            b's' => self.sample(ups, &String::from_utf8_lossy(rest)),
            b'-' => self.fail(ups),
            b'g' => self.answer(1, ups, Report::FsdSet(answer(rest).map(|_| ()))),
            b'n' => self.answer(2, ups, Report::Logins(answer(rest))),
            b'i' => self.monitor.on_report(self.now, ups, Report::LoggedIn),
            b'o' => self.monitor.on_report(self.now, ups, Report::LoggedOut),
            b'r' => self.monitor.on_report(self.now, ups, Report::LoginRefused("ERR".to_owned())),
            _ => {}
        }
    }

    /// Answers only what was asked.
    fn answer(&mut self, what: usize, ups: UpsId, report: Report) {
        if self.asked[what].remove(&ups) {
            self.monitor.on_report(self.now, ups, report);
        }
    }

    fn sample(&mut self, ups: UpsId, status: &str) {
        if status.split_whitespace().next().is_none() {
            return self.fail(ups);
        }
        if self.asked[0].contains(&ups) {
            let now = self.now;
            self.belief(ups).hear(now, status);
            let sample = Sample { status: status.to_owned(), ..Sample::default() };
            self.answer(0, ups, Report::Sample(sample));
        }
    }

    fn fail(&mut self, ups: UpsId) {
        if self.asked[0].contains(&ups) {
            self.belief(ups).miss();
            self.answer(0, ups, Report::Failed(PollFailure::DataStale));
        }
    }

    fn belief(&mut self, ups: UpsId) -> &mut Belief {
        let name = self.names.get(&ups).cloned().unwrap_or_default();
        self.beliefs.entry(name).or_default()
    }

    fn held_up(&mut self, time: Duration) {
        self.look();
        self.now += time;
        self.monitor.on_delay(time);
        self.beliefs.values_mut().for_each(|belief| belief.pass_over(time));
    }

    fn ask_by_hand(&mut self) {
        self.by_hand |= !self.monitor.is_leaving();
        self.monitor.on_user_fsd(self.now);
    }

    fn wake(&mut self) {
        if !self.monitor.is_leaving() {
            self.beliefs.clear();
        }
        self.monitor.on_wake(self.now, Duration::from_secs(60));
    }

    fn outcome(&mut self, outcome: Outcome) {
        if let Some(order) = self.orders.pop_front() {
            self.monitor.on_outcome(self.now, order, outcome);
        }
    }

    fn reload(&mut self) {
        let wishes = std::mem::take(&mut self.wishes);
        let settings = settings(usize::from(wishes.len() % 2 == 0), &wishes);
        if !self.monitor.is_leaving() {
            self.beliefs.retain(|name, _| settings.ups.iter().any(|ups| ups.name == *name));
        }
        self.monitor.on_reload(self.now, settings);
    }

    /// The loop as it is: it wakes whenever something is due.
    fn later(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.monitor.next_deadline().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.tick();
            if self.ended {
                return;
            }
        }
        self.now = end;
    }

    fn tick(&mut self) {
        for _ in 0..2 {
            self.monitor.on_tick(self.now);
            self.perform();
            if self.ended || self.monitor.next_deadline().is_none_or(|due| due > self.now) {
                return;
            }
        }
        panic!("the loop would spin");
    }

    fn look(&mut self) {
        let (now, settings) = (self.now, self.monitor.settings());
        self.beliefs.values_mut().for_each(|belief| belief.look(now, settings));
    }

    fn perform(&mut self) {
        self.look();
        let actions = self.monitor.take_actions();
        for action in &actions {
            if let Action::Watch { ups, settings } = action {
                self.names.insert(*ups, settings.name.clone());
            }
        }
        self.check_the_cause(&actions);
        actions.into_iter().for_each(|action| self.act(action));
        assert!(self.monitor.take_actions().is_empty(), "actions out of nothing");
    }

    /// A shutdown that has begun since, or is called off and begun again at once, has a cause.
    fn check_the_cause(&mut self, actions: &[Action]) {
        let leaving = self.monitor.is_leaving();
        let called_off = !leaving && self.begun.is_some();
        if called_off {
            assert!(self.fsd.is_empty() && !self.down && !self.by_hand, "there is no way back");
            self.begun = None;
        }
        let says = |action: &Action| matches!(action, Action::Order(_) | Action::SetFsd(_));
        let told =
            |action: &Action| matches!(action, Action::Notify(n) if n.kind == Kind::Shutdown);
        let goes = actions.iter().any(|action| says(action) || told(action));
        assert!(leaving || !goes, "goes down without having decided to");
        if leaving && self.begun.is_none() {
            assert!(self.by_hand || self.supplies() < self.monitor.settings().min_supplies);
            self.begun = Some(self.now);
        }
    }

    /// The supplies that nothing is known against.
    fn supplies(&self) -> u32 {
        let settings = self.monitor.settings();
        let is_cause = |name: &String| {
            self.beliefs.get(name).is_some_and(|belief| belief.is_cause(name, settings))
        };
        let good = settings.ups.iter().filter(|ups| !is_cause(&ups.name));
        good.map(|ups| ups.power_value).sum()
    }

    fn act(&mut self, action: Action) {
        assert!(!self.ended, "goes on behind its end: {action:?}");
        match action {
            Action::Poll { ups, .. } => self.ask(0, ups),
            Action::SetFsd(ups) => {
                self.ask(1, ups);
                self.fsd.insert(ups);
            }
            Action::AskLogins(ups) => self.ask(2, ups),
            Action::Forget(ups) => {
                assert!(self.names.remove(&ups).is_some(), "forgets whom it does not know");
                self.asked.iter_mut().for_each(|asked| {
                    asked.remove(&ups);
                });
            }
            Action::Order(order) => self.order(order),
            Action::Exit(_) => self.ended = true,
            _ => {}
        }
    }

    fn ask(&mut self, what: usize, ups: UpsId) {
        assert!(self.names.contains_key(&ups), "asks whom it does not know");
        self.asked[what].insert(ups);
    }

    fn order(&mut self, order: Order) {
        self.orders.push_back(order);
        if order != Order::Shutdown {
            return;
        }
        assert!(!std::mem::replace(&mut self.down, true), "a second shutdown");
        let settings = self.monitor.settings();
        let waited = self.begun.is_some_and(|begun| self.now >= begun + settings.final_delay);
        assert!(waited, "before FINALDELAY is over");
        let primary = |name: &String| {
            settings.ups.iter().any(|ups| ups.name == *name && ups.role == Role::Primary)
        };
        let told = |(ups, name): (&UpsId, &String)| !primary(name) || self.fsd.contains(ups);
        assert!(self.names.iter().all(told), "secondaries were not told");
    }

    /// Whatever has happened: FSD on every UPS takes a host down, if it wants any supply.
    fn end(mut self) {
        if self.monitor.settings().min_supplies == 0 {
            return;
        }
        self.wake();
        self.perform();
        let end = self.now + DOWN_IN;
        while !self.down && !self.ended {
            assert!(self.now < end, "this host would not go down");
            self.answer_all();
            self.later(Duration::from_millis(500));
        }
    }

    fn answer_all(&mut self) {
        for ups in self.names.keys().copied().collect::<Vec<_>>() {
            self.sample(ups, "FSD OB LB");
            self.perform();
            self.answer(1, ups, Report::FsdSet(Ok(())));
            self.perform();
            self.answer(2, ups, Report::Logins(Ok(0)));
            self.perform();
        }
    }
}

/// Up to 1000 tenths of a second.
fn tenths(digits: &[u8]) -> Duration {
    let number = digits.iter().take(3).fold(0, |sum, digit| sum * 10 + u64::from(digit & 15));
    Duration::from_millis(100 * number.min(1000))
}

fn answer(text: &[u8]) -> Result<u32, NoAnswer> {
    match text.first() {
        Some(digit @ b'0'..=b'9') => Ok(u32::from(digit & 15)),
        Some(b'!') => Err(NoAnswer::Refused("ERR ACCESS-DENIED".to_owned())),
        _ => Err(NoAnswer::Lost("Server disconnected".to_owned())),
    }
}
