//! upsd as a process: banner, refusals at the start, pid file, `-c`, signals, reload.

use nut_compliance::device::Device;
use nut_compliance::house::{House, current_user, upsd_command};
use nut_compliance::maker::Maker;
use nut_compliance::place::Place;
use nut_compliance::program::{Daemon, Outcome, run, wait_until};

/// A place with the three files upsd wants, whose contents are given.
fn place(upsd_conf: &str, ups_conf: &str) -> Place {
    let place = Place::new();
    place.write("upsd.conf", &format!("LISTEN {} 3493\n{upsd_conf}", place.address()));
    place.write("ups.conf", ups_conf);
    place.write("upsd.users", "");
    place
}

fn refused(place: &Place) -> Outcome {
    run(&mut upsd_command(place, Maker::under_test()), "")
        .with(&place.etc().display().to_string(), "ETC")
        .with(&place.run().display().to_string(), "RUN")
        .with(&place.address().to_string(), "HOST")
}

#[test]
fn banner_and_start() {
    let house = House::usual();
    house.upsd.wait_for("Network UPS Tools upsd 2.8.5 release\n");
    house.upsd.wait_for(&format!("listening on {} port 3493\n", house.place.address()));
    house.upsd.wait_for("Connected to UPS [u]: scripted-u\n");
    house.upsd.wait_for("Found 1 UPS defined in ups.conf\n");
    house.upsd.wait_for("Running as foreground process, not saving a PID file\n");
    house.client("upsd", &["-V"]).is("Network UPS Tools upsd 2.8.5 release\nexit 0");
}

#[test]
fn refusals() {
    let missing = Place::new();
    let got = refused(&missing);
    assert_eq!(got.code, 1);
    assert!(got.err.contains("ETC/upsd.conf: No such file or directory"), "{}", got.err);

    let no_ups_conf = place("", "");
    std::fs::remove_file(no_ups_conf.etc().join("ups.conf")).expect("removing ups.conf");
    let got = refused(&no_ups_conf);
    assert_eq!(got.code, 1);
    assert!(got.err.contains("ETC/ups.conf: No such file or directory"), "{}", got.err);

    let no_users = place("", "[u]\n driver = x\n port = y\n");
    std::fs::remove_file(no_users.etc().join("upsd.users")).expect("removing upsd.users");
    let got = refused(&no_users);
    assert_eq!(got.code, 1);
    assert!(got.err.contains("ETC/upsd.users: No such file or directory"), "{}", got.err);

    let got = refused(&place("", ""));
    assert_eq!(got.code, 1);
    let none = "Fatal error: at least one UPS must be defined in ups.conf";
    assert!(got.err.contains(none), "{}", got.err);

    let got = refused(&place("LISTEN 192.0.2.1 3493\n", "[u]\n driver = x\n port = y\n"));
    assert_eq!(got.code, 1, "a foreign address:\n{}", got.err);
    assert!(got.err.contains("not listening on 192.0.2.1 port 3493"), "{}", got.err);
}

#[test]
fn wrong_lines_are_reported_and_skipped() {
    let house = House::new()
        .upsd_conf("MAXAGE ten\nFOO bar\nMAXCONN\n")
        .ups_conf("[half]\n  driver = x\n")
        .ups("u", "", Device::usual())
        .start();
    house.upsd.wait_for("MAXAGE has non numeric value (ten)!");
    house.upsd.wait_for("Encountered 3 config errors, those entries were ignored");
    house.upsd.wait_for("invalid directive FOO bar");
    house.upsd.wait_for("ignoring incomplete configuration for UPS [half]");
    house.talk().says(
        "
        > LIST UPS
        < BEGIN LIST UPS
        < UPS u \"Description unavailable\"
        < END LIST UPS
        ",
    );
}

#[test]
fn no_device_where_that_is_allowed() {
    let house = House::new().upsd_conf("ALLOW_NO_DEVICE true").start();
    house.talk().says("> LIST UPS\n< BEGIN LIST UPS\n< END LIST UPS");
}

#[test]
fn signals_end_it_with_a_word() {
    for (name, number) in [("TERM", 15), ("INT", 2), ("QUIT", 3)] {
        let mut house = House::usual();
        house.upsd.signal(name);
        assert_eq!(house.upsd.wait_end(), 0);
        let farewell = format!("Signal {number}: exiting");
        assert!(house.upsd.log().contains(&farewell), "{}", house.upsd.log());
    }
}

#[test]
fn in_the_background_with_a_pid_file() {
    let maker = Maker::under_test();
    let place = place("", "[u]\n driver = x\n port = y\n");
    let started = run(place.command(maker, "upsd").args(["-u", &current_user()]), "");
    assert_eq!(started.code, 0, "{}", started.err);
    let file = place.run().join("upsd.pid");
    let read = || std::fs::read_to_string(&file).ok().filter(|text| text.ends_with('\n'));
    let pid = wait_until("a pid file", read).expect("a pid file");
    pid.trim().parse::<u32>().expect("a number and a line feed");
    let second = run(place.command(maker, "upsd").args(["-u", &current_user()]), "");
    assert_eq!(second.code, 1);
    let rival = "Fatal error: A previous upsd instance is already running!\n\
                 Either stop the previous instance first, or use the 'reload' command.\n";
    assert!(second.out.ends_with(rival), "{}", second.out);
    let ask = |word: &str| run(place.command(maker, "upsd").args(["-c", word]), "");
    let banner = "Network UPS Tools upsd 2.8.5 release";
    ask("reload").is(&format!("{banner}\nexit 0"));
    ask("stop").is(&format!("{banner}\nexit 0"));
    wait_until("the pid file's end", || (!file.exists()).then_some(())).expect("removed");
    let gone = ask("reload");
    assert_eq!(gone.code, 1);
    assert!(gone.err.contains("Failed to signal the currently running daemon (if any)"));
}

#[test]
fn a_reload() {
    let house = House::usual();
    let mut talk = house.talk_as("admin", "se cret");
    talk.says("> LOGIN u\n< OK");
    house.place.write(
        "ups.conf",
        "[u]\n driver = scripted\n port = auto\n desc = \"another\"\n[v]\n driver = x\n port = y\n",
    );
    house.place.write("upsd.users", "[other]\n password = o\n actions = FSD\n");
    reload(&house.upsd);
    house.talk().says(
        "
        > GET UPSDESC v
        <~ UPSDESC v \"Unavailable\"
        > LIST UPS
        < BEGIN LIST UPS
        < UPS v \"Description unavailable\"
        < UPS u \"another\"
        < END LIST UPS
        > GET NUMLOGINS u
        < NUMLOGINS u 1
        ",
    );
    talk.says("> FSD u\n<~ ERR ACCESS-DENIED");
    house.talk_as("other", "o").says("> FSD u\n<~ OK FSD-SET");
}

#[test]
fn a_reload_that_removes_a_ups() {
    let house = House::new().ups("u", "", Device::usual()).absent("v", "").start();
    let mut talk = house.talk_as("admin", "se cret");
    talk.says("> LOGIN v\n< OK");
    house.place.write("ups.conf", "[u]\n driver = scripted\n port = auto\n");
    reload(&house.upsd);
    house.upsd.wait_for("Deleting UPS [v]");
    house.upsd.wait_for("Kicking client 127.0.0.1 (was on UPS [v])");
    talk.says("closed");
    house.talk().says("> GET UPSDESC v\n< ERR UNKNOWN-UPS");
}

fn reload(upsd: &Daemon) {
    upsd.signal("HUP");
    upsd.wait_for("SIGHUP: reloading configuration");
}

#[test]
fn old_options_are_refused() {
    let house = House::usual();
    for option in ["-i", "-p"] {
        let got = house.client("upsd", &[option, "127.0.0.1"]);
        assert_eq!(got.code, 1);
        let text = "Specifying a listening addresses with '-i <address>' and '-p <port>'";
        assert!(got.err.contains(text), "{}", got.err);
    }
}
