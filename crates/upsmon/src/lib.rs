//! upsmon decides when a machine goes down; upssched runs timers for it.
//!
//! The core is [`monitor::Monitor`]: it decides, without sockets, files or clock, and says what it
//! wants done. This library exists for the programs `upsmon` and `upssched` and for tests of the core.

// What upsmon.conf says.
pub mod changes;
pub mod config;
pub mod decimal;
pub mod files;
pub mod settings;

// The core: from samples to verdicts, notices and the way down. All pure.
pub mod action;
pub mod guards;
#[cfg(test)]
mod model;
pub mod monitor;
pub mod notices;
pub mod observed;
pub mod record;
pub mod verdict;

// The loop, and those it brings together: servers, deliveries, the machine's sleep.
pub mod carrier;
pub mod deliveries;
pub mod link;
pub mod links;
pub mod run;
pub mod sleep;
pub mod tell;

// What needs root's rights: the orders, their way, and who carries them out.
pub mod flag;
pub mod messenger;
pub mod order;
pub mod powers;
pub mod root;

// From the command line to the loop.
pub mod cli;
pub mod signal;
pub mod startup;

// What people may ask besides: is it well, how would it go, what has happened.
pub mod check;
pub mod probe;
pub mod rehearse;
pub mod test_notify;
pub mod timeline;
pub mod why;

// upssched.
pub mod sched;
