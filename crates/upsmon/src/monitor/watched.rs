//! One UPS in the monitor's care: what is known, when it is polled, how its server takes us. Pure.

use super::LOGIN_PAUSE;
use super::departure::Part;
use crate::action::{Sample, Time, UpsId, seen};
use crate::observed::{News, Observed};
use crate::settings::{Condition, Settings, Threshold, UpsSettings};
use crate::verdict::Verdict;
use nut_proto::status::{Status, Token};
use std::time::Duration;

/// How the server takes this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Login {
    /// No connection, or none that has come so far.
    Out,
    /// It counts us.
    Counted,
    /// It refused us, at this time.
    Refused(Time),
}

/// When to poll. From the beginning of one poll to that of the next passes an interval, or as long as
/// the poll takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Schedule {
    begun: Time,
    running: bool,
    next: Time,
}

impl Schedule {
    fn at_once(now: Time) -> Schedule {
        Schedule { begun: now, running: false, next: now }
    }

    pub(super) fn begin(&mut self, now: Time, interval: Duration) {
        *self = Schedule { begun: now, running: true, next: now + interval };
    }

    pub(super) fn is_running(&self) -> bool {
        self.running
    }

    pub(super) fn end(&mut self, now: Time, interval: Duration) {
        self.running = false;
        self.next = (self.begun + interval).max(now);
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Watched {
    pub(super) id: UpsId,
    pub(super) settings: UpsSettings,
    pub(super) observed: Observed,
    pub(super) verdict: Verdict,
    pub(super) schedule: Schedule,
    pub(super) login: Login,
    /// When a connection was lost, or when the server counted us again; forgotten after HOSTSYNC.
    pub(super) back: Option<Time>,
    /// When NOLOGIN was told last.
    pub(super) refusal_told: Option<Time>,
    /// How far its part of a shutdown is.
    pub(super) part: Part,
}

impl Watched {
    pub(super) fn new(now: Time, id: UpsId, settings: UpsSettings) -> Watched {
        Watched {
            id,
            settings,
            observed: Observed::new(now),
            verdict: Verdict::Fine,
            schedule: Schedule::at_once(now),
            login: Login::Out,
            back: None,
            refusal_told: None,
            part: Part::default(),
        }
    }

    /// Every time it knows.
    #[cfg(test)]
    pub(super) fn times(&mut self) -> Vec<&mut Time> {
        let until = match &mut self.verdict {
            Verdict::Waiting { until, .. } => Some(until),
            _ => None,
        };
        let refused = match &mut self.login {
            Login::Refused(at) => Some(at),
            _ => None,
        };
        let schedule = [&mut self.schedule.begun, &mut self.schedule.next];
        let told = refused.into_iter().chain(&mut self.refusal_told).chain(&mut self.back);
        let rest = until.into_iter().chain(told).chain(schedule);
        self.observed.times().into_iter().chain(self.part.times()).chain(rest).collect()
    }

    /// Forgets what was known and polls at once.
    pub(super) fn forget(&mut self, now: Time) {
        self.observed = Observed::new(now);
        self.verdict = Verdict::Fine;
        self.schedule = Schedule::at_once(now);
        self.login = Login::Out;
        self.back = None;
    }

    /// The server counts us.
    pub(super) fn log_in(&mut self, now: Time) {
        self.back = self.back.map(|_| now);
        self.login = Login::Counted;
    }

    /// The connection is lost.
    pub(super) fn log_out(&mut self, now: Time) {
        if self.login != Login::Out {
            self.back = Some(now);
        }
        self.login = Login::Out;
    }

    /// Whether the server, or the way to it, was away so lately that others may not be back yet.
    pub(super) fn is_just_back(&self, now: Time, settings: &Settings) -> bool {
        self.back.is_some_and(|back| now.saturating_sub(back) < settings.rules.host_sync)
    }

    /// Nobody could look for so long.
    pub(super) fn pass_over(&mut self, time: Duration) {
        self.observed.pass_over(time);
        self.back.iter_mut().for_each(|back| *back += time);
        if let Verdict::Waiting { until, .. } = &mut self.verdict {
            *until += time;
        }
    }

    /// How often it is to be polled.
    pub(super) fn interval(&self, settings: &Settings) -> Duration {
        match self.observed.is_alert(settings) {
            true => settings.poll_freq_alert,
            false => settings.poll_freq,
        }
    }

    /// A poll was answered.
    pub(super) fn on_sample(
        &mut self,
        now: Time,
        sample: &Sample,
        settings: &Settings,
    ) -> Vec<News> {
        if !self.is_just_back(now, settings) {
            self.back = None;
        }
        let was_on_battery = self.observed.on_battery();
        let news = self.observe(now, sample, settings);
        self.schedule.end(now, self.interval(settings));
        if !was_on_battery && !self.variables(settings).is_empty() {
            // Thresholds look at variables, which are asked for on battery only.
            self.schedule = Schedule::at_once(now);
        }
        news
    }

    /// A server that waits for its driver knows nothing at first, and later no more than one that is
    /// silent.
    fn observe(&mut self, now: Time, sample: &Sample, settings: &Settings) -> Vec<News> {
        if !is_wait(sample) {
            let news = self.observed.on_sample(now, sample, settings);
            self.observed.weigh(now, thresholds(&self.settings, settings));
            return news;
        }
        let known = self.observed.last_good.is_some();
        known.then(|| self.observed.on_failure(now, settings)).flatten().into_iter().collect()
    }

    /// The variables that thresholds look at, while they can matter.
    pub(super) fn variables(&self, settings: &Settings) -> Vec<String> {
        let mut names = Vec::new();
        if !self.observed.on_battery() {
            return names;
        }
        for (_, threshold) in thresholds(&self.settings, settings) {
            match &threshold.condition {
                Condition::Variable { name, .. } if !names.contains(name) => {
                    names.push(name.clone());
                }
                _ => {}
            }
        }
        names
    }

    /// No poll succeeds and a verdict waits for nothing but the time: nothing better than the time
    /// will come. Otherwise the verdict is given on a fresh sample.
    pub(super) fn is_silent_and_due(&self, now: Time) -> bool {
        self.observed.lost.is_some() && self.verdict.until().is_some_and(|until| until <= now)
    }

    pub(super) fn is_poll_due(&self, now: Time) -> bool {
        !self.schedule.is_running() && self.poll_time() <= now
    }

    /// By the schedule, or when a verdict wants a fresh sample.
    fn poll_time(&self) -> Time {
        let fresh = self.verdict.until().filter(|_| self.observed.lost.is_none());
        fresh.into_iter().chain([self.schedule.next]).min().unwrap_or(self.schedule.next)
    }

    pub(super) fn wants_new_login(&self, now: Time) -> bool {
        matches!(self.login, Login::Refused(at) if now.saturating_sub(at) >= LOGIN_PAUSE)
    }

    pub(super) fn next_deadline(&self) -> Option<Time> {
        let poll = Some(self.poll_time()).filter(|_| !self.schedule.is_running());
        let silent = self.verdict.until().filter(|_| self.observed.lost.is_some());
        poll.into_iter().chain(silent).min()
    }

    /// What a verdict says, and the rule and the samples behind it.
    pub(super) fn explain(&self, verdict: Verdict, settings: &Settings) -> (String, String) {
        let seen = format!("last {}", seen(&self.observed.status, &self.observed.variables));
        match verdict {
            Verdict::Fine => ("no reason to shut down any more".to_owned(), seen),
            Verdict::Waiting { until, reason } => {
                let left = until.saturating_sub(self.observed.last_good.unwrap_or_default());
                let what = format!(
                    "critical {} s after the last good poll unless that changes: {reason}",
                    left.as_secs()
                );
                (what, format!("by {}; {seen}", reason.rule(settings)))
            }
            Verdict::Critical(reason) => {
                (format!("critical: {reason}"), format!("by {}; {seen}", reason.rule(settings)))
            }
        }
    }
}

/// The thresholds of one UPS, with their places.
pub(super) fn thresholds<'a>(
    ups: &'a UpsSettings,
    settings: &'a Settings,
) -> impl Iterator<Item = (usize, &'a Threshold)> {
    settings.thresholds.iter().enumerate().filter(|(_, threshold)| threshold.ups == ups.name)
}

/// Whether the status says WAIT and nothing of the power: upsd has not heard the driver yet.
fn is_wait(sample: &Sample) -> bool {
    let status = Status::parse(&sample.status);
    status.has(Token::Wait) && !status.has(Token::Online) && !status.has(Token::OnBattery)
}
