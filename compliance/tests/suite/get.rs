//! GET in all its forms: order of checks, echo, encoding, types, descriptions.

use nut_compliance::device::Device;
use nut_compliance::house::House;

#[test]
fn variables() {
    House::usual().talk().says(
        r#"
        > GET VAR u battery.charge
        < VAR u battery.charge "90"
        > GET VAR u ups.status
        < VAR u ups.status "OL CHRG"
        > GET VAR u ups.id
        < VAR u ups.id "back \"room\" \\ \#4"
        > GET VAR u no.such
        < ERR VAR-NOT-SUPPORTED
        > GET VAR nobody battery.charge
        < ERR UNKNOWN-UPS
        > GET VAR nobody no.such
        < ERR UNKNOWN-UPS
        > GET VAR u battery.charge extra words
        < VAR u battery.charge "90"
        > GET VAR u ""
        < ERR VAR-NOT-SUPPORTED
        > GET VAR "" battery.charge
        < ERR UNKNOWN-UPS
        "#,
    );
}

#[test]
fn names_come_back_as_the_client_wrote_them() {
    House::usual().talk().says(
        r#"
        > GET VAR U Battery.CHARGE
        < VAR U Battery.CHARGE "90"
        > GET TYPE U Ups.Id
        < TYPE U Ups.Id RW STRING:8
        > GET NUMLOGINS U
        < NUMLOGINS U 0
        > GET UPSDESC U
        < UPSDESC U "Server room \"A\""
        > GET DESC U Battery.Charge
        < DESC U Battery.Charge "Battery charge (percent of full)"
        > GET CMDDESC U Load.Off
        < CMDDESC U Load.Off "Turn off the load immediately"
        "#,
    );
}

#[test]
fn the_order_of_argument_checks() {
    House::usual().talk().says(
        "
        > GET
        < ERR INVALID-ARGUMENT
        > GET FOO
        < ERR INVALID-ARGUMENT
        > GET VAR
        < ERR INVALID-ARGUMENT
        > GET NUMLOGINS
        < ERR INVALID-ARGUMENT
        > GET VAR nobody
        < ERR INVALID-ARGUMENT
        > GET FOO nobody
        < ERR INVALID-ARGUMENT
        > GET FOO u ups.id
        < ERR INVALID-ARGUMENT
        > GET FOO nobody ups.id
        < ERR INVALID-ARGUMENT
        > GET UPSDESC nobody
        < ERR UNKNOWN-UPS
        > GET NUMLOGINS nobody
        < ERR UNKNOWN-UPS
        > GET TYPE nobody no.such
        < ERR UNKNOWN-UPS
        > GET DESC nobody no.such
        < ERR UNKNOWN-UPS
        > GET CMDDESC nobody no.such
        < ERR UNKNOWN-UPS
        > GET TRACKING
        < OFF
        > GET TRACKING 12
        < ERR FEATURE-NOT-CONFIGURED
        ",
    );
}

#[test]
fn server_variables_answer_for_any_ups_name() {
    House::usual().talk().says(
        r#"
        > GET VAR u server.version
        < VAR u server.version "2.8.5"
        > GET VAR nobody server.version
        < VAR nobody server.version "2.8.5"
        > GET VAR nobody SERVER.Version
        < VAR nobody server.version "2.8.5"
        > GET VAR u server.info
        < VAR u server.info "Network UPS Tools upsd 2.8.5 - https://www.networkupstools.org/historic/v2.8.5/index.html"
        > GET VAR u server.foo
        < ERR VAR-NOT-SUPPORTED
        > GET VAR u server.
        < ERR VAR-NOT-SUPPORTED
        > GET TYPE u server.version
        < ERR VAR-NOT-SUPPORTED
        "#,
    );
}

#[test]
fn server_variables_of_a_driver_are_listed_but_cannot_be_asked_for() {
    let device = Device::new("SETINFO server.room \"4\"\nSETINFO ups.status \"OL\"");
    House::new().ups("u", "", device).start().talk().says(
        r#"
        > GET VAR u server.room
        < ERR VAR-NOT-SUPPORTED
        > LIST VAR u
        < BEGIN LIST VAR u
        < VAR u server.room "4"
        < VAR u ups.status "OL"
        < END LIST VAR u
        "#,
    );
}

#[test]
fn types() {
    House::usual().talk().says(
        "
        > GET TYPE u ups.id
        < TYPE u ups.id RW STRING:8
        > GET TYPE u ups.mfr
        < TYPE u ups.mfr STRING:0
        > GET TYPE u battery.charge
        < TYPE u battery.charge NUMBER
        > GET TYPE u battery.charge.low
        < TYPE u battery.charge.low RW RANGE NUMBER
        > GET TYPE u input.sensitivity
        < TYPE u input.sensitivity RW ENUM STRING:12
        > GET TYPE u ups.status
        < TYPE u ups.status NUMBER
        > GET TYPE u no.such
        < ERR VAR-NOT-SUPPORTED
        ",
    );
}

#[test]
fn descriptions_need_no_such_variable() {
    House::usual().talk().says(
        r#"
        > GET DESC u ups.status
        < DESC u ups.status "UPS status"
        > GET DESC u no.such
        < DESC u no.such "Description unavailable"
        > GET CMDDESC u beeper.toggle
        < CMDDESC u beeper.toggle "Toggle the UPS beeper"
        > GET CMDDESC u no.such
        < CMDDESC u no.such "Description unavailable"
        > GET DESC u upstream.ups.status
        < DESC u upstream.ups.status "UPS status"
        > GET DESC u UPSTREAM.ups.status
        < DESC u UPSTREAM.ups.status "Description unavailable"
        "#,
    );
}

#[test]
fn a_ups_without_description() {
    House::new().ups("plain", "", Device::usual()).start().talk().says(
        r#"
        > GET UPSDESC plain
        < UPSDESC plain "Unavailable"
        > LIST UPS
        < BEGIN LIST UPS
        < UPS plain "Description unavailable"
        < END LIST UPS
        "#,
    );
}
