//! Which HID interfaces of USB devices the kernel knows, read from sysfs.
//!
//! Knows where the kernel says what a device is and which nodes in `/dev` lead to it. Reads only the
//! few attributes it needs, so it may be asked again each time a lost device is looked for. Opening
//! and talking is for `hidraw`.

use crate::transport::Identity;
use std::fs;
use std::path::{Path, PathBuf};

/// A HID interface that has a hidraw node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who the device says it is.
    pub identity: Identity,
    /// The interface's node, `/dev/hidraw0`.
    pub node: PathBuf,
    /// The device's node for requests to the device itself, `/dev/bus/usb/001/004`.
    pub usb_node: Option<PathBuf>,
    /// The interface's folder in sysfs; it vanishes with the device.
    pub folder: PathBuf,
}

impl Candidate {
    /// Whether the device is still plugged in, as the kernel sees it.
    pub fn is_present(&self) -> bool {
        self.folder.exists()
    }
}

/// All hidraw nodes of USB devices, in order of bus and device address.
///
/// `sys` and `dev` are `/sys` and `/dev` outside tests. A node that vanishes while it is looked at
/// is left out.
pub fn candidates(sys: &Path, dev: &Path) -> Vec<Candidate> {
    let entries = fs::read_dir(sys.join("class/hidraw")).into_iter().flatten().flatten();
    let mut found: Vec<Candidate> =
        entries.filter_map(|entry| candidate(&entry.path(), dev)).collect();
    found.sort_by(|a, b| order(&a.identity).cmp(&order(&b.identity)));
    found
}

fn order(identity: &Identity) -> (&Option<String>, &Option<String>, u8) {
    (&identity.bus, &identity.device, identity.interface)
}

/// USB devices that have no hidraw node at all, for whatever reason: another driver took them from
/// the kernel's, or they are no HID devices.
pub fn devices_without_node(sys: &Path) -> Vec<Identity> {
    let place = |identity: &Identity| (identity.bus.clone(), identity.device.clone());
    let known: Vec<_> = candidates(sys, Path::new("")).iter().map(|c| place(&c.identity)).collect();
    let entries = fs::read_dir(sys.join("bus/usb/devices")).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| identity(&entry.path()))
        .filter(|identity| !known.contains(&place(identity)))
        .collect()
}

/// The facts about one entry of `/sys/class/hidraw`. Above it stand the HID device, the USB
/// interface and the USB device.
fn candidate(class: &Path, dev: &Path) -> Option<Candidate> {
    let folder = fs::canonicalize(class.join("device")).ok()?;
    let interface = folder.parent()?;
    let mut identity = identity(interface.parent()?)?;
    identity.interface = u8::try_from(hex(interface, "bInterfaceNumber")?).ok()?;
    let usb_node = match (&identity.bus, &identity.device) {
        (Some(bus), Some(device)) => Some(dev.join(format!("bus/usb/{bus}/{device}"))),
        _ => None,
    };
    Some(Candidate { identity, node: dev.join(class.file_name()?), usb_node, folder })
}

/// What the folder of a USB device says; the interface is for the caller.
fn identity(device: &Path) -> Option<Identity> {
    let number = |name: &str| text(device, name).and_then(|t| t.trim().parse::<u32>().ok());
    let three = |n: u32| format!("{n:03}");
    Some(Identity {
        vid: hex(device, "idVendor")?,
        pid: hex(device, "idProduct")?,
        bcd_device: hex(device, "bcdDevice").unwrap_or(0),
        vendor: string(device, "manufacturer"),
        product: string(device, "product"),
        serial: string(device, "serial"),
        interface: 0,
        bus: number("busnum").map(three),
        device: number("devnum").map(three),
        port: text(device, "devpath").and_then(|path| port(&path)).map(three),
    })
}

/// The port on the last hub of a path like `1.4.2`.
fn port(path: &str) -> Option<u32> {
    path.trim().rsplit('.').next()?.parse().ok()
}

/// An attribute's text without the line feed the kernel adds.
fn text(folder: &Path, name: &str) -> Option<String> {
    let bytes = fs::read(folder.join(name)).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Some(text.strip_suffix('\n').map(str::to_string).unwrap_or(text))
}

fn hex(folder: &Path, name: &str) -> Option<u16> {
    u16::from_str_radix(text(folder, name)?.trim(), 16).ok()
}

/// A string of the device. The kernel gives UTF-8; an empty one counts as missing.
fn string(folder: &Path, name: &str) -> Option<String> {
    text(folder, name).map(|text| plain(text.encode_utf16())).filter(|text| !text.is_empty())
}

/// USB text as NUT shows it: code units whose high byte is not zero become `?`.
pub fn plain(units: impl Iterator<Item = u16>) -> String {
    units.map(|unit| u8::try_from(unit).map_or('?', char::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A folder made to look like the kernel's; gone when dropped.
    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str) -> Self {
            let root = std::env::temp_dir().join(format!("sysfs-{name}-{}", std::process::id()));
            fs::create_dir_all(root.join("class/hidraw")).unwrap();
            Tree(root)
        }

        /// Adds a hidraw node on interface `interface` of a USB device in folder `device`.
        fn node(&self, hidraw: &str, device: &str, interface: u8, attributes: &[(&str, &str)]) {
            let device = self.0.join("devices").join(device);
            let usb_interface = device.join(format!("1-1:1.{interface}"));
            let hid = usb_interface.join(format!("0003:0463:FFFF.{interface:04}"));
            fs::create_dir_all(hid.join("hidraw").join(hidraw)).unwrap();
            symlink(&hid, hid.join("hidraw").join(hidraw).join("device")).unwrap();
            symlink(hid.join("hidraw").join(hidraw), self.0.join("class/hidraw").join(hidraw))
                .unwrap();
            fs::write(usb_interface.join("bInterfaceNumber"), format!("{interface:02}\n")).unwrap();
            for (name, value) in attributes {
                fs::write(device.join(name), format!("{value}\n")).unwrap();
            }
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const EATON: [(&str, &str); 8] = [
        ("idVendor", "0463"),
        ("idProduct", "ffff"),
        ("bcdDevice", "0202"),
        ("manufacturer", "EATON"),
        ("product", "Ellipse \u{20ac} \u{e9} "),
        ("busnum", "1"),
        ("devnum", "12"),
        ("devpath", "1.4.2"),
    ];

    #[test]
    fn all_facts_of_a_device() {
        let tree = Tree::new("facts");
        tree.node("hidraw0", "1-1.4.2", 1, &EATON);
        let found = candidates(&tree.0, Path::new("/dev"));
        assert_eq!(found.len(), 1);
        let identity = Identity {
            vid: 0x463,
            pid: 0xffff,
            bcd_device: 0x202,
            vendor: Some("EATON".to_string()),
            product: Some("Ellipse ? \u{e9} ".to_string()),
            serial: None,
            interface: 1,
            bus: Some("001".to_string()),
            device: Some("012".to_string()),
            port: Some("002".to_string()),
        };
        assert_eq!(found[0].identity, identity);
        assert_eq!(found[0].node, Path::new("/dev/hidraw0"));
        assert_eq!(found[0].usb_node.as_deref(), Some(Path::new("/dev/bus/usb/001/012")));
        assert!(found[0].is_present());
        fs::remove_dir_all(tree.0.join("devices")).unwrap();
        assert!(!found[0].is_present());
    }

    #[test]
    fn devices_come_in_bus_order_and_broken_ones_not_at_all() {
        let tree = Tree::new("order");
        let at = |address| [("idVendor", "051d"), ("idProduct", "2"), ("busnum", "1"), address];
        tree.node("hidraw0", "1-3", 0, &at(("devnum", "9")));
        tree.node("hidraw1", "1-2", 0, &at(("devnum", "3")));
        tree.node("hidraw2", "i2c", 0, &[("idVendor", "nonsense")]);
        let nodes: Vec<_> =
            candidates(&tree.0, Path::new("/dev")).into_iter().map(|c| c.node).collect();
        assert_eq!(nodes, [Path::new("/dev/hidraw1"), Path::new("/dev/hidraw0")]);
    }

    #[test]
    fn a_device_whose_node_was_taken_away_is_told() {
        let tree = Tree::new("taken");
        tree.node("hidraw0", "1-3", 0, &EATON);
        let bus = tree.0.join("bus/usb/devices");
        fs::create_dir_all(&bus).unwrap();
        symlink(tree.0.join("devices/1-3"), bus.join("1-3")).unwrap();
        assert_eq!(devices_without_node(&tree.0), []);
        fs::remove_file(tree.0.join("class/hidraw/hidraw0")).unwrap();
        assert_eq!(devices_without_node(&tree.0)[0].vid, 0x463);
    }

    #[test]
    fn a_machine_without_hidraw_has_no_candidates() {
        assert_eq!(candidates(Path::new("/nonexistent"), Path::new("/dev")), []);
    }
}
