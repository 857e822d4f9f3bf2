//! The program usbhid-ups.

fn main() {}
