//! The timer daemon's place in the file system: its lock, its socket, its pid file.
//!
//! Who has the lock may replace the socket. Both are looked after as long as the daemon lives: people
//! and programs that clear folders must not leave timers running that nobody can cancel.

use super::config::Place;
use nut_daemon::errno::errno_text;
use nut_daemon::lockfile::LockFile;
use nut_daemon::reactor::{Id, Reactor};
use nut_daemon::{notice, paths, pidfile};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Who may talk to the daemon: its user and group.
const SOCKET_MODE: u32 = 0o660;

/// What the daemon holds.
#[derive(Debug)]
pub struct Seat {
    lock_path: PathBuf,
    lock: LockFile,
    socket: Socket,
    pid_file: Option<PathBuf>,
    /// Something is wrong with the place, and it was told.
    told: bool,
}

/// A socket in the file system.
#[derive(Debug)]
struct Socket {
    path: PathBuf,
    listener: Id,
    /// Device and number, to know it by.
    identity: Option<(u64, u64)>,
}

/// Whether the daemon may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Kept,
    /// Another daemon has taken its place.
    Lost,
}

impl Seat {
    /// Takes lock and socket; none where another daemon has the lock. The complaint names the file.
    pub fn take(place: &Place, reactor: &mut Reactor) -> Result<Option<Seat>, String> {
        let lock_path = PathBuf::from(&place.lock);
        let lock = LockFile::try_take(&lock_path).map_err(|e| {
            format!(
                "Failed to connect to parent and failed to create parent: can't lock LOCKFN {}: {}",
                place.lock,
                errno_text(&e)
            )
        })?;
        let Some(lock) = lock else { return Ok(None) };
        let socket = Socket::open(Path::new(&place.pipe), reactor)?;
        Ok(Some(Seat { lock_path, lock, socket, pid_file: write_pid_file(), told: false }))
    }

    /// Puts right what others did to the files.
    pub fn look_after(&mut self, reactor: &mut Reactor) -> Standing {
        match self.keep_lock().and_then(|kept| self.keep_socket(reactor, kept)) {
            Ok(standing) => {
                self.told = false;
                standing
            }
            Err(complaint) => {
                if !std::mem::replace(&mut self.told, true) {
                    log::error!("{complaint}");
                }
                Standing::Kept
            }
        }
    }

    fn keep_lock(&mut self) -> Result<Standing, String> {
        if self.lock.is_in_place() {
            return Ok(Standing::Kept);
        }
        let path = self.lock_path.display();
        match LockFile::try_take(&self.lock_path) {
            Ok(Some(lock)) => {
                log::warn!("LOCKFN {path} was taken away; it is there again");
                self.lock = lock;
                Ok(Standing::Kept)
            }
            Ok(None) => Ok(Standing::Lost),
            Err(e) => Err(format!("can't lock LOCKFN {path}: {}", errno_text(&e))),
        }
    }

    fn keep_socket(&mut self, reactor: &mut Reactor, lock: Standing) -> Result<Standing, String> {
        if lock == Standing::Kept && !self.socket.is_in_place() {
            let socket = Socket::open(&self.socket.path, reactor)?;
            log::warn!("PIPEFN {} was taken away; it is there again", socket.path.display());
            reactor.abort(std::mem::replace(&mut self.socket, socket).listener);
        }
        Ok(lock)
    }

    /// Takes away what the next daemon makes anew, unless that one has begun. The lock file stays: one
    /// that goes while others reach for it would keep nobody out.
    pub fn leave(self) {
        if !self.lock.is_in_place() {
            return;
        }
        if self.socket.is_in_place() {
            let _ = fs::remove_file(&self.socket.path);
        }
        if let Some(path) = &self.pid_file {
            pidfile::remove(path);
        }
    }
}

impl Socket {
    fn open(path: &Path, reactor: &mut Reactor) -> Result<Socket, String> {
        let failed = |e: io::Error| format!("bind {} failed: {}", path.display(), errno_text(&e));
        if let Ok(there) = fs::symlink_metadata(path).map(|data| data.file_type()) {
            // NUT takes away whatever has this name.
            if !there.is_socket() && !there.is_fifo() {
                return Err(format!("PIPEFN {} is there and is no socket", path.display()));
            }
        }
        let listener = reactor.listen_unix(path, SOCKET_MODE).map_err(failed)?;
        Ok(Socket { path: path.to_owned(), listener, identity: identity(path) })
    }

    fn is_in_place(&self) -> bool {
        self.identity.is_some() && identity(&self.path) == self.identity
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|data| (data.dev(), data.ino()))
}

fn write_pid_file() -> Option<PathBuf> {
    let path = paths::root_pid_dir().join("upssched.pid");
    // The daemon's umask is for sockets and scripts; a pid file is for everybody to read.
    let readable = || fs::set_permissions(&path, Permissions::from_mode(0o644));
    match pidfile::write(&path).and_then(|()| readable()) {
        Ok(()) => Some(path),
        Err(e) => {
            notice!("writepid: fopen {}: {}", path.display(), errno_text(&e));
            None
        }
    }
}
