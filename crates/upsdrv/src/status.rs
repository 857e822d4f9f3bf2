//! Composing `ups.status`: init, set, commit.
//!
//! Knows what the kit itself adds to a driver's words: `ALARM` in front, `LB` by `ignorelb`, and the
//! charge trend. Publishing is the context's business. Pure.
//!
//! Two faults of NUT 2.8.5 are left out. What a commit adds is not kept, so `LB` is never repeated
//! when a driver commits again without a fresh init. A device that says it is charging while the
//! charge falls (or the reverse) keeps its word; the contradiction is reported, not published.

use crate::state::DriverState;
use nut_proto::number::leading_int;
use nut_proto::status::{Status, Token};
use std::fmt;
use std::time::{Duration, Instant};

/// Gathers the words of a round.
#[derive(Debug, Default)]
pub struct Composer {
    words: Status,
    /// A driver said `ALARM` in so many words.
    alarm: bool,
    ignore_lb: bool,
    /// Charge in percent at the start of the round, and when that was.
    before: Option<(f64, Instant)>,
}

/// What a commit makes of the words.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The value for `ups.status`.
    pub status: Status,
    /// The device's word on charging goes against the charge.
    pub contradiction: Option<Contradiction>,
}

/// A device says the opposite of what its charge does. The text form is NUT's log line.
#[derive(Debug, Clone, PartialEq)]
pub struct Contradiction {
    /// What the device says: charging or discharging.
    pub says: Token,
    /// Charge now, in percent, as published.
    pub charge: String,
    /// Charge at the start of the round, in percent.
    pub before: f64,
    /// How long ago that was.
    pub elapsed: Duration,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (says, than) = match self.says {
            Token::Discharging => ("discharging", "greater"),
            _ => ("charging", "less"),
        };
        let (charge, before, seconds) = (&self.charge, self.before, self.elapsed.as_secs_f64());
        write!(
            f,
            "Device reports that it is {says}, but the current battery charge {charge} is {than} \
             than {before} reported {seconds:.5} seconds ago"
        )
    }
}

impl Composer {
    /// Has `LB` computed from `battery.charge` and `battery.runtime` in place of the device's word.
    pub fn set_ignore_lb(&mut self, ignore: bool) {
        self.ignore_lb = ignore;
    }

    /// Begins anew with no words.
    pub fn init(&mut self) {
        self.words = Status::default();
        self.alarm = false;
    }

    /// Adds the blank-separated words of `text` that are not there yet; spelling and order are kept.
    /// `ALARM` in any spelling is only remembered; `LB` is dropped under `ignorelb`.
    pub fn set(&mut self, text: &str) {
        for word in text.split_ascii_whitespace() {
            match Token::from_text(word) {
                Some(Token::Alarm) => self.alarm = true,
                Some(Token::LowBattery) if self.ignore_lb => {}
                _ => self.words.add(word),
            }
        }
    }

    /// Adds a token, as [`Composer::set`] does.
    pub fn add(&mut self, token: Token) {
        self.set(token.text());
    }

    /// Remembers the charge at the start of a round; the main loop does that.
    pub fn begin_round(&mut self, state: &DriverState, now: Instant) {
        self.before = charge(state).map(|charge| (charge, now));
    }

    /// The value for `ups.status`: the words, `LB` by `ignorelb`, the charge trend, `ALARM` in front.
    pub fn commit(&self, state: &DriverState, alarm: bool, now: Instant) -> Commit {
        let mut status = self.words.clone();
        if self.ignore_lb && is_low(state) {
            status.add(Token::LowBattery.text());
        }
        let contradiction = self.add_trend(&mut status, state, now);
        if alarm || self.alarm {
            status.add_first(Token::Alarm);
        }
        Commit { status, contradiction }
    }

    fn add_trend(
        &self,
        status: &mut Status,
        state: &DriverState,
        now: Instant,
    ) -> Option<Contradiction> {
        let (before, at) = self.before?;
        let current = charge(state).filter(|c| (0.0..100.0).contains(c) && *c != before)?;
        let (trend, other) = match current > before {
            true => (Token::Charging, Token::Discharging),
            false => (Token::Discharging, Token::Charging),
        };
        if status.has(other) && !status.has(trend) {
            let charge = state.value("battery.charge").unwrap_or_default().to_owned();
            let elapsed = now.saturating_duration_since(at);
            return Some(Contradiction { says: other, charge, before, elapsed });
        }
        if !status.has(trend) {
            status.add(trend.text());
        }
        None
    }
}

fn charge(state: &DriverState) -> Option<f64> {
    state.value("battery.charge")?.trim().parse().ok()
}

/// The pairs `ignorelb` compares: a reading and its limit.
const PAIRS: [(&str, &str); 2] =
    [("battery.charge", "battery.charge.low"), ("battery.runtime", "battery.runtime.low")];

/// The readings `ignorelb` can go by: those that are published together with their limit.
pub fn usable_for_ignorelb(state: &DriverState) -> Vec<&'static str> {
    let both =
        |(value, limit): &(&str, &str)| state.get(value).is_some() && state.get(limit).is_some();
    PAIRS.iter().filter(|pair| both(pair)).map(|pair| pair.0).collect()
}

/// Whole numbers are compared, cut at the first other character, strictly (NUT 2.8.5).
fn is_low(state: &DriverState) -> bool {
    let number = |name| state.value(name).map(leading_int);
    PAIRS.iter().any(|(value, limit)| match (number(value), number(limit)) {
        (Some(value), Some(limit)) => value < limit,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(composer: &Composer, state: &DriverState, alarm: bool) -> String {
        composer.commit(state, alarm, Instant::now()).status.to_string()
    }

    fn state(values: &[(&str, &str)]) -> DriverState {
        let mut state = DriverState::default();
        values.iter().for_each(|(name, value)| state.set(name, *value));
        state
    }

    #[test]
    fn words_are_kept_once_in_order_with_alarm_in_front() {
        let (mut composer, state) = (Composer::default(), DriverState::default());
        composer.set("ol LB ALARM OL LB");
        assert_eq!(committed(&composer, &state, false), "ALARM ol LB OL");
        composer.init();
        assert_eq!(committed(&composer, &state, false), "");
        assert_eq!(committed(&composer, &state, true), "ALARM");
    }

    #[test]
    fn ignorelb_computes_lb_and_never_repeats_it() {
        let mut composer = Composer::default();
        composer.set_ignore_lb(true);
        composer.set("OL lb");
        let low = state(&[("battery.charge", "29.9"), ("battery.charge.low", "30")]);
        assert_eq!(committed(&composer, &low, false), "OL LB");
        assert_eq!(committed(&composer, &low, false), "OL LB");
        let at_limit = state(&[("battery.charge", "30.9"), ("battery.charge.low", "30")]);
        assert_eq!(committed(&composer, &at_limit, false), "OL");
        let runtime = state(&[("battery.runtime", "59"), ("battery.runtime.low", "60")]);
        assert_eq!(committed(&composer, &runtime, false), "OL LB");
        assert_eq!(committed(&composer, &DriverState::default(), false), "OL");
        assert_eq!(usable_for_ignorelb(&runtime), ["battery.runtime"]);
    }

    #[test]
    fn without_ignorelb_the_device_has_the_word() {
        let mut composer = Composer::default();
        composer.set("OB LB");
        let full = state(&[("battery.charge", "99"), ("battery.charge.low", "30")]);
        assert_eq!(committed(&composer, &full, false), "OB LB");
    }

    #[test]
    fn the_charge_trend_speaks_where_the_device_is_silent() {
        for (before, after, words, expected) in [
            ("80", "85", "OL", "OL CHRG"),
            ("85", "80", "OB", "OB DISCHRG"),
            ("80", "80", "OL", "OL"),
            ("80", "100", "OL", "OL"),
            ("85", "80", "OB DISCHRG", "OB DISCHRG"),
            ("80", "85", "OB DISCHRG", "OB DISCHRG"),
            ("80", "garbage", "OL", "OL"),
        ] {
            let mut composer = Composer::default();
            composer.begin_round(&state(&[("battery.charge", before)]), Instant::now());
            composer.set(words);
            let now = state(&[("battery.charge", after)]);
            assert_eq!(committed(&composer, &now, false), expected, "{before} {after} {words}");
        }
    }

    #[test]
    fn a_contradiction_is_told_in_nuts_words() {
        let start = Instant::now();
        let mut composer = Composer::default();
        composer.begin_round(&state(&[("battery.charge", "80")]), start);
        composer.set("OB DISCHRG");
        let now = start + Duration::from_micros(1_000_450);
        let commit = composer.commit(&state(&[("battery.charge", "85")]), false, now);
        assert_eq!(
            commit.contradiction.map(|c| c.to_string()).as_deref(),
            Some(
                "Device reports that it is discharging, but the current battery charge 85 is \
                 greater than 80 reported 1.00045 seconds ago"
            )
        );
    }
}
