//! The real client programs against a server that says what the test wants.
// A test may end in a panic; its helpers are part of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod logging;
mod orders;
mod reading;
mod script;
mod whole;
