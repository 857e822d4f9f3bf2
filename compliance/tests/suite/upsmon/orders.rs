//! `upsmon -c`: orders to a running upsmon.

use std::fs;

use nut_compliance::watch::Watch;

use super::{DOWN, ended_after_banner, known};

const SENT: &str =
    "2| Exiting upsmon instance after sending a signal to the running daemon successfully\nexit 0";
const NOT_SENT: &str = "
    2| Exiting upsmon instance after sending a signal to the running daemon unsuccessfully
    exit 1
    ";

/// With the machine's supply healthy: the order is enough.
#[test]
fn fsd() {
    for role in ["primary", "secondary"] {
        let watch = Watch::new().set(&format!("MONITOR u@HOST 1 monitor watch {role}"));
        let (_server, mut watching) = known(watch);
        ended_after_banner(&watching.also(&["-c", "fsd"]), SENT);
        assert_eq!(watching.daemon.wait_end(), 0);
        watching.log_is("Signal 10: User requested FSD");
        watching.log_is("Got an FSD signal, initiating forced shutdown");
        watching.log_has("Executing automatic power-fail shutdown");
        watching.story_is(&["down"], DOWN);
        let told = watching.story(&["wire"]).contains(&"wire FSD u".to_string());
        assert_eq!(told, role == "primary");
    }
}

#[test]
fn stop() {
    let (server, mut watching) = known(Watch::new());
    ended_after_banner(&watching.also(&["-c", "stop"]), SENT);
    assert_eq!(watching.daemon.wait_end(), 0);
    assert!(server.record(0).contains(&"> LOGOUT".into()));
    assert!(watching.story(&["down"]).is_empty());
}

#[test]
fn reload() {
    let (_server, mut watching) = known(Watch::new());
    ended_after_banner(&watching.also(&["-c", "reload"]), SENT);
    watching.log_is("Signal 1: User requested RELOAD");
    watching.log_is("Reloading configuration");
    watching.ends_quietly();
}

#[test]
fn to_a_process_of_that_number() {
    let (_server, mut watching) = known(Watch::new());
    fs::remove_file(watching.place.run().join("upsmon.pid")).expect("its pid file");
    let number = watching.daemon.pid().to_string();
    ended_after_banner(&watching.also(&["-c", "stop", "-P", &number]), SENT);
    assert_eq!(watching.daemon.wait_end(), 0);
}

#[test]
fn to_nobody() {
    let outcome = |args: &[&str]| Watch::new().args(args).run();
    let advice = [
        ("stop", "Try 'systemctl stop nut-monitor.service' or add '-P $PID' argument"),
        ("reload", "Try 'systemctl reload nut-monitor.service' or add '-P $PID' argument"),
        ("fsd", "Try to add '-P $PID' argument"),
    ];
    let failed = "2| Failed to signal the currently running daemon (if any)";
    for (order, line) in advice {
        let text = format!("{failed}\n2| {line}\n{NOT_SENT}");
        ended_after_banner(&outcome(&["-c", order]), &text);
    }
    let advice = "2| Try 'systemctl reload nut-monitor.service'";
    let text = format!("{failed}\n{advice}\n{NOT_SENT}");
    ended_after_banner(&outcome(&["-c", "reload", "-P", "4194305"]), &text);
    for (number, read) in [("abc", 0), ("0", 0), ("1", 1)] {
        let text = format!("2| Ignoring invalid pid number {read}\n{failed}\n{advice}\n{NOT_SENT}");
        ended_after_banner(&outcome(&["-c", "reload", "-P", number]), &text);
    }
}

#[test]
fn a_broken_pid_file() {
    let failed = "2| Failed to signal the currently running daemon (if any)
        2| Try 'systemctl reload nut-monitor.service' or add '-P $PID' argument";
    for (content, line) in [
        ("", "Failed to read pid from PLACE/run/upsmon.pid"),
        ("abc\n", "Ignoring invalid pid number 0"),
    ] {
        let watch = Watch::new().args(&["-c", "reload"]);
        fs::write(watch.place().run().join("upsmon.pid"), content).expect("a pid file");
        ended_after_banner(&watch.run(), &format!("2| {line}\n{failed}\n{NOT_SENT}"));
    }
}

/// The shortest word is the most dangerous one.
#[test]
fn abbreviations() {
    for word in ["", "f", "fs"] {
        let (_server, mut watching) = known(Watch::new());
        let outcome = watching.also(&["-c", word]);
        if watching.maker().differs("NUT takes any beginning, even none, as fsd", true, false) {
            assert_eq!(watching.daemon.wait_end(), 0);
            watching.story_is(&["down"], DOWN);
            continue;
        }
        assert_eq!(outcome.code, 1, "{outcome:?}");
        watching.ends_quietly();
    }
}

#[test]
fn unknown_words() {
    for word in ["bogus", "fsdx", "reload-or-error"] {
        let outcome = Watch::new().args(&["-c", word]).run();
        let maker = Watch::new().maker();
        let status = maker.differs("what was not done is not a success", 0, 1);
        assert_eq!(outcome.code, status, "{outcome:?}");
    }
}
