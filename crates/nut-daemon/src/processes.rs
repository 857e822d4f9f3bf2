//! Child processes beside the loop: started, watched and ended without waiting for them.
//!
//! A child gets nothing of ours but what its job says: no descriptors, no signal settings, no word of
//! the service manager. [`crate::signals::CHLD`], which the caller has its reactor report, says when
//! to [reap](Processes::reap). What is run, and for how long it may run, is for the caller.

use crate::os;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, pipe2};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

/// What the service manager tells this process only.
const SERVICE_VARIABLES: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"];

/// Something to run. The environment is this process's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    program: OsString,
    args: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    without: Vec<OsString>,
    input: Option<Vec<u8>>,
    output: Output,
    group: bool,
}

/// Where a child's standard output and standard error go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// To /dev/null.
    Nowhere,
    /// To where this process's own go.
    Inherited,
}

impl Job {
    /// A program, looked for in PATH where its name has no slash; silent and with nothing to read.
    pub fn program(program: impl AsRef<OsStr>) -> Job {
        Job {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            variables: Vec::new(),
            without: Vec::new(),
            input: None,
            output: Output::Nowhere,
            group: false,
        }
    }

    /// A text for the shell, in which the words that [`Job::arg`] adds are `$1` and so on: they need
    /// no quoting of their own.
    pub fn shell(text: impl AsRef<OsStr>) -> Job {
        Job::program("/bin/sh").arg("-c").arg(text).arg("sh")
    }

    /// Adds a word to the command line.
    pub fn arg(mut self, word: impl AsRef<OsStr>) -> Job {
        self.args.push(word.as_ref().to_owned());
        self
    }

    /// Adds a variable to the environment.
    pub fn variable(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Job {
        self.variables.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Takes a variable out of the environment, unless [`Job::variable`] adds it.
    pub fn without(mut self, name: impl AsRef<OsStr>) -> Job {
        self.without.push(name.as_ref().to_owned());
        self
    }

    /// Gives the child something to read: what a fresh pipe takes, which is 64 KiB, and 4 KiB where
    /// pipes are scarce.
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Job {
        self.input = Some(bytes.into());
        self
    }

    /// Says where the child's words go.
    pub fn output(mut self, output: Output) -> Job {
        self.output = output;
        self
    }

    /// Makes the child the head of a process group, so that a signal for it reaches what it started,
    /// and the terminal's signals for us do not reach it.
    pub fn own_group(mut self) -> Job {
        self.group = true;
        self
    }

    fn command(&self) -> io::Result<Command> {
        let input = self.input.as_deref().map(filled_pipe).transpose()?;
        let mut command = Command::new(&self.program);
        for name in SERVICE_VARIABLES {
            command.env_remove(name);
        }
        for name in &self.without {
            command.env_remove(name);
        }
        command
            .args(&self.args)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(input.map_or_else(Stdio::null, Stdio::from))
            .stdout(self.output.stdio())
            .stderr(self.output.stdio());
        if self.group {
            command.process_group(0);
        }
        os::isolate(&mut command);
        Ok(command)
    }
}

impl Output {
    fn stdio(self) -> Stdio {
        match self {
            Output::Nowhere => Stdio::null(),
            Output::Inherited => Stdio::inherit(),
        }
    }
}

/// The reading end of a pipe in which these bytes wait.
fn filled_pipe(bytes: &[u8]) -> io::Result<File> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    File::from(writer).write_all(bytes).map_err(|e| match e.kind() {
        ErrorKind::WouldBlock => ErrorKind::FileTooLarge.into(),
        _ => e,
    })?;
    Ok(reader.into())
}

/// A child of [`Processes`]. Never means another one later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(u64);

#[derive(Debug)]
struct Running {
    handle: Handle,
    child: Child,
    group: bool,
}

impl Running {
    /// The child is not reaped yet, so that its number is still its own.
    fn signal(&self, signal: Signal) {
        let Ok(number) = i32::try_from(self.child.id()) else { return };
        let pid = Pid::from_raw(number);
        // One that has just ended needs no signal.
        let _ = if self.group { killpg(pid, signal) } else { kill(pid, signal) };
    }
}

/// The children of this process. Dropping it leaves them running.
#[derive(Debug, Default)]
pub struct Processes {
    running: Vec<Running>,
    started: u64,
}

impl Processes {
    /// Starts a job. Errors: no such program, no right to run it, no process to be had, too much
    /// input.
    pub fn start(&mut self, job: &Job) -> io::Result<Handle> {
        let child = job.command()?.spawn()?;
        self.started += 1;
        let handle = Handle(self.started);
        self.running.push(Running { handle, child, group: job.group });
        Ok(handle)
    }

    /// The children that have ended since the last call, and how. An error means that somebody else
    /// was told.
    pub fn reap(&mut self) -> Vec<(Handle, io::Result<ExitStatus>)> {
        let mut ended = Vec::new();
        self.running.retain_mut(|running| match running.child.try_wait().transpose() {
            None => true,
            Some(status) => {
                ended.push((running.handle, status));
                false
            }
        });
        ended
    }

    /// Asks a child to end (SIGTERM).
    pub fn terminate(&self, handle: Handle) {
        self.signal(handle, Signal::SIGTERM);
    }

    /// Ends a child (SIGKILL). It is still to be reaped.
    pub fn kill(&self, handle: Handle) {
        self.signal(handle, Signal::SIGKILL);
    }

    fn signal(&self, handle: Handle, signal: Signal) {
        self.running.iter().filter(|r| r.handle == handle).for_each(|r| r.signal(signal));
    }

    /// The number the system knows a child by, until it is reaped.
    pub fn pid(&self, handle: Handle) -> Option<u32> {
        self.running.iter().find(|r| r.handle == handle).map(|r| r.child.id())
    }

    /// How many run, or ended and are not reaped.
    pub fn len(&self) -> usize {
        self.running.len()
    }

    /// Whether none runs.
    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }
}

#[cfg(test)]
mod tests;
