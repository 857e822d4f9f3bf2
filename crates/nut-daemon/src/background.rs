//! Going to the background so that the caller learns whether the start succeeded.
//!
//! The fork comes first, since threads do not survive one. The parent waits for the child's word. A
//! daemon's parent [ends](detach) with 0 when the child is ready, or with the child's own exit status.
//! Seen from outside this is NUT's order: the foreground process returns 0 only after everything was
//! set up. A program that needs a daemon beside itself [begets](beget) one and goes on.

use crate::{logging, os};
use nix::fcntl::OFlag;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, dup2_stderr, dup2_stdin, dup2_stdout, pipe2, setsid};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::process::exit;

/// The child's side: the parent waits until [`Detached::ready`] or until this process ends.
#[derive(Debug)]
pub struct Detached {
    parent: File,
}

/// How a process that was [begotten](beget) began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Birth {
    /// It is ready, and lives on by itself.
    Ready,
    /// It ended before that, with this exit status; 1 where a signal ended it.
    Ended(i32),
}

/// Forks; only the child returns. Call it while the process has one thread, before devices are
/// opened and files are written. Errors: no process or descriptor to be had.
pub fn detach() -> io::Result<Detached> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    match os::fork()? {
        ForkResult::Child => Ok(Detached { parent: writer.into() }),
        ForkResult::Parent { child } => {
            drop(writer);
            exit(match birth(reader.into(), child) {
                Birth::Ready => 0,
                Birth::Ended(status) => status,
            })
        }
    }
}

/// Forks and has the child run this, which gives its exit status; returns, in the parent only, when
/// the child is ready or has ended. Call it while the process has one thread. Errors: no process or
/// descriptor to be had.
pub fn beget(run: impl FnOnce(Detached) -> u8) -> io::Result<Birth> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    match os::fork()? {
        ForkResult::Child => {
            drop(reader);
            exit(run(Detached { parent: writer.into() }).into())
        }
        ForkResult::Parent { child } => {
            drop(writer);
            Ok(birth(reader.into(), child))
        }
    }
}

fn birth(mut reader: File, child: Pid) -> Birth {
    let mut byte = [0u8];
    match reader.read(&mut byte) {
        Ok(1) => Birth::Ready,
        _ => match waitpid(child, None) {
            Ok(WaitStatus::Exited(_, status)) => Birth::Ended(status),
            _ => Birth::Ended(1),
        },
    }
}

impl Detached {
    /// Leaves the terminal and tells the parent that all is well. Standard error stays where the log
    /// is to go there (NUT_DEBUG_SYSLOG).
    pub fn ready(mut self) -> io::Result<()> {
        leave_terminal()?;
        self.parent.write_all(b"!")
    }

    /// As [`Detached::ready`], but leaves standard error in any case.
    pub fn ready_in_silence(mut self) -> io::Result<()> {
        leave_all_but_stderr()?;
        dup2_stderr(null()?)?;
        self.parent.write_all(b"!")
    }

    /// As [`Detached::ready`], but goes on writing to standard error.
    pub fn ready_with_stderr(mut self) -> io::Result<()> {
        leave_all_but_stderr()?;
        self.parent.write_all(b"!")
    }

    /// Leaves the terminal without a word: where the daemon has [two processes](crate::split), this
    /// is for the other one. The parent goes on waiting for the one that is to be [ready](Self::ready).
    pub fn leave(self) -> io::Result<()> {
        leave_terminal()
    }
}

fn leave_terminal() -> io::Result<()> {
    leave_all_but_stderr()?;
    if logging::keeps_stderr() { Ok(()) } else { Ok(dup2_stderr(null()?)?) }
}

fn leave_all_but_stderr() -> io::Result<()> {
    setsid()?;
    dup2_stdin(null()?)?;
    Ok(dup2_stdout(null()?)?)
}

fn null() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/null")
}
