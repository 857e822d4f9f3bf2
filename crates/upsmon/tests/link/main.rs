//! Conversations of a link with a server: what happens, what it must do.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod asking;
mod connecting;
mod introduction;
mod lies;
mod polling;
mod stage;
