//! upsd: mirrors what drivers publish and serves it to clients.
//!
//! The core is [`server::Server`]: it decides, without sockets, files or clock. `run` is the loop
//! that does what it says; `startup` brings the process up. This library exists for the program
//! `upsd` and for tests of the core.

pub mod action;
pub mod cli;
pub mod client;
pub mod commands;
pub mod config;
pub mod descriptions;
pub mod devices;
pub mod files;
pub mod listen;
pub mod listeners;
pub mod mirror;
pub mod ready;
pub mod reload;
pub mod run;
pub mod server;
pub mod signal;
pub mod startup;
pub mod state;
pub mod throttle;
pub mod tracking;
pub mod users;
