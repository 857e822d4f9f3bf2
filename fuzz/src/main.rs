//! `short-runs SECONDS [SEED [TARGET]]`: each target for so many seconds; exit status 1 if one fails.

use std::process::ExitCode;
use std::time::Duration;
use walnut_fuzz::{TARGETS, runner};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |n: usize, otherwise| words.get(n).map_or(Ok(otherwise), |w| w.parse());
    let (Ok(seconds), Ok(seed)) = (number(0, 1), number(1, 1)) else {
        eprintln!("usage: short-runs SECONDS [SEED [TARGET]]");
        return ExitCode::FAILURE;
    };
    let wanted = |name: &str| words.get(2).is_none_or(|w| w == name);
    let (mut passed, mut failed) = (0, 0);
    for target in TARGETS.iter().filter(|t| wanted(t.name)) {
        match runner::run(target, Duration::from_secs(seconds), seed) {
            Ok(count) => {
                println!("fuzz {:<14} ok, {count} inputs", target.name);
                passed += 1;
            }
            Err(path) => {
                println!("fuzz {:<14} FAILED on {}", target.name, path.display());
                failed += 1;
            }
        }
    }
    println!("fuzz: {passed} targets passed, {failed} failed (seed {seed})");
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
