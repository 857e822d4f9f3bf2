//! The programs of the workspace, with their command lines and settings as they define them themselves.
//!
//! Man pages, completions and tidy go by these.

use clap::Command;
use nut_proto::conf::ups_conf;
use upsdrv::Metadata;

/// A program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// Its options; what `-h` says is made from the same.
    pub(crate) command: fn() -> Command,
}

const fn program(name: &'static str, command: fn() -> Command) -> Program {
    Program { name, command }
}

/// All of them.
pub(crate) const PROGRAMS: [Program; 11] = [
    program("dummy-ups", upsdrv::command),
    program("nut-scanner", nut_scanner::cli::command),
    program("upsc", upsc::commands::upsc),
    program("upscmd", upsc::commands::upscmd),
    program("upsd", upsd::cli::command),
    program("upsdrvctl", upsdrvctl::options::command),
    program("upslog", upsc::log::options::command),
    program("upsmon", upsmon::cli::command),
    program("upsrw", upsc::commands::upsrw),
    program("upssched", upsmon::sched::cli::command),
    program("usbhid-ups", upsdrv::command),
];

/// What a man page says of settings, and where the names come from.
pub(crate) struct Settings {
    /// The page.
    pub(crate) page: &'static str,
    /// What the page calls them where it begins to tell of them.
    pub(crate) called: &'static str,
    /// Their names, by the tables that the program reads its files with.
    pub(crate) names: fn() -> Vec<&'static str>,
}

/// All of them.
#[rustfmt::skip] // one a line
pub(crate) const SETTINGS: [Settings; 8] = [
    Settings { page: "docs/man/ups.conf.5", called: "global", names: || ups_conf::GLOBAL_KEYS.to_vec() },
    Settings { page: "docs/man/ups.conf.5", called: "section", names: section_keys },
    Settings { page: "docs/man/usbhid-ups.8", called: "options", names: || options(&upsdrv_usbhid::driver::METADATA) },
    Settings { page: "docs/man/dummy-ups.8", called: "options", names: || options(&upsdrv_dummy::driver::METADATA) },
    Settings { page: "docs/man/upsd.conf.5", called: "directives", names: || upsd::config::upsd_conf_keywords().collect() },
    Settings { page: "docs/man/upsd.users.5", called: "settings", names: || upsd::config::upsd_users_keywords().collect() },
    Settings { page: "docs/man/upsmon.conf.5", called: "directives", names: || upsmon::config::keywords().collect() },
    Settings { page: "docs/man/upssched.conf.5", called: "directives", names: || upsmon::sched::config::keywords().collect() },
];

fn section_keys() -> Vec<&'static str> {
    [ups_conf::SECTION_KEYS, &ups_conf::PRESETS].concat()
}

fn options(driver: &Metadata) -> Vec<&'static str> {
    driver.options.iter().map(|option| option.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Content, items};

    #[test]
    fn every_installed_program_is_here() {
        let installed = items().into_iter().filter_map(|item| match item.content {
            Content::Program(name) => Some(name),
            _ => None,
        });
        let mut installed: Vec<&str> = installed.collect();
        installed.sort_unstable();
        assert_eq!(PROGRAMS.map(|program| program.name).to_vec(), installed);
    }
}
