//! The loop: what happens goes to the server, what the server wants is done.
//!
//! The only place that touches sockets. It decides nothing but which of its tables an event
//! concerns.

use crate::action::{Action, ConnId, Level, Time, UpsId};
use crate::listeners::Listeners;
use crate::server::Server;
use nut_daemon::errno::{errno_text, is_out_of_descriptors};
use nut_daemon::reactor::{Closed, Event, Id, Peer, Reactor};
use nut_daemon::{notice, notify};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often addresses that could not be listened on are tried again.
const LISTEN_RETRY: Duration = Duration::from_secs(5);

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
enum Who {
    Client(ConnId),
    Driver(UpsId),
}

/// The running daemon.
pub struct Daemon {
    reactor: Reactor,
    server: Server,
    listeners: Listeners,
    /// Where driver sockets are; for messages, as the process stands in that folder.
    state_path: PathBuf,
    start: Instant,
    who: HashMap<Id, Who>,
    clients: HashMap<ConnId, Id>,
    drivers: HashMap<UpsId, Id>,
    retry_listen: Instant,
    watchdog: Option<Duration>,
    last_watchdog: Instant,
}

impl Daemon {
    /// Puts the parts together and does the server's first actions.
    pub fn new(
        reactor: Reactor,
        server: Server,
        listeners: Listeners,
        state_path: PathBuf,
        start: Instant,
    ) -> Daemon {
        let now = Instant::now();
        let mut daemon = Daemon {
            reactor,
            server,
            listeners,
            state_path,
            start,
            who: HashMap::new(),
            clients: HashMap::new(),
            drivers: HashMap::new(),
            retry_listen: now + LISTEN_RETRY,
            watchdog: notify::watchdog_interval(),
            last_watchdog: now,
        };
        daemon.server.set_listeners(daemon.listeners.count());
        daemon.perform();
        daemon
    }

    /// Serves until a signal ends it; tells which. `on_hangup` is called for SIGHUP.
    pub fn run(&mut self, mut on_hangup: impl FnMut(&mut Daemon)) -> io::Result<i32> {
        loop {
            let timeout = self.server.next_deadline().saturating_sub(self.now());
            for event in self.reactor.wait(Some(timeout))? {
                match event {
                    Event::Signal(nut_daemon::signals::HUP) => on_hangup(self),
                    Event::Signal(number) => return Ok(number),
                    event => self.take(event),
                }
                self.perform();
            }
            self.tick();
        }
    }

    fn now(&self) -> Time {
        self.start.elapsed()
    }

    fn tick(&mut self) {
        let now = self.now();
        if now < self.server.next_deadline() {
            return;
        }
        self.server.on_tick(now);
        self.perform();
        if self.retry_listen <= Instant::now() {
            self.retry_listen = Instant::now() + LISTEN_RETRY;
            self.listeners.retry(&mut self.reactor);
            self.server.set_listeners(self.listeners.count());
        }
        // A sign of life at half the interval leaves room for a busy machine.
        if self.watchdog.is_some_and(|interval| self.last_watchdog.elapsed() >= interval / 2) {
            self.last_watchdog = Instant::now();
            notify::watchdog();
        }
    }

    fn take(&mut self, event: Event) {
        let now = self.now();
        match event {
            Event::Opened { conn, peer, .. } => self.opened(now, conn, peer),
            Event::Data { conn, bytes } => match self.who.get(&conn) {
                Some(&Who::Client(client)) => self.server.on_client_data(now, client, &bytes),
                Some(&Who::Driver(ups)) => self.server.on_driver_data(now, ups, &bytes),
                None => {}
            },
            Event::Drained { conn } => {
                if let Some(&Who::Client(client)) = self.who.get(&conn) {
                    self.server.on_client_drained(now, client);
                }
            }
            Event::Closed { conn, reason } => self.closed(now, conn, &reason),
            Event::AcceptFailed { error, .. } => {
                let exhausted = is_out_of_descriptors(&error);
                self.server.on_accept_failed(now, &errno_text(&error), exhausted);
            }
            Event::Connected { .. } | Event::Signal(_) | Event::Woken => {}
        }
    }

    fn opened(&mut self, now: Time, id: Id, peer: Peer) {
        let address = match peer {
            Peer::Ip(address) => address.ip().to_string(),
            Peer::Unix => "localhost".to_owned(),
        };
        match self.server.on_client_opened(now, &address) {
            Some(client) => {
                self.who.insert(id, Who::Client(client));
                self.clients.insert(client, id);
            }
            None => self.reactor.abort(id),
        }
    }

    fn closed(&mut self, now: Time, id: Id, reason: &Closed) {
        match self.who.remove(&id) {
            Some(Who::Client(client)) => {
                self.clients.remove(&client);
                if let Closed::Error(error) = reason {
                    nut_daemon::debug!(2, "a client's connection broke: {}", errno_text(error));
                }
                self.server.on_client_closed(now, client);
            }
            Some(Who::Driver(ups)) => {
                self.drivers.remove(&ups);
                self.server.on_driver_closed(now, ups, &reason_text(reason));
            }
            None => {}
        }
    }

    /// Does what the server wants, and what it wants as a consequence.
    fn perform(&mut self) {
        loop {
            let actions = self.server.take_actions();
            if actions.is_empty() {
                return;
            }
            for action in actions {
                self.act(action);
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Send { conn, bytes } => {
                if let Some(&id) = self.clients.get(&conn) {
                    self.reactor.send_owned(id, bytes);
                }
            }
            Action::Hold(conn) => {
                if let Some(&id) = self.clients.get(&conn) {
                    self.reactor.hold(id);
                }
            }
            Action::Resume(conn) => {
                if let Some(&id) = self.clients.get(&conn) {
                    self.reactor.resume(id);
                }
            }
            Action::Close(conn) => {
                if let Some(id) = self.clients.remove(&conn) {
                    self.who.remove(&id);
                    self.reactor.close(id);
                }
            }
            Action::ConnectDriver { ups, socket } => self.connect(ups, &socket),
            Action::SendDriver { ups, bytes } => {
                if let Some(&id) = self.drivers.get(&ups) {
                    self.reactor.send_owned(id, bytes);
                }
            }
            Action::DropDriver(ups) => {
                if let Some(id) = self.drivers.remove(&ups) {
                    self.who.remove(&id);
                    self.reactor.abort(id);
                }
            }
            Action::Log(level, text) => log(level, &text),
        }
    }

    fn connect(&mut self, ups: UpsId, socket: &str) {
        match self.reactor.connect_unix(Path::new(socket)) {
            Ok(id) => {
                self.who.insert(id, Who::Driver(ups));
                self.drivers.insert(ups, id);
                self.server.on_driver_connected(self.now(), ups);
            }
            Err(error) => {
                let path = self.state_path.join(socket).display().to_string();
                let reason = errno_text(&error);
                self.server.on_driver_unreachable(self.now(), ups, &path, &reason);
            }
        }
    }

    /// The server, for a reload.
    pub fn server(&mut self) -> &mut Server {
        &mut self.server
    }

    /// Takes over a configuration that was found good.
    pub fn reconfigure(&mut self, config: crate::config::Config, state_path: PathBuf) {
        self.state_path = state_path;
        self.listeners.change(&mut self.reactor, &config.settings.listen);
        self.server.set_listeners(self.listeners.count());
        let now = self.now();
        self.server.on_reload(now, config);
    }
}

fn reason_text(reason: &Closed) -> String {
    match reason {
        Closed::Eof => "the driver closed it".to_owned(),
        Closed::Error(error) => errno_text(error),
        Closed::Overflow => "the driver does not read".to_owned(),
    }
}

fn log(level: Level, text: &str) {
    match level {
        Level::Err => log::error!("{text}"),
        Level::Warning => log::warn!("{text}"),
        Level::Notice => notice!("{text}"),
        Level::Info => log::info!("{text}"),
        Level::Debug(level) => nut_daemon::debug!(level, "{text}"),
    }
}
