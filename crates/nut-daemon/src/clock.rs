//! The time a loop hands to its core, the time people read, and the time a machine slept.
//!
//! Knows the system's clocks. [`Clock::now`] stands still while the machine sleeps and is changed by
//! nobody; [`WallTime`] follows the calendar and may jump. What either means is for the caller.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Sleep shorter than this is not told from two clocks read at two moments.
const SHORTEST_SLEEP: Duration = Duration::from_millis(500);
/// The two clocks count as read at once if no more than this has passed.
const AT_ONCE: Duration = Duration::from_millis(10);
/// How often that is tried before the best pair must do.
const TRIES: u32 = 8;

/// Time since the start of a program, and sleep.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
    /// How long the machine has slept since it was started, as last seen.
    asleep: Duration,
}

impl Clock {
    /// Starts at zero.
    pub fn start() -> Clock {
        Clock { start: Instant::now(), asleep: asleep().unwrap_or_default() }
    }

    /// Time since the start; without the time the machine slept.
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// How long the machine slept since the last call: zero, or half a second and more.
    pub fn slept(&mut self) -> Duration {
        asleep().map_or(Duration::ZERO, |total| self.note(total))
    }

    fn note(&mut self, total: Duration) -> Duration {
        let slept = total.saturating_sub(self.asleep);
        if slept < SHORTEST_SLEEP {
            return Duration::ZERO;
        }
        self.asleep = total;
        slept
    }
}

/// How long the machine has slept since it was started: what the clock that goes on in sleep is ahead
/// of the one that stands still. None where the system cannot tell.
fn asleep() -> Option<Duration> {
    let mut best: Option<(Duration, Duration)> = None;
    for _ in 0..TRIES {
        let before = read(ClockId::CLOCK_MONOTONIC)?;
        let with_sleep = read(ClockId::CLOCK_BOOTTIME)?;
        let passed = read(ClockId::CLOCK_MONOTONIC)?.saturating_sub(before);
        if best.is_none_or(|(least, _)| passed < least) {
            best = Some((passed, with_sleep.saturating_sub(before)));
        }
        if passed <= AT_ONCE {
            break;
        }
    }
    best.map(|(_, asleep)| asleep)
}

fn read(clock: ClockId) -> Option<Duration> {
    clock_gettime(clock).ok().map(Duration::from)
}

/// A moment of the calendar, in milliseconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(pub i64);

impl WallTime {
    /// This moment.
    pub fn now() -> WallTime {
        WallTime::from(SystemTime::now())
    }

    /// Whole seconds since 1970, as file names and NUT's texts want them.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// `2026-11-24T21:55:53Z`.
    pub fn utc(self) -> String {
        self.text(TimeZone::UTC, "%Y-%m-%dT%H:%M:%SZ")
    }

    /// `2026-11-24T22:55:53+01:00`, by the zone of this machine.
    pub fn local(self) -> String {
        self.text(TimeZone::system(), "%Y-%m-%dT%H:%M:%S%:z")
    }

    /// By a format of strftime and the zone of this machine.
    pub fn local_by(self, format: &str) -> String {
        self.text(TimeZone::system(), format)
    }

    /// Where the calendar or the format does not reach: `@` and the seconds.
    fn text(self, zone: TimeZone, format: &str) -> String {
        let zoned = Timestamp::from_millisecond(self.0).map(|moment| moment.to_zoned(zone));
        let text = zoned.and_then(|zoned| jiff::fmt::strtime::format(format, &zoned));
        text.unwrap_or_else(|_| format!("@{}", self.seconds()))
    }
}

impl From<SystemTime> for WallTime {
    fn from(time: SystemTime) -> WallTime {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => WallTime(millis(since)),
            Err(before) => WallTime(-millis(before.duration())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_and_a_machine_that_is_awake_did_not_sleep() {
        let mut clock = Clock::start();
        let first = clock.now();
        std::thread::sleep(Duration::from_millis(2));
        assert!(clock.now() > first);
        assert_eq!(clock.slept(), Duration::ZERO);
        assert!(asleep().is_some());
    }

    #[test]
    fn sleep_is_told_once_and_trembling_clocks_do_not_count() {
        let ms = Duration::from_millis;
        let mut clock = Clock { start: Instant::now(), asleep: ms(1000) };
        assert_eq!(clock.note(ms(1499)), Duration::ZERO);
        assert_eq!(clock.note(ms(999)), Duration::ZERO);
        assert_eq!(clock.note(ms(4_000)), ms(3_000));
        assert_eq!(clock.note(ms(4_000)), Duration::ZERO);
    }

    #[test]
    fn moments_read_as_the_calendar_has_them() {
        assert_eq!(WallTime(1_795_557_353_999).utc(), "2026-11-24T21:55:53Z");
        assert_eq!(WallTime(-1).utc(), "1969-12-31T23:59:59Z");
        assert_eq!(WallTime(-1).seconds(), -1);
        assert_eq!(WallTime(i64::MAX).utc(), format!("@{}", i64::MAX / 1000));
        assert_eq!(WallTime(0).local_by("%!"), "@0");
    }

    #[test]
    fn local_times_name_their_distance() {
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let text = WallTime(1_795_557_353_000).text(berlin, "%Y-%m-%dT%H:%M:%S%:z");
        assert_eq!(text, "2026-11-24T22:55:53+01:00");
        let here = WallTime::now().local();
        assert_eq!(here.len(), text.len(), "{here}");
    }

    #[test]
    fn moments_are_taken_from_the_system() {
        let past = WallTime::from(UNIX_EPOCH - Duration::from_millis(1500));
        assert_eq!(past, WallTime(-1500));
        assert!(WallTime::now() > WallTime(1_700_000_000_000));
    }
}
