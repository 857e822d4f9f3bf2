//! A private installation: folder, configuration, harmless commands, the program itself.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[path = "../common/waiting.rs"]
mod waiting;

pub use waiting::{PATIENCE, kill, output_of, wait_until};

static COUNTER: AtomicU32 = AtomicU32::new(1);

/// See the module's words. What `wall`, NOTIFYCMD and SHUTDOWNCMD were told is in the file `story`,
/// with the number of the user they ran as.
pub struct House {
    root: PathBuf,
}

/// A secondary of a server that is not there: nothing happens by itself.
const CONF: &str = "MONITOR u@127.0.0.1:1 1 me word secondary\nPOLLFREQ 1\nFINALDELAY 0\n\
    NOTIFYFLAG COMMBAD IGNORE\nNOTIFYFLAG NOCOMM IGNORE\nNOTIFYFLAG SHUTDOWN SYSLOG+EXEC\n\
    NOTIFYCMD ROOT/bin/notify\nSHUTDOWNCMD ROOT/bin/down\nPOWERDOWNFLAG ROOT/killpower\n";

/// All notices go to NOTIFYCMD, and to no terminal.
const WATCHING: &str = "POLLFREQ 1\nPOLLFREQALERT 1\nDEADTIME 3\nFINALDELAY 0\nHOSTSYNC 5\n\
    NOTIFYFLAG ONLINE EXEC\nNOTIFYFLAG ONBATT EXEC\nNOTIFYFLAG LOWBATT EXEC\nNOTIFYFLAG FSD EXEC\n\
    NOTIFYFLAG COMMOK EXEC\nNOTIFYFLAG COMMBAD EXEC\nNOTIFYFLAG NOCOMM EXEC\n\
    NOTIFYFLAG NOLOGIN EXEC\nNOTIFYFLAG SHUTDOWN EXEC\nNOTIFYFLAG SHUTDOWN_HOSTSYNC EXEC\n\
    NOTIFYCMD ROOT/bin/notify\nSHUTDOWNCMD ROOT/bin/down\nPOWERDOWNFLAG ROOT/killpower\n";

impl House {
    pub fn new() -> House {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("upsmon-process-{}-{number}", std::process::id());
        let root = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&root);
        for folder in ["etc", "run", "bin"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        // The monitor gives root's rights up where it has them.
        fs::set_permissions(&root, Permissions::from_mode(0o777)).unwrap();
        let house = House { root };
        fs::write(house.path("story"), "").unwrap();
        fs::set_permissions(house.path("story"), Permissions::from_mode(0o666)).unwrap();
        house.script("wall", "echo \"wall $(id -u): $(cat)\" >> ROOT/story");
        house.script("notify", "echo \"$NOTIFYTYPE $(id -u) [$UPSNAME] $*\" >> ROOT/story");
        house.script("down", "echo \"down $(id -u) $(pwd) $(cat ROOT/killpower)\" >> ROOT/story");
        house.conf("");
        house
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A text in which ROOT stands for the folder.
    fn located(&self, text: &str) -> String {
        text.replace("ROOT", &self.root.display().to_string())
    }

    /// An executable in `bin`.
    pub fn script(&self, name: &str, text: &str) {
        let path = self.path("bin").join(name);
        // One that comes when the test is over leaves nothing behind.
        let text = self.located(&format!("#!/bin/sh\ntest -e ROOT/story || exit 0\n{text}\n"));
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    }

    /// upsmon.conf with further lines.
    pub fn conf(&self, lines: &str) {
        self.write_conf(&format!("{CONF}{lines}"));
    }

    /// upsmon.conf with just these lines.
    pub fn write_conf(&self, text: &str) {
        let path = self.path("etc/upsmon.conf");
        fs::write(&path, self.located(text)).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    }

    /// upsmon.conf for servers that are there: these lines behind quick times.
    pub fn watch(&self, lines: &str) {
        self.write_conf(&format!("{WATCHING}{lines}\n"));
    }

    /// What the commands were told.
    pub fn story(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("story")).unwrap();
        let root = self.root.display().to_string();
        text.lines().map(|line| line.replace(&root, "ROOT")).collect()
    }

    /// Waits until the story has this line.
    pub fn wait_for_story(&self, line: &str) {
        let there = || self.story().iter().any(|told| told == line).then_some(());
        assert!(wait_until(there).is_some(), "no {line:?} in {:?}", self.story());
    }

    /// Waits until a line of the story has all these texts.
    pub fn wait_for_words(&self, words: &[&str]) {
        let fits = |line: &String| words.iter().all(|word| line.contains(word));
        let there = || self.story().iter().any(fits).then_some(());
        assert!(wait_until(there).is_some(), "no {words:?} in {:?}", self.story());
    }

    /// The number in the pid file.
    pub fn pid(&self) -> u32 {
        let read = || fs::read_to_string(self.path("run/upsmon.pid")).ok()?.trim().parse().ok();
        wait_until(read).expect("a pid file")
    }

    /// The program in this installation; as root its monitor becomes nobody.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_upsmon"));
        for name in ["NUT_DEBUG_LEVEL", "NUT_DEBUG_SYSLOG", "NOTIFY_SOCKET", "WATCHDOG_USEC"] {
            command.env_remove(name);
        }
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .env("NUT_CONFPATH", self.path("etc"))
            .env("NUT_STATEPATH", self.path("run"))
            .env("NUT_PIDPATH", self.path("run"))
            .env("NUT_ALTPIDPATH", self.path("run"))
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus")
            .args(["-u", "nobody"])
            .current_dir(&self.root)
            .stdin(Stdio::null());
        command
    }

    /// Starts it in the foreground and waits until its monitor is there.
    pub fn start(&self, args: &[&str]) -> Upsmon {
        self.start_with(self.command().arg("-F").args(args))
    }

    pub fn start_with(&self, command: &mut Command) -> Upsmon {
        let upsmon = self.spawn(command);
        upsmon.wait_for("connect failed: ");
        upsmon
    }

    /// Starts it in the foreground.
    pub fn begin(&self, args: &[&str]) -> Upsmon {
        self.spawn(self.command().arg("-F").args(args))
    }

    /// As [`House::begin`], by a command that is this house's.
    pub fn begin_with(&self, command: &mut Command) -> Upsmon {
        self.spawn(command)
    }

    fn spawn(&self, command: &mut Command) -> Upsmon {
        let log = self.path("log");
        let file = File::create(&log).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Upsmon { child: command.spawn().unwrap(), log }
    }

    /// Runs it to its end, which must come by itself.
    pub fn run(&self, args: &[&str]) -> Output {
        finish(self.command().args(args))
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.path("story"));
        // For commands that have looked for it already.
        thread::sleep(Duration::from_millis(50));
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Runs a command to its end.
pub fn finish(command: &mut Command) -> Output {
    output_of(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The number of the user that commands of the root process run as.
pub fn own_user() -> u32 {
    nut_daemon::privileges::user()
}

/// The number of the user that the monitor becomes.
pub fn monitors_user() -> u32 {
    if own_user() != 0 {
        return own_user();
    }
    nut_daemon::privileges::lookup("nobody").expect("a user nobody").uid
}

/// A running upsmon; ends with the value.
pub struct Upsmon {
    child: Child,
    log: PathBuf,
}

impl Upsmon {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub fn wait_for(&self, text: &str) {
        let seen = wait_until(|| self.log().contains(text).then_some(()));
        assert!(seen.is_some(), "no {text:?} in:\n{}", self.log());
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end; tells its status.
    pub fn end(&mut self) -> Option<i32> {
        wait_until(|| self.child.try_wait().unwrap()).expect("its end").code()
    }
}

impl Drop for Upsmon {
    fn drop(&mut self) {
        // A monitor ends with its root process only if that is asked nicely.
        kill(self.pid(), "TERM");
        let end = Instant::now() + Duration::from_secs(5);
        while self.child.try_wait().unwrap().is_none() && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
