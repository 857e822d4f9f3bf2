//! `fuzz`: every fuzz target for some seconds, on stable Rust.
//!
//! Runs the corpus and blind mutations of it, without coverage to guide them: shallow faults, found
//! anywhere. The same targets under libFuzzer need nightly Rust and `cargo fuzz`.

use crate::{Outcome, Verb, repo};
use clap::{Arg, ArgMatches, value_parser};

pub(crate) const VERB: Verb = Verb {
    name: "fuzz",
    about: "Run every fuzz target for some seconds, without libFuzzer",
    args: || {
        let number = |name: &'static str, default, help| {
            let arg = Arg::new(name).long(name).default_value(default).help(help);
            arg.value_parser(value_parser!(u64))
        };
        vec![
            number("seconds", "5", "How long each target runs"),
            number("seed", "1", "Where chance begins: the same seed gives the same inputs"),
            Arg::new("target").long("target").value_name("NAME").help("Only this target"),
        ]
    },
    run: |args| {
        let number = |name: &str| args.get_one(name).copied().unwrap_or(1u64);
        short_runs(number("seconds"), number("seed"), target(args))
    },
};

fn target(args: &ArgMatches) -> Option<&str> {
    args.get_one::<String>("target").map(String::as_str)
}

/// Each target for so many seconds, or only the one named.
pub(crate) fn short_runs(seconds: u64, seed: u64, target: Option<&str>) -> Outcome {
    let mut words = vec![seconds.to_string(), seed.to_string()];
    words.extend(target.map(str::to_owned));
    let run = ["run", "--quiet", "--package", "walnut-fuzz", "--bin", "short-runs", "--"];
    repo::run(repo::cargo().args(run).args(words))
}
