//! Dealing with drivers that run: signals by pid file, dialogs by socket.
//!
//! Performs what `stop` decides, gathers what `status` shows, and carries out `-c`.

use crate::setup::{Places, Ups, driver};
use crate::status::{PidFile, Report};
use crate::stop::{Step, Stopper};
use nut_daemon::dialog::Dialog;
use nut_daemon::errno::errno_text;
use nut_daemon::pidfile::{self, SignalError};
use nut_daemon::{debug, signals};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};
use upsdrvctl::options::Remote;

/// How long a driver may take for a sign of life.
const SIGNS_TIME: Duration = Duration::from_secs(3);
/// How long a driver may take for a command, or to leave.
const COMMAND_TIME: Duration = Duration::from_secs(15);
/// How often a driver that was told to leave is looked at.
const PROBE_TIME: Duration = Duration::from_millis(50);

/// The pid file of a driver, under today's name or the old one; complaints about those missing.
fn find_pid_file(ups: &Ups, places: &Places) -> Result<PathBuf, [String; 2]> {
    let [file, old] = places.pid_files(ups);
    let why = match fs::metadata(&file) {
        Ok(_) => return Ok(file),
        Err(e) => errno_text(&e),
    };
    let why_old = match fs::metadata(&old) {
        Ok(_) => {
            log::error!("Can't open {}: {why}", file.display());
            return Ok(old);
        }
        Err(e) => errno_text(&e),
    };
    Err([
        format!("Can't open {}: {why}", file.display()),
        format!("Can't open {} either: {why_old}", old.display()),
    ])
}

fn signal_by_file(file: &Path, signal: i32, ups: &Ups) -> Result<(), SignalError> {
    pidfile::signal(pidfile::read(file)?, signal, driver(ups))
}

/// A driver being stopped, and what is to be done about it.
struct Stopping<'a> {
    ups: &'a Ups,
    file: Option<PathBuf>,
    pid: i64,
    stopper: Stopper,
    step: Step,
}

/// Stops drivers, all at a time. Gives the exit status.
pub(crate) fn stop(upses: &[&Ups], places: &Places) -> u8 {
    let mut all: Vec<Stopping<'_>> = upses.iter().map(|ups| Stopping::begin(ups, places)).collect();
    loop {
        for driver in &mut all {
            while !matches!(driver.step, Step::Probe | Step::End(_)) {
                driver.advance(places);
            }
        }
        if all.iter().all(|driver| matches!(driver.step, Step::End(_))) {
            return all.iter().any(|driver| driver.step == Step::End(false)).into();
        }
        sleep(PROBE_TIME);
        all.iter_mut().filter(|driver| driver.step == Step::Probe).for_each(|d| d.advance(places));
    }
}

impl<'a> Stopping<'a> {
    fn begin(ups: &'a Ups, places: &Places) -> Stopping<'a> {
        debug!(1, "Stopping UPS: {}", ups.name);
        let file = match find_pid_file(ups, places) {
            Ok(file) => Some(file),
            Err(complaints) => {
                complaints.iter().for_each(|line| log::error!("{line}"));
                None
            }
        };
        let name = file.as_ref().map(|file| file.display().to_string());
        let (stopper, step) = Stopper::begin(name, driver(ups), &ups.name, Instant::now());
        Stopping { ups, file, pid: 0, stopper, step }
    }

    /// Performs the step and learns the next one.
    fn advance(&mut self, places: &Places) {
        let now = Instant::now();
        let (lines, step) = match self.step {
            Step::Terminate => {
                let sent = self.terminate().map_err(|e| e.to_string());
                self.stopper.on_signalled(sent, now)
            }
            Step::Kill => {
                let sent = pidfile::signal(self.pid, signals::KILL, driver(self.ups));
                self.stopper.on_signalled(sent.map_err(|e| e.to_string()), now)
            }
            Step::Probe => self.stopper.on_probed(is_there(self.pid, driver(self.ups)), now),
            Step::RemovePidFile => {
                self.file.iter().for_each(|file| pidfile::remove(file));
                (Vec::new(), Step::End(true))
            }
            Step::AskSocket => {
                let (reached, left) = ask_to_leave(&places.socket(self.ups));
                self.stopper.on_asked(reached, left)
            }
            Step::End(_) => (Vec::new(), self.step),
        };
        lines.iter().for_each(|line| log::error!("{line}"));
        self.step = step;
    }

    fn terminate(&mut self) -> Result<(), SignalError> {
        if let Some(file) = &self.file {
            debug!(2, "Sending signal to {}", file.display());
            self.pid = pidfile::read(file)?;
        }
        pidfile::signal(self.pid, signals::TERM, driver(self.ups))
    }
}

/// Whether a process runs the driver still. One that ended and only waits for its parent to notice
/// is gone.
fn is_there(pid: i64, driver: &str) -> bool {
    pidfile::signal(pid, 0, driver).is_ok() && !is_zombie(pid)
}

fn is_zombie(pid: i64) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
}

/// Whether the driver could be reached over its socket, and whether it left then.
fn ask_to_leave(socket: &Path) -> (bool, bool) {
    let Ok(mut dialog) = Dialog::open(socket) else { return (false, false) };
    match dialog.command("driver.exit", Some(COMMAND_TIME)) {
        Ok(0) => (true, dialog.await_end(COMMAND_TIME)),
        // Some drivers leave before they answer.
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => (true, true),
        _ => (true, false),
    }
}

/// Says what would be done to stop drivers.
pub(crate) fn rehearse_stop(upses: &[&Ups], places: &Places) {
    for ups in upses {
        debug!(1, "Stopping UPS: {}", ups.name);
        match find_pid_file(ups, places) {
            Ok(file) => debug!(2, "Sending signal to {}", file.display()),
            Err(_) => debug!(2, "Sending 'exit' to {}", places.socket(ups).display()),
        }
    }
}

/// Carries out `-c` for each driver. Gives the exit status.
pub(crate) fn command(remote: Remote, upses: &[&Ups], places: &Places, test: bool) -> u8 {
    let mut failed = false;
    for ups in upses {
        let result = match remote {
            _ if test => {
                debug!(1, "UPS {}: {remote:?}", ups.name);
                Ok(())
            }
            Remote::Exit => dialog("exit", &places.socket(ups)),
            Remote::ReloadOrError => dialog("reload-or-error", &places.socket(ups)),
            Remote::Dump => signal(signals::URG, ups, places),
            Remote::ReloadOrExit => signal(signals::USR1, ups, places),
        };
        if let Err(lines) = result {
            failed = true;
            lines.iter().for_each(|line| log::error!("{line}"));
        }
    }
    failed.into()
}

fn dialog(word: &str, socket: &Path) -> Result<(), Vec<String>> {
    let failed = |why: &io::Error| {
        format!("Socket dialog with the other driver instance: {}", why_text(why))
    };
    let mut dialog = Dialog::open(socket).map_err(|e| {
        vec![format!("Can't open {}: {}", socket.display(), errno_text(&e)), failed(&e)]
    })?;
    let code = dialog.command(&format!("driver.{word}"), Some(COMMAND_TIME));
    let code = code.map_err(|e| vec![failed(&e)])?;
    let line = format!("Request for driver to {word} returned code {code}");
    if code == 0 {
        log::info!("{line}");
        return Ok(());
    }
    Err(vec![line])
}

fn why_text(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "no answer in time".to_owned(),
        io::ErrorKind::UnexpectedEof => "it ended the dialog".to_owned(),
        _ => errno_text(error),
    }
}

fn signal(signal: i32, ups: &Ups, places: &Places) -> Result<(), Vec<String>> {
    let file = find_pid_file(ups, places).map_err(Vec::from)?;
    signal_by_file(&file, signal, ups)
        .map_err(|e| vec![format!("Signalling {} failed: {e}", file.display())])
}

/// What is known of one driver.
pub(crate) fn report<'a>(ups: &'a Ups, places: &Places) -> Report<'a> {
    let [file, _] = places.pid_files(ups);
    let pid_file = match pidfile::read(&file) {
        Ok(pid) => PidFile::Pid(pid),
        Err(SignalError::Empty(_)) => PidFile::Empty,
        Err(_) => PidFile::Missing,
    };
    let file_runs = match pid_file {
        PidFile::Pid(pid) => runs(pid, ups),
        _ => false,
    };
    let signs = Dialog::open(&places.socket(ups)).and_then(|mut d| d.signs(SIGNS_TIME)).ok();
    let socket_pid = signs.as_ref().and_then(|signs| signs.pid);
    let socket_runs = socket_pid.map(|pid| is_there(pid, driver(ups)));
    Report { ups: &ups.name, driver: driver(ups), pid_file, file_runs, signs, socket_runs }
}

/// Whether a process runs the driver; one that runs something else is told.
fn runs(pid: i64, ups: &Ups) -> bool {
    match pidfile::signal(pid, 0, driver(ups)) {
        Ok(()) => !is_zombie(pid),
        Err(e @ SignalError::WrongProgram { .. }) => {
            log::error!("{e}");
            false
        }
        Err(_) => false,
    }
}
