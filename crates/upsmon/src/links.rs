//! All links, with the sockets and look-ups that they ask for.
//!
//! Knows which connection and which deadline belongs to which UPS, and nothing of what is said. An
//! event concerns one link only: the others do not notice.

use crate::action::{Report, Time, UpsId};
use crate::link::{Link, LookupFailure, Output, Patience, Throttle};
use crate::settings::UpsSettings;
use crate::tell::tell;
use nut_daemon::errno::errno_text;
use nut_daemon::reactor::{Closed, Id, Reactor};
use nut_daemon::resolver::{Family, LookupError, Resolver};
use std::collections::{BTreeSet, HashMap};
use std::mem;
use std::net::SocketAddr;

/// Most bytes that wait for a server to read them; a link sends one line at a time.
const UNSENT_MAX: usize = 64 * 1024;

/// One link and what belongs to it.
#[derive(Debug)]
struct Line {
    link: Link,
    conn: Option<Id>,
    /// The connection is made, not only begun.
    made: bool,
    /// Its entry among the deadlines.
    deadline: Option<Time>,
}

/// The links. See the module's words.
#[derive(Debug)]
pub struct Links {
    lines: HashMap<UpsId, Line>,
    who: HashMap<Id, UpsId>,
    /// Soonest first.
    deadlines: BTreeSet<(Time, UpsId)>,
    resolver: Resolver<UpsId>,
    family: Option<Family>,
    patience: Patience,
    throttle: Throttle,
    secret: bool,
    reports: Vec<(UpsId, Report)>,
}

impl Links {
    /// No links; those to come connect to addresses of this family, as patiently as this.
    pub fn new(reactor: &Reactor, family: Option<Family>, patience: Patience) -> Links {
        Links {
            lines: HashMap::new(),
            who: HashMap::new(),
            deadlines: BTreeSet::new(),
            resolver: Resolver::new(reactor.waker()),
            family,
            patience,
            throttle: Throttle::new(None, Time::ZERO),
            secret: false,
            reports: Vec::new(),
        }
    }

    /// Whether servers may be spoken to in encrypted form only, from now on, of all links.
    pub fn set_secret(&mut self, reactor: &mut Reactor, now: Time, secret: bool) {
        self.secret = secret;
        let all: Vec<UpsId> = self.lines.keys().copied().collect();
        all.into_iter().for_each(|ups| self.with(reactor, now, ups, |l| l.set_secret(secret)));
    }

    /// How failed polls are logged from now on, of all links.
    pub fn set_throttle(&mut self, throttle: Throttle) {
        self.lines.values_mut().for_each(|line| line.link.set_throttle(throttle.clone()));
        self.throttle = throttle;
    }

    /// Makes a link; it does nothing yet.
    pub fn watch(&mut self, ups: UpsId, settings: UpsSettings) {
        let mut link = Link::new(settings, self.patience, self.throttle.clone());
        link.set_secret(self.secret);
        self.lines.insert(ups, Line { link, conn: None, made: false, deadline: None });
    }

    /// Has a link do something, and does what it wants then. Numbers of links that are gone mean
    /// nothing.
    pub fn with(
        &mut self,
        reactor: &mut Reactor,
        now: Time,
        ups: UpsId,
        act: impl FnOnce(&mut Link),
    ) {
        let Some(line) = self.lines.get_mut(&ups) else { return };
        act(&mut line.link);
        self.perform(reactor, now, ups);
    }

    /// Logs out and forgets a link.
    pub fn forget(&mut self, reactor: &mut Reactor, now: Time, ups: UpsId) {
        self.with(reactor, now, ups, Link::close);
        self.resolver.forget(&ups);
        self.lines.remove(&ups);
    }

    /// Logs out everywhere.
    pub fn close(&mut self, reactor: &mut Reactor, now: Time) {
        let all: Vec<UpsId> = self.lines.keys().copied().collect();
        all.into_iter().for_each(|ups| self.with(reactor, now, ups, Link::close));
    }

    /// What the links have told since the last call.
    pub fn take_reports(&mut self) -> Vec<(UpsId, Report)> {
        mem::take(&mut self.reports)
    }

    /// When [`Links::on_tick`] has something to do.
    pub fn next_deadline(&self) -> Option<Time> {
        self.deadlines.first().map(|(time, _)| *time)
    }

    /// Gives up what takes too long.
    pub fn on_tick(&mut self, reactor: &mut Reactor, now: Time) {
        while let Some(&(_, ups)) = self.deadlines.first().filter(|(time, _)| *time <= now) {
            self.with(reactor, now, ups, |link| link.on_tick(now));
        }
    }

    /// A connection is made.
    pub fn on_connected(&mut self, reactor: &mut Reactor, now: Time, conn: Id) {
        let Some(&ups) = self.who.get(&conn) else { return };
        if let Some(line) = self.lines.get_mut(&ups) {
            line.made = true;
        }
        self.with(reactor, now, ups, |link| link.on_connected(now));
    }

    /// A server says something.
    pub fn on_data(&mut self, reactor: &mut Reactor, now: Time, conn: Id, bytes: &[u8]) {
        let Some(&ups) = self.who.get(&conn) else { return };
        self.with(reactor, now, ups, |link| link.on_data(now, bytes));
    }

    /// A connection ended, or could not be made.
    pub fn on_closed(&mut self, reactor: &mut Reactor, now: Time, conn: Id, reason: &Closed) {
        let Some(ups) = self.who.remove(&conn) else { return };
        if let Some(line) = self.lines.get_mut(&ups) {
            line.conn = None;
        }
        self.with(reactor, now, ups, |link| link.on_closed(now, &reason_text(reason)));
    }

    /// The resolver may have answers.
    pub fn on_woken(&mut self, reactor: &mut Reactor, now: Time) {
        for (ups, found) in self.resolver.take() {
            let found = found.map_err(|failure| match failure {
                LookupError::NotFound(_) => LookupFailure::NotFound,
                LookupError::Temporary(why) => LookupFailure::Other(why),
            });
            self.with(reactor, now, ups, |link| link.on_resolved(now, found));
        }
    }

    /// Does what a link wants, and what it wants as a consequence.
    fn perform(&mut self, reactor: &mut Reactor, now: Time, ups: UpsId) {
        while let Some(line) = self.lines.get_mut(&ups) {
            let outputs = line.link.take_outputs();
            if outputs.is_empty() {
                break;
            }
            outputs.into_iter().for_each(|output| self.act(reactor, now, ups, output));
        }
        self.note_deadline(ups);
    }

    fn act(&mut self, reactor: &mut Reactor, now: Time, ups: UpsId, output: Output) {
        match output {
            Output::Resolve { host, port } => self.resolver.ask(ups, &host, port, self.family),
            Output::Connect(address) => self.connect(reactor, now, ups, address),
            Output::Send(bytes) => {
                if let Some(conn) = self.lines.get(&ups).and_then(|line| line.conn) {
                    reactor.send_owned(conn, bytes);
                }
            }
            Output::Disconnect => self.disconnect(reactor, ups),
            Output::Report(report) => self.reports.push((ups, report)),
            Output::Log(level, text) => tell(level, &text),
        }
    }

    fn connect(&mut self, reactor: &mut Reactor, now: Time, ups: UpsId, address: SocketAddr) {
        let Some(line) = self.lines.get_mut(&ups) else { return };
        match reactor.connect_tcp(address) {
            Ok(conn) => {
                reactor.set_limit(conn, UNSENT_MAX);
                (line.conn, line.made) = (Some(conn), false);
                self.who.insert(conn, ups);
            }
            Err(error) => line.link.on_closed(now, &errno_text(&error)),
        }
    }

    fn disconnect(&mut self, reactor: &mut Reactor, ups: UpsId) {
        let Some(line) = self.lines.get_mut(&ups) else { return };
        let Some(conn) = line.conn.take() else { return };
        self.who.remove(&conn);
        match line.made {
            true => reactor.close(conn),
            false => reactor.abort(conn),
        }
    }

    fn note_deadline(&mut self, ups: UpsId) {
        let Some(line) = self.lines.get_mut(&ups) else { return };
        let new = line.link.next_deadline();
        let old = mem::replace(&mut line.deadline, new);
        if old != new {
            old.map(|time| self.deadlines.remove(&(time, ups)));
            self.deadlines.extend(new.map(|time| (time, ups)));
        }
    }
}

fn reason_text(reason: &Closed) -> String {
    match reason {
        Closed::Eof => "Server disconnected".to_owned(),
        Closed::Error(error) => errno_text(error),
        Closed::Overflow => "the server does not read".to_owned(),
    }
}
