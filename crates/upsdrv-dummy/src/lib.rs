//! The parts of dummy-ups: plays a device from a file, or repeats one of another server.

pub mod driver;
mod known;
mod mode;
mod player;
mod repeater;
mod script;
mod simulation;
mod upstream;
