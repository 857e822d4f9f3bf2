//! What the demo is played on: a private folder, a free port, a driver and upsd as the current user.
//!
//! Whatever ends the demo, dropping the [`Stage`] stops the daemons and removes the folder, unless it
//! was told to [keep](Stage::keep) them.

use super::plot::Reading;
use crate::{Outcome, repo};
use nut_daemon::{pidfile, privileges, signals};
use std::fs::{self, File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The recording, with the events of a mains failure.
const RECORDING: &str = "crates/upsdrv-usbhid/demo/eaton-3s.json";
/// The UPS's name in the demo's ups.conf.
const UPS: &str = "eaton";
/// How long a daemon may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(5);

pub(super) struct Stage {
    folder: PathBuf,
    port: u16,
    daemons: Vec<Daemon>,
    keep: bool,
}

impl Stage {
    /// Makes the folder and the configuration in it.
    pub(super) fn set() -> Result<Stage, String> {
        let folder = std::env::temp_dir().join(format!("walnut-demo-{}", std::process::id()));
        fs::create_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let stage = Stage { folder, port: free_port()?, daemons: Vec::new(), keep: false };
        stage.private(&stage.folder, 0o700)?;
        for (name, text) in stage.configuration() {
            let path = stage.folder.join(name);
            repo::write(&path, &text)?;
            stage.private(&path, 0o600)?;
        }
        Ok(stage)
    }

    fn private(&self, path: &Path, mode: u32) -> Outcome {
        let set = fs::set_permissions(path, Permissions::from_mode(mode));
        set.map_err(|e| format!("{}: {e}", path.display()))
    }

    fn configuration(&self) -> [(&'static str, String); 3] {
        let recording = repo::root().join(RECORDING);
        let ups_conf = format!(
            "[{UPS}]\n  driver = usbhid-ups\n  port = \"replay:{}\"\n  pollinterval = 1\n  pollfreq = 3\n  desc = \"Eaton 3S from a recording\"\n",
            nut_proto::line::encode(&recording.display().to_string()),
        );
        let users = "[admin]\n  password = demo\n  actions = SET FSD\n  instcmds = ALL\n";
        [
            ("ups.conf", ups_conf),
            ("upsd.conf", format!("LISTEN 127.0.0.1 {}\n", self.port)),
            ("upsd.users", users.to_owned()),
        ]
    }

    /// Starts the driver and upsd; they are up when a [reading](Stage::reading) comes.
    pub(super) fn start_daemons(&mut self) -> Outcome {
        println!("Private folder {}, port {} on localhost only.\n", self.folder(), self.port);
        self.start("usbhid-ups", &["-F", "-a", UPS])?;
        self.start("upsd", &["-F"])
    }

    fn start(&mut self, name: &'static str, args: &[&str]) -> Outcome {
        let mut command = self.command(name);
        command.args(args);
        // As root a daemon would become user nut, who cannot enter the private folder.
        if let Some(user) = privileges::current() {
            command.args(["-u", &user.name]);
        }
        println!("$ {}", repo::show(&command));
        self.daemons.push(Daemon::start(name, &mut command, &self.log(name))?);
        Ok(())
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(repo::target().join("debug").join(name));
        for variable in ["NUT_CONFPATH", "NUT_STATEPATH", "NUT_ALTPIDPATH", "NUT_PIDPATH"] {
            command.env(variable, &self.folder);
        }
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    /// Fails if a daemon has ended by itself.
    pub(super) fn check_daemons(&mut self) -> Outcome {
        for daemon in &mut self.daemons {
            if let Ok(Some(status)) = daemon.child.try_wait() {
                return Err(format!("{} ended: {status}", daemon.name));
            }
        }
        Ok(())
    }

    /// The UPS as clients name it.
    pub(super) fn ups(&self) -> String {
        format!("{UPS}@127.0.0.1:{}", self.port)
    }

    pub(super) fn folder(&self) -> String {
        self.folder.display().to_string()
    }

    /// What `upsc` prints.
    pub(super) fn readings(&self) -> Result<String, String> {
        let done = self.command("upsc").arg(self.ups()).output();
        let done = done.map_err(|e| format!("cannot run upsc: {e}"))?;
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// The same taken apart; none while `upsc` has nothing to print.
    pub(super) fn reading(&self) -> Result<Option<Reading>, String> {
        let output = self.readings()?;
        Ok(if output.is_empty() { None } else { Some(Reading::parse(&output)) })
    }

    /// Prints what the daemons said, for somebody who has to find out why the demo failed.
    pub(super) fn tell_logs(&self) {
        for daemon in &self.daemons {
            let text = fs::read_to_string(self.log(daemon.name)).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            println!("\nLast lines of {}:", daemon.name);
            lines.iter().skip(lines.len().saturating_sub(15)).for_each(|line| println!("  {line}"));
        }
    }

    /// Leaves everything running and says how to use and stop it.
    pub(super) fn keep(&mut self) {
        self.keep = true;
        let bin = repo::target().join("debug");
        let (bin, ups, folder) = (bin.display(), self.ups(), self.folder());
        let pids: Vec<String> = self.daemons.iter().map(|d| d.child.id().to_string()).collect();
        println!("\nIt stays up. Ask it:");
        println!("  {bin}/upsc {ups}                      all readings");
        println!("  {bin}/upsc {ups} ups.status           one reading");
        println!("  {bin}/upscmd -l {ups}                 the commands it takes");
        println!(
            "  {bin}/upsrw {ups}                     the settings it has (user admin, password demo)"
        );
        println!("Stop it and remove its folder:");
        println!("  kill {} && rm -r {folder}", pids.join(" "));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        while let Some(mut daemon) = self.daemons.pop() {
            daemon.stop();
        }
        if let Err(e) = fs::remove_dir_all(&self.folder) {
            eprintln!("{}: {e}", self.folder.display());
        }
    }
}

struct Daemon {
    name: &'static str,
    child: Child,
}

impl Daemon {
    /// Starts a program in a process group of its own: a Ctrl-C is for the demo, which then stops it.
    fn start(name: &'static str, command: &mut Command, log: &Path) -> Result<Daemon, String> {
        let told = |e: std::io::Error| format!("cannot start {name}: {e}");
        let log = File::create(log).map_err(told)?;
        command.stdout(log.try_clone().map_err(told)?).stderr(log).process_group(0);
        Ok(Daemon { name, child: command.spawn().map_err(told)? })
    }

    fn stop(&mut self) {
        let _ = pidfile::signal(self.child.id().into(), signals::TERM, self.name);
        let asked = Instant::now();
        while asked.elapsed() < STOP {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port nobody uses now.
fn free_port() -> Result<u16, String> {
    let told = |e: std::io::Error| format!("no free port: {e}");
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(told)?;
    Ok(listener.local_addr().map_err(told)?.port())
}
