//! Asking the timer daemon, and having one begun where that is needed.
//!
//! Every wait has an end: a daemon that hangs, or a lock that somebody holds for nothing, is a complaint
//! after [`PATIENCE`]. Blocking: for the short life of one event.

use super::config::Place;
use super::summon::{Summoned, summon};
use super::wire::{BEGIN_LIST, END_LIST, OK, Request};
use nut_daemon::errno::errno_text;
use nut_daemon::{dialog, lockfile};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a daemon may take to be there, and then to answer.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How long to leave another process alone that begins a daemon.
const PAUSE: Duration = Duration::from_millis(50);
/// Most bytes of an answer: a list of ten thousand timers has fewer.
const ANSWER_MAX: usize = 1024 * 1024;

/// Why the daemon was not reached, or did not do it.
pub type Complaint = String;

/// Has the daemon do something. There may be nothing to do where none runs.
pub fn deliver(place: &Place, request: &Request) -> Result<(), Complaint> {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if let Some(stream) = connect(&place.pipe)? {
            if confirmed(stream, request)? {
                return Ok(());
            }
            // It has just ended: it had nothing left to do when it took the connection.
            sleep(PAUSE);
            continue;
        }
        // While the lock is held a daemon is beginning or ending: what it began is not to be missed.
        if request.needs_no_daemon() && !lockfile::is_held(Path::new(&place.lock)) {
            return Ok(());
        }
        if request.needs_no_daemon() || summon(place)? == Summoned::Busy {
            sleep(PAUSE);
        }
    }
    Err(format!(
        "Failed to connect to parent and failed to create parent: LOCKFN {} is held, but nobody \
         answers at PIPEFN {}",
        place.lock, place.pipe
    ))
}

/// The rows of all timers, one a line.
pub fn list(pipe: &str) -> Result<String, Complaint> {
    let stream = connect(pipe)?.ok_or("upssched timer is not running")?;
    let broken =
        |_| "Unable to connect to daemon or connection was broken during listing".to_owned();
    let mut talk = Talk::begin(stream, &Request::List).map_err(broken)?;
    let mut rows = String::new();
    loop {
        match talk.line().map_err(broken)?.as_str() {
            BEGIN_LIST => {}
            END_LIST | OK => return Ok(rows),
            row => rows.extend([row, "\n"]),
        }
    }
}

/// A connection to the daemon; none where no daemon listens.
fn connect(pipe: &str) -> Result<Option<UnixStream>, Complaint> {
    match dialog::connect(Path::new(pipe), PATIENCE) {
        Ok(stream) => Ok(Some(stream)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
            Ok(None)
        }
        Err(e) => Err(format!("Unable to connect to daemon at PIPEFN {pipe}: {}", errno_text(&e))),
    }
}

/// Whether the daemon did it; false where it ended instead.
fn confirmed(stream: UnixStream, request: &Request) -> Result<bool, Complaint> {
    let answer = Talk::begin(stream, request).and_then(|mut talk| talk.line());
    match answer {
        Ok(answer) if answer == OK => Ok(true),
        Ok(answer) => Err(format!("read confirmation got [{answer}] for {request}")),
        Err(e) if matches!(e.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
            Err(format!("The timer daemon does not answer: {request}"))
        }
        Err(e) if e.kind() == ErrorKind::InvalidData => {
            Err(format!("read confirmation got an answer without end for {request}"))
        }
        Err(e) => {
            nut_daemon::debug!(1, "read confirmation failed, trying again: {}", errno_text(&e));
            Ok(false)
        }
    }
}

/// One question and its answer.
struct Talk {
    stream: UnixStream,
    /// What came and is no whole line yet.
    bytes: Vec<u8>,
    /// How many bytes came.
    read: usize,
    until: Instant,
}

impl Talk {
    fn begin(mut stream: UnixStream, request: &Request) -> io::Result<Talk> {
        stream.write_all(format!("{request}\n").as_bytes())?;
        Ok(Talk { stream, bytes: Vec::new(), read: 0, until: Instant::now() + PATIENCE })
    }

    /// The next line, without its end.
    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.bytes.iter().position(|&b| b == b'\n') {
                let line: Vec<u8> = self.bytes.drain(..=end).collect();
                let line = line.strip_suffix(b"\n").unwrap_or(&line);
                return Ok(String::from_utf8_lossy(line).into_owned());
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.read > ANSWER_MAX {
            return Err(ErrorKind::InvalidData.into());
        }
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        let mut buffer = [0u8; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(n) => {
                self.read += n;
                self.bytes.extend_from_slice(buffer.get(..n).unwrap_or_default());
                Ok(())
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => Ok(()),
            Err(e) => Err(e),
        }
    }
}
