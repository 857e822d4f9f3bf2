//! What anybody who saw the same of a UPS may believe of it, told without a look at upsmon's rules.
//!
//! Generous: it knows what could be a cause at all, of the waits DEADTIME only. A host that goes down
//! without any of these goes down for nothing.

use nut_proto::status::{Status, Token};
use std::time::Duration;
use upsmon::settings::Settings;

/// What is believed of one UPS.
#[derive(Default)]
pub struct Belief {
    /// When it was last heard of.
    good: Option<Duration>,
    lost: bool,
    /// Lost for longer than DEADTIME at some time since.
    dead: bool,
    on_battery: bool,
    status: Status,
}

impl Belief {
    /// A poll found this status, which is not empty.
    pub fn hear(&mut self, now: Duration, text: &str) {
        let status = Status::parse(text);
        let power = status.words().filter_map(Token::from_text);
        let power = power.filter(|word| matches!(word, Token::Online | Token::OnBattery)).last();
        if status.has(Token::Wait) && power.is_none() {
            // Its server has no data.
            return self.miss();
        }
        let on_battery = power.map_or(self.on_battery, |word| word == Token::OnBattery);
        *self = Belief { good: Some(now), lost: false, dead: false, on_battery, status };
    }

    /// A poll found nothing.
    pub fn miss(&mut self) {
        self.lost |= self.good.is_some();
    }

    /// The clock goes on.
    pub fn look(&mut self, now: Duration, settings: &Settings) {
        let silent = self.good.map(|good| now.saturating_sub(good));
        self.dead |= self.lost && silent.is_some_and(|time| time > settings.rules.dead_time);
    }

    /// Nobody could look for so long.
    pub fn pass_over(&mut self, time: Duration) {
        self.good = self.good.map(|good| good + time);
    }

    /// Whether it may be taken for a supply that is gone, or goes.
    pub fn is_cause(&self, name: &str, settings: &Settings) -> bool {
        let rules = &settings.rules;
        let has = |token| self.status.has(token);
        let wanted = settings.thresholds.iter().any(|threshold| threshold.ups == name);
        let empty = has(Token::LowBattery) || self.dead || wanted;
        let last_words = has(Token::Calibrating)
            || has(Token::Bypass)
            || (has(Token::Alarm) && rules.alarm_critical)
            || (has(Token::Overload) && rules.over_duration.is_some());
        has(Token::ForcedShutdown)
            || (self.on_battery && empty && !has(Token::Calibrating))
            || (has(Token::Off) && rules.off_duration.is_some())
            || (self.dead && last_words)
    }
}
