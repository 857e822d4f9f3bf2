//! Starting drivers, and having them switch UPSes off: which one next, how often, and the verdict.
//!
//! Knows the order, the retries and NUT 2.8.5's words about outcomes. A driver program that is
//! missing costs the others nothing. Launching and waiting are for the loop. Pure.

use crate::setup::Ups;
use std::collections::VecDeque;
use std::time::Duration;

/// How the foreground process of a driver ended, or that it did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It ended with this status; 0 means that the driver runs.
    Exited(i32),
    /// A signal ended it.
    Killed,
    /// It was still busy when its time was up.
    Late {
        /// Its process.
        pid: u32,
    },
    /// It could not even be launched; the whole reason.
    NotLaunched(String),
}

/// What the loop is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Launch the driver of this UPS and report how it went.
    Launch(usize),
    /// Let this much time pass.
    Pause(Duration),
    /// Look at the late process of this UPS once more, and report.
    LookAgain(usize),
    /// All done; the exit status.
    End(u8),
}

/// The indices of all UPSes that are to be switched off, in order of their sdorder. One that is named
/// is meant, whatever its sdorder. (NUT 2.8.5 acts on sdorder 0 only.)
pub(crate) fn shutdown_order(upses: &[&Ups], named: bool) -> Vec<usize> {
    let mut order: Vec<(i64, usize)> = upses
        .iter()
        .enumerate()
        .filter(|(_, ups)| named || ups.order >= 0)
        .map(|(index, ups)| (ups.order, index))
        .collect();
    order.sort();
    order.into_iter().map(|(_, index)| index).collect()
}

/// Works through UPSes one after another.
#[derive(Debug)]
pub(crate) struct Starter<'a> {
    upses: &'a [&'a Ups],
    /// Those not begun yet; the first one is in work if attempts were used.
    queue: VecDeque<usize>,
    /// Attempts used for the first of the queue.
    used: u32,
    /// One attempt each, whatever ups.conf says.
    once: bool,
    /// The next attempt has to wait.
    pausing: bool,
    late: VecDeque<(usize, u32)>,
    failed: bool,
}

impl<'a> Starter<'a> {
    /// Starts drivers in the order of the file.
    pub(crate) fn start(upses: &'a [&'a Ups]) -> Starter<'a> {
        Starter::new(upses, (0..upses.len()).collect(), false)
    }

    /// Switches UPSes off; `named` if a person named the one there is.
    pub(crate) fn shutdown(upses: &'a [&'a Ups], named: bool) -> Starter<'a> {
        Starter::new(upses, shutdown_order(upses, named).into(), true)
    }

    fn new(upses: &'a [&'a Ups], queue: VecDeque<usize>, once: bool) -> Starter<'a> {
        let late = VecDeque::new();
        Starter { upses, queue, used: 0, once, pausing: false, late, failed: false }
    }

    /// What to do now.
    pub(crate) fn next(&mut self) -> Step {
        match (self.queue.front(), self.late.front()) {
            (Some(&index), _) if self.pausing => {
                self.pausing = false;
                Step::Pause(self.upses.get(index).map_or(Duration::ZERO, |ups| ups.pause))
            }
            (Some(&index), _) => Step::Launch(index),
            (None, Some(&(index, _))) => Step::LookAgain(index),
            (None, None) => Step::End(self.failed.into()),
        }
    }

    /// How a launch went. Gives the line to say, if any.
    pub(crate) fn on_launched(&mut self, outcome: Outcome) -> Option<String> {
        let index = *self.queue.front()?;
        self.used += 1;
        let line = match &outcome {
            Outcome::Exited(0) => None,
            Outcome::Exited(status) => {
                Some(format!("Driver failed to start (exit status={status})"))
            }
            Outcome::Killed => Some("Driver exited abnormally".to_owned()),
            Outcome::Late { .. } => Some("Startup timer elapsed, continuing...".to_owned()),
            Outcome::NotLaunched(reason) => Some(reason.clone()),
        };
        if self.tries_again(index, &outcome) {
            self.pausing = true;
        } else {
            self.settle(index, &outcome);
        }
        line
    }

    fn tries_again(&self, index: usize, outcome: &Outcome) -> bool {
        let hopeless = matches!(outcome, Outcome::Exited(0) | Outcome::NotLaunched(_));
        let tries = self.upses.get(index).map_or(1, |ups| ups.tries);
        !hopeless && !self.once && self.used < tries
    }

    fn settle(&mut self, index: usize, outcome: &Outcome) {
        self.queue.pop_front();
        self.used = 0;
        match outcome {
            Outcome::Exited(0) => {}
            Outcome::Late { pid } => self.late.push_back((index, *pid)),
            _ => self.failed = true,
        }
    }

    /// How the late process of a UPS did in the end. Gives the line to say, if any.
    pub(crate) fn on_looked(&mut self, outcome: &Outcome) -> Option<String> {
        let (index, pid) = self.late.pop_front()?;
        let ups = self.upses.get(index)?;
        self.failed |= *outcome != Outcome::Exited(0);
        match outcome {
            Outcome::Exited(0) => None,
            Outcome::Exited(status) => {
                Some(format!("Driver failed to start (exit status={status})"))
            }
            Outcome::Killed => Some("Driver exited abnormally".to_owned()),
            Outcome::Late { .. } | Outcome::NotLaunched(_) => Some(format!(
                "Driver [{}] PID {pid} initially exceeded maxstartdelay {} sec and is still starting",
                ups.name,
                ups.patience.unwrap_or_default().as_secs()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ups(name: &str, tries: u32, order: i64) -> Ups {
        Ups {
            name: name.to_owned(),
            driver: Some("d".to_owned()),
            port: String::new(),
            tries,
            pause: Duration::from_secs(5),
            patience: Some(Duration::from_secs(75)),
            order,
        }
    }

    /// Plays a start with these outcomes, in order of launches; gives what was done and said.
    fn play(starter: &mut Starter<'_>, outcomes: &[Outcome]) -> Vec<String> {
        let mut outcomes = outcomes.iter().cloned();
        let mut log = Vec::new();
        loop {
            let step = starter.next();
            log.push(format!("{step:?}"));
            let said = match step {
                Step::Launch(_) => starter.on_launched(outcomes.next().unwrap()),
                Step::LookAgain(_) => starter.on_looked(&outcomes.next().unwrap()),
                Step::Pause(_) => None,
                Step::End(_) => return log,
            };
            log.extend(said);
        }
    }

    #[test]
    fn failures_are_tried_again_until_one_succeeds() {
        let a = ups("a", 3, 0);
        let upses = [&a];
        let log = play(
            &mut Starter::start(&upses),
            &[Outcome::Exited(1), Outcome::Killed, Outcome::Exited(0)],
        );
        assert_eq!(
            log,
            [
                "Launch(0)",
                "Driver failed to start (exit status=1)",
                "Pause(5s)",
                "Launch(0)",
                "Driver exited abnormally",
                "Pause(5s)",
                "Launch(0)",
                "End(0)"
            ]
        );
    }

    #[test]
    fn one_failure_does_not_stop_the_others_and_is_not_forgotten() {
        let (a, b) = (ups("a", 3, 0), ups("b", 1, 0));
        let upses = [&a, &b];
        let missing = Outcome::NotLaunched("Can't start /x: No such file or directory".into());
        let log = play(&mut Starter::start(&upses), &[missing, Outcome::Exited(0)]);
        let said = "Can't start /x: No such file or directory";
        assert_eq!(log, ["Launch(0)", said, "Launch(1)", "End(1)"]);
    }

    #[test]
    fn late_drivers_get_a_second_look() {
        let (a, b) = (ups("a", 1, 0), ups("b", 1, 0));
        let upses = [&a, &b];
        let late = |pid| Outcome::Late { pid };
        let looks = [late(7), late(8), Outcome::Exited(0), late(8)];
        let log = play(&mut Starter::start(&upses), &looks);
        assert_eq!(
            log,
            [
                "Launch(0)",
                "Startup timer elapsed, continuing...",
                "Launch(1)",
                "Startup timer elapsed, continuing...",
                "LookAgain(0)",
                "LookAgain(1)",
                "Driver [b] PID 8 initially exceeded maxstartdelay 75 sec and is still starting",
                "End(1)"
            ]
        );
        let log = play(&mut Starter::start(&upses[..1]), &[late(7), Outcome::Exited(0)]);
        assert_eq!(log.last().unwrap(), "End(0)");
    }

    #[test]
    fn shutdown_goes_by_sdorder_and_leaves_negatives_out() {
        let all =
            [ups("a", 3, 2), ups("b", 3, -1), ups("c", 3, 0), ups("d", 3, 2), ups("e", 3, 10)];
        let upses: Vec<&Ups> = all.iter().collect();
        let ok = vec![Outcome::Exited(0); 4];
        let log = play(&mut Starter::shutdown(&upses, false), &ok);
        assert_eq!(log, ["Launch(2)", "Launch(0)", "Launch(3)", "Launch(4)", "End(0)"]);
        let log = play(&mut Starter::shutdown(&upses[1..2], true), &[Outcome::Exited(1)]);
        assert_eq!(log, ["Launch(0)", "Driver failed to start (exit status=1)", "End(1)"]);
    }
}
