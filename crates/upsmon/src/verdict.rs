//! Is this UPS a reason to go down? A rule over what is observed, what is set, and the time.
//!
//! Knows NUT's rules with their order. What follows, for this host and for others, is for `monitor`.
//! Differences from NUT 2.8.5, which takes silence after CAL, OFF, BYPASS or ALARM for death at once:
//! here DEADTIME is granted to all of them. Pure.

use crate::action::Time;
use crate::guards::{Guard, Guards};
use crate::observed::{Observed, Power};
use crate::settings::{Role, Rules, Settings};
use nut_proto::status::Token;
use std::fmt;
use std::time::Duration;

/// What a UPS is worth to this host now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It feeds, or nothing else is known.
    Fine,
    /// It becomes critical at `until`, unless something changes.
    Waiting {
        /// When.
        until: Time,
        /// Why it would.
        reason: Reason,
    },
    /// It does not count any more.
    Critical(Reason),
}

/// Why a UPS is critical, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// FSD is set.
    ForcedShutdown,
    /// On battery, battery low.
    LowBattery,
    /// On battery and silent: taken for low.
    Dead,
    /// As [`Reason::LowBattery`], and the primary set no FSD in HOSTSYNC.
    PrimarySilent,
    /// As [`Reason::Dead`], for longer than HOSTSYNC: whether the primary set FSD is not known.
    PrimaryLost,
    /// The outlets are off.
    Off,
    /// Silent, and last heard of in this state.
    LostIn(Token),
    /// SHUTDOWNIF at this place in the settings.
    Threshold(usize),
}

impl Verdict {
    /// Whether the UPS does not count.
    pub fn is_critical(&self) -> bool {
        matches!(self, Verdict::Critical(_))
    }

    /// When it becomes critical by itself.
    pub fn until(&self) -> Option<Time> {
        match self {
            Verdict::Waiting { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// Whether it says the same for the same reason as another one; how long it waits does not matter.
    pub fn says_as(self, other: Verdict) -> bool {
        use Verdict::{Critical, Fine, Waiting};
        match (self, other) {
            (Fine, Fine) => true,
            (Critical(reason), Critical(theirs))
            | (Waiting { reason, .. }, Waiting { reason: theirs, .. }) => reason == theirs,
            _ => false,
        }
    }

    fn after(until: Time, now: Time, reason: Reason) -> Verdict {
        if now >= until { Verdict::Critical(reason) } else { Verdict::Waiting { until, reason } }
    }

    /// Critical before waiting before fine; of two that wait, the one that waits less.
    fn sooner(self, other: Verdict) -> Verdict {
        match (&self, &other) {
            (Verdict::Critical(_), _) | (_, Verdict::Fine) => self,
            (Verdict::Waiting { until, .. }, Verdict::Waiting { until: theirs, .. })
                if until <= theirs =>
            {
                self
            }
            _ => other,
        }
    }
}

/// The verdict on one UPS towards which this host has this part.
pub fn judge(
    observed: &Observed,
    role: Role,
    settings: &Settings,
    guards: Guards,
    now: Time,
) -> Verdict {
    if observed.fsd {
        return Verdict::Critical(Reason::ForcedShutdown);
    }
    let Some(last_good) = observed.last_good else { return Verdict::Fine };
    let rules = &settings.rules;
    let impatient = guards.hold(Guard::DeadTime, false);
    let grace = if impatient { Duration::ZERO } else { rules.dead_time };
    let silent = observed.lost.map(|_| just_past(last_good + grace));
    let states = match silent {
        // What was critical before the silence stays it.
        Some(dead_at) if !off(observed, rules, last_good).is_critical() => {
            lost_states(observed, rules, dead_at, now)
        }
        _ => off(observed, rules, now),
    };
    states.sooner(battery(observed, role, settings, guards, silent, now))
}

/// "More than" a duration, where NUT counts whole seconds.
fn just_past(time: Time) -> Time {
    time + Duration::from_millis(1)
}

/// Silence after a state that may well have ended in darkness.
fn lost_states(observed: &Observed, rules: &Rules, dead_at: Time, now: Time) -> Verdict {
    let believed = [
        (Token::Overload, rules.over_duration.is_some()),
        (Token::Alarm, rules.alarm_critical),
        (Token::Calibrating, true),
        (Token::Bypass, true),
        (Token::Off, rules.off_duration.is_some()),
    ];
    let verdict = |(token, _): (Token, bool)| {
        let since = observed.states.get(&token)?;
        let mut until = dead_at;
        if token == Token::Overload {
            until = until.max(*since + rules.over_duration.unwrap_or_default());
        }
        Some(Verdict::after(until, now, Reason::LostIn(token)))
    };
    let verdicts = believed.into_iter().filter(|(_, counts)| *counts).filter_map(verdict);
    verdicts.fold(Verdict::Fine, Verdict::sooner)
}

/// OFF that lasts, seen by polls that succeed.
fn off(observed: &Observed, rules: &Rules, now: Time) -> Verdict {
    match (observed.states.get(&Token::Off), rules.off_duration) {
        (Some(_), Some(Duration::ZERO)) => Verdict::Critical(Reason::Off),
        (Some(since), Some(lasting)) => {
            Verdict::after(just_past(*since + lasting), now, Reason::Off)
        }
        _ => Verdict::Fine,
    }
}

/// On battery: low, silent, or past a threshold. Calibration runs the battery down on purpose.
fn battery(
    observed: &Observed,
    role: Role,
    settings: &Settings,
    guards: Guards,
    dead_at: Option<Time>,
    now: Time,
) -> Verdict {
    let since = match observed.power {
        Power::Battery(since) => since,
        _ if guards.hold(Guard::OnBattery, false) => Time::ZERO,
        _ => return Verdict::Fine,
    };
    if !guards.hold(Guard::NotCalibrating, !observed.is(Token::Calibrating)) {
        return Verdict::Fine;
    }
    let low = observed.low.map(|low| (low.max(since), Reason::LowBattery));
    let dead = dead_at.map(|at| (at, Reason::Dead));
    let end = low.into_iter().chain(dead).min_by_key(|(at, _)| *at);
    let empty = end.map(|(at, reason)| empty(observed, role, &settings.rules, at, reason, now));
    empty.unwrap_or(Verdict::Fine).sooner(thresholds(observed, settings, now))
}

/// The battery is empty, or will be taken for it, from `at` on.
fn empty(
    observed: &Observed,
    role: Role,
    rules: &Rules,
    at: Time,
    reason: Reason,
    now: Time,
) -> Verdict {
    let lasted = at + rules.oblb_duration;
    match role {
        Role::Primary => Verdict::after(lasted, now, reason),
        Role::Secondary => {
            let calm = observed.calm.unwrap_or(at);
            let until = lasted.max(just_past(calm + rules.host_sync));
            Verdict::after(until, now, reason.of_a_secondary())
        }
    }
}

fn thresholds(observed: &Observed, settings: &Settings, now: Time) -> Verdict {
    let verdict = |(&place, &since): (&usize, &Time)| {
        let threshold = settings.thresholds.get(place)?;
        // A value of which nothing new is heard decides nothing; the time on battery goes on.
        let stale =
            observed.lost.is_some() && threshold.condition != crate::settings::Condition::OnBattery;
        let until = since + threshold.lasting;
        (!stale).then(|| Verdict::after(until, now, Reason::Threshold(place)))
    };
    observed.holding.iter().filter_map(verdict).fold(Verdict::Fine, Verdict::sooner)
}

impl Reason {
    /// The same where the primary should have said it first.
    fn of_a_secondary(self) -> Reason {
        match self {
            Reason::LowBattery => Reason::PrimarySilent,
            Reason::Dead => Reason::PrimaryLost,
            other => other,
        }
    }

    /// The directive that decided, with its line, or what else decided.
    pub fn rule(&self, settings: &Settings) -> String {
        let origin = |directive| settings.origins.describe(directive);
        match self {
            Reason::ForcedShutdown => "FSD in ups.status".to_owned(),
            Reason::LowBattery if settings.rules.oblb_duration.is_zero() => {
                "OB and LB in ups.status".to_owned()
            }
            Reason::LowBattery => origin("OBLBDURATION"),
            Reason::Dead => origin("DEADTIME"),
            Reason::PrimarySilent => origin("HOSTSYNC"),
            // Whichever is longer; both have to be over.
            Reason::PrimaryLost => format!("{} and {}", origin("DEADTIME"), origin("HOSTSYNC")),
            Reason::Off => origin("OFFDURATION"),
            Reason::LostIn(Token::Alarm) => origin("ALARMCRITICAL"),
            Reason::LostIn(Token::Overload) => origin("OVERDURATION"),
            Reason::LostIn(_) => origin("DEADTIME"),
            Reason::Threshold(place) => settings.thresholds.get(*place).map_or_else(
                || "SHUTDOWNIF".to_owned(),
                |threshold| {
                    format!("{threshold} ({} line {})", settings.origins.file, threshold.line)
                },
            ),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::ForcedShutdown => f.write_str("forced shutdown is set"),
            Reason::LowBattery => f.write_str("on battery and the battery is low"),
            Reason::Dead => f.write_str("on battery when last heard of"),
            Reason::PrimarySilent => {
                f.write_str("on battery, the battery low, and no word from the primary")
            }
            Reason::PrimaryLost => {
                f.write_str("on battery when last heard of, and the server silent since")
            }
            Reason::Off => f.write_str("reported as (administratively) OFF"),
            Reason::LostIn(token) => write!(f, "{token} when last heard of, assumed dead"),
            Reason::Threshold(_) => f.write_str("on battery and past a threshold"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Fine => f.write_str("fine"),
            Verdict::Waiting { reason, .. } => write!(f, "waiting ({reason})"),
            Verdict::Critical(reason) => write!(f, "critical ({reason})"),
        }
    }
}

#[cfg(test)]
mod tests;
