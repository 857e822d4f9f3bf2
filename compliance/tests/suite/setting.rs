//! SET VAR: order of checks, limits, enumerations, ranges, and what reaches the driver.

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
        r#"
        > SET
        < ERR INVALID-ARGUMENT
        > SET VAR
        < ERR INVALID-ARGUMENT
        > SET FOO u ups.id x
        < ERR INVALID-ARGUMENT
        > SET VAR nobody ups.id
        < ERR INVALID-ARGUMENT
        > SET VAR nobody ups.id x
        < ERR UNKNOWN-UPS
        > SET VAR gone ups.id x
        < ERR DRIVER-NOT-CONNECTED
        > SET VAR old ups.id x
        < ERR DATA-STALE
        > SET VAR u no.such x
        < ERR ACCESS-DENIED
        "#,
    );
    house.talk_as("admin", "se cret").says(
        r#"
        > SET VAR u no.such x
        < ERR VAR-NOT-SUPPORTED
        > SET VAR u server.version x
        < ERR VAR-NOT-SUPPORTED
        > SET VAR u battery.charge 1
        < ERR READONLY
        > SET VAR u ups.id 123456789
        < ERR TOO-LONG
        > SET VAR u input.sensitivity medium-and-long
        < ERR TOO-LONG
        > SET VAR u input.sensitivity high
        < ERR INVALID-VALUE
        > SET VAR u input.sensitivity LOW
        < ERR INVALID-VALUE
        > SET VAR u battery.charge.low 40
        < ERR INVALID-VALUE
        > SET VAR u battery.charge.low abc
        < ERR INVALID-VALUE
        "#,
    );
}

#[test]
fn what_reaches_the_driver() {
    let house = House::usual();
    house.talk_as("admin", "se cret").says(
        r#"
        > SET VAR U UPS.id "a \"b\\ \#"
        < OK
        drv< SET UPS.id "a \"b\\ \#"
        > SET VAR u ups.id 12345678 and more words
        < OK
        drv< SET ups.id "12345678"
        > SET VAR u ups.id ""
        < OK
        drv< SET ups.id ""
        > SET VAR u input.sensitivity low
        < OK
        drv< SET input.sensitivity "low"
        > SET VAR u battery.charge.low 55
        < OK
        drv< SET battery.charge.low "55"
        > set var u ups.delay.shutdown "not a number"
        < OK
        drv< SET ups.delay.shutdown "not a number"
        "#,
    );
    house.upsd.wait_for("Set variable: admin@127.0.0.1 set UPS.id on u to a \"b\\ #");
}

#[test]
fn an_enumerated_value_with_a_quote() {
    let house = House::usual();
    let mut talk = house.talk_as("admin", "se cret");
    talk.says(
        r#"
        > SET VAR u input.sensitivity "say \"high\""
        ~ the list is compared as values, not in their encoded form
        stock| < ERR INVALID-VALUE
        ours| < OK
        "#,
    );
}

#[test]
fn a_value_shows_when_the_driver_says_so() {
    House::usual().talk_as("admin", "se cret").says(
        r#"
        > SET VAR u ups.id new
        < OK
        drv< SET ups.id "new"
        > GET VAR u ups.id
        < VAR u ups.id "back \"room\" \\ \#4"
        drv> SETINFO ups.id "new"
        > GET VAR u ups.id
        <~ VAR u ups.id "new"
        "#,
    );
}

#[test]
fn a_string_without_a_length() {
    let device = Device::new("SETINFO ups.id \"x\"\nSETFLAGS ups.id RW STRING");
    let house = House::new().ups("u", "", device).start();
    house.talk_as("admin", "se cret").says("> SET VAR u ups.id y\n< ERR SET-FAILED");
    house.upsd.wait_for("UPS [u]: auxdata for ups.id is invalid");
}

#[test]
fn ranges_are_of_whole_numbers() {
    House::usual().talk_as("admin", "se cret").says(
        r#"
        > SET VAR u battery.charge.low 10
        < OK
        drv< SET battery.charge.low "10"
        > SET VAR u battery.charge.low 60
        < OK
        drv< SET battery.charge.low "60"
        > SET VAR u battery.charge.low 61
        < ERR INVALID-VALUE
        > SET VAR u battery.charge.low -10
        < ERR INVALID-VALUE
        "#,
    );
}
