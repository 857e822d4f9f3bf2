//! Whole sites of real processes: a driver, a server, a primary and a secondary, of one maker
//! and mixed, from a low battery to the last shutdown command.

use nut_compliance::device::Device;
use nut_compliance::house::{House, Running};
use nut_compliance::maker::Maker;
use nut_compliance::watch::{Watch, Watching};

const USERS: &str = "
[first]
    password = f
    upsmon primary
[second]
    password = s
    upsmon secondary
";

/// A server over a scripted device that is on line.
fn server(maker: Maker) -> Running {
    let device = Device::new("SETINFO ups.status \"OL\"\nADDCMD load.off");
    House::of(maker).ups("u", "", device).users(USERS).start()
}

/// An upsmon whose shutdown command writes its name into the story of the server's place.
fn upsmon(maker: Maker, house: &Running, name: &str, role: &str, times: &str) -> Watching {
    let password = &name[..1];
    let watch = Watch::of(maker)
        .at(house.place.address())
        .set(&format!("MONITOR u@HOST 1 {name} {password} {role}"))
        .conf(|conf| times.lines().fold(conf, |conf, line| conf.set(line.trim())));
    let story = house.place.file("story");
    let flag = "$(cat PLACE/killpower)";
    watch.script("down", &format!("echo \"{name} down {flag}\" >> {}", story.display()));
    watch.start()
}

fn story(house: &Running) -> String {
    std::fs::read_to_string(house.place.file("story")).unwrap_or_default()
}

/// Mains fails, the battery runs low: FSD, the secondary leaves, then the primary goes.
fn a_night(server_maker: Maker, primary: Maker, secondary: Maker) {
    let house = server(server_maker);
    let mut first = upsmon(primary, &house, "first", "primary", "HOSTSYNC 60");
    let mut second = upsmon(secondary, &house, "second", "secondary", "HOSTSYNC 60");
    house.talk().says("> GET NUMLOGINS u\n<~ NUMLOGINS u 2");
    house.driver(0).send("SETINFO ups.status \"OB DISCHRG\"");
    let on_battery = "ONBATT [u@HOST] UPS u@HOST on battery";
    first.notices_are(on_battery);
    second.notices_are(on_battery);
    house.driver(0).send("SETINFO ups.status \"OB DISCHRG LB\"");
    assert_eq!(second.daemon.wait_end(), 0);
    assert_eq!(first.daemon.wait_end(), 0);
    assert_eq!(
        story(&house),
        "second down upsmon-shutdown-file\nfirst down upsmon-shutdown-file\n"
    );
    let low = "LOWBATT [u@HOST] UPS u@HOST battery is low\n";
    let fsd = "FSD [u@HOST] UPS u@HOST: forced shutdown in progress\n";
    let waiting = "SHUTDOWN_HOSTSYNC [] Shutdown initiated; primary system is waiting for \
                   secondaries to log out or time out\n";
    let down = "SHUTDOWN [] Auto logout and shutdown proceeding\n";
    first.notices_are(&[low, fsd, waiting, down].concat());
    second.notices_are(&[low, fsd, down].concat());
    house.talk().says(
        "
        > GET NUMLOGINS u
        <~ NUMLOGINS u 0
        > GET VAR u ups.status
        < VAR u ups.status \"FSD OB DISCHRG LB\"
        ",
    );
}

#[test]
fn one_maker() {
    let maker = Maker::under_test();
    a_night(maker, maker, maker);
}

#[test]
fn the_others_server() {
    let maker = Maker::under_test();
    a_night(maker.other(), maker, maker);
}

#[test]
fn the_others_secondary() {
    let maker = Maker::under_test();
    a_night(maker, maker, maker.other());
}

#[test]
fn the_others_secondary_and_server() {
    let maker = Maker::under_test();
    a_night(maker.other(), maker, maker.other());
}

/// A client that is logged in and never leaves.
#[test]
fn a_secondary_that_hangs() {
    let house = server(Maker::under_test());
    let mut hung = house.talk_as("second", "s");
    hung.says("> LOGIN u\n< OK");
    let mut first = upsmon(house.maker(), &house, "first", "primary", "HOSTSYNC 1");
    house.talk().says("> GET NUMLOGINS u\n<~ NUMLOGINS u 2");
    house.driver(0).send("SETINFO ups.status \"OB LB\"");
    assert_eq!(first.daemon.wait_end(), 0);
    first.log_has("Host sync timer expired, forcing shutdown");
    assert_eq!(story(&house), "first down upsmon-shutdown-file\n");
    hung.says("> GET NUMLOGINS u\n<~ NUMLOGINS u 1");
}

/// Who comes late finds FSD set and goes at once.
#[test]
fn a_latecomer() {
    let house = server(Maker::under_test());
    house.talk_as("first", "f").says("> PRIMARY u\n< OK PRIMARY-GRANTED\n> FSD u\n< OK FSD-SET");
    let mut second = upsmon(house.maker(), &house, "second", "secondary", "");
    assert_eq!(second.daemon.wait_end(), 0);
    assert_eq!(story(&house), "second down upsmon-shutdown-file\n");
}

/// Watched but not counted: no primary waits for it.
#[test]
fn a_wrong_password() {
    let house = House::of(Maker::under_test())
        .ups("u", "", Device::new("SETINFO ups.status \"OL\"\nADDCMD load.off"))
        .users(&USERS.replace("password = s", "password = other"))
        .start();
    // NUT does not know this type and goes on.
    let told = "NOTIFYFLAG NOLOGIN SYSLOG+EXEC";
    let watch = Watch::of(house.maker())
        .at(house.place.address())
        .set("MONITOR u@HOST 1 second s secondary")
        .conf(|conf| conf.with(told));
    let mut second = watch.start();
    second.log_has("Login on UPS [u@HOST] failed - got [ERR ACCESS-DENIED]");
    house.driver(0).send("SETINFO ups.status \"OB\"");
    second.notices_are(
        "
        ~ a host that is not counted can be cut off while it runs: people must know
        ours| NOLOGIN [u@HOST] UPS u@HOST: the server refused the login, this host is not counted: ERR ACCESS-DENIED
        ONBATT [u@HOST] UPS u@HOST on battery
        ",
    );
    house.talk().says("> GET NUMLOGINS u\n< NUMLOGINS u 0");
    second.ends_quietly();
}

/// The driver dies while the UPS is on battery: stale data, then DEADTIME.
#[test]
fn a_driver_that_dies_on_battery() {
    let house = server(Maker::under_test());
    let mut first = upsmon(house.maker(), &house, "first", "primary", "DEADTIME 1");
    house.talk().says("> GET NUMLOGINS u\n<~ NUMLOGINS u 1");
    house.driver(0).send("SETINFO ups.status \"OB\"");
    first.notices_are("ONBATT [u@HOST] UPS u@HOST on battery");
    house.driver(0).vanish();
    first.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
    assert_eq!(first.daemon.wait_end(), 0);
    assert_eq!(story(&house), "first down upsmon-shutdown-file\n");
}

/// The same on line: the machine stays up, and the next driver is welcome.
#[test]
fn a_server_that_is_restarted() {
    let house = server(Maker::under_test());
    let mut first = upsmon(house.maker(), &house, "first", "primary", "DEADTIME 1");
    house.talk().says("> GET NUMLOGINS u\n<~ NUMLOGINS u 1");
    house.driver(0).send("SETINFO ups.status \"OL BOOST\"");
    first.notices_are("BOOST [u@HOST] UPS u@HOST: boosting incoming voltage");
    house.driver(0).send("DATASTALE");
    first.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
    house.driver(0).send("DATAOK");
    first.notices_are("COMMOK [u@HOST] Communications with UPS u@HOST established");
    first.ends_quietly();
}
