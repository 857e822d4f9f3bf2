//! upssched as a process: its daemon, its scripts, its complaints.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod complaints;
mod daemon;
mod place;
mod sample;
mod scripts;
