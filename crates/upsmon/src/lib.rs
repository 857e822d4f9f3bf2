//! upsmon decides when a machine goes down; upssched runs timers for it.
//!
//! The core is [`monitor::Monitor`]: it decides, without sockets, files or clock, and says what it
//! wants done. This library exists for the programs `upsmon` and `upssched` and for tests of the core.

pub mod action;
pub mod check;
pub mod cli;
pub mod config;
pub mod decimal;
pub mod deliver;
pub mod deliveries;
pub mod files;
pub mod flag;
pub mod guard;
pub mod guardian;
pub mod guards;
pub mod link;
pub mod links;
pub mod monitor;
pub mod notices;
pub mod observed;
pub mod order;
pub mod powers;
pub mod probe;
pub mod record;
pub mod rehearse;
pub mod reload;
pub mod run;
pub mod sched;
pub mod settings;
pub mod signal;
pub mod sleep;
pub mod startup;
pub mod tell;
pub mod test_notify;
pub mod timeline;
pub mod verdict;
pub mod why;
