//! How often failed polls are logged (POLLFAIL_LOG_THROTTLE_MAX), in NUT 2.8.5's words. Pure.

use crate::action::Level;
use std::time::Duration;

/// NUT's number for no failure.
const NONE: i32 = -1;

/// Counts equal failures of one UPS.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Throttle {
    /// Of equal failures every n-th is logged, with 0 the first only; none logs all.
    max: Option<u32>,
    /// POLLFREQ, which the announcement counts in.
    poll_freq: Duration,
    /// The last failure.
    last: i32,
    /// Failures like the last one since a line was logged.
    count: u32,
}

impl Throttle {
    /// A throttle that knows of no failure.
    pub fn new(max: Option<u32>, poll_freq: Duration) -> Throttle {
        Throttle { max, poll_freq, last: NONE, count: 0 }
    }

    /// A poll failed. Gives the line that announces a new kind of failure, and the level of the line
    /// that tells about the poll.
    pub(super) fn on_failure(&mut self, ups: &str, code: i32) -> (Option<String>, Level) {
        let Some(max) = self.max else { return (None, Level::Err) };
        if self.last == code {
            self.count = self.count.saturating_add(1);
            if max == 0 || self.count < max {
                return (None, Level::Debug(1));
            }
            self.count = 0;
            return (None, Level::Err);
        }
        let change = self.announcement(ups, code, max);
        (self.last, self.count) = (code, 0);
        (Some(change), Level::Err)
    }

    fn announcement(&self, ups: &str, code: i32, max: u32) -> String {
        let often = match max {
            0 => "not be repeated to syslog".to_owned(),
            _ => {
                let seconds = self.poll_freq.as_secs().saturating_mul(max.into());
                format!(
                    "only be repeated to syslog every {max} polling loop cycles ({seconds} sec)"
                )
            }
        };
        format!(
            "Poll UPS [{ups}] failure state code changed from {} to {code}; report below will {often}:",
            self.last
        )
    }

    /// A poll succeeded. Gives the line that says so after failures.
    pub(super) fn on_success(&mut self, ups: &str) -> Option<String> {
        let failed = std::mem::replace(&mut self.last, NONE);
        self.count = 0;
        (failed != NONE).then(|| {
            format!("Poll UPS [{ups}] recovered from failure state code {failed} - now {NONE}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle(max: Option<u32>) -> Throttle {
        Throttle::new(max, Duration::from_secs(2))
    }

    /// Which of ten equal failures are logged.
    fn logged(max: Option<u32>) -> Vec<bool> {
        let mut throttle = throttle(max);
        (0..10).map(|_| throttle.on_failure("u", 10).1 == Level::Err).collect()
    }

    #[test]
    fn every_nth_failure_is_logged_and_the_first() {
        assert_eq!(logged(None), [true; 10]);
        assert_eq!(logged(Some(1)), [true; 10]);
        assert_eq!(logged(Some(0)).iter().filter(|logged| **logged).count(), 1);
        let every_third = [true, false, false, true, false, false, true, false, false, true];
        assert_eq!(logged(Some(3)), every_third);
    }

    #[test]
    fn changes_are_told_in_nuts_words() {
        let mut throttle = throttle(Some(3));
        let change = "Poll UPS [u] failure state code changed from -1 to 10; report below will only \
                      be repeated to syslog every 3 polling loop cycles (6 sec):";
        assert_eq!(throttle.on_failure("u", 10), (Some(change.to_owned()), Level::Err));
        assert_eq!(throttle.on_failure("u", 10), (None, Level::Debug(1)));
        let (change, level) = throttle.on_failure("u", 39);
        assert!(change.unwrap().contains("changed from 10 to 39") && level == Level::Err);
        let recovered = "Poll UPS [u] recovered from failure state code 39 - now -1";
        assert_eq!(throttle.on_success("u").as_deref(), Some(recovered));
        assert_eq!(throttle.on_success("u"), None);
        let once = Throttle::new(Some(0), Duration::ZERO).on_failure("u", 4).0.unwrap();
        assert!(once.ends_with("report below will not be repeated to syslog:"), "{once}");
        assert_eq!(Throttle::new(None, Duration::ZERO).on_failure("u", 4), (None, Level::Err));
    }
}
