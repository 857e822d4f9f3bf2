//! Polls: their order, their values, their failures.

use crate::stage::{HELLO, ONLINE, Stage, settings};
use std::time::Duration;
use upsmon::link::Throttle;
use upsmon::settings::Role;

#[test]
fn everything_is_asked_for_in_nuts_order() {
    let mut stage = Stage::usual();
    stage.plays(
        "poll battery.charge battery.runtime         | > GET VAR u ups.status
         < VAR u ups.status \"ALARM OB DISCHRG\"     | > GET VAR u ups.mode.buzzwords
         < VAR u ups.mode.buzzwords \"vendor:x:ECO\" | > GET VAR u experimental.ups.mode.buzzwords
         < VAR u experimental.ups.mode.buzzwords \"vendor:y:HE\" | > GET VAR u battery.charge
         < VAR U Battery.Charge \"42\"               | > GET VAR u battery.runtime
         < ERR VAR-NOT-SUPPORTED                     | > GET VAR u ups.alarm
         < VAR u ups.alarm \"Replace battery! \\\"now\\\"\" | sample ALARM OB DISCHRG buzzwords=[vendor:x:ECO vendor:y:HE] alarm=[Replace battery! \"now\"] battery.charge=[42]",
    );
}

#[test]
fn an_alarm_without_a_text_is_an_alarm() {
    let mut stage = Stage::usual();
    stage.plays(
        "poll                               | > GET VAR u ups.status
         < VAR u ups.status \"OL alarm\"    | > GET VAR u ups.mode.buzzwords
         < VAR u ups.mode.buzzwords \"\"    | > GET VAR u experimental.ups.mode.buzzwords
         < VAR u experimental.ups.mode.buzzwords \"y\" | > GET VAR u ups.alarm
         < ERR VAR-NOT-SUPPORTED            | sample OL alarm buzzwords=[y]",
    );
    stage.plays(
        "poll                               | > GET VAR u ups.status
         < VAR u ups.status \"ALARMING OL\" | > GET VAR u ups.mode.buzzwords
         < ERR VAR-NOT-SUPPORTED            | > GET VAR u experimental.ups.mode.buzzwords
         < ERR DATA-STALE                   | sample ALARMING OL",
    );
}

#[test]
fn a_refused_status_ends_the_poll_and_not_the_connection() {
    let mut stage = Stage::usual();
    for (line, log, failure) in [
        ("ERR DATA-STALE", "Data stale", "DataStale"),
        ("ERR DRIVER-NOT-CONNECTED", "Driver not connected", "DriverNotConnected"),
        ("ERR UNKNOWN-UPS", "[u] does not exist on server srv", "UnknownUps"),
        ("ERR ACCESS-DENIED", "Access denied", "Protocol"),
        ("ERR VAR-NOT-SUPPORTED", "Variable not supported by UPS", "Protocol"),
        ("ERR SOMETHING-NEW", "Unknown error", "Protocol"),
    ] {
        stage.plays(&format!(
            "wait 5
             poll       | > GET VAR u ups.status
             < {line}   | err Poll UPS [u@srv] failed - {log}
                        | failed {failure}"
        ));
    }
    stage.plays("poll | > GET VAR u ups.status");
    stage.plays(ONLINE);
}

#[test]
fn a_server_without_get_var_is_too_old() {
    let mut stage = Stage::usual();
    stage.plays(
        "poll                   | > GET VAR u ups.status
         < ERR UNKNOWN-COMMAND  | err UPS [u@srv]: Too old to monitor
                                | err Poll UPS [u@srv] failed - Unknown command
                                | failed Protocol",
    );
}

#[test]
fn an_empty_status_is_a_failure_without_a_line() {
    let mut stage = Stage::usual();
    for value in ["\"\"", "\"  \"", "\"\u{e9}\""] {
        stage.plays(&format!(
            "poll                       | > GET VAR u ups.status
             < VAR u ups.status {value} | failed EmptyStatus"
        ));
    }
}

#[test]
fn a_poll_asked_for_while_one_is_under_way_is_passed_over() {
    let mut stage = Stage::new(Role::Secondary);
    stage.plays("poll | resolve srv 3493\npoll");
    stage.plays("resolved 10.0.0.1 | connect 10.0.0.1:3493\npoll battery.charge");
    stage.plays("closed: Connection refused | err UPS [u@srv]: connect failed: Connection failure: Connection refused\n | failed Connect");
    stage.plays(HELLO);
    stage.plays("poll");
    stage.plays(ONLINE);
    stage.plays("wait 60");
}

#[test]
fn a_server_that_ends_the_connection_in_a_poll_is_asked_anew_by_the_next_one() {
    let mut stage = Stage::usual();
    stage.plays(
        "poll                       | > GET VAR u ups.status
         closed: Connection reset by peer | err UPS [u@srv]: the connection ended before the answer to GET VAR u ups.status: Connection reset by peer
                                    | err Poll UPS [u@srv] failed - Driver not connected
                                    | logged out
                                    | failed DriverNotConnected
         wait 5",
    );
    stage.plays(HELLO);
    stage.plays(ONLINE);
}

#[test]
fn a_silent_server_costs_five_seconds() {
    let mut stage = Stage::usual();
    stage.plays(
        "poll       | > GET VAR u ups.status
         wait 4.9
         wait 0.1   | disconnect
                    | err UPS [u@srv]: no answer to GET VAR u ups.status within 5 s, connection dropped
                    | err Poll UPS [u@srv] failed - Driver not connected
                    | logged out
                    | failed DriverNotConnected
         wait 3600",
    );
}

#[test]
fn each_answer_has_its_five_seconds_and_pieces_do_not_lengthen_them() {
    let mut stage = Stage::usual();
    stage.plays(
        "poll                       | > GET VAR u ups.status
         wait 4.9
         < VAR u ups.status \"OL\"  | > GET VAR u ups.mode.buzzwords
         wait 4.9
         < ERR VAR-NOT-SUPPORTED    | > GET VAR u experimental.ups.mode.buzzwords",
    );
    for byte in b"VAR u" {
        stage.now += Duration::from_millis(990);
        stage.link.on_data(stage.now, &[*byte]);
    }
    stage.plays(
        "wait 0.05  | disconnect
                    | err UPS [u@srv]: no answer to GET VAR u experimental.ups.mode.buzzwords within 5 s, connection dropped
                    | err Poll UPS [u@srv] failed - Driver not connected
                    | logged out
                    | sample OL",
    );
}

#[test]
fn a_status_that_was_said_counts_whatever_comes_behind_it() {
    for (event, out) in [
        ("wait 5", "no answer to GET VAR u battery.charge within 5 s, connection dropped"),
        ("closed: x", "the connection ended before the answer to GET VAR u battery.charge: x"),
        (
            "< VAR u ups.status \"OL\"",
            "the answer to GET VAR u battery.charge makes no sense (Protocol error), connection dropped",
        ),
    ] {
        let mut stage = Stage::usual();
        stage.plays(
            "poll battery.charge battery.runtime | > GET VAR u ups.status
             < VAR u ups.status \"OB LB\"        | > GET VAR u ups.mode.buzzwords
             < VAR u ups.mode.buzzwords \"x:ECO\" | > GET VAR u experimental.ups.mode.buzzwords
             < ERR VAR-NOT-SUPPORTED             | > GET VAR u battery.charge",
        );
        stage.happens(event);
        let seen = stage.take();
        assert!(seen.contains(&format!("err UPS [u@srv]: {out}")), "{seen:?}");
        assert_eq!(seen.last().unwrap(), "sample OB LB buzzwords=[x:ECO]", "{event}");
        stage.plays(HELLO);
        stage.plays(ONLINE);
    }
}

/// One poll that finds old data.
fn stale(stage: &mut Stage, logged: &str) {
    let script = format!("poll | > GET VAR u ups.status\n< ERR DATA-STALE | {logged}");
    stage.plays(&format!("{script}\n | failed DataStale"));
}

#[test]
fn failures_can_be_throttled() {
    let line = "err Poll UPS [u@srv] failed - Data stale";
    let mut stage = Stage::usual();
    stage.link.set_throttle(Throttle::new(Some(3), Duration::from_secs(5)));
    stale(
        &mut stage,
        &format!(
            "err Poll UPS [u@srv] failure state code changed from -1 to 10; report below will only be \
             repeated to syslog every 3 polling loop cycles (15 sec):\n | {line}"
        ),
    );
    for logged in ["", "", line, "", "", line] {
        stale(&mut stage, logged);
    }
    stage.plays(
        "poll                       | > GET VAR u ups.status
         < VAR u ups.status \"OL\"  | > GET VAR u ups.mode.buzzwords
         < ERR VAR-NOT-SUPPORTED    | > GET VAR u experimental.ups.mode.buzzwords
         < ERR VAR-NOT-SUPPORTED    | err Poll UPS [u@srv] recovered from failure state code 10 - now -1
                                    | sample OL",
    );
}

#[test]
fn a_server_that_always_hangs_up_is_throttled_too() {
    let mut stage = Stage::with(settings("u@srv", Role::Secondary), Some(0));
    stage.plays(HELLO);
    stage.plays(
        "closed: x  | err Poll UPS [u@srv] failure state code changed from -1 to 39; report below will not be repeated to syslog:
                    | err UPS [u@srv]: the connection ended before the answer to GET VAR u ups.status: x
                    | err Poll UPS [u@srv] failed - Driver not connected
                    | logged out
                    | failed DriverNotConnected",
    );
    stage.plays(HELLO);
    stage.plays("closed: x | logged out\n | failed DriverNotConnected");
}
