//! upslog's start, its loop and its end: performs what the rest decides.

use super::files::Files;
use super::format::{Moment, Piece, parse, render, variables};
use super::options::{Settings, Sink};
use super::rounds::{Action, Rounds};
use super::target::Target;
use crate::complaint::Complaint;
use jiff::Zoned;
use nut_daemon::background::{Detached, detach};
use nut_daemon::errno::errno_text;
use nut_daemon::output::{complain, print};
use nut_daemon::reactor::{Event, Reactor};
use nut_daemon::{logging, notify, paths, pidfile, privileges, signals};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const SIGNALS: [i32; 5] = [signals::HUP, signals::USR1, signals::TERM, signals::INT, signals::QUIT];

/// Logs until a signal or the last round. The complaint is why it could not start, or go on.
pub fn run(settings: &Settings, patience: Option<Duration>) -> Result<(), Complaint> {
    settings.warnings.iter().for_each(|line| complain(line));
    let detached = if settings.foreground { None } else { Some(detach().map_err(system)?) };
    let mut reactor = Reactor::new(&SIGNALS).map_err(system)?;
    let mut logger = Logger::start(settings, patience)?;
    let pid_file = PidFile::write(&settings.pid_base);
    become_user(settings.user.as_deref())?;
    if let Some(detached) = detached {
        settle(detached)?;
    }
    notify::ready();
    let reason =
        logger.serve(&mut reactor, Rounds::new(Instant::now(), settings.interval, settings.rounds));
    drop(pid_file);
    let reason = reason.map_err(system)?;
    log::info!("{reason}");
    notify::stopping(&reason);
    Ok(())
}

fn system(error: io::Error) -> Complaint {
    Complaint::new(format!("upslog: {}", errno_text(&error)))
}

/// Leaves the terminal; from here on only syslog is told.
fn settle(detached: Detached) -> Result<(), Complaint> {
    detached.ready().map_err(system)?;
    logging::to_syslog_only();
    Ok(())
}

/// Gives root away. Without root there is nothing to give, but a user that was named has to exist.
fn become_user(wanted: Option<&str>) -> Result<(), Complaint> {
    let root = privileges::is_root();
    if wanted.is_none() && !root {
        return Ok(());
    }
    let name = wanted.unwrap_or(paths::RUN_AS_USER);
    let account = privileges::lookup(name);
    let account = account.ok_or_else(|| Complaint::new(format!("OS user {name} not found")))?;
    if root { privileges::drop_to(&account).map_err(system) } else { Ok(()) }
}

/// The pid file, taken away at the end where the user that upslog became may do that.
struct PidFile(PathBuf);

impl PidFile {
    /// Writes it; a failure is told and is no reason not to log.
    fn write(base: &str) -> Option<PidFile> {
        let path = pid_path(base);
        match pidfile::write(&path) {
            Ok(()) => Some(PidFile(path)),
            Err(e) => {
                log::warn!("writepid: fopen {}: {}", path.display(), errno_text(&e));
                None
            }
        }
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        pidfile::remove(&self.0);
    }
}

fn pid_path(base: &str) -> PathBuf {
    if Path::new(base).is_absolute() {
        return base.into();
    }
    let folder = if privileges::is_root() { paths::root_pid_dir() } else { unprivileged_pid_dir() };
    folder.join(format!("{base}.pid"))
}

/// Without root the folder of upsd's pid file is the one that may be writable.
fn unprivileged_pid_dir() -> PathBuf {
    paths::from_env("NUT_PIDPATH").unwrap_or_else(paths::pid_dir)
}

/// All that a round needs.
struct Logger {
    pieces: Vec<Piece>,
    targets: Vec<Target>,
    files: Files,
    host: String,
}

impl Logger {
    /// Finds the UPSes, opens the files, and tries the connections for the first time.
    fn start(settings: &Settings, patience: Option<Duration>) -> Result<Logger, Complaint> {
        let mut targets = Vec::new();
        for wish in &settings.wishes {
            targets.extend(Target::of(wish, patience)?);
        }
        if targets.is_empty() {
            return Err(Complaint::new("Queries failed to find anything"));
        }
        let mut files = Files::default();
        for target in &mut targets {
            announce(target, settings.interval);
            if let Err(e) = target.connect() {
                let line = format!("Warning: initial connect failed: {e}");
                Complaint::about(&e, line).lines().iter().for_each(|line| complain(line));
            }
            files.open(&target.sink)?;
        }
        Ok(Logger { pieces: parse(&settings.format), targets, files, host: host_name() })
    }

    /// Performs the schedule until it ends, and says why it did.
    fn serve(&mut self, reactor: &mut Reactor, mut rounds: Rounds) -> io::Result<String> {
        loop {
            let now = Instant::now();
            let mut actions = rounds.on_time(now);
            let left = rounds.due().saturating_duration_since(now);
            let wait = if actions.is_empty() { left } else { Duration::ZERO };
            for event in reactor.wait(Some(wait))? {
                if let Event::Signal(signal) = event {
                    actions.extend(rounds.on_signal(signal));
                }
            }
            for action in actions {
                match action {
                    Action::Say(line) => log::info!("{line}"),
                    Action::Reopen => self.files.reopen(),
                    Action::Write => self.write(rounds.keeps_connections())?,
                    Action::End(reason) => return Ok(reason),
                }
            }
        }
    }

    fn write(&mut self, keep: bool) -> io::Result<()> {
        let names = variables(&self.pieces);
        for target in &mut self.targets {
            let values = if names.is_empty() { Vec::new() } else { target.values(&names) };
            let moment = Moment {
                now: Zoned::now(),
                host: &self.host,
                ups: &target.name,
                pid: std::process::id(),
            };
            self.files.write(&target.sink, &render(&self.pieces, &moment, &values))?;
            if !keep {
                target.disconnect();
            }
        }
        notify::watchdog();
        Ok(())
    }
}

fn announce(target: &Target, interval: Duration) {
    let to = match &target.sink {
        Sink::Stdout => "stdout".to_owned(),
        Sink::File(path) => path.display().to_string(),
    };
    let seconds = interval.as_secs();
    let line = format!("logging status of {} to {to} ({seconds}s intervals)\n", target.name);
    // Without a reader for this line the files can still be written.
    let _ = print(&line);
}

fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim_end().to_owned()
}
