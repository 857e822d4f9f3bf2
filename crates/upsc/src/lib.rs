//! What the programs upsc, upscmd, upsrw and upslog are made of.
//!
//! Pure: [`show`], [`writable`], and of [`log`] what decides. The rest talks to people; the
//! connection to a server is nut-daemon's. What the words of the protocol are is for nut-proto.

pub mod cli;
pub mod commands;
pub mod complaint;
pub mod log;
pub mod order;
pub mod show;
pub mod writable;
