//! Attributes of USB devices, as the kernel shows them in sysfs.
//!
//! Knows how an attribute is written and where a device says its place. Which devices are looked at,
//! and what their strings mean, is the caller's business.

use std::fs;
use std::path::{Path, PathBuf};

/// What is in a folder; nothing if it cannot be read.
pub fn children(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// An attribute's text without the line feed the kernel adds.
pub fn text(folder: &Path, name: &str) -> Option<String> {
    let bytes = fs::read(folder.join(name)).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Some(text.strip_suffix('\n').map(str::to_owned).unwrap_or(text))
}

/// A hexadecimal attribute, as `idVendor`.
pub fn hex(folder: &Path, name: &str) -> Option<u16> {
    u16::from_str_radix(text(folder, name)?.trim(), 16).ok()
}

/// Where a USB device is plugged in. Numbers are in decimal, with three digits, as NUT shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Number of the bus.
    pub bus: Option<String>,
    /// Address on the bus.
    pub device: Option<String>,
    /// Port on the last hub.
    pub port: Option<String>,
}

impl Place {
    /// What the folder of a USB device says.
    pub fn of(device: &Path) -> Place {
        let place = |name: &str| text(device, name).and_then(|text| three_digits(&text));
        let last = |path: String| three_digits(path.rsplit('.').next()?);
        Place {
            bus: place("busnum"),
            device: place("devnum"),
            port: text(device, "devpath").and_then(last), // `1.4.2`, a number for each hub
        }
    }
}

fn three_digits(text: &str) -> Option<String> {
    text.trim().parse::<u32>().ok().map(|n| format!("{n:03}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_and_missing_ones_are_none() {
        let folder = std::env::temp_dir().join(format!("walnut-sysfs-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (name, value) in
            [("idVendor", "0463\n"), ("busnum", "1\n"), ("devnum", "x\n"), ("devpath", "1.4.12\n")]
        {
            fs::write(folder.join(name), value).unwrap();
        }
        assert_eq!(hex(&folder, "idVendor"), Some(0x463));
        assert_eq!((hex(&folder, "devnum"), hex(&folder, "idProduct")), (None, None));
        let place = Place { bus: Some("001".into()), device: None, port: Some("012".into()) };
        assert_eq!(Place::of(&folder), place);
        assert_eq!(children(&folder).count(), 4);
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!((children(&folder).count(), text(&folder, "busnum")), (0, None));
    }
}
