//! NUT's own integration script (`tests/NIT/nit.sh` of its sources), pointed at our programs.
//!
//! The script looks for programs as a build of NUT lays them out, so that layout is imitated in
//! the target folder. Programs that we do not have yet are NUT's own, and are named. Nothing of
//! NUT's sources is kept in the repository.

use super::{Folders, fetch};
use crate::repo;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Each program and the folder of a build of NUT that holds it.
const LAYOUT: [(&str, &str); 9] = [
    ("server", "upsd"),
    ("drivers", "dummy-ups"),
    ("drivers", "upsdrvctl"),
    ("clients", "upsc"),
    ("clients", "upscmd"),
    ("clients", "upsrw"),
    ("clients", "upslog"),
    ("clients", "upsmon"),
    ("clients", "upssched"),
];

/// Daemons that would change to a user which need not exist here.
const DAEMONS: [&str; 4] = ["upsd", "dummy-ups", "upslog", "upsmon"];

/// The script waits in many places; past this it hangs.
const SECONDS: &str = "400";

/// Runs the script and returns its verdict.
pub(super) fn run(folders: &Folders, source: Option<PathBuf>) -> Result<String, String> {
    let source = source.map_or_else(|| fetch(&folders.target, &["--source"]), Ok);
    let source = source.map_err(|_| "no sources of NUT in the archive; name some: --nit-source")?;
    let script = source.join("tests/NIT/nit.sh");
    if !script.exists() {
        return Err(format!("{} is missing", script.display()));
    }
    let build = folders.target.join("nit");
    let borrowed = lay_out(folders, &build)?;
    let log = build.join("nit.log");
    let file = File::create(&log).map_err(|e| format!("{}: {e}", log.display()))?;
    let copy = file.try_clone().map_err(|e| e.to_string())?;
    let mut command = command(&script, &build);
    println!("$ {} > {}", repo::show(&command), log.display());
    command.stdin(Stdio::null()).stdout(file).stderr(copy);
    let status = command.status().map_err(|e| format!("cannot run the script: {e}"))?;
    let verdict = format!("{} (NUT's own: {})", overall(&log), borrowed.join(", "));
    if status.success() { Ok(verdict) } else { Err(format!("{verdict}; see {}", log.display())) }
}

fn command(script: &Path, build: &Path) -> Command {
    let here = build.join("tests/NIT");
    let user = repo::user();
    let mut command = Command::new("timeout");
    command.args([SECONDS, "sh"]).arg(script).current_dir(&here);
    command.env("abs_top_builddir", build).env("abs_builddir", &here);
    command.env("BUILTIN_RUN_AS_USER", &user).env("BUILTIN_RUN_AS_GROUP", &user);
    command.env("WITH_SSL_TESTS", "no").env("NUT_IGNORE_CHECKPROCNAME", "1");
    command
}

/// Makes the folders of a build; returns the programs that had to be NUT's.
fn lay_out(folders: &Folders, build: &Path) -> Result<Vec<&'static str>, String> {
    let _ = fs::remove_dir_all(build);
    fs::create_dir_all(build.join("tests/NIT")).map_err(|e| e.to_string())?;
    let mut borrowed = Vec::new();
    for (folder, name) in LAYOUT {
        let ours = folders.ours.join(name);
        let program = if ours.exists() { ours } else { folders.stock.join(name) };
        if program.starts_with(&folders.stock) {
            borrowed.push(name);
        }
        place(&program, &build.join(folder), name)?;
    }
    Ok(borrowed)
}

/// A script that starts the program, a daemon as the user who runs the chore.
fn place(program: &Path, folder: &Path, name: &str) -> Result<(), String> {
    let user =
        if DAEMONS.contains(&name) { format!("-u {} ", repo::user()) } else { String::new() };
    let text = format!("#!/bin/sh\nexec {} {user}\"$@\"\n", program.display());
    let path = folder.join(name);
    let written = fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, text))
        .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o755)));
    written.map_err(|e| format!("{}: {e}", path.display()))
}

/// The script's closing words.
fn overall(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let line = text.lines().rev().find_map(|line| line.split_once("OVERALL: "));
    line.map_or_else(|| "no verdict".to_owned(), |(_, counts)| counts.to_owned())
}
