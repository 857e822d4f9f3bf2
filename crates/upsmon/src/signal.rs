//! Signals to a running upsmon: `-c fsd`, `-c reload`, `-c stop`, and the search for a competitor.
//!
//! Knows where pid files are and NUT 2.8.5's words. The pid file names the monitor, not the root
//! process.

use crate::cli::Signal;
use nut_daemon::pidfile::{self, SignalError};
use nut_daemon::{notice, paths, signals};
use std::path::PathBuf;

/// The name every upsmon answers to, whatever it was called by.
const UPSMON: &str = "upsmon";

/// Sends the signal of `-c`; gives the exit status.
pub fn send_signal(program: &str, signal: Signal, pid: Option<i64>) -> u8 {
    let number = match signal {
        Signal::Fsd => signals::USR1,
        Signal::Reload => signals::HUP,
        Signal::Stop => signals::TERM,
    };
    let outcome = send(program, number, pid);
    let how = if outcome.is_ok() { "" } else { "un" };
    if let Err(error) = outcome {
        error.tell();
        advise(signal, pid.is_none());
    }
    log::warn!(
        "Exiting upsmon instance after sending a signal to the running daemon {how}successfully"
    );
    u8::from(!how.is_empty())
}

fn advise(signal: Signal, by_file: bool) {
    notice!("Failed to signal the currently running daemon (if any)");
    match (signal, by_file) {
        (Signal::Fsd, true) => notice!("Try to add '-P $PID' argument"),
        (Signal::Fsd, false) => {}
        (signal, _) => {
            let hint = if by_file { " or add '-P $PID' argument" } else { "" };
            notice!("Try 'systemctl {} nut-monitor.service'{hint}", signal.word());
        }
    }
}

fn send(program: &str, number: i32, pid: Option<i64>) -> Result<(), SignalError> {
    let pid = pid.map_or_else(|| known_pid(program), Ok)?;
    pidfile::signal_either(pid, number, UPSMON, program)
}

/// Where a pid file may be: the folder for programs that start as root, then the other one.
pub fn pid_files(program: &str) -> [PathBuf; 2] {
    [paths::root_pid_dir(), paths::pid_dir()].map(|folder| folder.join(format!("{program}.pid")))
}

fn known_pid(program: &str) -> Result<i64, SignalError> {
    let [first, second] = pid_files(program);
    match pidfile::read(&first) {
        Err(SignalError::Open(..)) if first != second => pidfile::read(&second),
        read => read,
    }
}

/// Whether another upsmon runs already.
pub fn has_competitor(program: &str, pid: Option<i64>) -> bool {
    let outcome = send(program, 0, pid);
    if let Err(error @ SignalError::Empty(_)) = &outcome {
        error.tell();
    }
    outcome.is_ok()
}
