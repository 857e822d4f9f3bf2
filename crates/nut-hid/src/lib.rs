//! HID power devices: report descriptors, reports, device maps.
