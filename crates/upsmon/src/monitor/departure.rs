//! How a host goes down, step by step.
//!
//! A primary sets FSD everywhere, waits until its secondaries have left or HOSTSYNC is over, then, as
//! a secondary does at once, waits FINALDELAY and gives the orders. From FSD on there is no way back.
//! With SHUTDOWNCANCEL the time before FSD (for a primary: another FINALDELAY) can be called off. Pure.

use super::watched::{Login, Watched};
use super::{Monitor, Time};
use crate::action::{Action, Level, NoAnswer};
use crate::guards::{Guard, Guards};
use crate::notices::Kind;
use crate::order::{Order, Outcome};
use crate::record::Step;
use crate::settings::{Role, ShutdownExit};
use std::time::Duration;

/// How often a primary asks who is still there (NUT 2.8.5).
const ASK_PAUSE: Duration = Duration::from_millis(250);
/// How long after a failure FSD is tried again, and how often a lingering host shows that it lives.
const SECOND: Duration = Duration::from_secs(1);

/// How far a shutdown is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// There is none.
    Watching,
    /// Decided, and can be called off until then; FSD is not set.
    Holding { until: Time },
    /// FSD is set, secondaries are leaving, since then.
    Gathering { since: Time, told: bool },
    /// FINALDELAY
    Delaying { until: Time, can_end: bool },
    /// The orders are given.
    Ordered { since: Time, left: bool, outcome: Option<Outcome>, next_sign: Time },
}

impl Phase {
    /// Nobody could look for so long: what can be called off waits for a look.
    pub(super) fn pass_over(&mut self, time: Duration) {
        if let Phase::Holding { until } | Phase::Delaying { until, can_end: true } = self {
            *until += time;
        }
    }

    /// Whether polls go on.
    pub(super) fn polls(&self) -> bool {
        use Phase::{Delaying, Holding, Watching};
        matches!(self, Watching | Holding { .. } | Delaying { can_end: true, .. })
    }
}

#[cfg(test)]
impl Phase {
    /// Every time it knows.
    pub(super) fn times(&mut self) -> Vec<&mut Time> {
        match self {
            Phase::Watching => Vec::new(),
            Phase::Holding { until } | Phase::Delaying { until, .. } => vec![until],
            Phase::Gathering { since, .. } => vec![since],
            Phase::Ordered { since, next_sign, .. } => vec![since, next_sign],
        }
    }
}

/// The part of one primary's UPS in a shutdown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Part {
    /// FSD is asked for, and not answered yet.
    setting: bool,
    /// When to try FSD again.
    retry: Option<Time>,
    /// The number of logins is asked for, and not answered yet.
    asking: bool,
    /// When to ask for it.
    next_ask: Option<Time>,
    /// The last answer.
    logins: Option<u32>,
    /// That there was none has been told.
    told_unknown: bool,
    /// There was no connection when FSD was to be set, or it was lost since, or shortly before. The
    /// server may have lost the others with it: who is not counted is not known to be gone.
    lost: bool,
}

impl Watched {
    fn is_primary(&self) -> bool {
        self.settings.role == Role::Primary
    }

    /// How many of the logins are this host's own.
    fn own_logins(&self) -> u32 {
        u32::from(self.login == Login::Counted)
    }

    /// Whether nobody but this host is logged in. No answer is no good news.
    fn is_alone(&self, guards: Guards) -> bool {
        match self.part.logins {
            Some(logins) => {
                logins <= self.own_logins() && guards.hold(Guard::StayedConnected, !self.part.lost)
            }
            None => guards.hold(Guard::KnownGone, false),
        }
    }
}

impl Monitor {
    /// Begins a shutdown.
    pub(super) fn leave(&mut self, now: Time, by_hand: bool) {
        let fsd = self.ups.iter().any(|ups| ups.observed.fsd);
        let can_end = self.settings.shutdown_cancel && !by_hand && !fsd;
        match (can_end, self.settings.is_primary()) {
            (true, true) => self.hold_on(now),
            (false, true) => self.set_fsd(now),
            (_, false) => self.delay(now, can_end),
        }
    }

    /// The time in which a primary can still think better of it.
    fn hold_on(&mut self, now: Time) {
        let delay = self.settings.final_delay;
        let text =
            format!("Shutdown in {} s unless power returns (SHUTDOWNCANCEL)", delay.as_secs());
        self.log(Level::Crit, text.clone());
        let rule = self.settings.origins.describe("SHUTDOWNCANCEL");
        self.record("", Step::Wait, text.clone(), format!("by {rule}"));
        self.actions.push(Action::Wall(text));
        self.phase = Phase::Holding { until: now + delay };
    }

    /// Power is back in time.
    pub(super) fn call_off(&mut self, have: u32) {
        let can_end =
            matches!(self.phase, Phase::Holding { .. } | Phase::Delaying { can_end: true, .. });
        if can_end {
            self.phase = Phase::Watching;
            let rule = self.settings.origins.describe("SHUTDOWNCANCEL");
            let text = format!("Shutdown called off: {have} supplies are healthy again");
            self.log(Level::Crit, text.clone());
            self.record("", Step::Cancel, text.clone(), format!("by {rule}"));
            self.actions.push(Action::Wall(text));
        }
    }

    /// Sets FSD on every UPS this host is primary of, whatever its state (NUT 2.8.5).
    fn set_fsd(&mut self, now: Time) {
        self.phase = Phase::Gathering { since: now, told: false };
        let primaries = self.ups.iter_mut().filter(|ups| ups.is_primary());
        let mut names = Vec::new();
        for ups in primaries {
            let lost = ups.login == Login::Out || ups.is_just_back(now, &self.settings);
            ups.part = Part { setting: true, lost, ..Part::default() };
            names.push(ups.settings.name.clone());
            self.actions.push(Action::SetFsd(ups.id));
        }
        for name in names {
            self.record(&name, Step::SetFsd, "this host asks for FSD", "as its primary");
        }
    }

    pub(super) fn on_fsd_set(&mut self, now: Time, place: usize, result: Result<(), NoAnswer>) {
        let Some(ups) = self.ups.get_mut(place) else { return };
        let name = ups.settings.name.clone();
        ups.part.setting = false;
        ups.part.next_ask.get_or_insert(now);
        let mut news = None;
        match result {
            Ok(()) => {
                news = ups.observed.set_fsd();
                self.record(&name, Step::SetFsd, "FSD is set", "by this host");
            }
            Err(why) => {
                ups.part.on_failed(now, &why);
                self.record(&name, Step::SetFsd, "FSD could not be set", why.to_string());
            }
        }
        self.tell(place, news.into_iter().collect(), "set by this host");
    }

    pub(super) fn on_logins(&mut self, now: Time, place: usize, result: Result<u32, NoAnswer>) {
        let gathering = matches!(self.phase, Phase::Gathering { .. });
        let Some(ups) = self.ups.get_mut(place) else { return };
        ups.part.asking = false;
        ups.part.next_ask = Some(now + ASK_PAUSE);
        ups.part.logins = result.as_ref().ok().copied();
        if let Err(why) = &result {
            ups.part.on_failed(now, why);
        }
        let (name, own, lost) = (ups.settings.name.clone(), ups.own_logins(), ups.part.lost);
        match result {
            _ if !gathering => {}
            Ok(logins) if logins > own => self.tell_waiting(&name, logins - own),
            Ok(_) if lost => self.tell_unknown(place, "its connections were lost"),
            Ok(_) => {}
            Err(why) => self.tell_unknown(place, &why.to_string()),
        }
    }

    /// Once for a shutdown.
    fn tell_waiting(&mut self, name: &str, others: u32) {
        if let Phase::Gathering { told: told @ false, .. } = &mut self.phase {
            *told = true;
            let rule = self.settings.origins.describe("HOSTSYNC");
            let limit = self.settings.rules.host_sync.as_secs();
            let text = format!("waits up to {limit} s for {others} other login(s)");
            self.record(name, Step::Wait, text, format!("by {rule}"));
            self.notify(Kind::ShutdownHostSync, "", "", "");
        }
    }

    fn tell_unknown(&mut self, place: usize, why: &str) {
        let Some(ups) = self.ups.get_mut(place) else { return };
        if !std::mem::replace(&mut ups.part.told_unknown, true) {
            let name = ups.settings.name.clone();
            let text = format!("cannot tell who is logged in ({why}); waiting for HOSTSYNC");
            self.log(Level::Warning, format!("UPS [{name}]: {text}"));
            self.record(&name, Step::Wait, text, "");
        }
    }

    /// Takes the step that is due.
    pub(super) fn advance(&mut self, now: Time) {
        match self.phase {
            Phase::Holding { until } if self.last_call(until) <= now => self.set_fsd(now),
            Phase::Gathering { since, .. } => self.gather(now, since),
            Phase::Delaying { until, .. } if self.last_call(until) <= now => self.give_orders(now),
            Phase::Ordered { .. } => self.linger(now),
            _ => {}
        }
    }

    /// The end of a wait. Where it can be called off, a poll that is under way is given a second more:
    /// it may bring the news that power is back.
    fn last_call(&self, until: Time) -> Time {
        let hopes = self.phase.polls() && self.ups.iter().any(|ups| ups.schedule.is_running());
        if hopes { until + SECOND } else { until }
    }

    fn gather(&mut self, now: Time, since: Time) {
        let guards = self.guards;
        let mut primaries = self.ups.iter().filter(|ups| ups.is_primary());
        let alone = primaries.all(|ups| ups.is_alone(guards));
        if guards.hold(Guard::SecondariesGone, alone) {
            self.record("", Step::Wait, "nobody else is logged in", "");
            return self.delay(now, false);
        }
        if now > since + self.settings.rules.host_sync {
            self.log(Level::Info, "Host sync timer expired, forcing shutdown");
            let rule = self.settings.origins.describe("HOSTSYNC");
            self.record("", Step::Wait, "has waited long enough", format!("by {rule}"));
            return self.delay(now, false);
        }
        self.ask_or_retry(now);
    }

    /// Whether every server has answered to FSD. Before that nobody is asked who is still there (NUT
    /// 2.8.5).
    fn has_told(&self) -> bool {
        !self.ups.iter().any(|ups| ups.part.setting)
    }

    fn ask_or_retry(&mut self, now: Time) {
        let told = self.has_told();
        for ups in self.ups.iter_mut().filter(|ups| ups.is_primary()) {
            let question = if told { ups.ask(now) } else { None };
            self.actions.extend(ups.retry(now).or(question));
        }
    }

    /// The last wait.
    fn delay(&mut self, now: Time, can_end: bool) {
        let text = "Executing automatic power-fail shutdown";
        self.log(Level::Crit, text);
        self.actions.push(Action::Wall(text.to_owned()));
        self.notify(Kind::Shutdown, "", "", "");
        let delay = self.settings.final_delay;
        let rule = self.settings.origins.describe("FINALDELAY");
        let text = format!("waits {} s more", delay.as_secs());
        self.record("", Step::Wait, text, format!("by {rule}"));
        self.phase = Phase::Delaying { until: now + delay, can_end };
        self.advance(now);
    }

    fn give_orders(&mut self, now: Time) {
        let mut orders = vec![Order::Announce];
        orders.extend(self.settings.power_down_flag.as_ref().map(|_| Order::WriteFlag));
        orders.push(Order::Shutdown);
        for order in orders {
            let (what, why) = self.describe(order);
            self.record("", Step::Order, what, why);
            self.actions.push(Action::Order(order));
        }
        self.phase =
            Phase::Ordered { since: now, left: false, outcome: None, next_sign: now + SECOND };
        self.tell_exit();
        self.linger(now);
    }

    /// What an order is, and by which directive.
    fn describe(&self, order: Order) -> (String, String) {
        let by = |directive| format!("by {}", self.settings.origins.describe(directive));
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        match order {
            Order::Announce => ("order: tell the service manager".to_owned(), String::new()),
            Order::WriteFlag => {
                let path = text(&self.settings.power_down_flag);
                (format!("order: write {path}"), by("POWERDOWNFLAG"))
            }
            Order::Shutdown => {
                let command = text(&self.settings.shutdown_cmd);
                (format!("order: run {command}"), by("SHUTDOWNCMD"))
            }
        }
    }

    fn tell_exit(&mut self) {
        match self.settings.shutdown_exit {
            ShutdownExit::After(Duration::ZERO) => {
                self.log(Level::Info, "Exiting upsmon program after initiating shutdown");
            }
            ShutdownExit::After(time) => {
                let seconds = time.as_secs();
                let text = format!(
                    "Configured to only exit upsmon SHUTDOWNEXIT={seconds} sec after initiating shutdown"
                );
                self.log(Level::Warning, text);
            }
            ShutdownExit::Never => {
                self.log(Level::Warning, "Configured to not exit upsmon after initiating shutdown");
            }
        }
    }

    /// Leaves the servers when SHUTDOWNEXIT says so; ends when the command's outcome is known, so that
    /// a service manager does not end the command with us. Until then shows that this host still lives.
    fn linger(&mut self, now: Time) {
        let Phase::Ordered { since, left, outcome, next_sign } = &mut self.phase else { return };
        let over = match self.settings.shutdown_exit {
            ShutdownExit::After(time) => *since + time <= now,
            ShutdownExit::Never => false,
        };
        if over && !std::mem::replace(left, true) {
            self.actions.push(Action::Disconnect);
        }
        if let (true, Some(outcome)) = (*left, *outcome) {
            let rule = self.settings.origins.describe("SHUTDOWNEXIT");
            self.end(u8::from(outcome != Outcome::Done), format!("by {rule}"));
        } else if !*left && *next_sign <= now {
            *next_sign = now + SECOND;
            self.actions.extend(self.ups.iter().map(|ups| Action::AskLogins(ups.id)));
        }
    }

    /// The root process tells what became of an order.
    pub fn on_outcome(&mut self, now: Time, order: Order, outcome: Outcome) {
        self.record("", Step::Outcome, format!("{order}: {outcome}"), "");
        if order != Order::Shutdown {
            return;
        }
        if let Phase::Ordered { outcome: place, .. } = &mut self.phase {
            *place = Some(outcome);
        }
        if outcome != Outcome::Done {
            let text = "SHUTDOWNCMD failed: this machine is still up and unprotected";
            self.log(Level::Alert, text);
            self.actions.push(Action::Wall(text.to_owned()));
        }
        self.linger(now);
    }

    /// When the shutdown takes its next step by itself.
    pub(super) fn phase_deadline(&self) -> Option<Time> {
        match &self.phase {
            Phase::Watching => None,
            Phase::Holding { until } | Phase::Delaying { until, .. } => {
                Some(self.last_call(*until))
            }
            Phase::Gathering { since, .. } => {
                let end = *since + self.settings.rules.host_sync + Duration::from_millis(1);
                let told = self.has_told();
                self.ups.iter().filter_map(|ups| ups.part.due(told)).chain([end]).min()
            }
            Phase::Ordered { since, left, next_sign, .. } => {
                let end = match self.settings.shutdown_exit {
                    ShutdownExit::After(time) => Some(*since + time),
                    ShutdownExit::Never => None,
                };
                end.into_iter().chain([*next_sign]).filter(|_| !left).min()
            }
        }
    }
}

impl Part {
    /// A question to the server failed. What a server refuses once it refuses again. A connection may
    /// heal, and then FSD is set again: a server that was started anew does not know of it.
    fn on_failed(&mut self, now: Time, why: &NoAnswer) {
        if let NoAnswer::Lost(_) = why {
            self.lost = true;
            self.retry.get_or_insert(now + SECOND);
        }
    }

    /// Every time it knows.
    #[cfg(test)]
    pub(super) fn times(&mut self) -> Vec<&mut Time> {
        self.retry.iter_mut().chain(&mut self.next_ask).collect()
    }

    /// The next step; `told` tells whether every server was asked to set FSD.
    fn due(&self, told: bool) -> Option<Time> {
        let retry = self.retry.filter(|_| !self.setting);
        let ask = self.next_ask.filter(|_| told && !self.asking);
        retry.into_iter().chain(ask).min()
    }
}

impl Watched {
    fn retry(&mut self, now: Time) -> Option<Action> {
        if self.part.setting {
            return None;
        }
        self.part.retry.take_if(|due| *due <= now)?;
        self.part.setting = true;
        Some(Action::SetFsd(self.id))
    }

    fn ask(&mut self, now: Time) -> Option<Action> {
        let due = self.part.next_ask.is_some_and(|due| due <= now);
        if !due || self.part.asking {
            return None;
        }
        self.part.asking = true;
        Some(Action::AskLogins(self.id))
    }
}
