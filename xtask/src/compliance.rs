//! `compliance`: the cases of `compliance/` on NUT's own programs and on ours.
//!
//! Builds ours, gets NUT's from Debian's archive, and runs the suite once for each. On demand also
//! clients written by others and NUT's own integration script. Knows the order of these steps;
//! what is expected stands in the cases.

mod clients;
mod nit;

use crate::{Outcome, Verb, repo};
use clap::{Arg, ArgAction, ArgMatches};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) const VERB: Verb = Verb {
    name: "compliance",
    about: "Run one set of cases on NUT's own programs (from Debian's archive) and on ours",
    args,
    run,
};

/// Packages whose programs take part.
const PACKAGES: [&str; 6] =
    ["upsd", "upsmon", "upsc", "upsdrv-dummy", "upsdrv-usbhid", "upsdrvctl"];

/// Cases run at once: most of them wait, so more than there are processors.
const THREADS: &str = "6";

/// What one part of the run ended with: its counts, or why it failed.
type Part = (String, Result<String, String>);

fn args() -> Vec<Arg> {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    vec![
        Arg::new("only")
            .long("only")
            .value_parser(["stock", "ours"])
            .help("Run the cases on one side only"),
        flag("clients", "Also run clients written by others, from PyPI and npm"),
        flag("nit", "Also run NUT's own integration script on our programs"),
        Arg::new("nit-source")
            .long("nit-source")
            .value_name("DIR")
            .help("A source tree of NUT 2.8.5 for --nit, where Debian's archive has none"),
        Arg::new("case").value_name("NAME").help("Only the cases with this in their name"),
    ]
}

fn run(matches: &ArgMatches) -> Outcome {
    let folders = Folders::prepare(Profile::Dev)?;
    let mut parts = Vec::new();
    for side in sides(matches) {
        parts.push((format!("suite on {side}"), suite(&folders, side, matches)));
    }
    if matches.get_flag("clients") {
        parts.extend(clients::run(&folders, &sides(matches)));
    }
    if matches.get_flag("nit") {
        let source = matches.get_one::<String>("nit-source").map(PathBuf::from);
        parts.push(("NUT's integration script on ours".into(), nit::run(&folders, source)));
    }
    report(&parts)
}

fn sides(matches: &ArgMatches) -> Vec<&str> {
    match matches.get_one::<String>("only") {
        Some(side) => vec![side],
        None => vec!["stock", "ours"],
    }
}

/// How our programs are compiled.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    /// As in everyday work.
    Dev,
    /// As they are installed.
    Release,
}

/// Where the programs of both sides lie.
pub(crate) struct Folders {
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
    /// NUT's programs, each a wrapper around its own loader.
    pub(crate) stock: PathBuf,
    /// Our programs.
    pub(crate) ours: PathBuf,
}

impl Folders {
    /// Builds ours and fetches NUT's.
    pub(crate) fn prepare(profile: Profile) -> Result<Folders, String> {
        let target = repo::target();
        let (name, flags): (_, &[&str]) = match profile {
            Profile::Dev => ("debug", &[]),
            Profile::Release => ("release", &["--release"]),
        };
        let packages = PACKAGES.iter().flat_map(|p| ["--package", p]);
        repo::run(repo::cargo().args(["build", "--bins"]).args(packages).args(flags))?;
        let stock = fetch(&target, &[])?;
        Ok(Folders { ours: target.join(name), stock, target })
    }
}

/// Runs `fetch-stock` and returns the folder that it names.
fn fetch(target: &Path, args: &[&str]) -> Result<PathBuf, String> {
    let mut command = compliance_cargo(target, "run");
    command.args(["--quiet", "--bin", "fetch-stock", "--"]).args(args);
    println!("$ {}", repo::show(&command));
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|e| format!("cannot run fetch-stock: {e}"))?;
    if !output.status.success() {
        return Err("stock NUT is not to be had (the reason stands above)".into());
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// Cargo on the workspace of the cases, which keeps its own build beside ours.
pub(crate) fn compliance_cargo(target: &Path, verb: &str) -> Command {
    let mut command = repo::cargo();
    command.arg(verb).arg("--manifest-path").arg(repo::root().join("compliance/Cargo.toml"));
    command.env("CARGO_TARGET_DIR", target.join("compliance"));
    command
}

fn suite(folders: &Folders, side: &str, matches: &ArgMatches) -> Result<String, String> {
    let mut command = cases(folders, side, "suite");
    command.args(["--", "--test-threads", THREADS]);
    command.args(matches.get_one::<String>("case"));
    counted(&mut command)
}

/// `cargo test` of one set of cases on one side.
fn cases(folders: &Folders, side: &str, test: &str) -> Command {
    let mut command = compliance_cargo(&folders.target, "test");
    command.args(["--test", test]).env("COMPLIANCE", side);
    command.env("COMPLIANCE_STOCK", &folders.stock).env("COMPLIANCE_OURS", &folders.ours);
    command
}

/// Runs tests, shows what they print, and returns their closing line.
fn counted(command: &mut Command) -> Result<String, String> {
    println!("$ {}", repo::show(command));
    let child = command.stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(|e| format!("cannot run cargo: {e}"))?;
    let mut counts = String::from("no test ran");
    let output = child.stdout.take().ok_or("no output")?;
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        println!("{line}");
        if let Some(result) = line.strip_prefix("test result: ") {
            counts = result.to_owned();
        }
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(counts),
        Ok(_) => Err(counts),
        Err(e) => Err(format!("cargo: {e}")),
    }
}

fn report(parts: &[Part]) -> Outcome {
    println!();
    for (name, result) in parts {
        let (Ok(text) | Err(text)) = result;
        println!("{name}: {text}");
    }
    let failed = parts.iter().filter(|(_, result)| result.is_err()).count();
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of {} parts failed", parts.len())) }
}
