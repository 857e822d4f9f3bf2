//! What is known of one UPS, and what of it is news.
//!
//! Takes samples and failures of polls in and tells the notices they make due, in NUT's order. Whether
//! what is known is a reason to go down is for `verdict`. Pure.

use crate::action::{Sample, Time};
use crate::notices::Kind;
use crate::settings::{Condition, Settings, Threshold};
use nut_proto::status::{Status, Token};
use std::collections::BTreeMap;
use std::time::Duration;

/// Where the load's power comes from, as the last status with OL or OB said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Power {
    /// No status said it yet.
    Unknown,
    /// OL
    Line,
    /// OB, since this poll.
    Battery(Time),
}

/// A notice that is due: its kind, and the extra part of its text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct News {
    /// NOTIFYTYPE
    pub kind: Kind,
    /// What the second `%s` stands for; mostly empty.
    pub extra: String,
}

impl News {
    fn of(kind: Kind) -> News {
        News { kind, extra: String::new() }
    }
}

/// What is known of one UPS. Times are those of the polls that saw it; everything stays as it was
/// while no poll succeeds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Observed {
    /// When watching began.
    begun: Time,
    /// The last good poll.
    pub last_good: Option<Time>,
    /// The first of the failed polls since then.
    pub lost: Option<Time>,
    /// OL or OB
    pub power: Power,
    /// LB, since.
    pub low: Option<Time>,
    /// FSD: set by the server, or by this host.
    pub fsd: bool,
    /// The states of [`STATES`] that are on, since when.
    pub states: BTreeMap<Token, Time>,
    /// RB, since.
    replace: Option<Time>,
    /// When REPLBATT was told last.
    replace_told: Option<Time>,
    /// When NOCOMM was told last.
    no_comm_told: Option<Time>,
    /// The alarms that were told.
    alarm: String,
    /// Unknown words of the status, in its order.
    other: Vec<String>,
    /// The last good poll that did not say OB and LB, or the first one after it that did.
    pub calm: Option<Time>,
    /// The last status.
    pub status: String,
    /// Variables of the last sample.
    pub variables: BTreeMap<String, String>,
    /// Thresholds that hold, by their place in the settings, and since when.
    pub holding: BTreeMap<usize, Time>,
}

/// States with a notice for their beginning and one for their end, in the order NUT 2.8.5 tells ends.
const STATES: [(Token, Kind, Kind); 8] = [
    (Token::Calibrating, Kind::Calibrating, Kind::NotCalibrating),
    (Token::Off, Kind::Off, Kind::NotOff),
    (Token::Bypass, Kind::Bypass, Kind::NotBypass),
    (Token::Alarm, Kind::Alarm, Kind::NotAlarm),
    (Token::Overload, Kind::Overload, Kind::NotOverload),
    (Token::Trim, Kind::Trim, Kind::NotTrim),
    (Token::Boost, Kind::Boost, Kind::NotBoost),
    (Token::Eco, Kind::Eco, Kind::NotEco),
];

impl Observed {
    /// Nothing is known yet.
    pub fn new(now: Time) -> Observed {
        Observed {
            begun: now,
            last_good: None,
            lost: None,
            power: Power::Unknown,
            low: None,
            fsd: false,
            states: BTreeMap::new(),
            replace: None,
            replace_told: None,
            no_comm_told: None,
            alarm: String::new(),
            other: Vec::new(),
            calm: None,
            status: String::new(),
            variables: BTreeMap::new(),
            holding: BTreeMap::new(),
        }
    }

    /// Whether a state is on.
    pub fn is(&self, token: Token) -> bool {
        self.states.contains_key(&token)
    }

    /// Whether the UPS was on battery when last heard of.
    pub fn on_battery(&self) -> bool {
        matches!(self.power, Power::Battery(_))
    }

    /// Whether it is to be polled at POLLFREQALERT.
    pub fn is_alert(&self, settings: &Settings) -> bool {
        let overload = settings.rules.over_duration.is_some() && self.is(Token::Overload);
        let states = [Token::Off, Token::Bypass, Token::Alarm];
        self.on_battery() || overload || states.iter().any(|&state| self.is(state))
    }

    /// A poll succeeded; its status has at least one word. Tells what is news.
    pub fn on_sample(&mut self, now: Time, sample: &Sample, settings: &Settings) -> Vec<News> {
        let status = Status::parse(&sample.status);
        let eco = status.has(Token::Eco) || says_eco(&sample.buzzwords);
        let mut news = Vec::new();
        if self.lost.take().is_some() {
            news.push(News::of(Kind::CommOk));
        }
        let was_urgent = self.last_good.replace(now).is_some() && self.is_urgent();
        self.ends(&status, eco, &mut news);
        let power = status.words().filter_map(power_word).last();
        for token in status.words().filter_map(Token::from_text) {
            self.begins(now, token, power, sample, &mut news);
        }
        if eco && !self.is(Token::Eco) {
            self.begin_state(now, Token::Eco, &mut news);
        }
        self.replace_battery(now, &status, settings, &mut news);
        self.other_words(&status, &mut news);
        self.keep(now, sample, was_urgent);
        news
    }

    /// What the status does not say any more.
    fn ends(&mut self, status: &Status, eco: bool, news: &mut Vec<News>) {
        if !status.has(Token::LowBattery) {
            self.low = None;
        }
        self.fsd &= status.has(Token::ForcedShutdown);
        for (token, _, end) in STATES {
            let on = if token == Token::Eco { eco } else { status.has(token) };
            if !on && self.states.remove(&token).is_some() {
                news.push(News::of(end));
            }
        }
        if !status.has(Token::Alarm) {
            self.alarm.clear();
        }
    }

    /// One word of the status; `power` is its last word of OL and OB.
    fn begins(
        &mut self,
        now: Time,
        token: Token,
        power: Option<Token>,
        sample: &Sample,
        news: &mut Vec<News>,
    ) {
        match token {
            Token::Online | Token::OnBattery if power == Some(token) => {
                self.set_power(now, token == Token::OnBattery, news);
            }
            Token::LowBattery if self.low.is_none() => {
                self.low = Some(now);
                news.push(News::of(Kind::LowBattery));
            }
            Token::ForcedShutdown => news.extend(self.set_fsd()),
            Token::Alarm => self.alarms(now, sample, news),
            _ if STATES.iter().any(|(state, ..)| *state == token) => {
                self.begin_state(now, token, news);
            }
            _ => {}
        }
    }

    fn set_power(&mut self, now: Time, battery: bool, news: &mut Vec<News>) {
        match (self.power, battery) {
            (Power::Battery(_), true) | (Power::Line, false) => {}
            (_, true) => {
                self.power = Power::Battery(now);
                news.push(News::of(Kind::OnBattery));
            }
            (was, false) => {
                self.power = Power::Line;
                if was != Power::Unknown {
                    news.push(News::of(Kind::Online));
                }
            }
        }
    }

    /// FSD is set, by the status or by this host; news the first time.
    pub fn set_fsd(&mut self) -> Option<News> {
        let first = !std::mem::replace(&mut self.fsd, true);
        first.then(|| News::of(Kind::ForcedShutdown))
    }

    fn begin_state(&mut self, now: Time, token: Token, news: &mut Vec<News>) {
        let begin = STATES.iter().find(|(state, ..)| *state == token).map(|(_, begin, _)| *begin);
        if let (Some(kind), None) = (begin, self.states.get(&token)) {
            self.states.insert(token, now);
            news.push(News::of(kind));
        }
    }

    /// Alarms are told when they begin and when their text changes.
    fn alarms(&mut self, now: Time, sample: &Sample, news: &mut Vec<News>) {
        let text = sample.alarm.as_deref().unwrap_or("n/a");
        let begins = !self.is(Token::Alarm);
        self.states.entry(Token::Alarm).or_insert(now);
        if begins || self.alarm != text {
            text.clone_into(&mut self.alarm);
            news.push(News { kind: Kind::Alarm, extra: text.to_owned() });
        }
    }

    fn replace_battery(
        &mut self,
        now: Time,
        status: &Status,
        settings: &Settings,
        news: &mut Vec<News>,
    ) {
        if !status.has(Token::ReplaceBattery) {
            self.replace = None;
            return;
        }
        let since = *self.replace.get_or_insert(now);
        let lasted = now.saturating_sub(since) >= settings.rb_duration;
        if lasted && is_over(self.replace_told, settings.rb_warn_time, now) {
            self.replace_told = Some(now);
            news.push(News::of(Kind::ReplaceBattery));
        }
    }

    fn other_words(&mut self, status: &Status, news: &mut Vec<News>) {
        let other: Vec<String> = status.unknown().map(str::to_owned).collect();
        let (mut was, mut is) = (self.other.clone(), other.clone());
        was.sort_unstable();
        is.sort_unstable();
        if was != is {
            news.push(match other.is_empty() {
                true => News::of(Kind::NotOther),
                false => News { kind: Kind::Other, extra: other.join(" ") },
            });
        }
        self.other = other;
    }

    /// On battery, battery low, and not on purpose.
    fn is_urgent(&self) -> bool {
        self.on_battery() && self.low.is_some() && !self.is(Token::Calibrating)
    }

    /// What `verdict` looks at besides. The first urgent poll counts as calm: a primary cannot be
    /// late before there is something to be told.
    fn keep(&mut self, now: Time, sample: &Sample, was_urgent: bool) {
        if !self.is_urgent() || !was_urgent {
            self.calm = Some(now);
        }
        sample.status.clone_into(&mut self.status);
        self.variables.clone_from(&sample.variables);
    }

    /// Notes which thresholds hold by the last sample; only those on battery do. To be called after
    /// each [`Observed::on_sample`], with the thresholds of this UPS and their places.
    pub fn weigh<'a>(
        &mut self,
        now: Time,
        thresholds: impl Iterator<Item = (usize, &'a Threshold)>,
    ) {
        let mut holding = BTreeMap::new();
        for (place, threshold) in thresholds {
            if let Some(since) = self.holds(now, &threshold.condition) {
                let earlier = self.holding.get(&place).copied();
                holding.insert(place, earlier.map_or(since, |earlier| earlier.min(since)));
            }
        }
        self.holding = holding;
    }

    /// Since when a condition holds, by the last sample alone. A value that is missing or no number
    /// holds nothing.
    fn holds(&self, now: Time, condition: &Condition) -> Option<Time> {
        let Power::Battery(since) = self.power else { return None };
        match condition {
            Condition::OnBattery => Some(since),
            Condition::Variable { name, op, value } => {
                let read = self.variables.get(name)?;
                let read = crate::decimal::Decimal::parse(read)?;
                op.holds(read, *value).then_some(now)
            }
        }
    }

    /// Nobody could look for so long: what is known is as old as before, and has lasted as long.
    pub fn pass_over(&mut self, time: Duration) {
        let since = match &mut self.power {
            Power::Battery(since) => Some(since),
            _ => None,
        };
        let known = [&mut self.last_good, &mut self.lost, &mut self.low, &mut self.calm];
        let known = known.into_iter().flatten().chain(since);
        let lasting = self.states.values_mut().chain(self.holding.values_mut());
        known.chain(lasting).for_each(|moment| *moment += time);
    }

    /// Every time it knows.
    #[cfg(test)]
    pub(crate) fn times(&mut self) -> Vec<&mut Time> {
        let since = match &mut self.power {
            Power::Battery(since) => Some(since),
            _ => None,
        };
        let told = [&mut self.replace, &mut self.replace_told, &mut self.no_comm_told];
        let seen = [&mut self.last_good, &mut self.lost, &mut self.low, &mut self.calm];
        let options = told.into_iter().chain(seen).filter_map(Option::as_mut);
        let lasting = self.states.values_mut().chain(self.holding.values_mut());
        [&mut self.begun].into_iter().chain(since).chain(options).chain(lasting).collect()
    }

    /// A poll failed. Tells what is news.
    pub fn on_failure(&mut self, now: Time, settings: &Settings) -> Option<News> {
        if self.lost.is_none() {
            self.lost = Some(now);
            return Some(News::of(Kind::CommBad));
        }
        let silent = now.saturating_sub(self.last_good.unwrap_or(self.begun));
        let due = silent >= settings.no_comm_warn_time;
        if due && is_over(self.no_comm_told, settings.no_comm_warn_time, now) {
            self.no_comm_told = Some(now);
            return Some(News::of(Kind::NoComm));
        }
        None
    }
}

/// Whether something was never told, or longer ago than this.
fn is_over(told: Option<Time>, pause: Duration, now: Time) -> bool {
    told.is_none_or(|told| now.saturating_sub(told) > pause)
}

fn power_word(word: &str) -> Option<Token> {
    Token::from_text(word).filter(|token| matches!(token, Token::Online | Token::OnBattery))
}

/// Whether one of the words names an economy mode: `vendor:...:ECO` and the like. NUT 2.8.5 means
/// this test, but has it the wrong way round.
fn says_eco(buzzwords: &str) -> bool {
    buzzwords.split([' ', '\t', ',', ';']).any(|word| {
        let mut parts = word.split(':').skip(1);
        parts.any(|part| ["ECO", "ESS", "HE", "SMART"].iter().any(|e| part.eq_ignore_ascii_case(e)))
    })
}

#[cfg(test)]
mod tests;
