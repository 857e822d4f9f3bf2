//! When upsmon takes the machine down, and in which order things happen then.

use nut_compliance::program::wait_until;
use nut_compliance::scripted_upsd::Answer;
use nut_compliance::watch::Watch;

use super::{DEEDS, DOWN, LOGIN, PRIMARY_LEAVES, known};

#[test]
fn a_lone_primary() {
    let (server, mut watching) = known(Watch::new());
    server.status("u", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.story_is(&DEEDS, &[LOGIN, PRIMARY_LEAVES, DOWN].concat());
    watching.log_is(
        "
        UPS u@HOST on battery
        UPS u@HOST battery is low
        ~ a verdict is told, with its rule
        ours| UPS [u@HOST]: critical: on battery and the battery is low, by OB and LB in ups.status; last ups.status [OB LB]
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
    let closed = || Some(server.record(0)).filter(|lines| lines.ends_with(&["closed".into()]));
    let record = wait_until("end of the connection", closed).expect("an end");
    let goodbye = watching.maker().differs("it says goodbye", false, true);
    assert_eq!(record.contains(&"> LOGOUT".into()), goodbye, "{record:#?}");
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

/// One is logged in, but it cannot be this host.
#[test]
fn a_primary_that_is_not_counted_itself() {
    let watch = Watch::new().set("HOSTSYNC 1");
    let server = watch.scripted();
    server.answers("LOGIN", Answer::Line("ERR ACCESS-DENIED"));
    server.status("u", "OB LB");
    let mut watching = watch.start();
    assert_eq!(watching.daemon.wait_end(), 0);
    let waited = watching.log().iter().any(|line| line.contains("Host sync timer expired"));
    let waits = watching.maker().differs("that one is somebody else", false, true);
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
        ~ a verdict is told, with its rule
        ours| UPS [u@HOST]: critical: forced shutdown is set, by FSD in ups.status; last ups.status [FSD OB LB]
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
    let login = LOGIN.replace("wire PRIMARY u\n", "");
    watching.story_is(&DEEDS, &[&login, DOWN].concat());
}

#[test]
fn a_secondary_waits_for_its_primary_but_not_for_ever() {
    let watch = Watch::new().set("MONITOR u@HOST 1 monitor watch secondary").set("HOSTSYNC 2");
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
    watching.log_has(watching.maker().differs(
        "a verdict names its rule, and the directive with its place",
        "Giving up on the primary for UPS [u@HOST] after ",
        "UPS [u@HOST]: critical: on battery, the battery low, and no word from the primary, by HOSTSYNC (",
    ));
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
        let watch =
            Watch::new().set(&format!("MONITOR u@HOST 1 monitor watch {role}")).set("FINALDELAY 0");
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
    let (server, mut watching) = known(Watch::new().conf(|conf| conf.with("SHUTDOWNEXIT no")));
    server.status("u", "OB LB");
    watching.story_is(&["down"], DOWN);
    watching.log_has("Configured to not exit upsmon after initiating shutdown");
    let stays =
        || server.record(0).iter().rev().take(2).any(|l| l.contains("NUMLOGINS")).then_some(());
    wait_until("sign of life", stays).expect("a question");
    assert!(watching.daemon.ended().is_none());
    watching.daemon.signal("TERM");
    watching.daemon.wait_end();
}

#[test]
fn upsmon_may_linger_after_the_command() {
    let (server, mut watching) = known(Watch::new().conf(|conf| conf.with("SHUTDOWNEXIT 1")));
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
    let status = watching.maker().differs("a machine that stays up is a failure", 0, 1);
    assert_eq!(watching.daemon.wait_end(), status);
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
