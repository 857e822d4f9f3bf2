//! `secure`: the configuration may be read by root and group nut, and by nobody else.
//!
//! Files `root:nut 0640` (0750 if they are programs), folders `root:nut 0750`. Knows what to change
//! and says what it changed; a second run changes nothing.

use crate::layout::{self, CONFIGURATION, GROUP};
use crate::{Outcome, Verb, repo};
use clap::ArgMatches;
use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

pub(crate) const VERB: Verb = Verb {
    name: "secure",
    about: "Give the configuration in /etc/nut to root:nut, 0640 and 0750 (needs root)",
    args: || vec![repo::root_arg("Secure DIR/etc/nut instead, with the groups of DIR/etc/group")],
    run: secure,
};

/// Owner, group and mode of a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Access {
    uid: u32,
    gid: u32,
    /// The permission bits only.
    mode: u32,
}

impl Access {
    fn of(found: &Metadata) -> Access {
        Access { uid: found.uid(), gid: found.gid(), mode: found.mode() & 0o7777 }
    }

    /// What it should be. A program somebody put there (for upssched, say) stays one.
    fn wanted(found: &Metadata, gid: u32) -> Access {
        let enter = found.is_dir() || found.mode() & 0o111 != 0;
        let wanted = if enter { layout::PRIVATE_FOLDER } else { layout::PRIVATE };
        Access { uid: 0, gid, mode: wanted.mode() }
    }
}

fn secure(args: &ArgMatches) -> Outcome {
    let root = repo::root_of(args);
    let (folder, gid) = (root.join(CONFIGURATION), group(&root)?);
    let (mut seen, mut changed) = (0, 0);
    for path in tree(&folder)? {
        seen += 1;
        changed += usize::from(secure_one(&path, gid)?);
    }
    println!("{}: {seen} files and folders, {changed} changed", folder.display());
    Ok(())
}

/// The group's number, by the group file under another root and by the system for this one.
fn group(root: &Path) -> Result<u32, String> {
    let file = root.join("etc/group");
    let found = if root == Path::new("/") {
        nut_daemon::privileges::group(GROUP)
    } else {
        group_in(&fs::read_to_string(&file).unwrap_or_default())
    };
    found.ok_or_else(|| {
        format!("no group {GROUP} in {}; make it with: groupadd --system {GROUP}", file.display())
    })
}

fn group_in(text: &str) -> Option<u32> {
    let line = text.lines().find(|line| line.split(':').next() == Some(GROUP))?;
    line.split(':').nth(2)?.parse().ok()
}

/// The folder and all in it; a folder comes before what it holds, so that nobody slips in between.
/// Symbolic links are left out: what they point to is not ours to give away.
fn tree(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let told = |e: io::Error| format!("{}: {e}", folder.display());
    let mut found = vec![folder.to_owned()];
    let mut entries: Vec<_> = fs::read_dir(folder).map_err(told)?.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().map_err(told)?;
        if kind.is_dir() {
            found.extend(tree(&entry.path())?);
        } else if kind.is_file() {
            found.push(entry.path());
        } else {
            println!("{}: neither file nor folder, left as it is", entry.path().display());
        }
    }
    Ok(found)
}

fn secure_one(path: &Path, gid: u32) -> Result<bool, String> {
    let told = |e: io::Error| match e.kind() {
        io::ErrorKind::PermissionDenied => format!("{}: {e}; run it as root", path.display()),
        _ => format!("{}: {e}", path.display()),
    };
    let found = fs::symlink_metadata(path).map_err(told)?;
    let (now, wanted) = (Access::of(&found), Access::wanted(&found, gid));
    if now == wanted {
        return Ok(false);
    }
    chown(path, Some(wanted.uid), Some(wanted.gid)).map_err(told)?;
    fs::set_permissions(path, Permissions::from_mode(wanted.mode)).map_err(told)?;
    println!("{}", change(path, now, wanted));
    Ok(true)
}

fn change(path: &Path, now: Access, wanted: Access) -> String {
    let show = |a: Access| format!("{}:{} {:04o}", a.uid, a.gid, a.mode);
    format!("{}: {} -> root:{GROUP} {:04o}", path.display(), show(now), wanted.mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_found_in_a_group_file() {
        assert_eq!(group_in("root:x:0:\nnut:x:123:upsmon\n"), Some(123));
        assert_eq!(group_in("nutty:x:1:\n"), None);
        assert_eq!(group_in("nut:x\n"), None);
    }

    #[test]
    fn a_root_without_the_group_is_refused_with_advice() {
        let told = group(Path::new("/nonexistent")).unwrap_err();
        assert!(told.ends_with("make it with: groupadd --system nut"), "{told}");
    }

    /// As root the files change hands and a second run finds nothing to do; as anybody else the
    /// message says who may.
    #[test]
    fn files_get_their_owner_and_mode_once() {
        let root = std::env::temp_dir().join(format!("walnut-secure-{}", std::process::id()));
        let folder = root.join("etc/nut/usbhid");
        fs::create_dir_all(&folder).unwrap();
        for (name, mode) in [("ups.conf", 0o644), ("upssched-cmd", 0o755), ("usbhid/x.toml", 0o600)]
        {
            let path = root.join("etc/nut").join(name);
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        }
        let outcome: Result<Vec<bool>, String> =
            tree(&root.join("etc/nut")).unwrap().iter().map(|p| secure_one(p, 4321)).collect();
        if nut_daemon::privileges::is_root() {
            assert_eq!(outcome, Ok(vec![true; 5]));
            let modes = tree(&root.join("etc/nut")).unwrap().into_iter().map(|path| {
                let found = fs::metadata(&path).unwrap();
                assert!(!secure_one(&path, 4321).unwrap());
                (found.uid(), found.gid(), found.mode() & 0o7777)
            });
            let modes: Vec<_> = modes.collect();
            let wanted = [0o750, 0o640, 0o750, 0o750, 0o640].map(|mode| (0, 4321, mode));
            assert_eq!(modes, wanted);
        } else {
            assert!(outcome.unwrap_err().ends_with("; run it as root"));
        }
        fs::remove_dir_all(&root).unwrap();
    }
}
