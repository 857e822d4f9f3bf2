//! Why there is no device, in words for the administrator.
//!
//! Knows what went wrong on the way to a device and what is to be done about it. Pure.

use crate::transport::Identity;
use std::path::PathBuf;

/// Why a device could not be opened; the text is the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// The rights are missing.
    Denied(String),
    /// Its interface could not be claimed: somebody else holds it if `busy`.
    Unclaimed {
        /// Configuration, interface and HID descriptor index, as NUT shows them: `0/0/0`.
        place: String,
        /// Why not, in libusb's words, which NUT 2.8.5 shows.
        reason: String,
        /// Another program holds it.
        busy: bool,
    },
    /// Everything else: the device vanished in between, or the node is not what it seemed.
    Failed(String),
}

/// Why there is no device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoDevice {
    /// None that is wanted is plugged in.
    NotFound,
    /// One is plugged in but cannot be opened.
    CannotOpen {
        /// Its vendor and product id.
        ids: (u16, u16),
        /// Its node.
        node: PathBuf,
        /// Why not.
        error: OpenError,
    },
    /// The machine has no thread or hidapi does not work.
    Failed(String),
}

impl NoDevice {
    /// This device is there but cannot be opened.
    pub fn cannot_open(who: &Identity, node: PathBuf, error: OpenError) -> NoDevice {
        NoDevice::CannotOpen { ids: (who.vid, who.pid), node, error }
    }

    /// The text for the administrator. `user` is the name of the effective user.
    pub fn text(&self, user: &str) -> String {
        match self {
            NoDevice::NotFound => "No matching HID UPS found".to_string(),
            NoDevice::Failed(reason) => format!("Can't look for USB devices: {reason}"),
            NoDevice::CannotOpen { ids: (vid, pid), node, error } => {
                let ids = format!("[{vid:04x}:{pid:04x}]");
                let node = node.display();
                match error {
                    OpenError::Denied(reason) => format!(
                        "Can't open USB device {ids} ({node}): {reason}. The driver runs as user \
                         {user}; install udev/90-nut-ups.rules (cargo xtask udev) and replug the \
                         UPS."
                    ),
                    OpenError::Failed(reason) => {
                        format!("Can't open USB device {ids} ({node}): {reason}")
                    }
                    OpenError::Unclaimed { place, reason, busy } => {
                        let remedy = if *busy { TAKEN } else { "" };
                        format!("Can't claim USB device {ids}@{place}: {reason}{remedy}")
                    }
                }
            }
        }
    }
}

/// What to do about an interface that somebody else holds.
const TAKEN: &str = ". Another program has claimed it: NUT's own usbhid-ups, the driver of another \
                     section of ups.conf, or a virtual machine. Stop that one, or say by serial, \
                     busport or another pattern which UPS is meant; with allow_duplicates, UPSes \
                     that are taken are passed over.";

#[cfg(test)]
mod tests {
    use super::*;

    fn text(error: OpenError) -> String {
        let who = Identity { vid: 0x463, pid: 0xffff, ..Identity::default() };
        NoDevice::cannot_open(&who, "/dev/hidraw0".into(), error).text("nut")
    }

    #[test]
    fn a_refusal_says_which_device_which_node_which_user_and_what_to_do() {
        assert_eq!(
            text(OpenError::Denied("Permission denied".to_string())),
            "Can't open USB device [0463:ffff] (/dev/hidraw0): Permission denied. The driver runs \
             as user nut; install udev/90-nut-ups.rules (cargo xtask udev) and replug the UPS."
        );
        assert_eq!(NoDevice::NotFound.text("nut"), "No matching HID UPS found");
    }

    #[test]
    fn a_taken_interface_is_told_in_nuts_words_and_what_to_do() {
        let unclaimed = |reason: &str, busy| OpenError::Unclaimed {
            place: "0/1/0".to_string(),
            reason: reason.to_string(),
            busy,
        };
        assert_eq!(
            text(unclaimed("Entity not found", false)),
            "Can't claim USB device [0463:ffff]@0/1/0: Entity not found"
        );
        let busy = text(unclaimed("Resource busy", true));
        let begin = "Can't claim USB device [0463:ffff]@0/1/0: Resource busy. Another program has";
        assert!(busy.starts_with(begin) && busy.contains("allow_duplicates"), "{busy}");
    }
}
