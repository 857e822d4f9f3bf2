//! Whether the monitor dozes: from the word that the machine goes to sleep to its return.
//!
//! Knows how long dozing may last. A machine that was to sleep but does not must not go unwatched for
//! ever, so the word of its return is not waited for without limit. Pure.

use crate::action::Time;
use std::time::Duration;

/// How long dozing lasts at most, in time that the machine is awake. The system itself gives up to
/// seconds between the word and the sleep; NUT 2.8.5 waits without limit.
pub const LONGEST: Duration = Duration::from_secs(60);

/// Dozing since then, or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doze {
    since: Option<Time>,
}

impl Doze {
    /// The machine is about to sleep. False if that was known.
    pub fn begin(&mut self, now: Time) -> bool {
        let news = self.since.is_none();
        self.since.get_or_insert(now);
        news
    }

    /// The machine is back. False if nobody dozed.
    pub fn end(&mut self) -> bool {
        self.since.take().is_some()
    }

    /// When dozing has lasted too long, if there is any.
    pub fn deadline(&self) -> Option<Time> {
        self.since.map(|since| since + LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dozing_begins_once_ends_once_and_has_a_limit() {
        let at = Duration::from_secs;
        let mut doze = Doze::default();
        assert!(!doze.end());
        assert_eq!(doze.deadline(), None);
        assert!(doze.begin(at(10)));
        assert!(!doze.begin(at(20)));
        assert_eq!(doze.deadline(), Some(at(70)));
        assert!(doze.end());
        assert!(!doze.end());
    }
}
