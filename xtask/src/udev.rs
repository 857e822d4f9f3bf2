//! `udev`: rules that let group nut open every UPS the device maps know, and wake waiting drivers.
//!
//! Knows which devices have rules and where the file goes. A driver opens two nodes of one device,
//! hidraw for reports and the USB node for strings, so each device has two rules; their form is
//! `nut-hid::rules`'s. What is done when one was plugged in is for `systemd/`.

use crate::layout::{HOTPLUG_UNIT, MAPS, OWN_RULES, PACKAGED_RULES};
use crate::{Outcome, Verb, repo};
use clap::{Arg, ArgMatches};
use nut_hid::maps::Maps;
use nut_hid::rules;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const VERB: Verb = Verb {
    name: "udev",
    about: "Install udev rules for all known UPSes and apply them (needs root)",
    args,
    run: udev,
};

/// The file's place in the repository.
pub(crate) const COMMITTED: &str = "udev/90-nut-ups.rules";

fn args() -> Vec<Arg> {
    vec![repo::root_arg("For packages: write DIR/lib/udev/rules.d instead, apply nothing")]
}

fn udev(args: &ArgMatches) -> Outcome {
    let root = repo::root_of(args);
    let mut maps = Maps::builtin().0;
    add_users_maps(&mut maps, &root.join(MAPS));
    install(&destination(&root), &maps)?;
    if root == Path::new("/") { apply() } else { Ok(()) }
}

/// By hand the rules are the administrator's, in a package they are the system's.
fn destination(root: &Path) -> PathBuf {
    root.join(if root == Path::new("/") { OWN_RULES } else { PACKAGED_RULES })
}

/// Maps that the administrator wrote count too; one with faults is told and left out.
fn add_users_maps(maps: &mut Maps, folder: &Path) {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    for path in files {
        let name = path.display().to_string();
        match repo::read(&path).map(|text| maps.add(&name, &text).err()) {
            Ok(None) => println!("{name}: added"),
            Ok(Some(problems)) => problems.iter().for_each(|p| println!("{p}; left out")),
            Err(why) => println!("{why}; left out"),
        }
    }
}

fn install(path: &Path, maps: &Maps) -> Outcome {
    let text = all_rules(maps);
    let devices = text.lines().filter(|line| line.contains("hidraw")).count();
    if repo::read(path).is_ok_and(|old| old == text) {
        println!("{}: up to date, {devices} devices", path.display());
        return Ok(());
    }
    repo::write(path, &text)?;
    println!("{}: written, {devices} devices", path.display());
    Ok(())
}

/// Has udev read the rules and look again at what is plugged in. Where no udev runs, the rules wait
/// for it; that is told and no failure.
fn apply() -> Outcome {
    if nut_daemon::privileges::group("nut").is_none() {
        println!("there is no group nut yet; make it with: groupadd --system nut");
    }
    let reload = Command::new("udevadm").args(["control", "--reload"]).output();
    if !reload.is_ok_and(|done| done.status.success()) {
        println!("no udev answers here; it reads the rules when it starts");
        return Ok(());
    }
    let subsystems = ["--subsystem-match=usb", "--subsystem-match=hidraw"];
    repo::run(Command::new("udevadm").args(["trigger", "--action=change"]).args(subsystems))
}

/// What the repository's copy should hold.
pub(crate) fn committed_rules() -> String {
    all_rules(&Maps::builtin().0)
}

/// What a device is marked with, for the rule at the end.
const MARK: &str = "ENV{NUT_UPS}";

/// Wakes drivers that wait. The kernel says `bind` when the interfaces of a device have their drivers,
/// so that the hidraw node is there by then. At boot, when udev looks again at what is plugged in, it
/// says `add`: drivers are started by their target then.
fn hotplug_rule() -> String {
    format!(
        "ACTION==\"bind\", SUBSYSTEM==\"usb\", {MARK}==\"1\", TAG+=\"systemd\", \
         ENV{{SYSTEMD_WANTS}}+=\"{HOTPLUG_UNIT}\""
    )
}

/// The whole file.
fn all_rules(maps: &Maps) -> String {
    let mut out = String::from(
        "# Lets group nut open every UPS that the device maps know: the hidraw node for reports, the\n\
         # USB node for strings. Wakes drivers that wait for one. Written by `cargo xtask` from the maps; do not edit.\n\n\
         ACTION==\"remove\", GOTO=\"nut_ups_end\"\n",
    );
    for ((vid, pid), about) in devices(maps) {
        let [usb, hidraw] = ["usb", "hidraw"].map(|subsystem| rules::rule(subsystem, vid, pid));
        let _ = writeln!(out, "\n# {about}\n{usb}, {MARK}=\"1\"\n{hidraw}");
    }
    let _ = writeln!(out, "\n# One was plugged in.\n{}", hotplug_rule());
    out.push_str("\nLABEL=\"nut_ups_end\"\n");
    out
}

/// Every USB id once, sorted, with what is sold under it.
fn devices(maps: &Maps) -> BTreeMap<(u16, u16), String> {
    let mut devices = BTreeMap::new();
    for device in maps.iter().flat_map(|map| &map.devices) {
        devices.entry((device.vid, device.pid)).or_insert_with(|| device.about.clone());
    }
    devices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_device_has_a_rule_for_either_node() {
        let text = all_rules(&Maps::builtin().0);
        for subsystem in [
            "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"0463\", ATTR{idProduct}==\"ffff\"",
            "SUBSYSTEM==\"hidraw\", ATTRS{idVendor}==\"0463\", ATTRS{idProduct}==\"ffff\"",
        ] {
            let rule = format!("{subsystem}, MODE=\"0660\", GROUP=\"nut\"");
            assert_eq!(text.lines().filter(|line| line.starts_with(&rule)).count(), 1, "{rule}");
        }
    }

    /// Each device is marked, once, by the rule for the node that `bind` is said of.
    #[test]
    fn every_device_wakes_drivers() {
        let maps = Maps::builtin().0;
        let text = all_rules(&maps);
        let marked =
            |line: &&str| line.starts_with("SUBSYSTEM==\"usb\"") && line.ends_with("=\"1\"");
        assert_eq!(text.lines().filter(marked).count(), devices(&maps).len());
        let wake = "ACTION==\"bind\", SUBSYSTEM==\"usb\", ENV{NUT_UPS}==\"1\", TAG+=\"systemd\", \
                    ENV{SYSTEMD_WANTS}+=\"nut-driver-hotplug.service\"";
        assert_eq!(text.lines().filter(|line| *line == wake).count(), 1);
    }

    #[test]
    fn packages_and_administrators_have_their_own_folders() {
        assert_eq!(destination(Path::new("/")), Path::new("/etc/udev/rules.d/90-nut-ups.rules"));
        let package = destination(Path::new("/pkg"));
        assert_eq!(package, Path::new("/pkg/lib/udev/rules.d/90-nut-ups.rules"));
    }

    #[test]
    fn a_map_of_the_users_gets_its_rules_too() {
        let root = std::env::temp_dir().join(format!("walnut-udev-{}", std::process::id()));
        let folder = root.join("usbhid");
        let map = "maker = \"mine\"\nextends = \"mge\"\norigin = \"my own\"\n\
                   devices = [{ id = \"1234:5678\", about = \"My UPS\" }]\n";
        repo::write(&folder.join("mine.toml"), map).unwrap();
        repo::write(&folder.join("broken.toml"), "maker =").unwrap();
        let mut maps = Maps::builtin().0;
        add_users_maps(&mut maps, &folder);
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(devices(&maps).get(&(0x1234, 0x5678)).map(String::as_str), Some("My UPS"));
    }
}
