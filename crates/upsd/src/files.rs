//! Reading upsd's files, and the warning about those that everybody may read.
//!
//! What they mean is for `config` and `descriptions`.

use crate::config::Source;
use nut_daemon::errno::errno_text;
use nut_daemon::files::{self, CONF_MAX, Want, everybody_may};
use std::io;
use std::path::{Path, PathBuf};

/// A file that could not be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Which one.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl Unreadable {
    /// NUT's words for a file that is not there when it looks at its rights.
    pub fn stat_text(&self) -> String {
        format!("stat {}: {}", self.path.display(), errno_text(&self.error))
    }
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Can't open {}: {}", self.path.display(), errno_text(&self.error))
    }
}

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Source, Unreadable> {
    let name = path.display().to_string();
    let unreadable = |error| Unreadable { path: path.to_owned(), error };
    files::read(path, CONF_MAX).map(|bytes| Source { name, bytes }).map_err(unreadable)
}

/// Warns about a file, or a folder, that everybody may read or enter.
pub fn warn_if_world_readable(path: &Path) {
    if everybody_may(path, &[Want::Read, Want::Run]) {
        log::warn!(
            "WARNING: {} is world readable (hope you don't have passwords there)",
            path.display()
        );
    }
}
