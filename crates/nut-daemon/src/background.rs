//! Going to the background so that the caller learns whether the start succeeded.
//!
//! The fork comes first, since threads do not survive one. The parent waits for the child's word and
//! ends with 0 when the child is ready, or with the child's own exit status. Seen from outside this
//! is NUT's order: the foreground process returns 0 only after everything was set up.

use crate::os;
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

/// Forks; only the child returns. Call it while the process has one thread, before devices are
/// opened and files are written. Errors: no process or descriptor to be had.
pub fn detach() -> io::Result<Detached> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    match os::fork()? {
        ForkResult::Child => Ok(Detached { parent: writer.into() }),
        ForkResult::Parent { child } => {
            drop(writer);
            exit(verdict(reader.into(), child))
        }
    }
}

/// The exit status of the parent.
fn verdict(mut reader: File, child: Pid) -> i32 {
    let mut byte = [0u8];
    match reader.read(&mut byte) {
        Ok(1) => 0,
        _ => match waitpid(child, None) {
            Ok(WaitStatus::Exited(_, status)) => status,
            _ => 1,
        },
    }
}

impl Detached {
    /// Leaves the terminal and tells the parent that all is well.
    pub fn ready(mut self) -> io::Result<()> {
        leave_terminal()?;
        self.parent.write_all(b"!")
    }

    /// Leaves the terminal without a word: where the daemon has [two processes](crate::split), this
    /// is for the other one. The parent goes on waiting for the one that is to be [ready](Self::ready).
    pub fn leave(self) -> io::Result<()> {
        leave_terminal()
    }
}

fn leave_terminal() -> io::Result<()> {
    setsid()?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    Ok(dup2_stderr(&null)?)
}
