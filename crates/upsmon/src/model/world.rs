//! The state of a whole site and what can happen next.
//!
//! Everything that can happen in a second can happen in any order; the second ends when every host
//! that is not stalled has nothing left to do in it.

use super::host::{Host, Life};
use super::shared::Shared;
use super::site::{Site, Trouble};
use super::turn::Turn;
use super::{NOW, Second, time};
use crate::monitor::Monitor;
use crate::settings::Settings;
use stateright::Model;

#[derive(Debug, Clone, PartialEq, Hash)]
pub(super) struct World {
    /// Seconds of a run that has an end.
    pub(super) elapsed: Second,
    pub(super) hosts: Vec<Shared<Host>>,
    pub(super) ups: Vec<Ups>,
    /// Since when servers are away; none for those that run.
    pub(super) away: Vec<Option<Second>>,
    pub(super) changes: u8,
    pub(super) troubles: u8,
    pub(super) asks: u8,
    /// What was broken on the way; nothing, if all is well.
    pub(super) broken: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Ups {
    /// Place in [`Site::shows`].
    pub(super) shows: usize,
    /// Its server keeps FSD set.
    pub(super) fsd: bool,
    /// Nobody has seen yet what it shows; until then it may as well not have shown it.
    pub(super) unseen: bool,
    /// The outage lasts.
    pub(super) lasts: bool,
    /// Its outlets are off.
    pub(super) cut: bool,
}

/// What must never be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Rule {
    /// A primary goes only when those it waits for are down, or HOSTSYNC is over.
    WaitsForSecondaries,
    /// FSD is tried on every UPS of a primary before it goes.
    FsdFirst,
    /// The order to shut down is given once.
    Once,
    /// A host goes only below MINSUPPLIES, or because somebody asked.
    Cause,
    /// A monitor has nothing to do at once after it has done everything.
    NoSpin,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Event {
    /// The next second begins.
    Second,
    /// A UPS shows something else.
    Show { ups: usize, shows: usize },
    /// A UPS fails for good.
    Fail { ups: usize },
    /// A host's monitor does what is due, and the first question on this link is served.
    Wake { host: usize, ups: usize, trouble: Option<Trouble> },
    /// The next question on this link is served, or what was late comes.
    Serve { host: usize, ups: usize, trouble: Option<Trouble> },
    /// A connection ends.
    Break { host: usize, ups: usize },
    /// A host gets to know that a connection ended.
    Notice { host: usize, ups: usize },
    /// A host does nothing for the rest of this second.
    Stall { host: usize },
    /// A server ends.
    Crash { server: usize },
    /// A server is started.
    Start { server: usize },
    /// Somebody asks a host for FSD.
    Ask { host: usize },
    /// A host's shutdown is complete.
    Gone { host: usize },
}

impl Model for Site {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        let host = |settings: &Settings| {
            let monitor = Monitor::new(time(NOW), settings.clone()).guarded(self.guards);
            let mut host = Host::new(monitor);
            host.monitor.as_mut().map(Monitor::take_actions);
            Shared::new(host)
        };
        let ups = Ups { shows: 0, fsd: false, unseen: false, lasts: false, cut: false };
        let mut world = World {
            elapsed: 0,
            hosts: self.hosts.iter().map(host).collect(),
            ups: vec![ups; self.server_of.len()],
            away: vec![None; self.server_on.len()],
            changes: self.changes,
            troubles: self.troubles,
            asks: self.asks,
            broken: Vec::new(),
        };
        if self.settled {
            (0..world.hosts.len()).for_each(|host| {
                Turn::of(self, &mut world, host).wake_all();
            });
        }
        vec![world]
    }

    fn actions(&self, world: &World, events: &mut Vec<Event>) {
        if self.is_over(world) {
            return;
        }
        self.power(world, events);
        self.servers(world, events);
        (0..world.hosts.len()).for_each(|host| self.host(world, host, events));
        if self.second_can_end(world) {
            events.push(Event::Second);
        }
    }

    fn next_state(&self, world: &World, event: Event) -> Option<World> {
        let mut next = world.clone();
        match event {
            Event::Second => self.second(&mut next),
            Event::Show { ups, shows } => {
                next.changes -= 1;
                next.ups[ups].shows = shows;
                next.ups[ups].unseen = next.changes > 0;
            }
            Event::Fail { ups } => {
                next.ups[ups].shows = self.shows.len() - 1;
                next.ups[ups].lasts = true;
            }
            Event::Crash { server } => {
                next.troubles -= 1;
                self.end_server(&mut next, server);
            }
            Event::Start { server } => next.away[server] = None,
            Event::Break { host, ups } => {
                next.troubles -= 1;
                end_link(&mut next, host, ups, false);
            }
            Event::Stall { host } => {
                next.troubles -= 1;
                change(&mut next, host, |host| host.stalled = true);
            }
            Event::Gone { host } => self.gone(&mut next, host),
            Event::Ask { host } => {
                next.asks -= 1;
                Turn::of(self, &mut next, host).ask();
            }
            Event::Notice { host, ups } => Turn::of(self, &mut next, host).notice(ups),
            Event::Wake { host, ups, trouble } => {
                Turn::of(self, &mut next, host).wake(ups, trouble)?;
            }
            Event::Serve { host, ups, trouble } => {
                Turn::of(self, &mut next, host).serve(ups, trouble)?;
            }
        }
        self.sort_alike(&mut next);
        Some(next)
    }

    fn properties(&self) -> Vec<stateright::Property<Site>> {
        super::properties::of(self)
    }
}

impl Site {
    fn power(&self, world: &World, events: &mut Vec<Event>) {
        let matters = world.hosts.iter().any(|host| host.life == Life::Up);
        for (place, ups) in world.ups.iter().enumerate().filter(|(_, ups)| !ups.lasts) {
            if self.lasting.is_some() && self.asks == 0 {
                events.push(Event::Fail { ups: place });
            }
            if matters && world.changes > 0 && !ups.unseen {
                let others = (0..self.shows.len()).filter(|&shows| shows != ups.shows);
                events.extend(others.map(|shows| Event::Show { ups: place, shows }));
            }
        }
    }

    fn servers(&self, world: &World, events: &mut Vec<Event>) {
        for (server, away) in world.away.iter().enumerate() {
            match away {
                None if world.troubles > 0 && self.allows(Trouble::Crash) => {
                    events.push(Event::Crash { server });
                }
                Some(_) if self.can_run(world, server) => events.push(Event::Start { server }),
                _ => {}
            }
        }
    }

    fn host(&self, world: &World, place: usize, events: &mut Vec<Event>) {
        let host = &world.hosts[place];
        if matches!(host.life, Life::Leaving(since) if since + self.slow.0 <= NOW) {
            events.push(Event::Gone { host: place });
        }
        if host.stalled || host.monitor.is_none() {
            return;
        }
        if world.asks > 0 && host.life == Life::Up && (place == 0 || !self.asks_first) {
            events.push(Event::Ask { host: place });
        }
        let due = host.is_due();
        let trouble = |kind| world.troubles > 0 && self.allows(kind);
        if due && trouble(Trouble::Stall) {
            events.push(Event::Stall { host: place });
        }
        for (ups, link) in host.links.iter().enumerate() {
            if link.ended {
                events.push(Event::Notice { host: place, ups });
            }
            if link.open && trouble(Trouble::Break) {
                events.push(Event::Break { host: place, ups });
            }
            let ways = self.ways(world);
            if due {
                events.extend(ways.clone().map(|trouble| Event::Wake {
                    host: place,
                    ups,
                    trouble,
                }));
            }
            match &link.late {
                Some(late) if late.since < NOW => {
                    events.push(Event::Serve { host: place, ups, trouble: None });
                }
                None if link.next().is_some() => {
                    events.extend(ways.map(|trouble| Event::Serve { host: place, ups, trouble }));
                }
                _ => {}
            }
        }
    }

    /// How a question may fare.
    fn ways(&self, world: &World) -> impl Iterator<Item = Option<Trouble>> + Clone + use<> {
        let kinds = if world.troubles > 0 { self.kinds } else { &[] };
        let of_questions = kinds
            .iter()
            .filter(|kind| !matches!(kind, Trouble::Break | Trouble::Stall | Trouble::Crash));
        std::iter::once(None).chain(of_questions.map(|&kind| Some(kind)))
    }

    pub(super) fn second_can_end(&self, world: &World) -> bool {
        let failed = match self.asks {
            0 => world.ups.iter().all(|ups| ups.lasts),
            _ => world.asks == 0 || world.hosts[0].stalled,
        };
        let failed = failed || self.lasting.is_none_or(|by| world.elapsed < by);
        let started = |(server, since): (usize, &Option<Second>)| {
            let limit = self.away.filter(|_| self.can_run(world, server));
            since.zip(limit).is_none_or(|(since, limit)| NOW - since < limit)
        };
        let back = world.away.iter().enumerate().all(started);
        failed && back && world.hosts.iter().all(|host| self.is_done(host))
    }

    fn can_run(&self, world: &World, server: usize) -> bool {
        self.server_on[server].is_none_or(|host| world.hosts[host].is_up())
    }

    fn is_done(&self, host: &Host) -> bool {
        if matches!(host.life, Life::Leaving(since) if since + self.slow.1 <= NOW) {
            return false;
        }
        let quiet = host.links.iter().all(|link| match &link.late {
            Some(late) => late.since == NOW,
            None => link.next().is_none() && !link.ended,
        });
        host.stalled || (quiet && !host.is_due())
    }

    fn second(&self, world: &mut World) {
        world.elapsed += u8::from(self.lasting.is_some());
        // How long a server has been away matters only where that has a limit.
        let limited = world.away.iter_mut().flatten().filter(|_| self.away.is_some());
        limited.for_each(|since| *since = since.saturating_sub(1));
        for (place, settings) in self.hosts.iter().enumerate() {
            if world.hosts[place].is_up() {
                change(world, place, |host| host.age(horizon(settings)));
            }
        }
    }

    fn end_server(&self, world: &mut World, server: usize) {
        world.away[server] = Some(NOW);
        for ups in (0..self.server_of.len()).filter(|&ups| self.server_of[ups] == server) {
            world.ups[ups].fsd = false;
            (0..world.hosts.len()).for_each(|host| end_link(world, host, ups, true));
        }
    }

    /// A host is down: its server is, and the outlets that it was to switch off are off.
    fn gone(&self, world: &mut World, place: usize) {
        let flag = world.hosts[place].flag;
        world.hosts[place] = Shared::new(world.hosts[place].ended(Life::Down));
        for server in 0..world.away.len() {
            if self.server_on[server] == Some(place) {
                self.end_server(world, server);
            }
        }
        if flag {
            self.cut(world, place);
        }
    }

    fn cut(&self, world: &mut World, by: usize) {
        for (ups, line) in self.hosts[by].ups.iter().enumerate() {
            world.ups[ups].cut |= line.role == crate::settings::Role::Primary;
        }
        for place in 0..world.hosts.len() {
            let feeds = self.hosts[place].ups.iter().enumerate().filter(|(_, l)| l.power_value > 0);
            let dark = feeds.fold(true, |dark, (ups, _)| dark && world.ups[ups].cut);
            if dark && world.hosts[place].is_up() {
                world.hosts[place] = Shared::new(world.hosts[place].ended(Life::Dark));
            }
        }
    }

    /// Secondaries that are alike may change places: what happens to one may happen to another.
    fn sort_alike(&self, world: &mut World) {
        world.hosts[self.alike_from..].sort_by_key(Shared::key);
    }
}

/// A connection ends on the server's side; the host does not know it yet. The primary goes on waiting
/// for those whose server ended: it knows that, but not that a single connection broke.
fn end_link(world: &mut World, host: usize, ups: usize, waits: bool) {
    if world.hosts[host].links[ups].open {
        change(world, host, |host| {
            let link = &mut host.links[ups];
            (link.open, link.awaited, link.ended) = (false, link.awaited && waits, true);
        });
    }
}

pub(super) fn change(world: &mut World, place: usize, change: impl FnOnce(&mut Host)) {
    let mut host = Host::clone(&world.hosts[place]);
    change(&mut host);
    world.hosts[place] = Shared::new(host);
}

/// What is longer ago is longer than any wait that the settings name.
fn horizon(settings: &Settings) -> Second {
    let rules = &settings.rules;
    let off = rules.off_duration.unwrap_or_default();
    let waits = [rules.dead_time + rules.oblb_duration, rules.host_sync, off];
    let longest = waits.into_iter().max().unwrap_or_default().as_secs();
    u8::try_from(longest).map_or(NOW, |seconds| seconds.saturating_add(1))
}
