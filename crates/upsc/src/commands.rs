//! The command lines of upsc, upscmd and upsrw; upslog's is in [`crate::log::options`].
//!
//! Knows the options with their texts. What they ask for is for the programs.

use crate::cli::common;
use crate::order::Options;
use clap::Command;
use nut_daemon::args::{flag, value};

/// The options of upsc.
pub fn upsc() -> Command {
    Command::new("upsc")
        .before_help(UPSC)
        .args([
            flag("list", 'l', "list the UPSes of a server, one a line (default: of localhost)"),
            flag("described", 'L', "list them, each with its description"),
            flag("clients", 'c', "list the clients that are logged into a UPS, one a line"),
            flag("json", 'j', "print JSON"),
        ])
        .args(common())
}

const UPSC: &str = "\
Shows what is known of UPSes; changes nothing.

usage: upsc [-j] -l | -L [<hostname>[:port]]
       upsc [-j] <ups> [<variable>]
       upsc [-j] -c <ups>

  <ups>\t\t<upsname>[@<hostname>[:<port>]]
  <variable>\tprint the value of this variable only";

/// The options of upscmd.
pub fn upscmd() -> Command {
    Command::new("upscmd")
        .before_help(UPSCMD)
        .arg(flag("list", 'l', "list the commands of the UPS"))
        .args(Options::args())
        .args(common())
}

const UPSCMD: &str = "\
Runs instant commands of a UPS.

usage: upscmd [-h]
       upscmd [-l <ups>]
       upscmd [-u <username>] [-p <password>] [-w] [-t <timeout>] <ups> <command> [<value>]

  <ups>\t\t<upsname>[@<hostname>[:<port>]]
  <command>\tan instant command, such as test.panel.start
  <value>\twhat some commands want to know, such as a number of seconds";

/// The options of upsrw.
pub fn upsrw() -> Command {
    Command::new("upsrw")
        .before_help(UPSRW)
        .arg(flag("list", 'l', "list the variables that can be set (as without -s)"))
        .arg(value(
            "set",
            's',
            "var",
            "set this variable; VAR=VALUE says to what, else it is asked for",
        ))
        .args(Options::args())
        .args(common())
}

const UPSRW: &str = "\
Shows and sets variables of a UPS.

usage: upsrw [-h]
       upsrw [-l] <ups>
       upsrw -s <variable>[=<value>] [-u <username>] [-p <password>] [-w] [-t <timeout>] <ups>

  <ups>\t\t<upsname>[@<hostname>[:<port>]]";
