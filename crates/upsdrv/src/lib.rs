//! The driver kit: what every NUT driver shares.
//!
//! State, status, driver socket, options and main loop live here; what one kind of hardware needs is
//! for the driver programs. A driver implements [`Driver`] and describes itself by [`Metadata`].

pub mod alarm;
pub mod context;
pub mod driver;
pub mod options;
pub mod socket;
pub mod state;
pub mod status;

pub use context::{Context, Phase};
pub use driver::{Answer, Driver, Fatal, Link, LinkEvent, Metadata, OptionKind, OptionSpec};
pub use nut_proto::driver::Outcome;
