//! One instance of a driver at a time: a new one replaces the old one.
//!
//! Asks the old one to leave over its socket, then, where a pid file is kept, by signal. Knows NUT's
//! messages and patience; looks many times a second instead of sleeping in steps of five seconds, so
//! that a restart over a live instance takes as long as that one needs to leave. Blocking.

use nut_daemon::dialog::Dialog;
use nut_daemon::{pidfile, signals};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often the old instance is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// How long the first request may wait for its answer.
const FIRST_ANSWER: Duration = Duration::from_secs(15);
/// How long a repeated one may.
const ANSWER: Duration = Duration::from_secs(3);
/// Requests after the first, one every [`STEP`].
const REQUESTS: u32 = 10;
/// Time between two requests or signals.
const STEP: Duration = Duration::from_secs(5);

/// Makes an older instance leave. `pid_file` is given where this run keeps one.
pub(crate) fn replace_older(program: &str, socket: &Path, pid_file: Option<&Path>) {
    if ask_to_leave(socket, FIRST_ANSWER) {
        log::warn!(
            "Duplicate driver instance detected (local Unix socket exists)! Asked the other driver \
             nicely to self-terminate!"
        );
        if !wait_for_silence(socket) {
            log::warn!(
                "Duplicate driver instance did not respond to termination requests! Is it stuck or \
                 from an older NUT release? Will retry via PID file and signals, if available."
            );
        }
    }
    if let Some(path) = pid_file {
        terminate(program, path);
    }
}

/// Whether somebody took the request. No socket and no answer both mean no.
fn ask_to_leave(socket: &Path, patience: Duration) -> bool {
    let asked = Dialog::open(socket).and_then(|mut d| d.command("driver.exit", Some(patience)));
    asked.is_ok()
}

fn wait_for_silence(socket: &Path) -> bool {
    for _ in 0..REQUESTS {
        if until(STEP, || Dialog::open(socket).is_err()) || !ask_to_leave(socket, ANSWER) {
            return true;
        }
    }
    false
}

fn terminate(program: &str, path: &Path) {
    for signal in [signals::TERM, signals::TERM, signals::TERM, signals::KILL] {
        let Ok(pid) = pidfile::read(path) else { return };
        if pid == i64::from(std::process::id()) || pidfile::signal(pid, 0, program).is_err() {
            return;
        }
        log::warn!(
            "Duplicate driver instance detected (PID file {} exists)! Terminating other driver!",
            path.display()
        );
        if pidfile::signal(pid, signal, program).is_err()
            || until(STEP, || pidfile::signal(pid, 0, program).is_err())
        {
            return;
        }
    }
}

/// Looks until it is so or the time is over.
fn until(patience: Duration, so: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        if so() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        sleep(LOOK);
    }
}
