//! What an installation consists of: every file and folder, its place, its owner and its mode.
//!
//! The one description that `install`, `secure`, `udev` and the Debian packages go by. Places are those
//! of NUT's own packages in Debian, so that absolute paths in scripts hold. Pure.

use crate::completions;
use clap_complete::Shell;

/// Which package a thing belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Drivers and upsd.
    Server,
    /// upsmon and whatever asks a server.
    Client,
}

impl Part {
    /// By the name that `--part` takes.
    pub(crate) fn named(name: &str) -> Option<Part> {
        match name {
            "server" => Some(Part::Server),
            "client" => Some(Part::Client),
            _ => None,
        }
    }
}

/// Owner and mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// `root:root`, this mode.
    Public(u32),
    /// `root:nut`, this mode.
    Nut(u32),
}

impl Access {
    /// The permission bits.
    pub(crate) fn mode(self) -> u32 {
        let (Access::Public(mode) | Access::Nut(mode)) = self;
        mode
    }
}

/// The group that daemons and drivers run as.
pub(crate) const GROUP: &str = "nut";
/// A file of the configuration: root writes it, group nut reads it.
pub(crate) const PRIVATE: Access = Access::Nut(0o640);
/// A folder of the configuration, and a program in it.
pub(crate) const PRIVATE_FOLDER: Access = Access::Nut(0o750);
const SHARED_FOLDER: Access = Access::Nut(0o770);
const PROGRAM: Access = Access::Public(0o755);
const FILE: Access = Access::Public(0o644);

/// Folder of the configuration, below the root.
pub(crate) const CONFIGURATION: &str = "etc/nut";
/// Folder of the administrator's own device maps, below the root.
pub(crate) const MAPS: &str = "etc/nut/usbhid";
/// Where the udev rules go in a package; an administrator's copy goes below `etc`.
pub(crate) const PACKAGED_RULES: &str = "lib/udev/rules.d/90-nut-ups.rules";
/// Where an administrator's udev rules go.
pub(crate) const OWN_RULES: &str = "etc/udev/rules.d/90-nut-ups.rules";
/// The unit that the udev rules start when a UPS was plugged in.
pub(crate) const HOTPLUG_UNIT: &str = "nut-driver-hotplug.service";
/// Where units go.
const UNITS: &str = "lib/systemd/system";

/// Where the content comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// A program of this name, out of cargo's target folder.
    Program(&'static str),
    /// A file of the repository.
    File(&'static str),
    /// Completions of this program for a shell.
    Completion(Shell, &'static str),
    /// A symbolic link to this.
    Link(&'static str),
    /// A folder of its own.
    Folder,
}

/// A file or folder of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// The package.
    pub(crate) part: Part,
    /// The path below the root, without a slash in front.
    pub(crate) path: String,
    /// What is there.
    pub(crate) content: Content,
    /// Whose it is. Links have none.
    pub(crate) access: Access,
}

impl Item {
    /// Whether it is the administrator's once it is there: an installation leaves it as it is.
    pub(crate) fn is_configuration(&self) -> bool {
        self.access == PRIVATE
    }
}

/// Where drivers are.
const DRIVERS: &str = "lib/nut";

/// Folder, name, part.
const PROGRAMS: &[(&str, &str, Part)] = &[
    (DRIVERS, "usbhid-ups", Part::Server),
    (DRIVERS, "dummy-ups", Part::Server),
    ("bin", "nut-scanner", Part::Server),
    ("sbin", "upsd", Part::Server),
    ("sbin", "upsdrvctl", Part::Server),
    ("sbin", "upsmon", Part::Client),
    ("sbin", "upssched", Part::Client),
    ("bin", "upsc", Part::Client),
    ("bin", "upscmd", Part::Client),
    ("bin", "upsrw", Part::Client),
    ("bin", "upslog", Part::Client),
];

/// The name in `etc`, part.
const SAMPLES: &[(&str, Part)] = &[
    ("etc/ups.conf", Part::Server),
    ("etc/upsd.conf", Part::Server),
    ("etc/upsd.users", Part::Server),
    ("etc/nut.conf", Part::Client),
    ("etc/upsmon.conf", Part::Client),
    ("etc/upssched.conf", Part::Client),
];

/// The file in `systemd`, part.
const UNIT_FILES: &[(&str, Part)] = &[
    ("systemd/nut-driver.target", Part::Server),
    ("systemd/nut-driver@.service", Part::Server),
    ("systemd/nut-driver-enumerator.path", Part::Server),
    ("systemd/nut-driver-enumerator.service", Part::Server),
    ("systemd/nut-driver-hotplug.service", Part::Server),
    ("systemd/nut-server.service", Part::Server),
    ("systemd/nut-monitor.service", Part::Client),
    ("systemd/nut.target", Part::Client),
];

/// Place, content, access, part: what no list above fits.
const OTHERS: &[(&str, Content, Access, Part)] = &[
    (PACKAGED_RULES, Content::File("udev/90-nut-ups.rules"), FILE, Part::Server),
    ("usr/share/nut/cmdvartab", Content::File("crates/upsd/data/cmdvartab"), FILE, Part::Server),
    (
        "usr/libexec/nut-driver-enumerator.sh",
        Content::File("systemd/nut-driver-enumerator.sh"),
        PROGRAM,
        Part::Server,
    ),
    ("usr/libexec/nut-conf.sh", Content::File("systemd/nut-conf.sh"), PROGRAM, Part::Client),
    ("sbin/upsdrvsvcctl", Content::File("systemd/upsdrvsvcctl"), PROGRAM, Part::Server),
    (
        "lib/systemd/system-shutdown/nutshutdown",
        Content::File("systemd/nutshutdown"),
        PROGRAM,
        Part::Server,
    ),
    (
        "lib/systemd/system/nut-client.service",
        Content::Link("nut-monitor.service"),
        FILE,
        Part::Client,
    ),
    ("lib/systemd/system/ups-monitor.service", Content::Link("/dev/null"), FILE, Part::Client),
    ("usr/lib/sysusers.d/nut.conf", Content::File("systemd/nut.sysusers"), FILE, Part::Client),
    ("usr/lib/tmpfiles.d/nut.conf", Content::File("systemd/nut.tmpfiles"), FILE, Part::Client),
    ("bin/upssched-cmd", Content::File("systemd/upssched-cmd"), PROGRAM, Part::Client),
    (CONFIGURATION, Content::Folder, PRIVATE_FOLDER, Part::Client),
    (MAPS, Content::Folder, PRIVATE_FOLDER, Part::Server),
    ("var/lib/nut", Content::Folder, SHARED_FOLDER, Part::Client),
];

/// Man page, part.
const PAGES: &[(&str, Part)] = &[
    ("docs/man/dummy-ups.8", Part::Server),
    ("docs/man/nut-driver-enumerator.8", Part::Server),
    ("docs/man/nut-scanner.8", Part::Server),
    ("docs/man/upsd.8", Part::Server),
    ("docs/man/upsd.users.5", Part::Server),
    ("docs/man/upsd.conf.5", Part::Server),
    ("docs/man/ups.conf.5", Part::Server),
    ("docs/man/nut.conf.5", Part::Client),
    ("docs/man/upsdrvctl.8", Part::Server),
    ("docs/man/upsdrvsvcctl.8", Part::Server),
    ("docs/man/usbhid-ups.8", Part::Server),
    ("docs/man/upsc.8", Part::Client),
    ("docs/man/upscmd.8", Part::Client),
    ("docs/man/upslog.8", Part::Client),
    ("docs/man/upsmon.8", Part::Client),
    ("docs/man/upsmon.conf.5", Part::Client),
    ("docs/man/upsrw.8", Part::Client),
    ("docs/man/upssched.8", Part::Client),
    ("docs/man/upssched.conf.5", Part::Client),
];

/// All of it; a folder comes before what it holds.
pub(crate) fn items() -> Vec<Item> {
    let others =
        OTHERS.iter().map(|&(path, content, access, part)| item(path, content, access, part));
    let programs = PROGRAMS.iter().map(|&(folder, name, part)| {
        item(&format!("{folder}/{name}"), Content::Program(name), PROGRAM, part)
    });
    let samples = SAMPLES.iter().map(|&(file, part)| {
        item(&format!("{CONFIGURATION}/{}", name(file)), Content::File(file), PRIVATE, part)
    });
    let units = UNIT_FILES.iter().map(|&(file, part)| {
        item(&format!("{UNITS}/{}", name(file)), Content::File(file), FILE, part)
    });
    let pages =
        PAGES.iter().map(|&(file, part)| item(&page(file), Content::File(file), FILE, part));
    let mut all: Vec<Item> = others
        .chain(programs)
        .chain(samples)
        .chain(units)
        .chain(pages)
        .chain(completions())
        .collect();
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

/// For what somebody types: drivers are not in the way of a shell.
fn completions() -> impl Iterator<Item = Item> {
    let typed = PROGRAMS.iter().filter(|(folder, ..)| *folder != DRIVERS);
    typed.flat_map(|&(_, name, part)| {
        let places = completions::places(name);
        places.map(move |(path, shell)| item(&path, Content::Completion(shell, name), FILE, part))
    })
}

fn item(path: &str, content: Content, access: Access, part: Part) -> Item {
    Item { part, path: path.to_owned(), content, access }
}

fn name(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

fn page(file: &str) -> String {
    let section = file.rsplit('.').next().unwrap_or_default();
    format!("usr/share/man/man{section}/{}", name(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_is_there_and_every_place_taken_once() {
        let items = items();
        let places: BTreeSet<&str> = items.iter().map(|item| item.path.as_str()).collect();
        assert_eq!(places.len(), items.len());
        for item in &items {
            if let Content::File(file) = item.content {
                assert!(repo::root().join(file).is_file(), "{file}");
            }
        }
    }

    /// What is in these folders of the repository is installed.
    #[test]
    fn nothing_is_forgotten() {
        let items = items();
        let listed =
            |path: &str| items.iter().any(|item| item.content == Content::File(leak(path)));
        for folder in ["etc", "udev", "systemd", "docs/man"] {
            for entry in std::fs::read_dir(repo::root().join(folder)).unwrap().flatten() {
                let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
                assert!(listed(&path), "{path} is not in the layout");
            }
        }
    }

    fn leak(text: &str) -> &'static str {
        text.to_owned().leak()
    }

    /// Programs of the workspace are installed.
    #[test]
    fn no_program_is_forgotten() {
        let folders = std::fs::read_dir(repo::root().join("crates")).unwrap().flatten();
        let programs: BTreeSet<String> =
            folders.flat_map(|folder| programs_of(&folder.path())).collect();
        let installed = PROGRAMS.iter().map(|(_, name, _)| (*name).to_owned()).collect();
        assert_eq!(programs, installed);
    }

    /// Those that a manifest names; without any, a `main.rs` is one called like its package.
    fn programs_of(folder: &std::path::Path) -> Vec<String> {
        let manifest: toml::Table =
            repo::read(&folder.join("Cargo.toml")).unwrap().parse().unwrap();
        let name = |table: &toml::Value| table["name"].as_str().unwrap().to_owned();
        match manifest.get("bin").and_then(|bins| bins.as_array()) {
            Some(bins) => bins.iter().map(name).collect(),
            None if folder.join("src/main.rs").exists() => vec![name(&manifest["package"])],
            None => Vec::new(),
        }
    }
}
