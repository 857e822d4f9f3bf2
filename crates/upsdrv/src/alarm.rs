//! Gathering `ups.alarm` and `experimental.ups.mode.buzzwords`: init, set, commit.
//!
//! Knows how sentences and words join and when the variables come and go. Which alarm follows from
//! which reading is for the driver parts. Pure.

use crate::state::DriverState;

/// Most bytes of `ups.alarm`; further text is cut (NUT 2.8.5).
pub const ALARM_MAX: usize = 255;

/// The alarm sentences of a round. What was committed stays active until the next commit.
#[derive(Debug, Default)]
pub struct Alarms {
    text: String,
    active: bool,
}

impl Alarms {
    /// Begins anew with no sentence.
    pub fn init(&mut self) {
        self.text.clear();
    }

    /// Adds a sentence behind a blank, as far as there is room. Empty ones add nothing.
    pub fn set(&mut self, sentence: &str) {
        if sentence.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(sentence);
        if self.text.len() > ALARM_MAX {
            log::warn!("alarm text is too long, cut to {ALARM_MAX} bytes");
            let end = (0..=ALARM_MAX).rev().find(|&n| self.text.is_char_boundary(n)).unwrap_or(0);
            self.text.truncate(end);
        }
    }

    /// Publishes the text, or deletes the variable when there is none.
    pub fn commit(&mut self, state: &mut DriverState) {
        self.active = !self.text.is_empty();
        if self.active {
            state.set("ups.alarm", self.text.as_str());
        } else {
            state.delete("ups.alarm");
        }
    }

    /// Whether the last commit had a text: `ups.status` then begins with `ALARM`.
    pub fn active(&self) -> bool {
        self.active
    }
}

/// The mode words of a round, each once, in order.
#[derive(Debug, Default)]
pub struct Buzzwords {
    words: Vec<String>,
}

impl Buzzwords {
    /// Begins anew with no word.
    pub fn init(&mut self) {
        self.words.clear();
    }

    /// Adds each blank-separated word that is not there yet: `vendor:mge-hid:ECO`.
    pub fn set(&mut self, text: &str) {
        for word in text.split_ascii_whitespace() {
            if !self.words.iter().any(|w| w == word) {
                self.words.push(word.to_owned());
            }
        }
    }

    /// Publishes the words, or deletes the variable when there is none.
    pub fn commit(&mut self, state: &mut DriverState) {
        const NAME: &str = "experimental.ups.mode.buzzwords";
        if self.words.is_empty() {
            state.delete(NAME);
        } else {
            state.set(NAME, self.words.join(" "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_join_and_vanish() {
        let (mut alarms, mut state) = (Alarms::default(), DriverState::default());
        alarms.set("[A one]");
        alarms.set("");
        alarms.set("[B two]");
        assert!(!alarms.active());
        alarms.commit(&mut state);
        assert!(alarms.active());
        assert_eq!(state.value("ups.alarm"), Some("[A one] [B two]"));
        alarms.init();
        alarms.commit(&mut state);
        assert!(!alarms.active());
        assert_eq!(state.value("ups.alarm"), None);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let mut alarms = Alarms::default();
        alarms.set(&"x".repeat(254));
        alarms.set("\u{e9}");
        assert_eq!(alarms.text, format!("{} ", "x".repeat(254)));
    }

    #[test]
    fn buzzwords_are_kept_once_and_deleted_when_none() {
        let (mut words, mut state) = (Buzzwords::default(), DriverState::default());
        words.set("vendor:mge-hid:ECO vendor:mge-hid:ESS");
        words.set("vendor:mge-hid:ECO");
        words.commit(&mut state);
        let name = "experimental.ups.mode.buzzwords";
        assert_eq!(state.value(name), Some("vendor:mge-hid:ECO vendor:mge-hid:ESS"));
        words.init();
        words.commit(&mut state);
        assert_eq!(state.value(name), None);
    }
}
