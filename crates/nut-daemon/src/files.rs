//! Plain files that hold nobody up, files that grow, and who may do what with a file.
//!
//! Knows how to read a file and how to open one for appending where the folder may be another user's,
//! and how modes, owners and groups add up to a permission. What is in them is for the caller.

use crate::privileges::Account;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag};
use nix::unistd::{AccessFlags, Gid, faccessat, getgrouplist};
use std::ffi::CString;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Most bytes of a configuration file: far more than anybody writes, and little enough to read at once.
pub const CONF_MAX: u64 = 16 * 1024 * 1024;

/// Opens a plain file to read, at once: a pipe would wait for its writer, a device may never end.
/// Errors: it cannot be opened, or is no plain file.
pub fn open(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_NONBLOCK.bits();
    plain(OpenOptions::new().read(true).custom_flags(flags).open(path)?)
}

/// Reads a plain file of at most so many bytes. Errors: it cannot be read, is no plain file, or has
/// more.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    match u64::try_from(read).is_ok_and(|read| read <= most) {
        true => Ok(bytes),
        false => Err(io::Error::other(format!("it has more than {most} bytes"))),
    }
}

fn plain(file: File) -> io::Result<File> {
    let kind = file.metadata()?.file_type();
    match () {
        () if kind.is_file() => Ok(file),
        () if kind.is_dir() => Err(Errno::EISDIR.into()),
        () => Err(io::Error::new(ErrorKind::InvalidInput, "not a plain file")),
    }
}

/// Opens a plain file to write at its end, and to read; makes it with this mode, less the umask, where
/// it is not there. Errors: it cannot be opened, is a link, or no plain file.
pub fn append(path: &Path, mode: u32) -> io::Result<File> {
    // A link could lead to any file of the system; a pipe would hold its writer up.
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    let mut options = OpenOptions::new();
    let file = options.read(true).append(true).create(true).mode(mode).custom_flags(flags);
    plain(file.open(path)?)
}

/// What one may want to do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Read it.
    Read,
    /// Write to it; of a folder: make and remove files in it.
    Write,
    /// Run it; of a folder: enter it.
    Run,
}

impl Want {
    /// The bits of a mode that grant it to others.
    fn bits(self, is_folder: bool) -> u32 {
        match self {
            Want::Read => 4,
            // A folder has to be entered, too.
            Want::Write if is_folder => 3,
            Want::Write => 2,
            Want::Run => 1,
        }
    }
}

/// Whether this process may do that, by all the system knows: rights, and whether the file system can
/// be written to. Errors: it may not, and why.
pub fn may(path: &Path, want: Want) -> io::Result<()> {
    let flags = match want {
        Want::Read => AccessFlags::R_OK,
        Want::Write if path.is_dir() => AccessFlags::W_OK | AccessFlags::X_OK,
        Want::Write => AccessFlags::W_OK,
        Want::Run => AccessFlags::X_OK,
    };
    Ok(faccessat(AT_FDCWD, path, flags, AtFlags::AT_EACCESS)?)
}

/// Whether a file's own mode lets everybody do one of these things. A file that is not there lets
/// nobody do anything.
pub fn everybody_may(path: &Path, wants: &[Want]) -> bool {
    let granted = |data: Metadata| {
        let bits = |want: &Want| want.bits(data.is_dir());
        wants.iter().map(bits).any(|bits| data.mode() & bits == bits)
    };
    path.metadata().is_ok_and(granted)
}

/// What decides on somebody's rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    uid: u32,
    groups: Vec<u32>,
}

impl Person {
    /// An account with all its groups, as after [`crate::privileges::drop_to`].
    pub fn of(account: &Account) -> Person {
        let own = Gid::from_raw(account.gid);
        let name = CString::new(account.name.as_str()).unwrap_or_default();
        // Without a list, its own group is what is known.
        let groups = getgrouplist(&name, own).unwrap_or_else(|_| vec![own]);
        Person { uid: account.uid, groups: groups.into_iter().map(Gid::as_raw).collect() }
    }

    /// Whether somebody may do that, by owners and modes alone: of the file and of the folders that
    /// lead to it, whose links are followed. Errors: the file is not there, or may not be looked at.
    pub fn may(&self, path: &Path, want: Want) -> io::Result<bool> {
        let path = path.canonicalize()?;
        let file = path.metadata()?;
        let bits = want.bits(file.is_dir());
        let enters = |folder: &Path| folder.metadata().is_ok_and(|data| self.has(&data, 1));
        Ok(self.has(&file, bits) && path.ancestors().skip(1).all(enters))
    }

    fn has(&self, data: &Metadata, bits: u32) -> bool {
        let mode = data.mode();
        let granted = match () {
            // Root may do all but run what nobody may run.
            () if self.uid == 0 => return bits & 1 == 0 || data.is_dir() || mode & 0o111 != 0,
            () if data.uid() == self.uid => mode >> 6,
            () if self.groups.contains(&data.gid()) => mode >> 3,
            () => mode,
        };
        granted & bits == bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// A folder of this test's own, gone with it.
    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path =
                std::env::temp_dir().join(format!("nut-files-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn files_grow_and_nothing_else_is_opened() {
        let folder = Folder::new("append");
        let path = folder.0.join("log");
        append(&path, 0o640).unwrap().write_all(b"a").unwrap();
        append(&path, 0o640).unwrap().write_all(b"b").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"ab");
        assert_eq!(path.metadata().unwrap().mode() & 0o137, 0, "less the umask");
        symlink(&path, folder.0.join("link")).unwrap();
        append(&folder.0.join("link"), 0o640).unwrap_err();
        append(&folder.0, 0o640).unwrap_err();
    }

    #[test]
    fn only_plain_files_are_read_and_no_more_than_wanted() {
        let folder = Folder::new("read");
        let path = folder.0.join("conf");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert_eq!(read(&path, 4).unwrap_err().to_string(), "it has more than 4 bytes");
        assert_eq!(read(&folder.0, 5).unwrap_err().kind(), ErrorKind::IsADirectory);
        let pipe = folder.0.join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        for path in [&pipe, Path::new("/dev/zero")] {
            assert_eq!(read(path, 5).unwrap_err().to_string(), "not a plain file");
        }
    }

    #[test]
    fn rights_of_this_process_are_the_systems_word() {
        let folder = Folder::new("may");
        may(&folder.0, Want::Write).unwrap();
        let path = folder.0.join("script");
        assert_eq!(may(&path, Want::Read).unwrap_err().kind(), ErrorKind::NotFound);
        fs::write(&path, "").unwrap();
        may(&path, Want::Read).unwrap();
        may(&path, Want::Run).unwrap_err();
        fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
        may(&path, Want::Run).unwrap();
    }

    #[test]
    fn rights_of_others_go_by_owner_group_and_the_rest() {
        let folder = Folder::new("other");
        let path = folder.0.join("file");
        fs::write(&path, "").unwrap();
        // Only root can give a file away; whoever runs this may not is its owner, and says less.
        let given = std::os::unix::fs::chown(&path, Some(70_001), Some(70_002)).is_ok();
        let data = path.metadata().unwrap();
        let person = |uid, groups: &[u32]| Person { uid, groups: groups.to_vec() };
        let owner = person(data.uid(), &[data.gid()]);
        let (member, stranger) = (person(70_003, &[1, data.gid()]), person(70_003, &[70_003]));
        for (mode, want, owns, belongs, strange) in [
            (0o640, Want::Read, true, true, false),
            (0o640, Want::Write, true, false, false),
            (0o604, Want::Read, true, false, true),
            (0o045, Want::Read, false, true, true),
            (0o711, Want::Run, true, true, true),
        ] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let data = path.metadata().unwrap();
            let may = |person: &Person| person.has(&data, want.bits(false));
            assert_eq!([may(&member), may(&stranger)], [belongs, strange], "{mode:o} {want:?}");
            if given {
                assert_eq!(may(&owner), owns, "{mode:o} {want:?}");
            }
        }
        fs::set_permissions(&folder.0, Permissions::from_mode(0o750)).unwrap();
        assert!(!stranger.may(&path, Want::Run).unwrap(), "the folder is closed");
        stranger.may(&path.join("no"), Want::Read).unwrap_err();
    }

    #[test]
    fn what_everybody_may_is_in_the_mode() {
        let folder = Folder::new("everybody");
        let path = folder.0.join("file");
        fs::write(&path, "").unwrap();
        for (mode, reads, reads_or_enters) in [
            (0o640, false, false),
            (0o641, false, true),
            (0o644, true, true),
            (0o642, false, false),
        ] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(everybody_may(&path, &[Want::Read]), reads, "{mode:o}");
            let either = everybody_may(&path, &[Want::Read, Want::Run]);
            assert_eq!(either, reads_or_enters, "{mode:o}");
        }
        assert!(!everybody_may(&folder.0.join("no"), &[Want::Read, Want::Run]));
    }

    #[test]
    fn root_may_everything_but_run_what_nobody_runs() {
        let folder = Folder::new("root");
        let path = folder.0.join("file");
        fs::write(&path, "").unwrap();
        let root = Person::of(&crate::privileges::lookup("root").unwrap());
        assert!(root.groups.contains(&0));
        fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
        assert!(root.may(&path, Want::Write).unwrap() && !root.may(&path, Want::Run).unwrap());
    }
}
