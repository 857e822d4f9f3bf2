//! Drivers that are absent, stale, slow, dying or talking nonsense.

use nut_compliance::device::Device;
use nut_compliance::house::House;

/// What each request answers for a UPS that is not available.
fn unavailable(ups: &str, token: &str) -> String {
    let refused = [
        "GET VAR @ ups.status",
        "GET VAR @ no.such",
        "GET TYPE @ ups.id",
        "GET DESC @ ups.id",
        "GET CMDDESC @ load.off",
        "GET NUMLOGINS @",
        "LIST VAR @",
        "LIST RW @",
        "LIST CMD @",
        "LIST ENUM @ ups.id",
        "LIST RANGE @ ups.id",
    ];
    let script: String =
        refused.iter().map(|request| format!("> {request}\n< ERR {token}\n")).collect();
    let answered = "
        > GET UPSDESC @
        < UPSDESC @ \"Unavailable\"
        > LIST CLIENT @
        < BEGIN LIST CLIENT @
        < END LIST CLIENT @
        > GET VAR @ server.version
        < VAR @ server.version \"2.8.5\"
        > USERNAME admin
        < OK
        > PASSWORD \"se cret\"
        < OK
        > LOGIN @
        < OK
        > PRIMARY @
        < OK PRIMARY-GRANTED
        > FSD @
        < OK FSD-SET
        ";
    (script + answered).replace(" @", &format!(" {ups}"))
}

#[test]
fn a_driver_that_does_not_run() {
    let house = House::new().absent("gone", "").start();
    house.talk().says(&unavailable("gone", "DRIVER-NOT-CONNECTED"));
    house.upsd.wait_for("Can't connect to UPS [gone] (");
    house.upsd.wait_for("scripted-gone): No such file or directory");
}

#[test]
fn a_driver_that_says_its_data_is_stale() {
    let house = House::new().ups("old", "", Device::usual().stale()).start();
    house.talk().says(&unavailable("old", "DATA-STALE"));
    house.upsd.wait_for("Data for UPS [old] is stale - check driver");
}

#[test]
fn data_that_comes_back() {
    let house = House::usual();
    house.talk().says(
        r#"
        drv> DATASTALE
        > GET VAR u ups.mfr
        <~ ERR DATA-STALE
        drv> DATAOK
        > GET VAR u ups.mfr
        <~ VAR u ups.mfr "ACME"
        "#,
    );
    house.upsd.wait_for("Data for UPS [u] is stale - check driver");
    house.upsd.wait_for("UPS [u] data is no longer stale");
}

#[test]
fn a_driver_that_dies_and_returns() {
    let house = House::usual();
    let mut talk = house.talk();
    house.driver(0).vanish();
    talk.says("> GET VAR u ups.mfr\n<~ ERR DRIVER-NOT-CONNECTED");
    let socket = house.place.run().join("scripted-u");
    let device = Device::new("SETINFO ups.mfr \"Phoenix\"\nSETINFO ups.status \"OB\"");
    let again = nut_compliance::driver::Driver::start(&socket, device);
    talk.says(
        r#"
        > GET VAR u ups.status
        <~ VAR u ups.status "OB"
        > LIST VAR u
        < BEGIN LIST VAR u
        < VAR u ups.mfr "Phoenix"
        < VAR u ups.status "OB"
        < END LIST VAR u
        > LIST CMD u
        < BEGIN LIST CMD u
        < END LIST CMD u
        "#,
    );
    drop(again);
}

#[test]
fn a_silent_driver_becomes_stale() {
    let house = House::new().upsd_conf("MAXAGE 3").ups("u", "", Device::usual()).start();
    house.driver(0).mute(true);
    house.talk().says("> GET VAR u ups.mfr\n<~ ERR DATA-STALE");
    house.driver(0).mute(false);
    house.driver(0).send("PONG");
    house.talk().says("> GET VAR u ups.mfr\n<~ VAR u ups.mfr \"ACME\"");
}

#[test]
fn changes_of_a_device() {
    House::usual().talk().says(
        r#"
        drv> DELINFO outlet.1.status
        drv> DELINFO OUTLET.10.status
        drv> delinfo outlet.2.status
        drv> DELENUM input.sensitivity "low"
        drv> ADDENUM input.sensitivity "high"
        drv> ADDENUM input.sensitivity "high"
        drv> DELRANGE battery.charge.low 10 30
        drv> ADDRANGE battery.charge.low 5 6
        drv> SETFLAGS ups.mfr RW STRING NUMBER NONSENSE
        drv> SETAUX ups.mfr 7
        drv> DELCMD load.off
        drv> ADDCMD Bypass.start
        drv> SETINFO BATTERY.charge 91
        drv> SETINFO new.thing "x"
        > GET VAR u new.thing
        <~ VAR u new.thing "x"
        > LIST VAR u
        < BEGIN LIST VAR u
        < VAR u battery.charge "91"
        < VAR u battery.charge.low "20"
        < VAR u input.sensitivity "medium"
        < VAR u new.thing "x"
        < VAR u ups.delay.shutdown "20"
        < VAR u ups.id "back \"room\" \\ \#4"
        < VAR u ups.mfr "ACME"
        < VAR u ups.status "OL CHRG"
        < END LIST VAR u
        > LIST ENUM u input.sensitivity
        < BEGIN LIST ENUM u input.sensitivity
        < ENUM u input.sensitivity "medium"
        < ENUM u input.sensitivity "say \"high\""
        < ENUM u input.sensitivity "high"
        < END LIST ENUM u input.sensitivity
        > LIST RANGE u battery.charge.low
        < BEGIN LIST RANGE u battery.charge.low
        < RANGE u battery.charge.low "50" "60"
        < RANGE u battery.charge.low "5" "6"
        < END LIST RANGE u battery.charge.low
        > GET TYPE u ups.mfr
        < TYPE u ups.mfr RW STRING:7
        > LIST CMD u
        < BEGIN LIST CMD u
        < CMD u beeper.toggle
        < CMD u Bypass.start
        < CMD u test.battery.start
        < END LIST CMD u
        "#,
    );
}

#[test]
fn nonsense_from_a_driver_harms_nothing() {
    let house = House::usual();
    house.talk().says(
        r##"
        drv> SETINFO
        drv> SETINFO lonely
        drv> NONSENSE a b c
        drv>
        drv> ADDENUM no.such "x"
        drv> ADDRANGE battery.charge.low 9 3
        drv> SETINFO {xff}{x00}.x "b{xc3}{xa9}c"
        drv> SETFLAGS no.such RW
        > GET VAR u ups.mfr
        < VAR u ups.mfr "ACME"
        "##,
    );
    house.upsd.wait_for("base variable (no.such) does not exist");
    house.upsd.wait_for("state_addrange: min is superior to max! (9, 3)");
    house.driver(0).send("SETINFO broken \"a # b");
    house.upsd.wait_for("Parse error on sock: Unbalanced word due to unescaped # in quotes");
    house.talk().says(
        r#"
        drv> SETINFO end.x y
        > GET VAR u end.x
        <~ VAR u end.x "y"
        > GET VAR u .x
        < VAR u .x "bc"
        > GET VAR u broken
        < ERR VAR-NOT-SUPPORTED
        "#,
    );
}

#[test]
fn a_value_that_changes_only_in_case() {
    House::usual().talk().says(
        r#"
        drv> SETINFO ups.mfr "Acme"
        drv> SETINFO battery.charge "89"
        > GET VAR u battery.charge
        <~ VAR u battery.charge "89"
        > GET VAR u ups.mfr
        ~ a new spelling is a new value
        stock| < VAR u ups.mfr "ACME"
        ours| < VAR u ups.mfr "Acme"
        "#,
    );
}
