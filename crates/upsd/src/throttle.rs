//! A limit on how often one kind of message is logged, so that no peer can fill the log.
//!
//! Pure: time is an argument.

use crate::action::Time;

/// Lets one message through per interval and counts the others.
#[derive(Debug)]
pub struct Throttle {
    interval: Time,
    last: Option<Time>,
    suppressed: u32,
}

impl Throttle {
    /// One message per `interval`.
    pub fn every(interval: Time) -> Throttle {
        Throttle { interval, last: None, suppressed: 0 }
    }

    /// Whether a message may be logged now; tells how many were held back before it.
    pub fn pass(&mut self, now: Time) -> Option<u32> {
        if self.last.is_some_and(|last| now < last + self.interval) {
            self.suppressed = self.suppressed.saturating_add(1);
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.suppressed))
    }

    /// Forgets the past: the next message goes through.
    pub fn reset(&mut self) {
        self.last = None;
        self.suppressed = 0;
    }
}

/// ` (n more like it)`, or nothing.
pub fn more(suppressed: u32) -> String {
    if suppressed == 0 { String::new() } else { format!(" ({suppressed} more like it)") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_an_interval_and_a_count_of_the_others() {
        let at = Time::from_millis;
        let mut throttle = Throttle::every(at(1000));
        assert_eq!(throttle.pass(at(5)), Some(0));
        assert_eq!(throttle.pass(at(6)), None);
        assert_eq!(throttle.pass(at(1004)), None);
        assert_eq!(throttle.pass(at(1005)), Some(2));
        throttle.reset();
        assert_eq!(throttle.pass(at(1006)), Some(0));
    }
}
