//! The whole configuration of upsd: upsd.conf, ups.conf and upsd.users as values.
//!
//! Reading never fails: each reader gives what it understood and a list of diagnostics. Whether a
//! diagnostic matters is decided by [`Problems`]: at start NUT goes on after nearly all of them, a
//! reload is refused for any error. Opening files is for `files`. Pure.

mod devices;
mod upsd_conf;
mod upsd_users;

pub use devices::{Device, read_ups_conf};
use upsd_conf::INVALID;
pub use upsd_conf::{Listen, Settings, Tls, keywords as upsd_conf_keywords, read_upsd_conf};
pub use upsd_users::{keywords as upsd_users_keywords, read_users};

use crate::users::Users;
use nut_proto::conf::{Diagnostic, Severity};

/// The bytes of the three files and the names they are called by in messages.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// upsd.conf
    pub upsd_conf: Source,
    /// ups.conf
    pub ups_conf: Source,
    /// upsd.users
    pub users: Source,
}

/// One file.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Its path, for messages.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Everything the files say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// upsd.conf
    pub settings: Settings,
    /// The UPSes of ups.conf, in file order.
    pub devices: Vec<Device>,
    /// The global `statepath` of ups.conf; it beats STATEPATH of upsd.conf.
    pub state_path: Option<String>,
    /// The global `debug_min` of ups.conf.
    pub debug_min: Option<u32>,
    /// upsd.users
    pub users: Users,
}

impl Config {
    /// Reads all three files.
    pub fn read(sources: &Sources) -> (Config, Problems) {
        let Sources { upsd_conf, ups_conf, users } = sources;
        let (settings, mut found) = read_upsd_conf(&upsd_conf.name, &upsd_conf.bytes);
        let (ups, more) = read_ups_conf(&ups_conf.name, &ups_conf.bytes);
        found.extend(more);
        let (users, more) = read_users(&users.name, &users.bytes);
        found.extend(more);
        let devices::UpsConf { devices, state_path, debug_min } = ups;
        (Config { settings, devices, state_path, debug_min, users }, Problems(found))
    }
}

/// What the readers complained about, in the order of reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Diagnostic>);

impl Problems {
    /// The first complaint because of which a reload keeps the old configuration.
    pub fn first_error(&self) -> Option<&Diagnostic> {
        self.0.iter().find(|d| d.severity == Severity::Error)
    }

    /// How many entries had no effect: errors, and directives this upsd does not know.
    pub fn ignored(&self) -> usize {
        let unknown = |d: &&Diagnostic| d.message.starts_with(INVALID);
        self.0.iter().filter(|d| d.severity == Severity::Error || unknown(d)).count()
    }
}
