//! upslog's files: opened once each, written a line at a time, opened again when they were rotated.

use super::options::Sink;
use crate::complaint::Complaint;
use nut_daemon::errno::errno_text;
use nut_daemon::output::print;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The open files by name.
#[derive(Debug, Default)]
pub struct Files {
    open: BTreeMap<PathBuf, File>,
}

impl Files {
    /// Opens where these lines go, unless it is open already.
    pub fn open(&mut self, sink: &Sink) -> Result<(), Complaint> {
        let Sink::File(path) = sink else { return Ok(()) };
        if !self.open.contains_key(path) {
            let file = append(path).map_err(|e| {
                let (path, why) = (path.display(), errno_text(&e));
                Complaint::new(format!("could not open logfile {path}: {why}"))
            })?;
            self.open.insert(path.clone(), file);
        }
        Ok(())
    }

    /// Opens every file again by its name. Where that fails (the folder may belong to another user)
    /// the old one stays in use; NUT 2.8.5 ends there.
    pub fn reopen(&mut self) {
        for (path, file) in &mut self.open {
            match append(path) {
                Ok(fresh) => *file = fresh,
                Err(e) => {
                    let (path, why) = (path.display(), errno_text(&e));
                    log::error!(
                        "could not reopen logfile {path}: {why}; going on with the old one"
                    );
                }
            }
        }
    }

    /// Writes a line at once. An error means that standard output has no reader any more; a file
    /// that cannot be written (disks do fill up) is told and tried again with the next line.
    pub fn write(&mut self, sink: &Sink, line: &str) -> io::Result<()> {
        let line = format!("{line}\n");
        let Sink::File(path) = sink else { return print(&line) };
        if let Some(Err(e)) = self.open.get_mut(path).map(|file| file.write_all(line.as_bytes())) {
            log::error!("could not write logfile {}: {}", path.display(), errno_text(&e));
        }
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}
