//! `soak`: upsmon with two hundred UPSes while servers, drivers and notify commands fail.
//!
//! Builds everything as it is installed; the soaking itself is a program of the workspace
//! `compliance/`, which also judges. NUT's own upsmon goes through the same for comparison.

use crate::compliance::{Folders, Profile, compliance_cargo};
use crate::{Outcome, Verb, repo};
use clap::{Arg, ArgMatches};
use std::process::Command;

pub(crate) const VERB: Verb = Verb {
    name: "soak",
    about: "Watch 200 UPSes with upsmon while everything around it fails; beside NUT's upsmon",
    args: || {
        let seconds = Arg::new("seconds").long("seconds").value_name("N").default_value("60");
        vec![seconds.help("How long the faults go on").value_parser(clap::value_parser!(u32))]
    },
    run: soak,
};

/// Connections have two ends, and drivers are threads of the soaking program.
const OPEN_FILES: u32 = 4_096;

fn soak(matches: &ArgMatches) -> Outcome {
    let folders = Folders::prepare(Profile::Release)?;
    repo::run(compliance_cargo(&folders.target, "build").args(["--release", "--bins"]))?;
    let program = folders.target.join("compliance/release/soak");
    let seconds = matches.get_one::<u32>("seconds").copied().unwrap_or(60);
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -n {OPEN_FILES} && exec \"$0\" \"$1\"")).arg(program);
    command.arg(seconds.to_string()).current_dir(repo::root());
    command.env("COMPLIANCE_STOCK", &folders.stock).env("COMPLIANCE_OURS", &folders.ours);
    repo::run(&mut command)
}
