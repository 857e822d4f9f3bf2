//! Clients that others wrote, installed from PyPI and npm into the target folder and run as cases.
//!
//! Knows their names and versions, and says plainly which half is left out where a registry or an
//! interpreter is missing.

use super::{Folders, Part, cases, counted};
use crate::repo;
use std::path::{Path, PathBuf};
use std::process::Command;

/// From PyPI: NUT's own module, the one older programs use, and Home Assistant's.
const PYTHON: [&str; 3] = ["PyNUTClient==2.8.5", "nut2==2.1.1", "aionut==4.3.4"];

/// From npm: the client of ioBroker and others.
const NODE: [&str; 1] = ["node-nut@1.0.3"];

/// Installs what can be had and runs it on each side.
pub(super) fn run(folders: &Folders, sides: &[&str]) -> Vec<Part> {
    let home = folders.target.join("compliance-clients");
    let halves = [("python_", python(&home)), ("node_", node(&home))];
    let mut parts = Vec::new();
    for (names, installed) in halves {
        match installed {
            Ok(()) => parts.extend(sides.iter().map(|side| one(folders, &home, side, names))),
            Err(why) => {
                parts.push((format!("clients {names}*"), Ok(format!("SKIPPED: {why}"))));
            }
        }
    }
    parts
}

fn one(folders: &Folders, home: &Path, side: &str, names: &str) -> Part {
    let mut command = cases(folders, side, "clients");
    command.env("COMPLIANCE_CLIENTS", home).args(["--", names]);
    (format!("clients {names}* on {side}"), counted(&mut command))
}

fn python(home: &Path) -> Result<(), String> {
    let place = home.join("python");
    if place.join("aionut").exists() {
        return Ok(());
    }
    needs(&["python3"])?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--upgrade", "--target"]).arg(&place).args(PYTHON);
    repo::run(&mut pip).map_err(|why| format!("PyPI did not give the clients ({why})"))
}

fn node(home: &Path) -> Result<(), String> {
    let place: PathBuf = home.join("node_modules/node-nut");
    if place.exists() {
        return Ok(());
    }
    needs(&["node", "npm"])?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(home).args(NODE);
    repo::run(&mut npm).map_err(|why| format!("npm did not give the clients ({why})"))
}

fn needs(programs: &[&str]) -> Result<(), String> {
    match programs.iter().find(|program| !repo::has(program)) {
        None => Ok(()),
        Some(missing) => Err(format!("there is no {missing}")),
    }
}
