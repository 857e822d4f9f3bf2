//! The cases. Each expected text is what NUT 2.8.5 prints; where Walnut differs by choice, the
//! reason stands above the two lines. `COMPLIANCE=stock|ours` says whose programs run.

mod accounts;
mod commands;
mod connections;
mod dummy_ups;
mod freshness;
mod get;
mod identity;
mod lines;
mod list;
mod pairs;
mod setting;
mod tracking;
mod upsc;
mod upscmd;
mod upsd_process;
mod upsdrvctl;
mod upsmon;
mod upsrw;
mod upssched;
