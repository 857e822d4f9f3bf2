//! INSTCMD: order of checks, parameters, and what reaches the driver.

use nut_compliance::device::Device;
use nut_compliance::house::House;

#[test]
fn the_order_of_checks() {
    let house = House::new()
        .ups("u", "", Device::usual())
        .absent("gone", "")
        .ups("old", "", Device::usual().stale())
        .start();
    house.talk_as("tester", "try").says(
        "
        > INSTCMD
        < ERR INVALID-ARGUMENT
        > INSTCMD u
        < ERR INVALID-ARGUMENT
        > INSTCMD nobody load.off
        < ERR UNKNOWN-UPS
        > INSTCMD gone load.off
        < ERR DRIVER-NOT-CONNECTED
        > INSTCMD old load.off
        < ERR DATA-STALE
        > INSTCMD u no.such
        < ERR CMD-NOT-SUPPORTED
        > INSTCMD u load.off
        < ERR ACCESS-DENIED
        > INSTCMD u test.battery.start
        < OK
        drv< INSTCMD test.battery.start
        ",
    );
    house.upsd.wait_for("Instant command: tester@127.0.0.1 did test.battery.start on u");
}

#[test]
fn names_reach_the_driver_as_written() {
    House::usual().talk_as("admin", "se cret").says(
        "
        > instcmd U Load.OFF
        < OK
        drv< INSTCMD Load.OFF
        ",
    );
}

#[test]
fn a_parameter_of_one_word() {
    let house = House::usual();
    let mut talk = house.talk_as("admin", "se cret");
    talk.says("> INSTCMD u load.off 20\n< OK");
    let got = house.driver(0).next_request();
    assert!(got == "INSTCMD load.off 20" || got == "INSTCMD load.off \"20\"", "{got}");
    talk.says(
        "
        > INSTCMD u load.off 20 30
        < OK
        drv< INSTCMD load.off
        ",
    );
    house.upsd.wait_for("did load.off with value 20 on u");
}

#[test]
fn a_parameter_of_two_words() {
    House::usual().talk_as("admin", "se cret").says(
        r#"
        > INSTCMD u load.off "20 30"
        < OK
        "#,
    );
}
