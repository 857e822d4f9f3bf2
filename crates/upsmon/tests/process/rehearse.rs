//! `upsmon -c rehearse`: told to the end, and nothing done.

use crate::house::{House, stderr, stdout};
use crate::server::Server;

#[test]
fn the_way_down_is_told_and_not_gone() {
    let (house, server) = (House::new(), Server::start());
    let (ups, other) = (server.ups("u"), server.ups("v"));
    server.set("v", "OL");
    server.others(2);
    house.watch(&format!(
        "MONITOR {ups} 1 mon secret primary\nMONITOR {other} 1 mon secret secondary\n\
         SHUTDOWNIF {ups} onbattery FOR 600\nMINSUPPLIES 2"
    ));
    let output = house.run(&["-c", "rehearse"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    let told = stdout(&output);
    let root = house.path("bin/down").display().to_string();
    let mut rest = told.as_str();
    for step in [
        "logged in besides this host: 192.0.2.1, 192.0.2.2",
        "mains power fails",
        "critical 600 s after the last good poll",
        "its primary sets FSD",
        "1 of 2 supplies left: this host has to go down",
        "this host asks for FSD",
        "waits up to 5 s for 2 other login(s)",
        "there now: 192.0.2.1, 192.0.2.2",
        "order: write ",
        &format!("order: run {root}"),
        "This host would begin to go down ",
    ] {
        rest = rest.split_once(step).unwrap_or_else(|| panic!("{step} in {told}")).1;
    }
    let mut heard = server.heard();
    heard.sort();
    let expected =
        ["LIST CLIENT u", "LIST CLIENT v", "LIST VAR u", "LIST VAR v", "LOGOUT", "LOGOUT"];
    assert_eq!(heard, expected, "reads only");
    assert_eq!(house.story(), Vec::<String>::new());
    assert!(!house.path("killpower").exists() && !house.path("run/upsmon.pid").exists());
}

#[test]
fn what_cannot_be_asked_or_started_is_a_failure() {
    let (house, server) = (House::new(), Server::start());
    house.watch(&format!("MONITOR {} 1 mon secret primary", server.ups("none")));
    let output = house.run(&["-c", "rehearse"]);
    assert_eq!(output.status.code(), Some(1));
    let told = stdout(&output);
    assert!(told.contains("could not be asked: Unknown UPS\n"), "{told}");
    assert!(told.contains("order: run"), "told all the same: {told}");
    house.watch("MINSUPPLIES 3");
    let output = house.run(&["-c", "rehearse"]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "Nothing can be rehearsed: total power value (0) less than MINSUPPLIES (3)\n";
    assert_eq!(stderr(&output), expected);
}
