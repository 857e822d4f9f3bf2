//! The program usbhid-ups: a driver for USB HID power devices.

use std::env;
use std::process::ExitCode;
use upsdrv_usbhid::driver::{METADATA, UsbHid};

fn main() -> ExitCode {
    // The kit leaves this folder before the options are looked at.
    let start = env::current_dir().unwrap_or_default();
    upsdrv::run(&METADATA, UsbHid::new(start))
}
