//! The driver kit: what every NUT driver shares.
//!
//! State, status, driver socket, options and main loop live here; what one kind of hardware needs is
//! for the driver programs.

pub mod state;
