//! What the demo is played on: a private folder, a free port, a driver, upsd and two upsmons as the
//! current user.
//!
//! Whatever ends the demo, dropping the [`Stage`] stops the daemons and removes the folder, unless it
//! was told to [keep](Stage::keep) them.

use super::hosts::{self, Host};
use super::plot::Reading;
use crate::{Outcome, repo};
use nut_daemon::{pidfile, privileges, signals};
use std::fs::{self, File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The recording, with the events of a mains failure.
const RECORDING: &str = "crates/upsdrv-usbhid/demo/eaton-3s.json";
/// The UPS's name in the demo's ups.conf.
const UPS: &str = "eaton";
/// How long a daemon may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(5);
/// How long an upsmon may take to end after its shutdown command.
const END: Duration = Duration::from_secs(30);

pub(super) struct Stage {
    folder: PathBuf,
    port: u16,
    /// The driver and the server, which live as long as the demo.
    daemons: Vec<Daemon>,
    /// The machines' upsmons, which end by themselves.
    hosts: Vec<Daemon>,
    /// How much of the hosts' book has been read.
    read: usize,
    keep: bool,
}

impl Stage {
    /// Makes the folder and the configuration in it.
    pub(super) fn set() -> Result<Stage, String> {
        let folder = std::env::temp_dir().join(format!("walnut-demo-{}", std::process::id()));
        fs::create_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let (daemons, hosts) = (Vec::new(), Vec::new());
        let stage = Stage { folder, port: free_port()?, daemons, hosts, read: 0, keep: false };
        stage.private(&stage.folder, 0o700)?;
        for (name, text) in stage.configuration() {
            stage.file(name, &text, 0o600)?;
        }
        let book = stage.folder.join(hosts::BOOK);
        stage.file("bin/tell", &hosts::tell(&book), 0o700)?;
        // Nothing of the demo goes to other terminals.
        stage.file("bin/wall", "#!/bin/sh\ncat >/dev/null\n", 0o700)?;
        for host in Host::ALL {
            let conf = host.configuration(&stage.ups(), &stage.folder);
            stage.file(&format!("{}/upsmon.conf", host.name), &conf, 0o600)?;
        }
        Ok(stage)
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> Outcome {
        let path = self.folder.join(name);
        repo::write(&path, text)?;
        self.private(&path, mode)
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
        let users = format!(
            "[admin]\n  password = demo\n  actions = SET FSD\n  instcmds = ALL\n{}",
            hosts::USERS
        );
        [
            ("ups.conf", ups_conf),
            ("upsd.conf", format!("LISTEN 127.0.0.1 {}\n", self.port)),
            ("upsd.users", users),
        ]
    }

    /// Starts the driver and upsd; they are up when a [reading](Stage::reading) comes.
    pub(super) fn start_daemons(&mut self) -> Outcome {
        println!("Private folder {}, port {} on localhost only.\n", self.folder(), self.port);
        self.start("usbhid-ups", &["-F", "-a", UPS])?;
        self.start("upsd", &["-F"])
    }

    /// Starts upsmon on each of the two machines.
    pub(super) fn start_hosts(&mut self) -> Outcome {
        println!("\nTwo machines watch it: the primary, which has the cable, and a secondary.\n");
        for host in Host::ALL {
            let mut command = self.host_command(host);
            command.args(["-F", "-p"]);
            println!("$ {}          # {}", repo::show(&command), host.name);
            let log = self.log(host.name);
            self.hosts.push(Daemon::start("upsmon", &mut command, &log)?);
        }
        Ok(())
    }

    fn host_command(&self, host: Host) -> Command {
        let mut command = self.command("upsmon");
        let folder = self.folder.join(host.name);
        for variable in ["NUT_CONFPATH", "NUT_STATEPATH", "NUT_ALTPIDPATH", "NUT_PIDPATH"] {
            command.env(variable, &folder);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = [self.folder.join("bin")].into_iter().chain(std::env::split_paths(&path));
        if let Ok(path) = std::env::join_paths(folders) {
            command.env("PATH", path);
        }
        command
    }

    /// Waits until both upsmons have ended; they have to end well.
    pub(super) fn await_hosts(&mut self) -> Outcome {
        for (daemon, host) in self.hosts.iter_mut().zip(Host::ALL) {
            let status = daemon.await_end()?;
            if !status.success() {
                return Err(format!("upsmon of the {} ended with {status}", host.name));
            }
        }
        Ok(())
    }

    /// The lines the hosts have written since the last time.
    pub(super) fn new_lines(&mut self) -> Result<Vec<String>, String> {
        let path = self.folder.join(hosts::BOOK);
        let text = if path.exists() { repo::read(&path)? } else { String::new() };
        let new = text.get(self.read..).unwrap_or_default();
        let whole = new.rfind('\n').map_or(0, |end| end + 1);
        self.read += whole;
        Ok(new.get(..whole).unwrap_or_default().lines().map(str::to_owned).collect())
    }

    /// `ups.status` as upsc prints it.
    pub(super) fn status(&self) -> Result<String, String> {
        output(self.command("upsc").arg(self.ups()).arg("ups.status"))
    }

    /// What the primary tells of its last outage.
    pub(super) fn why(&self) -> Result<String, String> {
        output(self.host_command(Host::PRIMARY).arg("--why"))
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
        output(self.command("upsc").arg(self.ups()))
    }

    /// The same taken apart; none while `upsc` has nothing to print.
    pub(super) fn reading(&self) -> Result<Option<Reading>, String> {
        let output = self.readings()?;
        Ok(if output.is_empty() { None } else { Some(Reading::parse(&output)) })
    }

    /// Prints what the daemons said, for somebody who has to find out why the demo failed.
    pub(super) fn tell_logs(&self) {
        let names = self.daemons.iter().map(|daemon| daemon.name);
        for name in names.chain(Host::ALL.map(|host| host.name)) {
            let text = fs::read_to_string(self.log(name)).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            println!("\nLast lines of {name}:");
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
        for daemon in self.hosts.iter_mut().chain(self.daemons.iter_mut().rev()) {
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

    /// Waits for a daemon that ends by itself.
    fn await_end(&mut self) -> Result<ExitStatus, String> {
        let asked = Instant::now();
        while asked.elapsed() < END {
            match self.child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) => std::thread::sleep(Duration::from_millis(20)),
                Err(e) => return Err(format!("{}: {e}", self.name)),
            }
        }
        Err(format!("{} does not end", self.name))
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

/// What a program prints, without the last line end.
fn output(command: &mut Command) -> Result<String, String> {
    let done = command.output().map_err(|e| format!("cannot run {}: {e}", repo::show(command)))?;
    Ok(String::from_utf8_lossy(&done.stdout).trim_end().to_owned())
}

/// A port nobody uses now.
fn free_port() -> Result<u16, String> {
    let told = |e: std::io::Error| format!("no free port: {e}");
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(told)?;
    Ok(listener.local_addr().map_err(told)?.port())
}
