//! What upsdrvctl's command line asks for.
//!
//! Knows the options, the commands and the words NUT 2.8.5 has for a command line that makes no
//! sense. Whether the UPS exists is for `setup`. Pure.

use clap::{Arg, ArgAction, ArgMatches, Command};
use nut_daemon::args::Args;

pub(crate) const HELP: &str = "Starts, stops and asks drivers, by what ups.conf says.

usage: upsdrvctl [OPTIONS] (start | stop | shutdown | status) [<ups>]
       upsdrvctl [OPTIONS] (list | -l) [<ups>]
       upsdrvctl [OPTIONS] -c <command> [<ups>]

Without a UPS all of ups.conf are meant.
  start       - start the driver, one after another, in the order of the file
  stop        - stop the driver
  shutdown    - have the driver switch the UPS off: first all with sdorder 0 (the default),
                then 1, and so on; never one with a negative sdorder, unless it is named
  status      - show whether the driver runs and what it says
                (PF: by its pid file, S: by its socket)
  list        - show the names in ups.conf

  -c <command>  ask a running driver to
                  reload, reload-or-error  read ups.conf again; fails where a restart is needed
                  reload-or-exit           the same; the driver ends where a restart is needed
                  dump, data-dump          print its data, if it has a standard output
                  exit                     end
  -F            - drivers stay in the foreground: one takes the place of upsdrvctl, several
                  are watched over and end together. -FF: they write pid files too
  -B            - drivers go to the background even with -d
  -d            - hand the debug level to drivers
  -r <folder>   - drivers chroot there
  -u <user>     - drivers started by root become this user
  -t            - only say what would be done
  -D            - print more about what is going on; may be repeated
  -V            - print the version and end
  -h            - print this help

Driver programs are found in driverpath of ups.conf, else in the folder that NUT_DRIVERPATH
names, else where they were installed.
";

/// A command for drivers that run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remote {
    ReloadOrError,
    Exit,
    Dump,
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
pub(crate) enum Verb {
    Start,
    Stop,
    Shutdown,
    Status,
    List,
    Remote(Remote),
}

/// Where drivers are to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    /// As they like.
    Default,
    /// With the terminal, without a pid file.
    Foreground,
    /// With the terminal, with a pid file.
    ForegroundWithPid,
    Background,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) verb: Verb,
    pub(crate) ups: Option<String>,
    /// Only say what would be done.
    pub(crate) test: bool,
    /// Hand the debug level on.
    pub(crate) pass_debug: bool,
    pub(crate) ground: Ground,
    pub(crate) chroot: Option<String>,
    pub(crate) user: Option<String>,
}

/// Why there is nothing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The help says it all; NUT ends with 0 here.
    Help,
    Line(String),
}

pub(crate) fn command() -> Command {
    let flag = |name: &'static str, letter| Arg::new(name).short(letter).action(ArgAction::SetTrue);
    let count = |name: &'static str, letter| Arg::new(name).short(letter).action(ArgAction::Count);
    let value = |name: &'static str, letter| Arg::new(name).short(letter);
    Command::new("upsdrvctl")
        .args([flag("help", 'h'), flag("version", 'V'), flag("list", 'l'), flag("test", 't')])
        .args([flag("pass_debug", 'd'), flag("background", 'B')])
        .args([count("debug", 'D'), count("foreground", 'F')])
        .args([value("remote", 'c'), value("chroot", 'r'), value("user", 'u')])
}

impl Options {
    pub(crate) fn read(args: &Args) -> Result<Options, Refusal> {
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
    pub(crate) fn keeps_terminal(&self, debug: u32) -> bool {
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
