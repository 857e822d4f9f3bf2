//! The real dummy-ups in a private folder, with a client of its socket.

// A test that cannot go on says so by panicking, also where it only helps others.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
// A case that needs root says that it is skipped.
#![allow(clippy::print_stderr)]

mod life;
mod playing;
mod repeater;
mod rights;
mod socket;
mod stage;
