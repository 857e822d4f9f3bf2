//! The parts of `usbhid-ups`: the engine that turns reports into variables, and what it stands on.

pub mod driver;
pub mod engine;
pub mod failure;
pub mod finder;
pub mod hardware;
pub mod hidraw;
pub mod incoming;
pub mod keeper;
pub mod localtime;
pub mod matching;
pub mod missing;
pub mod options;
pub mod reader;
pub mod record;
pub mod recording;
pub mod replay;
pub mod selection;
pub mod settings;
pub mod source;
pub mod strings;
pub mod sysfs;
pub mod transport;
pub mod usb;
pub mod usermaps;
pub mod worker;
