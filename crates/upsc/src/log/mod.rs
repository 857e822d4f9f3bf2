//! upslog: writes what UPSes say into files, round by round.
//!
//! Pure: `format` (what a line looks like), `options` (what the command line asks for), `rounds`
//! (when to write). `target` has one UPS and its connection, `files` the files, `run` the loop.

pub mod files;
pub mod format;
pub mod options;
pub mod rounds;
pub mod run;
pub mod target;
