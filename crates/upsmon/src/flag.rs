//! POWERDOWNFLAG: the file that tells the last stage of the system's shutdown to cut the power.
//!
//! Writes it, clears an old one away at the start, and looks for `-K`. A file that is not ours is
//! never touched, and no link is followed but one that belongs to root or to ourselves: the folder may
//! be another user's. Texts and the magic are NUT 2.8.5's.

use nut_daemon::errno::errno_text;
use nut_daemon::privileges;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What the file begins with.
pub const MAGIC: &str = "upsmon-shutdown-file";

/// How many links may lead to the file.
const LINKS: usize = 8;

/// What stands at the place of the flag.
#[derive(Debug)]
pub enum Found {
    /// Nothing, or nothing that can be opened.
    Nothing,
    /// A flag of ours.
    Ours,
    /// Something else.
    Foreign,
    /// Something that gives no bytes: an empty file, or one that cannot be read.
    Silent(Option<io::Error>),
}

/// Looks at the place of the flag.
pub fn look(path: &Path) -> Found {
    match fs::metadata(path) {
        Err(_) => return Found::Nothing,
        // Opening a named pipe would wait for somebody to write into it.
        Ok(data) if !data.is_file() => return Found::Foreign,
        Ok(_) => {}
    }
    let Ok(file) = File::open(path) else { return Found::Nothing };
    let mut text = Vec::new();
    match file.take(MAGIC.len() as u64).read_to_end(&mut text) {
        Ok(0) => Found::Silent(None),
        Ok(_) if text == MAGIC.as_bytes() => Found::Ours,
        Ok(_) => Found::Foreign,
        Err(error) => Found::Silent(Some(error)),
    }
}

/// Clears a flag of an earlier shutdown away. Says whether the place can be used for a flag of this
/// run: not if something foreign is there.
pub fn clear(path: &Path) -> bool {
    match look(path) {
        Found::Nothing => true,
        Found::Ours => {
            if let Err(e) = fs::remove_file(path) {
                log::error!("Can't remove {}: {}", path.display(), errno_text(&e));
            }
            true
        }
        found => {
            tell_silence(path, &found);
            log::error!(
                "POWERDOWNFLAG ({}) does not contain the upsmon magic string (not a NUT file) - \
                 disabling!",
                path.display()
            );
            false
        }
    }
}

/// `-K`: tells whether the flag is set; gives the exit status, 0 if it is. None is a flag that is not
/// configured.
pub fn check(path: Option<&Path>) -> u8 {
    let Some(path) = path else { return not_set() };
    match look(path) {
        Found::Nothing => not_set(),
        Found::Ours => {
            log::info!("Power down flag is set");
            0
        }
        found => {
            tell_silence(path, &found);
            let name = path.display();
            log::error!("POWERDOWNFLAG ({name}) does not contain the upsmon magic string");
            1
        }
    }
}

fn not_set() -> u8 {
    log::error!("Power down flag is not set");
    1
}

fn tell_silence(path: &Path, found: &Found) {
    if let Found::Silent(error) = found {
        let why = error.as_ref().map_or_else(|| "Success".to_owned(), errno_text);
        log::error!("'{}' exists, but we can't read from it: {why}", path.display());
    }
}

/// Sets the flag. Errors: it cannot be written, or something foreign is in its place.
pub fn write(path: &Path) -> io::Result<()> {
    let path = end_of_links(path)?;
    // Follows no link and overwrites nothing.
    let mut file = match File::create_new(&path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => return already_set(&path),
        opened => opened?,
    };
    file.write_all(MAGIC.as_bytes()).inspect_err(|_| {
        // Half a flag would be taken for a foreign file at the next start.
        let _ = fs::remove_file(&path);
    })
}

fn already_set(path: &Path) -> io::Result<()> {
    let linked = fs::symlink_metadata(path)?.is_symlink();
    match look(path) {
        Found::Ours if !linked => Ok(()),
        _ => Err(io::Error::other("its name is taken by something else")),
    }
}

/// Where trustworthy links lead; a link of another user stays where it is, and cannot be written to.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        let owner = fs::symlink_metadata(&path)?.uid();
        if owner != 0 && owner != privileges::user() {
            break;
        }
        path = path.parent().map_or_else(|| target.clone(), |folder| folder.join(&target));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A folder of this test's own, gone with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("upsmon-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Folder(path)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn it_is_set_once_found_and_cleared() {
        let folder = Folder::new("flag");
        let path = folder.path("killpower");
        assert!(matches!(look(&path), Found::Nothing));
        assert_eq!(check(Some(&path)), 1);
        write(&path).unwrap();
        write(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), MAGIC);
        assert_eq!(check(Some(&path)), 0);
        fs::write(&path, format!("{MAGIC} and more\n")).unwrap();
        assert_eq!(check(Some(&path)), 0, "NUT looks at the beginning only");
        assert!(clear(&path) && !path.exists());
        assert!(clear(&path), "nothing to clear");
        assert_eq!(check(None), 1);
    }

    #[test]
    fn foreign_files_are_left_alone() {
        let folder = Folder::new("foreign");
        let path = folder.path("killpower");
        for text in ["", "upsmon", " upsmon-shutdown-file", "root:x:0:0\n"] {
            fs::write(&path, text).unwrap();
            assert!(!clear(&path), "{text:?}");
            assert_eq!(check(Some(&path)), 1, "{text:?}");
            write(&path).unwrap_err();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert!(!clear(&folder.0) && folder.0.exists(), "a folder");
        write(&folder.path("no/such/folder")).unwrap_err();
    }

    #[test]
    fn links_of_our_own_lead_to_the_flag_and_never_to_a_foreign_file() {
        let folder = Folder::new("links");
        let (path, end) = (folder.path("killpower"), folder.path("end"));
        symlink("end", &path).unwrap();
        write(&path).unwrap();
        assert_eq!(fs::read_to_string(&end).unwrap(), MAGIC);
        fs::write(&end, "precious").unwrap();
        write(&path).unwrap_err();
        assert_eq!(fs::read_to_string(&end).unwrap(), "precious");
        symlink("circle", folder.path("circle")).unwrap();
        write(&folder.path("circle")).unwrap_err();
    }

    #[test]
    fn a_link_of_another_user_is_not_followed() {
        let folder = Folder::new("planted");
        let path = folder.path("killpower");
        symlink("end", &path).unwrap();
        // Only root can play another user; whoever runs this may not is none.
        if std::os::unix::fs::lchown(&path, Some(65_534), None).is_ok() && privileges::is_root() {
            write(&path).unwrap_err();
            fs::write(folder.path("end"), MAGIC).unwrap();
            write(&path).unwrap_err();
        }
    }
}
