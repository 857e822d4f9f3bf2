//! What the programs upsc, upscmd, upsrw and upslog are made of.
//!
//! Pure: [`show`], [`writable`], and of [`log`] what decides. The rest talks
//! to servers and people. What the words of the protocol are is for nut-proto.

pub mod cli;
pub mod complaint;
pub mod error;
pub mod log;
pub mod order;
pub mod server;
pub mod show;
pub mod writable;

pub use error::Error;
pub use server::Server;
