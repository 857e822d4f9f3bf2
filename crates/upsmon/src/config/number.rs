//! Numbers and switches, read as NUT does, but not in silence.
//!
//! NUT takes the leading number of a word and 0 where there is none: a typing error in MINSUPPLIES
//! makes an onlooker of a host. Here a word without a number has no effect. Pure.

use super::entry::{Entry, Refusal};
use nut_proto::conf::{Word, value};
use nut_proto::number::leading_int;

/// What C's `int` holds, and long enough for any time: 68 years.
pub(super) const MAX: u32 = i32::MAX.unsigned_abs();

impl Entry<'_> {
    /// A whole number of at least 0; NUT's words for a negative one.
    pub fn count(&mut self, word: &Word) -> Result<u32, Refusal> {
        let n = self.whole(word)?;
        u32::try_from(n).map_err(|_| self.ignoring(word, "0 or more"))
    }

    /// The same, but negative numbers mean something: none.
    pub fn signed(&mut self, word: &Word) -> Result<Option<u32>, Refusal> {
        Ok(u32::try_from(self.whole(word)?).ok())
    }

    /// A number of seconds of at least 1.
    pub fn interval(&mut self, word: &Word) -> Result<u32, Refusal> {
        let n = self.count(word)?;
        if n == 0 {
            let name = self.directive.name;
            self.told.warn(word.position, format!("{name} 0 is taken as 1, the shortest time"));
        }
        Ok(n.max(1))
    }

    /// Words for yes and no, or a number of which only 1 switches on.
    pub fn switch(&mut self, word: &Word) -> Result<bool, Refusal> {
        if let Some(on) = value::boolean(&word.text) {
            return Ok(on);
        }
        let n = self.whole(word)?;
        if n != 1 {
            let name = self.directive.name;
            self.told
                .warn(word.position, format!("{name} {n} is taken as 0; only 1 switches it on"));
        }
        Ok(n == 1)
    }

    /// The leading number, kept within C's `int`.
    fn whole(&mut self, word: &Word) -> Result<i64, Refusal> {
        if !begins_with_number(&word.text) {
            return Err(self.ignoring(word, "a whole number"));
        }
        let n = leading_int(&word.text).clamp(-i64::from(MAX), i64::from(MAX));
        if value::int(word.text.trim()) != Some(n) {
            let (name, text) = (self.directive.name, &word.text);
            let message = format!("{name} {text} is taken as {n}; expected a whole number only");
            self.told.warn(word.position, message);
        }
        Ok(n)
    }

    fn ignoring(&self, word: &Word, expected: &str) -> Refusal {
        let (name, text) = (self.directive.name, &word.text);
        self.refusal(word, format!("Ignoring invalid {name} value: {text}; expected {expected}"))
    }
}

/// Whether C's `strtol` finds a number.
pub(super) fn begins_with_number(text: &str) -> bool {
    let text = text.trim_start();
    value::begins_with_digit(text.strip_prefix(['-', '+']).unwrap_or(text))
}

#[cfg(test)]
mod tests;
