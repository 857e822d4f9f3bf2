//! The command line of upssched.
//!
//! Knows the options and what they ask for; doing it is for `startup`. Source of the facts: NUT 2.8.5.

use clap::Command;
use nut_daemon::args::{count, flag};
use std::ffi::OsString;

const PURPOSE: &str = "\
upssched: does things some time after an event of upsmon

upsmon runs it as NOTIFYCMD and tells the event by UPSNAME and NOTIFYTYPE in the environment.

usage: upssched [OPTIONS] [NOTIFYMSG]";

/// NUT's words for an option that does not exist; getopt has named it.
pub const UNKNOWN_OPTION: &str = "Error: unknown option -?. Try -h for help.";

/// What a command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Show the help and end well.
    Help,
    /// Show the version and end well.
    Version,
    /// List the timers.
    List {
        /// `-D`, as often as given.
        debug: u32,
    },
    /// Take the steps for an event.
    Event {
        /// `-D`, as often as given.
        debug: u32,
        /// NOTIFYMSG; empty where not given.
        message: String,
    },
}

/// The options for clap.
pub fn command() -> Command {
    Command::new("upssched").before_help(PURPOSE).args([
        count("debug", 'D', DEBUG),
        flag("version", 'V', "display the version of this software"),
        flag("help", 'h', "display this help"),
        flag("list", 'l', "list the timers that run"),
    ])
}

const DEBUG: &str = "raise debugging level (the timer daemon goes on writing to standard error)";

/// Reads a command line; its first word is the program's name. The error is getopt's complaint.
pub fn read(argv: impl IntoIterator<Item = OsString>) -> Result<Wish, String> {
    let args = nut_daemon::args::parse(command(), argv).map_err(|e| e.message)?;
    let given = |name: &str| args.matches.get_flag(name);
    let debug = u32::from(args.matches.get_count("debug"));
    Ok(match () {
        () if given("help") => Wish::Help,
        () if given("version") => Wish::Version,
        () if given("list") => Wish::List { debug },
        () => Wish::Event { debug, message: args.operands.into_iter().next().unwrap_or_default() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(words: &[&str]) -> Result<Wish, String> {
        read(["upssched"].iter().chain(words).map(OsString::from))
    }

    #[test]
    fn options_and_the_message() {
        let event = |debug, message: &str| Ok(Wish::Event { debug, message: message.to_owned() });
        assert_eq!(wish(&[]), event(0, ""));
        assert_eq!(wish(&["on battery", "more"]), event(0, "on battery"));
        assert_eq!(wish(&["-DD", "-D", "text"]), event(3, "text"));
        assert_eq!(wish(&["--", "-l"]), event(0, "-l"));
        assert_eq!(wish(&["-l", "-D"]), Ok(Wish::List { debug: 1 }));
        assert_eq!(wish(&["-h", "-l"]), Ok(Wish::Help));
        assert_eq!(wish(&["-V"]), Ok(Wish::Version));
        assert_eq!(wish(&["-z"]), Err("upssched: invalid option -- 'z'".to_owned()));
    }
}
