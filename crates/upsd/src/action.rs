//! What the server wants done, and the names it has for connections and devices.
//!
//! The core says it in these values; `run` is the only place that does it. Pure.

use std::time::Duration;

/// A moment: time since the program started, by a clock that never goes back.
pub type Time = Duration;

/// One client's connection. Numbers rise in the order of accepting and are not used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// One configured UPS, for as long as the program runs. Not used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UpsId(pub usize);

/// How important a message is, in syslog's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are syslog's priorities
pub enum Level {
    Err,
    Warning,
    Notice,
    Info,
    /// Shown from this debug level on.
    Debug(u32),
}

/// Something for the loop to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Write to a client.
    Send {
        /// To whom.
        conn: ConnId,
        /// Whole lines.
        bytes: Vec<u8>,
    },
    /// Read no more from a client until everything written for it is gone, then tell the server by
    /// `on_client_drained`.
    Hold(ConnId),
    /// Read on from a client that was held.
    Resume(ConnId),
    /// Close a client's connection after what is written for it is gone.
    Close(ConnId),
    /// Connect to a driver's socket, and tell the server how it went.
    ConnectDriver {
        /// For which UPS.
        ups: UpsId,
        /// Name of the socket, relative to the state folder.
        socket: String,
    },
    /// Write to a driver.
    SendDriver {
        /// Of which UPS.
        ups: UpsId,
        /// Whole lines.
        bytes: Vec<u8>,
    },
    /// Close the connection to a driver; the server expects no word about it.
    DropDriver(UpsId),
    /// Log a message.
    Log(Level, String),
}
