//! What follows from logind's answers.

use super::*;

const READY: &str = "upsmon: initialized OS integration for sleep inhibitor";
const FAILED: &str = "upsmon: failed to initialize OS integration for sleep inhibitor";
const WATCHING: &str = "upsmon: initialized OS integration for sleep/wake monitoring";
const UNKNOWN: &str = "org.freedesktop.DBus.Error.ServiceUnknown";

/// Steps in short: texts of the log, `starting`, `finished`.
fn told(steps: Vec<Step>) -> Vec<String> {
    let short = |step| match step {
        Step::Starting => "starting".to_owned(),
        Step::Finished => "finished".to_owned(),
        Step::Log(Level::Debug(level), text) => format!("{level}: {text}"),
        Step::Log(_, text) => text,
    };
    steps.into_iter().map(short).collect()
}

/// Awake, the lock granted.
fn quiet() -> Login1 {
    let mut login1 = Login1::default();
    assert_eq!(told(login1.on_preparing(Some(false))), [WATCHING]);
    assert_eq!(told(login1.on_granted()), [READY]);
    login1
}

#[test]
fn a_night_is_told_once_each_way_and_the_lock_is_taken_anew() {
    let mut login1 = quiet();
    for _ in 0..2 {
        assert!(!login1.wants_lock());
        assert_eq!(told(login1.on_preparing(Some(true))), ["starting"]);
        assert_eq!(login1.on_preparing(Some(true)), []);
        assert!(!login1.wants_lock());
        assert_eq!(told(login1.on_preparing(Some(false))), ["finished"]);
        assert_eq!(login1.on_preparing(Some(false)), []);
        assert!(login1.wants_lock());
        assert_eq!(told(login1.on_granted()), [READY]);
    }
}

#[test]
fn a_sleep_under_way_at_the_start_is_told_and_not_held_back() {
    let mut login1 = Login1::default();
    assert!(login1.wants_lock());
    assert_eq!(told(login1.on_preparing(Some(true))), [WATCHING, "starting"]);
    assert!(!login1.wants_lock());
    assert_eq!(told(login1.on_preparing(Some(false))), ["finished"]);
    assert!(login1.wants_lock());
}

#[test]
fn without_logind_one_line_is_said_and_it_is_not_started_again() {
    let mut login1 = Login1::default();
    assert!(login1.may_start_logind());
    let why = format!("1: Inhibit: {UNKNOWN}");
    assert_eq!(login1.on_preparing(None), []);
    assert_eq!(told(login1.on_refused(UNKNOWN)), [why.as_str(), FAILED]);
    assert!(login1.wants_lock() && !login1.may_start_logind());
    assert_eq!(told(login1.on_refused(UNKNOWN)), [why.as_str()]);
    assert_eq!(told(login1.on_preparing(Some(false))), [WATCHING]);
    assert_eq!(told(login1.on_granted()), [READY]);
    assert!(login1.may_start_logind());
}

#[test]
fn a_bus_or_a_logind_that_ends_wakes_who_dozes() {
    let mut login1 = quiet();
    assert_eq!(told(login1.on_preparing(Some(true))), ["starting"]);
    assert_eq!(told(login1.on_lost()), [FAILED, "finished"]);
    assert_eq!(login1.on_lost(), []);
    assert!(login1.wants_lock());
    assert_eq!(told(login1.on_granted()), [READY]);
    assert_eq!(told(login1.on_preparing(Some(true))), ["starting"]);
    assert_eq!(told(login1.on_preparing(None)), ["finished"]);
}

#[test]
fn a_lock_is_void_when_the_connection_is_lost() {
    let mut login1 = quiet();
    assert_eq!(told(login1.on_lost()), [FAILED]);
    assert!(login1.wants_lock());
}
