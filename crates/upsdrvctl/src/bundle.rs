//! Several drivers in the foreground, watched over as one service.
//!
//! Knows which signals are passed on, after which end a driver is started again, and that otherwise
//! the first one to end takes the others with it (NUT 2.8.5; it does not notice a driver that a signal
//! ended). Processes are for the loop. Pure.

use nut_daemon::signals;
use std::time::{Duration, Instant};

/// A driver that ends so long after a reload-or-exit signal ended because of it.
const RELOAD_TIME: Duration = Duration::from_secs(60);
/// The exit status of a driver that has to be started again for its new settings.
const RESTART_STATUS: i32 = 138;
/// How long drivers may take to leave before they are killed.
const LEAVE_TIME: Duration = Duration::from_secs(5);

/// What is said before the first launch.
pub(crate) const NOT_WAITING: &str = "Starting \"all\" drivers but requested the foreground mode! This request will not wait for \
     driver(s) to complete their initialization, but upsdrvctl tool will stay foregrounded.";

const BROKEN_UP: &str = "At least one tracked driver running in foreground mode has exited, stopping upsdrvctl (and \
     other tracked drivers) so the bundle can be restarted by system properly";

/// What the loop is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Launch(usize),
    Signal(usize, i32),
    Say(String),
    End(u8),
}

/// The drivers, by number.
#[derive(Debug)]
pub(crate) struct Bundle {
    running: Vec<bool>,
    reloaded_at: Option<Instant>,
    /// All are to leave: with which exit status, and by when.
    ending: Option<(u8, Instant)>,
}

impl Bundle {
    /// So many drivers; gives the first actions.
    pub(crate) fn begin(drivers: usize) -> (Bundle, Vec<Action>) {
        let bundle = Bundle { running: vec![true; drivers], reloaded_at: None, ending: None };
        let launches = (0..drivers).map(Action::Launch);
        let actions = std::iter::once(Action::Say(NOT_WAITING.to_owned())).chain(launches);
        (bundle, actions.collect())
    }

    /// When [`Bundle::on_time`] wants to be called.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.ending.map(|(_, deadline)| deadline)
    }

    /// A signal came.
    pub(crate) fn on_signal(&mut self, signal: i32, now: Instant) -> Vec<Action> {
        match signal {
            signals::HUP | signals::USR1 | signals::URG => {
                if signal == signals::USR1 {
                    self.reloaded_at = Some(now);
                }
                self.signal_all(signal)
            }
            _ => self.end(0, now),
        }
    }

    /// A driver ended, with this status or by a signal.
    pub(crate) fn on_exit(
        &mut self,
        driver: usize,
        status: Option<i32>,
        now: Instant,
    ) -> Vec<Action> {
        if let Some(running) = self.running.get_mut(driver) {
            *running = false;
        }
        match self.ending {
            Some((code, _)) if self.nobody_runs() => vec![Action::End(code)],
            Some(_) => Vec::new(),
            None if self.is_reload(status, now) => self.launch_again(driver),
            None => self.break_up(BROKEN_UP.to_owned(), now),
        }
    }

    /// A driver could not be launched, for this reason.
    pub(crate) fn on_not_launched(
        &mut self,
        driver: usize,
        reason: String,
        now: Instant,
    ) -> Vec<Action> {
        if let Some(running) = self.running.get_mut(driver) {
            *running = false;
        }
        self.break_up(reason, now)
    }

    /// Time has passed: whoever has not left yet is killed.
    pub(crate) fn on_time(&mut self, now: Instant) -> Vec<Action> {
        match self.ending {
            Some((code, deadline)) if now >= deadline => {
                self.ending = Some((code, now + LEAVE_TIME));
                self.signal_all(signals::KILL)
            }
            _ => Vec::new(),
        }
    }

    fn is_reload(&self, status: Option<i32>, now: Instant) -> bool {
        let recent = |at| now.saturating_duration_since(at) <= RELOAD_TIME;
        status == Some(RESTART_STATUS) || status.is_some() && self.reloaded_at.is_some_and(recent)
    }

    fn launch_again(&mut self, driver: usize) -> Vec<Action> {
        if let Some(running) = self.running.get_mut(driver) {
            *running = true;
        }
        vec![Action::Launch(driver)]
    }

    fn break_up(&mut self, reason: String, now: Instant) -> Vec<Action> {
        let end = self.end(1, now);
        std::iter::once(Action::Say(reason)).chain(end).collect()
    }

    fn end(&mut self, code: u8, now: Instant) -> Vec<Action> {
        if self.nobody_runs() {
            return vec![Action::End(code)];
        }
        if self.ending.is_some() {
            return Vec::new();
        }
        self.ending = Some((code, now + LEAVE_TIME));
        self.signal_all(signals::TERM)
    }

    fn nobody_runs(&self) -> bool {
        self.running.iter().all(|running| !running)
    }

    fn signal_all(&self, signal: i32) -> Vec<Action> {
        let running = self.running.iter().enumerate().filter(|(_, running)| **running);
        running.map(|(driver, _)| Action::Signal(driver, signal)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn begin() -> (Bundle, Instant) {
        let (bundle, actions) = Bundle::begin(2);
        let say = Action::Say(NOT_WAITING.to_owned());
        assert_eq!(actions, [say, Action::Launch(0), Action::Launch(1)]);
        (bundle, Instant::now())
    }

    #[test]
    fn signals_are_passed_on() {
        let (mut bundle, now) = begin();
        for signal in [signals::HUP, signals::USR1, signals::URG] {
            let expected = [Action::Signal(0, signal), Action::Signal(1, signal)];
            assert_eq!(bundle.on_signal(signal, now), expected);
        }
    }

    #[test]
    fn a_driver_that_ends_for_a_reload_is_started_again() {
        let (mut bundle, now) = begin();
        assert_eq!(bundle.on_exit(0, Some(138), now), [Action::Launch(0)]);
        bundle.on_signal(signals::USR1, now);
        assert_eq!(bundle.on_exit(1, Some(0), now + 59 * SECOND), [Action::Launch(1)]);
    }

    #[test]
    fn any_other_end_ends_all_with_one() {
        for (status, later) in [(Some(0), 0), (Some(1), 0), (None, 0), (Some(0), 61)] {
            let (mut bundle, now) = begin();
            bundle.on_signal(signals::USR1, now);
            let now = now + later * SECOND + if later == 0 { 61 * SECOND } else { SECOND };
            let actions = bundle.on_exit(0, status, now);
            let say = Action::Say(BROKEN_UP.to_owned());
            assert_eq!(actions, [say, Action::Signal(1, signals::TERM)]);
            assert_eq!(bundle.on_exit(1, Some(0), now), [Action::End(1)]);
        }
    }

    #[test]
    fn a_killed_driver_is_noticed_even_after_a_reload() {
        let (mut bundle, now) = begin();
        bundle.on_signal(signals::USR1, now);
        let actions = bundle.on_exit(0, None, now);
        assert!(actions.contains(&Action::Signal(1, signals::TERM)), "{actions:?}");
    }

    #[test]
    fn asked_to_end_it_ends_with_zero_and_kills_who_stays() {
        let (mut bundle, now) = begin();
        let term = [Action::Signal(0, signals::TERM), Action::Signal(1, signals::TERM)];
        assert_eq!(bundle.on_signal(signals::TERM, now), term);
        assert_eq!(bundle.deadline(), Some(now + 5 * SECOND));
        assert_eq!(bundle.on_exit(0, Some(0), now), []);
        assert_eq!(bundle.on_signal(signals::INT, now), []);
        assert_eq!(bundle.on_time(now + 4 * SECOND), []);
        assert_eq!(bundle.on_time(now + 5 * SECOND), [Action::Signal(1, signals::KILL)]);
        assert_eq!(bundle.on_exit(1, None, now), [Action::End(0)]);
    }

    #[test]
    fn a_driver_that_cannot_be_launched_breaks_it_up() {
        let (mut bundle, now) = begin();
        let actions = bundle.on_not_launched(0, "Can't start /x".into(), now);
        let say = Action::Say("Can't start /x".to_owned());
        assert_eq!(actions, [say, Action::Signal(1, signals::TERM)]);
    }
}
