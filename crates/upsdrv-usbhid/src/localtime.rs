//! Local time, for devices that keep a clock of their own.
//!
//! Knows where the time zone is set: the variable TZ, else the system's file. Dates are computed by
//! nut-hid.

use std::env;
use tz::TimeZone;

/// Seconds that local time is ahead of UTC, as a function of seconds since 1970. The zone is read
/// once, here; without a usable one local time is UTC.
pub fn reader() -> impl Fn(i64) -> i64 + Send + Sync + 'static {
    let zone = zone(env::var("TZ").ok().as_deref());
    move |unix| offset(&zone, unix)
}

/// The zone that this value of TZ means; none at all means the system's. A leading colon marks a
/// file, as for the C library.
fn zone(tz: Option<&str>) -> TimeZone {
    let zone = match tz {
        None => TimeZone::local(),
        Some(text) => TimeZone::from_posix_tz(text),
    };
    zone.unwrap_or_else(|_| TimeZone::utc())
}

fn offset(zone: &TimeZone, unix: i64) -> i64 {
    zone.find_local_time_type(unix).map_or(0, |kind| i64::from(kind.ut_offset()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_time_is_observed() {
        let zone = zone(Some("CET-1CEST,M3.5.0,M10.5.0/3"));
        assert_eq!(offset(&zone, 1_704_067_200), 3600, "2024-01-01");
        assert_eq!(offset(&zone, 1_719_792_000), 7200, "2024-07-01");
    }

    #[test]
    fn an_unknown_zone_is_utc() {
        for text in ["UTC", "", "No/Such_Zone", ":/no/such/file"] {
            assert_eq!(offset(&zone(Some(text)), 1_719_792_000), 0, "{text}");
        }
    }
}
