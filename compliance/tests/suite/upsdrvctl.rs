//! upsdrvctl: list, status, start, stop and its complaints.

use nut_compliance::house::current_user;
use nut_compliance::maker::Maker;
use nut_compliance::place::Place;
use nut_compliance::program::{Outcome, run};

const BANNER: &str = "Network UPS Tools upsdrvctl - UPS driver controller 2.8.5 release";

/// Three sections, the last of a driver that does not exist.
struct Drivers {
    place: Place,
    maker: Maker,
}

impl Drivers {
    fn new() -> Drivers {
        let maker = Maker::under_test();
        let place = Place::new();
        let path = maker.folder().display().to_string();
        let user = current_user();
        let sections = "[u1]\n  driver = dummy-ups\n  port = a.dev\n\
                        [u2]\n  driver = dummy-ups\n  port = a.dev\n\
                        [u3]\n  driver = missing-driver\n  port = auto\n";
        let global = format!("driverpath = {path}\nmaxretry = 1\nuser = {user}\n");
        place.write("ups.conf", &(global + sections));
        place.write("a.dev", "ups.status: OL\nbattery.charge: 90\n");
        Drivers { place, maker }
    }

    fn ask(&self, args: &[&str]) -> Outcome {
        let mut command = self.place.command(self.maker, "upsdrvctl");
        let run_folder = self.place.run().display().to_string();
        let path = self.maker.folder().display().to_string();
        run(command.args(args), "").with(&run_folder, "RUN").with(&path, "PATH")
    }

    fn pid(&self, ups: &str) -> String {
        let file = self.place.run().join(format!("dummy-ups-{ups}.pid"));
        std::fs::read_to_string(file).unwrap_or_default().trim().to_string()
    }
}

impl Drop for Drivers {
    fn drop(&mut self) {
        for ups in ["u1", "u2"] {
            if let Ok(pid) = self.pid(ups).parse() {
                nut_compliance::program::signal(pid, "KILL");
            }
        }
    }
}

#[test]
fn lists() {
    let drivers = Drivers::new();
    drivers.ask(&["list"]).is(&format!("{BANNER}\nu1\nu2\nu3\nexit 0"));
    drivers.ask(&["-l"]).is(&format!("{BANNER}\nu1\nu2\nu3\nexit 0"));
    drivers.ask(&["list", "u2"]).is(&format!("{BANNER}\nu2\nexit 0"));
    drivers.ask(&["list", "zz"]).is(&format!("{BANNER}\n2| UPS zz not found in ups.conf\nexit 1"));
}

#[test]
fn complaints() {
    let drivers = Drivers::new();
    drivers
        .ask(&["bogus"])
        .is(&format!("{BANNER}\n2| Error: unrecognized command [bogus]\nexit 1"));
    drivers.ask(&["list", "u1", "u2"]).is(&format!(
        "{BANNER}\n2| Error: extra arguments left on command line\n\
         2| (common options should be before a command and UPS name)\nexit 1"
    ));
    drivers.ask(&["-c", "bogus"]).is(&format!(
        "{BANNER}\n2| Error: unknown argument to option -c. Try -h for help.\nexit 1"
    ));
    drivers.ask(&["-V"]).is(&format!("{BANNER}\nexit 0"));
    drivers.ask(&["start", "u3"]).is(&format!(
        "{BANNER}\n2| Can't start PATH/missing-driver: No such file or directory\nexit 1"
    ));
    let help = drivers.ask(&[]);
    assert_eq!(help.code, 0);
    assert!(help.out.contains("usage: "), "{}", help.out);
}

#[test]
fn no_sections_and_no_file() {
    let place = Place::new();
    let ask = |args: &[&str]| {
        let mut command = place.command(Maker::under_test(), "upsdrvctl");
        run(command.args(args), "").with(&place.etc().display().to_string(), "ETC")
    };
    let missing = ask(&["list"]);
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains("Can't open ETC/ups.conf: No such file or directory"));
    place.write("ups.conf", "");
    ask(&["list"]).is(&format!("{BANNER}\n2| Error: no UPS definitions found in ups.conf\nexit 1"));
}

#[test]
fn start_status_stop() {
    let drivers = Drivers::new();
    let header = "UPSNAME    \t     UPSDRV\tRUNNING\tPF_PID\tS_RESPONSIVE\tS_PID\tS_STATUS";
    let down = |ups: &str, driver: &str| {
        format!("{ups:<11}\t{driver:>11}\tN/A\t-3\tNOT_RESPONSIVE\tN/A\t")
    };
    let up = |ups: &str| {
        let pid = drivers.pid(ups);
        format!("{ups:<11}\t  dummy-ups\tRUNNING\t{pid}\tRESPONSIVE\t{pid}\t\"OL\"")
    };
    drivers.ask(&["status"]).is(&format!(
        "{BANNER}\n{header}\n{}\n{}\n{}\nexit 0",
        down("u1", "dummy-ups"),
        down("u2", "dummy-ups"),
        down("u3", "missing-driver"),
    ));
    let started = drivers.ask(&["start", "u1"]);
    assert_eq!(started.code, 0, "{}", started.err);
    let driver = "Network UPS Tools 2.8.5 release - Device simulation and repeater driver 0.25";
    assert_eq!(started.out, format!("{BANNER}\n{driver}\n"));
    assert!(started.err.contains("Listening on socket RUN/dummy-ups-u1\n"), "{}", started.err);
    drivers.ask(&["status", "u1"]).is(&format!("{BANNER}\n{header}\n{}\nexit 0", up("u1")));
    drivers
        .ask(&["-c", "reload", "u1"])
        .is(&format!("{BANNER}\n2| Request for driver to reload-or-error returned code 0\nexit 0"));
    drivers.ask(&["stop", "u1"]).is(&format!("{BANNER}\nexit 0"));
    assert_eq!(drivers.pid("u1"), "", "the pid file goes with the driver");
    let file = drivers.place.run().join("dummy-ups-u1");
    assert!(!file.exists(), "the socket goes with the driver");
}

#[test]
fn start_goes_on_until_a_driver_is_missing() {
    let drivers = Drivers::new();
    let started = drivers.ask(&["start"]);
    assert_eq!(started.code, 1);
    let missing = "Can't start PATH/missing-driver: No such file or directory\n";
    assert!(started.err.contains(missing), "{}", started.err);
    for ups in ["u1", "u2"] {
        let socket = drivers.place.run().join(format!("dummy-ups-{ups}"));
        assert!(socket.exists(), "{ups} runs");
    }
    let mut exit = drivers.ask(&["-c", "exit", "u2"]);
    if drivers.maker == Maker::Stock {
        exit.err = without_broken_pipes(&exit.err);
    }
    exit.is(&format!("{BANNER}\n2| Request for driver to exit returned code 0\nexit 0"));
}

/// NUT's upsdrvctl goes on writing to the driver, which may have gone by then.
fn without_broken_pipes(text: &str) -> String {
    let complaint = |line: &&str| {
        line.starts_with("Write to socket ") || line.contains("could not restore broadcast")
    };
    text.lines().filter(|line| !complaint(line)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_driver_that_fails() {
    let drivers = Drivers::new();
    let path = drivers.maker.folder().display().to_string();
    let section = "[bad]\n  driver = dummy-ups\n  port = no-such-file.dev\n";
    let global = format!("driverpath = {path}\nmaxretry = 1\nretrydelay = 0\n");
    drivers.place.write("ups.conf", &(global + section));
    let started = drivers.ask(&["start"]);
    assert_eq!(started.code, 1);
    assert!(started.err.contains("Driver failed to start (exit status=1)\n"), "{}", started.err);
}

#[test]
fn stopping_what_does_not_run() {
    let drivers = Drivers::new();
    let seek = "2| Can't open RUN/dummy-ups-u1: No such file or directory\n";
    let seeks = drivers.maker.differs(
        "a driver that is not there is not waited for",
        seek.repeat(2),
        String::new(),
    );
    drivers.ask(&["stop", "u1"]).is(&format!(
        "{BANNER}
2| Can't open RUN/dummy-ups-u1.pid: No such file or directory
2| Can't open RUN/dummy-ups-a.dev.pid either: No such file or directory
{seeks}2| Failed to send the 'exit' command to the driver socket
2| Failed to stop the driver dummy-ups for u1, it may be not running or not fully started yet
exit 1"
    ));
}
