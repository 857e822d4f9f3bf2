//! What may be done with root's rights, and doing it.
//!
//! All it needs was read from the file at the start; an order adds nothing to it but its byte. Knows
//! the flag, the command and the service manager. Who may give orders is for `root`, which order may
//! follow which for `order`. Texts are NUT 2.8.5's.

use crate::flag;
use crate::order::{Order, Orders, Outcome};
use crate::settings::Settings;
use nut_daemon::errno::errno_text;
use nut_daemon::processes::{Handle, Job, Output, Processes};
use nut_daemon::{alert, debug, notify, privileges};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// Time for the service manager to wait without end (NUT 2.8.5).
const FOREVER: Duration = Duration::from_micros(i64::MAX as u64);
/// How many bytes that are no orders are told.
const TOLD: u32 = 10;

/// Which process has the powers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The root process beside the monitor.
    Parent,
    /// The monitor itself.
    Mono,
}

/// The powers, and what has been made of them.
#[derive(Debug)]
pub struct Powers {
    holder: Holder,
    shutdown_cmd: Option<String>,
    flag: Option<PathBuf>,
    orders: Orders,
    processes: Processes,
    command: Command,
    bogus: u32,
}

/// The shutdown command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    NotCalled,
    Running(Handle),
    /// Its wait status, -1 if it could not be started.
    Ended(i32),
}

impl Powers {
    /// SHUTDOWNCMD and POWERDOWNFLAG as the file has them at the start; a flag that cannot be used is
    /// none.
    pub fn new(holder: Holder, shutdown_cmd: Option<String>, flag: Option<PathBuf>) -> Powers {
        Powers {
            holder,
            shutdown_cmd,
            flag,
            orders: Orders::default(),
            processes: Processes::default(),
            command: Command::NotCalled,
            bogus: 0,
        }
    }

    /// Takes SHUTDOWNCMD and POWERDOWNFLAG over from these settings.
    pub fn redefine(&mut self, settings: &Settings) {
        self.shutdown_cmd.clone_from(&settings.shutdown_cmd);
        self.flag = settings.power_down_flag.as_ref().map(PathBuf::from);
    }

    /// Does what a byte orders, if it is an order that may be given now. None means that the outcome
    /// comes later, by [`Powers::on_child`].
    pub fn take(&mut self, byte: u8) -> Option<Outcome> {
        match self.orders.admit(byte) {
            None => Some(self.refuse(byte)),
            Some(Order::Announce) => Some(announce("Executing automatic power-fail shutdown")),
            Some(Order::WriteFlag) => Some(self.write_flag()),
            Some(Order::Shutdown) => self.shut_down(),
        }
    }

    /// Some child of this process has ended (SIGCHLD). Tells the outcome of the shutdown command, once.
    pub fn on_child(&mut self) -> Option<Outcome> {
        let Command::Running(handle) = self.command else { return None };
        let (_, status) = self.processes.reap().into_iter().find(|(ended, _)| *ended == handle)?;
        Some(self.ended(status.map_or(-1, ExitStatus::into_raw)))
    }

    /// Whether the shutdown command runs.
    pub fn is_busy(&self) -> bool {
        matches!(self.command, Command::Running(_))
    }

    /// The wait status of the shutdown command and its text, once it has ended.
    pub fn shutdown(&self) -> Option<(i32, &str)> {
        let Command::Ended(status) = self.command else { return None };
        Some((status, self.shutdown_cmd.as_deref().unwrap_or("(none)")))
    }

    fn refuse(&mut self, byte: u8) -> Outcome {
        self.bogus += 1;
        let what = match Order::from_byte(byte) {
            None => "got bogus pipe command",
            Some(_) => "refused pipe command",
        };
        if self.bogus <= TOLD {
            log::error!("upsmon parent: {what} {}", char::from(byte).escape_debug());
        }
        Outcome::Refused
    }

    fn write_flag(&self) -> Outcome {
        let Some(path) = &self.flag else {
            log::error!("POWERDOWNFLAG is not set: none could be used when upsmon was started");
            return Outcome::Failed;
        };
        debug!(1, "populate POWERDOWNFLAG file: {}", path.display());
        match flag::write(path) {
            Ok(()) => Outcome::Done,
            Err(e) => {
                log::error!("Failed to create power down flag!");
                log::error!("{}: {}", path.display(), errno_text(&e));
                Outcome::Failed
            }
        }
    }

    fn shut_down(&mut self) -> Option<Outcome> {
        if !privileges::is_root() {
            log::warn!("Not root, shutdown may fail");
        }
        announce(self.holder.calling());
        let Some(text) = self.shutdown_cmd.clone() else { return Some(self.ended(-1)) };
        debug!(1, "{}Calling shutdown command: {text}", self.holder.prefix());
        let job = Job::shell(&text).output(Output::Inherited).own_group();
        match self.processes.start(&job) {
            Ok(handle) => {
                self.command = Command::Running(handle);
                None
            }
            Err(e) => {
                log::error!("/bin/sh: {}", errno_text(&e));
                Some(self.ended(-1))
            }
        }
    }

    fn ended(&mut self, status: i32) -> Outcome {
        self.command = Command::Ended(status);
        if status == 0 {
            return Outcome::Done;
        }
        let text = self.shutdown_cmd.as_deref().unwrap_or("(none)");
        let prefix = self.holder.prefix();
        alert!("{prefix}Unable to call shutdown command: {text}");
        alert!("{prefix}its wait status is {status}: THIS MACHINE IS NOT GOING DOWN");
        Outcome::Failed
    }
}

impl Holder {
    fn prefix(self) -> &'static str {
        match self {
            Holder::Parent => "upsmon parent: ",
            Holder::Mono => "",
        }
    }

    fn calling(self) -> &'static str {
        match self {
            Holder::Parent => "Parent: calling shutdown command",
            Holder::Mono => "Mono-process: calling shutdown command (directly)",
        }
    }
}

/// Tells the service manager that this goes down, and is not to be hurried.
fn announce(status: &str) -> Outcome {
    notify::stopping(status);
    notify::extend_timeout(FOREVER);
    Outcome::Done
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn powers(command: Option<&str>, flag: Option<PathBuf>) -> Powers {
        Powers::new(Holder::Mono, command.map(str::to_owned), flag)
    }

    fn outcome(powers: &mut Powers) -> Outcome {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(outcome) = powers.on_child() {
                return outcome;
            }
            assert!(Instant::now() < until, "{powers:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn the_command_runs_once_and_its_outcome_is_told_once() {
        for (text, status, expected) in [
            ("true", 0, Outcome::Done),
            ("exit 3", 768, Outcome::Failed),
            ("kill -9 $$", 9, Outcome::Failed),
            ("/no/such/command", 127 << 8, Outcome::Failed),
        ] {
            let mut powers = powers(Some(text), None);
            assert_eq!((powers.shutdown(), powers.is_busy()), (None, false));
            assert_eq!(powers.take(Order::Shutdown.byte()), None);
            assert!(powers.is_busy());
            assert_eq!(powers.take(Order::Shutdown.byte()), Some(Outcome::Refused));
            assert_eq!(outcome(&mut powers), expected, "{text}");
            assert_eq!(powers.shutdown(), Some((status, text)));
            assert_eq!(powers.on_child(), None);
            assert_eq!(powers.take(Order::Announce.byte()), Some(Outcome::Refused));
        }
    }

    #[test]
    fn without_a_command_the_order_fails() {
        let mut powers = powers(None, None);
        assert_eq!(powers.take(Order::Shutdown.byte()), Some(Outcome::Failed));
        assert_eq!(powers.shutdown(), Some((-1, "(none)")));
    }

    #[test]
    fn the_flag_is_written_where_the_start_said() {
        let path = std::env::temp_dir().join(format!("upsmon-powers-{}", std::process::id()));
        let mut able = powers(None, Some(path.clone()));
        assert_eq!(able.take(Order::WriteFlag.byte()), Some(Outcome::Done));
        assert!(flag::clear(&path) && !path.exists());
        assert_eq!(able.take(Order::WriteFlag.byte()), Some(Outcome::Refused), "a second time");
        assert!(!path.exists());
        let mut nowhere = powers(None, Some(path.join("x")));
        assert_eq!(nowhere.take(Order::WriteFlag.byte()), Some(Outcome::Failed));
        assert_eq!(powers(None, None).take(Order::WriteFlag.byte()), Some(Outcome::Failed));
    }

    #[test]
    fn other_bytes_do_nothing() {
        let mut powers = powers(Some("true"), None);
        for byte in [0, 4, b'a', 255] {
            assert_eq!(powers.take(byte), Some(Outcome::Refused));
        }
        assert!(!powers.is_busy());
    }
}
