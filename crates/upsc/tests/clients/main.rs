//! The real client programs against a server that says what the test wants.

mod orders;
mod reading;
mod script;
