//! Launching driver programs and waiting for them.
//!
//! Knows a driver's command line and how its end is read. When to launch which one is decided in
//! `start` and `bundle`.

use crate::bundle::{Action, Bundle};
use crate::setup::{Places, Ups, driver};
use crate::start::{Outcome, Starter, Step};
use nut_daemon::errno::errno_text;
use nut_daemon::reactor::{Event, Reactor};
use nut_daemon::{debug, pidfile, signals};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};
use upsdrvctl::options::{Ground, Options};

/// What a driver is launched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To run.
    Run,
    /// To switch its UPS off.
    PowerOff,
}

/// Everything that goes into a driver's command line, except for the UPS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Launcher<'a> {
    pub(crate) options: &'a Options,
    pub(crate) places: &'a Places,
    /// upsdrvctl's own debug level.
    pub(crate) debug: u32,
    pub(crate) purpose: Purpose,
}

impl Launcher<'_> {
    /// The driver's program and arguments, or why there are none.
    fn command(&self, ups: &Ups) -> Result<(PathBuf, Vec<String>), String> {
        let program = self.places.program(ups).ok_or_else(|| {
            format!("Can't start UPS [{}]: no driver is set in ups.conf", ups.name)
        })?;
        std::fs::metadata(&program).map_err(|e| not_started(&program, &e))?;
        let args = arguments(self.options, self.debug, self.purpose, &ups.name);
        debug!(2, "exec:  {} {}", program.display(), args.join(" "));
        Ok((program, args))
    }

    fn spawn(&self, ups: &Ups) -> Result<Child, String> {
        let (program, args) = self.command(ups)?;
        Command::new(&program).args(args).spawn().map_err(|e| not_started(&program, &e))
    }

    /// Becomes the driver of this UPS. Returns only if that fails, with the reason.
    pub(crate) fn become_driver(&self, ups: &Ups) -> String {
        match self.command(ups) {
            Ok((program, args)) => not_started(&program, &Command::new(&program).args(args).exec()),
            Err(reason) => reason,
        }
    }
}

fn not_started(program: &Path, error: &io::Error) -> String {
    format!("Can't start {}: {}", program.display(), errno_text(error))
}

fn arguments(options: &Options, debug: u32, purpose: Purpose, ups: &str) -> Vec<String> {
    let mut args = Vec::new();
    if purpose == Purpose::Run {
        if options.pass_debug && debug > 0 {
            args.push(format!("-{}", "D".repeat(usize::try_from(debug).unwrap_or(1))));
        }
        args.extend(match options.ground {
            Ground::Default => None,
            Ground::Foreground => Some("-F".to_owned()),
            Ground::ForegroundWithPid => Some("-FF".to_owned()),
            Ground::Background => Some("-B".to_owned()),
        });
    }
    args.extend(["-a".to_owned(), ups.to_owned()]);
    if purpose == Purpose::PowerOff {
        args.push("-k".to_owned());
    }
    for (letter, value) in [("-r", &options.chroot), ("-u", &options.user)] {
        args.extend(value.iter().flat_map(|value| [letter.to_owned(), value.clone()]));
    }
    args
}

/// Launches drivers one after another, as the starter says, and waits for each unless `nowait`.
/// Gives the exit status.
pub(crate) fn work_through(
    mut starter: Starter<'_>,
    upses: &[&Ups],
    launcher: Launcher<'_>,
    nowait: bool,
) -> io::Result<u8> {
    let mut reactor = Reactor::new(&[signals::CHLD])?;
    let mut late = Vec::new();
    loop {
        let said = match starter.next() {
            Step::Launch(index) => {
                let Some(ups) = upses.get(index) else { continue };
                debug!(1, "{} UPS: {}", launcher.purpose.doing(), ups.name);
                let outcome = launch(launcher, ups, nowait, &mut reactor, &mut late)?;
                starter.on_launched(outcome)
            }
            Step::Pause(time) => {
                sleep(time);
                None
            }
            Step::LookAgain(index) => {
                let name = upses.get(index).map(|ups| ups.name.as_str());
                starter.on_looked(&look_again(&mut late, name)?)
            }
            Step::End(code) => return Ok(code),
        };
        said.iter().for_each(|line| log::error!("{line}"));
    }
}

impl Purpose {
    fn doing(self) -> &'static str {
        match self {
            Purpose::Run => "Starting",
            Purpose::PowerOff => "Shutdown",
        }
    }
}

/// A launch that took too long: the UPS's name and the process.
type Late = Vec<(String, Child)>;

fn launch(
    launcher: Launcher<'_>,
    ups: &Ups,
    nowait: bool,
    reactor: &mut Reactor,
    late: &mut Late,
) -> io::Result<Outcome> {
    if launcher.options.test {
        return Ok(match launcher.command(ups) {
            Ok(_) => Outcome::Exited(0),
            Err(reason) => Outcome::NotLaunched(reason),
        });
    }
    let mut child = match launcher.spawn(ups) {
        Ok(child) => child,
        Err(reason) => return Ok(Outcome::NotLaunched(reason)),
    };
    if nowait {
        return Ok(Outcome::Exited(0));
    }
    let outcome = wait(&mut child, ups.patience, reactor)?;
    if let Outcome::Late { .. } = outcome {
        late.push((ups.name.clone(), child));
    }
    Ok(outcome)
}

fn wait(
    child: &mut Child,
    patience: Option<Duration>,
    reactor: &mut Reactor,
) -> io::Result<Outcome> {
    let deadline = patience.map(|time| Instant::now() + time);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(outcome(status));
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            return Ok(Outcome::Late { pid: child.id() });
        }
        reactor.wait(left)?;
    }
}

fn outcome(status: ExitStatus) -> Outcome {
    status.code().map_or(Outcome::Killed, Outcome::Exited)
}

/// The last late process of this UPS: earlier ones were replaced by it.
fn look_again(late: &mut Late, name: Option<&str>) -> io::Result<Outcome> {
    let child = late.iter_mut().rev().find(|(ups, _)| Some(ups.as_str()) == name);
    let Some((_, child)) = child else { return Ok(Outcome::Exited(0)) };
    Ok(match child.try_wait()? {
        Some(status) => outcome(status),
        None => Outcome::Late { pid: child.id() },
    })
}

/// Watches over drivers in the foreground until they end. Gives the exit status.
pub(crate) fn watch_over(upses: &[&Ups], launcher: Launcher<'_>) -> io::Result<u8> {
    let wanted = [
        signals::HUP,
        signals::USR1,
        signals::URG,
        signals::TERM,
        signals::INT,
        signals::QUIT,
        signals::CHLD,
    ];
    let mut reactor = Reactor::new(&wanted)?;
    let (mut bundle, mut actions) = Bundle::begin(upses.len());
    let mut children: Vec<Option<Child>> = upses.iter().map(|_| None).collect();
    loop {
        if let Some(code) = perform(&mut bundle, actions, upses, launcher, &mut children) {
            return Ok(code);
        }
        let now = Instant::now();
        let left = bundle.deadline().map(|deadline| deadline.saturating_duration_since(now));
        let events = reactor.wait(left)?;
        let now = Instant::now();
        actions = bundle.on_time(now);
        for event in events {
            if let Event::Signal(signal) = event {
                if signal != signals::CHLD {
                    actions.extend(bundle.on_signal(signal, now));
                }
            }
        }
        for (driver, status) in ended(&mut children)? {
            actions.extend(bundle.on_exit(driver, status.code(), now));
        }
    }
}

/// Performs actions and those that follow from them. Gives the exit status at the end.
fn perform(
    bundle: &mut Bundle,
    actions: Vec<Action>,
    upses: &[&Ups],
    launcher: Launcher<'_>,
    children: &mut [Option<Child>],
) -> Option<u8> {
    let mut queue = std::collections::VecDeque::from(actions);
    while let Some(action) = queue.pop_front() {
        match action {
            Action::Say(line) => log::warn!("{line}"),
            Action::End(code) => return Some(code),
            Action::Signal(driver, signal) => {
                if let (Some(Some(child)), Some(ups)) = (children.get(driver), upses.get(driver)) {
                    pass_on(child, signal, ups);
                }
            }
            Action::Launch(driver) => {
                let (Some(place), Some(ups)) = (children.get_mut(driver), upses.get(driver)) else {
                    continue;
                };
                match launcher.spawn(ups) {
                    Ok(child) => *place = Some(child),
                    Err(why) => queue.extend(bundle.on_not_launched(driver, why, Instant::now())),
                }
            }
        }
    }
    None
}

fn pass_on(child: &Child, signal: i32, ups: &Ups) {
    if let Err(e) = pidfile::signal(child.id().into(), signal, driver(ups)) {
        debug!(1, "signal {signal} for the driver of [{}]: {e}", ups.name);
    }
}

/// The drivers that ended since the last look.
fn ended(children: &mut [Option<Child>]) -> io::Result<Vec<(usize, ExitStatus)>> {
    let mut found = Vec::new();
    for (driver, place) in children.iter_mut().enumerate() {
        if let Some(child) = place {
            if let Some(status) = child.try_wait()? {
                debug!(1, "driver {driver} ended: {status} (signal {:?})", status.signal());
                *place = None;
                found.push((driver, status));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use upsdrvctl::options::Verb;

    fn options() -> Options {
        Options {
            verb: Verb::Start,
            ups: None,
            test: false,
            pass_debug: false,
            ground: Ground::Default,
            chroot: None,
            user: None,
        }
    }

    #[test]
    fn drivers_get_what_they_are_meant_to_get() {
        let line = |options: &Options, purpose| arguments(options, 3, purpose, "u").join(" ");
        assert_eq!(line(&options(), Purpose::Run), "-a u");
        let full = Options {
            pass_debug: true,
            ground: Ground::Background,
            chroot: Some("/jail".into()),
            user: Some("root".into()),
            ..options()
        };
        assert_eq!(line(&full, Purpose::Run), "-DDD -B -a u -r /jail -u root");
        assert_eq!(line(&full, Purpose::PowerOff), "-a u -k -r /jail -u root");
        let ground = |ground| line(&Options { ground, ..options() }, Purpose::Run);
        assert_eq!(ground(Ground::Foreground), "-F -a u");
        assert_eq!(ground(Ground::ForegroundWithPid), "-FF -a u");
    }
}
