//! Which mode an option and a port ask for, and where the definition file is. Pure.

use std::path::{Path, PathBuf};

/// What dummy-ups does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Reads a file once, and again when it changes.
    Once,
    /// Reads a file over and over.
    Loop,
    /// Repeats a UPS of another server.
    Repeater,
}

/// The mode and its text for `driver.parameter.mode`. An unknown mode is not refused: it only keeps
/// an `@` in the port from meaning a repeater, as in NUT 2.8.5.
pub(crate) fn choose(option: Option<&str>, port: &str) -> (Mode, &'static str) {
    match option {
        Some("repeater") => (Mode::Repeater, "repeater"),
        None if port.contains('@') => (Mode::Repeater, "repeater"),
        Some("dummy-loop" | "dummy") => (Mode::Loop, "dummy-loop"),
        Some("dummy-once") => (Mode::Once, "dummy-once"),
        _ if port.ends_with(".seq") => (Mode::Loop, "dummy-loop"),
        _ if port.ends_with(".dev") => (Mode::Once, "dummy-once"),
        _ => (Mode::Loop, "dummy"),
    }
}

/// An absolute port is the file itself, one that begins with `.` counts from the working folder,
/// any other from the folder of the configuration.
pub(crate) fn definition(port: &str, conf_dir: &Path) -> PathBuf {
    match port.starts_with('.') {
        true => port.into(),
        false => conf_dir.join(port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_fits_counts() {
        for (option, port, expected) in [
            (Some("repeater"), "x.dev", (Mode::Repeater, "repeater")),
            (None, "u@h", (Mode::Repeater, "repeater")),
            (Some("dummy"), "x.dev", (Mode::Loop, "dummy-loop")),
            (Some("dummy-loop"), "u@h", (Mode::Loop, "dummy-loop")),
            (Some("dummy-once"), "x.seq", (Mode::Once, "dummy-once")),
            (Some("what"), "u@h.dev", (Mode::Once, "dummy-once")),
            (None, "x.seq", (Mode::Loop, "dummy-loop")),
            (None, "x.dev", (Mode::Once, "dummy-once")),
            (None, "x.DEV", (Mode::Loop, "dummy")),
        ] {
            assert_eq!(choose(option, port), expected, "{option:?} {port}");
        }
    }

    #[test]
    fn definition_files_are_found_as_nut_finds_them() {
        for (port, expected) in
            [("/a/b.dev", "/a/b.dev"), ("./b.dev", "./b.dev"), ("b.dev", "/c/b.dev")]
        {
            assert_eq!(definition(port, Path::new("/c")), Path::new(expected));
        }
    }
}
