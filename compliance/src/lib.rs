//! One set of cases, two implementations: NUT's own binaries and Walnut's.
//!
//! A case sets up a [`house::House`] (configuration, scripted devices, daemons in a private
//! folder), talks to it in two columns ([`talk::Talk`]) and says what must come back. Which
//! implementation answers is decided by the environment ([`maker::Maker`]), so what NUT really
//! does is written down once and checked on both. Nothing here links to Walnut's crates.

pub mod device;
pub mod driver;
pub mod house;
pub mod line;
pub mod load;
pub mod maker;
pub mod place;
pub mod program;
pub mod real_driver;
pub mod script;
pub mod scripted_upsd;
pub mod stock;
pub mod talk;
pub mod upsmon_conf;
pub mod watch;
pub mod wire;
