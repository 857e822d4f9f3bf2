//! What is checked: hosts with their settings, UPSes, servers, and how much may happen.

use super::Second;
use super::world::World;
use crate::guards::Guards;
use crate::settings::{Role, Settings, UpsSettings};
use std::time::Duration;

/// A site and the bounds of its check.
#[derive(Debug, Clone)]
pub(super) struct Site {
    /// Settings of each host.
    pub(super) hosts: Vec<Settings>,
    /// The server of each UPS.
    pub(super) server_of: Vec<usize>,
    /// The host on which each server runs; where there is none it outlives them all.
    pub(super) server_on: Vec<Option<usize>>,
    /// What a UPS may show: at first the first, in the end of a lasting outage the last; `-` is stale.
    pub(super) shows: &'static [&'static str],
    /// Hosts from this one on are alike.
    pub(super) alike_from: usize,
    /// Whose password is wrong.
    pub(super) refused: Option<usize>,
    /// How often a UPS may change what it shows.
    pub(super) changes: u8,
    /// How often something may go wrong, and what.
    pub(super) troubles: u8,
    pub(super) kinds: &'static [Trouble],
    /// How often somebody asks for FSD.
    pub(super) asks: u8,
    /// Only the first host is asked.
    pub(super) asks_first: bool,
    /// The outage that lasts has begun by then.
    pub(super) lasting: Option<Second>,
    /// How long a host takes to go down, at least and at most.
    pub(super) slow: (Second, Second),
    /// How long a server may stay away; for ever where there is no limit.
    pub(super) away: Option<Second>,
    /// In the beginning every host is logged in and has polled once.
    pub(super) settled: bool,
    /// The last second.
    pub(super) end: Second,
    pub(super) guards: Guards,
    /// Which states must be seen.
    pub(super) sometimes: &'static [&'static str],
}

/// What may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Trouble {
    /// A question is lost and the connection ends.
    Lost,
    /// FSD is set, but the answer is lost and the connection ends.
    Unanswered,
    /// A question reaches the server in the next second.
    LateQuestion,
    /// An answer reaches the host in the next second.
    LateAnswer,
    /// A connection ends by itself.
    Break,
    /// A host does nothing for a second.
    Stall,
    /// A server ends, and may be started again at any later moment.
    Crash,
}

impl Trouble {
    pub(super) const ALL: &'static [Trouble] = &[
        Trouble::Lost,
        Trouble::Unanswered,
        Trouble::LateQuestion,
        Trouble::LateAnswer,
        Trouble::Break,
        Trouble::Stall,
        Trouble::Crash,
    ];
}

pub(super) const LINE: &[&str] = &["OL", "OB", "OB LB"];

pub(super) fn ups(name: &str, power_value: u32, role: Role) -> UpsSettings {
    let nothing = String::new;
    let (name, user, password) = (name.to_owned(), nothing(), nothing());
    UpsSettings { name, spec: None, power_value, user, password, role }
}

/// Polls every second, believes silence after 2 s, waits 2 s for others and 1 s more.
pub(super) fn settings(lines: Vec<UpsSettings>) -> Settings {
    let second = Duration::from_secs(1);
    let mut settings = Settings {
        ups: lines,
        shutdown_cmd: Some(String::new()),
        power_down_flag: Some(String::new()),
        poll_freq: second,
        poll_freq_alert: second,
        final_delay: second,
        ..Settings::default()
    };
    settings.rules.dead_time = 2 * second;
    settings.rules.host_sync = 2 * second;
    settings.rules.off_duration = Some(second);
    settings
}

impl Site {
    /// One UPS, its primary and so many secondaries; the server runs on a machine of its own.
    pub(super) fn with(secondaries: usize) -> Site {
        let mut hosts = vec![settings(vec![ups("a", 1, Role::Primary)])];
        let secondary = settings(vec![ups("a", 1, Role::Secondary)]);
        hosts.extend(vec![secondary; secondaries]);
        Site {
            hosts,
            server_of: vec![0],
            server_on: vec![None],
            shows: LINE,
            alike_from: 1,
            refused: None,
            changes: 2,
            troubles: 1,
            kinds: Trouble::ALL,
            asks: 0,
            asks_first: false,
            lasting: None,
            slow: (0, 1),
            away: None,
            settled: false,
            end: 9,
            guards: Guards::default(),
            sometimes: &[],
        }
    }

    pub(super) fn allows(&self, trouble: Trouble) -> bool {
        self.kinds.contains(&trouble)
    }

    /// Whether nothing can happen any more that matters.
    pub(super) fn is_over(&self, world: &World) -> bool {
        world.elapsed >= self.end || world.hosts.iter().all(|host| !host.is_up())
    }
}
