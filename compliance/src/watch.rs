//! An upsmon of either maker in a case's own folder, and what it does to the machine.
//!
//! Nothing leaves the folder: `wall`, NOTIFYCMD and SHUTDOWNCMD are scripts that append one line
//! each to the file `story`, and the log goes to a file. Knows how to compare these with what a
//! case expects; what the servers say is left to `house` and `scripted_upsd`.

use std::env;
use std::fs::{self, Permissions};
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use crate::house::current_user;
use crate::maker::Maker;
use crate::place::Place;
use crate::program::{Daemon, Outcome, run, signal, wait_until};
use crate::script::lines_of;
use crate::scripted_upsd::ScriptedUpsd;
use crate::upsmon_conf::Conf;

/// Beginnings of lines that depend on where the cases run: what NUT says about the machine's sleep,
/// as there is no bus in a case's folder, and to a user who is not root.
const ABOUT_THE_HOST: [&str; 2] = ["upsmon: ", "Not root, shutdown may fail"];

/// Long enough for a round of polls to be over, short enough for the next one not to begin.
pub const BETWEEN_POLLS: Duration = Duration::from_millis(100);

/// An upsmon before it is started.
pub struct Watch {
    maker: Maker,
    place: Place,
    server: Ipv4Addr,
    conf: Conf,
    args: Vec<String>,
    env: Vec<(String, String)>,
}

/// A running upsmon; it ends with the value.
pub struct Watching {
    maker: Maker,
    /// The process and its log.
    pub daemon: Daemon,
    server: Ipv4Addr,
    conf: Conf,
    notices_read: usize,
    log_read: usize,
    /// Its folder, where `story`, `killpower` and the log are.
    pub place: Place,
}

impl Default for Watch {
    fn default() -> Self {
        Watch::new()
    }
}

impl Watch {
    /// The upsmon under test in one process in the foreground, with [`Conf::usual`].
    pub fn new() -> Watch {
        Watch::of(Maker::under_test())
    }

    /// The same of either maker.
    pub fn of(maker: Maker) -> Watch {
        let place = Place::new();
        let args = ["-F", "-p"].map(str::to_string).to_vec();
        let server = place.address();
        let watch = Watch { maker, place, server, conf: Conf::usual(), args, env: Vec::new() };
        watch.write_scripts();
        watch
    }

    /// A scripted server at `HOST`, whose requests other than readings stand in the story too.
    pub fn scripted(&self) -> ScriptedUpsd {
        ScriptedUpsd::with_story(self.server, Some(&self.place.file("story")))
    }

    /// Watches the server at another address: `HOST` stands for it.
    pub fn at(mut self, server: Ipv4Addr) -> Watch {
        self.server = server;
        self
    }

    /// Changes the configuration, as [`Conf::set`].
    pub fn set(self, text: &str) -> Watch {
        self.conf(|conf| conf.set(text))
    }

    /// Changes the configuration.
    pub fn conf(mut self, edit: impl FnOnce(Conf) -> Conf) -> Watch {
        self.conf = edit(self.conf);
        self
    }

    /// Other arguments than `-F -p`.
    pub fn args(mut self, args: &[&str]) -> Watch {
        self.args = args.iter().map(|arg| arg.to_string()).collect();
        self
    }

    /// Adds a variable to the program's environment.
    pub fn env(mut self, name: &str, value: &str) -> Watch {
        self.env.push((name.to_string(), value.to_string()));
        self
    }

    /// The folder before the start, to put files there.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Whose upsmon this is.
    pub fn maker(&self) -> Maker {
        self.maker
    }

    /// Starts it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(self) -> Watching {
        let command = self.command();
        self.start_as(command)
    }

    /// Starts it where host names are looked up by `source` (of nsswitch.conf) and `resolv_conf`;
    /// `None` where this machine lets nobody mount anything over its own files.
    pub fn start_with_names(self, source: &str, resolv_conf: &str) -> Option<Watching> {
        let [resolv, switch] = ["resolv.conf", "nsswitch.conf"].map(|name| self.place.file(name));
        fs::write(&resolv, resolv_conf).expect("a resolv.conf");
        fs::write(&switch, format!("hosts: {source}\n")).expect("an nsswitch.conf");
        let mount = "mount --bind resolv.conf /etc/resolv.conf && \
                     mount --bind nsswitch.conf /etc/nsswitch.conf && exec \"$@\"";
        let space = if current_user() == "root" { "-m" } else { "-Urm" };
        let inside = |inner: &Command| {
            let mut command = Command::new("unshare");
            command.args([space, "sh", "-c", mount, "sh"]).current_dir(self.place.root());
            command.arg(inner.get_program()).args(inner.get_args());
            command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
            command
        };
        let possible = inside(&Command::new("true")).output().is_ok_and(|o| o.status.success());
        let command = inside(&self.command());
        possible.then(|| self.start_as(command))
    }

    /// Starts it by a command of the case's own, made from [`Watch::command`].
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_as(self, mut command: Command) -> Watching {
        write_conf(&self.place, &self.conf, self.server);
        let out = self.place.file("upsmon.out");
        let daemon = Daemon::start_apart(&mut command, &out, self.place.file("upsmon.log"));
        let Watch { maker, place, server, conf, .. } = self;
        Watching { maker, daemon, server, conf, notices_read: 0, log_read: 0, place }
    }

    /// Runs it to its end, for starts that are refused.
    pub fn run(&self) -> Outcome {
        write_conf(&self.place, &self.conf, self.server);
        shown(run(&mut self.command(), ""), &self.place, self.server)
    }

    /// The program with its arguments in this folder's environment.
    pub fn command(&self) -> Command {
        let mut command = command(&self.place, self.maker);
        command.args(["-u", &current_user()]).args(&self.args);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    fn write_scripts(&self) {
        let flag = "$(cat PLACE/killpower 2>/dev/null || echo none)";
        self.script("down", &format!(r#"printf 'down flag=%s\n' "{flag}" >> PLACE/story"#));
        let notice = r#"printf 'notice %s [%s] %s\n' "$NOTIFYTYPE" "$UPSNAME" "$1" >> PLACE/story"#;
        self.script("notice", notice);
        self.script("wall", r#"printf 'wall %s\n' "$(cat)" >> PLACE/story"#);
    }

    /// Puts a shell script `bin/<name>` into this folder; `PLACE` stands for it.
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.place.file("bin").join(name);
        fs::create_dir_all(self.place.file("bin")).expect("a folder");
        let text = text.replace("PLACE", &self.place.root().display().to_string());
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a script");
        fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("mode");
        path
    }
}

impl Watching {
    /// Whose upsmon runs here.
    pub fn maker(&self) -> Maker {
        self.maker
    }

    /// Waits for the notices that NOTIFYCMD gets next, given as `TYPE [UPSNAME] text`, and
    /// compares them. Those about one UPS have an order, except where NUT runs its notifiers side
    /// by side, and on both sides when SHUTDOWN is among them, which waits for none of the others.
    /// There only the log has an order.
    ///
    /// # Panics
    /// When others come, or none.
    pub fn notices_are(&mut self, text: &str) -> &mut Self {
        let mut expected = self.expected(text);
        let start = self.notices_read;
        let arrived = || {
            let notices = self.notices();
            (notices.len() >= start + expected.len()).then_some(notices)
        };
        let notices = wait_until("notice", arrived);
        let notices = notices.unwrap_or_else(|why| self.fail(&why, &expected, &self.notices()));
        self.notices_read += expected.len();
        let mut got = notices[start..self.notices_read].to_vec();
        let hurry = expected.iter().any(|notice| notice.starts_with("SHUTDOWN "));
        for list in [&mut expected, &mut got] {
            match self.maker.differs("NUT's notices can overtake each other", true, hurry) {
                true => list.sort(),
                false => list.sort_by_key(|notice| about(notice)),
            }
        }
        if got != expected {
            self.fail("other notices", &expected, &got);
        }
        self
    }

    /// Waits for the log's next lines and compares them; a line that is written again and again
    /// counts once, and what depends on where the case runs does not count.
    ///
    /// # Panics
    /// When others come, or none.
    pub fn log_is(&mut self, text: &str) -> &mut Self {
        let expected = self.expected(text);
        let start = self.log_read;
        let arrived = || {
            let lines = self.log();
            (lines.len() >= start + expected.len()).then_some(lines)
        };
        let lines = wait_until("line in the log", arrived);
        let lines = lines.unwrap_or_else(|why| self.fail(&why, &expected, &self.log()));
        self.log_read += expected.len();
        if lines[start..self.log_read] != expected[..] {
            self.fail("another log", &expected, &lines[start..]);
        }
        self
    }

    /// Waits until the log has this text, then goes on reading after that line.
    ///
    /// # Panics
    /// When it does not come.
    pub fn log_has(&mut self, text: &str) -> &mut Self {
        let found = || self.log()[self.log_read..].iter().position(|line| line.contains(text));
        let at = wait_until(text, found);
        let at = at.unwrap_or_else(|why| self.fail(&why, &[text.into()], &self.log()));
        self.log_read += at + 1;
        self
    }

    /// Waits for the part of the story that these kinds of lines make (`wire`, `notice`, `wall`,
    /// `down`) and compares all of it.
    ///
    /// # Panics
    /// When the story is another one.
    pub fn story_is(&self, kinds: &[&str], text: &str) {
        let expected = self.expected(text);
        let told = || (self.story(kinds) == expected).then_some(());
        if let Err(why) = wait_until("story", told) {
            self.fail(&why, &expected, &self.story(kinds));
        }
    }

    fn notices(&self) -> Vec<String> {
        let lines = self.story(&["notice"]);
        lines.iter().map(|line| line.trim_start_matches("notice ").to_string()).collect()
    }

    /// The log so far, as [`Watching::log_is`] reads it.
    pub fn log(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let text = self.named(&self.daemon.log());
        // The last piece is a line that is still being written.
        let whole = text.rsplit_once('\n').map(|(whole, _)| whole).unwrap_or_default();
        let about_host = |line: &&str| ABOUT_THE_HOST.iter().any(|start| line.starts_with(start));
        for line in whole.lines().filter(|line| !about_host(line)) {
            if lines.last().is_none_or(|last| last != line) {
                lines.push(line.to_string());
            }
        }
        lines
    }

    /// The story's lines of these kinds, or all.
    pub fn story(&self, kinds: &[&str]) -> Vec<String> {
        let text = fs::read_to_string(self.place.file("story")).unwrap_or_default();
        let wanted = |line: &&str| {
            kinds.is_empty() || kinds.iter().any(|kind| line.split(' ').next() == Some(kind))
        };
        self.named(&text).lines().filter(wanted).map(str::to_string).collect()
    }

    /// What it printed on standard output so far.
    pub fn out(&self) -> String {
        self.named(&fs::read_to_string(self.place.file("upsmon.out")).unwrap_or_default())
    }

    /// Writes a changed configuration and asks for a reload.
    pub fn reload(&mut self, edit: impl FnOnce(Conf) -> Conf) -> &mut Self {
        self.rewrite(edit);
        self.signal("HUP");
        self
    }

    /// Writes a changed configuration.
    pub fn rewrite(&mut self, edit: impl FnOnce(Conf) -> Conf) {
        self.conf = edit(self.conf.clone());
        write_conf(&self.place, &self.conf, self.server);
    }

    /// Runs the program once more in the same folder with these arguments.
    pub fn also(&self, args: &[&str]) -> Outcome {
        let outcome = run(command(&self.place, self.maker).args(args), "");
        shown(outcome, &self.place, self.server)
    }

    /// Ends it in good order; then no notice may be left that the case has not read.
    ///
    /// # Panics
    /// When it does not end, or there were more notices.
    pub fn ends_quietly(mut self) {
        self.signal("TERM");
        self.daemon.wait_end();
        let notices = self.notices();
        if notices.len() != self.notices_read {
            self.fail("more notices", &[], &notices[self.notices_read..]);
        }
    }

    /// Between two rounds of polls, as far as that can be: NUT takes a signal that finds it reading
    /// an answer for a lost connection.
    fn signal(&self, name: &str) {
        sleep(BETWEEN_POLLS);
        self.daemon.signal(name);
    }

    fn expected(&self, text: &str) -> Vec<String> {
        lines_of(text, self.maker).into_iter().map(str::to_string).collect()
    }

    fn named(&self, text: &str) -> String {
        let place = self.place.root().display().to_string();
        text.replace(&self.server.to_string(), "HOST").replace(&place, "PLACE")
    }

    fn fail(&self, what: &str, expected: &[String], got: &[String]) -> ! {
        let (expected, got, log) = (expected.join("\n"), got.join("\n"), self.daemon.log());
        panic!("{what}; expected:\n{expected}\n\ngot:\n{got}\n\nlog:\n{log}")
    }
}

impl Drop for Watching {
    /// Its second process, one in the background, and notifiers all live in its folder. A root
    /// process may start its monitor again, so all go until none is left.
    fn drop(&mut self) {
        for _ in 0..10 {
            let living = living_in(self.place.root());
            if living.is_empty() {
                return;
            }
            living.iter().for_each(|pid| signal(*pid, "KILL"));
        }
    }
}

/// The processes whose current folder this is; those that have ended have none.
fn living_in(folder: &Path) -> Vec<u32> {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let here = |entry: &fs::DirEntry| {
        fs::read_link(entry.path().join("cwd")).is_ok_and(|current| current == folder)
    };
    let living = entries.filter(here);
    living.filter_map(|entry| entry.file_name().to_string_lossy().parse().ok()).collect()
}

/// The UPS that a notice is about, in its brackets.
fn about(notice: &str) -> String {
    notice.split(' ').nth(1).unwrap_or_default().to_string()
}

/// The program in the environment of a place: its own `wall` first, no bus, the log on stderr.
fn command(place: &Place, maker: Maker) -> Command {
    let path = env::var_os("PATH").expect("PATH");
    let path = env::join_paths([place.file("bin")].into_iter().chain(env::split_paths(&path)));
    let mut command = place.command(maker, "upsmon");
    command.env("PATH", path.expect("a path")).env("NUT_DEBUG_SYSLOG", "stderr");
    command.env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent");
    command
}

fn write_conf(place: &Place, conf: &Conf, server: Ipv4Addr) {
    place.write("upsmon.conf", &conf.text(server, place.root()));
}

fn shown(outcome: Outcome, place: &Place, server: Ipv4Addr) -> Outcome {
    outcome.with(&server.to_string(), "HOST").with(&place.root().display().to_string(), "PLACE")
}
