//! upsmon with upssched as its NOTIFYCMD: from a change of the status to what a timer does.

use crate::house::{House, finish};
use crate::server::Server;
use std::fs;
use std::process::{Command, Output};

const UPSSCHED: &str = env!("CARGO_BIN_EXE_upssched");

/// A house whose notices go to upssched. What a timer is called is an order for `upsmon -c`.
fn house(server: &Server, lines: &str) -> House {
    let house = House::new();
    let place = house.path("").display().to_string();
    let script = format!("{} -c", env!("CARGO_BIN_EXE_upsmon"));
    let head = format!("CMDSCRIPT \"{script}\"\nPIPEFN {place}pipe\nLOCKFN {place}lock\n");
    fs::write(house.path("etc/upssched.conf"), head + lines).unwrap();
    let text = format!("{UPSSCHED} \"$1\"\necho \"$NOTIFYTYPE was handled: $?\" >> ROOT/story");
    house.script("notify", &text);
    house.watch(&format!("MONITOR {} 1 mon secret secondary", server.ups("u")));
    house
}

fn timers(house: &House) -> Output {
    finish(Command::new(UPSSCHED).arg("-l").env("NUT_CONFPATH", house.path("etc")))
}

#[test]
fn a_timer_is_gone_when_power_returns() {
    let server = Server::start();
    let house = house(&server, "AT ONBATT * START-TIMER fsd 60\nAT ONLINE * CANCEL-TIMER fsd\n");
    let _upsmon = house.begin(&[]);
    server.wait_for("GET VAR u ups.status", 2);
    server.set("u", "OB");
    house.wait_for_story("ONBATT was handled: 0");
    let listed = String::from_utf8(timers(&house).stdout).unwrap();
    let ups = server.ups("u");
    assert!(listed.ends_with(&format!("\tONBATT\t{ups}\tUPS {ups} on battery\n")), "{listed}");
    server.set("u", "OL");
    house.wait_for_story("ONLINE was handled: 0");
    let listed = timers(&house);
    assert_eq!((listed.status.code(), listed.stdout), (Some(0), vec![]));
}

#[test]
fn a_timer_shuts_down_long_before_the_battery_is_low() {
    let server = Server::start();
    let house = house(&server, "AT ONBATT * START-TIMER fsd 1\nAT ONLINE * CANCEL-TIMER fsd\n");
    let mut upsmon = house.begin(&[]);
    server.wait_for("GET VAR u ups.status", 2);
    server.set("u", "OB");
    house.wait_for_story("SHUTDOWN was handled: 0");
    house.wait_for_words(&["down "]);
    assert_eq!(upsmon.end(), Some(0));
}
