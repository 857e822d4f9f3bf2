//! What every daemon needs around its core: event loop, signals, clocks, child processes, look-ups,
//! pid file, user change, logging, readiness, paths, sysfs and NUT's way with command lines.
//!
//! The only home of mio, signal-hook, uzers, env_logger, nix and unsafe code. It knows the operating
//! system and NUT's manners towards it, and no UPS; of the protocols only how a running driver
//! ([`dialog`]) or server ([`server`]) is asked something.

pub mod args;
pub mod background;
pub mod banner;
pub mod clock;
pub mod dialog;
pub mod errno;
pub mod files;
pub mod limits;
pub mod lockfile;
pub mod logging;
pub mod notify;
pub mod os;
pub mod output;
pub mod paths;
pub mod patience;
pub mod pidfile;
pub mod privileges;
pub mod processes;
pub mod reactor;
pub mod resolver;
pub mod server;
pub mod signals;
pub mod split;
pub mod sysfs;
pub mod terminal;
pub mod usage;
