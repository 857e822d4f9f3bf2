//! `upsmon -c test-notify TYPE`: one notice through the real delivery, and what became of it.
//!
//! Done by the process that was called, as the user the monitor would be. What is run for a notice is
//! known to `deliveries` and `carrier`, as for any other.

use crate::carrier::{end, job};
use crate::cli::Options;
use crate::deliveries::{Deliveries, End, Load, Step};
use crate::notices::{Flags, Kind, Notice};
use crate::settings::Settings;
use crate::startup::{Fatal, become_user, configure, run_as};
use crate::tell::tell;
use nut_daemon::errno::errno_text;
use nut_daemon::logging;
use nut_daemon::output::remark;
use nut_daemon::processes::{Handle, Processes};
use std::time::{Duration, Instant};

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked at.
const PAUSE: Duration = Duration::from_millis(10);
/// What stands for alarms, unknown words and refusals in a text.
const EXTRA: &str = "this is a test";

/// Sends the notice; gives the exit status, 0 if it arrived wherever the configuration sends it.
pub fn main(options: &Options, kind: Kind) -> Result<u8, Fatal> {
    let settings = configure(options)?.settings;
    let account = run_as(options, &settings)?;
    become_user(account.as_ref())?;
    logging::open_syslog();
    let notice = notice(&settings, kind);
    remark(&format!("NOTIFYFLAG {kind} {}: \"{}\"", words(notice.flags), notice.text));
    if notice.flags == Flags::NONE {
        remark("IGNORE: nothing is sent");
        return Ok(0);
    }
    let mut trial = Trial::default();
    if notice.flags.exec && settings.notify_cmd.is_none() {
        trial.fail("EXEC: no NOTIFYCMD is configured: nothing is run");
    }
    trial.send(&settings, &notice);
    trial.wait();
    Ok(u8::from(trial.failed))
}

/// The notice about the first UPS, or about the host.
fn notice(settings: &Settings, kind: Kind) -> Notice {
    let ups = settings.ups.first().filter(|_| kind.is_about_a_ups());
    settings.notices.notice(kind, ups.map_or("", |ups| &ups.name), EXTRA)
}

/// As NOTIFYFLAG has them.
fn words(flags: Flags) -> String {
    let words = [(flags.syslog, "SYSLOG"), (flags.wall, "WALL"), (flags.exec, "EXEC")];
    let words: Vec<&str> = words.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
    if words.is_empty() { "IGNORE".to_owned() } else { words.join("+") }
}

/// A delivery that is looked at.
#[derive(Debug, Default)]
struct Trial {
    processes: Processes,
    running: Vec<(Handle, &'static str)>,
    failed: bool,
}

impl Trial {
    fn fail(&mut self, text: &str) {
        remark(text);
        self.failed = true;
    }

    fn send(&mut self, settings: &Settings, notice: &Notice) {
        let mut deliveries = Deliveries::default();
        deliveries.set_command(settings.notify_cmd.clone());
        for step in deliveries.notice(Duration::ZERO, notice) {
            match step {
                Step::Log(level, text) => tell(level, &text),
                Step::Start(_, load) => self.start(&load),
                Step::Kill(_) => {}
            }
        }
    }

    fn start(&mut self, load: &Load) {
        let name = match load {
            Load::Wall { .. } => {
                remark("WALL: wall");
                "WALL"
            }
            Load::Exec { command, kind, ups, .. } => {
                remark(&format!("EXEC: {command} \"...\" with NOTIFYTYPE={kind} UPSNAME={ups}"));
                "EXEC"
            }
        };
        match self.processes.start(&job(load)) {
            Ok(handle) => self.running.push((handle, name)),
            Err(error) => {
                self.fail(&format!("{name}: could not be started: {}", errno_text(&error)));
            }
        }
    }

    /// Waits for the commands, each for as long as any may take.
    fn wait(&mut self) {
        let until = Instant::now() + PATIENCE;
        while !self.running.is_empty() && Instant::now() < until {
            for (handle, status) in self.processes.reap() {
                self.ended(handle, &end(status));
            }
            std::thread::sleep(PAUSE);
        }
        for (handle, name) in std::mem::take(&mut self.running) {
            self.processes.kill(handle);
            self.fail(&format!("{name}: killed, it took longer than {} s", PATIENCE.as_secs()));
        }
    }

    fn ended(&mut self, handle: Handle, end: &End) {
        let Some(at) = self.running.iter().position(|(known, _)| *known == handle) else { return };
        let (_, name) = self.running.swap_remove(at);
        match end {
            End::Status(0) => remark(&format!("{name}: ended with status 0")),
            End::Status(status) => self.fail(&format!("{name}: ended with status {status}")),
            End::Signal(signal) => self.fail(&format!("{name}: was ended by signal {signal}")),
            End::NotStarted(why) => self.fail(&format!("{name}: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read;

    #[test]
    fn the_first_ups_stands_for_all() {
        let settings = read("upsmon.conf", b"MONITOR a@h:1 1 n p primary\n").settings;
        let about = notice(&settings, Kind::Alarm);
        assert_eq!(about.ups, "a@h:1");
        assert_eq!(about.text, "UPS a@h:1: one or more active alarms: [this is a test]");
        assert_eq!(notice(&settings, Kind::Shutdown).ups, "", "about the host");
        assert_eq!(notice(&Settings::default(), Kind::OnBattery).text, "UPS  on battery");
    }

    #[test]
    fn flags_are_written_as_in_the_file() {
        assert_eq!(words(Flags { syslog: true, wall: true, exec: true }), "SYSLOG+WALL+EXEC");
        assert_eq!(words(Flags::NONE), "IGNORE");
    }
}
