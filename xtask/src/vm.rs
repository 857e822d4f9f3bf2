//! `vm`: the acceptance cases with a virtual USB UPS in a real kernel.
//!
//! Builds what the guest runs and hands over to `vm/run.py`, which fetches a stock Debian kernel
//! and QEMU where they are missing, boots, and reports each check. Knows which programs take part;
//! leaves the bed and the cases to the folder `vm/`.

use crate::{Outcome, Verb, repo};
use clap::{Arg, ArgAction, ArgMatches};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const VERB: Verb = Verb {
    name: "vm",
    about: "Boot a stock kernel in QEMU with a virtual USB UPS and run the acceptance cases",
    args,
    run,
};

/// Packages whose programs go into the guest.
const PACKAGES: [&str; 4] = ["upsdrv-usbhid", "upsd", "upsc", "upsdrvctl"];

fn args() -> Vec<Arg> {
    vec![
        Arg::new("nut")
            .long("nut")
            .value_parser(["ours", "stock"])
            .default_value("ours")
            .help("Whose programs: this project's, or NUT 2.8.5 from Debian's archive"),
        Arg::new("case")
            .long("case")
            .value_name("NAME")
            .help("Only the cases with this in their name"),
        Arg::new("release")
            .long("release")
            .action(ArgAction::SetTrue)
            .help("Build our programs optimised"),
        Arg::new("compare")
            .long("compare")
            .value_name("NAME")
            .num_args(0..)
            .conflicts_with_all(["nut", "case", "cost"])
            .help("NUT's usbhid-ups beside ours on every device, or on those with NAME in their name"),
        Arg::new("cost")
            .long("cost")
            .value_name("SECONDS")
            .num_args(0..=1)
            .default_missing_value("180")
            .value_parser(clap::value_parser!(u32).range(10..))
            .conflicts_with_all(["nut", "case"])
            .help("What polling for so long and a report cost, beside NUT's usbhid-ups; builds optimised"),
        Arg::new("tutorial")
            .long("tutorial")
            .value_name("PART")
            .num_args(0..)
            .conflicts_with_all(["nut", "case", "compare", "cost", "release"])
            .help("Our packages in a Debian guest: tutorial (default), upgrade, autopkgtest"),
        Arg::new("debs")
            .long("debs")
            .value_name("DIR")
            .requires("tutorial")
            .help("Take the packages from DIR instead of building them with `dist`"),
    ]
}

fn run(matches: &ArgMatches) -> Outcome {
    if !repo::has("python3") {
        return Err("the bed is written in Python: install python3".into());
    }
    let me = std::env::current_exe().map_err(|e| format!("where am I: {e}"))?;
    let target = repo::target();
    if matches.contains_id("tutorial") {
        return walk(matches, &me, &target);
    }
    let mut bed = python("vm/run.py", &target);
    if matches.get_one::<String>("nut").is_some_and(|n| n == "stock") {
        bed.args(["--nut", "stock"]);
    } else {
        add_ours(&mut bed, &target, matches.get_flag("release") || matches.contains_id("cost"))?;
        bed.arg("--xtask").arg(&me);
    }
    beside_nut(&mut bed, matches);
    if let Some(name) = matches.get_one::<String>("case") {
        bed.args(["--case", name]);
    }
    repo::run(&mut bed)
}

/// A program of the bed, told where to keep what it downloads and builds.
fn python(program: &str, target: &Path) -> Command {
    let mut python = Command::new("python3");
    python.env("PYTHONDONTWRITEBYTECODE", "1").arg(repo::root().join(program));
    python.arg("--cache").arg(target.join("vm"));
    python
}

/// Walks parts of the tutorial with given packages, or with those that `dist` makes of this tree.
fn walk(matches: &ArgMatches, me: &Path, target: &Path) -> Outcome {
    let debs = match matches.get_one::<String>("debs") {
        Some(folder) => PathBuf::from(folder),
        None => {
            repo::run(Command::new(me).arg("dist").current_dir(repo::root()))?;
            target.join("dist")
        }
    };
    let mut guest = python("vm/debian.py", target);
    guest.arg("--debs").arg(debs);
    repo::run(guest.args(matches.get_many::<String>("tutorial").unwrap_or_default()))
}

/// What is asked for beside NUT's own programs.
fn beside_nut(bed: &mut Command, matches: &ArgMatches) {
    if matches.contains_id("compare") {
        bed.arg("--compare").args(matches.get_many::<String>("compare").unwrap_or_default());
    }
    if let Some(seconds) = matches.get_one::<u32>("cost") {
        bed.arg("--cost").arg(seconds.to_string());
    }
}

/// Builds our programs and tells the bed where they are.
fn add_ours(bed: &mut Command, target: &Path, release: bool) -> Outcome {
    let profile: &[&str] = if release { &["--release"] } else { &[] };
    let packages = PACKAGES.iter().flat_map(|p| ["--package", p]);
    repo::run(repo::cargo().args(["build", "--bins"]).args(packages).args(profile))?;
    repo::run(repo::cargo().args(["build", "--package", "xtask", "--example", "vm-probe"]))?;
    bed.arg("--bins").arg(target.join(if release { "release" } else { "debug" }));
    bed.arg("--probe").arg(target.join("debug/examples/vm-probe"));
    Ok(())
}
