//! What the form of a file makes it say again is what the layout says.

use crate::layout::{Access, GROUP, HOTPLUG_UNIT, Item, items};
use crate::repo;
use std::path::Path;

/// Name and text of each file of a folder of the repository.
fn files(folder: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(repo::root().join(folder)).unwrap().flatten();
    let files = entries.filter(|entry| entry.path().is_file());
    let named = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    files.map(|entry| (named(&entry.path()), repo::read(&entry.path()).unwrap())).collect()
}

fn text(file: &str) -> String {
    repo::read(&repo::root().join(file)).unwrap()
}

fn item(path: &str) -> Option<Item> {
    items().into_iter().find(|item| item.path == path.trim_start_matches('/'))
}

/// Owner and mode of folders that drivers and daemons share.
fn shared() -> String {
    let Access::Nut(mode) = item("var/lib/nut").unwrap().access else { panic!("not group nut's") };
    format!("{mode:04o}")
}

#[test]
fn folders_that_are_made_at_boot_have_the_layouts_owner_and_mode() {
    let tmpfiles = text("systemd/nut.tmpfiles");
    for folder in ["/run/nut", "/var/lib/nut"] {
        let line = format!("d {folder} {} root {GROUP} - -", shared());
        assert!(tmpfiles.lines().any(|found| found == line), "{line}");
    }
    // Where nobody reads that file.
    let made = format!("install -d -o root -g {GROUP} -m {} /run/nut", shared());
    for (name, text) in files("debian") {
        let found = text.lines().map(str::trim).filter(|line| line.starts_with("install -d "));
        found.for_each(|line| assert_eq!(line, made, "{name}"));
    }
    let units = files("systemd");
    let modes = units.iter().flat_map(|(_, unit)| unit.lines());
    let modes: Vec<&str> =
        modes.filter_map(|line| line.strip_prefix("RuntimeDirectoryMode=")).collect();
    assert_eq!(modes, [shared(), shared(), shared()]);
}

#[test]
fn the_account_is_the_layouts() {
    let sysusers = text("systemd/nut.sysusers");
    for start in [format!("g {GROUP} "), format!("u {GROUP} "), format!("m {GROUP} {GROUP}")] {
        assert!(sysusers.lines().any(|line| line.starts_with(&start)), "{start}");
    }
    let rules = text(crate::udev::COMMITTED);
    let given = rules.matches("GROUP=").count();
    assert!(given > 0 && rules.matches(&format!("GROUP=\"{GROUP}\"")).count() == given);
    assert!(item(&format!("lib/systemd/system/{HOTPLUG_UNIT}")).is_some());
}

/// Units and scripts name nothing that is not installed.
#[test]
fn paths_in_units_and_scripts_are_the_layouts() {
    let mut seen = 0;
    let scripts = ["debian", "systemd", "xtask/src/dist"].into_iter().flat_map(files);
    for (name, text) in scripts {
        let code = text.lines().filter(|line| !line.starts_with('#'));
        let words = code
            .flat_map(|line| line.split(|c: char| !"/-_.@".contains(c) && !c.is_alphanumeric()));
        for word in words {
            let word = word.trim_end_matches('.');
            let places = ["/usr/libexec/", "/sbin/ups", "/lib/nut/", "/etc/nut/"];
            let ours = places.iter().any(|place| word.starts_with(place) && word != *place);
            if ours && !name.ends_with("trial.sh") {
                seen += 1;
                assert!(item(word).is_some(), "{name}: {word}");
            }
        }
    }
    assert!(seen > 20, "{seen}");
}

/// Debian's inspector is told of the modes that the layout chose.
#[test]
fn overrides_name_the_layouts_modes() {
    let overrides = files("debian").into_iter().filter(|(name, _)| name.ends_with("-overrides"));
    let mut seen = 0;
    for (name, text) in overrides {
        for line in text.lines().filter(|line| line.contains("-perm ")) {
            let words: Vec<&str> = line.split(' ').collect();
            let (mode, place) = (words[2], words[words.len() - 1]);
            let place = place.trim_matches(['[', ']']);
            let found = items().into_iter().filter(|item| {
                let folder = format!("{}/", item.path);
                folder == place || item.is_configuration() && place == "etc/nut/*"
            });
            let modes: Vec<u32> = found.map(|item| item.access.mode()).collect();
            assert!(!modes.is_empty(), "{name}: {line}");
            assert!(modes.iter().all(|found| format!("{found:04o}") == mode), "{name}: {line}");
            seen += 1;
        }
    }
    assert_eq!(seen, 4);
}
