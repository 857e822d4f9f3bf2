//! The parts of `usbhid-ups`: the engine that turns reports into variables, and what it stands on.

pub mod incoming;
pub mod matching;
pub mod recording;
pub mod replay;
pub mod sysfs;
pub mod transport;
