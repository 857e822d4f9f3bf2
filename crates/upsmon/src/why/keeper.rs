//! Writes records to the disk, beside the loop.
//!
//! A disk may be full, or hang: on a thread of its own, writing never delays a decision. What does not
//! fit into the queue is lost, and a disk that refuses is told of once.

use super::{SIZE_MAX, file, older_file};
use crate::record::{Entry, Record};
use nut_daemon::clock::WallTime;
use nut_daemon::errno::errno_text;
use nut_daemon::files;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

/// Records that may wait for the disk: many times what one outage is worth.
const WAITING_MAX: usize = 1024;
/// How long the end of the program waits for the disk.
const PATIENCE: Duration = Duration::from_secs(2);
/// Mode of a new file: it names commands and users.
const MODE: u32 = 0o640;

/// Keeps records. Dropping it waits a moment for what is not written yet.
#[derive(Debug)]
pub struct Keeper {
    queue: Option<SyncSender<Entry>>,
    /// Ends when everything is written.
    written: Receiver<()>,
}

impl Keeper {
    /// Keeps records in this folder, which is not made. To be called when the process has the user it
    /// stays with.
    pub fn in_folder(folder: PathBuf) -> Keeper {
        let mut failing = false;
        Keeper::with(move |text| failing = told(&folder, append(&folder, text), failing))
    }

    fn with(mut write: impl FnMut(&str) + Send + 'static) -> Keeper {
        let (queue, entries) = sync_channel(WAITING_MAX);
        let (done, written) = channel();
        let work = move || {
            while let Some(text) = batch(&entries) {
                write(&text);
            }
            drop(done);
        };
        let thread = thread::Builder::new().name("record".to_owned()).spawn(work);
        if let Err(e) = &thread {
            log::warn!("Nothing is kept for upsmon --why: {}", errno_text(e));
        }
        Keeper { queue: thread.is_ok().then_some(queue), written }
    }

    /// Keeps a record of this moment; never waits.
    pub fn keep(&mut self, record: Record) {
        let entry = Entry { at: WallTime::now(), record };
        // A queue that is full means a disk that hangs: nobody could be told in time.
        let _ = self.queue.as_ref().map(|queue| queue.try_send(entry));
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.queue = None;
        let _ = self.written.recv_timeout(PATIENCE);
    }
}

/// The lines of all that waits; none when nothing will come any more.
fn batch(entries: &Receiver<Entry>) -> Option<String> {
    let mut text = entries.recv().ok()?.line();
    text.extend(entries.try_iter().map(|entry| entry.line()));
    Some(text)
}

/// Tells when writing begins to fail, and when it works again; gives whether it fails.
fn told(folder: &Path, result: io::Result<()>, failing: bool) -> bool {
    match &result {
        Err(e) if !failing => {
            let (path, why) = (file(folder), errno_text(e));
            log::warn!("Nothing is kept for upsmon --why: {}: {why}", path.display());
        }
        Ok(()) if failing => log::info!("Records are kept for upsmon --why again"),
        _ => {}
    }
    result.is_err()
}

/// Adds lines. A power cut may have left the last line without its end.
fn append(folder: &Path, text: &str) -> io::Result<()> {
    let path = file(folder);
    let mut open = open(folder, &path)?;
    let mut size = open.seek(SeekFrom::End(0))?;
    if size > 0 && size.saturating_add(text.len() as u64) > SIZE_MAX {
        fs::rename(&path, older_file(folder))?;
        open = files::append(&path, MODE)?;
        size = 0;
    }
    let torn = size.checked_sub(1).is_some_and(|last| !is_line_end(&open, last));
    let start = if torn { "\n" } else { "" };
    open.write_all(format!("{start}{text}").as_bytes())?;
    // The machine may be without power soon.
    open.sync_data()
}

/// A file of another user, left by an upsmon that ran as root, makes way.
fn open(folder: &Path, path: &Path) -> io::Result<File> {
    match files::append(path, MODE) {
        Err(e) if e.kind() == ErrorKind::PermissionDenied => {
            fs::rename(path, older_file(folder)).map_err(|_| e)?;
            files::append(path, MODE)
        }
        opened => opened,
    }
}

fn is_line_end(file: &File, at: u64) -> bool {
    let mut last = [0];
    file.read_at(&mut last, at).is_ok() && last == *b"\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Step;
    use std::sync::mpsc;

    /// A folder of this test's own, gone with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path =
                std::env::temp_dir().join(format!("upsmon-why-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Folder(path)
        }

        fn text(&self) -> String {
            fs::read_to_string(file(&self.0)).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn record(what: &str) -> Record {
        let (what, why) = (what.to_owned(), String::new());
        Record { ups: String::new(), step: Step::Start, what, why }
    }

    #[test]
    fn records_are_on_the_disk_when_the_keeper_ends() {
        let folder = Folder::new("keep");
        for what in ["one", "two"] {
            Keeper::in_folder(folder.0.clone()).keep(record(what));
        }
        let lines: Vec<Option<Entry>> =
            folder.text().lines().map(|line| Entry::parse(line.as_bytes())).collect();
        let what: Vec<String> = lines.into_iter().map(|line| line.unwrap().record.what).collect();
        assert_eq!(what, ["one", "two"]);
    }

    #[test]
    fn a_torn_line_spoils_no_other() {
        let folder = Folder::new("torn");
        fs::write(file(&folder.0), "1 start \"\" \"half").unwrap();
        append(&folder.0, "next\n").unwrap();
        append(&folder.0, "last\n").unwrap();
        assert_eq!(folder.text(), "1 start \"\" \"half\nnext\nlast\n");
    }

    #[test]
    fn two_generations_are_kept_and_no_more() {
        let folder = Folder::new("turn");
        for round in 0..9 {
            append(&folder.0, &format!("{round}{}\n", "x".repeat(99_999))).unwrap();
        }
        let older = fs::read_to_string(older_file(&folder.0)).unwrap();
        let rounds = |text: &str| text.lines().map(|line| line[..1].to_owned()).collect::<String>();
        assert_eq!((rounds(&older), rounds(&folder.text())), ("67".to_owned(), "8".to_owned()));
        assert!(folder.text().len() as u64 <= SIZE_MAX && older.len() as u64 <= SIZE_MAX);
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 2);
    }

    #[test]
    fn a_folder_that_is_not_there_is_not_made() {
        let folder = Folder::new("none");
        let missing = folder.0.join("missing");
        Keeper::in_folder(missing.clone()).keep(record("one"));
        assert!(!missing.exists());
        let failing = told(&missing, append(&missing, "x\n"), false);
        assert!(failing && !told(&folder.0, append(&folder.0, "x\n"), failing));
    }

    #[test]
    fn a_disk_that_hangs_delays_nothing() {
        let (let_go, hold) = mpsc::channel::<()>();
        let (count, counted) = mpsc::channel();
        let mut keeper = Keeper::with(move |text| {
            let _ = hold.recv();
            count.send(text.lines().count()).unwrap();
        });
        // More than fit: the test ends only if none of these waits.
        (0..WAITING_MAX * 3).for_each(|_| keeper.keep(record("x")));
        drop(let_go);
        drop(keeper);
        let kept: usize = counted.iter().sum();
        assert!((WAITING_MAX..WAITING_MAX * 3).contains(&kept), "{kept}");
    }
}
