//! NUT's way with command lines, on top of clap: getopt's rules and getopt's complaints.
//!
//! Short options, and the few long ones a program defines; reading stops at the first word that is no
//! option or at `--`. What the options mean, and NUT's reaction to a complaint (mostly the help text),
//! is for the programs.

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::ffi::OsString;
use std::path::Path;

/// A command line, taken apart.
#[derive(Debug, Clone)]
pub struct Args {
    /// The options; a repeated option with a value keeps the last one, unless it appends.
    pub matches: ArgMatches,
    /// The words behind the options.
    pub operands: Vec<String>,
}

/// A command line that cannot be taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgError {
    /// What getopt prints, such as `upsd: invalid option -- 'z'`.
    pub message: String,
}

/// An option that is given or not. `help` is what `-h` and the man page say of it, a line break for each
/// of theirs.
pub fn flag(name: &'static str, letter: char, help: &'static str) -> Arg {
    Arg::new(name).short(letter).action(ArgAction::SetTrue).help(help)
}

/// An option that counts how often it is given.
pub fn count(name: &'static str, letter: char, help: &'static str) -> Arg {
    Arg::new(name).short(letter).action(ArgAction::Count).help(help)
}

/// An option with a value, which is called `value` in texts.
pub fn value(name: &'static str, letter: char, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).short(letter).value_name(value).help(help)
}

/// Takes a command line apart; its first word is the program's name. An option of `command` with a
/// long name is taken by exactly that; any other word with two dashes is the invalid option `-`, as
/// NUT's programs have it. Bytes that are not UTF-8 become U+FFFD.
pub fn parse(command: Command, argv: impl IntoIterator<Item = OsString>) -> Result<Args, ArgError> {
    let mut words = argv.into_iter().map(|word| word.to_string_lossy().into_owned());
    let program = words.next().unwrap_or_else(|| command.get_name().to_owned());
    let (options, operands) = split(&command, &program, words)?;
    let matches = lenient(command)
        .try_get_matches_from(std::iter::once(program.clone()).chain(options))
        .map_err(|e| ArgError { message: format!("{program}: {}", e.kind()) })?;
    Ok(Args { matches, operands })
}

/// The last part of the name a program was called by, its first word; `own` where it has none.
pub fn program_name(argv: &[OsString], own: &str) -> String {
    let called = argv.first().map(Path::new).and_then(Path::file_name);
    called.map_or_else(|| own.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Possible values are for texts and completions; which ones do is for the programs, with NUT's words.
fn lenient(command: Command) -> Command {
    let any_text = |arg: Arg| arg.allow_hyphen_values(true).value_parser(ValueParser::string());
    command
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args_override_self(true)
        .mut_args(|arg| if takes_value(&arg) { any_text(arg) } else { arg })
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

/// Options, one a word with its value apart, and operands.
fn split(
    command: &Command,
    program: &str,
    mut words: impl Iterator<Item = String>,
) -> Result<(Vec<String>, Vec<String>), ArgError> {
    let mut options = Vec::new();
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        if let Some((arg, name, value)) = long(command, &word) {
            options.push(take_long(arg, program, name, value, &mut words)?);
            continue;
        }
        match word.strip_prefix('-').filter(|cluster| !cluster.is_empty()) {
            Some(cluster) => take_cluster(command, program, cluster, &mut words, &mut options)?,
            None => return Ok((options, std::iter::once(word).chain(words).collect())),
        }
    }
    Ok((options, words.collect()))
}

/// A word that is a long option: what it stands for, its name, and its value where it has one.
fn long<'a>(command: &'a Command, word: &'a str) -> Option<(&'a Arg, &'a str, Option<&'a str>)> {
    let text = word.strip_prefix("--")?;
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let arg = command.get_arguments().find(|arg| arg.get_long() == Some(name))?;
    Some((arg, name, value))
}

/// A long option as one word, its value behind `=`.
fn take_long(
    arg: &Arg,
    program: &str,
    name: &str,
    value: Option<&str>,
    words: &mut impl Iterator<Item = String>,
) -> Result<String, ArgError> {
    let complain =
        |what| ArgError { message: format!("{program}: option '--{name}' {what} an argument") };
    if !takes_value(arg) {
        return value.map_or_else(|| Ok(format!("--{name}")), |_| Err(complain("doesn't allow")));
    }
    let value = value.map(str::to_owned).or_else(|| words.next());
    value.map(|value| format!("--{name}={value}")).ok_or_else(|| complain("requires"))
}

/// One word of options: `-DFu nut` is `-D`, `-F`, `-u nut`.
fn take_cluster(
    command: &Command,
    program: &str,
    cluster: &str,
    words: &mut impl Iterator<Item = String>,
    options: &mut Vec<String>,
) -> Result<(), ArgError> {
    for (at, letter) in cluster.char_indices() {
        let complain = |what| ArgError { message: format!("{program}: {what} -- '{letter}'") };
        let arg = command.get_arguments().find(|arg| arg.get_short() == Some(letter));
        let arg = arg.ok_or_else(|| complain("invalid option"))?;
        if !takes_value(arg) {
            options.push(format!("-{letter}"));
            continue;
        }
        let rest = cluster.get(at + letter.len_utf8()..).filter(|rest| !rest.is_empty());
        let value = rest.map(str::to_owned).or_else(|| words.next());
        let value = value.ok_or_else(|| complain("option requires an argument"))?;
        options.extend([format!("-{letter}"), value]);
        return Ok(());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        Command::new("upsd")
            .arg(count("debug", 'D', "more"))
            .arg(value("user", 'u', "user", "who").value_parser(["nut", "ups"]))
            .arg(value("x", 'x', "var", "setting").action(ArgAction::Append))
    }

    fn parsed(line: &str) -> Result<Args, String> {
        parse(command(), line.split_whitespace().map(OsString::from)).map_err(|e| e.message)
    }

    #[test]
    fn options_cluster_repeat_and_end_at_the_first_operand() {
        let args = parsed("upsd -DDu nut -D -u root -x a=b -x-c stop -D -z").unwrap();
        assert_eq!(args.matches.get_count("debug"), 3);
        assert_eq!(args.matches.get_one::<String>("user").unwrap(), "root");
        let x: Vec<_> = args.matches.get_many::<String>("x").unwrap().collect();
        assert_eq!(x, ["a=b", "-c"]);
        assert_eq!(args.operands, ["stop", "-D", "-z"]);
        assert_eq!(parsed("upsd -- -D").unwrap().operands, ["-D"]);
        assert_eq!(parsed("upsd - x").unwrap().operands, ["-", "x"]);
    }

    #[test]
    fn long_options_are_those_that_are_defined() {
        let command = || {
            command()
                .arg(Arg::new("why").long("why").action(ArgAction::SetTrue))
                .arg(Arg::new("since").short('s').long("since"))
        };
        let parsed = |line: &str| {
            parse(command(), line.split(' ').map(OsString::from)).map_err(|e| e.message)
        };
        let args = parsed("upsmon -D --why --since=a=b -- --why").unwrap();
        assert!(args.matches.get_flag("why"));
        assert_eq!(args.matches.get_one::<String>("since").unwrap(), "a=b");
        assert_eq!(args.operands, ["--why"]);
        for (line, since) in [("x --since --why", "--why"), ("x --since=", ""), ("x -s -D", "-D")] {
            let args = parsed(line).unwrap();
            assert_eq!(args.matches.get_one::<String>("since").unwrap(), since, "{line}");
            assert!(!args.matches.get_flag("why"));
        }
        for (line, complaint) in [
            ("upsmon --wh", "upsmon: invalid option -- '-'"),
            ("upsmon --debug", "upsmon: invalid option -- '-'"),
            ("upsmon -why", "upsmon: invalid option -- 'w'"),
            ("upsmon --why=yes", "upsmon: option '--why' doesn't allow an argument"),
            ("upsmon --since", "upsmon: option '--since' requires an argument"),
        ] {
            assert_eq!(parsed(line).unwrap_err(), complaint);
        }
    }

    #[test]
    fn complaints_are_getopts() {
        assert_eq!(parsed("upsd -z").unwrap_err(), "upsd: invalid option -- 'z'");
        assert_eq!(parsed("upsd -Dz").unwrap_err(), "upsd: invalid option -- 'z'");
        assert_eq!(parsed("upsd --help").unwrap_err(), "upsd: invalid option -- '-'");
        assert_eq!(parsed("upsd -u").unwrap_err(), "upsd: option requires an argument -- 'u'");
    }
}
