//! SET VAR, INSTCMD and TRACKING, on the client's side and the driver's.

use crate::stage::{Stage, UPS};

fn admin() -> Stage {
    let mut stage = Stage::usual();
    stage.plays("> USERNAME admin\n< OK\n> PASSWORD \"se cret\"\n< OK");
    stage
}

#[test]
fn checks_of_set_in_order() {
    let mut stage = admin();
    stage.driver_says(&["SETINFO ups.noaux x", "SETFLAGS ups.noaux RW STRING"]);
    for (request, error) in [
        ("SET VAR x ups.id y", "UNKNOWN-UPS"),
        ("SET VAR u no.such y", "VAR-NOT-SUPPORTED"),
        ("SET VAR u server.info y", "VAR-NOT-SUPPORTED"),
        ("SET VAR u battery.charge y", "READONLY"),
        ("SET VAR u ups.noaux y", "SET-FAILED"),
        ("SET VAR u ups.id 123456789", "TOO-LONG"),
        ("SET VAR u input.transfer.low 175", "INVALID-VALUE"),
        ("SET VAR u ups.delay 40", "INVALID-VALUE"),
        ("SET VAR u ups.delay 20x", "INVALID-VALUE"),
        ("SET VAR u ups.id", "INVALID-ARGUMENT"),
    ] {
        stage.plays(&format!("> {request}\n< ERR {error}"));
    }
    stage.plays("log UPS [u]: auxdata for ups.noaux is invalid");
}

#[test]
fn accepted_values_reach_the_driver_encoded() {
    let mut stage = admin();
    stage.driver_says(&["ADDENUM ups.id \"x \\\"y\\\"\"", "ADDENUM ups.id \"\""]);
    stage.plays(
        r##"
        > SET VAR u ups.id "x \"y\"" more
        < OK
        drv< SET ups.id "x \"y\""
        log Set variable: admin@10.0.0.1 set ups.id on u to x "y" (tracking ID: disabled)
        > SET VAR U Ups.Id ""
        < OK
        drv< SET Ups.Id ""
        > SET VAR u ups.delay 20.5
        < OK
        drv< SET ups.delay "20.5"
        > SET VAR u input.transfer.low 170
        < OK
        drv< SET input.transfer.low "170"
        "##,
    );
}

#[test]
fn longest_values_are_sent_whole() {
    let mut stage = admin();
    stage.driver_says(&["SETAUX ups.id 600"]);
    let value = "\\\"".repeat(512);
    stage.plays(&format!("> SET VAR u ups.id \"{value}\"\n< OK\ndrv< SET ups.id \"{value}\""));
}

#[test]
fn commands_and_their_parameters() {
    admin().plays(
        r##"
        > INSTCMD u load.off
        < OK
        drv< INSTCMD load.off
        log Instant command: admin@10.0.0.1 did load.off on u (tracking ID: disabled)
        > INSTCMD u LOAD.off "20 30"
        < OK
        drv< INSTCMD LOAD.off "20 30"
        log Instant command: admin@10.0.0.1 did LOAD.off with value 20 30 on u (tracking ID: disabled)
        > INSTCMD u load.off ""
        < OK
        drv< INSTCMD load.off ""
        > INSTCMD u load.off TRACKING
        < OK
        drv< INSTCMD load.off "TRACKING"
        > INSTCMD u load.off a b
        < OK
        drv< INSTCMD load.off
        > INSTCMD u no.such
        < ERR CMD-NOT-SUPPORTED
        > INSTCMD x load.off
        < ERR UNKNOWN-UPS
        "##,
    );
}

#[test]
fn rights_are_asked_after_availability() {
    let mut stage = Stage::usual();
    stage.plays("> USERNAME tester\n< OK\n> PASSWORD try\n< OK");
    stage.plays(
        "
        > SET VAR u no.such x
        < ERR ACCESS-DENIED
        > INSTCMD u load.off
        < ERR ACCESS-DENIED
        > INSTCMD u no.such
        < ERR CMD-NOT-SUPPORTED
        > INSTCMD u test.battery.start
        < OK
        drv> DATASTALE
        > SET VAR u ups.id x
        < ERR DATA-STALE
        > INSTCMD u load.off
        < ERR DATA-STALE
        drv gone
        > SET VAR u ups.id x
        < ERR DRIVER-NOT-CONNECTED
        > INSTCMD u load.off
        < ERR DRIVER-NOT-CONNECTED
        ",
    );
}

#[test]
fn tracking_from_request_to_outcome() {
    admin().plays(
        "
        > SET TRACKING maybe
        < ERR INVALID-ARGUMENT
        > SET TRACKING on extra
        < OK
        > GET TRACKING
        < ON
        > SET VAR u ups.id x
        < OK TRACKING ID-1
        drv< SET ups.id \"x\" TRACKING ID-1
        > GET TRACKING id-1
        < PENDING
        drv> TRACKING ID-1 0
        log tracking ID: ID-1\tresult: SUCCESS
        > GET TRACKING ID-1
        < SUCCESS
        > INSTCMD u load.off 5
        < OK TRACKING ID-2
        drv< INSTCMD load.off \"5\" TRACKING ID-2
        drv> TRACKING ID-2 3
        > GET TRACKING ID-2
        < ERR FAILED
        drv> TRACKING ID-2 2
        > GET TRACKING ID-2
        < ERR INVALID-ARGUMENT
        drv> TRACKING ID-2 abc
        > GET TRACKING ID-2
        < ERR UNKNOWN
        > GET TRACKING ID-9
        < ERR UNKNOWN
        > SET TRACKING OFF
        < OK
        > GET TRACKING ID-1
        < ERR FEATURE-NOT-CONFIGURED
        ",
    );
}

#[test]
fn outcomes_are_forgotten_in_time() {
    let mut stage = Stage::new("TRACKINGDELAY 10\n", UPS);
    stage.plays("drv up\nwait 1\ndrv< DUMPALL");
    stage.driver_says(crate::stage::DUMP);
    stage.plays(
        "
        > USERNAME admin
        < OK
        > PASSWORD \"se cret\"
        < OK
        > SET TRACKING ON
        < OK
        > INSTCMD u load.off
        < OK TRACKING ID-1
        drv> TRACKING ID-1 0
        wait 10
        > GET TRACKING ID-1
        < SUCCESS
        wait 1
        > GET TRACKING ID-1
        < ERR UNKNOWN
        ",
    );
}

#[test]
fn a_driver_that_takes_all_and_says_nothing_is_left() {
    let mut stage = admin();
    let request = format!("SET VAR u ups.id \"{}\"\n", "x".repeat(8)).repeat(200);
    let mut failed = false;
    for _ in 0..50 {
        stage.client_says('a', request.as_bytes());
        failed |= stage.take_lines('a').iter().any(|line| line == "ERR SET-FAILED");
    }
    assert!(failed);
    stage.plays("log Send to UPS [u] failed");
    stage.plays("log Set command send failed");
    stage.plays("> GET VAR u ups.id\n< ERR DRIVER-NOT-CONNECTED");
}
