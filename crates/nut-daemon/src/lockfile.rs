//! A lock on a file, held for as long as its holder lives.
//!
//! The kernel lets go of it when the holder ends, however it ends: nothing is left behind that has to
//! be cleaned up. The file itself stays. What the lock guards is for the caller.

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Mode of a new lock file, less the umask.
const MODE: u32 = 0o660;
/// How often the file may be replaced under our hands before that is an error.
const TRIES: usize = 16;

/// A lock that this process holds. Dropping it lets go.
#[derive(Debug)]
pub struct LockFile {
    path: PathBuf,
    lock: Flock<File>,
}

impl LockFile {
    /// Takes the lock on a file, which is made if it is not there; none where somebody else holds it.
    /// Errors: the file can be neither made nor opened, or is no plain file.
    pub fn try_take(path: &Path) -> io::Result<Option<LockFile>> {
        for _ in 0..TRIES {
            let lock = match Flock::lock(open(path)?, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => lock,
                Err((_, Errno::EWOULDBLOCK)) => return Ok(None),
                Err((_, errno)) => return Err(errno.into()),
            };
            let taken = LockFile { path: path.to_owned(), lock };
            // A lock on a file that was taken away meanwhile keeps nobody out.
            if taken.is_in_place() {
                return Ok(Some(taken));
            }
        }
        Err(ErrorKind::ResourceBusy.into())
    }

    /// Whether the path still leads to the file that is locked. Where it does not, somebody took the
    /// file away, and others can lock a new one.
    pub fn is_in_place(&self) -> bool {
        let identity = |data: fs::Metadata| (data.dev(), data.ino());
        let (mine, there) = (self.lock.metadata(), fs::symlink_metadata(&self.path));
        mine.is_ok_and(|mine| there.is_ok_and(|there| identity(mine) == identity(there)))
    }
}

/// Whether somebody holds the lock on this file at this moment.
pub fn is_held(path: &Path) -> bool {
    let Ok(file) = OpenOptions::new().read(true).custom_flags(flags()).open(path) else {
        return false;
    };
    matches!(Flock::lock(file, FlockArg::LockSharedNonblock), Err((_, Errno::EWOULDBLOCK)))
}

/// A link could lead to any file of the system; a pipe would hold up its reader.
fn flags() -> i32 {
    (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits()
}

fn open(path: &Path) -> io::Result<File> {
    let file = match open_as_it_is(path) {
        Err(e) if e.kind() == ErrorKind::PermissionDenied => open_own(path).map_err(|_| e)?,
        opened => opened?,
    };
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(ErrorKind::InvalidInput, "not a plain file")),
    }
}

fn open_as_it_is(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.mode(MODE).custom_flags(flags()).open(path)
}

/// Opens a file of our own that gives nobody any rights, as NUT's lock files are.
fn open_own(path: &Path) -> io::Result<File> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(ErrorKind::InvalidInput.into());
    }
    fs::set_permissions(path, Permissions::from_mode(MODE))?;
    open_as_it_is(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scrap(PathBuf);

    impl Scrap {
        fn new(name: &str) -> Scrap {
            let name = format!("walnut-lockfile-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            let _ = fs::remove_file(&path);
            Scrap(path)
        }
    }

    impl Drop for Scrap {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    #[test]
    fn one_holder_at_a_time() {
        let scrap = Scrap::new("one");
        assert!(!is_held(&scrap.0));
        let held = LockFile::try_take(&scrap.0).unwrap().unwrap();
        assert!(held.is_in_place() && is_held(&scrap.0));
        assert!(LockFile::try_take(&scrap.0).unwrap().is_none());
        drop(held);
        assert!(!is_held(&scrap.0));
        assert!(LockFile::try_take(&scrap.0).unwrap().is_some());
    }

    #[test]
    fn a_file_that_was_taken_away_is_noticed() {
        let scrap = Scrap::new("away");
        let first = LockFile::try_take(&scrap.0).unwrap().unwrap();
        fs::remove_file(&scrap.0).unwrap();
        assert!(!first.is_in_place());
        let second = LockFile::try_take(&scrap.0).unwrap().unwrap();
        assert!(second.is_in_place() && !first.is_in_place());
    }

    #[test]
    fn a_left_over_without_any_rights_is_taken_over() {
        let scrap = Scrap::new("rights");
        fs::write(&scrap.0, "").unwrap();
        fs::set_permissions(&scrap.0, Permissions::from_mode(0o000)).unwrap();
        assert!(LockFile::try_take(&scrap.0).unwrap().is_some());
    }

    #[test]
    fn what_is_no_file_of_its_own_is_refused() {
        let scrap = Scrap::new("link");
        std::os::unix::fs::symlink("/dev/null", &scrap.0).unwrap();
        assert!(LockFile::try_take(&scrap.0).is_err());
        assert!(LockFile::try_take(Path::new("/dev/null")).is_err());
        assert!(LockFile::try_take(Path::new("/no/such/folder/lock")).is_err());
        assert!(LockFile::try_take(&std::env::temp_dir()).is_err());
    }
}
