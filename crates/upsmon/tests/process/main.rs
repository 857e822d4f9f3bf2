//! The program upsmon as administrators and servers meet it: processes, users, signals, files,
//! connections. Where no server is needed, a shutdown is asked for by hand.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod check;
mod delivery;
mod going_down;
mod house;
mod lifecycle;
mod listening;
mod logind;
mod many;
mod powers;
mod private_bus;
mod refusals;
mod rehearse;
mod reload;
mod server;
mod sleeping;
mod timers;
mod trouble;
mod watching;
mod why;
