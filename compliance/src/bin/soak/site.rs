//! A server with its UPSes, which can be killed and comes back, and one that never says a word.

use crate::chance::Chance;
use nut_compliance::device::Device;
use nut_compliance::house::{House, Running, upsd_command};
use nut_compliance::maker::Maker;
use nut_compliance::program::Daemon;
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// How long a killed server, or a stale driver, is out.
const OUT: Duration = Duration::from_secs(2);
/// How long after its return a server, or driver, is left in peace: upsmon has to find it again.
const PEACE: Duration = Duration::from_secs(3);

/// A change of power, by which a notice falls due.
pub struct Change {
    /// The UPS as upsmon names it.
    pub ups: String,
    /// Whether it is on battery now.
    pub battery: bool,
}

/// One server of ours, its UPSes and how they are.
pub struct Site {
    house: Running,
    upses: Vec<Ups>,
    /// Since when the server is dead.
    dead: Option<Instant>,
    /// Until when nothing changes here.
    peace: Instant,
}

#[derive(Clone)]
struct Ups {
    battery: bool,
    /// When it changed last: the next change waits until upsmon must have seen it.
    changed: Instant,
    stale: Option<Instant>,
}

impl Site {
    /// Starts a server with so many UPSes, all on line power.
    pub fn start(upses: usize) -> Site {
        let users = "[mon]\n  password = pw\n  upsmon primary\n";
        let house = (0..upses).fold(House::of(Maker::Ours).users(users), |house, n| {
            house.ups(&format!("u{n}"), "", Device::new("SETINFO ups.status \"OL\""))
        });
        let now = Instant::now();
        let ups = Ups { battery: false, changed: now, stale: None };
        Site { house: house.start(), upses: vec![ups; upses], dead: None, peace: now }
    }

    /// Its UPSes as upsmon names them.
    pub fn names(&self) -> Vec<String> {
        (0..self.upses.len()).map(|n| self.name(n)).collect()
    }

    /// Whether the server counts a login at each of its UPSes.
    pub fn all_logged_in(&self) -> bool {
        let mut talk = self.house.talk();
        (0..self.upses.len()).all(|n| {
            let answer = talk.ask(&format!("GET NUMLOGINS u{n}"));
            answer.ends_with(" 1")
        })
    }

    fn name(&self, n: usize) -> String {
        format!("u{n}@{}", self.house.place.address())
    }

    /// Some UPS changes between line and battery power, unless it has just done so or cannot be heard.
    pub fn change(&mut self, chance: &mut Chance) -> Option<Change> {
        let n = chance.below(self.upses.len());
        let quiet = self.dead.is_some() || self.peace > Instant::now();
        let ups = self.upses.get_mut(n)?;
        if quiet || ups.stale.is_some() || ups.changed.elapsed() < PEACE {
            return None;
        }
        ups.battery = !ups.battery;
        ups.changed = Instant::now();
        let battery = ups.battery;
        self.publish(n, if battery { "OB" } else { "OL" });
        Some(Change { ups: self.name(n), battery })
    }

    fn publish(&self, n: usize, status: &str) {
        let line = format!("SETINFO ups.status \"{status}\"");
        let driver = self.house.driver(n);
        driver.becomes(Device::new(&line));
        driver.send(&line);
    }

    /// The server dies on the spot. Only while all that changed here must have been noticed.
    pub fn kill_server(&mut self) {
        let busy = self.upses.iter().any(|ups| ups.changed.elapsed() < PEACE);
        if self.dead.is_none() && !busy {
            self.house.upsd.signal("KILL");
            self.dead = Some(Instant::now());
        } else {
            // Quiet for a while, so that the next blow falls.
            self.peace = Instant::now() + PEACE * 2;
        }
    }

    /// Some driver loses its device.
    pub fn stale(&mut self, chance: &mut Chance) {
        let n = chance.below(self.upses.len());
        if let Some(ups) = self.upses.get_mut(n).filter(|ups| ups.changed.elapsed() >= PEACE) {
            ups.stale = Some(Instant::now());
            self.house.driver(n).send("DATASTALE");
        }
    }

    /// What was out long enough comes back.
    pub fn recover(&mut self) {
        if self.dead.is_some_and(|since| since.elapsed() >= OUT) {
            self.dead = None;
            let log = self.house.place.file("upsd.log");
            let mut command = upsd_command(&self.house.place, Maker::Ours);
            self.house.upsd = Daemon::start(&mut command, log);
            self.peace = Instant::now() + PEACE;
        }
        for (n, ups) in self.upses.iter_mut().enumerate() {
            if ups.stale.is_some_and(|since| since.elapsed() >= OUT) {
                ups.stale = None;
                ups.changed = Instant::now();
                self.house.driver(n).send("DATAOK");
            }
        }
    }

    /// Every battery is low.
    pub fn all_low(&mut self) {
        (0..self.upses.len()).for_each(|n| self.publish(n, "OB LB"));
    }
}

/// A server that takes connections and says nothing.
pub struct Silent {
    listener: TcpListener,
}

impl Silent {
    /// Begins to listen. Connections are taken by the kernel; nobody reads them.
    pub fn start() -> Silent {
        Silent { listener: TcpListener::bind("127.0.0.1:0").expect("a listener") }
    }

    /// Host and port.
    pub fn address(&self) -> String {
        self.listener.local_addr().expect("an address").to_string()
    }
}
