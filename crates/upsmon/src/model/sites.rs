//! The sites that are checked, and with the bounds of each what must be seen in it.

use super::site::{LINE, Site, Trouble, settings, ups};
use crate::settings::{Role, Settings, ShutdownExit};
use std::time::Duration;

/// How far a check goes: in `cargo test`, or with WALNUT_MODEL_LARGE set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Small,
    Large,
}

impl Size {
    fn pick<T>(self, small: T, large: T) -> T {
        match self {
            Size::Small => small,
            Size::Large => large,
        }
    }
}

/// Troubles on the wire alone.
const WIRE: &[Trouble] = &[Trouble::Lost, Trouble::LateAnswer, Trouble::Crash];

/// A primary without anybody to wait for.
pub(super) fn lone(size: Size) -> Site {
    Site {
        changes: size.pick(3, 4),
        troubles: size.pick(2, 4),
        sometimes: &["silence is taken for death", "power returns in the wait"],
        ..Site::with(0)
    }
}

/// A primary and a secondary.
pub(super) fn pair(size: Size) -> Site {
    Site {
        changes: size.pick(2, 3),
        troubles: size.pick(1, 2),
        sometimes: &[
            "a secondary leaves first",
            "HOSTSYNC expires",
            "power returns in the wait",
            "the server restarts in the wait",
            "silence is taken for death",
            "a secondary gives up waiting for FSD",
        ],
        ..Site::with(1)
    }
}

/// A primary and two secondaries.
pub(super) fn trio(size: Size) -> Site {
    Site {
        changes: size.pick(1, 2),
        sometimes: &[
            "a secondary leaves first",
            "HOSTSYNC expires",
            "the server restarts in the wait",
            "power is cut under a host that is slow to go down",
            "power is cut under a host that was not told",
        ],
        ..Site::with(2)
    }
}

/// A primary and three secondaries.
pub(super) fn quartet(size: Size) -> Site {
    Site {
        changes: 1,
        troubles: size.pick(0, 1),
        sometimes: &["a secondary leaves first"],
        ..Site::with(3)
    }
}

/// Somebody asks a host for FSD while all is well; nobody waits for FINALDELAY.
pub(super) fn asked(size: Size) -> Site {
    let mut site = Site {
        changes: 0,
        troubles: size.pick(1, 2),
        asks: 1,
        sometimes: &[
            "a secondary leaves first",
            "HOSTSYNC expires",
            "the server restarts in the wait",
        ],
        ..Site::with(size.pick(1, 2))
    };
    site.hosts.iter_mut().for_each(|host| host.final_delay = Duration::ZERO);
    site
}

/// Two UPSes at one server, of which one is enough, for a primary and a secondary.
pub(super) fn two_supplies(size: Size) -> Site {
    let lines = |role| vec![ups("a", 1, role), ups("b", 1, role)];
    two_ups(size, vec![settings(lines(Role::Primary)), settings(lines(Role::Secondary))])
}

/// Two hosts on two UPSes with a server each; each host is the primary of one.
pub(super) fn crosswise(size: Size, enough: u32) -> Site {
    let host =
        |a, b| Settings { min_supplies: enough, ..settings(vec![ups("a", 1, a), ups("b", 1, b)]) };
    let (primary, secondary) = (Role::Primary, Role::Secondary);
    Site {
        server_of: vec![0, 1],
        server_on: vec![Some(0), Some(1)],
        sometimes: &["two hosts wait for each other"],
        ..two_ups(size, vec![host(primary, secondary), host(secondary, primary)])
    }
}

fn two_ups(size: Size, hosts: Vec<Settings>) -> Site {
    Site {
        hosts,
        server_of: vec![0, 0],
        shows: &["OL", "OB LB"],
        changes: 2,
        troubles: size.pick(0, 1),
        kinds: size.pick(WIRE, Trouble::ALL),
        settled: true,
        ..Site::with(1)
    }
}

/// A UPS that calibrates, and that finds its battery low on line power.
pub(super) fn calibration(size: Size) -> Site {
    states(size, &["OL", "OL LB", "OL CAL", "OB LB CAL", "OB LB"])
}

/// Outlets that are off, and data that are stale.
pub(super) fn off(size: Size) -> Site {
    states(size, &["OL", "OL OFF", "-"])
}

fn states(size: Size, shows: &'static [&'static str]) -> Site {
    let kinds = size.pick(WIRE, Trouble::ALL);
    Site { shows, changes: 3, kinds, ..Site::with(size.pick(0, 1)) }
}

/// Of two UPSes one is worth nothing.
pub(super) fn worthless(size: Size) -> Site {
    let lines = vec![ups("a", 0, Role::Primary), ups("b", 1, Role::Primary)];
    let site = two_ups(size, vec![settings(lines)]);
    Site { troubles: size.pick(1, 2), changes: size.pick(2, 3), ..site }
}

/// MINSUPPLIES 0: nothing is wanted of the UPS.
pub(super) fn observer(size: Size) -> Site {
    let mut site = Site { changes: size.pick(2, 3), asks: 1, ..Site::with(size.pick(0, 1)) };
    site.hosts[0].min_supplies = 0;
    site
}

/// SHUTDOWNCANCEL: a way down may be called off.
pub(super) fn cancel(size: Size) -> Site {
    let mut site = Site {
        shows: &["OL", "OB LB"],
        changes: 3,
        troubles: 1,
        kinds: size.pick(WIRE, Trouble::ALL),
        sometimes: &["a shutdown is called off", "power returns in the wait"],
        ..Site::with(1)
    };
    site.hosts.iter_mut().for_each(|host| host.shutdown_cancel = true);
    site
}

/// SHUTDOWNEXIT no: secondaries stay logged in until they are down.
pub(super) fn lingering(size: Size) -> Site {
    let mut site = Site {
        shows: &["OL", "OB LB"],
        changes: 1,
        kinds: size.pick(WIRE, Trouble::ALL),
        asks: 1,
        ..Site::with(size.pick(1, 2))
    };
    for host in &mut site.hosts[1..] {
        host.shutdown_exit = ShutdownExit::Never;
        host.final_delay = Duration::ZERO;
    }
    site
}

/// OBLBDURATION: OB and LB must last.
pub(super) fn patient(size: Size) -> Site {
    let mut site = Site { shows: LINE, changes: size.pick(1, 2), ..Site::with(1) };
    site.hosts.iter_mut().for_each(|host| host.rules.oblb_duration = Duration::from_secs(2));
    site
}

/// The password of one host is wrong.
pub(super) fn refused(size: Size, whose: usize) -> Site {
    Site { refused: Some(whose), changes: size.pick(1, 2), ..Site::with(size.pick(1, 2)) }
}

/// The UPS's driver sets FSD.
pub(super) fn by_driver(size: Size) -> Site {
    Site { shows: &["OL", "FSD OB"], troubles: size.pick(1, 2), ..Site::with(size.pick(1, 2)) }
}

/// An outage that lasts, and goes on until every host has gone: the power is not cut, machines take
/// their time, and servers that end are back soon.
fn lasting(site: Site) -> Site {
    let mut site = Site {
        changes: 0,
        lasting: Some(1),
        away: Some(2),
        settled: true,
        slow: (1, 1),
        end: 14,
        sometimes: &[],
        ..site
    };
    site.hosts.iter_mut().for_each(|host| host.power_down_flag = None);
    site
}

pub(super) fn lasting_pair(size: Size) -> Site {
    Site { troubles: size.pick(1, 2), changes: size.pick(0, 1), ..lasting(Site::with(1)) }
}

/// The server goes down with the primary.
pub(super) fn lasting_trio(size: Size) -> Site {
    Site { server_on: vec![Some(0)], ..lasting(Site::with(size.pick(2, 3))) }
}

/// FSD by hand instead of an outage. The primary needs time to set it again: on this clock it asks,
/// and tries again, once a second.
pub(super) fn lasting_asked(size: Size) -> Site {
    let mut site = Site {
        asks: 1,
        asks_first: true,
        away: Some(1),
        server_on: vec![size.pick(Some(0), None)],
        ..lasting(Site::with(size.pick(1, 2)))
    };
    site.hosts.iter_mut().for_each(|host| host.rules.host_sync = Duration::from_secs(4));
    site
}

pub(super) fn lasting_crosswise(size: Size, enough: u32) -> Site {
    Site { troubles: size.pick(0, 1), ..lasting(crosswise(size, enough)) }
}

pub(super) fn lasting_cancel(size: Size) -> Site {
    let site = lasting(cancel(size));
    Site { changes: 1, troubles: 1, shows: &["OL", "OB LB"], ..site }
}

pub(super) fn lasting_refused(size: Size) -> Site {
    Site { troubles: size.pick(0, 1), ..lasting(refused(size, 0)) }
}
