//! `install`: puts what the layout says below a folder, for this machine or for a package.
//!
//! Knows how each kind of content gets to its place. What there is, and whose it is, is the layout's word.
//! Group nut is not known while a package is built: `--maintainer-script` prints the commands that give it
//! its files on the machine itself.

use crate::layout::{Access, Content, GROUP, Item, Part, items};
use crate::{Outcome, Verb, completions, repo};
use clap::{Arg, ArgAction, ArgMatches};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

pub(crate) const VERB: Verb = Verb {
    name: "install",
    about: "Install programs, units, samples and man pages (needs root)",
    args,
    run: install,
};

fn args() -> Vec<Arg> {
    let value = |name, value| Arg::new(name).long(name).value_name(value);
    let flag = Arg::new("maintainer-script").long("maintainer-script");
    vec![
        repo::root_arg("Install below DIR, and leave owners to the package"),
        value("part", "PART").help("server or client only"),
        value("programs", "DIR").help("Where the programs were built [default: target/release]"),
        flag.action(ArgAction::SetTrue).help("Only print what gives group nut its files"),
    ]
}

fn install(args: &ArgMatches) -> Outcome {
    let part = part(args)?;
    let wanted = items().into_iter().filter(|item| part.is_none_or(|part| part == item.part));
    if args.get_flag("maintainer-script") {
        wanted.filter_map(|item| ownership(&item)).for_each(|line| println!("{line}"));
        return Ok(());
    }
    let place = Place::new(args)?;
    let mut count = 0;
    for item in wanted {
        place.put_told(&item)?;
        count += 1;
    }
    println!("{}: {count} files and folders", place.root.display());
    Ok(())
}

/// All of it below a folder that is not this machine's root: owners are left to whoever takes it from there.
pub(crate) fn below(root: &Path, programs: &Path) -> Outcome {
    let place = Place { root: root.to_owned(), programs: programs.to_owned(), group: None };
    items().iter().try_for_each(|item| place.put_told(item))
}

fn part(args: &ArgMatches) -> Result<Option<Part>, String> {
    let named: Option<&String> = args.get_one("part");
    let find = |name: &String| Part::named(name).ok_or(format!("no part {name}: server or client"));
    named.map(find).transpose()
}

/// The shell command that gives a file to root and group nut, if it is as dpkg unpacks it: one that was
/// there before has the owner and mode that an administrator or NUT's own package chose.
fn ownership(item: &Item) -> Option<String> {
    let Access::Nut(mode) = item.access else { return None };
    let path = format!("/{}", item.path);
    let fresh = format!("[ \"$(stat -c %G {path})\" = root ]");
    Some(format!("  if {fresh}; then chown root:{GROUP} {path}; chmod {mode:04o} {path}; fi"))
}

/// Where things go, and where they come from.
struct Place {
    root: PathBuf,
    programs: PathBuf,
    /// The number of group nut on this machine; `None` where a package will know it.
    group: Option<u32>,
}

impl Place {
    fn new(args: &ArgMatches) -> Result<Place, String> {
        let root = repo::root_of(args);
        let programs: Option<&String> = args.get_one("programs");
        let programs = programs.map_or_else(|| repo::target().join("release"), PathBuf::from);
        let group = match root == Path::new("/") {
            true => Some(nut_daemon::privileges::group(GROUP).ok_or_else(|| {
                format!("no group {GROUP}; make it with: systemd-sysusers systemd/nut.sysusers")
            })?),
            false => None,
        };
        Ok(Place { root, programs, group })
    }

    fn path(&self, item: &Item) -> PathBuf {
        self.root.join(&item.path)
    }

    /// What fails is told with its path.
    fn put_told(&self, item: &Item) -> Outcome {
        self.put(item).map_err(|e| format!("{}: {e}", self.path(item).display()))
    }

    fn put(&self, item: &Item) -> io::Result<()> {
        let path = self.path(item);
        if item.is_configuration() && path.exists() {
            println!("{}: left as it is", path.display());
            return Ok(());
        }
        fs::create_dir_all(path.parent().unwrap_or(&self.root))?;
        match item.content {
            Content::Folder => fs::create_dir_all(&path)?,
            Content::Link(target) => return replace(&path, |new| symlink(target, new)),
            Content::File(file) => replace(&path, |new| copy(&repo::root().join(file), new))?,
            Content::Completion(shell, name) => {
                replace(&path, |new| fs::write(new, completions::script(shell, name)))?;
            }
            Content::Program(name) => replace(&path, |new| copy(&self.programs.join(name), new))?,
        }
        self.give(&path, item.access)
    }

    fn give(&self, path: &Path, access: Access) -> io::Result<()> {
        if let (Access::Nut(_), Some(group)) = (access, self.group) {
            chown(path, Some(0), Some(group))?;
        }
        fs::set_permissions(path, Permissions::from_mode(access.mode()))
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let told = |e: io::Error| io::Error::new(e.kind(), format!("from {}: {e}", from.display()));
    fs::copy(from, to).map(|_| ()).map_err(told)
}

/// Makes the new one beside the old and puts it in its place at once: a running program keeps its file.
fn replace(path: &Path, make: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let _ = fs::remove_file(&new);
    make(&new)?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(name: &str) -> Place {
        let base =
            std::env::temp_dir().join(format!("walnut-install-{name}-{}", std::process::id()));
        let programs = base.join("programs");
        fs::create_dir_all(&programs).unwrap();
        for item in items() {
            if let Content::Program(name) = item.content {
                fs::write(programs.join(name), name).unwrap();
            }
        }
        Place { root: base.join("root"), programs, group: None }
    }

    fn clean(place: &Place) {
        fs::remove_dir_all(place.programs.parent().unwrap()).unwrap();
    }

    #[test]
    fn everything_gets_to_its_place_with_its_mode() {
        let place = stage("all");
        for item in items() {
            place.put(&item).unwrap();
            place.put(&item).unwrap();
            let found = fs::symlink_metadata(place.path(&item)).unwrap();
            let mode = item.access.mode();
            let is_link = matches!(item.content, Content::Link(_));
            assert_eq!(found.is_symlink(), is_link, "{}", item.path);
            assert!(is_link || found.permissions().mode() & 0o7777 == mode, "{}", item.path);
        }
        clean(&place);
    }

    #[test]
    fn a_configuration_that_is_there_stays() {
        let place = stage("kept");
        let path = place.root.join("etc/nut/ups.conf");
        repo::write(&path, "[mine]\n").unwrap();
        for item in items() {
            place.put(&item).unwrap();
        }
        assert_eq!(fs::read_to_string(path).unwrap(), "[mine]\n");
        clean(&place);
    }

    #[test]
    fn a_missing_program_is_named() {
        let place = stage("missing");
        fs::remove_file(place.programs.join("upsd")).unwrap();
        let upsd = items().into_iter().find(|item| item.path == "sbin/upsd").unwrap();
        let told = place.put(&upsd).unwrap_err().to_string();
        assert!(told.contains("programs/upsd: No such file"), "{told}");
        clean(&place);
    }

    #[test]
    fn group_nut_gets_its_files_on_the_machine() {
        let lines: Vec<String> = items().iter().filter_map(ownership).collect();
        let users = "  if [ \"$(stat -c %G /etc/nut/upsd.users)\" = root ]; then chown root:nut \
                     /etc/nut/upsd.users; chmod 0640 /etc/nut/upsd.users; fi";
        assert!(lines.iter().any(|line| line == users), "{lines:#?}");
        assert!(!lines.iter().any(|line| line.contains("/sbin/")));
    }
}
