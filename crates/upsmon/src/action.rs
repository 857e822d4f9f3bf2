//! What the core wants done, what the links tell it, and the names both use.
//!
//! The core says it in these values; `run` is the only place that does it. Pure.

use crate::notices::Notice;
use crate::order::Order;
use crate::record::Record;
use crate::settings::UpsSettings;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// A moment: time since the program started, by a clock that never goes back.
pub type Time = Duration;

/// One monitored UPS, for as long as the program runs. Not used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UpsId(pub usize);

/// How important a message is, in syslog's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the variants are syslog's priorities
pub enum Level {
    Alert,
    Crit,
    Err,
    Warning,
    Notice,
    Info,
    /// Shown from this debug level on.
    Debug(u32),
}

/// What one good poll of a UPS found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Sample {
    /// `ups.status`, not empty.
    pub status: String,
    /// `ups.alarm`, asked for only where the status says ALARM; none if the server would not say.
    pub alarm: Option<String>,
    /// `ups.mode.buzzwords` and `experimental.ups.mode.buzzwords`; empty where there are none.
    pub buzzwords: String,
    /// The variables that were asked for besides, as far as the server knows them.
    pub variables: BTreeMap<String, String>,
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&seen(&self.status, &self.variables))
    }
}

/// Samples in words: `ups.status [OB DISCHRG] battery.charge=39`.
pub fn seen(status: &str, variables: &BTreeMap<String, String>) -> String {
    let values: String = variables.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    format!("ups.status [{status}]{values}")
}

/// Why a poll found nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PollFailure {
    /// No connection could be made; the link has told why.
    Connect,
    /// `ERR DATA-STALE`
    DataStale,
    /// `ERR DRIVER-NOT-CONNECTED`, or the connection ended.
    DriverNotConnected,
    /// `ERR UNKNOWN-UPS`
    UnknownUps,
    /// The status was empty.
    EmptyStatus,
    /// Anything else; the link has told what.
    Protocol,
}

impl fmt::Display for PollFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PollFailure::Connect => "no connection",
            PollFailure::DataStale => "data stale",
            PollFailure::DriverNotConnected => "driver not connected",
            PollFailure::UnknownUps => "unknown to its server",
            PollFailure::EmptyStatus => "empty status",
            PollFailure::Protocol => "no sensible answer",
        })
    }
}

/// What a link tells the core.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Report {
    /// A poll succeeded.
    Sample(Sample),
    /// A poll failed.
    Failed(PollFailure),
    /// The server counts this host.
    LoggedIn,
    /// The server refused this host; its own line. Polls go on.
    LoginRefused(String),
    /// The server does not count this host any more: the connection ended.
    LoggedOut,
    /// The answer to FSD: `OK FSD-SET`, or why not.
    FsdSet(Result<(), NoAnswer>),
    /// The answer to GET NUMLOGINS, or why there is none.
    Logins(Result<u32, NoAnswer>),
}

/// Why a server did not do, or say, what it was asked. The text form is its words, or NUT's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NoAnswer {
    /// It said `ERR`, and will say it again: its line.
    Refused(String),
    /// There was no connection, or no answer that makes sense; another try may go better.
    Lost(String),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (NoAnswer::Refused(text) | NoAnswer::Lost(text)) = self;
        f.write_str(text)
    }
}

/// Something for the loop to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// Begin to watch a UPS.
    Watch {
        /// Its number from now on.
        ups: UpsId,
        /// Its MONITOR line.
        settings: UpsSettings,
    },
    /// Log out and forget a UPS.
    Forget(UpsId),
    /// Poll; one report answers, [`Report::Sample`] or [`Report::Failed`]. Connects first if need be.
    Poll {
        /// Whom.
        ups: UpsId,
        /// Variables wanted besides the status.
        variables: Vec<String>,
    },
    /// Ask for the number of logins; [`Report::Logins`] answers. Does not connect.
    AskLogins(UpsId),
    /// Set FSD; [`Report::FsdSet`] answers. Connects first if need be.
    SetFsd(UpsId),
    /// End the connection and make a new one at the next poll, to log in again.
    Reconnect(UpsId),
    /// Wait for no answer that is under way: end such a connection and ask on a new one.
    AskAnew(UpsId),
    /// Carry a notice.
    Notify(Notice),
    /// Write this on all terminals, whatever the flags say.
    Wall(String),
    /// Give an order to the root process. An outcome answers.
    Order(Order),
    /// Close all connections; nothing is asked any more.
    Disconnect,
    /// End the program with this status.
    Exit(u8),
    /// Log.
    Log(Level, String),
    /// Keep for `upsmon --why`.
    Record(Record),
}
