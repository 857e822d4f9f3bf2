//! When a UPS counts as lost and when that is too much: the reasons to take the machine down.

use nut_compliance::scripted_upsd::Answer;
use nut_compliance::watch::Watch;

use super::{DEEDS, DOWN, LOGIN, PRIMARY_LEAVES, known};

#[test]
fn a_server_lost_on_battery() {
    let (server, mut watching) = known(Watch::new().set("DEADTIME 2"));
    server.status("u", "OB");
    watching.notices_are("ONBATT [u@HOST] UPS u@HOST on battery");
    server.down();
    watching.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.notices_are("SHUTDOWN [] Auto logout and shutdown proceeding");
    watching.log_has("Too few UPS(es) are healthy (0<1), initiating forced shutdown");
    watching.story_is(&DEEDS, &[LOGIN, DOWN].concat());
}

#[test]
fn stale_data_on_battery() {
    let (server, mut watching) = known(Watch::new().set("DEADTIME 2"));
    server.status("u", "OB");
    watching.notices_are("ONBATT [u@HOST] UPS u@HOST on battery");
    server.answers("GET VAR u", Answer::Line("ERR DATA-STALE"));
    watching.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.notices_are(
        "
        FSD [u@HOST] UPS u@HOST: forced shutdown in progress
        SHUTDOWN [] Auto logout and shutdown proceeding
        ",
    );
    watching.story_is(&DEEDS, &[LOGIN, PRIMARY_LEAVES, DOWN].concat());
}

/// Silence on line is no reason; the case waits for as many refused polls as DEADTIME has.
#[test]
fn a_server_lost_on_line() {
    let watch = Watch::new().set("DEADTIME 1").set("NOCOMMWARNTIME 1");
    let (server, mut watching) = known(watch);
    server.down();
    watching.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
    for _ in 0..2 {
        watching.notices_are("NOCOMM [u@HOST] UPS u@HOST is unavailable");
    }
    server.up();
    watching.notices_are("COMMOK [u@HOST] Communications with UPS u@HOST established");
    watching.ends_quietly();
}

#[test]
fn power_comes_back_in_time() {
    let (server, mut watching) = known(Watch::new());
    server.status("u", "OB");
    watching.notices_are("ONBATT [u@HOST] UPS u@HOST on battery");
    server.status("u", "OL LB");
    watching.notices_are(
        "
        ONLINE [u@HOST] UPS u@HOST on line power
        LOWBATT [u@HOST] UPS u@HOST battery is low
        ",
    );
    server.status("u", "OL TRIM");
    watching.notices_are("TRIM [u@HOST] UPS u@HOST: trimming incoming voltage");
    watching.ends_quietly();
}

#[test]
fn a_calibration_is_no_outage() {
    let (server, mut watching) = known(Watch::new());
    server.status("u", "OB LB CAL");
    watching.notices_are(
        "
        ONBATT [u@HOST] UPS u@HOST on battery
        LOWBATT [u@HOST] UPS u@HOST battery is low
        CAL [u@HOST] UPS u@HOST: calibration in progress
        ",
    );
    server.status("u", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.notices_are(
        "
        NOTCAL [u@HOST] UPS u@HOST: calibration finished
        FSD [u@HOST] UPS u@HOST: forced shutdown in progress
        SHUTDOWN [] Auto logout and shutdown proceeding
        ",
    );
    watching.story_is(&["down"], DOWN);
}

/// Two supplies, one is enough: nothing happens before the second one is critical, and then FSD
/// is set on both.
#[test]
fn a_redundant_machine() {
    let watch = Watch::new().conf(|conf| conf.with("MONITOR v@HOST 1 monitor watch primary"));
    let server = watch.scripted();
    server.status("v", "OL");
    let mut watching = watch.start();
    server.status("u", "OB LB");
    watching.notices_are(
        "
        ONBATT [u@HOST] UPS u@HOST on battery
        LOWBATT [u@HOST] UPS u@HOST battery is low
        ",
    );
    server.status("v", "OB");
    watching.notices_are("ONBATT [v@HOST] UPS v@HOST on battery");
    server.status("v", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.notices_are(
        "
        LOWBATT [v@HOST] UPS v@HOST battery is low
        FSD [u@HOST] UPS u@HOST: forced shutdown in progress
        FSD [v@HOST] UPS v@HOST: forced shutdown in progress
        SHUTDOWN [] Auto logout and shutdown proceeding
        ",
    );
    let mut asked = watching.story(&["wire"]);
    asked.retain(|line| line.contains("NUMLOGINS") || line.contains("FSD"));
    // Two servers hear of it in any order, but nobody is asked before all have heard.
    asked[..2].sort();
    asked[2..].sort();
    let expected = ["FSD u", "FSD v", "GET NUMLOGINS u", "GET NUMLOGINS v"];
    assert_eq!(asked, expected.map(|request| format!("wire {request}")));
    watching.story_is(&["down"], DOWN);
}

/// Started in the middle of an outage: the primary may have only just seen it, too.
#[test]
fn a_secondary_that_begins_with_a_low_battery() {
    let watch = Watch::new().set("MONITOR u@HOST 1 monitor watch secondary").set("HOSTSYNC 60");
    let server = watch.scripted();
    server.status("u", "OB LB");
    let mut watching = watch.start();
    watching.notices_are(
        "
        ONBATT [u@HOST] UPS u@HOST on battery
        LOWBATT [u@HOST] UPS u@HOST battery is low
        ",
    );
    server.status("u", "OL");
    watching.notices_are("ONLINE [u@HOST] UPS u@HOST on line power");
    watching.ends_quietly();
}

#[test]
fn two_supplies_needed() {
    let watch = Watch::new()
        .conf(|conf| conf.with("MONITOR v@HOST 1 monitor watch secondary").set("MINSUPPLIES 2"));
    let server = watch.scripted();
    server.status("v", "OL");
    server.status("u", "OB LB");
    let mut watching = watch.start();
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.log_has("Too few UPS(es) are healthy (1<2), initiating forced shutdown");
    watching.story_is(&["down"], DOWN);
}

/// A UPS that feeds something else is told about, no more.
#[test]
fn a_ups_without_power_value() {
    let watch = Watch::new().conf(|conf| conf.with("MONITOR v@HOST 0 monitor watch primary"));
    let server = watch.scripted();
    server.status("v", "OB LB");
    let mut watching = watch.start();
    watching.log_has("UPS: v@HOST (monitoring only)");
    watching.notices_are(
        "
        ONBATT [v@HOST] UPS v@HOST on battery
        LOWBATT [v@HOST] UPS v@HOST battery is low
        ",
    );
    server.status("v", "FSD OL");
    watching.notices_are(
        "
        FSD [v@HOST] UPS v@HOST: forced shutdown in progress
        ONLINE [v@HOST] UPS v@HOST on line power
        ",
    );
    watching.ends_quietly();
}

#[test]
fn an_observer_never_goes_down_by_itself() {
    let watch = Watch::new().set("MINSUPPLIES 0").set("MONITOR u@HOST 1 monitor watch secondary");
    let server = watch.scripted();
    server.status("u", "FSD OB LB");
    let mut watching = watch.start();
    watching.notices_are(
        "
        FSD [u@HOST] UPS u@HOST: forced shutdown in progress
        ONBATT [u@HOST] UPS u@HOST on battery
        LOWBATT [u@HOST] UPS u@HOST battery is low
        ",
    );
    server.status("u", "OL");
    watching.notices_are("ONLINE [u@HOST] UPS u@HOST on line power");
    watching.ends_quietly();
}

#[test]
fn switched_off_counts_when_it_lasts() {
    let (server, mut watching) = known(Watch::new().conf(|conf| conf.with("OFFDURATION 0")));
    server.status("u", "OL OFF");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.log_has("UPS u@HOST: administratively OFF or asleep");
    watching.log_has(watching.maker().differs(
        "a verdict names its rule, and the directive with its place",
        "UPS [u@HOST] is reported as (administratively) OFF",
        "UPS [u@HOST]: critical: reported as (administratively) OFF, by OFFDURATION (",
    ));
    watching.log_has("Too few UPS(es) are healthy (0<1), initiating forced shutdown");
    watching.story_is(&["down"], DOWN);
}

#[test]
fn a_low_battery_may_have_to_last() {
    let (server, mut watching) = known(Watch::new().conf(|conf| conf.with("OBLBDURATION 2")));
    server.status("u", "OB LB");
    watching.notices_are(
        "
        ONBATT [u@HOST] UPS u@HOST on battery
        LOWBATT [u@HOST] UPS u@HOST battery is low
        ",
    );
    server.status("u", "OB");
    server.status("u", "OB TRIM");
    watching.notices_are("TRIM [u@HOST] UPS u@HOST: trimming incoming voltage");
    server.status("u", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.log_has("Too few UPS(es) are healthy (0<1), initiating forced shutdown");
}

/// Silence while something else than OB was the last word.
#[test]
fn a_server_lost_in_another_state() {
    for (word, notice) in [
        ("ALARM", "ALARM [u@HOST] UPS u@HOST: one or more active alarms: [n/a]"),
        ("BYPASS", "BYPASS [u@HOST] UPS u@HOST: on bypass (powered, not protecting)"),
        ("CAL", "CAL [u@HOST] UPS u@HOST: calibration in progress"),
        ("OFF", "OFF [u@HOST] UPS u@HOST: administratively OFF or asleep"),
    ] {
        let (server, mut watching) = known(Watch::new().set("DEADTIME 60"));
        server.status("u", &format!("OL {word}"));
        watching.notices_are(notice);
        server.down();
        watching.log_has("Communications with UPS u@HOST lost");
        if watching.maker().differs("one missed poll is no outage: DEADTIME counts", true, false) {
            assert_eq!(watching.daemon.wait_end(), 0);
            watching.story_is(&["down"], DOWN);
            continue;
        }
        server.up();
        watching.notices_are(
            "
            COMMBAD [u@HOST] Communications with UPS u@HOST lost
            COMMOK [u@HOST] Communications with UPS u@HOST established
            ",
        );
        watching.ends_quietly();
    }
}
