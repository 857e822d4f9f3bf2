//! Logs what the pure parts have to say.
//!
//! Their levels and the log's priorities meet here and nowhere else.

use crate::action::Level;
use nut_daemon::{alert, crit, debug, notice};

/// Logs a text.
pub fn tell(level: Level, text: &str) {
    match level {
        Level::Alert => alert!("{text}"),
        Level::Crit => crit!("{text}"),
        Level::Err => log::error!("{text}"),
        Level::Warning => log::warn!("{text}"),
        Level::Notice => notice!("{text}"),
        Level::Info => log::info!("{text}"),
        Level::Debug(level) => debug!(level, "{text}"),
    }
}
