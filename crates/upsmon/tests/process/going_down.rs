//! Shutdowns, on the wire and on this host.

use crate::house::{House, kill};
use crate::server::Server;
use std::fs;

/// How often SHUTDOWNCMD was run.
fn downs(house: &House) -> usize {
    house.story().iter().filter(|line| line.starts_with("down")).count()
}

fn flag(house: &House) -> Option<String> {
    fs::read_to_string(house.path("killpower")).ok()
}

#[test]
fn a_lone_primary_sets_fsd_writes_the_flag_and_goes() {
    let (house, server) = (House::new(), Server::start());
    let ups = server.ups("u");
    house.watch(&format!("MONITOR {ups} 1 mon secret primary"));
    let mut upsmon = house.begin(&[]);
    server.wait_for("GET VAR u ups.status", 2);
    server.set("u", "OB LB");
    assert_eq!(upsmon.end(), Some(0), "{}", upsmon.log());
    assert_eq!(server.count("FSD u"), 1);
    assert_eq!(flag(&house).as_deref(), Some("upsmon-shutdown-file"));
    house.wait_for_words(&["SHUTDOWN", "[] Auto logout and shutdown proceeding"]);
    house.wait_for_words(&["wall", "Executing automatic power-fail shutdown"]);
    assert_eq!(downs(&house), 1);
    for kind in ["ONBATT", "LOWBATT", "FSD"] {
        house.wait_for_words(&[kind, &format!("[{ups}]")]);
    }
    let log = upsmon.log();
    assert!(log.contains("Too few UPS(es) are healthy (0<1), initiating forced shutdown"), "{log}");
    server.wait_for("LOGOUT", 1);
}

#[test]
fn a_primary_waits_for_its_secondaries() {
    let (house, server) = (House::new(), Server::start());
    house.watch(&format!("MONITOR {} 1 mon secret primary\nHOSTSYNC 300", server.ups("u")));
    server.others(2);
    let mut upsmon = house.begin(&[]);
    server.wait_for("GET VAR u ups.status", 1);
    server.set("u", "OB LB");
    server.wait_for("GET NUMLOGINS u", 3);
    house.wait_for_words(&["SHUTDOWN_HOSTSYNC"]);
    assert_eq!((downs(&house), flag(&house)), (0, None));
    server.others(0);
    assert_eq!(upsmon.end(), Some(0));
    assert_eq!(downs(&house), 1);
}

#[test]
fn a_secondary_goes_when_fsd_is_set() {
    let (house, server) = (House::new(), Server::start());
    house.watch(&format!("MONITOR {} 1 mon secret secondary", server.ups("u")));
    let mut upsmon = house.begin(&[]);
    server.wait_for("GET VAR u ups.status", 1);
    server.set("u", "OB LB FSD");
    assert_eq!(upsmon.end(), Some(0));
    assert_eq!(server.count("FSD"), 0);
    assert_eq!(downs(&house), 1);
}

#[test]
fn usr1_takes_every_primary_ups_down() {
    let (house, one, other) = (House::new(), Server::start(), Server::start());
    house.watch(&format!(
        "MONITOR {} 1 mon secret primary\nMONITOR {} 0 mon secret primary",
        one.ups("u"),
        other.ups("u")
    ));
    let mut upsmon = house.begin(&[]);
    one.wait_for("GET VAR u ups.status", 1);
    other.wait_for("GET VAR u ups.status", 1);
    kill(upsmon.pid(), "USR1");
    assert_eq!(upsmon.end(), Some(0));
    assert_eq!((one.count("FSD u"), other.count("FSD u")), (1, 1));
    assert_eq!(downs(&house), 1);
    let log = upsmon.log();
    assert!(log.contains("Signal 10: User requested FSD"), "{log}");
}

#[test]
fn a_primary_whose_server_is_gone_on_battery_goes_after_deadtime_and_hostsync() {
    let (house, server) = (House::new(), Server::start());
    house.watch(&format!("MONITOR {} 1 mon secret primary\nHOSTSYNC 1", server.ups("u")));
    let mut upsmon = house.begin(&[]);
    server.set("u", "OB");
    house.wait_for_words(&["ONBATT"]);
    server.stop();
    assert_eq!(upsmon.end(), Some(0));
    assert_eq!(downs(&house), 1);
    assert!(flag(&house).is_some());
    upsmon.wait_for("FSD set on UPS");
}

#[test]
fn a_notify_command_that_hangs_delays_no_shutdown() {
    let (house, server) = (House::new(), Server::start());
    house
        .script("notify", "echo begun >> ROOT/story; while test -e ROOT/story; do sleep 0.1; done");
    house.watch(&format!("MONITOR {} 1 mon secret primary", server.ups("u")));
    let mut upsmon = house.begin(&[]);
    server.wait_for("GET VAR u ups.status", 1);
    server.set("u", "OB");
    house.wait_for_words(&["begun"]);
    server.set("u", "OB LB");
    assert_eq!(upsmon.end(), Some(0));
    assert_eq!(downs(&house), 1);
}

#[test]
fn a_command_that_fails_is_told_by_the_status() {
    let (house, server) = (House::new(), Server::start());
    house.script("down", "exit 3");
    house.watch(&format!("MONITOR {} 1 mon secret secondary", server.ups("u")));
    let mut upsmon = house.begin(&[]);
    server.wait_for("GET VAR u ups.status", 1);
    server.set("u", "FSD OL");
    assert_eq!(upsmon.end(), Some(1));
    house.wait_for_words(&["wall", "SHUTDOWNCMD failed"]);
}

#[test]
fn a_threshold_takes_a_host_down_before_the_battery_is_low() {
    let (house, server) = (House::new(), Server::start());
    let ups = server.ups("u");
    server.set_variable("battery.charge", "80");
    house.watch(&format!(
        "MONITOR {ups} 1 mon secret secondary\nSHUTDOWNIF {ups} battery.charge < 50"
    ));
    let mut upsmon = house.begin(&[]);
    server.wait_for("GET VAR u ups.status", 2);
    assert_eq!(server.count("GET VAR u battery.charge"), 0, "on mains nobody wants to know");
    server.set("u", "OB DISCHRG");
    server.wait_for("GET VAR u battery.charge", 2);
    assert_eq!(downs(&house), 0);
    server.set_variable("battery.charge", "49.5");
    assert_eq!(upsmon.end(), Some(0));
    assert_eq!(downs(&house), 1);
}

#[test]
fn an_order_that_comes_as_soon_as_there_is_a_pid_file_is_carried_out() {
    for _ in 0..4 {
        let house = House::new();
        let mut upsmon = house.begin(&[]);
        kill(house.pid(), "USR1");
        assert_eq!(upsmon.end(), Some(0), "{}", upsmon.log());
        assert!(house.story().iter().any(|line| line.starts_with("down ")), "{:?}", house.story());
    }
}
