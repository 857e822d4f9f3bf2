//! The machine goes to sleep and comes back, as logind tells it to the running program.

use crate::house::{House, Upsmon, kill, wait_until};
use crate::logind::Logind;
use crate::private_bus::PrivateBus;
use crate::server::Server;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::thread;
use std::time::Duration;

const POLL: &str = "GET VAR u ups.status";
const DOZING: &str = "upsmon: Dozing off until system tells us otherwise; send a SIGHUP or SIGTERM \
    to break the loop manually";

/// A monitor of one UPS on battery that has its inhibitor.
struct Night {
    upsmon: Upsmon,
    logind: Logind,
    bus: PrivateBus,
    server: Server,
    house: House,
    manager: UnixDatagram,
}

impl Night {
    fn new() -> Night {
        let (house, server, bus) = (House::new(), Server::start(), PrivateBus::running());
        let logind = Logind::start(&bus);
        let manager = UnixDatagram::bind(house.path("manager")).unwrap();
        manager.set_nonblocking(true).unwrap();
        fs::set_permissions(house.path("manager"), Permissions::from_mode(0o666)).unwrap();
        house.watch(&format!(
            "MONITOR {} 1 mon secret secondary\nNOTIFYFLAG SUSPEND_STARTING EXEC\n\
             NOTIFYFLAG SUSPEND_FINISHED EXEC",
            server.ups("u")
        ));
        server.set("u", "OB");
        let mut command = house.command();
        command.env("DBUS_SYSTEM_BUS_ADDRESS", bus.text());
        command.env("NOTIFY_SOCKET", house.path("manager"));
        let upsmon = house.begin_with(command.arg("-F"));
        house.wait_for_words(&["ONBATT"]);
        logind.wait_for_held(1);
        Night { upsmon, logind, bus, server, house, manager }
    }

    fn fall_asleep(&self) {
        self.logind.prepare(true);
        self.house.wait_for_words(&["SUSPEND_STARTING", "[]", "OS is entering sleep"]);
        self.upsmon.wait_for(DOZING);
        self.logind.wait_for_held(0);
    }

    /// The UPS is watched again, and what was known of it is not relied upon.
    fn wait_for_new_day(&self) {
        self.upsmon.wait_for("upsmon: Dozing off finished");
        self.house.wait_for_words(&["SUSPEND_FINISHED", "[]", "OS just finished sleep"]);
        self.server.wait_for("LOGIN u", 2);
        let again = || (self.told("ONBATT") == 2).then_some(());
        wait_until(again).expect("ONBATT once more");
    }

    fn told(&self, kind: &str) -> usize {
        self.house.story().iter().filter(|line| line.starts_with(kind)).count()
    }

    /// What the service manager was told since the last call, in the words that matter here.
    fn states(&self) -> Vec<&'static str> {
        let mut buffer = [0; 4096];
        let mut states = Vec::new();
        while let Ok(count) = self.manager.recv(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..count]);
            let known = ["READY=1", "RELOADING=1"].into_iter();
            states.extend(known.filter(|word| text.lines().any(|line| line == *word)));
        }
        states
    }
}

#[test]
fn before_a_sleep_polls_end_and_behind_it_they_begin_anew() {
    let night = Night::new();
    night.upsmon.wait_for("upsmon: initialized OS integration for sleep inhibitor");
    night.upsmon.wait_for("upsmon: initialized OS integration for sleep/wake monitoring");
    assert_eq!(night.states(), ["READY=1"]);
    night.fall_asleep();
    night.upsmon.wait_for("upsmon: Processing OS going to sleep");
    assert_eq!(night.states(), ["RELOADING=1"]);
    // There is a poll a second; one may have been under way.
    let polls = night.server.count(POLL);
    thread::sleep(Duration::from_secs(4));
    assert!(night.server.count(POLL) <= polls + 1);
    night.logind.prepare(false);
    night.wait_for_new_day();
    night.upsmon.wait_for("upsmon: Processing OS wake-up after sleep");
    night.logind.wait_for_held(1);
    assert_eq!(night.states(), ["READY=1"]);
    let polls = night.server.count(POLL);
    night.server.wait_for(POLL, polls + 2);
    assert_eq!((night.told("SUSPEND_STARTING"), night.told("SUSPEND_FINISHED")), (1, 1));
}

#[test]
fn a_reload_ends_dozing() {
    let night = Night::new();
    night.fall_asleep();
    kill(night.upsmon.pid(), "HUP");
    night.upsmon.wait_for("interrupted by a reload signal");
    night.wait_for_new_day();
    night.upsmon.wait_for("Reloading configuration");
}

#[test]
fn a_bus_that_ends_does_not_leave_the_monitor_dozing() {
    let mut night = Night::new();
    night.fall_asleep();
    night.bus.stop();
    night.upsmon.wait_for("upsmon: failed to initialize OS integration for sleep inhibitor");
    night.wait_for_new_day();
}

#[test]
fn dozing_holds_up_no_end() {
    let mut night = Night::new();
    night.fall_asleep();
    kill(night.upsmon.pid(), "TERM");
    assert_eq!(night.upsmon.end(), Some(0));
}

#[test]
fn without_a_bus_one_line_is_said_and_the_ups_watched() {
    let (house, server) = (House::new(), Server::start());
    house.watch(&format!("MONITOR {} 1 mon secret secondary", server.ups("u")));
    let upsmon = house.begin(&[]);
    server.wait_for(POLL, 3);
    let line = "upsmon: failed to initialize OS integration for sleep inhibitor";
    upsmon.wait_for(line);
    assert_eq!(upsmon.log().matches(line).count(), 1);
}
