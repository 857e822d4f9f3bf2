//! upssched: upsmon's helper that does things some time after an event.
//!
//! upsmon starts it for each event. It reads upssched.conf ([`config`]) and takes its lines in order
//! ([`handle`]): commands are run at once, timers go over a socket ([`wire`], [`reach`]) to a daemon
//! ([`daemon`]) that is begun when the first timer is ([`summon`]) and ends when none is left. The core
//! is [`timers::Timers`]: it decides, without sockets, files or clock.

pub mod cli;
pub mod config;
pub mod daemon;
pub mod event;
pub mod handle;
pub mod reach;
pub mod script;
pub mod seat;
pub mod startup;
pub mod summon;
pub mod timers;
pub mod wire;
