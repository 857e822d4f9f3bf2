//! A private installation of upssched: its file, its script, and whatever runs in it.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

#[path = "../common/waiting.rs"]
mod waiting;

pub use waiting::{PATIENCE, kill, output_of, wait_until};

static COUNTER: AtomicU32 = AtomicU32::new(1);

/// Says what it was called with. `wait` comes to its end only when the file `go` is there.
const SCRIPT: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$# [$1] T=${NOTIFYTYPE-none} U=${UPSNAME-none} M=${NOTIFYMSG-none}" >> "$here/log"
test "$1" = fail && exit 3
test "$1" = wait || exit 0
while ! test -e "$here/go" && test -d "$here"; do sleep 0.02; done
echo "wait is over" >> "$here/log"
"#;

pub struct Place {
    root: PathBuf,
}

impl Place {
    /// upssched.conf with these lines behind the three that every file has.
    pub fn new(lines: &str) -> Place {
        let place = Place::bare();
        let (script, pipe, lock) =
            (place.path("cmd"), place.path("run/pipe"), place.path("run/lock"));
        let [script, pipe, lock] = [script, pipe, lock].map(|path| path.display().to_string());
        place.conf(&format!("CMDSCRIPT {script}\nPIPEFN {pipe}\nLOCKFN {lock}\n{lines}"));
        place
    }

    /// Without any upssched.conf.
    pub fn bare() -> Place {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("upssched-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for folder in ["etc", "run"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("cmd"), SCRIPT).unwrap();
        fs::set_permissions(root.join("cmd"), Permissions::from_mode(0o755)).unwrap();
        Place { root }
    }

    pub fn conf(&self, text: &str) {
        fs::write(self.path("etc/upssched.conf"), text).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The program in this place, without any event.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_upssched"));
        for name in ["NUT_DEBUG_LEVEL", "NOTIFYTYPE", "UPSNAME", "NOTIFYMSG"] {
            command.env_remove(name);
        }
        command
            .args(args)
            .env("NUT_CONFPATH", self.path("etc"))
            .env("NUT_PIDPATH", self.path("run"))
            .env("NUT_DEBUG_SYSLOG", "stderr")
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The program as upsmon starts it for an event.
    pub fn for_event(&self, kind: &str, ups: &str, message: &str) -> Command {
        let mut command = self.command(&[message]);
        command.env("NOTIFYTYPE", kind).env("UPSNAME", ups);
        command
    }

    /// An event that must go well and without a word.
    pub fn event(&self, kind: &str, ups: &str) {
        let output = run(&mut self.for_event(kind, ups, &format!("{ups} {kind}")));
        assert_eq!((output.status.code(), texts(&output)), (Some(0), String::new()));
    }

    pub fn list(&self) -> Output {
        run(&mut self.command(&["-l"]))
    }

    /// The names of the timers that run, each with its UPSes.
    pub fn timers(&self) -> Vec<(String, String)> {
        let output = self.list();
        assert_eq!(output.status.code(), Some(0), "{}", texts(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        let row = |line: &str| {
            let cells: Vec<&str> = line.split('\t').collect();
            (cells[0].to_owned(), cells[4].to_owned())
        };
        text.lines().map(row).collect()
    }

    /// What the script said.
    pub fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub fn wait_for_log(&self, line: &str) {
        let seen = wait_until(|| self.log().iter().any(|l| l == line).then_some(()));
        assert!(seen.is_some(), "no {line:?} in {:#?}", self.log());
    }

    /// Every upssched that runs in this place.
    pub fn processes(&self) -> Vec<u32> {
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let pids = entries.filter_map(|e| e.file_name().to_str()?.parse().ok());
        pids.filter(|pid| self.owns(*pid)).collect()
    }

    fn owns(&self, pid: u32) -> bool {
        let exe = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mine = format!("NUT_CONFPATH={}", self.path("etc").display());
        exe == Path::new(env!("CARGO_BIN_EXE_upssched"))
            && environment.split(|&b| b == 0).any(|variable| variable == mine.as_bytes())
    }

    /// The only upssched that runs here.
    pub fn daemon(&self) -> u32 {
        match self.processes()[..] {
            [pid] => pid,
            ref pids => panic!("one daemon expected, not {pids:?}"),
        }
    }

    pub fn wait_for_no_daemon(&self) {
        let gone = wait_until(|| self.processes().is_empty().then_some(()));
        gone.expect("the daemon's end");
    }

    /// Says this on the daemon's socket; what comes back until it is silent and closed.
    pub fn say(&self, bytes: &[u8]) -> String {
        let mut stream = UnixStream::connect(self.path("run/pipe")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for pid in self.processes() {
            kill(pid, "KILL");
        }
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Runs a program to its end, which must come by itself.
pub fn run(command: &mut Command) -> Output {
    output_of(command.spawn().unwrap())
}

/// Standard output and standard error.
pub fn texts(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}
