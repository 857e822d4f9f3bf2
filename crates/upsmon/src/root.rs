//! The root process: keeps root's rights beside the monitor, which has none.
//!
//! Reads single bytes from the monitor and answers with single bytes; passes signals on; starts the
//! monitor again when it crashes. What an order does is for `powers`. Stays single-threaded, so that
//! it can fork again.

use crate::powers::Powers;
use nut_daemon::reactor::{Event, Id, Reactor};
use nut_daemon::signals::{CHLD, HUP, Held, INT, QUIT, TERM, USR1, USR2};
use nut_daemon::split::{Link, Twin};
use nut_daemon::{alert, debug};
use std::collections::VecDeque;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// The exit status of a monitor that could not begin: another try would end likewise.
pub const NOT_BEGUN: u8 = 78;

/// How often a monitor is started again within [`MINUTE`].
const RESTARTS: usize = 5;
const MINUTE: Duration = Duration::from_secs(60);

/// What follows on the end of a monitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Start it again.
    Restart,
    /// End with this status.
    Exit(u8),
}

/// The root process.
#[derive(Debug)]
pub struct Root {
    powers: Powers,
    restarts: Restarts,
    /// A signal to end was passed on.
    stopping: bool,
}

impl Root {
    /// A root process with these powers.
    pub fn new(powers: Powers) -> Root {
        Root { powers, restarts: Restarts::default(), stopping: false }
    }

    /// Guards a monitor until it has ended; signals that were held until now come in. Errors come from
    /// the system.
    pub fn watch(&mut self, mut monitor: Twin, link: Link, held: Held) -> io::Result<Next> {
        let mut reactor = Reactor::new(&[TERM, INT, QUIT, HUP, USR1, USR2, CHLD])?;
        drop(held);
        let link = reactor.adopt_unix(link.into())?;
        let mut silent = false;
        loop {
            for event in reactor.wait(None)? {
                match event {
                    Event::Data { bytes, .. } => self.take(&mut reactor, link, &bytes),
                    Event::Signal(number) => self.signal(&mut reactor, link, &monitor, number),
                    Event::Closed { .. } => silent = true,
                    _ => {}
                }
            }
            // Only when all it said is heard, and when nobody needs us to live on.
            if silent && !self.powers.is_busy() {
                if let Some(end) = monitor.try_wait()? {
                    return Ok(self.next(end));
                }
            }
        }
    }

    fn take(&mut self, reactor: &mut Reactor, link: Id, bytes: &[u8]) {
        for outcome in bytes.iter().filter_map(|&byte| self.powers.take(byte)) {
            reactor.send(link, &[outcome.byte()]);
        }
    }

    /// The service manager knows this process as the main one: what it, or a person, asks of it is
    /// meant for the monitor. (NUT 2.8.5's parent ignores HUP and USR1, and TERM ends it alone.)
    fn signal(&mut self, reactor: &mut Reactor, link: Id, monitor: &Twin, number: i32) {
        match number {
            CHLD => {
                if let Some(outcome) = self.powers.on_child() {
                    reactor.send(link, &[outcome.byte()]);
                }
            }
            USR2 => {}
            HUP | USR1 => monitor.signal(number),
            _ => {
                self.stopping = true;
                monitor.signal(number);
            }
        }
    }

    fn next(&mut self, end: ExitStatus) -> Next {
        if let Some((status, command)) = self.powers.shutdown() {
            let calling = if status == 0 { "calling" } else { "trying to call" };
            log::warn!(
                "upsmon parent: Exiting after {calling} ({status}) shutdown command: {command}"
            );
            return Next::Exit(u8::from(status != 0));
        }
        if end.success() {
            debug!(1, "upsmon parent: exiting (child exited)");
            return Next::Exit(0);
        }
        if self.stopping {
            return Next::Exit(u8::from(end.signal().is_none()));
        }
        if end.code() == Some(NOT_BEGUN.into()) {
            return Next::Exit(1);
        }
        self.after_crash(end)
    }

    fn after_crash(&mut self, end: ExitStatus) -> Next {
        let what = format!("upsmon parent: read: the monitor ended by itself ({end})");
        if self.restarts.allow(Instant::now()) {
            log::error!("{what}; starting it again");
            return Next::Restart;
        }
        alert!("{what}, too often within a minute: giving up, NOTHING IS WATCHED any more");
        Next::Exit(1)
    }
}

/// When the monitor was started again.
#[derive(Debug, Default)]
struct Restarts(VecDeque<Instant>);

impl Restarts {
    /// Whether one more is not too many; if so it counts.
    fn allow(&mut self, now: Instant) -> bool {
        self.0.retain(|&then| now.saturating_duration_since(then) < MINUTE);
        let allowed = self.0.len() < RESTARTS;
        if allowed {
            self.0.push_back(now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Order;
    use crate::powers::Holder;

    fn root() -> Root {
        Root::new(Powers::new(Holder::Parent, None, None))
    }

    fn exited(code: i32) -> ExitStatus {
        ExitStatus::from_raw(code << 8)
    }

    #[test]
    fn five_crashes_within_a_minute_are_forgiven() {
        let mut restarts = Restarts::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let allowed: Vec<bool> =
            [0, 1, 2, 3, 4, 5, 59, 60, 61, 61].map(|s| restarts.allow(at(s))).to_vec();
        let (yes, no) = (true, false);
        assert_eq!(allowed, [yes, yes, yes, yes, yes, no, no, yes, yes, no]);
    }

    #[test]
    fn ends_are_told_apart() {
        assert_eq!(root().next(exited(0)), Next::Exit(0));
        assert_eq!(root().next(exited(NOT_BEGUN.into())), Next::Exit(1));
        assert_eq!(root().next(exited(101)), Next::Restart, "a panic");
        assert_eq!(root().next(ExitStatus::from_raw(11)), Next::Restart, "a signal");
        let mut stopped = root();
        stopped.stopping = true;
        assert_eq!(stopped.next(ExitStatus::from_raw(TERM)), Next::Exit(0));
        assert_eq!(stopped.next(exited(1)), Next::Exit(1));
    }

    #[test]
    fn no_monitor_is_started_again_after_the_shutdown() {
        let mut root = root();
        root.powers.take(Order::Shutdown.byte());
        assert_eq!(root.next(ExitStatus::from_raw(11)), Next::Exit(1), "there was no command");
    }
}
