//! When upslog writes, and when it ends.
//!
//! Rounds lie on a grid from the first one, so that they do not drift; signals add rounds between.
//! Pure: the loop tells the time and performs the actions.

use nut_daemon::signals;
use std::time::{Duration, Instant};

/// Above this interval a connection is not worth keeping between rounds: upsd ends idle ones.
const KEEP: Duration = Duration::from_secs(30);

/// What the loop is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Tell the log.
    Say(String),
    /// Close the files and open them again by name.
    Reopen,
    /// Write a line for each UPS.
    Write,
    /// End, for this reason.
    End(String),
}

/// The schedule.
#[derive(Debug, Clone)]
pub struct Rounds {
    interval: Duration,
    limit: Option<u64>,
    done: u64,
    due: Instant,
}

impl Rounds {
    /// The first round is due at `start`. At most `limit` rounds; an interval of 0 means one after
    /// another.
    pub fn new(start: Instant, interval: Duration, limit: Option<u64>) -> Rounds {
        Rounds { interval, limit, done: 0, due: start }
    }

    /// When [`Rounds::on_time`] wants to be called.
    pub fn due(&self) -> Instant {
        self.due
    }

    /// Whether connections stay open until the next round.
    pub fn keeps_connections(&self) -> bool {
        self.interval <= KEEP
    }

    /// Time has passed. Points of the grid that were missed are not made up for.
    pub fn on_time(&mut self, now: Instant) -> Vec<Action> {
        if now < self.due {
            return Vec::new();
        }
        self.due = next(self.due, self.interval, now);
        self.round()
    }

    /// A signal came.
    pub fn on_signal(&mut self, signal: i32) -> Vec<Action> {
        match signal {
            signals::HUP => {
                let say = Action::Say(format!("Signal {signal}: reopening log file"));
                [say, Action::Reopen].into_iter().chain(self.round()).collect()
            }
            signals::USR1 => self.round(),
            _ => vec![Action::End(format!("Signal {signal}: exiting"))],
        }
    }

    fn round(&mut self) -> Vec<Action> {
        self.done = self.done.saturating_add(1);
        let last = self.limit.is_some_and(|limit| self.done >= limit);
        let end = last.then(|| Action::End(format!("{} loops have elapsed", self.done)));
        std::iter::once(Action::Write).chain(end).collect()
    }
}

/// The first point of the grid behind `now`.
fn next(due: Instant, interval: Duration, now: Instant) -> Instant {
    let missed = now.saturating_duration_since(due);
    match missed.as_nanos().checked_rem(interval.as_nanos()) {
        Some(over) => {
            let over = u64::try_from(over).map_or(Duration::ZERO, Duration::from_nanos);
            now.checked_sub(over).unwrap_or(now) + interval
        }
        None => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn rounds_stay_on_their_grid_and_missed_ones_are_left_out() {
        let start = Instant::now();
        let mut rounds = Rounds::new(start, 10 * SECOND, None);
        assert_eq!(rounds.on_time(start + SECOND), [Action::Write]);
        assert_eq!(rounds.due(), start + 10 * SECOND);
        assert_eq!(rounds.on_time(start + 9 * SECOND), []);
        assert_eq!(rounds.on_time(start + 25 * SECOND), [Action::Write]);
        assert_eq!(rounds.due(), start + 30 * SECOND);
    }

    #[test]
    fn no_interval_means_one_after_another() {
        let start = Instant::now();
        let mut rounds = Rounds::new(start, Duration::ZERO, None);
        assert_eq!(rounds.on_time(start + SECOND), [Action::Write]);
        assert_eq!(rounds.due(), start + SECOND);
    }

    #[test]
    fn signals_add_rounds_and_end() {
        let start = Instant::now();
        let mut rounds = Rounds::new(start, SECOND, Some(3));
        assert_eq!(rounds.on_signal(signals::USR1), [Action::Write]);
        let say = Action::Say("Signal 1: reopening log file".into());
        assert_eq!(rounds.on_signal(signals::HUP), [say, Action::Reopen, Action::Write]);
        let end = Action::End("3 loops have elapsed".into());
        assert_eq!(rounds.on_time(start), [Action::Write, end]);
        let end = Action::End("Signal 15: exiting".into());
        assert_eq!(rounds.on_signal(signals::TERM), [end]);
    }
}
