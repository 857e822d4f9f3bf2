//! What the command lines of the clients have in common: `-h`, `-V`, `-D`, `-W`, and how NUT's
//! programs react to a word they do not know.

use crate::complaint::Complaint;
use clap::{Arg, ArgMatches, Command};
use nut_daemon::args::{self, Args, count, flag, value};
use nut_daemon::output::{complain, finish};
use nut_daemon::patience::connect;
use nut_daemon::{banner, logging, usage};
use nut_proto::spec::UpsSpec;
use std::env;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

/// A program: its name and its command line.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// Name of the binary.
    pub name: &'static str,
    /// Its options, the common ones included.
    pub command: fn() -> Command,
}

impl Program {
    /// Takes the command line apart and deals with `-h`, `-V`, `-D`. `Break` ends the program.
    pub fn begin(&self) -> ControlFlow<ExitCode, Args> {
        let args = match args::parse((self.command)(), env::args_os()) {
            Ok(args) => args,
            Err(e) => {
                complain(&e.message);
                return ControlFlow::Break(self.help());
            }
        };
        self.greet(&args.matches)?;
        ControlFlow::Continue(args)
    }

    /// Deals with `-h`, `-V` and `-D`.
    pub fn greet(&self, matches: &ArgMatches) -> ControlFlow<ExitCode> {
        if matches.get_flag("help") {
            return ControlFlow::Break(self.help());
        }
        if matches.get_flag("version") {
            return ControlFlow::Break(finish(&format!("{}\n", banner::text(self.name))));
        }
        let debug = match matches.get_count("debug") {
            0 => logging::level_from_environment().unwrap_or(0),
            asked => asked.into(),
        };
        logging::init(logging::Setup { program: self.name.to_owned(), debug });
        ControlFlow::Continue(())
    }

    /// Prints the help. NUT's clients end with 0 even where it was not asked for.
    pub fn help(&self) -> ExitCode {
        finish(&format!("{}\n\n{}", banner::text(self.name), usage::text(&(self.command)())))
    }
}

/// The options that every client has.
pub(crate) fn common() -> [Arg; 4] {
    [
        flag("version", 'V', "print the version and end"),
        value("patience", 'W', "secs", PATIENCE),
        count("debug", 'D', "print more about what is going on; may be repeated"),
        flag("help", 'h', "print this help"),
    ]
    .map(|arg| arg.help_heading("Common options"))
}

const PATIENCE: &str = "give a connection this long to be made (0: no limit; default 10)";

/// How long a connection may be in the making, if there is a limit. An unusable wish is told and
/// passed over.
pub fn patience(matches: &ArgMatches) -> Option<Duration> {
    let (time, complaints) = connect(matches.get_one::<String>("patience").map(String::as_str));
    complaints.iter().for_each(|line| complain(line));
    (!time.is_zero()).then_some(time)
}

/// Reads a UPS's name.
pub fn ups_spec(text: &str) -> Result<UpsSpec, Complaint> {
    UpsSpec::parse(text).map_err(|e| Complaint::about_ups(&e))
}
