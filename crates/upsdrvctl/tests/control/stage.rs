//! Folders, ups.conf and drivers of one test.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub const BANNER: &str = "Network UPS Tools upsdrvctl - UPS driver controller 2.8.5 release\n";

/// A driver that notes its arguments and then does what a file named for the UPS says.
const DRIVER: &str = r#"#!/bin/sh
here=${0%/*}
echo "$*" >> "$here/calls"
while [ "$1" != -a ]; do shift; done
ups=$2
pid=$NUT_STATEPATH/drv-$ups.pid
[ ! -f "$here/$ups" ] || . "$here/$ups"
exit 0
"#;

/// What to do: run in the background until TERM, and leave tidily.
pub const RUN: &str = r#"
(
    trap 'rm -f "$pid"; exit 0' TERM
    trap 'echo dump >> "$here/urged"' URG
    touch "$here/$ups.ready"
    while :; do sleep 0.1; done
) > /dev/null 2>&1 < /dev/null &
echo $! > "$pid"
while [ ! -f "$here/$ups.ready" ]; do sleep 0.1; done
"#;

/// A private place; it is taken away at the end.
pub struct Stage {
    root: PathBuf,
    /// UPSes whose drivers may run when the test ends early.
    scripted: RefCell<Vec<String>>,
}

impl Stage {
    /// A place with this ups.conf, in which `driver = drv` is a driver of the test.
    pub fn new(name: &str, conf: &str) -> Stage {
        let root = std::env::temp_dir().join(format!("walnut-ctl-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for folder in ["etc", "run", "bin"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let stage = Stage { root, scripted: RefCell::default() };
        let conf = format!("driverpath = {}\n{conf}", stage.path("bin").display());
        fs::write(stage.path("etc/ups.conf"), conf).unwrap();
        stage.write_program("bin/drv", DRIVER);
        stage
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Another process writes it: were it this one, a child forked by another test at that moment
    /// could hold it open, and it could not be run.
    fn write_program(&self, name: &str, text: &str) {
        let mut child = Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
            .arg(self.path(name))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// What the driver of this UPS does when it is launched.
    pub fn does(&self, ups: &str, script: &str) {
        fs::write(self.path("bin").join(ups), script).unwrap();
        self.scripted.borrow_mut().push(ups.to_owned());
    }

    /// The command lines of all launches so far.
    pub fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("bin/calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_upsdrvctl"));
        command
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("NUT_CONFPATH", self.path("etc"))
            .env("NUT_STATEPATH", self.path("run"))
            .env("NUT_IGNORE_CHECKPROCNAME", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn spawn(&self, args: &[&str]) -> Child {
        self.command(args).spawn().unwrap()
    }

    pub fn run(&self, args: &[&str]) -> Ended {
        ended(self.command(args).output().unwrap())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for ups in self.scripted.borrow().iter() {
            if let Ok(pid) = fs::read_to_string(self.path("run").join(format!("drv-{ups}.pid"))) {
                let kill = format!("kill -KILL {pid}");
                let _ = Command::new("sh").args(["-c", &kill]).status();
            }
        }
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// How a run ended; standard output without the banner.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub fn ended(output: Output) -> Ended {
    let out = String::from_utf8(output.stdout).unwrap();
    Ended {
        code: output.status.code().unwrap(),
        out: out.strip_prefix(BANNER).unwrap_or(&out).to_owned(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub fn says(code: i32, out: &str, err: &str) -> Ended {
    Ended { code, out: out.to_owned(), err: err.to_owned() }
}

/// Waits until something holds; a loaded machine may take its time.
pub fn await_that(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

pub fn kill(signal: &str, pid: u32) {
    let command = format!("kill -{signal} {pid}");
    assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
}

/// The socket of a driver, answered by this test's process; commands get this code.
pub fn answer_socket(path: &Path, code: u8) {
    let listener = UnixListener::bind(path).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = answer(stream, code);
        }
    });
}

fn answer(mut stream: UnixStream, code: u8) -> std::io::Result<()> {
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["PING"] => stream.write_all(b"SETINFO driver.state \"quiet\"\nPONG\n")?,
            ["GETPID"] => writeln!(stream, "PID {}", std::process::id())?,
            ["DUMPSTATUS"] => {
                stream.write_all(b"SETINFO ups.status \"OL \\\"x\\\"\"\nDATAOK\nDUMPDONE\n")?;
            }
            ["INSTCMD", command, "TRACKING", id] => {
                writeln!(stream, "TRACKING {id} {code}")?;
                if *command == "driver.exit" {
                    return Ok(());
                }
            }
            _ => {}
        }
    }
    Ok(())
}
