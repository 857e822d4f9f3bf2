//! What is asked of every state of a site.

use super::NOW;
use super::host::{Host, Life};
use super::site::Site;
use super::told::Cause;
use super::world::{Rule, World};
use crate::monitor::Monitor;
use crate::settings::Settings;
use crate::verdict::Verdict;
use stateright::Property;

type Condition = fn(&Site, &World) -> bool;

/// What must hold in every state.
const ALWAYS: &[(&str, Condition)] = &[
    ("a primary goes when those it waits for are down or HOSTSYNC is over", |_, world| {
        !world.broken.contains(&Rule::WaitsForSecondaries)
    }),
    ("a primary has tried to set FSD everywhere before it goes", |_, world| {
        !world.broken.contains(&Rule::FsdFirst)
    }),
    ("SHUTDOWNCMD is ordered once", |_, world| !world.broken.contains(&Rule::Once)),
    ("no shutdown without a cause that the settings name", |_, world| {
        !world.broken.contains(&Rule::Cause)
    }),
    ("with MINSUPPLIES 0 nobody goes unasked", |site, world| {
        let observers = each(site, world).filter(|(settings, _)| settings.min_supplies == 0);
        observers.into_iter().all(|(_, host)| !host.is_leaving() || host.asked)
    }),
    ("after OL, and of what was never heard of, silence means nothing", |site, world| {
        never(site, world, Cause::None)
    }),
    ("silence means nothing before DEADTIME", |site, world| never(site, world, Cause::Silence)),
    ("a secondary goes by itself only after HOSTSYNC", |site, world| {
        never(site, world, Cause::Early)
    }),
    ("a calibration is no cause", |site, world| never(site, world, Cause::Calibration)),
    ("OFF is no cause before OFFDURATION", |site, world| never(site, world, Cause::Off)),
    ("a cause is acted on in the second in which it is known", |site, world| {
        let slept = |(place, host): (usize, &Host)| {
            let calm = host.life == Life::Up && !host.is_leaving();
            // What is late may be the news that all is well; the real link gives it 5 s.
            let can = !host.stalled && host.links.iter().all(|link| link.late.is_none());
            calm && can && site.lacks_supplies(place, host)
        };
        !site.second_can_end(world)
            || !world.hosts.iter().map(|host| &**host).enumerate().any(slept)
    }),
    ("a host that cannot go back is gone in time", |site, world| {
        let spent = u64::from(site.troubles - world.troubles);
        each(site, world).all(|(settings, host)| {
            let bound = host.bound_at.filter(|_| host.life == Life::Up);
            let most = longest_way(settings) + spent;
            bound.is_none_or(|at| u64::from(NOW - at) <= most)
        })
    }),
    ("a monitor never spins", |_, world| !world.broken.contains(&Rule::NoSpin)),
    ("the check never gets stuck", |site, world| {
        let mut events = Vec::new();
        stateright::Model::actions(site, world, &mut events);
        !events.is_empty() || site.is_over(world)
    }),
];

pub(super) fn of(site: &Site) -> Vec<Property<Site>> {
    let always = ALWAYS.iter().map(|(name, condition)| Property::always(name, *condition));
    let sometimes =
        site.sometimes.iter().filter_map(|name| SOMETIMES.iter().find(|(n, _)| n == name));
    let sometimes = sometimes.map(|(name, condition)| Property::sometimes(name, *condition));
    let lasting = site.lasting.map(|_| {
        Property::eventually(EVERY_HOST_GOES, |_, world: &World| {
            world.hosts.iter().all(|host| host.shutdowns > 0)
        })
    });
    always.chain(sometimes).chain(lasting).collect()
}

pub(super) const EVERY_HOST_GOES: &str = "an outage that lasts brings every host down";

/// What is to be seen in some state, to show that the check gets there.
const SOMETIMES: &[(&str, Condition)] = &[
    ("a secondary leaves first", |_, world| {
        let waits = world.hosts[0].fsd_at.is_some() && world.hosts[0].life == Life::Up;
        waits && world.hosts[1..].iter().any(|host| host.life == Life::Down)
    }),
    ("HOSTSYNC expires", |_, world| {
        let goes = matches!(world.hosts[0].life, Life::Leaving(_));
        goes && world.hosts[1..].iter().any(|host| host.links[0].awaited)
    }),
    ("power returns in the wait", |site, world| {
        let waits = world.hosts[0].fsd_at.is_some() && world.hosts[0].life == Life::Up;
        waits
            && !world.hosts[0].asked
            && world.ups.iter().all(|ups| ups.shows == 0)
            && site.shows[0] == "OL"
    }),
    ("the server restarts in the wait", |_, world| {
        let waits = world.hosts[0].fsd_at.is_some() && world.hosts[0].life == Life::Up;
        waits && world.hosts[0].told[0].fsd && world.away[0].is_none() && !world.ups[0].fsd
    }),
    ("a secondary gives up waiting for FSD", |_, world| {
        let alone = |host: &Host| host.is_leaving() && !host.told[0].fsd && !host.asked;
        world.hosts[1..].iter().any(|host| alone(host)) && world.hosts[0].fsd_at.is_none()
    }),
    ("silence is taken for death", |_, world| {
        world.hosts.iter().any(|host| host.is_leaving() && host.told[0].silent && !host.told[0].fsd)
    }),
    ("power is cut under a host that is slow to go down", |_, world| {
        world.hosts.iter().any(|host| host.life == Life::Dark && host.shutdowns > 0)
    }),
    ("power is cut under a host that was not told", |_, world| {
        world.hosts.iter().any(|host| host.life == Life::Dark && host.shutdowns == 0)
    }),
    ("two hosts wait for each other", |_, world| {
        world.hosts.iter().filter(|host| host.fsd_at.is_some() && host.life == Life::Up).count() > 1
    }),
    ("a shutdown is called off", |_, world| world.hosts.iter().any(|host| host.turned_back)),
];

fn each<'a>(site: &'a Site, world: &'a World) -> impl Iterator<Item = (&'a Settings, &'a Host)> {
    site.hosts.iter().zip(world.hosts.iter().map(|host| &**host))
}

/// Whether no host counts a UPS out without a cause, of which this is missing.
fn never(site: &Site, world: &World, missing: Cause) -> bool {
    each(site, world).all(|(settings, host)| {
        let verdicts = host.monitor.iter().flat_map(Monitor::verdicts);
        let critical = verdicts.filter(|(.., verdict)| matches!(verdict, Verdict::Critical(_)));
        critical.into_iter().all(|(ups, ..)| {
            let role = settings.ups[ups.0].role;
            host.told[ups.0].cause(role, &settings.rules) != missing
        })
    })
}

/// From the last way back to SHUTDOWNCMD, in seconds.
fn longest_way(settings: &Settings) -> u64 {
    let gather = if settings.is_primary() { settings.rules.host_sync.as_secs() + 1 } else { 0 };
    gather + settings.final_delay.as_secs()
}

impl Site {
    /// Whether a host has too few supplies, by what it was told.
    pub(super) fn lacks_supplies(&self, place: usize, host: &Host) -> bool {
        let settings = &self.hosts[place];
        let fed = settings.ups.iter().zip(&host.told);
        let fed = fed.filter(|(line, told)| !told.is_gone(line.role, &settings.rules));
        fed.map(|(line, _)| line.power_value).sum::<u32>() < settings.min_supplies
    }
}
