//! Numbers and switches, clean and not so clean.

use crate::config::read;
use crate::config::tests::{clean, one, told};
use crate::settings::{Settings, ShutdownExit};
use std::time::Duration;

/// Directive with value, what becomes of it, and the complaint behind `f:`.
#[test]
fn numbers_are_read_as_nut_does_but_not_in_silence() {
    type Look = fn(&Settings) -> u64;
    let table: &[(&str, Look, u64, &str)] = &[
        ("MINSUPPLIES +3", |s| s.min_supplies.into(), 3, ""),
        ("MINSUPPLIES 0", |s| s.min_supplies.into(), 0, ""),
        (
            "MINSUPPLIES -1",
            |s| s.min_supplies.into(),
            1,
            "1:13: Ignoring invalid MINSUPPLIES value: -1; expected 0 or more",
        ),
        (
            "MINSUPPLIES two",
            |s| s.min_supplies.into(),
            1,
            "1:13: Ignoring invalid MINSUPPLIES value: two; expected a whole number",
        ),
        (
            "POLLFREQ -3",
            |s| s.poll_freq.as_secs(),
            5,
            "1:10: Ignoring invalid POLLFREQ value: -3; expected 0 or more",
        ),
        (
            "POLLFREQ 0",
            |s| s.poll_freq.as_secs(),
            1,
            "1:10: POLLFREQ 0 is taken as 1, the shortest time",
        ),
        (
            "POLLFREQALERT 0",
            |s| s.poll_freq_alert.as_secs(),
            1,
            "1:15: POLLFREQALERT 0 is taken as 1, the shortest time",
        ),
        (
            "FINALDELAY -5",
            |s| s.final_delay.as_secs(),
            5,
            "1:12: Ignoring invalid FINALDELAY value: -5; expected 0 or more",
        ),
        (
            "DEADTIME 15s",
            |s| s.rules.dead_time.as_secs(),
            15,
            "1:10: DEADTIME 15s is taken as 15; expected a whole number only",
        ),
        (
            "DEADTIME -15",
            |s| s.rules.dead_time.as_secs(),
            15,
            "1:10: Ignoring invalid DEADTIME value: -15; expected 0 or more",
        ),
        (
            "HOSTSYNC 1.5",
            |s| s.rules.host_sync.as_secs(),
            1,
            "1:10: HOSTSYNC 1.5 is taken as 1; expected a whole number only",
        ),
        (
            "HOSTSYNC \"\"",
            |s| s.rules.host_sync.as_secs(),
            15,
            "1:10: Ignoring invalid HOSTSYNC value: ; expected a whole number",
        ),
        (
            "RBWARNTIME 99999999999999999999",
            |s| s.rb_warn_time.as_secs(),
            2_147_483_647,
            "1:12: RBWARNTIME 99999999999999999999 is taken as 2147483647; expected a whole number only",
        ),
        (
            "NOCOMMWARNTIME 7 8",
            |s| s.no_comm_warn_time.as_secs(),
            7,
            "1:18: the rest of the line is ignored; expected NOCOMMWARNTIME <seconds>, values with \
             blanks in quotes",
        ),
        ("OBLBDURATION -7", |s| s.rules.oblb_duration.as_secs(), 0, ""),
        ("OFFDURATION -7", |s| s.rules.off_duration.map_or(99, |d| d.as_secs()), 99, ""),
        ("OVERDURATION 0", |s| s.rules.over_duration.map_or(99, |d| d.as_secs()), 0, ""),
        ("OVERDURATION -1", |s| s.rules.over_duration.map_or(99, |d| d.as_secs()), 99, ""),
        ("POLLFAIL_LOG_THROTTLE_MAX -1", |s| s.poll_fail_throttle.map_or(99, u64::from), 99, ""),
        ("ALARMCRITICAL yes", |s| s.rules.alarm_critical.into(), 1, ""),
        ("ALARMCRITICAL No", |s| s.rules.alarm_critical.into(), 0, ""),
        (
            "ALARMCRITICAL 2",
            |s| s.rules.alarm_critical.into(),
            0,
            "1:15: ALARMCRITICAL 2 is taken as 0; only 1 switches it on",
        ),
        (
            "ALARMCRITICAL never",
            |s| s.rules.alarm_critical.into(),
            1,
            "1:15: Ignoring invalid ALARMCRITICAL value: never; expected a whole number",
        ),
        (
            "SHUTDOWNCANCEL perhaps",
            |s| s.shutdown_cancel.into(),
            0,
            "1:16: Ignoring invalid SHUTDOWNCANCEL value: perhaps; expected a whole number",
        ),
        (
            "DEBUG_MIN -1",
            |s| s.debug_min.map_or(99, u64::from),
            99,
            "1:11: WARNING : Invalid DEBUG_MIN value found in upsmon.conf global settings; expected a \
             whole number, 0 or more",
        ),
    ];
    for (text, look, expected, complaint) in table {
        let config = read("f", text.as_bytes());
        let complaints: Vec<String> = told(&config);
        assert_eq!(complaints.join("|").trim_start_matches("f:"), *complaint, "{text}");
        assert_eq!(look(&config.settings), *expected, "{text}");
    }
}

#[test]
fn the_exit_after_a_shutdown() {
    for (word, expected) in [
        ("yes", ShutdownExit::After(Duration::ZERO)),
        ("On", ShutdownExit::After(Duration::ZERO)),
        ("TRUE", ShutdownExit::After(Duration::ZERO)),
        ("0", ShutdownExit::After(Duration::ZERO)),
        ("15", ShutdownExit::After(Duration::from_secs(15))),
        ("no", ShutdownExit::Never),
        ("OFF", ShutdownExit::Never),
        ("false", ShutdownExit::Never),
        ("-1", ShutdownExit::Never),
    ] {
        assert_eq!(clean(&format!("SHUTDOWNEXIT {word}\n")).shutdown_exit, expected, "{word}");
    }
    for word in ["15s", "maybe", "99999999999", "\"\""] {
        let (config, message) = one(&format!("SHUTDOWNEXIT no\nSHUTDOWNEXIT {word}\n"));
        assert_eq!(config.settings.shutdown_exit, ShutdownExit::After(Duration::ZERO), "{word}");
        let nuts = "2:14: SHUTDOWNEXIT value not recognized, defaulting to 'yes'; expected ";
        assert!(message.starts_with(nuts), "{message}");
    }
}
