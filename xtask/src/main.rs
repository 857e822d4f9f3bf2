//! Chores of the repository, the same for a person and for CI; `cargo xtask help` lists them.
//!
//! Knows the table of verbs. What a verb does stands in the module of its name.

// Chores speak to a person at a terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod completions;
mod compliance;
mod demo;
mod dist;
mod fuzz;
mod generate;
mod hardware;
mod install;
mod layout;
mod manual;
mod map_draft;
mod new_device;
mod programs;
mod repo;
mod secure;
#[cfg(test)]
mod services;
mod soak;
mod test;
mod tidy;
mod udev;
mod vm;

use clap::{Arg, ArgMatches, Command};
use std::process::ExitCode;

/// What a chore ends with: nothing, or why it failed.
type Outcome = Result<(), String>;

/// One word after `cargo xtask`.
struct Verb {
    name: &'static str,
    about: &'static str,
    args: fn() -> Vec<Arg>,
    run: fn(&ArgMatches) -> Outcome,
}

/// Every verb, in the order in which help shows them.
#[rustfmt::skip] // one a line, whatever its length
const VERBS: &[&Verb] = &[
    &demo::VERB,
    &test::VERB,
    &udev::VERB,
    &map_draft::VERB,
    &generate::VERB,
    &secure::VERB,
    &install::VERB,
    &dist::VERB,
    &tidy::VERB,
    &fuzz::VERB,
    &vm::VERB,
    &compliance::VERB,
    &bench::VERB,
    &soak::VERB,
];

fn main() -> ExitCode {
    match run(&command().get_matches()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> Command {
    let verb = |v: &&Verb| Command::new(v.name).about(v.about).args((v.args)());
    Command::new("xtask")
        .bin_name("cargo xtask")
        .about("Chores of the repository")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(VERBS.iter().map(verb))
}

fn run(matches: &ArgMatches) -> Outcome {
    let (name, args) = matches.subcommand().ok_or("no verb given")?;
    let verb = VERBS.iter().find(|v| v.name == name).ok_or("unknown verb")?;
    (verb.run)(args)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_makes_a_sound_command_line() {
        command().debug_assert();
    }
}
