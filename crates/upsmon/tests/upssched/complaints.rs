//! What is said where something is wrong, and that it ends then.

use crate::place::{Place, run, texts};
use nut_daemon::lockfile::LockFile;
use std::fs;
use std::io::Write;

/// Files with `PIPE` and `LOCK` in their place, and a START-TIMER between two commands.
fn with(pipe: &str, lock: &str) -> Place {
    let place = Place::bare();
    let name = |name: &str| place.path(name).display().to_string();
    place.conf(&format!(
        "CMDSCRIPT {}\nPIPEFN {}\nLOCKFN {}\nAT ONBATT * EXECUTE before\n\
         AT ONBATT * START-TIMER t 5\nAT ONBATT * START-TIMER t 6\nAT ONBATT * EXECUTE after\n",
        name("cmd"),
        name(pipe),
        name(lock)
    ));
    place
}

/// What is said for an event, with the place's folder as `ROOT`; no timer was started, the commands
/// were run.
fn complaint(place: &Place) -> String {
    let output = run(&mut place.for_event("ONBATT", "u", "m"));
    assert_eq!(output.status.code(), Some(1), "{}", texts(&output));
    let line = |word: &str| format!("1 [{word}] T=ONBATT U=u M=m");
    assert_eq!(place.log(), [line("before"), line("after")]);
    assert_eq!(place.processes(), [0; 0]);
    texts(&output).replace(&place.path("").display().to_string(), "ROOT/")
}

const NOT_DONE: &str =
    "Not done for want of the timer daemon: START \"t\" \"6\" \"ONBATT\" \"u\" \"m\"\n";

#[test]
fn folders_and_files_that_will_not_do() {
    let no_daemon = "Unable to connect to daemon and unable to start daemon\n";
    let no_lock = "Failed to connect to parent and failed to create parent: can't lock LOCKFN";
    for (pipe, lock, expected) in [
        (
            "nowhere/p",
            "run/l",
            "bind ROOT/nowhere/p failed: No such file or directory\n".to_owned(),
        ),
        ("run/p", "nowhere/l", format!("{no_lock} ROOT/nowhere/l: No such file or directory\n")),
        ("run/p", "run", format!("{no_lock} ROOT/run: Is a directory\n")),
        ("run/p", "link", format!("{no_lock} ROOT/link: Too many symbolic links encountered\n")),
        ("cmd", "run/l", "PIPEFN ROOT/cmd is there and is no socket\n".to_owned()),
    ] {
        let place = with(pipe, lock);
        std::os::unix::fs::symlink("etc/upssched.conf", place.path("link")).unwrap();
        assert_eq!(complaint(&place), format!("{expected}{no_daemon}{NOT_DONE}"));
        assert!(place.path("cmd").exists());
    }
}

#[test]
fn a_socket_name_that_is_too_long() {
    let place = with(&"p".repeat(200), "run/l");
    let told = complaint(&place);
    assert!(told.starts_with("Unable to connect to daemon at PIPEFN ROOT/ppp"), "{told}");
    assert!(told.ends_with(NOT_DONE), "{told}");
}

#[test]
fn a_lock_that_somebody_holds_for_nothing_is_not_waited_for_without_end() {
    let place = with("run/p", "run/l");
    let held = LockFile::try_take(&place.path("run/l")).unwrap();
    let expected = "Failed to connect to parent and failed to create parent: LOCKFN ROOT/run/l is \
                    held, but nobody answers at PIPEFN ROOT/run/p\n";
    assert_eq!(complaint(&place), format!("{expected}{NOT_DONE}"));
    drop(held);
}

#[test]
fn an_event_needs_its_variables() {
    let place = Place::new("");
    let expected = "Error: environment variables UPSNAME and NOTIFYTYPE must be set.\n\
                    This program should only be run from upsmon(8).\n";
    for name in ["UPSNAME", "NOTIFYTYPE"] {
        let output = run(place.for_event("ONLINE", "u", "m").env_remove(name));
        assert_eq!((output.status.code(), texts(&output).as_str()), (Some(1), expected));
    }
}

#[test]
fn a_file_that_is_not_there_or_begins_wrongly() {
    let place = Place::bare();
    let file = place.path("etc/upssched.conf").display().to_string();
    let output = run(&mut place.for_event("ONLINE", "u", "m"));
    let expected = format!("Can't open {file}: No such file or directory\n");
    assert_eq!((output.status.code(), texts(&output)), (Some(1), expected));
    place.conf("PIPEFN x\nAT ONBATT * EXECUTE x\n");
    let output = run(&mut place.for_event("ONLINE", "u", "m"));
    let text = "CMDSCRIPT must be set before any ATs in the config file!\n";
    let expected = format!("{text}{file}:2:1: {text}");
    assert_eq!((output.status.code(), texts(&output)), (Some(1), expected));
    place.conf("CMDSCRIPT x\nAT ONBATT * EXECUTE x\n");
    let expected = "upssched.conf: invalid configuration for timer listing: lacks PIPEFN\n";
    let output = place.list();
    assert_eq!((output.status.code(), texts(&output).as_str()), (Some(1), expected));
}

#[test]
fn wrong_lines_are_told_and_the_others_count() {
    let place = Place::new(
        "FOO bar\nAT ONLINE * EXECUTE good\nAT ONLINE * START-TIMER t soon\nAT ONLINE * BAR x\n",
    );
    let file = place.path("etc/upssched.conf").display().to_string();
    let output = run(&mut place.for_event("ONLINE", "u", "m"));
    assert_eq!(output.status.code(), Some(0));
    let told = texts(&output).replace(&file, "FILE");
    let expected = "FILE:4:1: invalid directive FOO bar: unknown keyword\n\
         FILE:6:1: invalid directive AT ONLINE * START-TIMER t soon: expected a number of seconds \
         behind the timer's name; no timer is started\n\
         FILE:7:1: invalid directive AT ONLINE * BAR x: Invalid command: BAR; expected START-TIMER, \
         START-TIMER-SHARED, CANCEL-TIMER, CANCEL-TIMER-MATCHED or EXECUTE\n\
         Encountered 3 config errors, those entries were ignored\n";
    assert_eq!(told, expected);
    assert_eq!(place.log(), ["1 [good] T=ONLINE U=u M=m"]);
    assert_eq!(place.processes(), [0; 0]);
}

#[test]
fn a_daemon_that_does_not_answer_is_not_waited_for_without_end() {
    let place = Place::new("AT ONLINE * CANCEL-TIMER t\n");
    let listener = std::os::unix::net::UnixListener::bind(place.path("run/pipe")).unwrap();
    let output = run(&mut place.for_event("ONLINE", "u", "m"));
    assert_eq!(output.status.code(), Some(1));
    let expected = "The timer daemon does not answer: CANCEL \"t\" \"\" \"ONLINE\" \"u\" \"m\"\n";
    assert_eq!(texts(&output), expected);
    drop(listener);
    fs::remove_file(place.path("run/pipe")).unwrap();
}

#[test]
fn a_daemon_that_does_not_end_its_answer_is_left() {
    let place = Place::new("AT ONLINE * CANCEL-TIMER t\n");
    let listener = std::os::unix::net::UnixListener::bind(place.path("run/pipe")).unwrap();
    let babble = std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        while peer.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let output = run(&mut place.for_event("ONLINE", "u", "m"));
    assert_eq!(output.status.code(), Some(1));
    let told = texts(&output);
    assert!(told.starts_with("read confirmation got an answer without end for CANCEL"), "{told}");
    babble.join().unwrap();
    fs::remove_file(place.path("run/pipe")).unwrap();
}

#[test]
fn options() {
    let place = Place::bare();
    let version = run(&mut place.command(&["-V"]));
    assert_eq!(texts(&version), "Network UPS Tools upssched 2.8.5 release\n");
    let help = run(&mut place.command(&["-h"]));
    assert!(texts(&help).contains("usage: upssched [OPTIONS] [NOTIFYMSG]"));
    assert_eq!((version.status.code(), help.status.code()), (Some(0), Some(0)));
    let unknown = run(&mut place.command(&["-z"]));
    assert_eq!(unknown.status.code(), Some(1));
    let told = texts(&unknown);
    let expected = "invalid option -- 'z'\nError: unknown option -?. Try -h for help.\n";
    assert!(told.ends_with(expected), "{told}");
}
