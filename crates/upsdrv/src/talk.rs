//! The runs of a driver program that only talk to the running instance: `-c`, the first half of
//! `-k`, and `-d` where somebody is there to ask.
//!
//! Knows NUT's messages and exit codes. Blocking.

use crate::args::{CommandLine, Remote};
use crate::control::{ALLOW_KILL_POWER, KILL_POWER};
use nut_daemon::dialog::Dialog;
use nut_daemon::errno::errno_text;
use nut_daemon::{pidfile, signals};
use nut_proto::driver::Message;
use std::io;
use std::path::Path;
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// No dialog came about.
const NO_DIALOG: u8 = 255;

/// Carries out `-c`; the answer is the exit code.
pub(crate) fn remote(
    remote: Remote,
    line: &CommandLine,
    program: &str,
    socket: &Path,
    pid_file: &Path,
) -> u8 {
    match remote {
        Remote::ReloadOrExit => signal_reload(line, program, pid_file),
        _ => send(remote, socket),
    }
}

fn send(remote: Remote, socket: &Path) -> u8 {
    let command = format!("driver.{}", remote.text());
    match Dialog::open(socket).and_then(|mut d| d.command(&command, Some(PATIENCE))) {
        Ok(code) => {
            log::info!("Request for driver to {} returned code {code}", remote.text());
            code
        }
        Err(e) => {
            let (path, why) = (socket.display(), errno_text(&e));
            log::error!("Can't open {path}: {why}");
            log::error!("Socket dialog with the other driver instance: {why}");
            NO_DIALOG
        }
    }
}

fn signal_reload(line: &CommandLine, program: &str, pid_file: &Path) -> u8 {
    let pid = match line.pid {
        Some(pid) => Ok(pid),
        None => pidfile::read(pid_file),
    };
    match pid.and_then(|pid| pidfile::signal(pid, signals::USR1, program)) {
        Ok(()) => 0,
        Err(e) => {
            log::error!("{e}");
            log::error!("Failed to signal the currently running daemon (if any)");
            if line.pid.is_none() {
                log::info!(
                    "Try something like 'systemctl reload-or-restart nut-driver@{}.service' or \
                     add '-P $PID' argument",
                    line.ups.name()
                );
            }
            1
        }
    }
}

/// Has the running instance power the load off. True when it did.
pub(crate) fn kill_power(socket: &Path) -> bool {
    log::info!(
        "Checking if an already running driver instance can handle the shutdown command for us"
    );
    match ask_for_kill_power(socket) {
        Ok(code) => {
            log::info!("Request to killpower via running driver instance returned code {code}");
            code == 0
        }
        Err(e) => {
            nut_daemon::debug!(1, "no running driver instance handled the request: {e}");
            false
        }
    }
}

fn ask_for_kill_power(socket: &Path) -> io::Result<u8> {
    let mut dialog = Dialog::open(socket)?;
    dialog.set(ALLOW_KILL_POWER, "1", PATIENCE)?;
    dialog.command(KILL_POWER, None)
}

/// The variables of the running instance as `name: value` lines, or none when nobody answers.
pub(crate) fn dump(socket: &Path) -> Option<String> {
    let lines = Dialog::open(socket).and_then(|mut dialog| dialog.dump(PATIENCE)).ok()?;
    let shown = lines.into_iter().filter_map(|line| match line {
        Message::SetInfo { name, value } => Some(format!("{name}: {value}\n")),
        _ => None,
    });
    Some(shown.collect())
}
