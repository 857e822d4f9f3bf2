//! upssched from its command line to its end, in NUT's order.
//!
//! Logs to syslog from the start: upsmon has no terminal for it. Who runs it, and with which rights, is
//! upsmon's business.

use super::cli::{UNKNOWN_OPTION, Wish, command, read as read_words};
use super::config::{self, Config};
use super::event::Event;
use super::{handle, reach};
use nut_daemon::args::program_name;
use nut_daemon::errno::errno_text;
use nut_daemon::output::{complain, print, remark};
use nut_daemon::{banner, files, logging, paths, usage};
use nut_proto::conf::{Diagnostic, Severity};
use std::env;
use std::ffi::OsString;

/// A message to end with; exit status 1.
type Fatal = String;

/// Does what the command line asks for; gives the exit status.
pub fn main(argv: Vec<OsString>) -> u8 {
    let program = program_name(&argv, "upssched");
    let result = match read_words(argv) {
        Ok(Wish::Help) => return show(&usage::text(&command())),
        Ok(Wish::Version) => return show(&format!("{}\n", banner::text(&program))),
        Ok(Wish::List { debug }) => {
            begin_log(&program, debug);
            list()
        }
        Ok(Wish::Event { debug, message }) => {
            begin_log(&program, debug);
            take(message)
        }
        Err(complaint) => {
            complain(&complaint);
            complain(UNKNOWN_OPTION);
            return 1;
        }
    };
    result.unwrap_or_else(|fatal| {
        log::error!("{fatal}");
        1
    })
}

/// Prints what was asked for; the exit status tells whether it arrived.
fn show(text: &str) -> u8 {
    u8::from(print(text).is_err())
}

fn begin_log(program: &str, debug: u32) {
    logging::init(logging::Setup { program: program.to_owned(), debug });
    if debug == 0 {
        logging::tell_level_from_environment();
        logging::set_debug(logging::level_from_environment().unwrap_or(0));
    }
    logging::open_syslog();
}

fn list() -> Result<u8, Fatal> {
    let (config, _) = read_file()?;
    if config.place.pipe.is_empty() {
        let lacks = "invalid configuration for timer listing: lacks PIPEFN";
        return Err(format!("upssched.conf: {lacks}"));
    }
    Ok(show(&reach::list(&config.place.pipe)?))
}

fn take(message: String) -> Result<u8, Fatal> {
    let variable = |name| env::var_os(name).map(|text| text.to_string_lossy().into_owned());
    let (Some(ups), Some(kind)) = (variable("UPSNAME"), variable("NOTIFYTYPE")) else {
        remark("Error: environment variables UPSNAME and NOTIFYTYPE must be set.");
        remark("This program should only be run from upsmon(8).");
        return Ok(1);
    };
    let event = Event { kind, ups, message };
    let (config, problems) = read_file()?;
    if let Some(level) = config.debug_min.filter(|&level| level > logging::debug()) {
        logging::set_debug(level);
    }
    logging::tell_problems(&problems);
    if let Some(refusal) = config.refusal {
        // Both ways, as in NUT: there may be nobody at the terminal, or nobody who reads the log.
        remark(&refusal.message);
        return Err(refusal.to_string());
    }
    let reached = handle::handle(&config, &event);
    let ignored = problems.iter().filter(|problem| problem.severity == Severity::Error);
    logging::tell_ignored(ignored.count());
    Ok(u8::from(!reached))
}

fn read_file() -> Result<(Config, Vec<Diagnostic>), Fatal> {
    let path = paths::conf_dir().join("upssched.conf");
    let name = path.display().to_string();
    match files::read(&path, files::CONF_MAX) {
        Ok(bytes) => Ok(config::read(&name, &bytes)),
        Err(e) => Err(format!("Can't open {name}: {}", errno_text(&e))),
    }
}
