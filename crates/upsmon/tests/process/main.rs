//! The program upsmon as administrators meet it: processes, users, signals, files. No server is
//! needed: a shutdown is asked for by hand.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod delivery;
mod house;
mod lifecycle;
mod powers;
mod refusals;
