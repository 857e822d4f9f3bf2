//! udev rules for devices: what lets group nut open a device's nodes.
//!
//! Knows the form of a rule. A driver opens two nodes of one device, hidraw for reports and the USB
//! node for strings; above a hidraw node the ids are a parent's attributes. Pure.

/// The conditions of the rule for a device's node of this subsystem, `usb` or `hidraw`.
pub fn matches(subsystem: &str, vid: u16, pid: u16) -> [String; 3] {
    let attribute = if subsystem == "usb" { "ATTR" } else { "ATTRS" };
    [
        format!("SUBSYSTEM==\"{subsystem}\""),
        format!("{attribute}{{idVendor}}==\"{vid:04x}\""),
        format!("{attribute}{{idProduct}}==\"{pid:04x}\""),
    ]
}

/// The whole rule.
pub fn rule(subsystem: &str, vid: u16, pid: u16) -> String {
    let matches = matches(subsystem, vid, pid).join(", ");
    format!("{matches}, MODE=\"0660\", GROUP=\"nut\"")
}
