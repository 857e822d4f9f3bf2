//! Units by systemd's own inspector: no faults, and how far each is closed off.
//!
//! Where systemd-analyze is missing, or too old to look at files, the tests say so and pass.

use super::machine::Machine;
use std::process::{Command, Output};

/// Unit, and the most exposure it may have, in tenths.
const EXPOSURE: [(&str, u32); 3] =
    [("nut-driver@.service", 20), ("nut-server.service", 20), ("nut-monitor.service", 40)];

fn analyze(args: &[&str]) -> Option<Output> {
    Command::new("systemd-analyze").args(args).env("SYSTEMD_LOG_LEVEL", "warning").output().ok()
}

/// The first release that inspects files without a running systemd.
fn available() -> bool {
    let version = analyze(&["--version"]).map(|o| String::from_utf8_lossy(&o.stdout).into_owned());
    let number = version.and_then(|text| text.split(' ').nth(1)?.parse::<u32>().ok());
    let enough = number.is_some_and(|number| number >= 250);
    if !enough {
        println!(
            "LEFT OUT: no systemd-analyze of release 250 or later inspects the units (Debian: systemd)"
        );
    }
    enough
}

#[test]
fn exposure_stays_below_its_limits() {
    if !available() {
        return;
    }
    let machine = Machine::new("exposure");
    for (unit, limit) in EXPOSURE {
        let path = machine.path("lib/systemd/system").join(unit).display().to_string();
        let threshold = format!("--threshold={limit}");
        let output = analyze(&["security", "--offline=true", &threshold, &path]).unwrap();
        let table = String::from_utf8_lossy(&output.stdout);
        assert!(table.contains("Overall exposure level"), "{unit}: {output:?}");
        assert!(output.status.success(), "{unit}: {table}");
    }
}

#[test]
fn units_have_no_faults() {
    if !available() {
        return;
    }
    let machine = Machine::new("faults");
    let folder = machine.path("lib/systemd/system");
    let units = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let files = units.filter(|path| !path.is_symlink()).map(|path| path.display().to_string());
    let files: Vec<String> = files.collect();
    let mut args = vec!["verify", "--man=no"];
    args.extend(files.iter().map(String::as_str));
    let output = analyze(&args).unwrap();
    // A machine that lacks a unit of systemd's own is no fault of ours.
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let ours: Vec<&str> = told.lines().filter(|line| line.contains("nut")).collect();
    assert!(files.len() > 6 && ours.is_empty(), "{told}");
}
