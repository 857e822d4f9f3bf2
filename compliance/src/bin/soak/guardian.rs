//! The upsmon under test: its configuration, and what its log says and when.

use crate::POLL;
use crate::site::{Change, Silent, Site};
use crate::tally::Tally;
use nut_compliance::house::current_user;
use nut_compliance::maker::Maker;
use nut_compliance::place::Place;
use nut_compliance::program::wait_until;
use std::collections::HashMap;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

/// The pipe that NOTIFYCMD waits at for its end.
const HOLD: &str = "hold";

/// A running upsmon.
pub struct Guardian {
    place: Place,
    child: Child,
    /// Lines of its log and when they came.
    lines: Receiver<(Instant, String)>,
    /// Changes without their notice: since when, and to what.
    expected: HashMap<String, (Instant, bool)>,
}

impl Guardian {
    /// Starts one that watches all sites, and a number of UPSes at a silent server.
    pub fn start(maker: Maker, sites: &[Site], silent: &Silent, lines: usize) -> Guardian {
        let place = Place::new();
        place.write("upsmon.conf", &configuration(&place, sites, silent, lines));
        script(&place, "wall", "cat >/dev/null");
        make_pipe(&place.file(HOLD));
        script(&place, "hang", &format!("exec cat {}", place.file(HOLD).display()));
        script(&place, "down", "echo down >down");
        let mut command = command(&place, maker);
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let log = child.stderr.take().expect("a pipe was asked for");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                let _ = sender.send((Instant::now(), line));
            }
        });
        Guardian { place, child, lines, expected: HashMap::new() }
    }

    /// Waits until every server counts this upsmon, for each of its UPSes.
    pub fn await_contact(&self, sites: &[Site]) {
        sites.iter().for_each(|site| {
            let greeted = || site.all_logged_in().then_some(());
            wait_until("logins", greeted).unwrap_or_else(|why| panic!("{why}"));
        });
    }

    /// A notice falls due.
    pub fn expect(&mut self, change: Change) {
        self.expected.insert(change.ups, (Instant::now(), change.battery));
    }

    /// How many notices have not come.
    pub fn expects(&self) -> usize {
        self.expected.len()
    }

    /// Takes what the log says now.
    pub fn listen(&mut self, tally: &mut Tally) {
        while let Ok((at, line)) = self.lines.try_recv() {
            let Some((ups, battery)) = notice(&line) else { continue };
            match self.expected.get(ups) {
                Some((since, wanted)) if *wanted == battery => {
                    tally.reactions.push(at.saturating_duration_since(*since));
                    self.expected.remove(ups);
                }
                _ => {}
            }
        }
    }

    /// Whether SHUTDOWNCMD ran.
    pub fn went_down(&self) -> bool {
        self.place.file("down").exists()
    }

    /// Resident memory in KiB; none once it has ended.
    pub fn memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Whoever hangs at the pipe sees its end, and ends.
        let _ = OpenOptions::new().read(true).write(true).open(self.place.file(HOLD));
    }
}

fn make_pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.is_ok_and(|status| status.success()), "no pipe {}", path.display());
}

/// The UPS of a notice, and whether it is on battery.
fn notice(line: &str) -> Option<(&str, bool)> {
    let text = line.split_once("UPS ")?.1;
    let battery = text.strip_suffix(" on battery").map(|ups| (ups, true));
    battery.or_else(|| text.strip_suffix(" on line power").map(|ups| (ups, false)))
}

fn configuration(place: &Place, sites: &[Site], silent: &Silent, lines: usize) -> String {
    let bin = place.file("bin");
    let bin = bin.display();
    let poll = POLL.as_secs();
    let mut text = format!(
        "MINSUPPLIES 1\nSHUTDOWNCMD \"{bin}/down\"\nNOTIFYCMD \"{bin}/hang\"\n\
         NOTIFYFLAG ONBATT SYSLOG+EXEC\nNOTIFYFLAG ONLINE SYSLOG+EXEC\n\
         POLLFREQ {poll}\nPOLLFREQALERT {poll}\nDEADTIME 30\nFINALDELAY 0\nHOSTSYNC 1\n"
    );
    for name in sites.iter().flat_map(Site::names) {
        text += &format!("MONITOR {name} 1 mon pw primary\n");
    }
    for n in 0..lines {
        text += &format!("MONITOR s{n}@{} 0 mon pw secondary\n", silent.address());
    }
    text
}

fn command(place: &Place, maker: Maker) -> Command {
    let mut command = place.command(maker, "upsmon");
    let old = std::env::var_os("PATH").unwrap_or_default();
    let folders = [place.file("bin")].into_iter().chain(std::env::split_paths(&old));
    command.args(["-F", "-p", "-u", &current_user()]);
    command.env("PATH", std::env::join_paths(folders).expect("a path"));
    command.env("NUT_DEBUG_SYSLOG", "stderr");
    command.env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn script(place: &Place, name: &str, line: &str) {
    let path = place.file("bin").join(name);
    fs::create_dir_all(place.file("bin")).expect("a folder");
    fs::write(&path, format!("#!/bin/sh\n{line}\n")).expect("a script");
    fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("mode");
}
