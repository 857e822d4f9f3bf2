//! Signals to a running upsd: `-c reload`, `-c stop`, and the search for a competitor at the start.

use crate::cli::Signal;
use nut_daemon::output::remark;
use nut_daemon::pidfile::{self, SignalError, signal_either};
use nut_daemon::{notice, paths, signals};
use std::path::PathBuf;

/// The name every upsd answers to, whatever it was called by.
const UPSD: &str = "upsd";

/// Sends the signal of `-c`; gives the exit status.
pub fn send_signal(program: &str, signal: Signal, pid: Option<i64>) -> u8 {
    let number = match signal {
        Signal::Reload => signals::HUP,
        Signal::Stop => signals::TERM,
    };
    let Err(error) = target(program, pid).and_then(|pid| signal_either(pid, number, UPSD, program))
    else {
        return 0;
    };
    error.tell();
    notice!("Failed to signal the currently running daemon (if any)");
    let hint = if pid.is_none() { " or add '-P $PID' argument" } else { "" };
    notice!("Try 'systemctl {} nut-server.service'{hint}", signal.word());
    1
}

fn target(program: &str, pid: Option<i64>) -> Result<i64, SignalError> {
    pid.map_or_else(|| pidfile::read(&pid_file(program)), Ok)
}

fn pid_file(program: &str) -> PathBuf {
    paths::pid_dir().join(format!("{program}.pid"))
}

/// Whether another upsd runs already; if so that is said.
pub fn announce_competitor(program: &str, pid: Option<i64>) -> bool {
    let alive = target(program, pid).and_then(|pid| signal_either(pid, 0, UPSD, program)).is_ok();
    if alive {
        remark("Fatal error: A previous upsd instance is already running!");
        remark("Either stop the previous instance first, or use the 'reload' command.");
    }
    alive
}
