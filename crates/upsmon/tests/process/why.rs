//! `upsmon --why`: the story of what a real upsmon did.

use crate::house::{House, kill, stderr, stdout};
use crate::server::Server;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

/// A house whose monitor can keep its record.
fn house() -> House {
    let house = House::new();
    fs::set_permissions(house.path("run"), Permissions::from_mode(0o777)).unwrap();
    house
}

/// What `--why` tells, without the columns.
fn why(house: &House, words: &[&str]) -> String {
    let output = house.run(&[&["--why"], words].concat());
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    stdout(&output)
}

fn in_order(told: &str, steps: &[&str]) {
    let mut rest = told;
    for step in steps {
        rest = rest.split_once(step).unwrap_or_else(|| panic!("{step:?} in {told}")).1;
    }
}

#[test]
fn an_outage_is_told_with_rules_lines_samples_and_orders() {
    let (house, server) = (house(), Server::start());
    let ups = server.ups("u");
    server.set_variable("battery.charge", "30");
    house.watch(&format!(
        "MONITOR {ups} 1 mon secret primary\nSHUTDOWNIF {ups} battery.charge < 40"
    ));
    let mut upsmon = house.begin(&[]);
    server.wait_for("GET VAR u ups.status", 1);
    server.set("u", "OB DISCHRG");
    assert_eq!(upsmon.end(), Some(0), "{}", upsmon.log());
    let told = why(&house, &[]);
    let conf = house.path("etc/upsmon.conf").display().to_string();
    in_order(
        &told,
        &[
            "The last outage. Times are local time",
            &format!("UPS {ups} on battery"),
            "ups.status [OB DISCHRG]",
            "critical: on battery and past a threshold",
            &format!("by SHUTDOWNIF {ups} battery.charge < 40 ({conf} line "),
            "[OB DISCHRG] battery.charge=30",
            "0 of 1 supplies left: this host has to go down",
            "by MINSUPPLIES (default)",
            "this host asks for FSD",
            "FSD is set",
            "by this host",
            "nobody else is logged in",
            "order: write ",
            "order: run ",
            "power down flag: done",
            "shutdown command: done",
            "upsmon ends with status 0",
            "This host was told to go down.",
        ],
    );
    assert!(!told.contains("begins to watch"), "it began before the outage: {told}");
    in_order(&why(&house, &["all"]), &["upsmon begins to watch", "on battery", "upsmon ends"]);
    in_order(&why(&house, &["shutdown"]), &["The last shutdown", "on battery", "upsmon ends"]);
}

#[test]
fn who_set_fsd_is_told_and_a_later_outage_hides_no_shutdown() {
    let (house, server) = (house(), Server::start());
    house.watch(&format!("MONITOR {} 1 mon secret secondary", server.ups("u")));
    let mut upsmon = house.begin(&[]);
    server.wait_for("GET VAR u ups.status", 1);
    server.set("u", "FSD OL");
    assert_eq!(upsmon.end(), Some(0), "{}", upsmon.log());
    let steps =
        ["forced shutdown in progress", "set by its primary or at its server, not by this upsmon"];
    in_order(&why(&house, &[]), &steps);
    server.set("u", "OL");
    let mut upsmon = house.begin(&[]);
    for (status, kind) in [("OB", "ONBATT"), ("OL", "ONLINE")] {
        server.set("u", status);
        house.wait_for_words(&[kind]);
    }
    assert_eq!(house.run(&["-c", "stop"]).status.code(), Some(0));
    assert_eq!(upsmon.end(), Some(0));
    let told = why(&house, &[]);
    in_order(
        &told,
        &["on battery", "on line power", "ended without a shutdown", "--why shutdown tells"],
    );
    let told = why(&house, &["shutdown"]);
    in_order(&told, &["forced shutdown in progress", "upsmon ends", "upsmon begins to watch"]);
}

#[test]
fn a_reload_that_is_refused_is_told_with_its_fault() {
    let (house, server) = (house(), Server::start());
    let good = format!("MONITOR {} 1 mon secret secondary", server.ups("u"));
    house.watch(&good);
    let mut upsmon = house.begin(&[]);
    server.wait_for("GET VAR u ups.status", 1);
    house.watch(&format!("{good}\nMINSUPPLIES 5"));
    kill(upsmon.pid(), "HUP");
    upsmon.wait_for("Reload failed: ");
    kill(upsmon.pid(), "TERM");
    assert_eq!(upsmon.end(), Some(0));
    let steps = [
        "upsmon begins to watch",
        "a reload is refused: the old configuration stays in force",
        "total power value (1) less than MINSUPPLIES (5)",
        "upsmon ends",
    ];
    in_order(&why(&house, &["all"]), &steps);
}

#[test]
fn without_a_record_that_is_said() {
    let house = house();
    let output = house.run(&["--why"]);
    let file = house.path("run/upsmon.why").display().to_string();
    let expected =
        format!("Nothing is recorded: there is no {file}. upsmon writes it as it runs.\n");
    assert_eq!((output.status.code(), stderr(&output)), (Some(1), expected));
    fs::write(&file, "nonsense\n").unwrap();
    let output = house.run(&["--why", "all"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).ends_with("1 line(s) of the record cannot be read.\n"), "{output:?}");
}

#[test]
fn a_record_that_cannot_be_written_stops_nothing() {
    let (house, server) = (house(), Server::start());
    fs::create_dir(house.path("run/upsmon.why")).unwrap();
    house.watch(&format!("MONITOR {} 1 mon secret primary", server.ups("u")));
    let mut upsmon = house.begin(&[]);
    upsmon.wait_for("Nothing is kept for upsmon --why: ");
    server.set("u", "OB LB");
    assert_eq!(upsmon.end(), Some(0), "{}", upsmon.log());
    assert_eq!(upsmon.log().matches("Nothing is kept").count(), 1, "{}", upsmon.log());
}
