//! One program as two processes with a link between them: one keeps the rights of root, the other one
//! does the work.
//!
//! Knows the fork, the link and how the child's end is told. What is said over the link, and dropping
//! rights, is for the caller. Each side sees the other one's end as the end of the link.

use crate::os;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

/// How long the other side may take to accept bytes.
const WRITE_TIME: Duration = Duration::from_secs(5);
/// Bytes asked for by one read.
const READ_SIZE: usize = 4096;

/// Which of the two processes this is.
#[derive(Debug)]
pub enum Side {
    /// The one that was there before.
    Parent(Twin, Link),
    /// The new one.
    Child(Link),
}

/// Forks; both processes return. Call it while the process has one thread, and before a reactor is
/// made: the two would share it. Errors: no process or descriptor to be had.
pub fn split() -> io::Result<Side> {
    let (parents, childs) = UnixStream::pair()?;
    let (parents, childs) = (Link::new(parents)?, Link::new(childs)?);
    match os::fork()? {
        ForkResult::Parent { child } => Ok(Side::Parent(Twin { child, end: None }, parents)),
        ForkResult::Child => Ok(Side::Child(childs)),
    }
}

/// One side's end of the link. Blocking; for a loop, a [`UnixStream`] can be made of it.
#[derive(Debug)]
pub struct Link(UnixStream);

/// What the other side said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// Bytes, at least one.
    Bytes(Vec<u8>),
    /// Nothing yet; the time is over or a signal came.
    Nothing,
    /// It is gone.
    End,
}

impl Link {
    fn new(stream: UnixStream) -> io::Result<Link> {
        stream.set_write_timeout(Some(WRITE_TIME))?;
        Ok(Link(stream))
    }

    /// Waits for bytes, for at most this long (none: until some come).
    pub fn receive(&mut self, patience: Option<Duration>) -> io::Result<Received> {
        let mut buffer = [0; READ_SIZE];
        // No time at all would mean no limit.
        self.0.set_read_timeout(patience.map(|time| time.max(Duration::from_micros(1))))?;
        match self.0.read(&mut buffer) {
            Ok(0) => Ok(Received::End),
            Ok(n) => Ok(Received::Bytes(buffer.get(..n).unwrap_or_default().to_vec())),
            Err(e) => match e.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {
                    Ok(Received::Nothing)
                }
                ErrorKind::ConnectionReset => Ok(Received::End),
                _ => Err(e),
            },
        }
    }

    /// Sends bytes. An error means that the other side is gone, or has not read for long.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
}

impl From<Link> for UnixStream {
    fn from(link: Link) -> UnixStream {
        link.0
    }
}

/// The child, as its parent knows it.
#[derive(Debug)]
pub struct Twin {
    child: Pid,
    end: Option<ExitStatus>,
}

impl Twin {
    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.as_raw().unsigned_abs()
    }

    /// Sends it a signal, unless its end was told already.
    pub fn signal(&self, number: i32) {
        if let (None, Ok(signal)) = (self.end, Signal::try_from(number)) {
            // One that has just ended needs no signal.
            let _ = kill(self.child, signal);
        }
    }

    /// How it ended, if it did.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.look(WaitPidFlag::WNOHANG)
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        loop {
            match self.look(WaitPidFlag::empty()) {
                Ok(Some(end)) => return Ok(end),
                Err(e) if e.kind() != ErrorKind::Interrupted => return Err(e),
                _ => {}
            }
        }
    }

    fn look(&mut self, flag: WaitPidFlag) -> io::Result<Option<ExitStatus>> {
        if self.end.is_none() {
            self.end = match waitpid(self.child, Some(flag))? {
                WaitStatus::Exited(_, code) => Some(ExitStatus::from_raw(code << 8)),
                WaitStatus::Signaled(_, signal, _) => Some(ExitStatus::from_raw(signal as i32)),
                _ => None,
            };
        }
        Ok(self.end)
    }
}
