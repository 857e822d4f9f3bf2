//! Drivers that die, return, stop in the middle, or never answer.

use crate::house::{DUMP, Driver, House, wait_until};
use std::os::unix::net::UnixListener;

#[test]
fn a_driver_dying_mid_line_harms_nobody() {
    let house = House::new();
    let driver = house.driver(DUMP);
    let upsd = house.start();
    house.wait_fresh();
    driver.send("SETINFO ups.status \"OB");
    driver.die(&DUMP.replace("OL", "OB LB").replace("battery.charge \"90", "battery.charge \"7"));
    upsd.wait_for("Lost connection to UPS [u]");
    let back = || (house.client().ask("GET VAR u ups.status").contains("OB LB")).then_some(());
    wait_until(back).expect("the new dump");
    assert_eq!(house.client().ask("GET VAR u battery.charge"), "VAR u battery.charge \"7\"");
}

#[test]
fn a_driver_that_comes_late_is_found() {
    let house = House::new();
    let upsd = house.start();
    upsd.wait_for("Can't connect to UPS [u]");
    assert_eq!(house.client().ask("GET VAR u ups.status"), "ERR DRIVER-NOT-CONNECTED");
    let _driver = house.driver(DUMP);
    house.wait_fresh();
    upsd.wait_for("Connected to UPS [u]: scripted-u");
}

#[test]
fn a_driver_that_never_accepts_holds_up_nobody() {
    let house = House::new();
    house.write("ups.conf", "[u]\ndriver=scripted\nport=x\n[hung]\ndriver=scripted\nport=x\n");
    let _hung = UnixListener::bind(house.path("run/scripted-hung")).unwrap();
    let _driver = house.driver(DUMP);
    let _upsd = house.start();
    house.wait_fresh();
    assert_eq!(house.client().ask("GET VAR hung ups.status"), "VAR hung ups.status \"WAIT\"");
}

#[test]
fn the_state_path_of_ups_conf_counts() {
    let house = House::new();
    std::fs::create_dir(house.path("elsewhere")).unwrap();
    let path = house.path("elsewhere").display().to_string();
    house.write("ups.conf", &format!("statepath = \"{path}\"\n[u]\ndriver=scripted\nport=x\n"));
    house.upsd_conf("STATEPATH /nowhere/at/all\n");
    let _driver = Driver::start(&house.path("elsewhere/scripted-u"), DUMP);
    let _upsd = house.start_with(house.command().env_remove("NUT_STATEPATH"));
    house.wait_fresh();
}

#[test]
fn descriptions_come_from_the_data_path() {
    let house = House::new();
    std::fs::write(house.path("cmdvartab"), "VARDESC ups.status \"UPS status\"\n").unwrap();
    house.upsd_conf(&format!("DATAPATH {}\n", house.root.display()));
    let _driver = house.driver(DUMP);
    let _upsd = house.start();
    house.wait_fresh();
    let answer = house.client().ask("GET DESC u ups.status");
    assert_eq!(answer, "DESC u ups.status \"UPS status\"");
}
