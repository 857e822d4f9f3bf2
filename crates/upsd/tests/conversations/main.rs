//! Conversations with the core of upsd, without sockets: what comes in, what must go out.

mod access;
mod connections;
mod control;
mod drivers;
mod protocol;
mod reload;
mod stage;
