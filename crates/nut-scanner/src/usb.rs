//! USB devices that the maps know, as the kernel shows them in sysfs.
//!
//! Knows where strings and nodes stand below `/sys/bus/usb/devices`, and how a device becomes a section
//! of ups.conf. Opens no device, so it needs no rights. Whether a driver may open a node is
//! `access`'s question.

use crate::found::{Bus, Found, Setting};
use nut_daemon::sysfs::{Place, children, hex, text};
use nut_hid::maps::{Candidate, Claim, Maps};
use std::path::{Path, PathBuf};

/// A device that a map claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Vendor id.
    pub vid: u16,
    /// Product id.
    pub pid: u16,
    /// Release, binary coded.
    pub release: u16,
    /// Manufacturer string.
    pub vendor: Option<String>,
    /// Product string.
    pub product: Option<String>,
    /// Serial number string.
    pub serial: Option<String>,
    /// Number of the bus, three digits.
    pub bus: String,
    /// Address on the bus, three digits.
    pub address: String,
    /// Port on the last hub, three digits.
    pub port: Option<String>,
    /// Name of the hidraw node of the interface that the map names.
    pub hidraw: Option<String>,
}

/// Which places are told, beside ids and strings, by the number of `-U`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detail {
    bus: bool,
    device: bool,
    release: bool,
}

impl Detail {
    /// `-U` once tells none, twice bus and port, three times the address, four times the release; not
    /// given at all, as in a complete scan, it is as if given twice (NUT 2.8.5).
    pub fn of(count: u8) -> Detail {
        Detail { bus: count != 1, device: count > 2, release: count > 3 }
    }
}

/// Every device that a map claims, in order of bus and address. `sys` is `/sys` outside tests.
pub fn devices(sys: &Path, maps: &Maps) -> Vec<Device> {
    let folders = children(&sys.join("bus/usb/devices"));
    let mut found: Vec<Device> = folders.filter_map(|folder| device(&folder, maps)).collect();
    found.sort_by(|a, b| (&a.bus, &a.address).cmp(&(&b.bus, &b.address)));
    found
}

fn device(folder: &Path, maps: &Maps) -> Option<Device> {
    let (vid, pid) = (hex(folder, "idVendor")?, hex(folder, "idProduct")?);
    let [vendor, product, serial] =
        ["manufacturer", "product", "serial"].map(|name| string(folder, name));
    let who = Candidate {
        vid,
        pid,
        vendor: vendor.as_deref().unwrap_or_default(),
        product: product.as_deref().unwrap_or_default(),
        any_product: false,
    };
    let Claim::By(_, entry) = maps.claim(who) else { return None };
    let Place { bus, device: address, port } = Place::of(folder);
    Some(Device {
        vid,
        pid,
        release: hex(folder, "bcdDevice").unwrap_or(0),
        bus: bus?,
        address: address?,
        port,
        hidraw: hidraw(folder, entry.interface),
        vendor,
        product,
        serial,
    })
}

/// The hidraw node below the interface with this number: `1-4:1.0/0003:0463:FFFF.0001/hidraw/hidraw0`.
fn hidraw(device: &Path, interface: u8) -> Option<String> {
    let right = |folder: &PathBuf| hex(folder, "bInterfaceNumber") == Some(interface.into());
    let interface = children(device).find(right)?;
    let nodes = children(&interface).flat_map(|hid| children(&hid.join("hidraw")));
    nodes.filter_map(|node| Some(node.file_name()?.to_str()?.to_owned())).min()
}

/// A string without blanks at its end; an empty one counts as missing.
fn string(folder: &Path, name: &str) -> Option<String> {
    let text = text(folder, name)?;
    let text = text.trim_end_matches('\n').trim_end_matches(' ');
    (!text.is_empty()).then(|| text.to_owned())
}

impl Device {
    /// The device's own node, `/dev/bus/usb/001/004`.
    pub fn usb_node(&self, dev: &Path) -> PathBuf {
        dev.join("bus/usb").join(&self.bus).join(&self.address)
    }

    /// As a section of ups.conf.
    pub fn found(&self, detail: Detail) -> Found {
        let mut settings = Vec::new();
        let mut add =
            |name, value: String, comment| settings.push(Setting { name, value, comment });
        let hidden = |shown: bool| (!shown).then_some("# ");
        add("vendorid", format!("{:04X}", self.vid), None);
        add("productid", format!("{:04X}", self.pid), None);
        let strings =
            [("product", &self.product), ("serial", &self.serial), ("vendor", &self.vendor)];
        for (name, text) in strings {
            if let Some(text) = text {
                add(name, pattern(text), None);
            }
        }
        add("bus", self.bus.clone(), hidden(detail.bus));
        add("device", self.address.clone(), hidden(detail.device));
        if let Some(port) = &self.port {
            add("busport", port.clone(), hidden(detail.bus));
        }
        if detail.release {
            add("bcdDevice", format!("{:04X}", self.release), Some("###NOTMATCHED-YET### "));
        }
        Found { bus: Bus::Usb, driver: "usbhid-ups", port: "auto".into(), settings }
    }
}

/// A pattern that the text fits. These settings are regular expressions, which NUT 2.8.5 forgets; what
/// ups.conf cannot hold, and the driver sees differently, may be anything.
fn pattern(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            _ if !c.is_ascii() || c.is_control() => out.push('.'),
            _ if r"\.+*?()|[]{}^$".contains(c) => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_become_patterns() {
        assert_eq!(pattern("UPS (09ae:4003) 1.5 \u{20ac}"), r"UPS \(09ae:4003\) 1\.5 .");
    }

    #[test]
    fn details_by_number_of_options() {
        let shown = |count| {
            let Detail { bus, device, release } = Detail::of(count);
            [bus, device, release]
        };
        assert_eq!(shown(0), [true, false, false]);
        assert_eq!(shown(1), [false, false, false]);
        assert_eq!(shown(2), [true, false, false]);
        assert_eq!(shown(4), [true, true, true]);
    }
}
