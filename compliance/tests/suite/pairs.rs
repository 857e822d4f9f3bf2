//! Halves of different makers: the server under test with the other maker's driver and clients,
//! and Walnut's usbhid-ups on a recorded device with both servers.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nut_compliance::device::Device;
use nut_compliance::house::{House, Running, password};
use nut_compliance::maker::Maker;
use nut_compliance::place::Place;
use nut_compliance::real_driver::RealDriver;
use nut_compliance::watch::Watch;

/// The server under test and the other maker's dummy-ups.
fn server_with_other_driver(device: &str) -> (Running, RealDriver) {
    let house = House::new().ups_conf("[d]\n  driver = dummy-ups\n  port = d.dev\n");
    house.place().write("d.dev", device);
    let house = house.start();
    let driver = RealDriver::start(&house.place, house.maker().other(), "dummy-ups", "d");
    house.talk().says("> GET VAR d ups.mfr\n<~ VAR d ups.mfr \"ACME\"");
    (house, driver)
}

#[test]
fn a_server_reads_the_others_driver() {
    let (house, _driver) =
        server_with_other_driver("ups.mfr: ACME\nups.status: OB LB\nbattery.charge: 7\n");
    house.talk().says(
        r#"
        > LIST CMD d
        <~ BEGIN LIST CMD d
        < CMD d driver.killpower
        < CMD d driver.reload
        < CMD d driver.reload-or-error
        < CMD d driver.reload-or-exit
        < CMD d load.off
        < CMD d shutdown.default
        < END LIST CMD d
        > GET VAR d ups.status
        < VAR d ups.status "OB LB"
        > GET TYPE d battery.charge
        < TYPE d battery.charge RW NUMBER
        > GET TYPE d ups.mfr
        < TYPE d ups.mfr RW STRING:32
        "#,
    );
}

#[test]
fn a_value_travels_to_the_others_driver_and_back() {
    let (house, _driver) = server_with_other_driver("ups.mfr: ACME\nups.status: OL\n");
    house.talk_as("admin", "se cret").says(
        r#"
        > SET TRACKING ON
        < OK
        > SET VAR d ups.mfr "two words"
        < OK TRACKING {a}
        > GET TRACKING {a}
        <~ SUCCESS
        > GET VAR d ups.mfr
        <~ VAR d ups.mfr "two words"
        > INSTCMD d load.off
        < OK TRACKING {b}
        > GET TRACKING {b}
        <~ ERR UNKNOWN
        "#,
    );
}

#[test]
fn a_server_notices_that_the_others_driver_dies() {
    let (house, driver) = server_with_other_driver("ups.mfr: ACME\nups.status: OL\n");
    drop(driver);
    house.talk().says("> GET VAR d ups.mfr\n<~ ERR DRIVER-NOT-CONNECTED");
}

#[test]
fn the_others_clients_read_this_server() {
    let house = House::usual();
    let other = house.maker().other();
    let ask = |program: &str, args: &[&str]| house.client_of(other, program, args, "");
    ask("upsc", &["u@", "ups.id"]).is("back \"room\" \\ #4\nexit 0");
    ask("upsc", &["-L", "HOST"]).is("u: Server room \"A\"\nexit 0");
    ask("upsc", &["nobody@"]).is("2| Error: Unknown UPS\nexit 1");
    let own = house.client("upsc", &["u@"]);
    assert_eq!(ask("upsc", &["u@"]), own);
    assert_eq!(ask("upsrw", &["u@"]), house.client("upsrw", &["u@"]));
    assert_eq!(ask("upscmd", &["-l", "u@"]), house.client("upscmd", &["-l", "u@"]));
}

#[test]
fn the_others_clients_change_things() {
    let house = House::usual();
    let other = house.maker().other();
    let account = ["-u", "admin", "-p", password(other)];
    let ask = |program: &str, args: &[&str]| {
        let args: Vec<&str> = account.iter().chain(args).copied().collect();
        house.client_of(other, program, &args, "")
    };
    ask("upsrw", &["-s", "ups.id=x \"y\"", "u@"]).is("2| OK\nexit 0");
    assert_eq!(house.driver(0).next_request(), r#"SET ups.id "x \"y\"""#);
    ask("upscmd", &["u@", "load.off"]).is("2| OK\nexit 0");
    assert_eq!(house.driver(0).next_request(), "INSTCMD load.off");
}

#[test]
fn the_others_upsdrvctl_sees_this_driver() {
    let house = House::new().ups_conf("[d]\n  driver = dummy-ups\n  port = d.dev\n");
    house.place().write("d.dev", "ups.status: OL\n");
    let house = house.start();
    let driver = RealDriver::start(&house.place, house.maker(), "dummy-ups", "d");
    let status = house.client_of(house.maker().other(), "upsdrvctl", &["status", "d"], "");
    let pid = driver.daemon.pid();
    let row = status.out.lines().find(|line| line.starts_with("d ")).expect("a row");
    let columns: Vec<&str> = row.split('\t').collect();
    assert_eq!(columns[1].trim(), "dummy-ups");
    assert_eq!(columns[3..], ["-3", "RESPONSIVE", &pid.to_string(), "\"OL\""], "{row}");
}

#[test]
fn a_repeater_over_the_others_server() {
    let maker = Maker::under_test();
    let upstream = House::of(maker.other()).ups("u", "", Device::usual()).start();
    let port = format!("u@{}", upstream.place.address());
    let conf = format!("[r]\n  driver = dummy-ups\n  port = \"{port}\"\n");
    let house = House::new().ups_conf(&conf).start();
    let _driver = RealDriver::start(&house.place, maker, "dummy-ups", "r");
    house.talk().says("> GET VAR r battery.charge\n<~ VAR r battery.charge \"90\"");
}

#[test]
fn nuts_upsmon_shuts_down_over_this_server() {
    let house = House::new()
        .ups_conf("[d]\n  driver = dummy-ups\n  port = d.dev\n")
        .users("[monitor]\n  password = watch\n  upsmon primary\n");
    house.place().write("d.dev", "ups.status: OL\n");
    let house = house.start();
    let _driver = RealDriver::start(&house.place, house.maker(), "dummy-ups", "d");
    house.talk().says("> GET VAR d ups.status\n<~ VAR d ups.status \"OL\"");
    let watch = Watch::of(Maker::Stock).at(house.place.address());
    let mut watching = watch.set("MONITOR d@HOST 1 monitor watch primary").start();
    house.talk().says(
        r#"
        > GET NUMLOGINS d
        <~ NUMLOGINS d 1
        > LIST CLIENT d
        < BEGIN LIST CLIENT d
        < CLIENT d 127.0.0.1
        < END LIST CLIENT d
        > GET VAR d ups.status
        < VAR d ups.status "OL"
        "#,
    );
    battery_runs_low(&house.place);
    house.talk().says("> GET VAR d ups.status\n<~ VAR d ups.status \"FSD OB LB\"");
    assert_eq!(watching.daemon.wait_end(), 0, "{:#?}", watching.log());
    watching.story_is(&["down"], "down flag=upsmon-shutdown-file");
    house.talk().says("> GET NUMLOGINS d\n<~ NUMLOGINS d 0");
}

/// dummy-ups sees a new time of the file in whole seconds.
fn battery_runs_low(place: &Place) {
    place.write("d.dev", "ups.status: OB LB\n");
    let file = File::options().write(true).open(place.etc().join("d.dev")).expect("the file");
    file.set_modified(SystemTime::now() + Duration::from_secs(2)).expect("a later time");
}

/// The recordings of real devices, kept with the driver's own tests.
fn recording(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("../crates/upsdrv-usbhid/tests/devices").join(name)
}

#[test]
fn a_server_reads_a_recorded_usb_device() {
    let file = recording("eaton_3s_850.json");
    let conf = format!("[e]\n  driver = usbhid-ups\n  port = \"replay:{}\"\n", file.display());
    let house = House::new().ups_conf(&conf).start();
    let _driver = RealDriver::start(&house.place, Maker::Ours, "usbhid-ups", "e");
    house.talk().says("> GET VAR e ups.mfr\n<~ VAR e ups.mfr \"EATON\"");
    let shown = house.client("upsc", &["e@"]);
    for name in
        ["battery.charge: ", "ups.status: ", "ups.model: Eaton 3S", "driver.name: usbhid-ups"]
    {
        assert!(shown.out.lines().any(|line| line.starts_with(name)), "{name}\n{}", shown.out);
    }
}
