//! Whether the drivers' user may open a device's nodes, and what is missing if not.
//!
//! Knows owner, group and mode of nodes and where udev's rules lie. Access control lists are not
//! looked at.

use crate::usb::Device;
use nut_daemon::paths::RUN_AS_USER;
use nut_daemon::privileges;
use nut_hid::rules;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Folders of udev's rules.
const FOLDERS: [&str; 4] =
    ["etc/udev/rules.d", "run/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d"];

/// Who wants to open a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    name: String,
    uid: u32,
    gids: Vec<u32>,
}

/// The user that drivers become; none if there is none of the name.
pub fn driver_user() -> Option<User> {
    let account = privileges::lookup(RUN_AS_USER)?;
    let gids = privileges::groups(&account);
    Some(User { name: account.name, uid: account.uid, gids })
}

/// A node's owner, group and mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rights {
    uid: u32,
    gid: u32,
    mode: u32,
}

impl Rights {
    fn of(node: &Path) -> Option<Rights> {
        let meta = fs::metadata(node).ok()?;
        Some(Rights { uid: meta.uid(), gid: meta.gid(), mode: meta.mode() })
    }

    /// Whether the user may read and write.
    fn allow(self, user: &User) -> bool {
        let shift = match () {
            () if user.uid == 0 => return true,
            () if user.uid == self.uid => 6,
            () if user.gids.contains(&self.gid) => 3,
            () => 0,
        };
        self.mode >> shift & 0o6 == 0o6
    }
}

/// What is to be said of a device, one line each: its nodes, and rules that are missing. `root` is
/// `/` outside tests.
pub fn remarks(device: &Device, root: &Path, user: Option<&User>) -> Vec<String> {
    let dev = root.join("dev");
    let mut lines = vec![format!(
        "USB device {:04x}:{:04x} ({}), bus {} device {}:",
        device.vid,
        device.pid,
        device.product.as_deref().unwrap_or("no name"),
        device.bus,
        device.address
    )];
    let nodes = [
        ("hidraw", device.hidraw.as_ref().map(|name| dev.join(name))),
        ("usb", Some(device.usb_node(&dev))),
    ];
    for (subsystem, node) in nodes {
        let (line, usable) = about(subsystem, node, root, user);
        lines.push(line);
        if !usable {
            lines.push(advice(device, subsystem, root));
        }
    }
    lines
}

/// A line about a node, and whether all is well with it.
fn about(
    subsystem: &str,
    node: Option<PathBuf>,
    root: &Path,
    user: Option<&User>,
) -> (String, bool) {
    let Some(node) = node else {
        let text = "  no hidraw node: usbhid-ups goes by the USB node";
        return (text.to_owned(), true);
    };
    let shown = Path::new("/").join(node.strip_prefix(root).unwrap_or(&node));
    let shown = shown.display();
    match (Rights::of(&node), user) {
        (None, _) => (format!("  {subsystem} node {shown} is not there"), true),
        (_, None) => (format!("  {subsystem} node {shown}: there is no user {RUN_AS_USER}"), false),
        (Some(rights), Some(user)) if rights.allow(user) => {
            (format!("  {subsystem} node {shown}: user {} may open it", user.name), true)
        }
        (Some(rights), Some(user)) => {
            let mode = rights.mode & 0o777;
            let text = format!(
                "  {subsystem} node {shown}: user {} may not open it (mode {mode:04o}, owner {}, group {})",
                user.name, rights.uid, rights.gid
            );
            (text, false)
        }
    }
}

fn advice(device: &Device, subsystem: &str, root: &Path) -> String {
    match rule_file(device, subsystem, root) {
        Some(file) => format!(
            "  a rule for it is in {}: unplug the UPS and plug it in again",
            Path::new("/").join(file.strip_prefix(root).unwrap_or(&file)).display()
        ),
        None => format!("  missing udev rule: {}", rules::rule(subsystem, device.vid, device.pid)),
    }
}

/// The file with a rule for this device and kind of node.
fn rule_file(device: &Device, subsystem: &str, root: &Path) -> Option<PathBuf> {
    let words = rules::matches(subsystem, device.vid, device.pid);
    let files = FOLDERS.iter().flat_map(|f| fs::read_dir(root.join(f)).into_iter().flatten());
    let mut files: Vec<PathBuf> = files.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.into_iter().find(|file| {
        let text = fs::read_to_string(file).unwrap_or_default();
        text.lines().any(|line| !line.starts_with('#') && words.iter().all(|w| line.contains(w)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_group_and_others_each_have_their_bits() {
        let user = User { name: "nut".into(), uid: 7, gids: vec![8, 9] };
        let allowed = |uid, gid, mode: u32| Rights { uid, gid, mode: 0o20000 | mode }.allow(&user);
        assert!(allowed(0, 9, 0o660) && allowed(7, 0, 0o600) && allowed(0, 0, 0o666));
        assert!(!allowed(0, 0, 0o660) && !allowed(0, 8, 0o640) && !allowed(7, 8, 0o066));
        let root = User { uid: 0, ..user };
        assert!(Rights { uid: 1, gid: 1, mode: 0 }.allow(&root));
    }
}
