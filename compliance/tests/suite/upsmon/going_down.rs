//! When upsmon takes the machine down, and in which order things happen then.

use nut_compliance::program::wait_until;
use nut_compliance::scripted_upsd::Answer;
use nut_compliance::watch::Watch;

use super::{DOWN, known};

/// What is done about the machine: requests to servers that are no readings, and the command.
const DEEDS: [&str; 2] = ["wire", "down"];

const LOGIN: &str = "
    ~ no TLS yet
    stock| wire STARTTLS
    wire USERNAME monitor
    wire PASSWORD watch
    wire LOGIN u
    wire PRIMARY u
    ";

#[test]
fn a_lone_primary() {
    let (server, mut watching) = known(Watch::new().set("FINALDELAY 1"));
    server.status("u", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.story_is(
        &DEEDS,
        &[LOGIN, "wire FSD u\nwire GET NUMLOGINS u\n", DOWN].concat(),
    );
    watching.log_is(
        "
        UPS u@HOST on battery
        UPS u@HOST battery is low
        Too few UPS(es) are healthy (0<1), initiating forced shutdown
        UPS u@HOST: forced shutdown in progress
        Executing automatic power-fail shutdown
        Auto logout and shutdown proceeding
        Exiting upsmon program after initiating shutdown
        ",
    );
    watching.notices_are(
        "
        ONBATT [u@HOST] UPS u@HOST on battery
        LOWBATT [u@HOST] UPS u@HOST battery is low
        FSD [u@HOST] UPS u@HOST: forced shutdown in progress
        SHUTDOWN [] Auto logout and shutdown proceeding
        ",
    );
    watching.story_is(&["wall"], "wall Executing automatic power-fail shutdown");
    assert_eq!(watching.story(&[]).last().map(String::as_str), Some(DOWN));
}

#[test]
fn a_primary_waits_until_the_last_secondary_has_left() {
    let (server, mut watching) = known(Watch::new().set("HOSTSYNC 60"));
    server.logins("u", 3);
    server.status("u", "OB LB");
    watching.log_has("Shutdown initiated; primary system is waiting for secondaries");
    server.logins("u", 2);
    // A few more questions must not end the wait.
    wait_until("question", || {
        let asked = watching.story(&["wire"]);
        (asked.iter().filter(|line| line.contains("NUMLOGINS")).count() > 4).then_some(())
    })
    .expect("questions");
    assert!(watching.daemon.ended().is_none());
    server.logins("u", 1);
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.log_is(
        "
        Executing automatic power-fail shutdown
        Auto logout and shutdown proceeding
        Exiting upsmon program after initiating shutdown
        ",
    );
    watching.notices_are(
        "
        ONBATT [u@HOST] UPS u@HOST on battery
        LOWBATT [u@HOST] UPS u@HOST battery is low
        FSD [u@HOST] UPS u@HOST: forced shutdown in progress
        SHUTDOWN_HOSTSYNC [] Shutdown initiated; primary system is waiting for secondaries to log out or time out
        SHUTDOWN [] Auto logout and shutdown proceeding
        ",
    );
}

#[test]
fn a_primary_does_not_wait_for_ever() {
    let (server, mut watching) = known(Watch::new().set("HOSTSYNC 1"));
    server.logins("u", 2);
    server.status("u", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.log_has("Shutdown initiated; primary system is waiting for secondaries");
    watching.log_is(
        "
        Host sync timer expired, forcing shutdown
        Executing automatic power-fail shutdown
        Auto logout and shutdown proceeding
        Exiting upsmon program after initiating shutdown
        ",
    );
    watching.story_is(&["down"], DOWN);
}

#[test]
fn a_server_that_does_not_say_how_many_are_logged_in() {
    let (server, mut watching) = known(Watch::new().set("HOSTSYNC 1"));
    server.answers("GET NUMLOGINS", Answer::Line("ERR DATA-STALE"));
    server.status("u", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    let waited = watching.log().iter().any(|line| line.contains("Host sync timer expired"));
    let waits = watching.maker().differs("an answer that is none is not `nobody`", false, true);
    assert_eq!(waited, waits, "{:#?}", watching.log());
    watching.story_is(&["down"], DOWN);
}

#[test]
fn a_secondary_goes_when_the_server_says_so() {
    let watch = Watch::new().set("MONITOR u@HOST 1 monitor watch secondary");
    let (server, mut watching) = known(watch);
    server.status("u", "FSD OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.log_is(
        "
        UPS u@HOST: forced shutdown in progress
        UPS u@HOST on battery
        UPS u@HOST battery is low
        Too few UPS(es) are healthy (0<1), initiating forced shutdown
        Executing automatic power-fail shutdown
        Auto logout and shutdown proceeding
        Exiting upsmon program after initiating shutdown
        ",
    );
    watching.notices_are(
        "
        FSD [u@HOST] UPS u@HOST: forced shutdown in progress
        ONBATT [u@HOST] UPS u@HOST on battery
        LOWBATT [u@HOST] UPS u@HOST battery is low
        SHUTDOWN [] Auto logout and shutdown proceeding
        ",
    );
    let wire = [LOGIN, DOWN].concat().replace("wire PRIMARY u\n", "");
    watching.story_is(&DEEDS, &wire);
}

#[test]
fn a_secondary_waits_for_its_primary_but_not_for_ever() {
    let watch = Watch::new()
        .set("MONITOR u@HOST 1 monitor watch secondary")
        .set("HOSTSYNC 2");
    let (server, mut watching) = known(watch);
    server.status("u", "OB LB");
    watching.notices_are(
        "
        ONBATT [u@HOST] UPS u@HOST on battery
        LOWBATT [u@HOST] UPS u@HOST battery is low
        ",
    );
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.notices_are("SHUTDOWN [] Auto logout and shutdown proceeding");
    watching.log_has("Giving up on the primary for UPS [u@HOST] after ");
    watching.log_is(
        "
        Too few UPS(es) are healthy (0<1), initiating forced shutdown
        Executing automatic power-fail shutdown
        Auto logout and shutdown proceeding
        Exiting upsmon program after initiating shutdown
        ",
    );
    watching.story_is(&["down"], DOWN);
}

#[test]
fn fsd_that_is_set_already() {
    for role in ["primary", "secondary"] {
        let watch = Watch::new().set(&format!("MONITOR u@HOST 1 monitor watch {role}"));
        let server = watch.scripted();
        server.status("u", "FSD OL");
        let mut watching = watch.start();
        assert_eq!(watching.daemon.wait_end(), 0);
        watching.notices_are(
            "
            FSD [u@HOST] UPS u@HOST: forced shutdown in progress
            SHUTDOWN [] Auto logout and shutdown proceeding
            ",
        );
        watching.story_is(&["down"], DOWN);
    }
}

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
    watching.story_is(&DEEDS, &[LOGIN, "wire FSD u\nwire GET NUMLOGINS u\n", DOWN].concat());
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
    let watch = Watch::new().conf(|conf| conf.add("MONITOR v@HOST 1 monitor watch primary"));
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
    let story = watching.story(&DEEDS);
    let after_login = story.iter().skip_while(|line| !line.starts_with("wire FSD"));
    let after_login: Vec<&str> = after_login.map(String::as_str).collect();
    let expected = [
        "wire FSD u",
        "wire FSD v",
        "wire GET NUMLOGINS u",
        "wire GET NUMLOGINS v",
        "down flag=upsmon-shutdown-file",
    ];
    assert_eq!(after_login, expected);
}

#[test]
fn two_supplies_needed() {
    let watch = Watch::new()
        .conf(|conf| conf.add("MONITOR v@HOST 1 monitor watch secondary").set("MINSUPPLIES 2"));
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
    let watch = Watch::new().conf(|conf| conf.add("MONITOR v@HOST 0 monitor watch primary"));
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
    let (server, mut watching) = known(Watch::new().conf(|conf| conf.add("OFFDURATION 0")));
    server.status("u", "OL OFF");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.log_has("UPS u@HOST: administratively OFF or asleep");
    watching.log_has("UPS [u@HOST] is reported as (administratively) OFF");
    watching.log_has("Too few UPS(es) are healthy (0<1), initiating forced shutdown");
    watching.story_is(&["down"], DOWN);
}

#[test]
fn a_low_battery_may_have_to_last() {
    let (server, mut watching) = known(Watch::new().conf(|conf| conf.add("OBLBDURATION 2")));
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
        watching.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
        if watching.maker().differs("one missed poll is no outage: DEADTIME counts", true, false) {
            assert_eq!(watching.daemon.wait_end(), 0);
            watching.story_is(&["down"], DOWN);
            continue;
        }
        server.up();
        watching.notices_are("COMMOK [u@HOST] Communications with UPS u@HOST established");
        watching.ends_quietly();
    }
}

#[test]
fn a_server_that_refuses_fsd() {
    let (server, mut watching) = known(Watch::new());
    server.answers("FSD", Answer::Line("ERR ACCESS-DENIED"));
    server.status("u", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.log_has("FSD set on UPS u@HOST failed: ERR ACCESS-DENIED");
    watching.story_is(&["down"], DOWN);
}

#[test]
fn upsmon_may_stay_after_the_command() {
    let (server, mut watching) = known(Watch::new().conf(|conf| conf.add("SHUTDOWNEXIT no")));
    server.status("u", "OB LB");
    watching.story_is(&["down"], DOWN);
    watching.log_has("Configured to not exit upsmon after initiating shutdown");
    let stays = || server.record(0).iter().rev().take(2).any(|l| l.contains("NUMLOGINS")).then_some(());
    wait_until("sign of life", stays).expect("a question");
    assert!(watching.daemon.ended().is_none());
    watching.daemon.signal("TERM");
    watching.daemon.wait_end();
}

#[test]
fn upsmon_may_linger_after_the_command() {
    let (server, mut watching) = known(Watch::new().conf(|conf| conf.add("SHUTDOWNEXIT 1")));
    server.status("u", "OB LB");
    watching.story_is(&["down"], DOWN);
    watching.log_has("Configured to only exit upsmon SHUTDOWNEXIT=1 sec after initiating shutdown");
    assert_eq!(watching.daemon.wait_end(), 0);
}

#[test]
fn a_command_that_fails() {
    let watch = Watch::new();
    watch.script("down", "echo 'down tried' >> PLACE/story; exit 3");
    let (server, mut watching) = known(watch);
    server.status("u", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.story_is(&["down"], "down tried");
    watching.log_has("Unable to call shutdown command: PLACE/bin/down");
}

/// Arguments, blanks and pipes: SHUTDOWNCMD is for the shell.
#[test]
fn the_command_is_for_the_shell() {
    let watch = Watch::new().set("SHUTDOWNCMD \"echo a b | tr a-z A-Z >> PLACE/story\"");
    let (server, mut watching) = known(watch);
    server.status("u", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.story_is(&["A"], "A B");
}

#[test]
fn without_a_flag_file() {
    let (server, mut watching) = known(Watch::new().conf(|conf| conf.without("POWERDOWNFLAG")));
    server.status("u", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.story_is(&["down"], "down flag=none");
}

#[test]
fn a_flag_that_cannot_be_written() {
    let watch = Watch::new().set("POWERDOWNFLAG PLACE/no/such/folder/killpower");
    let (server, mut watching) = known(watch);
    server.status("u", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.log_has("Failed to create power down flag!");
    watching.story_is(&["down"], "down flag=none");
}
