//! The core of upsd: events in, actions out.
//!
//! [`Server`] knows every client and every UPS. The loop tells it what happened by the methods
//! `on_...` and then does what [`Server::take_actions`] lists. No sockets, files, processes or clock
//! here: time is an argument, files come as values. Pure.

mod clients;
mod drivers;
mod reload;

use crate::action::{Action, ConnId, Level, Time};
use crate::client::Session;
use crate::config::Config;
use crate::descriptions::Descriptions;
use crate::state::{IdSource, State};
use crate::throttle::Throttle;
use std::collections::{BTreeSet, HashMap};

/// How often time itself is looked at.
const TICK: Time = Time::from_secs(1);

/// See the module's words.
pub struct Server {
    state: State,
    sessions: HashMap<ConnId, Session>,
    next_conn: u64,
    /// Every client with the moment it may have become idle, soonest first.
    idle: BTreeSet<(Time, ConnId)>,
    /// Listening sockets; they count among the connections of MAXCONN.
    listeners: usize,
    /// The limit that holds where MAXCONN says nothing.
    system_limit: usize,
    refused: Throttle,
    accept_failed: Throttle,
    next_tick: Time,
}

/// What the server needs from its surroundings at the start.
pub struct Surroundings {
    /// Texts of cmdvartab.
    pub descriptions: Descriptions,
    /// Ids of tracked commands.
    pub ids: IdSource,
    /// Most open descriptors the system grants this process, less those that connections need before
    /// they can be refused.
    pub descriptors: usize,
}

impl Server {
    /// A server with this configuration; its first actions are to connect to the drivers.
    pub fn new(now: Time, config: Config, surroundings: Surroundings) -> Server {
        let Surroundings { descriptions, ids, descriptors } = surroundings;
        let Config { settings, devices, users, .. } = config;
        let mut state = State::new(settings, users, descriptions, ids);
        state.now = now;
        state.devices.add_in_front(devices, now);
        let mut server = Server {
            state,
            sessions: HashMap::new(),
            next_conn: 0,
            idle: BTreeSet::new(),
            listeners: 0,
            system_limit: descriptors,
            refused: Throttle::every(Time::from_secs(60)),
            accept_failed: Throttle::every(Time::from_secs(60)),
            next_tick: now + TICK,
        };
        server.heed_max_conn();
        server.seek_drivers();
        server
    }

    /// MAXCONN cannot go beyond what the system grants.
    fn heed_max_conn(&mut self) {
        let (granted, asked) = (self.system_limit, self.state.settings.max_conn);
        if let Some(asked) = asked.filter(|&asked| asked > granted) {
            let text = format!("Your system limits the maximum number of connections to {granted}");
            self.log(Level::Warning, text);
            self.log(Level::Warning, format!("but you requested {asked}."));
        }
    }

    /// What is to be done, in order; the list is empty afterwards.
    pub fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.state.actions)
    }

    /// Messages above this debug level are not made.
    pub fn set_debug(&mut self, level: u32) {
        self.state.debug = level;
    }

    /// How many sockets listen.
    pub fn set_listeners(&mut self, count: usize) {
        self.listeners = count;
    }

    /// How many UPSes there are.
    pub fn devices(&self) -> usize {
        self.state.devices.len()
    }

    /// How many clients there are.
    pub fn clients(&self) -> usize {
        self.sessions.len()
    }

    /// When [`Server::on_tick`] is due.
    pub fn next_deadline(&self) -> Time {
        self.next_tick
    }

    /// Time has passed: looks for drivers, judges freshness, forgets old outcomes, closes idle
    /// clients. Does nothing before it is due.
    pub fn on_tick(&mut self, now: Time) {
        if now < self.next_tick {
            return;
        }
        self.next_tick = now + TICK;
        self.state.now = now;
        self.seek_drivers();
        self.watch_drivers();
        self.state.tracking.expire(now, self.state.settings.tracking_delay);
        self.close_idle();
    }

    fn log(&mut self, level: Level, text: impl Into<String>) {
        self.state.log(level, text);
    }
}
