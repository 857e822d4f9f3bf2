//! upsc, and the lists of upscmd and upsrw.

use crate::script::{CLOSE, Ended, Lines, SILENCE, Script, fails, run, says};
use std::net::TcpListener;

const UPSC: &str = env!("CARGO_BIN_EXE_upsc");
const UPSCMD: &str = env!("CARGO_BIN_EXE_upscmd");
const UPSRW: &str = env!("CARGO_BIN_EXE_upsrw");

const SERVER: Lines = &[
    ("LIST UPS", "BEGIN LIST UPS\nUPS b \"A \\\"desc\\\"\"\nUPS a \"\"\nEND LIST UPS\n"),
    (
        "LIST VAR u",
        "BEGIN LIST VAR u\nVAR u ups.load \"\"\nVAR u ups.status \"OL\"\nEND LIST VAR u\n",
    ),
    ("LIST VAR none", "BEGIN LIST VAR none\nEND LIST VAR none\n"),
    ("LIST VAR stale", "ERR DATA-STALE\n"),
    ("LIST VAR cut", "BEGIN LIST VAR cut\nVAR cut ups.load \"1\"\nERR DRIVER-NOT-CONNECTED\n"),
    ("LIST VAR gone", CLOSE),
    ("LIST VAR \"my ups\"", "BEGIN LIST VAR \"my ups\"\nEND LIST VAR \"my ups\"\n"),
    ("LIST CLIENT u", "BEGIN LIST CLIENT u\nCLIENT u ::1\nCLIENT u 10.0.0.1\nEND LIST CLIENT u\n"),
    ("GET VAR u ups.status", "VAR u ups.status \"OL \\\"x\\\"\"\n"),
    ("GET VAR u short.row", "VAR u short.row\n"),
    ("GET VAR u other.row", "VAR u another.row \"1\"\n"),
    ("LIST CMD u", "BEGIN LIST CMD u\nCMD u load.off\nCMD u load.on\nEND LIST CMD u\n"),
    ("GET CMDDESC u load.off", "CMDDESC u load.off \"Turn off\"\n"),
    ("LIST RW u", "BEGIN LIST RW u\nRW u a.text \"t\"\nRW u a.range \"5\"\nEND LIST RW u\n"),
    ("GET DESC u a.text", "DESC u a.text \"A text\"\n"),
    ("GET TYPE u a.text", "TYPE u a.text RW STRING:8\n"),
    ("GET TYPE u a.range", "TYPE u a.range RW RANGE NUMBER\n"),
    (
        "LIST RANGE u a.range",
        "BEGIN LIST RANGE u a.range\nRANGE u a.range \"1\" \"9\"\nEND LIST RANGE u a.range\n",
    ),
];

#[test]
fn lists_of_upses() {
    let server = Script::start(SERVER);
    let host = server.host();
    assert_eq!(run(UPSC, &["-l", &host], ""), says("b\na\n"));
    assert_eq!(run(UPSC, &["-L", &host], ""), says("b: A \"desc\"\na: \n"));
    assert_eq!(run(UPSC, &["-j", "-l", &host], ""), says("[\n  \"b\",\n  \"a\"\n]\n"));
    let described = "{\n  \"b\": \"A \\\"desc\\\"\",\n  \"a\": \"\"\n}\n";
    assert_eq!(run(UPSC, &["-jL", &host], ""), says(described));
}

#[test]
fn variables_and_clients() {
    let server = Script::start(SERVER);
    let ups = server.ups("u");
    assert_eq!(run(UPSC, &[&ups], ""), says("ups.load: \nups.status: OL\n"));
    assert_eq!(run(UPSC, &[&server.ups("none")], ""), says(""));
    assert_eq!(run(UPSC, &[&server.ups("my ups")], ""), says(""));
    assert_eq!(run(UPSC, &[&ups, "ups.status", "extra"], ""), says("OL \"x\"\n"));
    assert_eq!(run(UPSC, &["-j", &ups, "ups.status"], ""), says("\"OL \\\"x\\\"\"\n"));
    assert_eq!(run(UPSC, &["-c", &ups], ""), says("::1\n10.0.0.1\n"));
    assert!(server.heard().iter().all(|line| line != "STARTTLS"));
    assert_eq!(server.heard().iter().filter(|line| *line == "LOGOUT").count(), 6);
}

#[test]
fn failures_end_with_one_and_say_why() {
    let server = Script::start(SERVER);
    let upsc = |args: &[&str]| run(UPSC, args, "");
    let ups = server.ups("u");
    assert_eq!(upsc(&[&server.ups("stale")]), fails("Error: Data stale\n"));
    assert_eq!(upsc(&[&server.ups("gone")]), fails("Error: Server disconnected\n"));
    assert_eq!(upsc(&[&server.ups("x")]), fails("Error: upsd is too old to support this query\n"));
    assert_eq!(upsc(&[&ups, "other.row"]), fails("Error: Protocol error\n"));
    let old = "Error: old-style variable names are not supported\n";
    assert_eq!(upsc(&[&ups, "nodot"]), fails(old));
    let old = "Error: variable unknown (old upsd detected)\n";
    assert_eq!(upsc(&[&ups, "no.such"]), fails(old));
    let short = "Error: insufficient data (got 3 args, need at least 4)\n";
    assert_eq!(upsc(&[&ups, "short.row"]), fails(short));
}

#[test]
fn a_list_that_breaks_off_is_no_list() {
    let server = Script::start(SERVER);
    let ups = server.ups("cut");
    assert_eq!(run(UPSC, &[&ups], ""), fails("Error: Driver not connected\n"));
    let json = "{\n  \"error\": \"Driver not connected\"\n}\n".to_owned();
    let err = "Error: Driver not connected\n".to_owned();
    assert_eq!(run(UPSC, &["-j", &ups], ""), Ended { code: 1, out: json, err });
}

#[test]
fn a_silent_server_is_given_up_and_not_asked_again() {
    let server = Script::start(&[("LIST UPS", SILENCE)]);
    assert_eq!(run(UPSC, &["-l", &server.host()], ""), fails("Error: Server disconnected\n"));
    assert_eq!(server.heard(), ["LIST UPS"]);
}

#[test]
fn a_port_nobody_listens_on_refuses() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ups = format!("u@127.0.0.1:{port}");
    let err = "Error: Connection failure: Connection refused\n";
    assert_eq!(run(UPSC, &[&ups], ""), fails(err));
    let out = "{\"error\": \"Connection failure: Connection refused\"}\n".to_owned();
    let ended = Ended { code: 1, out, err: err.to_owned() };
    assert_eq!(run(UPSC, &["-j", &ups], ""), ended);
    let warning = "upscli_init_default_connect_timeout: cli_secs='abc' value was not recognized, \
                   ignored\n";
    assert_eq!(run(UPSC, &["-W", "abc", &ups], ""), fails(&format!("{warning}{err}")));
}

#[test]
fn names_that_cannot_be_meant() {
    let form = "Error: invalid UPS definition.\nRequired format: upsname[@hostname[:port]]\n";
    assert_eq!(run(UPSC, &[], ""), fails(form));
    let first = "upscli_splitname: port specified, but not a hostname\n";
    assert_eq!(run(UPSC, &["u:1"], ""), fails(&format!("{first}{form}")));
    let host = "upscli_splitaddr: no port number specified after ':' separator\n\
                Error: invalid hostname.\nRequired format: [hostname[:port]]\n";
    assert_eq!(run(UPSC, &["-l", "h:x"], ""), fails(host));
    let line = "Error: invalid UPS definition.  Required format: upsname[@hostname[:port]]\n";
    for args in [["-l", "u:1"], ["u:1", "load.off"]] {
        assert_eq!(run(UPSCMD, &args, ""), fails(&format!("{first}{line}")));
    }
    assert_eq!(run(UPSRW, &["u:1"], ""), fails(&format!("{first}{line}")));
}

#[test]
fn help_version_and_unknown_options() {
    for (program, path) in [("upsc", UPSC), ("upscmd", UPSCMD), ("upsrw", UPSRW)] {
        let banner = format!("Network UPS Tools {program} 2.8.5 release\n");
        assert_eq!(run(path, &["-V"], ""), says(&banner));
        let help = run(path, &["-h"], "");
        assert!(help.code == 0 && help.err.is_empty() && help.out.starts_with(&banner));
        let unknown = run(path, &["-z"], "");
        assert_eq!((unknown.code, unknown.out), (0, help.out));
        assert_eq!(unknown.err, format!("{path}: invalid option -- 'z'\n"));
    }
}

#[test]
fn commands_are_listed_with_what_is_known_of_them() {
    let server = Script::start(SERVER);
    let text = "Instant commands supported on UPS [u]:\n\nload.off - Turn off\nload.on\n";
    assert_eq!(run(UPSCMD, &["-l", &server.ups("u")], ""), says(text));
    let err = "Error: Unknown command\n";
    assert_eq!(run(UPSCMD, &["-l", &server.ups("x")], ""), fails(err));
}

#[test]
fn writable_variables_are_listed_with_their_choices() {
    let server = Script::start(SERVER);
    let text = "[a.text]\nA text\nType: STRING\nMaximum length: 8\nValue: t\n\n\
                [a.range]\nDescription unavailable\nType: RANGE NUMBER\nOption: \"1-9\" SELECTED\n\n";
    assert_eq!(run(UPSRW, &[&server.ups("u")], ""), says(text));
    assert_eq!(run(UPSRW, &["-l", &server.ups("u")], ""), says(text));
}
