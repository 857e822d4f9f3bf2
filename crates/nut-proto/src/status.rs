//! `ups.status` as a set of tokens in the order they were set.
//!
//! Knows the tokens NUT defines and keeps those it does not know, in place and in their spelling.
//! Which token follows from which reading is for the drivers. Pure.

use std::fmt;

/// The variable that holds it.
pub const VARIABLE: &str = "ups.status";

macro_rules! tokens {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// A token NUT defines for `ups.status`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Token { $($(#[$doc])* $variant,)* }

        impl Token {
            /// Every token, in the order of this enum.
            pub const ALL: &'static [Token] = &[$(Token::$variant,)*];

            /// The word that stands in `ups.status`.
            pub const fn text(self) -> &'static str {
                match self { $(Token::$variant => $text,)* }
            }
        }
    };
}

tokens! {
    /// Mains power is present.
    Online = "OL",
    /// Mains power is absent; the battery feeds the load.
    OnBattery = "OB",
    /// The battery is low.
    LowBattery = "LB",
    /// The battery is too high.
    HighBattery = "HB",
    /// The battery needs replacing.
    ReplaceBattery = "RB",
    /// The battery is charging.
    Charging = "CHRG",
    /// The battery is discharging.
    Discharging = "DISCHRG",
    /// A bypass is active: no protection.
    Bypass = "BYPASS",
    /// A runtime calibration is under way.
    Calibrating = "CAL",
    /// The load is not fed.
    Off = "OFF",
    /// Overload.
    Overload = "OVER",
    /// The input voltage is being lowered.
    Trim = "TRIM",
    /// The input voltage is being raised.
    Boost = "BOOST",
    /// Forced shutdown, set by upsd on a primary's request.
    ForcedShutdown = "FSD",
    /// `ups.alarm` holds a text.
    Alarm = "ALARM",
    /// upsd waits for the first dump of a driver.
    Wait = "WAIT",
    /// Economy mode; understood by upsmon, no longer set by drivers.
    Eco = "ECO",
}

impl Token {
    /// The token with this text, in any letter case.
    pub fn from_text(text: &str) -> Option<Token> {
        Token::ALL.iter().copied().find(|t| t.text().eq_ignore_ascii_case(text))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// The value of `ups.status`: tokens without repetition, in the order they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    words: Vec<String>,
}

impl Status {
    /// Reads a value: words between blanks, each kept once.
    pub fn parse(text: &str) -> Status {
        let mut status = Status::default();
        status.add(text);
        status
    }

    /// Adds each blank-separated word of `text` that is not there yet. Spelling counts, as in NUT
    /// 2.8.5: `ol` and `OL` are two words.
    pub fn add(&mut self, text: &str) {
        for word in text.split_ascii_whitespace() {
            if !self.words.iter().any(|w| w == word) {
                self.words.push(word.to_owned());
            }
        }
    }

    /// Puts a token in front of all others, as upsd does with `FSD` and drivers with `ALARM`.
    pub fn add_first(&mut self, token: Token) {
        if !self.has(token) {
            self.words.insert(0, token.text().to_owned());
        }
    }

    /// Takes a token away, in any spelling.
    pub fn remove(&mut self, token: Token) {
        self.words.retain(|w| !w.eq_ignore_ascii_case(token.text()));
    }

    /// Whether the token is set, in any spelling.
    pub fn has(&self, token: Token) -> bool {
        self.words.iter().any(|w| w.eq_ignore_ascii_case(token.text()))
    }

    /// The words in order, known and unknown.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// The words NUT does not define, in order.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.words().filter(|w| Token::from_text(w).is_none())
    }

    /// Whether no token is set.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_keep_their_place() {
        let mut status = Status::parse("OL  ACFAIL chrg OL");
        assert_eq!(status.to_string(), "OL ACFAIL chrg");
        assert_eq!(status.unknown().collect::<Vec<_>>(), ["ACFAIL"]);
        assert!(status.has(Token::Charging));
        status.add_first(Token::ForcedShutdown);
        status.remove(Token::Charging);
        assert_eq!(status.to_string(), "FSD OL ACFAIL");
    }

    #[test]
    fn every_token_is_found_by_its_text() {
        for &token in Token::ALL {
            assert_eq!(Token::from_text(&token.text().to_ascii_lowercase()), Some(token));
        }
    }
}
