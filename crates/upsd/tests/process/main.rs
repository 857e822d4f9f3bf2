//! The program upsd as users meet it: real processes, sockets, files and signals.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod clients;
mod drivers;
mod house;
mod lifecycle;
mod reload;
