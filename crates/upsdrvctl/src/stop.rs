//! Stopping one driver: the signal, the wait, the harder signal, the socket.
//!
//! Knows NUT 2.8.5's steps, times and words. Unlike there, a pid file that is wrong leads to the
//! socket, and nobody waits for a driver that is not there. Signals and sockets are for the loop. Pure.

use std::time::{Duration, Instant};

/// How long a driver may take to leave after a signal.
const LEAVE_TIME: Duration = Duration::from_secs(5);

/// What the loop is to do for this driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Ask it to end, by signal.
    Terminate,
    /// End it, by signal.
    Kill,
    /// See whether it is still there, soon.
    Probe,
    /// Take its pid file away, which it could not do itself.
    RemovePidFile,
    /// Ask it to end over its socket.
    AskSocket,
    /// Nothing more; whether it is stopped.
    End(bool),
}

/// A driver that is being stopped.
#[derive(Debug)]
pub(crate) struct Stopper {
    /// Name of the pid file, for messages.
    file: String,
    /// `the driver <driver> for <ups>`
    whom: String,
    deadline: Instant,
    killing: bool,
}

impl Stopper {
    /// `file` is the pid file that was found, or none. Gives the first step.
    pub(crate) fn begin(
        file: Option<String>,
        driver: &str,
        ups: &str,
        now: Instant,
    ) -> (Stopper, Step) {
        let first = if file.is_some() { Step::Terminate } else { Step::AskSocket };
        let whom = format!("the driver {driver} for {ups}");
        let file = file.unwrap_or_default();
        (Stopper { file, whom, deadline: now + LEAVE_TIME, killing: false }, first)
    }

    /// The signal was sent, or why it could not be. Gives lines to say and the next step.
    pub(crate) fn on_signalled(
        &mut self,
        sent: Result<(), String>,
        now: Instant,
    ) -> (Vec<String>, Step) {
        self.deadline = now + LEAVE_TIME;
        match sent {
            Ok(()) => (Vec::new(), Step::Probe),
            // Between the last look and the harder signal it left by itself.
            Err(_) if self.killing => (Vec::new(), Step::RemovePidFile),
            Err(why) => (vec![format!("Stopping {} failed: {why}", self.file)], Step::AskSocket),
        }
    }

    /// Whether the process is still there.
    pub(crate) fn on_probed(&mut self, there: bool, now: Instant) -> (Vec<String>, Step) {
        let patient = now < self.deadline;
        match (there, self.killing) {
            (false, false) => (Vec::new(), Step::End(true)),
            (false, true) => (Vec::new(), Step::RemovePidFile),
            (true, _) if patient => (Vec::new(), Step::Probe),
            (true, false) => {
                self.killing = true;
                let line = format!("Stopping {} failed, retrying harder: still running", self.file);
                (vec![line], Step::Kill)
            }
            (true, true) => {
                (vec![format!("Stopping {} failed: still running", self.file)], Step::End(false))
            }
        }
    }

    /// Whether the driver's socket could be reached, and whether the driver left then.
    pub(crate) fn on_asked(&mut self, reached: bool, left: bool) -> (Vec<String>, Step) {
        let mut lines = Vec::new();
        if reached {
            lines.push("At least could open the driver socket".to_owned());
        }
        if left {
            lines.push("Succeeded to send the 'exit' command to the driver socket".to_owned());
        } else {
            lines.push("Failed to send the 'exit' command to the driver socket".to_owned());
            lines.push(format!(
                "Failed to stop {}, it may be not running or not fully started yet",
                self.whom
            ));
        }
        (lines, Step::End(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn begin(file: Option<&str>) -> (Stopper, Step, Instant) {
        let now = Instant::now();
        let (stopper, step) = Stopper::begin(file.map(str::to_owned), "d", "u", now);
        (stopper, step, now)
    }

    fn quiet(step: Step) -> (Vec<String>, Step) {
        (Vec::new(), step)
    }

    #[test]
    fn a_driver_that_leaves_is_stopped_without_a_word() {
        let (mut stopper, step, now) = begin(Some("f"));
        assert_eq!(step, Step::Terminate);
        assert_eq!(stopper.on_signalled(Ok(()), now), quiet(Step::Probe));
        assert_eq!(stopper.on_probed(true, now + 4 * SECOND), quiet(Step::Probe));
        assert_eq!(stopper.on_probed(false, now + 4 * SECOND), quiet(Step::End(true)));
    }

    #[test]
    fn a_driver_that_stays_is_killed_and_tidied_up_after() {
        let (mut stopper, _, now) = begin(Some("f"));
        stopper.on_signalled(Ok(()), now);
        let line = "Stopping f failed, retrying harder: still running".to_owned();
        assert_eq!(stopper.on_probed(true, now + 5 * SECOND), (vec![line], Step::Kill));
        assert_eq!(stopper.on_signalled(Ok(()), now + 5 * SECOND), quiet(Step::Probe));
        assert_eq!(stopper.on_probed(true, now + 9 * SECOND), quiet(Step::Probe));
        assert_eq!(stopper.on_probed(false, now + 9 * SECOND), quiet(Step::RemovePidFile));
        let line = "Stopping f failed: still running".to_owned();
        assert_eq!(stopper.on_probed(true, now + 11 * SECOND), (vec![line], Step::End(false)));
    }

    #[test]
    fn a_pid_file_that_is_wrong_leads_to_the_socket() {
        let (mut stopper, _, now) = begin(Some("f"));
        let (lines, step) = stopper.on_signalled(Err("No such process".into()), now);
        assert_eq!(lines, ["Stopping f failed: No such process"]);
        assert_eq!(step, Step::AskSocket);
        let (lines, step) = stopper.on_asked(true, true);
        assert_eq!(step, Step::End(true));
        assert_eq!(
            lines,
            [
                "At least could open the driver socket",
                "Succeeded to send the 'exit' command to the driver socket"
            ]
        );
    }

    #[test]
    fn a_driver_that_is_nowhere_is_an_error_at_once() {
        let (mut stopper, step, _) = begin(None);
        assert_eq!(step, Step::AskSocket);
        let (lines, step) = stopper.on_asked(false, false);
        assert_eq!(step, Step::End(false));
        assert_eq!(
            lines,
            [
                "Failed to send the 'exit' command to the driver socket",
                "Failed to stop the driver d for u, it may be not running or not fully started yet"
            ]
        );
    }
}
