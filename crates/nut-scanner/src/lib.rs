//! What the program nut-scanner is made of.
//!
//! What is asked for is `cli`'s, where to look `ranges`'s; `usb` and `servers` look, `access` says who may
//! open what, and what is found is written by `found`.

pub mod access;
pub mod cli;
pub mod found;
pub mod ranges;
pub mod servers;
pub mod usb;
