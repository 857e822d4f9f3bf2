//! The command line of upsd.
//!
//! Knows the options and what they ask for; doing it is for `startup`. Source of the facts: NUT
//! 2.8.5, which ends with 0 after an unknown option; here that is 1, so that scripts notice.

use clap::builder::PossibleValue;
use clap::{ArgMatches, Command};
use nut_daemon::args::{count, flag, value};
use nut_daemon::resolver::Family;
use nut_proto::number::leading_int;
use std::ffi::OsString;

/// What a command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Show the help and end well.
    Help,
    /// Show the version and end well.
    Version,
    /// Signal the running upsd.
    Signal {
        /// `-c`
        signal: Signal,
        /// `-P`: the process; else the pid file tells.
        pid: Option<i64>,
        /// `-D`, as often as given.
        debug: u32,
    },
    /// Serve.
    Run(Options),
}

/// What `-c` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `-c reload`
    Reload,
    /// `-c stop`
    Stop,
}

impl Signal {
    /// Any beginning of the word will do, even an empty one (NUT 2.8.5).
    fn from_word(word: &str) -> Option<Signal> {
        [Signal::Reload, Signal::Stop].into_iter().find(|signal| signal.word().starts_with(word))
    }

    /// The whole word.
    pub fn word(self) -> &'static str {
        match self {
            Signal::Reload => "reload",
            Signal::Stop => "stop",
        }
    }
}

/// How to serve.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// `-D`, as often as given.
    pub debug: u32,
    /// `-F`, or `-D` without `-B`: stay in the foreground.
    pub foreground: bool,
    /// `-FF`: a pid file although in the foreground.
    pub pid_file_in_foreground: bool,
    /// `-P`: the process to test for competition.
    pub pid: Option<i64>,
    /// `-r`
    pub chroot: Option<String>,
    /// `-q`, as often as given.
    pub quieter: u32,
    /// `-u`
    pub user: Option<String>,
    /// `-4`, `-6`; the later one counts.
    pub family: Option<Family>,
}

/// A command line that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misuse {
    /// Show this and the help, and end with failure.
    Usage(Option<String>),
    /// Show this and end with failure.
    Fatal(&'static str),
}

const OLD_LISTEN: &str = "\
Specifying a listening addresses with '-i <address>' and '-p <port>'
is deprecated. Use 'LISTEN <address> [<port>]' in 'upsd.conf' instead.
See 'man 8 upsd.conf' for more information.";

/// The options for clap.
pub fn command() -> Command {
    let old = |name, letter| value(name, letter, "value", "no longer used").hide(true);
    Command::new("upsd")
        .before_help("Network server for UPS data.\n\nusage: upsd [OPTIONS]")
        .args([
            value("c", 'c', "command", "send <command> via signal to background process")
                .value_parser(SIGNALS.map(|(name, help)| PossibleValue::new(name).help(help))),
            value("P", 'P', "pid", "send the signal above to specified PID (bypassing PID file)"),
            count("D", 'D', "raise debugging level (and stay foreground by default)"),
            count("F", 'F', FOREGROUND),
            flag("B", 'B', "stay backgrounded even if debugging is bumped"),
            flag("h", 'h', "display this help"),
            value("r", 'r', "dir", "chroots to <dir>"),
            count("q", 'q', "raise log level threshold"),
            value("u", 'u', "user", "switch to <user> (if started as root)"),
            flag("V", 'V', "display the version of this software"),
            flag("4", '4', "IPv4 only"),
            flag("6", '6', "IPv6 only"),
        ])
        .args([old("p", 'p'), old("i", 'i')])
}

const SIGNALS: [(&str, &str); 2] =
    [("reload", "reread configuration files"), ("stop", "stop process and exit")];

const FOREGROUND: &str = "stay foregrounded even if no debugging is enabled;\n\
                          twice (-FF): and still save the PID file";

/// Reads a command line; its first word is the program's name.
pub fn read(argv: impl IntoIterator<Item = OsString>) -> Result<Wish, Misuse> {
    let args =
        nut_daemon::args::parse(command(), argv).map_err(|e| Misuse::Usage(Some(e.message)))?;
    let given = |name: &str| args.matches.get_flag(name);
    let value = |name: &str| args.matches.get_one::<String>(name).cloned();
    if given("h") {
        return Ok(Wish::Help);
    }
    if given("V") {
        return Ok(Wish::Version);
    }
    if value("p").or(value("i")).is_some() {
        return Err(Misuse::Fatal(OLD_LISTEN));
    }
    if !args.operands.is_empty() {
        return Err(Misuse::Usage(None));
    }
    let pid = value("P").map(|text| pid(&text)).transpose()?;
    match value("c") {
        Some(word) => {
            let signal = Signal::from_word(&word).ok_or(Misuse::Usage(None))?;
            Ok(Wish::Signal { signal, pid, debug: args.matches.get_count("D").into() })
        }
        None if args.matches.get_count("q") > 7 => {
            Err(Misuse::Fatal("Invalid log level threshold"))
        }
        None => Ok(Wish::Run(options(&args.matches, pid))),
    }
}

/// A process number as `strtol` reads it; negative and over-large ones are misuse.
fn pid(text: &str) -> Result<i64, Misuse> {
    let number = leading_int(text);
    let sane = (0..=i64::from(i32::MAX)).contains(&number);
    sane.then_some(number).ok_or(Misuse::Usage(None))
}

fn options(matches: &ArgMatches, pid: Option<i64>) -> Options {
    let debug = u32::from(matches.get_count("D"));
    let foreground = matches.get_count("F");
    let value = |name: &str| matches.get_one::<String>(name).cloned();
    let family = match (matches.get_flag("4"), matches.get_flag("6")) {
        (true, false) => Some(Family::V4),
        (false, true) => Some(Family::V6),
        (true, true) => later(matches),
        (false, false) => None,
    };
    Options {
        debug,
        foreground: foreground > 0 || (debug > 0 && !matches.get_flag("B")),
        pid_file_in_foreground: foreground > 1,
        pid,
        chroot: value("r"),
        quieter: u32::from(matches.get_count("q")),
        user: value("u"),
        family,
    }
}

fn later(matches: &ArgMatches) -> Option<Family> {
    let place = |name| matches.indices_of(name).and_then(Iterator::last);
    Some(if place("4") > place("6") { Family::V4 } else { Family::V6 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(line: &str) -> Result<Wish, Misuse> {
        read(format!("upsd {line}").split_whitespace().map(OsString::from))
    }

    fn run(line: &str) -> Options {
        match wish(line) {
            Ok(Wish::Run(options)) => options,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn options_have_their_effect() {
        assert_eq!(run(""), Options::default());
        let options = run("-DD -FF -r /jail -u ups -q -q -4 -6");
        assert_eq!((options.debug, options.quieter), (2, 2));
        assert!(options.foreground && options.pid_file_in_foreground);
        assert_eq!(options.chroot.as_deref(), Some("/jail"));
        assert_eq!(options.user.as_deref(), Some("ups"));
        assert_eq!(options.family, Some(Family::V6));
        assert_eq!(run("-6 -4").family, Some(Family::V4));
        assert!(run("-D").foreground);
        assert!(!run("-D -B").foreground);
        assert!(run("-D -B -F").foreground);
    }

    #[test]
    fn commands_may_be_cut_short() {
        let wanted = |signal, pid, debug| Ok(Wish::Signal { signal, pid, debug });
        assert_eq!(wish("-DD -c r"), wanted(Signal::Reload, None, 2));
        assert_eq!(wish("-c stop -P 12x"), wanted(Signal::Stop, Some(12), 0));
        assert_eq!(wish("-P abc -c stop"), wanted(Signal::Stop, Some(0), 0));
        assert_eq!(wish("-c reboot"), Err(Misuse::Usage(None)));
        assert_eq!(wish("-c stop -P -3"), Err(Misuse::Usage(None)));
    }

    #[test]
    fn misuse_is_told_apart() {
        let unknown = Misuse::Usage(Some("upsd: invalid option -- 'z'".to_owned()));
        assert_eq!(wish("-z"), Err(unknown));
        assert_eq!(wish("operand"), Err(Misuse::Usage(None)));
        assert!(matches!(wish("-p 3493"), Err(Misuse::Fatal(_))));
        assert!(matches!(wish("-qqqq -qqqq"), Err(Misuse::Fatal(_))));
        assert_eq!(wish("-h"), Ok(Wish::Help));
        assert_eq!(wish("-D -V"), Ok(Wish::Version));
    }
}
