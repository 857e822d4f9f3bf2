//! Identification, GET, LIST, and the errors of all of them.

use crate::stage::{Stage, UPS};

#[test]
fn identification() {
    Stage::usual().plays(
        "
        > VER
        < Network UPS Tools upsd 2.8.5 - https://www.networkupstools.org/historic/v2.8.5/index.html
        > netver
        < 1.3
        > \"PROTVER\"
        < 1.3
        > HELP
        < Commands: HELP VER PROTVER GET LIST SET INSTCMD LOGIN LOGOUT USERNAME PASSWORD STARTTLS
        > STARTTLS please
        < ERR FEATURE-NOT-CONFIGURED
        > VER x
        < ERR INVALID-ARGUMENT
        ",
    );
}

#[test]
fn no_command_at_all() {
    let mut stage = Stage::usual();
    for line in ["", " ", "# remark", "FOO", "REQ x", "=", "\"\"", "\r"] {
        stage.client_says('a', format!("{line}\n").as_bytes());
        assert_eq!(stage.take_lines('a'), ["ERR UNKNOWN-COMMAND"], "{line:?}");
    }
}

#[test]
fn get_answers_in_the_clients_spelling() {
    Stage::usual().plays(
        r##"
        > GET VAR u battery.charge
        < VAR u battery.charge "90"
        > get var U Battery.Charge extra
        < VAR U Battery.Charge "90"
        > GET VAR u ups.id
        < VAR u ups.id "a \"b\" \# \\"
        > GET TYPE u ups.id
        < TYPE u ups.id RW STRING:8
        > GET TYPE u input.transfer.low
        < TYPE u input.transfer.low RW ENUM NUMBER
        > GET TYPE u ups.delay
        < TYPE u ups.delay RW RANGE NUMBER
        > GET TYPE u ups.status
        < TYPE u ups.status NUMBER
        > GET DESC u ups.status
        < DESC u ups.status "UPS \"status\""
        > GET DESC u "foo bar"
        < DESC u "foo bar" "Description unavailable"
        > GET CMDDESC u LOAD.off
        < CMDDESC u LOAD.off "Turn off"
        > GET CMDDESC u nothing
        < CMDDESC u nothing "Description unavailable"
        > GET UPSDESC U
        < UPSDESC U "Server room \"A\""
        > GET NUMLOGINS u
        < NUMLOGINS u 0
        > GET TRACKING
        < OFF
        "##,
    );
}

#[test]
fn the_server_answers_for_itself() {
    Stage::usual().plays(
        "
        > GET VAR nobody Server.Version
        < VAR nobody server.version \"2.8.5\"
        > GET VAR \"a b\" server.version
        < VAR \"a b\" server.version \"2.8.5\"
        > GET VAR u server.info
        < VAR u server.info \"Network UPS Tools upsd 2.8.5 - https://www.networkupstools.org/historic/v2.8.5/index.html\"
        > GET VAR u server.other
        < ERR VAR-NOT-SUPPORTED
        > GET TYPE u server.info
        < ERR VAR-NOT-SUPPORTED
        ",
    );
}

#[test]
fn errors_of_get() {
    let mut stage = Stage::usual();
    for (request, error) in [
        ("GET", "INVALID-ARGUMENT"),
        ("GET NUMLOGINS", "INVALID-ARGUMENT"),
        ("GET FOO u v", "INVALID-ARGUMENT"),
        ("GET VAR u", "INVALID-ARGUMENT"),
        ("GET VAR x battery.charge", "UNKNOWN-UPS"),
        ("GET VAR u no.such", "VAR-NOT-SUPPORTED"),
        ("GET TYPE u no.such", "VAR-NOT-SUPPORTED"),
        ("GET DESC x ups.status", "UNKNOWN-UPS"),
        ("GET CMDDESC x load.off", "UNKNOWN-UPS"),
        ("GET NUMLOGINS x", "UNKNOWN-UPS"),
        ("GET UPSDESC x", "UNKNOWN-UPS"),
        ("GET TRACKING ID-1", "FEATURE-NOT-CONFIGURED"),
    ] {
        stage.plays(&format!("> {request}\n< ERR {error}"));
    }
}

#[test]
fn lists_are_framed_by_the_query() {
    Stage::usual().plays(
        r##"
        > LIST UPS extra
        < BEGIN LIST UPS
        < UPS u "Server room \"A\""
        < END LIST UPS
        > list var U
        < BEGIN LIST VAR U
        < VAR U battery.charge "90"
        < VAR U input.transfer.low "180"
        < VAR U ups.delay "20"
        < VAR U ups.id "a \"b\" \# \\"
        < VAR U ups.status "OL"
        < END LIST VAR U
        > LIST RW u
        < BEGIN LIST RW u
        < RW u input.transfer.low "180"
        < RW u ups.delay "20"
        < RW u ups.id "a \"b\" \# \\"
        < END LIST RW u
        > LIST CMD u
        < BEGIN LIST CMD u
        < CMD u load.off
        < CMD u test.battery.start
        < END LIST CMD u
        > LIST ENUM u Input.transfer.low
        < BEGIN LIST ENUM u Input.transfer.low
        < ENUM u Input.transfer.low "170"
        < ENUM u Input.transfer.low "180"
        < END LIST ENUM u Input.transfer.low
        > LIST RANGE u ups.delay
        < BEGIN LIST RANGE u ups.delay
        < RANGE u ups.delay "10" "30"
        < RANGE u ups.delay "50" "60"
        < END LIST RANGE u ups.delay
        > LIST ENUM u ups.status
        < BEGIN LIST ENUM u ups.status
        < END LIST ENUM u ups.status
        > LIST CLIENT u
        < BEGIN LIST CLIENT u
        < END LIST CLIENT u
        "##,
    );
}

#[test]
fn errors_of_list() {
    let mut stage = Stage::usual();
    for (request, error) in [
        ("LIST", "INVALID-ARGUMENT"),
        ("LIST VAR", "INVALID-ARGUMENT"),
        ("LIST CLIENTS u", "INVALID-ARGUMENT"),
        ("LIST ENUM u", "INVALID-ARGUMENT"),
        ("LIST VAR x", "UNKNOWN-UPS"),
        ("LIST RW x", "UNKNOWN-UPS"),
        ("LIST CMD x", "UNKNOWN-UPS"),
        ("LIST CLIENT x", "UNKNOWN-UPS"),
        ("LIST ENUM u no.such", "VAR-NOT-SUPPORTED"),
        ("LIST RANGE x y", "UNKNOWN-UPS"),
        ("LIST RANGE u no.such", "VAR-NOT-SUPPORTED"),
    ] {
        stage.plays(&format!("> {request}\n< ERR {error}"));
    }
}

#[test]
fn a_kept_list_follows_every_change() {
    let mut stage = Stage::usual();
    let list = |stage: &mut Stage| {
        stage.client_says('a', b"LIST VAR u\nLIST CMD u\nLIST RW u\n");
        stage.take_lines('a').join("\n")
    };
    let first = list(&mut stage);
    assert_eq!(list(&mut stage), first);
    for (line, seen) in [
        ("SETINFO battery.charge 55", "VAR u battery.charge \"55\""),
        ("SETINFO battery.charge \"fifty\"", "VAR u battery.charge \"fifty\""),
        ("SETINFO battery.charge \"FIFTY\"", "VAR u battery.charge \"FIFTY\""),
        ("SETFLAGS battery.charge RW", "RW u battery.charge \"FIFTY\""),
        ("ADDCMD load.on", "CMD u load.on"),
    ] {
        stage.driver_says(&[line]);
        assert!(list(&mut stage).contains(seen), "{line}");
    }
    stage.driver_says(&["DELINFO battery.charge", "DELCMD load.on"]);
    let last = list(&mut stage);
    assert!(!last.contains("battery.charge") && !last.contains("load.on"), "{last}");
}

#[test]
fn long_values_are_served_whole() {
    let mut stage = Stage::usual();
    let value = "\\\"".repeat(250);
    stage.driver_says(&[&format!("SETINFO ups.test.result \"{value}\"")]);
    stage.client_says('a', b"GET VAR u ups.test.result\n");
    assert_eq!(stage.take_lines('a'), [format!("VAR u ups.test.result \"{value}\"")]);
}

#[test]
fn without_a_driver_only_what_needs_none() {
    Stage::new("", UPS).plays(
        "
        log Can't connect to UPS [u] (/run/nut/d-u): No such file
        > LIST VAR u
        < ERR DRIVER-NOT-CONNECTED
        > GET VAR u ups.status
        < ERR DRIVER-NOT-CONNECTED
        > GET DESC u ups.status
        < ERR DRIVER-NOT-CONNECTED
        > GET NUMLOGINS u
        < ERR DRIVER-NOT-CONNECTED
        > GET UPSDESC u
        < UPSDESC u \"Server room \\\"A\\\"\"
        > LIST CLIENT u
        < BEGIN LIST CLIENT u
        < END LIST CLIENT u
        > LIST UPS
        < BEGIN LIST UPS
        < UPS u \"Server room \\\"A\\\"\"
        < END LIST UPS
        ",
    );
}

#[test]
fn missing_descriptions_have_their_own_words() {
    Stage::new("", "[plain]\ndriver = d\nport = p\n").plays(
        "
        > LIST UPS
        < BEGIN LIST UPS
        < UPS plain \"Description unavailable\"
        < END LIST UPS
        > GET UPSDESC plain
        < UPSDESC plain \"Unavailable\"
        ",
    );
}
