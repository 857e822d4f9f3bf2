//! A machine made of folders: everything installed below a root, with paths in scripts and units
//! changed to it, programs that only write down how they were called, and a stub of systemctl.
//!
//! The stub keeps a service's state as a word in `state/`, and the links that enabling makes.

use crate::layout::{self, Content};
use crate::{install, repo};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Notes its call; upsmon and upsdrvctl answer what scripts ask for.
const PROGRAM: &str = r#"#!/bin/sh
name=$(basename "$0")
echo "$name${*:+ }$*" >>"ROOT/calls"
case "$name $*" in
  "upsmon -K") [ -e "ROOT/flag" ] ;;
  "upsdrvctl list") sed -n 's/^\[\(.*\)\]$/\1/p' "ROOT/etc/nut/ups.conf" ;;
  "upsdrvctl status"*) cat "ROOT/status" ;;
  "upsdrvctl -c reload-or-error"*) [ ! -e "ROOT/no-reload" ] ;;
  *) [ ! -e "ROOT/fail-$name" ] ;;
esac
"#;

const SYSTEMCTL: &str = r#"#!/bin/sh
for unit; do :; done
links=ROOT/etc/systemd/system/nut-driver.target.wants
state=$(cat "ROOT/state/$unit" 2>/dev/null || echo dead)
case $* in
  *is-active* | *is-enabled* | list-units*) ;;
  *) echo "systemctl $*" >>ROOT/calls ;;
esac
case " $* " in
  *" enable "*) mkdir -p "$links"; ln -s "ROOT/unit" "$links/$unit" ;;
  *" disable "*) rm -f "$links/$unit" ;;
  *" is-enabled "*) if [ -L "$links/$unit" ]; then echo enabled; else echo disabled; exit 1; fi ;;
  *" --quiet is-active "*) [ "$state" = running ] ;;
  *" is-active "*) if [ "$state" = running ]; then echo active; else echo inactive; exit 3; fi ;;
  *" list-units "*) cd ROOT/state && grep -lxE 'failed|auto-restart' nut-driver@*.service | sed 's/$/ loaded/' ;;
esac
"#;

/// As far as names without blanks and slashes go.
const ESCAPE: &str = "#!/bin/sh\nfor name; do :; done\necho \"$name\"\n";
const SLEEP: &str =
    "#!/bin/sh\necho \"sleep $*\" >>ROOT/calls\ncase $1 in [0-9]*) ;; *) exit 1 ;; esac\n";

const TOOLS: [&str; 15] = [
    "awk", "basename", "cat", "cut", "date", "grep", "head", "ln", "mkdir", "rm", "sed", "sh",
    "tail", "timeout", "tr",
];

/// How a program ended.
pub(super) struct Ran {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

pub(super) struct Machine {
    root: PathBuf,
}

impl Machine {
    /// With `name` in its folder's, for tests that run at the same time.
    pub(super) fn new(name: &str) -> Machine {
        let folder = format!("walnut-services-{name}-{}", std::process::id());
        let machine = Machine { root: std::env::temp_dir().join(folder) };
        let made = machine.root.with_extension("made");
        machine.make(&made);
        // By another process: one that a test starts meanwhile must not inherit a handle on a script
        // that is being written, for then nobody can run it.
        let copied = Command::new("cp").arg("-a").args([&made, &machine.root]).status().unwrap();
        assert!(copied.success());
        fs::remove_dir_all(&made).unwrap();
        machine
    }

    fn make(&self, made: &Path) {
        let programs = made.join("programs");
        for item in layout::items() {
            if let Content::Program(name) = item.content {
                self.script(&programs.join(name), PROGRAM);
            }
        }
        install::below(made, &programs).unwrap();
        for item in layout::items() {
            if matches!(item.content, Content::File(file) if file.starts_with("systemd/")) {
                self.move_here(&made.join(item.path));
            }
        }
        for (name, text) in [("systemctl", SYSTEMCTL), ("systemd-escape", ESCAPE), ("sleep", SLEEP)]
        {
            self.script(&made.join("stubs").join(name), text);
        }
        self.link_tools(&made.join("tools"));
    }

    /// What scripts may call besides. This machine's own systemctl is out of reach.
    fn link_tools(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for tool in TOOLS {
            let places = ["/usr/bin", "/bin"].map(|place| Path::new(place).join(tool));
            let found = places.iter().find(|path| path.exists());
            symlink(found.unwrap_or_else(|| panic!("no {tool}")), folder.join(tool)).unwrap();
        }
    }

    fn move_here(&self, path: &Path) {
        let mut text = repo::read(path).unwrap();
        for folder in ["/usr/libexec/", "/sbin/", "/etc/"] {
            text = text.replace(folder, &self.path(folder).display().to_string());
        }
        fs::write(path, text).unwrap();
    }

    fn script(&self, path: &Path, text: &str) {
        repo::write(path, &text.replace("ROOT", &self.root.display().to_string())).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }

    /// Where this absolute path is.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Writes a file, or takes it away.
    pub(super) fn file(&self, path: &str, text: Option<&str>) {
        match text {
            Some(text) => repo::write(&self.path(path), text).unwrap(),
            None => drop(fs::remove_file(self.path(path))),
        }
    }

    pub(super) fn run(&self, path: &str, args: &[&str]) -> Ran {
        self.run_with(path, args, &[])
    }

    pub(super) fn run_with(&self, path: &str, args: &[&str], env: &[(&str, &str)]) -> Ran {
        let folders = format!("{0}/stubs:{0}/sbin:{0}/tools", self.root.display());
        let mut command = Command::new(self.path(path));
        command.args(args).env_clear().env("PATH", folders).envs(env.iter().copied());
        let output = command.output().unwrap();
        Ran {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What programs were called since the last time this was asked, the machine's root left out.
    pub(super) fn calls(&self) -> Vec<String> {
        let text = repo::read(&self.path("calls")).unwrap_or_default();
        self.file("calls", None);
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}
