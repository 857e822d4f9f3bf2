//! The loop's part in the machine's sleep: it dozes off before it and begins anew behind it.
//!
//! Brings together who speaks of sleep: logind (`sleep`), the clocks, and how long dozing may last.
//! What sleep means for what is known of the UPSes is for the monitor.

use super::Daemon;
use crate::sleep::doze::LONGEST;
use crate::sleep::{Lock, Sleep};
use nut_daemon::notify;
use std::time::Duration;

impl Daemon {
    /// By the clocks. To be called before anything else that happened is looked at: what was known
    /// before a sleep decides nothing after it.
    pub(super) fn notice_sleep(&mut self) {
        let slept = self.clock.slept();
        if slept.is_zero() || self.end_dozing(slept) {
            return;
        }
        let seconds = slept.as_secs_f64();
        log::warn!(
            "It seems we have slept without warning or the system clock was changed by \
             {seconds:.6} seconds"
        );
        self.wake(slept);
    }

    /// By logind.
    pub(super) fn hear_of_sleep(&mut self) {
        for word in self.sleeper.take() {
            match word {
                Sleep::Starting(lock) => self.doze_off(lock),
                Sleep::Finished => {
                    let slept = self.clock.slept();
                    self.end_dozing(slept);
                }
            }
        }
    }

    /// The machine sleeps when the lock is gone. A shutdown goes on, and the system sees to it that
    /// the two do not meet.
    fn doze_off(&mut self, lock: Lock) {
        if self.monitor.is_leaving() || !self.doze.begin(self.now()) {
            return;
        }
        self.monitor.on_suspend();
        self.perform();
        notify::reloading();
        log::info!(
            "upsmon: Dozing off until system tells us otherwise; send a SIGHUP or SIGTERM to break \
             the loop manually"
        );
        drop(lock);
    }

    /// Whether there was any dozing to end.
    fn end_dozing(&mut self, slept: Duration) -> bool {
        let dozed = self.doze.end();
        if dozed {
            log::info!("upsmon: Dozing off finished");
            self.wake(slept);
            notify::ready_as(self.around.main_pid);
        }
        dozed
    }

    /// Neither logind nor the clocks have said anything for too long.
    pub(super) fn tire_of_dozing(&mut self) {
        if self.doze.deadline().is_some_and(|deadline| deadline <= self.now()) {
            let seconds = LONGEST.as_secs();
            log::warn!("upsmon: {seconds} seconds on, the system neither slept nor said so");
            self.end_dozing(Duration::ZERO);
        }
    }

    /// Somebody wants a reload, and with it that dozing ends.
    pub(super) fn break_dozing(&mut self) {
        if self.end_dozing(Duration::ZERO) {
            log::warn!(
                "upsmon: OS was last known to be preparing for sleep, and we were interrupted by a \
                 reload signal"
            );
        }
    }

    fn wake(&mut self, slept: Duration) {
        let now = self.now();
        self.monitor.on_wake(now, slept);
        self.perform();
    }
}
