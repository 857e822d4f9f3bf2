//! CMDSCRIPT: what it is told, and that nobody waits for it but EXECUTE.

use crate::place::{Place, run, texts, wait_until};
use std::fs;

#[test]
fn a_slow_script_holds_up_neither_timers_nor_answers() {
    let place = Place::new(
        "AT LOWBATT * START-TIMER wait 0\nAT ONBATT * START-TIMER t 600\n\
         AT ONLINE * CANCEL-TIMER t\nAT COMMBAD * START-TIMER quick 0\n",
    );
    place.event("ONBATT", "u");
    place.event("LOWBATT", "u");
    place.wait_for_log("1 [wait] T=LOWBATT U=u M=u LOWBATT");
    place.event("ONLINE", "u");
    assert_eq!(place.timers(), []);
    place.event("COMMBAD", "u");
    place.wait_for_log("1 [quick] T=COMMBAD U=u M=u COMMBAD");
    assert!(!place.log().contains(&"wait is over".to_owned()), "{:#?}", place.log());
    fs::write(place.path("go"), "").unwrap();
    place.wait_for_log("wait is over");
}

#[test]
fn execute_is_done_at_once_in_the_order_of_the_file_and_waited_for() {
    let place = Place::new(
        "AT ONLINE * EXECUTE first\nAT online u EXECUTE second\nAT ONLINE v EXECUTE other\n\
         AT ONLINE \"\" EXECUTE nobody\n",
    );
    place.event("ONLINE", "u");
    let line = |word: &str| format!("1 [{word}] T=ONLINE U=u M=u ONLINE");
    assert_eq!(place.log(), [line("first"), line("second")]);
    assert_eq!(place.processes(), [0; 0], "no daemon is needed");
    let output = run(&mut place.for_event("ONLINE", "", ""));
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(place.log()[2..], ["1 [first] T=ONLINE U= M=none", "1 [nobody] T=ONLINE U= M=none"]);
}

#[test]
fn timers_tell_what_started_them() {
    let place = Place::new(
        "AT ONBATT * START-TIMER-SHARED t 1\nAT LOWBATT * START-TIMER-SHARED t 600\n\
         AT SHUTDOWN * START-TIMER alone 0\n",
    );
    for (kind, ups) in [("ONBATT", "a"), ("ONBATT", "b"), ("LOWBATT", "a")] {
        place.event(kind, ups);
    }
    place.wait_for_log("1 [t] T=ONBATT,LOWBATT U=a,b M=a ONBATT.\tb ONBATT.\ta LOWBATT");
    let output = run(&mut place.for_event("SHUTDOWN", "", ""));
    assert_eq!(output.status.code(), Some(0));
    place.wait_for_log("1 [alone] T=SHUTDOWN U=none M=none");
}

#[test]
fn its_argument_is_one_word_whatever_that_holds() {
    let words = r#"a  b; echo "$HOME" `id` $(id) > x 'c"#;
    let quoted = words.replace('"', "\\\"");
    let place = Place::new(&format!(
        "AT ONLINE * EXECUTE \"{quoted}\"\nAT ONBATT * START-TIMER \"{quoted}\" 0\n\
         AT COMMOK * CANCEL-TIMER t \"{quoted}\"\n"
    ));
    for kind in ["ONLINE", "ONBATT"] {
        place.event(kind, "u");
        place.wait_for_log(&format!("1 [{words}] T={kind} U=u M=u {kind}"));
    }
    place.event("COMMOK", "u");
    place.wait_for_log(&format!("1 [{words}] T=none U=none M=none"));
    assert!(!place.path("x").exists());
}

#[test]
fn the_script_may_have_words_of_its_own() {
    let place = Place::bare();
    let [script, pipe, lock] = ["cmd", "run/pipe", "run/lock"].map(|name| place.path(name));
    place.conf(&format!(
        "CMDSCRIPT \"{} 'my word'\"\nPIPEFN {}\nLOCKFN {}\nAT ONLINE * EXECUTE x\n",
        script.display(),
        pipe.display(),
        lock.display()
    ));
    place.event("ONLINE", "u");
    assert_eq!(place.log(), ["2 [my word] T=ONLINE U=u M=u ONLINE"]);
}

#[test]
fn a_script_that_fails_is_told() {
    let place = Place::new("AT ONLINE * EXECUTE fail\nAT ONLINE * EXECUTE next\n");
    let output = run(&mut place.for_event("ONLINE", "u", "m"));
    assert_eq!(output.status.code(), Some(0));
    let script = place.path("cmd");
    assert_eq!(texts(&output), format!("exec_cmd({} fail) returned 3\n", script.display()));
    assert_eq!(place.log().len(), 2);
}

#[test]
fn with_debugging_the_daemon_goes_on_talking() {
    let place = Place::new("AT ONBATT * START-TIMER fail 0\n");
    let file = fs::File::create(place.path("stderr")).unwrap();
    let mut command = place.command(&["-D", "text"]);
    command.env("NOTIFYTYPE", "ONBATT").env("UPSNAME", "u");
    assert_eq!(run(command.stderr(file)).status.code(), Some(0));
    let said = || fs::read_to_string(place.path("stderr")).unwrap_or_default();
    let all = [
        "Timer daemon started",
        "New timer: fail\t[ONBATT]\t[u]\t[text]\t(will elapse in 0 seconds)",
        "Executing command by timer: fail\t[ONBATT]\t[u]\t[text]",
        "/cmd fail) returned 3",
    ];
    let seen = wait_until(|| all.iter().all(|text| said().contains(text)).then_some(()));
    assert!(seen.is_some(), "{}", said());
}

#[test]
fn the_daemon_lets_go_of_standard_error_wherever_the_log_goes() {
    let place = Place::new("AT ONBATT * START-TIMER t 600\n");
    let mut command = place.for_event("ONBATT", "u", "text");
    // Reads standard error to its end.
    let output = run(command.env("NUT_DEBUG_SYSLOG", "stderr"));
    assert_eq!((output.status.code(), texts(&output)), (Some(0), String::new()));
    place.daemon();
}
