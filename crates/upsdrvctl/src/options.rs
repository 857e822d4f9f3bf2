//! What upsdrvctl's command line asks for.
//!
//! Knows the options, the commands and the words NUT 2.8.5 has for a command line that makes no
//! sense. Whether the UPS exists is for `setup`. Pure.

use clap::builder::PossibleValue;
use clap::{Arg, ArgMatches, Command};
use nut_daemon::args::{Args, count, flag, value};

const PURPOSE: &str = "\
Starts, stops and asks drivers, by what ups.conf says.

usage: upsdrvctl [OPTIONS] (start | stop | shutdown | status) [<ups>]
       upsdrvctl [OPTIONS] (list | -l) [<ups>]
       upsdrvctl [OPTIONS] -c <command> [<ups>]

Without a UPS all of ups.conf are meant.
  start\t\tstart the driver, one after another, in the order of the file
  stop\t\tstop the driver
  shutdown\thave the driver switch the UPS off: first all with sdorder 0 (the default),
\t\tthen 1, and so on; never one with a negative sdorder, unless it is named
  status\tshow whether the driver runs and what it says
\t\t(PF: by its pid file, S: by its socket)
  list\t\tshow the names in ups.conf";

const MORE: &str = "\
Driver programs are found in driverpath of ups.conf, else in the folder that NUT_DRIVERPATH
names, else where they were installed.";

/// A command for drivers that run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remote {
    /// Read ups.conf again, or fail where a restart is needed.
    ReloadOrError,
    /// End.
    Exit,
    /// Print the data.
    Dump,
    /// Read ups.conf again, or end where a restart is needed.
    ReloadOrExit,
}

impl Remote {
    /// Every word, in the order in which NUT tries whether the given one is its beginning. `reload`
    /// is therefore `reload-or-error`.
    const WORDS: [(&'static str, Remote); 6] = [
        ("reload-or-error", Remote::ReloadOrError),
        ("exit", Remote::Exit),
        ("dump", Remote::Dump),
        ("data-dump", Remote::Dump),
        ("reload", Remote::ReloadOrError),
        ("reload-or-exit", Remote::ReloadOrExit),
    ];

    fn parse(word: &str) -> Option<Remote> {
        let known = Remote::WORDS.iter().find(|(text, _)| text.starts_with(word));
        known.filter(|_| !word.is_empty()).map(|&(_, remote)| remote)
    }
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the words of the command line
pub enum Verb {
    Start,
    Stop,
    Shutdown,
    Status,
    List,
    Remote(Remote),
}

/// Where drivers are to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// As they like.
    Default,
    /// With the terminal, without a pid file.
    Foreground,
    /// With the terminal, with a pid file.
    ForegroundWithPid,
    /// Without the terminal.
    Background,
}

/// A command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What to do.
    pub verb: Verb,
    /// With which one; none is all.
    pub ups: Option<String>,
    /// Only say what would be done.
    pub test: bool,
    /// Hand the debug level on.
    pub pass_debug: bool,
    /// `-F`, `-B`
    pub ground: Ground,
    /// `-r`
    pub chroot: Option<String>,
    /// `-u`
    pub user: Option<String>,
}

/// Why there is nothing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The help says it all; NUT ends with 0 here.
    Help,
    /// This line says it.
    Line(String),
}

/// The options for clap; the verb is for completions only.
pub fn command() -> Command {
    let commands = COMMANDS.map(|(name, help)| PossibleValue::new(name).help(help));
    Command::new("upsdrvctl")
        .before_help(PURPOSE)
        .after_help(MORE)
        .args([
            flag("list", 'l', "show the names in ups.conf"),
            value("remote", 'c', "command", "ask a running driver for something")
                .value_parser(commands),
            count("foreground", 'F', FOREGROUND),
            flag("background", 'B', "drivers go to the background even with -d"),
            flag("pass_debug", 'd', "hand the debug level to drivers"),
            value("chroot", 'r', "folder", "drivers chroot there"),
            value("user", 'u', "user", "drivers started by root become this user"),
            flag("test", 't', "only say what would be done"),
            count("debug", 'D', "print more about what is going on; may be repeated"),
            flag("version", 'V', "print the version and end"),
            flag("help", 'h', "print this help"),
        ])
        .arg(Arg::new("verb").value_parser(["start", "stop", "shutdown", "status", "list"]))
}

const FOREGROUND: &str = "\
drivers stay in the foreground: one takes the place of upsdrvctl, several
are watched over and end together. -FF: they write pid files too";

const COMMANDS: [(&str, &str); 6] = [
    ("reload", "read ups.conf again; fails where a restart is needed"),
    ("reload-or-error", "the same"),
    ("reload-or-exit", "read ups.conf again; the driver ends where a restart is needed"),
    ("dump", "print its data, if it has a standard output"),
    ("data-dump", "the same"),
    ("exit", "end"),
];

impl Options {
    /// Reads the options back.
    pub fn read(args: &Args) -> Result<Options, Refusal> {
        let (verb, rest) = verb(args)?;
        let ups = match rest {
            [] => None,
            [ups] => Some(ups.clone()),
            _ => {
                return Err(Refusal::Line(
                    "Error: extra arguments left on command line\n\
                     (common options should be before a command and UPS name)"
                        .to_owned(),
                ));
            }
        };
        let text = |name| args.matches.get_one::<String>(name).cloned();
        Ok(Options {
            verb,
            ups,
            test: args.matches.get_flag("test"),
            pass_debug: args.matches.get_flag("pass_debug"),
            ground: ground(&args.matches),
            chroot: text("chroot"),
            user: text("user"),
        })
    }

    /// Whether started drivers keep the terminal, so that their end says nothing of their start.
    /// Debugging, handed on, has that effect on a driver too.
    pub fn keeps_terminal(&self, debug: u32) -> bool {
        match self.ground {
            Ground::Foreground | Ground::ForegroundWithPid => true,
            Ground::Background => false,
            Ground::Default => self.pass_debug && debug > 0,
        }
    }
}

fn verb(args: &Args) -> Result<(Verb, &[String]), Refusal> {
    let operands = args.operands.as_slice();
    if let Some(word) = args.matches.get_one::<String>("remote") {
        let remote = Remote::parse(word).ok_or_else(|| {
            Refusal::Line("Error: unknown argument to option -c. Try -h for help.".to_owned())
        })?;
        return Ok((Verb::Remote(remote), operands));
    }
    if args.matches.get_flag("list") {
        return Ok((Verb::List, operands));
    }
    let (word, rest) = operands.split_first().ok_or(Refusal::Help)?;
    let verb = match word.as_str() {
        "start" => Verb::Start,
        "stop" => Verb::Stop,
        "shutdown" => Verb::Shutdown,
        "status" => Verb::Status,
        "list" => Verb::List,
        _ => return Err(Refusal::Line(format!("Error: unrecognized command [{word}]"))),
    };
    Ok((verb, rest))
}

/// The later of `-F` and `-B` wins.
fn ground(matches: &ArgMatches) -> Ground {
    let last = |name| matches.indices_of(name).and_then(Iterator::last);
    let foreground = matches.get_count("foreground");
    let background = matches.get_flag("background");
    let later = last("background") > last("foreground");
    match foreground {
        _ if background && (foreground == 0 || later) => Ground::Background,
        0 => Ground::Default,
        1 => Ground::Foreground,
        _ => Ground::ForegroundWithPid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nut_daemon::args;

    fn read(line: &str) -> Result<Options, Refusal> {
        let argv = std::iter::once("upsdrvctl").chain(line.split_whitespace()).map(Into::into);
        Options::read(&args::parse(command(), argv).unwrap())
    }

    #[test]
    fn commands_and_names() {
        let read = |line| read(line).map(|options| (options.verb, options.ups));
        assert_eq!(read("start"), Ok((Verb::Start, None)));
        assert_eq!(read("-F stop u"), Ok((Verb::Stop, Some("u".into()))));
        assert_eq!(read("-l u"), Ok((Verb::List, Some("u".into()))));
        assert_eq!(read("-c exit u"), Ok((Verb::Remote(Remote::Exit), Some("u".into()))));
        assert_eq!(read(""), Err(Refusal::Help));
        let line = "Error: unrecognized command [zz]";
        assert_eq!(read("zz"), Err(Refusal::Line(line.into())));
        assert!(
            matches!(read("start u -D"), Err(Refusal::Line(l)) if l.contains("extra arguments"))
        );
    }

    #[test]
    fn remote_words_are_known_by_their_beginning() {
        for (word, remote) in [
            ("r", Some(Remote::ReloadOrError)),
            ("reload", Some(Remote::ReloadOrError)),
            ("reload-or-ex", Some(Remote::ReloadOrExit)),
            ("e", Some(Remote::Exit)),
            ("d", Some(Remote::Dump)),
            ("data-dump", Some(Remote::Dump)),
            ("", None),
            ("reloads", None),
        ] {
            assert_eq!(Remote::parse(word), remote, "{word}");
        }
    }

    #[test]
    fn the_ground_is_the_later_wish() {
        let ground = |line| read(line).unwrap().ground;
        assert_eq!(ground("start"), Ground::Default);
        assert_eq!(ground("-F start"), Ground::Foreground);
        assert_eq!(ground("-FF start"), Ground::ForegroundWithPid);
        assert_eq!(ground("-F -F start"), Ground::ForegroundWithPid);
        assert_eq!(ground("-FB start"), Ground::Background);
        assert_eq!(ground("-BF start"), Ground::Foreground);
    }

    #[test]
    fn debugging_handed_on_keeps_the_terminal() {
        assert!(read("-d start").unwrap().keeps_terminal(1));
        assert!(!read("-d start").unwrap().keeps_terminal(0));
        assert!(!read("-d -B start").unwrap().keeps_terminal(1));
        assert!(!read("-D start").unwrap().keeps_terminal(1));
    }
}
