//! `test`: every test that needs no root, no other machine and no more than Rust and a C linker.
//!
//! A message bus is got where there is none. Then the workspace's tests, then each fuzz target for a moment, then the Python of the virtual machine
//! bed where there is a Python. Formatting, lints and the chores that need more are CI's to call.

use crate::{Outcome, Verb, fuzz, repo};
use std::process::Command;

pub(crate) const VERB: Verb = Verb {
    name: "test",
    about: "Build everything and run all tests: no root, no network besides crates",
    args: Vec::new,
    run: |_| test(),
};

/// Tests that talk to systemd-logind's place on a message bus, by their modules.
const BUS_TESTS: [&str; 2] = ["sleeping::", "listening::"];

fn test() -> Outcome {
    let mut tests = repo::cargo();
    tests.args(["test", "--workspace"]);
    if !has_bus() {
        println!(
            "LEFT OUT: tests of sleep and wake-up; they need dbus-daemon (Debian: dbus-daemon)"
        );
        tests.args(["--", "--skip", BUS_TESTS[0], "--skip", BUS_TESTS[1]]);
    }
    repo::run(&mut tests)?;
    fuzz::short_runs(1, 1, None)?;
    python()
}

/// Whether there is a dbus-daemon; as root a missing one is installed, if that can be done.
fn has_bus() -> bool {
    let has = || repo::has("dbus-daemon");
    let install = ["install", "--quiet", "--yes", "--no-install-recommends", "dbus-daemon"];
    if !has() && nut_daemon::privileges::is_root() && repo::has("apt-get") {
        for args in [&["update", "--quiet"][..], &install] {
            let mut apt = Command::new("apt-get");
            // What it cannot do shows by what is missing afterwards.
            let _ = repo::run(apt.args(args).env("DEBIAN_FRONTEND", "noninteractive"));
        }
    }
    has()
}

fn python() -> Outcome {
    let vm = repo::root().join("vm");
    let has_tests = std::fs::read_dir(&vm).is_ok_and(|dir| {
        dir.flatten().any(|e| e.file_name().to_string_lossy().starts_with("test_"))
    });
    if !has_tests {
        return Ok(());
    }
    if !repo::has("python3") {
        println!("skipped: tests of vm/, there is no python3");
        return Ok(());
    }
    repo::run(Command::new("python3").args(["-m", "unittest", "discover"]).current_dir(vm))
}
