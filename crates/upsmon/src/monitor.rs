//! The core of upsmon: all its UPSes, the supplies they add up to, and the way down.
//!
//! Knows when to poll, what is worth a notice, and when this host has to go. It is told what happened
//! and the time, and says in [`Action`]s what is to be done; sockets, processes and the clock are for
//! the loop. How a host goes down is in `departure`. Pure.

mod departure;
mod reload;
mod watched;

use crate::action::{Action, Level, PollFailure, Report, Sample, Time, UpsId};
use crate::guards::{Guard, Guards};
use crate::notices::Kind;
use crate::observed::News;
use crate::record::{Record, Step};
use crate::settings::{Role, Settings};
use crate::verdict::{Verdict, judge};
use departure::Phase;
use std::time::Duration;
use watched::{Login, Watched};

/// How often the loss of the root process is told (NUT 2.8.5).
const NO_PARENT_PAUSE: Duration = Duration::from_secs(120);
/// How long after a refused login the next one is tried.
const LOGIN_PAUSE: Duration = Duration::from_secs(60);

/// The core. See the module's words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Monitor {
    settings: Settings,
    /// In the order of the MONITOR lines.
    ups: Vec<Watched>,
    /// The number of the next UPS.
    next_id: usize,
    phase: Phase,
    /// The machine is going to sleep: nothing is polled.
    asleep: bool,
    /// The root process is gone: when to tell it again.
    no_parent: Option<Time>,
    guards: Guards,
    actions: Vec<Action>,
}

impl Monitor {
    /// Begins to watch; the first polls are due at once. The settings have passed the power check.
    pub fn new(now: Time, settings: Settings) -> Monitor {
        let mut monitor = Monitor {
            ups: Vec::new(),
            next_id: 0,
            phase: Phase::Watching,
            asleep: false,
            no_parent: None,
            guards: Guards::default(),
            actions: Vec::new(),
            settings,
        };
        let lines = monitor.settings.ups.clone();
        for line in lines {
            let watched = monitor.watch(now, line);
            monitor.ups.push(watched);
        }
        monitor.record_watch(Step::Start, "upsmon begins to watch");
        monitor
    }

    /// The same monitor with other guards.
    #[cfg(test)]
    pub(crate) fn guarded(self, guards: Guards) -> Monitor {
        Monitor { guards, ..self }
    }

    /// Every time it knows.
    #[cfg(test)]
    pub(crate) fn times(&mut self) -> Vec<&mut Time> {
        let ups = self.ups.iter_mut().flat_map(Watched::times);
        ups.chain(self.phase.times()).chain(&mut self.no_parent).collect()
    }

    /// What is to be done, in order.
    pub fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether a shutdown has begun, called off or not.
    pub fn is_leaving(&self) -> bool {
        self.phase != Phase::Watching
    }

    /// The watched UPSes in the order of the file: number, identifier, and the verdict on each.
    pub fn verdicts(&self) -> impl Iterator<Item = (UpsId, &str, Verdict)> {
        self.ups.iter().map(|ups| (ups.id, ups.settings.name.as_str(), ups.verdict))
    }

    /// A link has something to tell.
    pub fn on_report(&mut self, now: Time, ups: UpsId, report: Report) {
        let Some(place) = self.ups.iter().position(|watched| watched.id == ups) else { return };
        match report {
            Report::Sample(sample) => self.on_sample(now, place, &sample),
            Report::Failed(failure) => self.on_failure(now, place, failure),
            Report::LoggedIn => self.on_login(now, place),
            Report::LoggedOut => self.on_logout(now, place),
            Report::LoginRefused(line) => self.on_login_refused(now, place, &line),
            Report::FsdSet(result) => self.on_fsd_set(now, place, result),
            Report::Logins(result) => self.on_logins(now, place, result),
        }
        self.advance(now);
    }

    fn on_sample(&mut self, now: Time, place: usize, sample: &Sample) {
        let Some(ups) = self.ups.get_mut(place) else { return };
        let news = ups.on_sample(now, sample, &self.settings);
        if !news.is_empty() {
            self.tell(place, news, &sample.to_string());
        }
        self.judge(now, place);
    }

    fn on_failure(&mut self, now: Time, place: usize, failure: PollFailure) {
        let Some(ups) = self.ups.get_mut(place) else { return };
        let news = ups.observed.on_failure(now, &self.settings);
        ups.schedule.end(now, ups.interval(&self.settings));
        self.tell(place, news.into_iter().collect(), &failure.to_string());
        self.judge(now, place);
    }

    fn on_login(&mut self, now: Time, place: usize) {
        if let Some(ups) = self.ups.get_mut(place) {
            ups.log_in(now);
        }
    }

    fn on_logout(&mut self, now: Time, place: usize) {
        if let Some(ups) = self.ups.get_mut(place) {
            ups.log_out(now);
        }
    }

    /// The server polls on, but does not count this host: nobody would wait for it.
    fn on_login_refused(&mut self, now: Time, place: usize, line: &str) {
        let Some(ups) = self.ups.get_mut(place) else { return };
        ups.login = Login::Refused(now);
        let pause = self.settings.no_comm_warn_time;
        if ups.refusal_told.is_some_and(|told| now.saturating_sub(told) < pause) {
            return;
        }
        ups.refusal_told = Some(now);
        let news = News { kind: Kind::NoLogin, extra: line.to_owned() };
        self.tell(place, vec![news], "the server's answer to this host's name and password");
    }

    /// Notices about a UPS, and what made them due.
    fn tell(&mut self, place: usize, news: Vec<News>, why: &str) {
        let Some(ups) = self.ups.get(place) else { return };
        let name = ups.settings.name.clone();
        for News { kind, extra } in news {
            self.notify(kind, &name, &extra, self.cause(kind, why));
        }
    }

    /// FSD that this host set is told while it is setting it; any other was set by somebody else.
    fn cause(&self, kind: Kind, why: &str) -> String {
        let mine = matches!(self.phase, Phase::Gathering { .. });
        match kind {
            Kind::ForcedShutdown if !mine => {
                format!("{why}; set by its primary or at its server, not by this upsmon")
            }
            _ => why.to_owned(),
        }
    }

    fn notify(&mut self, kind: Kind, ups: &str, extra: &str, why: impl Into<String>) {
        let notice = self.settings.notices.notice(kind, ups, extra);
        self.record(ups, Step::Notice(kind), notice.text.clone(), why);
        self.actions.push(Action::Notify(notice));
    }

    fn log(&mut self, level: Level, text: impl Into<String>) {
        self.actions.push(Action::Log(level, text.into()));
    }

    /// Keeps a step of the story; the UPS is empty where it is about this host.
    fn record(&mut self, ups: &str, step: Step, what: impl Into<String>, why: impl Into<String>) {
        let (ups, what, why) = (ups.to_owned(), what.into(), why.into());
        self.actions.push(Action::Record(Record { ups, step, what, why }));
    }

    /// The verdict on one UPS, and what follows for this host.
    fn judge(&mut self, now: Time, place: usize) {
        self.renew_verdict(now, place);
        self.decide(now);
    }

    fn renew_verdict(&mut self, now: Time, place: usize) {
        let Some(ups) = self.ups.get_mut(place) else { return };
        let alone = self.guards.hold(Guard::PrimaryFirst, false);
        let role = if alone { Role::Primary } else { ups.settings.role };
        let verdict = judge(&ups.observed, role, &self.settings, self.guards, now);
        let was = std::mem::replace(&mut ups.verdict, verdict);
        if !was.says_as(verdict) {
            let (what, why) = ups.explain(verdict, &self.settings);
            let name = ups.settings.name.clone();
            self.say_verdict(&name, verdict, what, why);
        }
    }

    fn say_verdict(&mut self, name: &str, verdict: Verdict, what: String, why: String) {
        let (level, step) = match verdict {
            Verdict::Fine => (Level::Notice, Step::Fine),
            Verdict::Waiting { .. } => (Level::Warning, Step::Waiting),
            Verdict::Critical(_) => (Level::Crit, Step::Critical),
        };
        self.log(level, format!("UPS [{name}]: {what}, {why}"));
        self.record(name, step, what, why);
    }

    /// The supplies that are left.
    fn healthy(&self) -> u32 {
        let healthy = self.ups.iter().filter(|ups| !ups.verdict.is_critical());
        healthy.fold(0, |sum, ups| sum.saturating_add(ups.settings.power_value))
    }

    /// Adds the supplies up: too few begin a shutdown, enough again may end one.
    fn decide(&mut self, now: Time) {
        let (have, need) = (self.healthy(), self.settings.min_supplies);
        let too_few = self.guards.hold(Guard::TooFewSupplies, have < need);
        if !too_few {
            return self.call_off(have);
        }
        if self.guards.hold(Guard::Once, self.phase == Phase::Watching) {
            let text =
                format!("Too few UPS(es) are healthy ({have}<{need}), initiating forced shutdown");
            self.log(Level::Crit, text);
            let rule = self.settings.origins.describe("MINSUPPLIES");
            let critical = self.ups.iter().filter(|ups| ups.verdict.is_critical());
            let critical: Vec<&str> = critical.map(|ups| ups.settings.name.as_str()).collect();
            let why = format!("by {rule}; critical: {}", critical.join(", "));
            let what = format!("{have} of {need} supplies left: this host has to go down");
            self.record("", Step::Supplies, what, why);
            self.leave(now, false);
        }
    }

    /// Somebody wants this host, and all that its UPSes feed, to go down now.
    pub fn on_user_fsd(&mut self, now: Time) {
        if self.phase != Phase::Watching {
            return self.ignore("FSD");
        }
        self.log(Level::Crit, "Got an FSD signal, initiating forced shutdown");
        let why = "upsmon -c fsd on this host, or signal USR1";
        self.record("", Step::Asked, "forced shutdown asked for by hand", why);
        self.leave(now, true);
    }

    /// A signal asks upsmon to end. During a shutdown that is not done: it would leave secondaries
    /// and the flag half way.
    pub fn on_stop(&mut self, signal: i32) {
        self.log(Level::Info, format!("Signal {signal}: User requested EXIT"));
        match self.phase {
            Phase::Watching => self.log(Level::Info, format!("Signal {signal}: exiting")),
            Phase::Ordered { .. } => {}
            _ => return self.ignore("EXIT"),
        }
        for ups in self.ups.drain(..) {
            self.actions.push(Action::Forget(ups.id));
        }
        self.end(0, format!("signal {signal}"));
    }

    fn end(&mut self, status: u8, why: impl Into<String>) {
        self.record("", Step::Stop, format!("upsmon ends with status {status}"), why);
        self.actions.push(Action::Exit(status));
    }

    fn ignore(&mut self, what: &str) {
        self.log(Level::Warning, format!("{what} is ignored: a shutdown is in progress"));
    }

    /// The root process is gone; without it nothing can go down.
    pub fn on_parent_lost(&mut self, now: Time) {
        self.no_parent = Some(now + NO_PARENT_PAUSE);
        self.log(Level::Alert, "Parent died - shutdown impossible");
        self.notify(Kind::NoParent, "", "", "");
    }

    /// The machine goes to sleep: nothing is asked until [`Monitor::on_wake`].
    pub fn on_suspend(&mut self) {
        if self.phase == Phase::Watching && !std::mem::replace(&mut self.asleep, true) {
            self.notify(Kind::SuspendStarting, "", "", "");
            self.log(Level::Info, "upsmon: Processing OS going to sleep");
        }
    }

    /// The machine has slept; what was known is out of date and decides nothing any more.
    pub fn on_wake(&mut self, now: Time, slept: Duration) {
        self.asleep = false;
        if self.phase != Phase::Watching {
            return;
        }
        let seconds = slept.as_secs();
        self.notify(Kind::SuspendFinished, "", "", format!("{seconds} s asleep"));
        let text = format!("upsmon: Processing OS wake-up after sleep; {seconds} seconds asleep");
        self.log(Level::Info, text);
        for ups in &mut self.ups {
            ups.forget(now);
            self.actions.extend([Action::AskAnew(ups.id), Action::Reconnect(ups.id)]);
        }
    }

    /// This program itself was held up for so long. Time in which nobody looked decides nothing, nor
    /// does an answer that has waited as long to be heard.
    pub fn on_delay(&mut self, late: Duration) {
        let seconds = late.as_secs();
        self.log(
            Level::Warning,
            format!(
                "upsmon was held up for {seconds} s: that time does not count, and all is asked anew"
            ),
        );
        self.phase.pass_over(late);
        for ups in &mut self.ups {
            ups.pass_over(late);
            self.actions.push(Action::AskAnew(ups.id));
        }
    }

    /// Time has passed: polls, verdicts and steps of a shutdown that are due.
    pub fn on_tick(&mut self, now: Time) {
        if self.polls() {
            for place in 0..self.ups.len() {
                self.look_after(now, place);
            }
        }
        self.advance(now);
        if self.no_parent.is_some_and(|due| due <= now) {
            self.on_parent_lost(now);
        }
    }

    fn polls(&self) -> bool {
        !self.asleep && self.phase.polls()
    }

    fn look_after(&mut self, now: Time, place: usize) {
        let Some(ups) = self.ups.get_mut(place) else { return };
        if ups.is_silent_and_due(now) {
            self.judge(now, place);
        }
        if !self.polls() {
            return;
        }
        let Some(ups) = self.ups.get_mut(place) else { return };
        if ups.is_poll_due(now) {
            if ups.wants_new_login(now) {
                ups.login = Login::Out;
                self.actions.push(Action::Reconnect(ups.id));
            }
            ups.schedule.begin(now, ups.interval(&self.settings));
            let variables = ups.variables(&self.settings);
            self.actions.push(Action::Poll { ups: ups.id, variables });
        }
    }

    /// When [`Monitor::on_tick`] has something to do, unless something happens before.
    pub fn next_deadline(&self) -> Option<Time> {
        let polls = self.ups.iter().filter(|_| self.polls()).filter_map(Watched::next_deadline);
        polls.chain(self.phase_deadline()).chain(self.no_parent).min()
    }
}

#[cfg(test)]
mod tests;
