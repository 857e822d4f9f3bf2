//! What a loop hears of sleep, and what holds sleep back: a real bus, on it a logind that obeys the test.

use crate::house::PATIENCE;
use crate::logind::Logind;
use crate::private_bus::PrivateBus;
use nut_daemon::reactor::Reactor;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};
use upsmon::sleep::{Pace, Sleep, Sleeper};

const PAUSE: Duration = Duration::from_millis(50);
/// Tries again often, and waits for an answer as long as a test waits for anything.
const PACE: Pace = Pace { pause: PAUSE, patience: PATIENCE };

/// A loop that does nothing but listen.
struct Loop {
    reactor: Reactor,
    sleeper: Sleeper,
    heard: Vec<Sleep>,
}

impl Loop {
    fn new(bus: &PrivateBus) -> Loop {
        Loop::at(bus, PACE)
    }

    fn at(bus: &PrivateBus, pace: Pace) -> Loop {
        let reactor = Reactor::new(&[]).unwrap();
        let sleeper = Sleeper::at(bus.text(), pace, reactor.waker());
        Loop { reactor, sleeper, heard: Vec::new() }
    }

    /// The next word; the waker has to bring it.
    fn hear(&mut self) -> Sleep {
        let until = Instant::now() + PATIENCE;
        while self.heard.is_empty() {
            assert!(Instant::now() < until, "nothing was heard within {PATIENCE:?}");
            if !self.reactor.wait(Some(Duration::from_secs(1))).unwrap().is_empty() {
                self.heard = self.sleeper.take();
            }
        }
        self.heard.remove(0)
    }
}

#[test]
fn sleep_waits_for_as_long_as_the_lock_is_held_and_the_lock_is_taken_anew() {
    let bus = PrivateBus::running();
    let logind = Logind::start(&bus);
    let mut listener = Loop::new(&bus);
    for _ in 0..2 {
        logind.wait_for_held(1);
        let why = "Careful handling of OS sleep with regard to power device monitoring";
        assert_eq!(logind.held(), [["sleep", "upsmon", why, "delay"].map(str::to_owned)]);
        logind.prepare(true);
        let starting = listener.hear();
        assert!(matches!(starting, Sleep::Starting(_)), "{starting:?}");
        assert_eq!(logind.held().len(), 1);
        drop(starting);
        logind.wait_for_held(0);
        logind.prepare(false);
        assert!(matches!(listener.hear(), Sleep::Finished));
    }
    logind.wait_for_held(1);
}

#[test]
fn a_signal_that_is_not_so_is_not_passed_on() {
    let bus = PrivateBus::running();
    let logind = Logind::start(&bus);
    let mut listener = Loop::new(&bus);
    logind.wait_for_held(1);
    logind.lie(true);
    assert!(listener.sleeper.take().is_empty());
    logind.prepare(true);
    assert!(matches!(listener.hear(), Sleep::Starting(_)));
    logind.lie(false);
    assert!(listener.heard.is_empty() && listener.sleeper.take().is_empty());
}

#[test]
fn many_signals_hold_up_no_answer() {
    let bus = PrivateBus::running();
    let logind = Logind::start(&bus);
    let pace = Pace { patience: PATIENCE * 10, ..PACE };
    let mut listener = Loop::at(&bus, pace);
    logind.wait_for_held(1);
    logind.repeat(false, 1000);
    logind.prepare(true);
    assert!(matches!(listener.hear(), Sleep::Starting(_)));
}

#[test]
fn a_sleep_under_way_at_the_start_is_told() {
    let bus = PrivateBus::running();
    let logind = Logind::start(&bus);
    logind.prepare(true);
    let mut listener = Loop::new(&bus);
    assert!(matches!(listener.hear(), Sleep::Starting(_)));
}

#[test]
fn a_bus_and_a_logind_may_come_later() {
    let mut bus = PrivateBus::stopped();
    let mut listener = Loop::new(&bus);
    bus.start();
    std::thread::sleep(PAUSE * 3);
    let logind = Logind::start(&bus);
    logind.wait_for_held(1);
    logind.prepare(true);
    assert!(matches!(listener.hear(), Sleep::Starting(_)));
}

#[test]
fn a_bus_that_ends_wakes_who_dozes_and_its_successor_is_found() {
    let mut bus = PrivateBus::running();
    let logind = Logind::start(&bus);
    let mut listener = Loop::new(&bus);
    logind.wait_for_held(1);
    logind.prepare(true);
    assert!(matches!(listener.hear(), Sleep::Starting(_)));
    bus.stop();
    assert!(matches!(listener.hear(), Sleep::Finished));
    drop(logind);
    bus.start();
    let logind = Logind::start(&bus);
    logind.wait_for_held(1);
    logind.prepare(true);
    assert!(matches!(listener.hear(), Sleep::Starting(_)));
}

#[test]
fn a_mute_bus_holds_nobody_up_and_is_tried_again() {
    let bus = PrivateBus::stopped();
    let mute = UnixListener::bind(bus.socket()).unwrap();
    let listener = Loop::at(&bus, Pace { pause: PAUSE, patience: PAUSE });
    let clients: Vec<_> = mute.incoming().take(3).collect();
    assert!(listener.sleeper.take().is_empty());
    drop(clients);
}
