//! Which USB interfaces the kernel knows, and the nodes that lead to them, read from sysfs.
//!
//! Knows what of a device makes it a candidate and which nodes in `/dev` belong to it. Reads only the
//! few attributes it needs, so it may be asked again each time a lost device is looked for. Opening
//! and talking is for `hidraw` and `usb`.

use crate::transport::Identity;
use nut_daemon::sysfs::{Place, children, hex, text};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// An interface of a USB device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who the device says it is.
    pub identity: Identity,
    /// The interface's hidraw node, `/dev/hidraw0`, if the kernel made one.
    pub node: Option<PathBuf>,
    /// The device's node for requests to the device itself, `/dev/bus/usb/001/004`.
    pub usb_node: Option<PathBuf>,
    /// The interface's folder in sysfs; it vanishes with the device.
    pub folder: PathBuf,
}

/// The class of HID interfaces (USB HID 1.11, 4.1).
const HID_CLASS: u16 = 3;

impl Candidate {
    /// Whether the device is still plugged in, as the kernel sees it.
    pub fn is_present(&self) -> bool {
        self.folder.exists()
    }

    /// Whether the interface says it is a HID interface, so that the kernel may make a hidraw node
    /// for it.
    pub fn is_hid(&self) -> bool {
        hex(&self.folder, "bInterfaceClass") == Some(HID_CLASS)
    }
}

/// All interfaces of USB devices, in order of bus, device address and number.
///
/// `sys` and `dev` are `/sys` and `/dev` outside tests. What vanishes while it is looked at is left
/// out.
pub fn candidates(sys: &Path, dev: &Path) -> Vec<Candidate> {
    let mut interfaces: BTreeMap<PathBuf, Option<PathBuf>> =
        entries(&sys.join("bus/usb/devices")).map(|folder| (folder, None)).collect();
    for class in children(&sys.join("class/hidraw")) {
        // Above the node stand the HID device and the USB interface.
        let hid = fs::canonicalize(class.join("device")).ok();
        if let Some((interface, name)) =
            hid.as_deref().and_then(Path::parent).zip(class.file_name())
        {
            interfaces.insert(interface.to_path_buf(), Some(dev.join(name)));
        }
    }
    let mut found: Vec<Candidate> =
        interfaces.into_iter().filter_map(|(folder, node)| candidate(folder, node, dev)).collect();
    found.sort_by(|a, b| order(&a.identity).cmp(&order(&b.identity)));
    found
}

fn order(identity: &Identity) -> (&Option<String>, &Option<String>, u8) {
    (&identity.bus, &identity.device, identity.interface)
}

/// The folders that the links in here lead to.
fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    children(folder).filter_map(|link| fs::canonicalize(link).ok())
}

/// The facts about an interface; nothing for the folder of anything else.
fn candidate(folder: PathBuf, node: Option<PathBuf>, dev: &Path) -> Option<Candidate> {
    let interface = u8::try_from(hex(&folder, "bInterfaceNumber")?).ok()?;
    let identity = Identity { interface, ..identity(folder.parent()?)? };
    let usb_node = match (&identity.bus, &identity.device) {
        (Some(bus), Some(device)) => Some(dev.join(format!("bus/usb/{bus}/{device}"))),
        _ => None,
    };
    Some(Candidate { identity, node, usb_node, folder })
}

/// What the folder of a USB device says; the interface is for the caller.
fn identity(device: &Path) -> Option<Identity> {
    let Place { bus, device: address, port } = Place::of(device);
    Some(Identity {
        vid: hex(device, "idVendor")?,
        pid: hex(device, "idProduct")?,
        bcd_device: hex(device, "bcdDevice").unwrap_or(0),
        vendor: string(device, "manufacturer"),
        product: string(device, "product"),
        serial: string(device, "serial"),
        interface: 0,
        bus,
        device: address,
        port,
    })
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
        assert_eq!(found[0].node.as_deref(), Some(Path::new("/dev/hidraw0")));
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
            candidates(&tree.0, Path::new("/dev")).into_iter().filter_map(|c| c.node).collect();
        assert_eq!(nodes, [Path::new("/dev/hidraw1"), Path::new("/dev/hidraw0")]);
    }

    #[test]
    fn an_interface_without_a_node_is_found_once() {
        let tree = Tree::new("taken");
        tree.node("hidraw0", "1-3", 0, &EATON);
        let bus = tree.0.join("bus/usb/devices");
        fs::create_dir_all(&bus).unwrap();
        let device = tree.0.join("devices/1-3");
        fs::write(device.join("1-1:1.0/bInterfaceClass"), "03\n").unwrap();
        symlink(&device, bus.join("1-3")).unwrap();
        symlink(device.join("1-1:1.0"), bus.join("1-3:1.0")).unwrap();
        assert_eq!(candidates(&tree.0, Path::new("/dev")).len(), 1);
        fs::remove_file(tree.0.join("class/hidraw/hidraw0")).unwrap();
        let found = candidates(&tree.0, Path::new("/dev"));
        assert_eq!((found.len(), &found[0].node), (1, &None));
        assert_eq!(found[0].usb_node.as_deref(), Some(Path::new("/dev/bus/usb/001/012")));
        assert!(found[0].is_hid());
    }

    #[test]
    fn a_machine_without_usb_has_no_candidates() {
        assert_eq!(candidates(Path::new("/nonexistent"), Path::new("/dev")), []);
    }
}
