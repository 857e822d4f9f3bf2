//! The command line of upsmon.
//!
//! Knows the options and what they ask for; doing it is for `startup`. Source of the facts: NUT
//! 2.8.5, where `-c` takes any beginning of its words, and even an empty one stands for `fsd`; here
//! only whole words count, and what cannot be followed is a failure.

use crate::notices::Kind;
use crate::why;
use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, ArgMatches, Command};
use nut_daemon::args::{Args, count, flag, value};
use nut_daemon::resolver::Family;
use nut_daemon::usage;
use nut_proto::number::leading_int;
use std::ffi::OsString;
use std::path::PathBuf;

/// What a command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Show the help and end well.
    Help,
    /// Show the version and end well.
    Version,
    /// `-c fsd`, `reload`, `stop`: signal the running upsmon.
    Signal(Signal),
    /// `-c rehearse`: tell how a shutdown would go.
    Rehearse,
    /// `-c test-notify`: send one notice.
    TestNotify(Kind),
    /// `-K`: tell whether POWERDOWNFLAG is set.
    CheckFlag,
    /// `-t`: check the configuration and the servers.
    Check,
    /// `--why`: tell a story of what was recorded.
    Why(why::Wish),
    /// Watch.
    Run,
}

/// What `-c` asks the running upsmon for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `-c fsd`
    Fsd,
    /// `-c reload`
    Reload,
    /// `-c stop`
    Stop,
}

impl Signal {
    const ALL: [Signal; 3] = [Signal::Fsd, Signal::Reload, Signal::Stop];

    /// The word behind `-c`.
    pub fn word(self) -> &'static str {
        match self {
            Signal::Fsd => "fsd",
            Signal::Reload => "reload",
            Signal::Stop => "stop",
        }
    }
}

/// How to do it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// `-D`, as often as given.
    pub debug: u32,
    /// `-F`, or `-D` without `-B`: stay in the foreground.
    pub foreground: bool,
    /// `-p`: one process, with whatever rights it was started.
    pub mono: bool,
    /// `-u`
    pub user: Option<String>,
    /// `-4`, `-6`; the later one counts.
    pub family: Option<Family>,
    /// `-W`, as written.
    pub connect_time: Option<String>,
    /// `-f`
    pub conf: Option<PathBuf>,
    /// `-P`: the process to signal, or to test for competition.
    pub pid: Option<i64>,
}

/// A command line that cannot be followed: show this and the help, and end with failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misuse(pub String);

/// The text of `-h`, with the path of POWERDOWNFLAG.
pub fn help(program: &str, flag: Option<&str>) -> String {
    let flag = flag.unwrap_or("***NOT CONFIGURED***");
    let known = CHECK_FLAG.replace("POWERDOWNFLAG", &format!("POWERDOWNFLAG ({flag})"));
    let told = |arg: Arg| if arg.get_id() == "K" { arg.help(known.clone()) } else { arg };
    let usage = format!("{PURPOSE}\n\nusage: {program} [OPTIONS]");
    // Not `mut_arg`, which puts what it changes behind all others.
    usage::text(&command().before_help(usage).mut_args(told))
}

const PURPOSE: &str =
    "NUT client which monitors UPS servers and may initiate shutdown if necessary.";

const MORE: &str = "\
For more information please Read The Fine Manual ('man 8 upsmon') and/or see
\thttps://www.networkupstools.org/historic/v2.8.5/docs/man/upsmon.html
Also check documentation and samples of upsmon.conf";

const COMMANDS: [(&str, &str); 5] = [
    ("fsd", "shutdown all primary-mode UPSes (use with caution)"),
    ("reload", "reread configuration"),
    ("stop", "stop monitoring and exit"),
    ("rehearse", "only tell how a shutdown would go, step by step"),
    ("test-notify", "only send one notice, of the type behind it"),
];

const CHECK_FLAG: &str = "checks POWERDOWNFLAG, sets exit code to 0 if set";

const WHY: &str = "tells the story of the last outage; or, with the word\n\
                   behind it, of the last shutdown or of all that is kept";

/// The options for clap.
pub fn command() -> Command {
    let commands = COMMANDS.map(|(name, help)| PossibleValue::new(name).help(help));
    Command::new("upsmon").after_help(MORE).args([
        value("c", 'c', "cmd", "send command to running process").value_parser(commands),
        value("P", 'P', "pid", "send the signal above to specified PID (bypassing PID file)"),
        count("D", 'D', "raise debugging level (and stay foreground by default)"),
        flag("F", 'F', "stay foregrounded even if no debugging is enabled"),
        flag("B", 'B', "stay backgrounded even if debugging is bumped"),
        flag("K", 'K', CHECK_FLAG),
        flag("t", 't', "checks the configuration and each server, sets exit code to 0 if good"),
        Arg::new("why").long("why").action(ArgAction::SetTrue).help(WHY),
        flag("p", 'p', "always run privileged (disable privileged parent)"),
        value("u", 'u', "user", "run child as user <user> (ignored when using -p)"),
        value("f", 'f', "file", "read this file in the place of upsmon.conf"),
        flag("4", '4', "IPv4 only"),
        flag("6", '6', "IPv6 only"),
        flag("V", 'V', "display the version of this software"),
        value("W", 'W', "secs", "network timeout for initial connections (default: 10)"),
        flag("h", 'h', "display this help text"),
    ])
}

/// Reads a command line; its first word is the program's name.
pub fn read(argv: impl IntoIterator<Item = OsString>) -> Result<(Wish, Options), Misuse> {
    let args = nut_daemon::args::parse(command(), argv).map_err(|e| Misuse(e.message))?;
    let options = options(&args.matches);
    Ok((wish(&args)?, options?))
}

/// Words behind the options are passed over, as in NUT, but for a kind of notice or of story.
fn wish(args: &Args) -> Result<Wish, Misuse> {
    let given = |name: &str| args.matches.get_flag(name);
    let flags = [("h", Wish::Help), ("V", Wish::Version)];
    if let Some((_, wish)) = flags.into_iter().find(|(name, _)| given(name)) {
        return Ok(wish);
    }
    if let Some(word) = args.matches.get_one::<String>("c") {
        return order(word, args.operands.first());
    }
    match () {
        () if given("K") => Ok(Wish::CheckFlag),
        () if given("t") => Ok(Wish::Check),
        () if given("why") => story(&args.operands).map(Wish::Why),
        () => Ok(Wish::Run),
    }
}

fn story(operands: &[String]) -> Result<why::Wish, Misuse> {
    let text = || "--why: expected nothing behind it, or the word shutdown or all".to_owned();
    why::Wish::from_words(operands).ok_or_else(|| Misuse(text()))
}

fn order(word: &str, operand: Option<&String>) -> Result<Wish, Misuse> {
    if let Some(signal) = Signal::ALL.into_iter().find(|signal| signal.word() == word) {
        return Ok(Wish::Signal(signal));
    }
    match word {
        "rehearse" => Ok(Wish::Rehearse),
        "test-notify" => kind(operand).map(Wish::TestNotify),
        _ => Err(Misuse(format!(
            "-c: unknown command '{word}'; expected fsd, reload, stop, rehearse or test-notify"
        ))),
    }
}

fn kind(operand: Option<&String>) -> Result<Kind, Misuse> {
    let known = operand.and_then(|word| Kind::from_word(word));
    known.ok_or_else(|| {
        let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
        let wanted = match operand {
            Some(word) => format!("'{word}' is not a type of notice"),
            None => "a type of notice must follow".to_owned(),
        };
        Misuse(format!("-c test-notify: {wanted}; expected one of {}", words.join(", ")))
    })
}

fn options(matches: &ArgMatches) -> Result<Options, Misuse> {
    let debug = u32::from(matches.get_count("D"));
    let value = |name: &str| matches.get_one::<String>(name).cloned();
    let family = later(matches, "4", "6").map(|four| if four { Family::V4 } else { Family::V6 });
    Ok(Options {
        debug,
        foreground: later(matches, "F", "B").unwrap_or(debug > 0),
        mono: matches.get_flag("p"),
        user: value("u"),
        family,
        connect_time: value("W"),
        conf: value("f").map(PathBuf::from),
        pid: value("P").map(|text| pid(&text)).transpose()?,
    })
}

/// A process number as `strtol` reads it; negative and over-large ones are misuse.
fn pid(text: &str) -> Result<i64, Misuse> {
    let number = leading_int(text);
    let sane = (0..=i64::from(i32::MAX)).contains(&number);
    sane.then_some(number).ok_or_else(|| Misuse(format!("-P: '{text}' is no process number")))
}

/// Which of two flags came last: true for the first one; none if neither was given.
fn later(matches: &ArgMatches, yes: &str, no: &str) -> Option<bool> {
    let place = |name| {
        let places = matches.indices_of(name).filter(|_| matches.get_flag(name));
        places.and_then(Iterator::last)
    };
    match (place(yes), place(no)) {
        (None, None) => None,
        (yes, no) => Some(yes > no),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_line(line: &str) -> Result<(Wish, Options), Misuse> {
        read(format!("upsmon {line}").split_whitespace().map(OsString::from))
    }

    fn options_of(line: &str) -> Options {
        read_line(line).unwrap().1
    }

    fn misuse(line: &str) -> String {
        read_line(line).unwrap_err().0
    }

    #[test]
    fn options_have_their_effect() {
        assert_eq!(read_line(""), Ok((Wish::Run, Options::default())));
        let options = options_of("-DD -p -u ups -4 -6 -W 3 -f /x.conf -P 12x");
        assert_eq!((options.debug, options.pid), (2, Some(12)));
        assert!(options.foreground && options.mono);
        assert_eq!(options.user.as_deref(), Some("ups"));
        assert_eq!(options.family, Some(Family::V6));
        assert_eq!(options.connect_time.as_deref(), Some("3"));
        assert_eq!(options.conf, Some("/x.conf".into()));
        assert_eq!(options_of("-6 -4").family, Some(Family::V4));
        for (line, foreground) in
            [("-D", true), ("-D -B", false), ("-F", true), ("-F -B", false), ("-B -F", true)]
        {
            assert_eq!(options_of(line).foreground, foreground, "{line}");
        }
    }

    #[test]
    fn wishes_are_told_apart() {
        for (line, wish) in [
            ("-c fsd", Wish::Signal(Signal::Fsd)),
            ("-c reload -P 12", Wish::Signal(Signal::Reload)),
            ("-K -c stop", Wish::Signal(Signal::Stop)),
            ("-c rehearse", Wish::Rehearse),
            ("-c test-notify onbatt", Wish::TestNotify(Kind::OnBattery)),
            ("-K", Wish::CheckFlag),
            ("-t", Wish::Check),
            ("--why", Wish::Why(why::Wish::Outage)),
            ("--why all", Wish::Why(why::Wish::All)),
            ("-D words -z", Wish::Run),
            ("-D -h", Wish::Help),
            ("-V -c bogus", Wish::Version),
        ] {
            assert_eq!(read_line(line).map(|(wish, _)| wish), Ok(wish), "{line}");
        }
    }

    #[test]
    fn only_whole_words_are_commands() {
        for word in ["f", "fs", "fsdx", "FSD", "s", "reload-or-error", "kill"] {
            let text = misuse(&format!("-c {word}"));
            assert!(text.starts_with(&format!("-c: unknown command '{word}'; ")), "{text}");
        }
        let empty = read(["upsmon", "-c", ""].map(OsString::from)).unwrap_err();
        assert!(empty.0.starts_with("-c: unknown command ''"), "{empty:?}");
        assert!(misuse("-c test-notify").contains("a type of notice must follow; "));
        assert!(misuse("-c test-notify dark").contains("'dark' is not a type of notice; "));
    }

    #[test]
    fn misuse_is_told() {
        assert_eq!(misuse("-z"), "upsmon: invalid option -- 'z'");
        assert_eq!(misuse("-i"), "upsmon: invalid option -- 'i'");
        assert_eq!(misuse("-c"), "upsmon: option requires an argument -- 'c'");
        assert_eq!(misuse("-P -3"), "-P: '-3' is no process number");
        assert_eq!(misuse("--wherefore"), "upsmon: invalid option -- '-'");
        assert!(misuse("--why not").starts_with("--why: expected nothing behind it"));
    }

    #[test]
    fn the_help_names_the_flag() {
        let told = "  -K\t\tchecks POWERDOWNFLAG (/k), sets exit code to 0 if set\n  -t\t\tchecks";
        assert!(help("upsmon", Some("/k")).contains(told));
        assert!(help("upsmon", None).contains("POWERDOWNFLAG (***NOT CONFIGURED***), "));
    }
}
