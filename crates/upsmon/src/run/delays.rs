//! Whether the program itself was held up: stopped by somebody, starved, or in a guest that was.
//!
//! Knows by how much the loop is late, and which delays are forgiven. What one means for what is known
//! of the UPSes is for the monitor. Pure.

use crate::action::Time;
use std::time::Duration;

/// Shorter delays are a busy machine's everyday life; longer ones spoil the answers under way, for
/// which a server has as long.
const SHORTEST: Duration = Duration::from_secs(5);
/// A delay so soon after another one counts as time that passed: a machine on which this goes on and
/// on must not take its own slowness for silence that has just begun.
const PAUSE: Duration = Duration::from_secs(30);

/// What is known of delays.
#[derive(Debug, Default)]
pub(super) struct Delays {
    /// The end of the last one.
    last: Option<Time>,
}

impl Delays {
    /// The loop goes on, and should have at `due`. Gives by how much it is late where that is to be
    /// passed over.
    pub(super) fn on_turn(&mut self, due: Time, now: Time) -> Option<Duration> {
        let late = now.saturating_sub(due);
        if late < SHORTEST {
            return None;
        }
        let last = self.last.replace(now);
        let forgiven = last.is_none_or(|last| due.saturating_sub(last) >= PAUSE);
        forgiven.then_some(late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_delays_are_passed_over_unless_they_go_on_and_on() {
        let mut delays = Delays::default();
        let mut turn = |due: u64, now: u64| {
            let late = delays.on_turn(Duration::from_secs(due), Duration::from_secs(now));
            late.map(|late| late.as_secs())
        };
        assert_eq!(turn(10, 14), None, "a busy machine");
        assert_eq!(turn(20, 80), Some(60));
        assert_eq!(turn(85, 95), None, "again, after 5 s");
        assert_eq!(turn(124, 130), None, "again, after 29 s");
        assert_eq!(turn(160, 165), Some(5));
        assert_eq!(turn(300, 200), None, "early");
    }
}
