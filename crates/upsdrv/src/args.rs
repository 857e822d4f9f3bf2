//! A driver's command line.
//!
//! Knows the options, their order where it matters, and NUT's complaints. What ups.conf and the
//! options mean together is `config`'s business. Pure, apart from what clap does inside.
//!
//! `-D -F` keeps the foreground without a pid file, as `-F` says; NUT 2.8.5 counts it as `-FF`.

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, ArgMatches, Command};
use nut_daemon::args::{count, flag, value};
use std::ffi::OsString;

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// `-h`
    Help,
    /// `-V`
    Version,
    /// `-L`
    ListOptions,
    /// Everything else.
    Run(Box<CommandLine>),
}

/// Where the name of the UPS comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ups {
    /// `-a`: a section of ups.conf.
    Section(String),
    /// `-s`: no ups.conf at all.
    Alone(String),
}

impl Ups {
    /// The name.
    pub fn name(&self) -> &str {
        match self {
            Ups::Section(name) | Ups::Alone(name) => name,
        }
    }
}

/// A setting of the command line, or the place where ups.conf comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// `-a`: the file's settings belong here.
    File,
    /// `-x name=value`, or `-x name` without value.
    Option(String, Option<String>),
    /// `-i`: poll interval, as written.
    PollInterval(String),
}

/// Foreground or background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Leave the terminal when the device is up, with a pid file.
    Background,
    /// Stay, without a pid file.
    Foreground,
    /// Stay, with a pid file.
    ForegroundWithPidFile,
}

/// What `-c` asks of a running driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remote {
    /// Read the configuration again and say whether something needs a restart.
    ReloadOrError,
    /// Read the configuration again.
    Reload,
    /// Read the configuration again; exit when something needs a restart.
    ReloadOrExit,
    /// Exit.
    Exit,
}

impl Remote {
    /// The keyword; an abbreviation will do, and in doubt the first of NUT's order is meant: hence
    /// `r` and the empty word are reload-or-error. `reload` itself is too, as in NUT 2.8.5, where
    /// plain reload cannot be reached; its exit status tells more.
    fn from_keyword(word: &str) -> Option<Remote> {
        [Remote::ReloadOrError, Remote::Exit, Remote::Reload, Remote::ReloadOrExit]
            .into_iter()
            .find(|remote| remote.text().starts_with(word))
    }

    /// The keyword in full; `driver.<keyword>` is the command on the driver socket.
    pub const fn text(self) -> &'static str {
        match self {
            Remote::ReloadOrError => "reload-or-error",
            Remote::Reload => "reload",
            Remote::ReloadOrExit => "reload-or-exit",
            Remote::Exit => "exit",
        }
    }
}

/// The options of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// Which UPS.
    pub ups: Ups,
    /// Settings in command-line order.
    pub given: Vec<Given>,
    /// How often `-D` stands there; none at all leaves the level to environment and ups.conf.
    pub debug: u32,
    /// `-d`: how many update rounds after the first before the tree is printed.
    pub dump: Option<u32>,
    /// `-F`, `-FF`, `-B`, or what `-D` and `-d` imply.
    pub ground: Ground,
    /// `-k`: power the load off.
    pub kill_power: bool,
    /// `-c`
    pub remote: Option<Remote>,
    /// `-P`: the process `-c reload-or-exit` signals.
    pub pid: Option<i64>,
    /// `-u`
    pub user: Option<String>,
    /// `-g`
    pub group: Option<String>,
    /// `-r`
    pub chroot: Option<String>,
}

/// A command line that is refused: text for stderr, and whether the help belongs before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgError {
    /// NUT's text.
    pub message: String,
    /// Print the help first.
    pub help: bool,
}

fn error<T>(message: impl Into<String>) -> Result<T, ArgError> {
    Err(ArgError { message: message.into(), help: false })
}

/// Takes the command line apart; its first word is the program's name.
pub fn parse(argv: impl IntoIterator<Item = OsString>) -> Result<Wish, ArgError> {
    let args = nut_daemon::args::parse(command(), argv)
        .or_else(|e| error(format!("{}\nError: unknown option -?. Try -h for help.", e.message)))?;
    let matches = &args.matches;
    for (flag, wish) in [("h", Wish::Help), ("V", Wish::Version), ("L", Wish::ListOptions)] {
        if matches.get_flag(flag) {
            return Ok(wish);
        }
    }
    if !args.operands.is_empty() {
        return error("Error: too many non-option arguments. Try -h for help.");
    }
    let dump = last(matches, "d").and_then(|n| n.trim().parse().ok()).filter(|n| *n > 0);
    Ok(Wish::Run(Box::new(CommandLine {
        ups: ups(matches)?,
        given: given(matches),
        debug: matches.get_count("D").into(),
        dump,
        ground: ground(matches, dump.is_some()),
        kill_power: matches.get_flag("k"),
        remote: remote(matches)?,
        pid: last(matches, "P").map(|pid| nut_proto::number::leading_int(&pid)),
        user: last(matches, "u"),
        group: last(matches, "g"),
        chroot: last(matches, "r"),
    })))
}

/// The command line that all drivers share, for clap, help and man pages.
pub fn command() -> Command {
    let commands = COMMANDS.map(|(name, help)| PossibleValue::new(name).help(help));
    let many = |arg: Arg| arg.action(ArgAction::Append);
    Command::new("driver")
        .args([
            many(value("a", 'a', "id", SECTION)),
            many(value("s", 's', "id", ALONE)),
            many(value("x", 'x', "var=val", SETTING)),
            many(value("i", 'i', "int", "poll interval in seconds")),
            many(value("d", 'd', "count", DUMP)),
            many(value("c", 'c', "command", "send <command> to a running driver"))
                .value_parser(commands),
            many(value("P", 'P', "pid", "send the signal of reload-or-exit to this process")),
            many(value("u", 'u', "user", "switch to <user> (if started as root)")),
            many(value("g", 'g', "group", "set pipe access to <group> (if started as root)")),
            many(value("r", 'r', "dir", "chroot to <dir>")),
        ])
        .args([
            count("D", 'D', "raise debugging level (use this multiple times for more details)"),
            count("F", 'F', FOREGROUND),
            flag("B", 'B', "stay backgrounded even if debugging is bumped"),
            flag("k", 'k', "force shutdown"),
            flag("q", 'q', "accepted, no effect"),
            flag("L", 'L', "print parseable list of driver variables"),
            flag("V", 'V', "print version, then exit"),
            flag("h", 'h', "display this help"),
        ])
}

const SECTION: &str = "autoconfig using ups.conf section <id>;\n\
                       -x after -a overrides its settings";
const ALONE: &str = "configure directly from cmd line arguments: the name is <id>,\n\
                     all settings come with -x, at least 'port'";
const SETTING: &str = "set driver variable <var> to <val>;\n\
                       example: -x cable=940-0095B";
const DUMP: &str = "dump data to stdout after 'count' updates and exit; a running\n\
                    instance is asked for its data instead";
const FOREGROUND: &str = "stay foregrounded even if no debugging is enabled;\n\
                          twice (-FF): and still save the PID file";
const COMMANDS: [(&str, &str); 4] = [
    ("reload", "read ups.conf again; status 1 if something needs a restart"),
    ("reload-or-error", "the same"),
    ("reload-or-exit", "read ups.conf again, and end if something needs a restart"),
    ("exit", "end"),
];

fn values<'a>(matches: &'a ArgMatches, name: &str) -> impl Iterator<Item = &'a String> {
    matches.get_many::<String>(name).into_iter().flatten()
}

fn last(matches: &ArgMatches, name: &str) -> Option<String> {
    values(matches, name).last().cloned()
}

fn ups(matches: &ArgMatches) -> Result<Ups, ArgError> {
    let sections = values(matches, "a").cloned().map(Ups::Section);
    let mut names = sections.chain(values(matches, "s").cloned().map(Ups::Alone));
    match (names.next(), names.next()) {
        (Some(name), None) => Ok(name),
        (Some(_), Some(_)) => {
            error("Error: options '-a id' and '-s id' are mutually exclusive and single-use only.")
        }
        (None, _) => {
            error("Error: specifying '-a id' or '-s id' is now mandatory. Try -h for help.")
        }
    }
}

/// `-a`, `-x` and `-i` in the order in which they stand.
fn given(matches: &ArgMatches) -> Vec<Given> {
    let mut given: Vec<(usize, Given)> = Vec::new();
    for name in ["a", "x", "i"] {
        let places = matches.indices_of(name).into_iter().flatten();
        given.extend(places.zip(values(matches, name).map(|value| setting(name, value))));
    }
    given.sort_by_key(|(place, _)| *place);
    given.into_iter().map(|(_, given)| given).collect()
}

fn setting(name: &str, value: &str) -> Given {
    match (name, value.split_once('=')) {
        ("a", _) => Given::File,
        ("i", _) => Given::PollInterval(value.to_owned()),
        (_, Some((key, value))) => Given::Option(key.to_owned(), Some(value.to_owned())),
        (_, None) => Given::Option(value.to_owned(), None),
    }
}

fn ground(matches: &ArgMatches, dump: bool) -> Ground {
    let place = |name| matches.indices_of(name).and_then(Iterator::last);
    let foreground = match matches.get_count("F") {
        0 => None,
        1 => Some(Ground::Foreground),
        _ => Some(Ground::ForegroundWithPidFile),
    };
    let asked_last_for_background = matches.get_flag("B") && place("B") > place("F");
    match foreground {
        Some(ground) if !(asked_last_for_background) => ground,
        _ if matches.get_flag("B") => Ground::Background,
        _ if dump || matches.get_count("D") > 0 => Ground::Foreground,
        _ => Ground::Background,
    }
}

fn remote(matches: &ArgMatches) -> Result<Option<Remote>, ArgError> {
    let mut words = values(matches, "c");
    let Some(word) = words.next() else { return Ok(None) };
    if words.next().is_some() {
        return error(
            "Error: only one command per run can be sent with option -c. Try -h for help.",
        );
    }
    match Remote::from_keyword(word) {
        Some(remote) => Ok(Some(remote)),
        None => {
            let message = "Error: unknown argument to option -c. Try -h for help.".to_owned();
            Err(ArgError { message, help: true })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Wish, String> {
        let argv = format!("dummy-ups {line}");
        parse(argv.split_whitespace().map(OsString::from)).map_err(|e| e.message)
    }

    fn run(line: &str) -> CommandLine {
        match parsed(line) {
            Ok(Wish::Run(line)) => *line,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn order_of_file_and_options_is_kept() {
        let line = run("-x a=1=2 -i 3 -a ups -x b -i 5");
        let option = |name: &str, value: Option<&str>| {
            Given::Option(name.to_owned(), value.map(str::to_owned))
        };
        let poll = |text: &str| Given::PollInterval(text.to_owned());
        let expected =
            [option("a", Some("1=2")), poll("3"), Given::File, option("b", None), poll("5")];
        assert_eq!(line.given, expected);
        assert_eq!(line.ups, Ups::Section("ups".into()));
    }

    #[test]
    fn foreground_and_background() {
        for (line, ground) in [
            ("-s u", Ground::Background),
            ("-s u -D", Ground::Foreground),
            ("-s u -F", Ground::Foreground),
            ("-s u -D -F", Ground::Foreground),
            ("-s u -FF", Ground::ForegroundWithPidFile),
            ("-s u -F -F", Ground::ForegroundWithPidFile),
            ("-s u -DB", Ground::Background),
            ("-s u -F -B", Ground::Background),
            ("-s u -B -F", Ground::Foreground),
            ("-s u -d 1", Ground::Foreground),
        ] {
            assert_eq!(run(line).ground, ground, "{line}");
        }
    }

    #[test]
    fn dump_mode_needs_a_number_above_zero() {
        assert_eq!(run("-a u -d 2").dump, Some(2));
        assert_eq!(run("-a u -d 0").dump, None);
        assert_eq!(run("-a u -d x").dump, None);
    }

    #[test]
    fn remote_keywords_may_be_short() {
        for (word, remote) in [
            ("reload", Remote::ReloadOrError),
            ("reload-or-error", Remote::ReloadOrError),
            ("r", Remote::ReloadOrError),
            ("e", Remote::Exit),
            ("reload-or-ex", Remote::ReloadOrExit),
        ] {
            assert_eq!(run(&format!("-a u -c {word}")).remote, Some(remote), "{word}");
        }
        assert_eq!(run("-a u -P 12 -c exit").pid, Some(12));
    }

    #[test]
    fn help_version_and_list_win() {
        assert_eq!(parsed("-h"), Ok(Wish::Help));
        assert_eq!(parsed("-D -V -q"), Ok(Wish::Version));
        assert_eq!(parsed("-L"), Ok(Wish::ListOptions));
    }

    #[test]
    fn complaints_are_nuts() {
        for (line, text) in [
            ("", "Error: specifying '-a id' or '-s id' is now mandatory. Try -h for help."),
            (
                "-a u -s v",
                "Error: options '-a id' and '-s id' are mutually exclusive and single-use only.",
            ),
            ("-a u more", "Error: too many non-option arguments. Try -h for help."),
            ("-a u -c what", "Error: unknown argument to option -c. Try -h for help."),
            (
                "-a u -c exit -c exit",
                "Error: only one command per run can be sent with option -c. Try -h for help.",
            ),
            (
                "-a u -z",
                "dummy-ups: invalid option -- 'z'\n\
                 Error: unknown option -?. Try -h for help.",
            ),
        ] {
            assert_eq!(parsed(line).unwrap_err(), text, "{line}");
        }
    }
}
