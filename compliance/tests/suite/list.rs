//! LIST in all its forms: frames, row order, empty lists, order of checks.

use nut_compliance::device::Device;
use nut_compliance::house::House;

#[test]
fn upses_in_the_order_of_the_file() {
    let house = House::new()
        .ups("zeta", "desc = one", Device::usual())
        .absent("alpha", "desc = \"two words\"")
        .ups("Mid", "", Device::usual().stale())
        .start();
    house.talk().says(
        r#"
        > LIST UPS
        < BEGIN LIST UPS
        < UPS zeta "one"
        < UPS alpha "two words"
        < UPS Mid "Description unavailable"
        < END LIST UPS
        > list ups with more words
        < BEGIN LIST UPS
        < UPS zeta "one"
        < UPS alpha "two words"
        < UPS Mid "Description unavailable"
        < END LIST UPS
        "#,
    );
}

#[test]
fn variables_in_byte_order_whatever_the_case() {
    House::usual().talk().says(
        r#"
        > LIST VAR u
        < BEGIN LIST VAR u
        < VAR u battery.charge "90"
        < VAR u battery.charge.low "20"
        < VAR u input.sensitivity "medium"
        < VAR u outlet.1.status "on"
        < VAR u outlet.10.status "on"
        < VAR u outlet.2.status "off"
        < VAR u ups.delay.shutdown "20"
        < VAR u ups.id "back \"room\" \\ \#4"
        < VAR u ups.mfr "ACME"
        < VAR u ups.status "OL CHRG"
        < END LIST VAR u
        "#,
    );
}

#[test]
fn frames_echo_the_clients_names_and_rows_keep_the_devices() {
    House::usual().talk().says(
        r#"
        > List Range U Battery.charge.LOW and more
        < BEGIN LIST RANGE U Battery.charge.LOW
        < RANGE U Battery.charge.LOW "10" "30"
        < RANGE U Battery.charge.LOW "50" "60"
        < END LIST RANGE U Battery.charge.LOW
        > LIST RW U
        < BEGIN LIST RW U
        < RW U battery.charge.low "20"
        < RW U input.sensitivity "medium"
        < RW U ups.delay.shutdown "20"
        < RW U ups.id "back \"room\" \\ \#4"
        < END LIST RW U
        > LIST CMD U
        < BEGIN LIST CMD U
        < CMD U beeper.toggle
        < CMD U load.off
        < CMD U test.battery.start
        < END LIST CMD U
        > LIST CLIENT U
        < BEGIN LIST CLIENT U
        < END LIST CLIENT U
        "#,
    );
}

#[test]
fn rows_of_values() {
    House::usual().talk().says(
        r#"
        > LIST ENUM u input.sensitivity
        < BEGIN LIST ENUM u input.sensitivity
        < ENUM u input.sensitivity "low"
        < ENUM u input.sensitivity "medium"
        < ENUM u input.sensitivity "say \"high\""
        < END LIST ENUM u input.sensitivity
        > LIST ENUM u ups.id
        < BEGIN LIST ENUM u ups.id
        < END LIST ENUM u ups.id
        > LIST ENUM u no.such
        < ERR VAR-NOT-SUPPORTED
        > LIST RANGE u no.such
        < ERR VAR-NOT-SUPPORTED
        > LIST RANGE u server.version
        < ERR VAR-NOT-SUPPORTED
        "#,
    );
}

#[test]
fn nothing_to_list() {
    House::new().ups("u", "", Device::new("")).start().talk().says(
        "
        > LIST RW u
        < BEGIN LIST RW u
        < END LIST RW u
        > LIST CMD u
        < BEGIN LIST CMD u
        < END LIST CMD u
        ",
    );
}

#[test]
fn the_order_of_argument_checks() {
    House::usual().talk().says(
        "
        > LIST
        < ERR INVALID-ARGUMENT
        > LIST FOO
        < ERR INVALID-ARGUMENT
        > LIST VAR
        < ERR INVALID-ARGUMENT
        > LIST ENUM u
        < ERR INVALID-ARGUMENT
        > LIST ENUM nobody
        < ERR INVALID-ARGUMENT
        > LIST RANGE u
        < ERR INVALID-ARGUMENT
        > LIST CLIENTS u
        < ERR INVALID-ARGUMENT
        > LIST FOO u ups.id
        < ERR INVALID-ARGUMENT
        > LIST VAR nobody
        < ERR UNKNOWN-UPS
        > LIST RW nobody
        < ERR UNKNOWN-UPS
        > LIST CMD nobody
        < ERR UNKNOWN-UPS
        > LIST CLIENT nobody
        < ERR UNKNOWN-UPS
        > LIST ENUM nobody no.such
        < ERR UNKNOWN-UPS
        > LIST RANGE nobody no.such
        < ERR UNKNOWN-UPS
        ",
    );
}

#[test]
fn clients_newest_first_with_the_configured_name() {
    let house = House::new().ups("Big", "", Device::usual()).start();
    let mut first = house.talk_as("admin", "se cret");
    first.says("> LOGIN big\n< OK");
    let mut second = house.talk_as("watcher", "watch");
    second.says("> LOGIN Big\n< OK");
    first.says(
        "
        > LIST CLIENT bIG
        < BEGIN LIST CLIENT bIG
        < CLIENT Big 127.0.0.1
        < CLIENT Big 127.0.0.1
        < END LIST CLIENT bIG
        > GET NUMLOGINS big
        < NUMLOGINS big 2
        ",
    );
    second.says("> LOGOUT\n< OK Goodbye\nclosed");
    first.says("> GET NUMLOGINS big\n<~ NUMLOGINS big 1");
}
