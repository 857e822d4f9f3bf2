//! `test`: every test that needs no root, no other machine and no more than Rust and a C linker.
//!
//! The workspace's tests, then each fuzz target for a moment, then the Python of the virtual machine
//! bed where there is a Python. Formatting, lints and the chores that need more are CI's to call.

use crate::{Outcome, Verb, fuzz, repo};
use std::process::Command;

pub(crate) const VERB: Verb = Verb {
    name: "test",
    about: "Build everything and run all tests: no root, no network besides crates",
    args: Vec::new,
    run: |_| test(),
};

fn test() -> Outcome {
    repo::run(repo::cargo().args(["test", "--workspace"]))?;
    repo::run(&mut fuzz::workspace("test"))?;
    fuzz::short_runs(1, 1, None)?;
    python()
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
