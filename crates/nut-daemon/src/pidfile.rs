//! Pid files, and signals to the process that a pid file names.
//!
//! A process is signalled only if its program has the expected name, as NUT does it.

use crate::errno::errno_text;
use crate::files;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::env;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Most bytes that a pid file may have to be read.
const SIZE_MAX: u64 = 4096;

/// Most bytes of what the kernel calls a process.
const SHORT: usize = 15;

/// Writes this process's number; mode 0644 less the umask. The file is made anew: the folder may be
/// another user's, who could have put a link, or a pipe, in its place.
pub fn write(path: &Path) -> io::Result<()> {
    remove(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(path)?;
    file.write_all(format!("{}\n", std::process::id()).as_bytes())
}

/// Takes the file away; a missing one is no matter.
pub fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// Why no process could be signalled. Its text form is NUT's log text.
#[derive(Debug)]
pub enum SignalError {
    /// The pid file cannot be read.
    Open(String, io::Error),
    /// The pid file has no text.
    Empty(String),
    /// No number of a process that may be signalled.
    InvalidPid(i64),
    /// The process runs another program.
    WrongProgram {
        /// Its number.
        pid: i64,
        /// The expected name.
        expected: String,
    },
    /// The process is gone, or belongs to somebody else.
    Kill(Errno),
}

impl fmt::Display for SignalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SignalError::Open(path, e) => write!(f, "fopen {path}: {}", errno_text(e)),
            SignalError::Empty(path) => write!(f, "Failed to read pid from {path}"),
            SignalError::InvalidPid(pid) => write!(f, "Ignoring invalid pid number {pid}"),
            SignalError::WrongProgram { pid, expected } => write!(
                f,
                "Tried to signal PID {pid} which exists but is not of expected program '{expected}' \
                 nor current '{}'",
                env::args().next().unwrap_or_default()
            ),
            SignalError::Kill(errno) => f.write_str(errno.desc()),
        }
    }
}

impl std::error::Error for SignalError {}

impl SignalError {
    /// Logs it. A missing pid file, or process, is the usual case and needs no words of its own.
    pub fn tell(&self) {
        match self {
            SignalError::Open(..) | SignalError::Kill(_) => crate::debug!(1, "{self}"),
            SignalError::WrongProgram { .. } => log::error!("{self}"),
            SignalError::Empty(_) | SignalError::InvalidPid(_) => crate::notice!("{self}"),
        }
    }
}

/// The number in a pid file. Text that is no number gives 0, as in NUT.
pub fn read(path: &Path) -> Result<i64, SignalError> {
    let name = path.display().to_string();
    let bytes = files::read(path, SIZE_MAX).map_err(|e| SignalError::Open(name.clone(), e))?;
    let text = String::from_utf8_lossy(&bytes);
    if text.trim().is_empty() {
        return Err(SignalError::Empty(name));
    }
    Ok(nut_proto::number::leading_int(&text))
}

/// Sends a signal (0 only asks whether it could) to a process that runs `program`.
pub fn signal(pid: i64, signal: i32, program: &str) -> Result<(), SignalError> {
    let number = i32::try_from(pid).ok().filter(|&n| n >= 2);
    let number = number.ok_or(SignalError::InvalidPid(pid))?;
    let target = Pid::from_raw(number);
    kill(target, None).map_err(SignalError::Kill)?;
    if !runs(number, program) {
        return Err(SignalError::WrongProgram { pid, expected: program.to_owned() });
    }
    let signal = if signal == 0 { None } else { Signal::try_from(signal).ok() };
    kill(target, signal).map_err(SignalError::Kill)
}

/// As [`signal`], to a daemon that runs under its own name or as the caller's program is called.
pub fn signal_either(
    pid: i64,
    number: i32,
    daemon: &str,
    program: &str,
) -> Result<(), SignalError> {
    match signal(pid, number, daemon) {
        Err(SignalError::WrongProgram { .. }) if program != daemon => signal(pid, number, program),
        outcome => outcome,
    }
}

/// Whether a process runs this program, by its executable or by the name it was called with; one that
/// has neither, such as a thread of the kernel, by its short name. An unknown name counts as yes, and
/// NUT_IGNORE_CHECKPROCNAME asks for no check, as in NUT.
pub fn runs(pid: i32, program: &str) -> bool {
    let ignore = env::var("NUT_IGNORE_CHECKPROCNAME").unwrap_or_default().to_ascii_lowercase();
    if matches!(ignore.as_str(), "true" | "on" | "yes" | "1") {
        return true;
    }
    let names = [executable(pid), called_as(pid)];
    let mut known = names.iter().flatten().peekable();
    match known.peek() {
        Some(_) => known.any(|name| name == program),
        None => short_name(pid).is_none_or(|name| is_short_for(&name, program)),
    }
}

fn executable(pid: i32) -> Option<String> {
    let target = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    let name = base_name(&target.to_string_lossy());
    Some(name.trim_end_matches(" (deleted)").to_owned())
}

fn called_as(pid: i32) -> Option<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let first = line.split(|&b| b == 0).next().filter(|word| !word.is_empty())?;
    Some(base_name(&String::from_utf8_lossy(first)))
}

/// What the kernel calls the process: of a name, the first bytes.
fn short_name(pid: i32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end_matches('\n').to_owned())
}

fn is_short_for(name: &str, program: &str) -> bool {
    name == program || (name.len() == SHORT && program.starts_with(name))
}

fn base_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_told_apart_by_name() {
        let me = std::process::id();
        let name = base_name(&env::args().next().unwrap());
        assert!(signal(me.into(), 0, &name).is_ok());
        let text = signal(me.into(), 0, "upsd").unwrap_err().to_string();
        assert!(text.contains("is not of expected program 'upsd'"), "{text}");
        assert_eq!(signal(1, 0, "upsd").unwrap_err().to_string(), "Ignoring invalid pid number 1");
    }

    /// Without executable and words: what is left in the place of a child that nobody asked after.
    #[test]
    fn a_process_without_executable_has_a_short_name() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id().try_into().unwrap();
        while executable(pid).is_some() || called_as(pid).is_some() {
            std::thread::yield_now();
        }
        assert!(runs(pid, "true"));
        assert!(!runs(pid, "upsmon"), "an old pid file must not keep a daemon from starting");
        child.wait().unwrap();
    }

    #[test]
    fn short_names_are_cut() {
        assert!(is_short_for("upsmon", "upsmon"));
        assert!(is_short_for("nutdrv_siemens-", "nutdrv_siemens-sitop"));
        assert!(!is_short_for("ups", "upsmon"));
    }

    #[test]
    fn pid_files_say_what_is_wrong_with_them() {
        let path = env::temp_dir().join(format!("walnut-pidfile-{}", std::process::id()));
        write(&path).unwrap();
        assert_eq!(read(&path).unwrap(), i64::from(std::process::id()));
        fs::write(&path, "\n").unwrap();
        let text = read(&path).unwrap_err().to_string();
        assert_eq!(text, format!("Failed to read pid from {}", path.display()));
        // Another user's folder: what a link in it leads to is not ours to write.
        let precious = path.with_extension("precious");
        fs::write(&precious, "precious").unwrap();
        remove(&path);
        std::os::unix::fs::symlink(&precious, &path).unwrap();
        write(&path).unwrap();
        assert_eq!(read(&path).unwrap(), i64::from(std::process::id()));
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
        remove(&precious);
        remove(&path);
        let text = read(&path).unwrap_err().to_string();
        assert_eq!(text, format!("fopen {}: No such file or directory", path.display()));
    }
}
