//! The real upsdrvctl with drivers that do what a test wants, and with dummy-ups.

// A test may end in a panic; its helpers are part of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod foreground;
mod running;
mod stage;
mod starting;
mod whole;
