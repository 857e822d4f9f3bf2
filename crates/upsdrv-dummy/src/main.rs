//! The program dummy-ups: plays a device from a file, or repeats one of another server.

use std::process::ExitCode;
use upsdrv_dummy::driver::{Dummy, METADATA};

fn main() -> ExitCode {
    upsdrv::run(&METADATA, Dummy::default())
}
