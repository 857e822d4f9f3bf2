//! NUT's words, protocols and configuration grammar, as a pure library.
//!
//! No sockets, files, processes, environment, threads or clock: bytes, words and time come in as
//! arguments, values go out. Every word of the wire stands once in this crate.

pub mod client;
pub mod conf;
pub mod driver;
pub mod error;
pub mod line;
pub mod number;
pub mod reply;
pub mod request;
pub mod spec;
pub mod status;
pub mod variable;
pub mod variables;

/// The release of NUT whose behaviour, texts and protocol Walnut serves.
pub const NUT_VERSION: &str = "2.8.5";
