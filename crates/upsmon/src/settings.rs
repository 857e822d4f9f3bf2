//! What upsmon.conf says, as values with NUT's defaults.
//!
//! Reading the file is for `config`. Where each directive stood is kept, so that a decision can name
//! the line that caused it. Pure.

use crate::decimal::Decimal;
use crate::notices::NoticeSettings;
use nut_proto::spec::UpsSpec;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Everything upsmon.conf says. `Settings::default()` is an empty file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Settings {
    /// MONITOR lines in file order; names are unique.
    pub ups: Vec<UpsSettings>,
    /// MINSUPPLIES: power values that have to be healthy; 0 only watches.
    pub min_supplies: u32,
    /// SHUTDOWNCMD: text for `sh -c`.
    pub shutdown_cmd: Option<String>,
    /// SHUTDOWNEXIT
    pub shutdown_exit: ShutdownExit,
    /// POWERDOWNFLAG: a path.
    pub power_down_flag: Option<String>,
    /// NOTIFYCMD: beginning of a text for `sh -c`; the message is its last word.
    pub notify_cmd: Option<String>,
    /// NOTIFYMSG and NOTIFYFLAG
    pub notices: NoticeSettings,
    /// POLLFREQ, at least a second.
    pub poll_freq: Duration,
    /// POLLFREQALERT, at least a second.
    pub poll_freq_alert: Duration,
    /// POLLFAIL_LOG_THROTTLE_MAX: of equal failures every n-th is logged, with 0 the first only; none
    /// logs all.
    pub poll_fail_throttle: Option<u32>,
    /// What makes a UPS critical.
    pub rules: Rules,
    /// FINALDELAY
    pub final_delay: Duration,
    /// RBWARNTIME
    pub rb_warn_time: Duration,
    /// NOCOMMWARNTIME
    pub no_comm_warn_time: Duration,
    /// RBDURATION (not in NUT): how long RB must last before it is told; 0 for at once.
    pub rb_duration: Duration,
    /// SHUTDOWNIF (not in NUT), in file order.
    pub thresholds: Vec<Threshold>,
    /// SHUTDOWNCANCEL (not in NUT): a shutdown that has set no FSD ends when its cause does.
    pub shutdown_cancel: bool,
    /// RUN_AS_USER
    pub run_as_user: Option<String>,
    /// CERTPATH, CERTIDENT, CERTHOST, CERTVERIFY, FORCESSL: kept for the day there is TLS.
    pub tls: TlsSettings,
    /// DEBUG_MIN
    pub debug_min: Option<u32>,
    /// Where directives stand.
    pub origins: Origins,
}

/// One MONITOR line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UpsSettings {
    /// The identifier as written: what `%s` and UPSNAME say.
    pub name: String,
    /// The identifier taken apart; none where that cannot be done, and then no poll ever succeeds.
    pub spec: Option<UpsSpec>,
    /// How many supplies of this host it feeds; 0 only watches it.
    pub power_value: u32,
    /// Name for upsd.
    pub user: String,
    /// Password for upsd.
    pub password: String,
    /// Who says when the power goes.
    pub role: Role,
}

/// The part of this host towards one UPS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// `primary`, `master`: sets FSD and goes last.
    Primary,
    /// `secondary`, `slave`: goes when FSD is set.
    Secondary,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Role::Primary { "primary" } else { "secondary" })
    }
}

/// SHUTDOWNEXIT: what upsmon does when the shutdown command was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShutdownExit {
    /// Ends, and so leaves the servers, after this long; `yes` is 0.
    After(Duration),
    /// Stays until it is stopped.
    Never,
}

/// What makes a UPS critical.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rules {
    /// DEADTIME: silence after which the last bad news is believed.
    pub dead_time: Duration,
    /// HOSTSYNC: how long a primary waits for secondaries to leave, and a secondary for FSD.
    pub host_sync: Duration,
    /// OFFDURATION: how long OFF must last; none never believes it.
    pub off_duration: Option<Duration>,
    /// OBLBDURATION: how long OB with LB must last.
    pub oblb_duration: Duration,
    /// OVERDURATION: how long overload must have lasted at a server that went silent; none never.
    pub over_duration: Option<Duration>,
    /// ALARMCRITICAL: whether silence after an alarm is critical.
    pub alarm_critical: bool,
}

/// One SHUTDOWNIF line: counts only while the UPS is on battery.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Threshold {
    /// Identifier as in its MONITOR line.
    pub ups: String,
    /// What has to hold.
    pub condition: Condition,
    /// FOR: how long it has to hold without a break.
    pub lasting: Duration,
    /// Line of the file.
    pub line: u32,
}

/// What a threshold looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// `onbattery`
    OnBattery,
    /// `<variable> <op> <value>`
    Variable {
        /// Such as `battery.charge`.
        name: String,
        /// How to compare.
        op: Op,
        /// With what.
        value: Decimal,
    },
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Op {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

impl Op {
    /// All of them, with their texts.
    pub const ALL: [(Op, &'static str); 6] = [
        (Op::Less, "<"),
        (Op::LessOrEqual, "<="),
        (Op::Equal, "="),
        (Op::NotEqual, "!="),
        (Op::GreaterOrEqual, ">="),
        (Op::Greater, ">"),
    ];

    /// Whether `left op right`.
    pub fn holds(self, left: Decimal, right: Decimal) -> bool {
        match self {
            Op::Less => left < right,
            Op::LessOrEqual => left <= right,
            Op::Equal => left == right,
            Op::NotEqual => left != right,
            Op::GreaterOrEqual => left >= right,
            Op::Greater => left > right,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Op::ALL.iter().find(|(op, _)| op == self).map_or("", |(_, text)| text))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::OnBattery => f.write_str("onbattery"),
            Condition::Variable { name, op, value } => write!(f, "{name} {op} {value}"),
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHUTDOWNIF {} {}", self.ups, self.condition)?;
        match self.lasting.as_secs() {
            0 => Ok(()),
            seconds => write!(f, " FOR {seconds}"),
        }
    }
}

/// What belongs to TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TlsSettings {
    /// CERTPATH
    pub cert_path: Option<String>,
    /// CERTIDENT: name and password.
    pub cert_ident: Option<(String, String)>,
    /// CERTHOST: host, certificate name, verify, force.
    pub cert_hosts: Vec<(String, String, bool, bool)>,
    /// CERTVERIFY
    pub cert_verify: bool,
    /// FORCESSL
    pub force_ssl: bool,
}

impl TlsSettings {
    /// FORCESSL or CERTVERIFY: nothing may be said in clear text.
    pub fn forbids_clear_text(&self) -> bool {
        self.force_ssl || self.cert_verify
    }
}

/// The lines where directives stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Origins {
    /// Name of the file.
    pub file: String,
    /// Line of the last one of each name.
    pub lines: BTreeMap<String, u32>,
}

impl Origins {
    /// `DEADTIME (upsmon.conf line 12)` or `DEADTIME (default)`.
    pub fn describe(&self, directive: &str) -> String {
        match self.lines.get(directive) {
            Some(line) => format!("{directive} ({} line {line})", self.file),
            None => format!("{directive} (default)"),
        }
    }
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            dead_time: seconds(15),
            host_sync: seconds(15),
            off_duration: Some(seconds(30)),
            oblb_duration: Duration::ZERO,
            over_duration: None,
            alarm_critical: true,
        }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            ups: Vec::new(),
            min_supplies: 1,
            shutdown_cmd: None,
            shutdown_exit: ShutdownExit::After(Duration::ZERO),
            power_down_flag: None,
            notify_cmd: None,
            notices: NoticeSettings::default(),
            poll_freq: seconds(5),
            poll_freq_alert: seconds(5),
            poll_fail_throttle: None,
            rules: Rules::default(),
            final_delay: seconds(5),
            rb_warn_time: seconds(43_200),
            no_comm_warn_time: seconds(300),
            rb_duration: Duration::ZERO,
            thresholds: Vec::new(),
            shutdown_cancel: false,
            run_as_user: None,
            tls: TlsSettings::default(),
            debug_min: None,
            origins: Origins::default(),
        }
    }
}

impl Settings {
    /// The supplies of this host, all healthy.
    pub fn power_values(&self) -> u32 {
        self.ups.iter().fold(0, |sum, ups| sum.saturating_add(ups.power_value))
    }

    /// Whether this host is the primary of any UPS.
    pub fn is_primary(&self) -> bool {
        self.ups.iter().any(|ups| ups.role == Role::Primary)
    }
}

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}
