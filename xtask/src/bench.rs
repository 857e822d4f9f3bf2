//! `bench`: LIST VAR on NUT's upsd, on ours and on a server that parses nothing, in one run.
//!
//! Builds everything as it is installed and raises the limit of open files; the measuring itself is
//! a program of the workspace `compliance/`. Prints numbers and ratios and judges nothing.

use crate::compliance::{Folders, Profile, compliance_cargo};
use crate::{Outcome, Verb, repo};
use std::process::Command;

pub(crate) const VERB: Verb = Verb {
    name: "bench",
    about: "Measure LIST VAR beside NUT's upsd and a server that parses nothing",
    args: Vec::new,
    run: |_| bench(),
};

/// 8,000 connections have two ends, one of them in the measuring program.
const OPEN_FILES: u32 = 20_000;

fn bench() -> Outcome {
    let folders = Folders::prepare(Profile::Release)?;
    repo::run(compliance_cargo(&folders.target, "build").args(["--release", "--bins"]))?;
    let program = folders.target.join("compliance/release/bench");
    let raise = format!("ulimit -n {OPEN_FILES} && exec \"$0\"");
    let mut command = Command::new("sh");
    command.arg("-c").arg(raise).arg(program).current_dir(repo::root());
    command.env("COMPLIANCE_STOCK", &folders.stock).env("COMPLIANCE_OURS", &folders.ours);
    repo::run(&mut command)
}
