//! The timer daemon: one at a time, whatever happens to it and around it.

use crate::place::{Place, kill, output_of, texts, wait_until};
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

const ON_AND_OFF: &str = "AT ONBATT * START-TIMER t 600\nAT ONLINE * CANCEL-TIMER t\n";

fn timer(name: &str, ups: &str) -> (String, String) {
    (name.to_owned(), ups.to_owned())
}

#[test]
fn thirty_events_at_once_begin_one_daemon() {
    let place = Place::new(ON_AND_OFF);
    let events: Vec<_> = (0..30)
        .map(|n| place.for_event("ONBATT", &format!("ups{n}@h"), "text").spawn().unwrap())
        .collect();
    for event in events {
        let output = output_of(event);
        assert_eq!((output.status.code(), texts(&output)), (Some(0), String::new()));
    }
    let daemon = place.daemon();
    let listed: BTreeSet<_> = place.timers().into_iter().collect();
    let expected: BTreeSet<_> = (0..30).map(|n| timer("t", &format!("ups{n}@h"))).collect();
    assert_eq!(listed, expected);
    let pid = fs::read_to_string(place.path("run/upssched.pid")).unwrap();
    assert_eq!(pid.trim(), daemon.to_string());
    let mode = fs::metadata(place.path("run/pipe")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
}

#[test]
fn a_daemon_that_was_killed_is_replaced() {
    let place = Place::new(ON_AND_OFF);
    place.event("ONBATT", "u1");
    let first = place.daemon();
    kill(first, "KILL");
    place.wait_for_no_daemon();
    let output = place.list();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(texts(&output), "upssched timer is not running\n");
    place.event("ONBATT", "u2");
    assert_eq!(place.timers(), [timer("t", "u2")]);
    assert_ne!(place.daemon(), first);
}

#[test]
fn off_and_on_again_leaves_no_timer() {
    let place = Place::new(ON_AND_OFF);
    for _ in 0..10 {
        place.event("ONBATT", "u");
        place.event("ONLINE", "u");
        assert_eq!(place.timers(), []);
    }
    place.daemon();
}

#[test]
fn a_cancel_begins_a_daemon_only_if_that_has_something_to_do() {
    let place = Place::new("AT ONLINE * CANCEL-TIMER t\nAT COMMOK * CANCEL-TIMER t late\n");
    place.event("ONLINE", "u");
    assert_eq!(place.processes(), [0; 0]);
    place.event("COMMOK", "u");
    place.wait_for_log("1 [late] T=none U=none M=none");
    place.daemon();
}

#[test]
fn a_matched_cancel_is_for_the_timers_of_its_ups() {
    let place = Place::new(
        "AT ONBATT * START-TIMER t 600\nAT COMMBAD * START-TIMER-SHARED s 600\n\
         AT ONLINE * CANCEL-TIMER-MATCHED t\nAT COMMOK * CANCEL-TIMER-MATCHED s\n",
    );
    for (kind, ups) in [("ONBATT", "a"), ("ONBATT", "b"), ("COMMBAD", "a"), ("COMMBAD", "b")] {
        place.event(kind, ups);
    }
    assert_eq!(place.timers(), [timer("t", "a"), timer("t", "b"), timer("s", "a,b")]);
    place.event("ONLINE", "a");
    place.event("COMMOK", "b");
    assert_eq!(place.timers(), [timer("t", "b"), timer("s", "a")]);
    place.event("COMMOK", "a");
    assert_eq!(place.timers(), [timer("t", "b")]);
}

#[test]
fn files_that_are_taken_away_come_back_and_the_timers_stay() {
    let place = Place::new(ON_AND_OFF);
    place.event("ONBATT", "u1");
    let daemon = place.daemon();
    for files in [&["run/pipe"][..], &["run/lock"][..], &["run/pipe", "run/lock"][..]] {
        for file in files {
            fs::remove_file(place.path(file)).unwrap();
        }
        let back = || files.iter().all(|file| place.path(file).exists()).then_some(());
        wait_until(back).expect("new files");
    }
    place.event("ONBATT", "u2");
    assert_eq!(place.timers(), [timer("t", "u1"), timer("t", "u2")]);
    assert_eq!(place.daemon(), daemon);
}

#[test]
fn a_daemon_that_finds_another_one_in_its_place_gives_up() {
    let place = Place::new(ON_AND_OFF);
    place.event("ONBATT", "u1");
    let first = place.daemon();
    // Stopped, so that it cannot put things right.
    kill(first, "STOP");
    for file in ["run/pipe", "run/lock"] {
        fs::remove_file(place.path(file)).unwrap();
    }
    place.event("ONBATT", "u2");
    kill(first, "CONT");
    wait_until(|| (!place.processes().contains(&first)).then_some(())).expect("its end");
    assert_eq!(place.timers(), [timer("t", "u2")]);
    let pid = fs::read_to_string(place.path("run/upssched.pid")).unwrap();
    assert_eq!(pid.trim(), place.daemon().to_string());
}

#[test]
fn left_overs_of_a_crash_keep_nobody_out() {
    let place = Place::new(ON_AND_OFF);
    drop(std::os::unix::net::UnixListener::bind(place.path("run/pipe")).unwrap());
    fs::write(place.path("run/lock"), "").unwrap();
    fs::set_permissions(place.path("run/lock"), fs::Permissions::from_mode(0o000)).unwrap();
    fs::write(place.path("run/upssched.pid"), "1\n").unwrap();
    place.event("ONBATT", "u");
    assert_eq!(place.timers(), [timer("t", "u")]);
}

#[test]
fn with_nothing_left_to_do_it_goes_and_leaves_no_socket() {
    let place = Place::new("AT ONBATT * START-TIMER t 0\n");
    place.event("ONBATT", "u");
    place.wait_for_log("1 [t] T=ONBATT U=u M=u ONBATT");
    place.daemon();
    place.wait_for_no_daemon();
    assert!(!place.path("run/pipe").exists() && !place.path("run/upssched.pid").exists());
    place.event("ONBATT", "v");
    place.wait_for_log("1 [t] T=ONBATT U=v M=v ONBATT");
}

#[test]
fn a_signal_ends_it_in_order_but_not_a_terminal_that_goes() {
    let place = Place::new(ON_AND_OFF);
    place.event("ONBATT", "u");
    kill(place.daemon(), "HUP");
    assert_eq!(place.timers(), [timer("t", "u")]);
    kill(place.daemon(), "TERM");
    place.wait_for_no_daemon();
    assert!(!place.path("run/pipe").exists());
}

#[test]
fn whatever_is_said_on_its_socket_it_goes_on() {
    let place = Place::new(ON_AND_OFF);
    place.event("ONBATT", "u");
    let unknown = "ERR UNKNOWN\n";
    assert_eq!(place.say(b"HELLO\nCANCEL\n\"a # b\" c\n"), unknown.repeat(3));
    assert_eq!(place.say(b"START x soon A B C\nSTART y -5 A B C\n"), "OK\nOK\n");
    assert_eq!(place.say(&[b'x'; 300_000]), "");
    assert_eq!(place.say(b"\xff\x00\x80\n"), unknown);
    assert_eq!(place.say(b"CANCEL t \"\" \"\""), "");
    assert_eq!(place.timers(), [timer("t", "u")]);
}

#[test]
fn who_connects_and_says_nothing_is_dropped() {
    let place = Place::new(ON_AND_OFF);
    place.event("ONBATT", "u");
    let mut silent = UnixStream::connect(place.path("run/pipe")).unwrap();
    silent.write_all(b"LIST-TIM").unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    assert_eq!(silent.read(&mut [0; 8]).unwrap(), 0, "its end");
    assert_eq!(place.timers(), [timer("t", "u")]);
}
