//! The driver kit: what every NUT driver shares.
//!
//! State, status, driver socket, options and main loop live here; what one kind of hardware needs is
//! for the driver programs. A driver implements [`Driver`] and describes itself by [`Metadata`].

pub mod alarm;
mod args;
mod config;
pub mod context;
mod control;
pub mod driver;
mod host;
mod instance;
mod links;
pub mod options;
mod reload;
mod rights;
mod run;
mod serve;
mod socket;
mod source;
pub mod state;
pub mod status;
mod talk;
mod texts;

pub use args::command;
pub use context::{Context, Phase};
pub use driver::{Answer, Driver, Fatal, Link, LinkEvent, Metadata, OptionKind, OptionSpec};
pub use nut_proto::driver::Outcome;
pub use run::run;
