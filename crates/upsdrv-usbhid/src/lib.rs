//! The parts of `usbhid-ups`: the engine that turns reports into variables, and what it stands on.

pub mod incoming;
pub mod recording;
pub mod replay;
pub mod transport;
