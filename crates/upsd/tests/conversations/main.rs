//! Conversations with the core of upsd, without sockets: what comes in, what must go out.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod connections;
mod control;
mod drivers;
mod protocol;
mod reload;
mod stage;
