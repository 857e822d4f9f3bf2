//! One machine of a site: its real monitor, its links, the orders it got, and what it was told.

use super::told::Told;
use super::{NOW, Second};
use crate::action::{Report, Time};
use crate::monitor::Monitor;
use crate::order::Orders;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Host {
    /// None when upsmon has ended.
    pub(super) monitor: Option<Monitor>,
    /// To the server of each UPS, in the order of the MONITOR lines.
    pub(super) links: Vec<Link>,
    pub(super) told: Vec<Told>,
    pub(super) orders: Orders,
    pub(super) life: Life,
    /// How often it gave the order to shut down.
    pub(super) shutdowns: u8,
    /// POWERDOWNFLAG is written.
    pub(super) flag: bool,
    /// When it began to set FSD.
    pub(super) fsd_at: Option<Second>,
    /// When it could not go back any more.
    pub(super) bound_at: Option<Second>,
    /// A way down was called off.
    pub(super) turned_back: bool,
    /// Somebody asked it to go down.
    pub(super) asked: bool,
    /// It does nothing in this second.
    pub(super) stalled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Life {
    Up,
    /// SHUTDOWNCMD was started then.
    Leaving(Second),
    Down,
    /// Its power was cut before it was down.
    Dark,
}

/// A connection about one UPS, from both ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Link {
    /// It stands.
    pub(super) open: bool,
    /// It ended, and the host does not know it yet.
    pub(super) ended: bool,
    /// The server has counted this host without a break since the UPS's primary first set FSD.
    pub(super) awaited: bool,
    /// The host has tried to set FSD on it.
    pub(super) tried: bool,
    /// What was asked and is not served.
    pub(super) fsd: bool,
    pub(super) logins: bool,
    pub(super) poll: bool,
    /// What comes in the next second only; until then nothing else is asked.
    pub(super) late: Option<Late>,
}

/// A question that is under way to the server, or its answer that is on the way back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Late {
    pub(super) since: Second,
    pub(super) question: Question,
    pub(super) answer: Option<Report>,
}

/// A question to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Question {
    Fsd,
    Logins,
    Poll,
}

impl Host {
    pub(super) fn new(monitor: Monitor) -> Host {
        let lines = monitor.settings().ups.len();
        Host {
            monitor: Some(monitor),
            links: vec![Link::default(); lines],
            told: vec![Told::default(); lines],
            orders: Orders::default(),
            life: Life::Up,
            shutdowns: 0,
            flag: false,
            fsd_at: None,
            bound_at: None,
            turned_back: false,
            asked: false,
            stalled: false,
        }
    }

    /// Nothing runs any more; what cannot matter again is forgotten.
    pub(super) fn ended(&self, life: Life) -> Host {
        Host {
            monitor: None,
            links: vec![Link::default(); self.links.len()],
            told: vec![Told::default(); self.told.len()],
            orders: Orders::default(),
            life,
            shutdowns: self.shutdowns,
            flag: false,
            fsd_at: None,
            bound_at: None,
            turned_back: false,
            asked: false,
            stalled: false,
        }
    }

    /// A second is over. What is longer ago than `horizon` is as good as for ever ago.
    pub(super) fn age(&mut self, horizon: Second) {
        let second = Time::from_secs(1);
        let oldest = super::time(NOW - horizon);
        let times = self.monitor.iter_mut().flat_map(Monitor::times);
        times.for_each(|time| *time = (*time - second).max(oldest));
        for time in self.told.iter_mut().flat_map(Told::times) {
            *time = (*time - 1).max(NOW - horizon);
        }
        for late in self.links.iter_mut().filter_map(|link| link.late.as_mut()) {
            late.since -= 1;
        }
        let own = self.fsd_at.iter_mut().chain(&mut self.bound_at);
        own.for_each(|at| *at = at.saturating_sub(1));
        if let Life::Leaving(since) = &mut self.life {
            *since -= 1;
        }
        self.stalled = false;
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.monitor.as_ref().is_some_and(Monitor::is_leaving)
    }

    /// Whether its monitor wants to be called now.
    pub(super) fn is_due(&self) -> bool {
        let deadline = self.monitor.as_ref().and_then(Monitor::next_deadline);
        deadline.is_some_and(|due| due <= super::time(NOW))
    }

    pub(super) fn is_up(&self) -> bool {
        !matches!(self.life, Life::Down | Life::Dark)
    }
}

impl Link {
    /// What is asked next, in the order of the real link.
    pub(super) fn next(&self) -> Option<Question> {
        match self {
            Link { late: Some(_), .. } => None,
            Link { fsd: true, .. } => Some(Question::Fsd),
            Link { logins: true, .. } => Some(Question::Logins),
            Link { poll: true, .. } => Some(Question::Poll),
            _ => None,
        }
    }

    /// What is asked is answered.
    pub(super) fn answered(&mut self, question: Question) {
        match question {
            Question::Fsd => self.fsd = false,
            Question::Logins => self.logins = false,
            Question::Poll => self.poll = false,
        }
    }
}
