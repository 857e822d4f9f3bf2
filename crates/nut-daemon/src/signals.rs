//! Numbers of the signals that NUT's daemons use, and having them wait.

use nix::sys::signal::{SigSet, Signal};
use signal_hook::consts;

/// Reload.
pub const HUP: i32 = consts::SIGHUP;
/// Stop, from a terminal.
pub const INT: i32 = consts::SIGINT;
/// Stop, from a terminal.
pub const QUIT: i32 = consts::SIGQUIT;
/// Stop.
pub const TERM: i32 = consts::SIGTERM;
/// A driver reloads, or exits when a setting needs a restart; upslog logs at once.
pub const USR1: i32 = consts::SIGUSR1;
/// No meaning of its own.
pub const USR2: i32 = consts::SIGUSR2;
/// A driver prints its variables.
pub const URG: i32 = consts::SIGURG;
/// A child process ended.
pub const CHLD: i32 = consts::SIGCHLD;
/// The one that cannot be caught.
pub const KILL: i32 = consts::SIGKILL;

/// Signals that wait for as long as this lives.
#[derive(Debug)]
pub struct Held(SigSet);

/// Has signals wait until somebody is there to take them. Before that most of them would end the
/// process. What is forked meanwhile holds them too, until it drops its own copy.
pub fn hold(numbers: &[i32]) -> Held {
    let known = numbers.iter().filter_map(|&number| Signal::try_from(number).ok());
    let set: SigSet = known.collect();
    // An error means that there is no such signal.
    let _ = set.thread_block();
    Held(set)
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.thread_unblock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reactor::{Event, Reactor};
    use nix::sys::signal::raise;
    use std::time::Duration;

    #[test]
    fn held_signals_come_when_somebody_is_there() {
        let held = hold(&[USR2]);
        raise(Signal::SIGUSR2).unwrap();
        let mut reactor = Reactor::new(&[USR2]).unwrap();
        drop(held);
        let mut events = Vec::new();
        while events.is_empty() {
            events = reactor.wait(Some(Duration::from_secs(60))).unwrap();
        }
        assert!(matches!(events[..], [Event::Signal(USR2)]), "{events:?}");
    }
}
