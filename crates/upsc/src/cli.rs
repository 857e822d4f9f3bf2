//! What the command lines of the clients have in common: `-h`, `-V`, `-D`, `-W`, and how NUT's
//! programs react to a word they do not know.

use crate::complaint::Complaint;
use clap::{Arg, ArgAction, ArgMatches, Command};
use nut_daemon::args::{self, Args};
use nut_daemon::output::{complain, finish};
use nut_daemon::{banner, logging};
use nut_proto::spec::UpsSpec;
use std::env;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

/// How long a connection may take where nobody says otherwise (NUT 2.8.5).
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// The variable that says otherwise.
const CONNECT_TIME_VARIABLE: &str = "NUT_DEFAULT_CONNECT_TIMEOUT";

/// Options that every client has.
pub const COMMON_HELP: &str = "
Common options:
  -V         - print the version and end
  -W <secs>  - give a connection this long to be made (0: no limit; default 10)
  -D         - print more about what is going on; may be repeated
  -h         - print this help
";

/// A program's name and its own part of the help.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// Name of the binary.
    pub name: &'static str,
    /// Help text behind the banner.
    pub help: &'static str,
}

impl Program {
    /// Takes the command line apart and deals with `-h`, `-V`, `-D`. `Break` ends the program.
    pub fn begin(&self, command: Command) -> ControlFlow<ExitCode, Args> {
        let args = match args::parse(with_common(command), env::args_os()) {
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
        finish(&format!("{}\n\n{}{COMMON_HELP}", banner::text(self.name), self.help))
    }
}

/// Adds the common options to a program's own.
pub fn with_common(command: Command) -> Command {
    let flag = |name: &'static str, letter| Arg::new(name).short(letter).action(ArgAction::SetTrue);
    command
        .args([flag("help", 'h'), flag("version", 'V')])
        .arg(Arg::new("debug").short('D').action(ArgAction::Count))
        .arg(Arg::new("patience").short('W'))
}

/// How long a connection may be in the making: the command line's wish, the environment's, or the
/// default. An unusable wish is told and passed over.
pub fn patience(matches: &ArgMatches) -> Option<Duration> {
    let wish = matches.get_one::<String>("patience").map(String::as_str);
    let (time, complaints) = choose_patience(wish, env::var(CONNECT_TIME_VARIABLE).ok().as_deref());
    complaints.iter().for_each(|line| complain(line));
    (!time.is_zero()).then_some(time)
}

fn choose_patience(wish: Option<&str>, variable: Option<&str>) -> (Duration, Vec<String>) {
    let wishes = [("cli_secs", wish), (CONNECT_TIME_VARIABLE, variable)];
    let mut chosen = None;
    let mut complaints = Vec::new();
    for (source, text) in wishes.into_iter().filter_map(|(s, t)| Some((s, t?))) {
        match seconds(text) {
            Some(time) => chosen = chosen.or(Some(time)),
            None => complaints.push(format!(
                "upscli_init_default_connect_timeout: {source}='{text}' value was not recognized, \
                 ignored"
            )),
        }
    }
    (chosen.unwrap_or(CONNECT_TIME), complaints)
}

fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().and_then(|n| Duration::try_from_secs_f64(n).ok())
}

/// Reads a UPS's name.
pub fn ups_spec(text: &str) -> Result<UpsSpec, Complaint> {
    UpsSpec::parse(text).map_err(|e| Complaint::about_ups(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_beats_the_environment_beats_the_default() {
        let secs = |wish, variable| choose_patience(wish, variable).0.as_secs_f64();
        assert_eq!(secs(None, None), 10.0);
        assert_eq!(secs(None, Some("2.5")), 2.5);
        assert_eq!(secs(Some("0"), Some("2.5")), 0.0);
    }

    #[test]
    fn unusable_wishes_are_told_and_passed_over() {
        let (time, complaints) = choose_patience(Some("abc"), Some("-1"));
        assert_eq!(time, CONNECT_TIME);
        assert_eq!(
            complaints,
            [
                "upscli_init_default_connect_timeout: cli_secs='abc' value was not recognized, ignored",
                "upscli_init_default_connect_timeout: NUT_DEFAULT_CONNECT_TIMEOUT='-1' value was not \
                 recognized, ignored",
            ]
        );
        for text in ["", "inf", "NaN", "1e300"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
