//! Checks what this host has to have: users, commands, folders, and rights in all of them.
//!
//! Where root looks, upsmon is taken to be started by root: then root runs the shutdown command and
//! writes the flag, and the user of the monitor does the rest.

use super::advice::kinds;
use super::command::{First, first};
use super::report::Finding;
use crate::flag::{self, Found};
use crate::settings::Settings;
use nut_daemon::errno::errno_text;
use nut_daemon::files::{Person, Want, everybody_may, may};
use nut_daemon::{paths, privileges};
use std::env;
use std::io;
use std::path::{Path, PathBuf};

/// Where programs are looked for where PATH does not say.
const DEFAULT_PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// Checks this host for settings that were read from this file. `user` is the command line's.
pub fn check(settings: &Settings, conf: &Path, user: Option<&str>) -> Vec<Finding> {
    let (who, mut findings) = Who::watches(settings, user);
    findings.extend(config_file(conf, &who));
    findings.push(shutdown_cmd(settings));
    findings.push(power_down_flag(settings));
    findings.extend(notify_cmd(settings, &who));
    findings.extend(wall(settings, &who));
    findings.push(record(&who));
    findings
}

/// Who watches.
enum Who {
    /// The user of this process.
    Myself,
    /// Another one, and its name.
    Other(Person, String),
}

impl Who {
    fn watches(settings: &Settings, user: Option<&str>) -> (Who, Vec<Finding>) {
        if !privileges::is_root() {
            let text = "not looked at by root: taken for started by this user, which can rarely shut \
                        a machine down";
            let finding = Finding::doubtful("user", text, "run upsmon -t as root");
            return (Who::Myself, vec![finding]);
        }
        let name = settings.run_as_user.as_deref().or(user).unwrap_or(paths::RUN_AS_USER);
        match privileges::lookup(name) {
            Some(account) => {
                let text = format!("{name} watches, root shuts down");
                let who = Who::Other(Person::of(&account), name.to_owned());
                (who, vec![Finding::good("user", text)])
            }
            None => {
                let cure = "make the user, or set RUN_AS_USER to one that exists";
                let finding = Finding::bad("user", format!("there is no user {name}"), cure);
                (Who::Myself, vec![finding])
            }
        }
    }

    fn name(&self) -> &str {
        match self {
            Who::Myself if privileges::is_root() => "root",
            Who::Myself => "this user",
            Who::Other(_, name) => name,
        }
    }

    fn may(&self, path: &Path, want: Want) -> io::Result<()> {
        match self {
            Who::Myself => may(path, want),
            Who::Other(person, _) => match person.may(path, want)? {
                true => Ok(()),
                false => Err(io::ErrorKind::PermissionDenied.into()),
            },
        }
    }
}

/// It holds passwords, and is read anew at each reload.
fn config_file(conf: &Path, who: &Who) -> Vec<Finding> {
    let about = "upsmon.conf";
    let name = conf.display();
    let mut findings = Vec::new();
    if everybody_may(conf, &[Want::Read]) {
        let text = format!("{name} can be read by everybody, and holds passwords");
        findings.push(Finding::doubtful(about, text, format!("chmod 640 {name}")));
    }
    if let Err(e) = who.may(conf, Want::Read) {
        let text = format!("{} may not read {name}: {}", who.name(), errno_text(&e));
        let cure = format!("a reload will fail; as in: chgrp {} {name}", paths::RUN_AS_GROUP);
        findings.push(Finding::doubtful(about, text, cure));
    }
    findings
}

fn shutdown_cmd(settings: &Settings) -> Finding {
    let about = "SHUTDOWNCMD";
    match &settings.shutdown_cmd {
        None if settings.min_supplies == 0 => Finding::good(about, "not set, and not needed"),
        None => Finding::bad(about, "not set", "as in: SHUTDOWNCMD \"/sbin/shutdown -h +0\""),
        Some(text) => command(about, text, &Who::Myself),
    }
}

/// Whether the first word of a command leads to a program.
fn command(about: &str, text: &str, who: &Who) -> Finding {
    let name = match first(text) {
        First::Program(name) => name,
        First::Shell(word) => {
            return Finding::good(
                about,
                format!("{text} (the shell's own {word}: not looked into)"),
            );
        }
        First::Unclear => {
            let cure = "only a shell can tell what this runs: try it out";
            return Finding::doubtful(about, text, cure);
        }
        First::Nothing => return Finding::bad(about, "empty", "name a command"),
    };
    match find(&name, who) {
        Ok(path) if path.to_string_lossy() == name => Finding::good(about, text),
        Ok(path) => Finding::good(about, format!("{text} (found as {})", path.display())),
        Err(why) => {
            let whole = if text == name { String::new() } else { format!("{text}: ") };
            let cure = "name a program that can be run";
            Finding::bad(about, format!("{whole}{name}: {why}"), cure)
        }
    }
}

/// Where a program is, by its path or by PATH; or why it cannot be run.
fn find(name: &str, who: &Who) -> Result<PathBuf, String> {
    let runs = |path: &Path| match who.may(path, Want::Run) {
        Ok(()) if path.is_file() => Ok(()),
        Ok(()) => Err("not a program".to_owned()),
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            Err(format!("{} may not run it", who.name()))
        }
        Err(e) => Err(errno_text(&e)),
    };
    if name.contains('/') {
        return runs(Path::new(name)).map(|()| name.into());
    }
    let folders = env::var_os("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
    let mut paths = env::split_paths(&folders).map(|folder| folder.join(name));
    paths.find(|path| runs(path).is_ok()).ok_or_else(|| "in no folder of PATH".to_owned())
}

/// Root writes it where root looks, and else the user who looks.
fn power_down_flag(settings: &Settings) -> Finding {
    let about = "POWERDOWNFLAG";
    let Some(name) = &settings.power_down_flag else {
        let text =
            "not set: the UPS is not told to cut the power, and a host that went down stays down";
        return match settings.is_primary() {
            true => Finding::doubtful(about, text, "as in: POWERDOWNFLAG /etc/killpower"),
            false => Finding::good(about, "not set; a secondary needs none"),
        };
    };
    let path = Path::new(name);
    match flag::look(path) {
        Found::Foreign => {
            Finding::bad(about, format!("{name} is a file of somebody else"), "name another")
        }
        Found::Silent(_) => {
            let text = format!("{name} is empty, or cannot be read");
            Finding::bad(about, text, "remove it, or name another")
        }
        Found::Ours => {
            let text = format!("{name} is set: a shutdown was under way");
            Finding::doubtful(about, text, "the start of upsmon takes it away")
        }
        Found::Nothing => flag_folder(about, path),
    }
}

fn flag_folder(about: &str, path: &Path) -> Finding {
    let folder = path.parent().unwrap_or(Path::new("/"));
    match may(folder, Want::Write) {
        Ok(()) if folder.is_dir() => {
            Finding::good(about, format!("{} can be written", path.display()))
        }
        Ok(()) => Finding::bad(about, format!("{} is no folder", folder.display()), "name another"),
        Err(e) => {
            let text =
                format!("nothing can be written in {}: {}", folder.display(), errno_text(&e));
            Finding::bad(about, text, "name a file in a folder that is there until the very end")
        }
    }
}

fn notify_cmd(settings: &Settings, who: &Who) -> Option<Finding> {
    let text = settings.notify_cmd.as_ref()?;
    let used = !kinds(settings, |flags| flags.exec).is_empty();
    used.then(|| command("NOTIFYCMD", text, who))
}

fn wall(settings: &Settings, who: &Who) -> Option<Finding> {
    let used = !kinds(settings, |flags| flags.wall).is_empty();
    used.then(|| match find("wall", who) {
        Ok(path) => Finding::good("WALL", path.display().to_string()),
        Err(why) => {
            let cure = "install wall, or take WALL out of the NOTIFYFLAG lines";
            Finding::doubtful("WALL", format!("wall: {why}"), cure)
        }
    })
}

fn record(who: &Who) -> Finding {
    let folder = paths::persist_dir();
    let name = folder.display();
    match who.may(&folder, Want::Write) {
        Ok(()) => Finding::good("--why", format!("{name} keeps the record")),
        Err(e) => Finding::doubtful(
            "--why",
            format!("{} cannot keep the record in {name}: {}", who.name(), errno_text(&e)),
            format!("as in: install -d -g {} -m 770 {name}", paths::RUN_AS_GROUP),
        ),
    }
}
