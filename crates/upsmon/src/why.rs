//! Why did it do that? Keeps what the monitor records, and tells it (`upsmon --why`).
//!
//! The record is two files in a folder that survives a reboot: `upsmon.why`, and `upsmon.why.1` with
//! what was before. Writing is for `keeper`, finding the story in it for `story`.

mod keeper;
mod spell;
mod story;

pub use keeper::Keeper;
pub use story::{Story, Times, Wish};

use nut_daemon::clock::WallTime;
use nut_daemon::errno::errno_text;
use nut_daemon::output::{complain, print};
use nut_daemon::{files, paths};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Most bytes of one of the two files.
const SIZE_MAX: u64 = 256 * 1024;

/// The file that grows.
pub fn file(folder: &Path) -> PathBuf {
    folder.join("upsmon.why")
}

/// The file of what was before.
pub fn older_file(folder: &Path) -> PathBuf {
    folder.join("upsmon.why.1")
}

impl Wish {
    /// What the words behind `--why` ask for; none for words that mean nothing.
    pub fn from_words(words: &[String]) -> Option<Wish> {
        match words {
            [] => Some(Wish::Outage),
            [word] if word == "all" => Some(Wish::All),
            [word] if word == "shutdown" => Some(Wish::Shutdown),
            _ => None,
        }
    }
}

/// `upsmon --why`: prints a story; gives the exit status: 1 where there is no record.
pub fn show(wish: Wish) -> u8 {
    match read(&paths::persist_dir()) {
        Ok(story) => {
            let zone = WallTime::now().local_by("local time (%Z, UTC%:z)");
            let times = Times { text: &|at| at.local_by("%Y-%m-%d %H:%M:%S"), zone: &zone };
            let printed = print(&story.tell(wish, times));
            u8::from(printed.is_err() || story.is_empty())
        }
        Err(text) => {
            complain(&text);
            1
        }
    }
}

/// Reads what is kept in a folder. Errors, in words: there is nothing, or it cannot be read.
fn read(folder: &Path) -> Result<Story, String> {
    let newest = file(folder);
    let name = newest.display();
    let read = |path: &Path| match contents(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            Err(format!("Can't read {}: {}", path.display(), errno_text(&e)))
        }
        read => Ok(read.ok()),
    };
    let files: Vec<_> =
        [read(&older_file(folder))?, read(&newest)?].into_iter().flatten().collect();
    match files.is_empty() {
        false => Ok(Story::read(&files)),
        true => {
            Err(format!("Nothing is recorded: there is no {name}. upsmon writes it as it runs."))
        }
    }
}

/// Somebody else may have made the files longer than we do.
fn contents(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    files::open(path)?.take(4 * SIZE_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
