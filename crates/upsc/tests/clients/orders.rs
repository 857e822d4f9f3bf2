//! upscmd and upsrw giving orders.

use crate::script::{CLOSE, Ended, Lines, Script, fails, run};

const UPSCMD: &str = env!("CARGO_BIN_EXE_upscmd");
const UPSRW: &str = env!("CARGO_BIN_EXE_upsrw");

const ID: &str = "2DDC5036-F665-4D29-BE4C-0374D091D263";

const SERVER: Lines = &[
    ("USERNAME admin", "OK\n"),
    ("PASSWORD \"pass \\\"word\\\"\"", "OK\n"),
    ("PASSWORD x", "OK\n"),
    ("INSTCMD u load.off", "OK\n"),
    ("INSTCMD u load.off \"20 30\"", "OK\n"),
    ("INSTCMD u refused.cmd", "ERR ACCESS-DENIED\n"),
    ("INSTCMD u gone.cmd", CLOSE),
    ("SET VAR u a.b \"\"", "OK\n"),
    ("SET VAR u a.b \"1=2 \\# \\\"3\\\"\"", "OK\n"),
];

const TRACKING: Lines = &[
    ("USERNAME admin", "OK\n"),
    ("PASSWORD x", "OK\n"),
    ("SET TRACKING ON", "OK\n"),
    ("INSTCMD u good.cmd", "OK TRACKING 2DDC5036-F665-4D29-BE4C-0374D091D263\n"),
    ("GET TRACKING 2DDC5036-F665-4D29-BE4C-0374D091D263", "SUCCESS\n"),
    ("INSTCMD u bad.cmd", "OK TRACKING bad\n"),
    ("GET TRACKING bad", "ERR FAILED\n"),
    ("INSTCMD u slow.cmd", "OK TRACKING slow\n"),
    ("GET TRACKING slow", "PENDING\n"),
    ("INSTCMD u plain.cmd", "OK\n"),
];

const OK: &str = "OK\nWARNING: 'OK' only means the NUT data server accepted
the request as valid, but as we did not wait for result,
we do not know if it was handled in fact.
You can export NUT_QUIET_OK_NOTRACKING=true to hide this message,
or use -w [-t SEC] option(s) to track the actual outcome.\n";

/// Success, told on standard error as NUT does.
fn told(err: &str) -> Ended {
    Ended { code: 0, out: String::new(), err: err.to_owned() }
}

/// The server's lines from the first that begins so, without the farewell.
fn heard_from(server: &Script, first: &str) -> Vec<String> {
    let heard = server.heard();
    heard.into_iter().skip_while(|l| !l.starts_with(first)).filter(|l| l != "LOGOUT").collect()
}

#[test]
fn an_accepted_order_is_ok_with_a_warning() {
    let server = Script::start(SERVER);
    let ups = server.ups("u");
    let ended = run(UPSCMD, &["-u", "admin", "-p", "pass \"word\"", &ups, "load.off"], "");
    assert_eq!(ended, told(OK));
    let expected = ["USERNAME admin", "PASSWORD \"pass \\\"word\\\"\"", "INSTCMD u load.off"];
    assert_eq!(heard_from(&server, "USERNAME"), expected);
    let ended = run(UPSCMD, &["-u", "admin", "-p", "x", &ups, "load.off", "20 30"], "");
    assert_eq!(ended, told(OK));
}

#[test]
fn refusals_show_the_servers_line() {
    let server = Script::start(SERVER);
    let ups = server.ups("u");
    let cmd = |cmd| run(UPSCMD, &["-u", "admin", "-p", "x", &ups, cmd], "");
    let refused = "Unexpected response from upsd: ERR ACCESS-DENIED\n";
    assert_eq!(cmd("refused.cmd"), fails(refused));
    let old = "Error: old command names are not supported\n";
    assert_eq!(run(UPSCMD, &[&ups, "nodot"], ""), fails(old), "nobody is asked for a name");
    assert_eq!(cmd("gone.cmd"), fails("Instant command failed: Server disconnected\n"));
    let ended = run(UPSCMD, &["-u", "other", "-p", "x", &ups, "load.off"], "");
    assert_eq!(ended, fails("Set username failed: Unknown command\n"));
    let ended = run(UPSCMD, &["-w", "-u", "admin", "-p", "x", &ups, "load.off"], "");
    let text = "Enabling command status tracking failed. upsd answered: ERR UNKNOWN-COMMAND\n";
    assert_eq!(ended, fails(text));
    let ended = run(UPSRW, &["-w", "-s", "a.b=1", "-u", "admin", "-p", "x", &ups], "");
    let text = "Enabling set variable status tracking failed. upsd answered: ERR UNKNOWN-COMMAND\n";
    assert_eq!(ended, fails(text));
}

#[test]
fn the_outcome_decides_how_a_tracked_order_ends() {
    let server = Script::start(TRACKING);
    let ups = server.ups("u");
    let cmd = |cmd| run(UPSCMD, &["-w", "-t", "1", "-u", "admin", "-p", "x", &ups, cmd], "");
    assert_eq!(cmd("good.cmd"), told("SUCCESS\n"));
    assert!(server.heard().contains(&format!("GET TRACKING {ID}")));
    assert_eq!(cmd("bad.cmd"), fails("ERR FAILED\n"));
    assert_eq!(cmd("plain.cmd"), told(OK));
    assert_eq!(cmd("slow.cmd"), fails("Can't receive status tracking information: timeout\n"));
    let ended = run(UPSCMD, &["-t", "1x", &ups, "good.cmd"], "");
    let text = "Could not convert the provided value for timeout ('-t' option) to unsigned int: \
                Invalid argument\n";
    assert_eq!(ended, fails(text));
}

#[test]
fn values_are_set_as_they_are_written() {
    let server = Script::start(SERVER);
    let ups = server.ups("u");
    let set = |what| run(UPSRW, &["-s", what, "-u", "admin", "-p", "x", &ups], "");
    assert_eq!(set("a.b=1=2 # \"3\""), told(OK));
    assert_eq!(set("a.b="), told(OK));
    assert_eq!(set("ab=1"), fails("Error: old variable names are not supported\n"));
}

#[test]
fn what_is_missing_is_asked_for() {
    let server = Script::start(SERVER);
    let ups = server.ups("u");
    let asked = run(UPSRW, &["-s", "a.b", "-p", "x", &ups], "admin\n\n");
    assert_eq!((asked.code, asked.err.as_str()), (0, OK));
    assert!(asked.out.starts_with("Username ("), "{}", asked.out);
    assert!(asked.out.ends_with("): Enter new value for a.b: "), "{}", asked.out);
    assert_eq!(server.heard()[2], "SET VAR u a.b \"\"");
}

#[test]
fn no_answer_sets_nothing() {
    let server = Script::start(SERVER);
    let ups = server.ups("u");
    let ended = run(UPSRW, &["-s", "a.b", "-u", "admin", "-p", "x", &ups], "");
    let err = "Error reading from stdin!\n".to_owned();
    assert_eq!(ended, Ended { code: 1, out: "Enter new value for a.b: ".to_owned(), err });
    assert!(server.heard().iter().all(|line| !line.starts_with("SET")));
    let ended = run(UPSCMD, &["-p", "x", &ups, "load.off"], "");
    assert_eq!((ended.code, ended.err.as_str()), (1, "Error reading from stdin!\n"));
}

#[test]
fn a_later_l_takes_a_setting_back() {
    let server = Script::start(&[("LIST RW u", "BEGIN LIST RW u\nEND LIST RW u\n")]);
    let ended = run(UPSRW, &["-s", "a.b=1", "-l", &server.ups("u")], "");
    let text = "Listing mode requested, overriding setvar specified earlier!\n";
    assert_eq!(ended, told(text));
    assert_eq!(server.heard(), ["LIST RW u", "LOGOUT"]);
}
