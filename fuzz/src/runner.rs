//! Runs targets for a given time without libFuzzer.
//!
//! First every file of the corpus as it is, then mutations of them. There is no coverage to guide it:
//! it finds shallow faults and proves that the corpus holds, no more. An input that breaks a promise,
//! or that takes longer than [`STUCK`], is saved under `artifacts/`.

use crate::Target;
use crate::mutate::{Random, input};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// An input that takes this long counts as endless.
pub const STUCK: Duration = Duration::from_secs(30);

/// The target's inputs, sorted by name.
pub fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.sort();
    files.into_iter().filter_map(|path| fs::read(path).ok()).collect()
}

/// Runs a target for this long, or until a promise is broken. Returns the number of inputs tried,
/// or where the guilty one was saved.
pub fn run(target: &'static Target, time: Duration, seed: u64) -> Result<u64, PathBuf> {
    let corpus = corpus(target);
    let watch = watch(target.name);
    let (started, mut random, mut count) = (Instant::now(), Random::new(seed), 0);
    let mut given = corpus.iter();
    loop {
        let data = match given.next() {
            Some(data) => data.clone(),
            None if started.elapsed() >= time => return Ok(count),
            None => input(&mut random, &corpus, target.words),
        };
        count += 1;
        let _ = watch.send(data.clone());
        if catch_unwind(AssertUnwindSafe(|| (target.run)(&data))).is_err() {
            return Err(save(target.name, "crash", &data));
        }
    }
}

/// Watches over a run: each input announced must be followed by the next in time.
fn watch(name: &'static str) -> Sender<Vec<u8>> {
    let (announce, announced) = channel::<Vec<u8>>();
    std::thread::spawn(move || {
        let mut last = Vec::new();
        loop {
            match announced.recv_timeout(STUCK) {
                Ok(data) => last = data,
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    eprintln!("{name}: endless on {}", save(name, "endless", &last).display());
                    std::process::abort();
                }
            }
        }
    });
    announce
}

fn save(name: &str, what: &str, data: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts").join(name);
    let sum = data.iter().fold(0u32, |sum, &b| sum.rotate_left(5) ^ u32::from(b));
    let path = folder.join(format!("{what}-{sum:08x}"));
    let saved = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, data));
    saved.unwrap_or_else(|e| eprintln!("{}: {e}; the input was {data:?}", path.display()));
    path
}
