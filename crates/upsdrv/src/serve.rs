//! The main loop of a driver: one wait, then everything that is due.
//!
//! The only place that moves bytes. Requests are understood by `socket`, orders run by `host`; this
//! loop calls the driver part when its moment has come and carries out its wishes.

use crate::context::Effect;
use crate::driver::{Driver, Link, LinkEvent};
use crate::host::{End, Host};
use crate::links::Links;
use crate::socket::{Action, Server};
use nut_daemon::output::print;
use nut_daemon::reactor::{Closed, Event, Id, Reactor};
use nut_daemon::{logging, notify, signals};
use nut_proto::driver::Outcome;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// Unread output that ends a connection to the driver socket, in bytes: many full dumps.
const OUTPUT_MAX: usize = 4 * 1024 * 1024;

/// The loop and all it owns.
pub(crate) struct Loop<D> {
    pub(crate) host: Host<D>,
    reactor: Reactor,
    server: Server<Id>,
    links: Links,
    listener: Option<Id>,
    timer: Option<Instant>,
    next_update: Option<Instant>,
    watchdog: Option<Duration>,
    last_sign_of_life: Instant,
}

impl<D: Driver> Loop<D> {
    pub(crate) fn new(host: Host<D>, reactor: Reactor) -> Loop<D> {
        Loop {
            last_sign_of_life: host.ctx.now,
            host,
            reactor,
            server: Server::new(std::process::id()),
            links: Links::default(),
            listener: None,
            timer: None,
            next_update: None,
            // Half of the interval leaves room for a slow update.
            watchdog: notify::watchdog_interval().map(|interval| interval / 2),
        }
    }

    /// Opens the driver socket, mode 0660. An old file is taken away.
    pub(crate) fn listen(&mut self, path: &Path) -> io::Result<()> {
        self.listener = Some(self.reactor.listen_unix(path, 0o660)?);
        Ok(())
    }

    /// Whether the driver socket is open.
    pub(crate) fn is_listening(&self) -> bool {
        self.listener.is_some()
    }

    /// Waits until the driver part can make its first update, or gives up.
    pub(crate) fn wait_until_ready(&mut self) {
        self.after_callback();
        while !self.host.driver.is_ready() && self.host.end.is_none() {
            self.turn(None);
        }
    }

    /// Calls the driver part's update and plans the next one.
    pub(crate) fn update(&mut self) {
        let ctx = &mut self.host.ctx;
        ctx.now = Instant::now();
        self.next_update = Some(ctx.now + ctx.poll_interval);
        ctx.status.begin_round(&ctx.state, ctx.now);
        self.host.driver.update(ctx);
        self.after_callback();
    }

    /// Runs until something ends it.
    pub(crate) fn run(&mut self) -> End {
        loop {
            if let Some(end) = self.host.end.take() {
                self.serve();
                return end;
            }
            self.turn(None);
            if self.next_update.is_some_and(|at| at <= Instant::now()) && self.may_update() {
                self.update();
            }
        }
    }

    /// Powers the load off without anybody asking over the socket; the answer is whether it worked.
    pub(crate) fn power_off(&mut self) -> bool {
        let mut outcome = self.host.power_off();
        while outcome.is_none() {
            self.after_callback();
            let left = self.host.resume_at.map(|at| at.saturating_duration_since(Instant::now()));
            std::thread::sleep(left.unwrap_or_default());
            self.host.ctx.now = Instant::now();
            outcome = self.host.resume();
        }
        self.after_callback();
        outcome == Some(Outcome::Handled)
    }

    /// Has the driver part release its device.
    pub(crate) fn clean_up(&mut self) {
        self.host.driver.cleanup(&mut self.host.ctx);
    }

    /// Sends what the state has to tell, now.
    pub(crate) fn tell(&mut self) {
        self.broadcast();
        self.reactor.flush();
    }

    /// Stops listening.
    pub(crate) fn close(&mut self) {
        if let Some(listener) = self.listener.take() {
            self.reactor.abort(listener);
        }
    }

    /// No update while an order is under way: both talk to the device.
    fn may_update(&self) -> bool {
        self.host.resume_at.is_none() && self.host.end.is_none()
    }

    /// Waits once, for at most `limit`, and does what is due.
    pub(crate) fn turn(&mut self, limit: Option<Duration>) {
        let timeout = self.time_left(Instant::now()).into_iter().chain(limit).min();
        let events = self.reactor.wait(timeout).unwrap_or_else(|e| {
            log::error!("poll: {e}");
            self.host.end = Some(End::Done);
            Vec::new()
        });
        self.host.ctx.now = Instant::now();
        for event in events {
            self.on_event(event);
        }
        self.on_time();
        self.serve();
        self.sign_of_life();
    }

    fn time_left(&self, now: Instant) -> Option<Duration> {
        let update = self.next_update.filter(|_| self.may_update());
        let sign = self.watchdog.map(|interval| self.last_sign_of_life + interval);
        let moments = [update, self.timer, self.host.resume_at, sign];
        moments.into_iter().flatten().min().map(|at| at.saturating_duration_since(now))
    }

    fn sign_of_life(&mut self) {
        let now = self.host.ctx.now;
        if self.watchdog.is_some_and(|interval| now >= self.last_sign_of_life + interval) {
            notify::watchdog();
            self.last_sign_of_life = now;
        }
    }

    fn on_event(&mut self, event: Event) {
        let event = match self.links.translate(event) {
            Ok((link, event)) => return self.on_link(link, event),
            Err(event) => event,
        };
        match event {
            Event::Opened { conn, .. } => {
                self.reactor.set_limit(conn, OUTPUT_MAX);
                self.server.on_open(conn);
            }
            Event::Data { conn, bytes } => {
                if self.server.on_data(conn, &bytes) {
                    log::warn!("a client of the driver socket sends too much and is dropped");
                    self.server.on_close(conn);
                    self.reactor.abort(conn);
                }
                // Line by line: a broadcast must not overtake the answer that was due before it.
                self.serve();
            }
            Event::Closed { conn, reason } => self.on_closed(conn, &reason),
            Event::Signal(signal) => self.on_signal(signal),
            Event::Woken => {
                self.host.driver.on_wake(&mut self.host.ctx);
                self.after_callback();
            }
            Event::AcceptFailed { error, .. } => log::warn!("accept on driver socket: {error}"),
            Event::Drained { conn } => {
                self.reactor.resume(conn);
                self.server.on_drained(conn);
                self.serve();
            }
            Event::Connected { .. } => {}
        }
    }

    fn on_closed(&mut self, conn: Id, reason: &Closed) {
        if let Closed::Overflow = reason {
            log::warn!("a client of the driver socket does not read and is dropped");
        }
        self.server.on_close(conn);
    }

    fn on_signal(&mut self, signal: i32) {
        match signal {
            signals::HUP => {
                self.host.reload(false);
            }
            signals::USR1 => {
                self.host.reload(true);
            }
            signals::URG => print_tree(&self.host),
            _ => self.host.end = Some(End::Signal(signal)),
        }
        self.after_callback();
    }

    fn on_link(&mut self, link: Link, event: LinkEvent) {
        self.host.driver.on_link(&mut self.host.ctx, link, event);
        self.after_callback();
    }

    fn on_time(&mut self) {
        let now = self.host.ctx.now;
        if self.host.resume_at.is_some_and(|at| at <= now) {
            let outcome = self.host.resume();
            self.settle(outcome);
        }
        if self.timer.is_some_and(|at| at <= now) {
            self.timer = None;
            self.host.driver.on_timer(&mut self.host.ctx);
            self.after_callback();
        }
    }

    /// Answers requests until none is left.
    fn serve(&mut self) {
        while let Some(action) = self.server.next(&self.host.ctx.state) {
            self.perform(action);
        }
    }

    fn perform(&mut self, action: Action<Id>) {
        match action {
            Action::Send(conn, bytes) => self.reactor.send(conn, &bytes),
            Action::Close(conn, bytes) => {
                self.reactor.send(conn, &bytes);
                self.reactor.close(conn);
            }
            Action::Hold(conn) => self.reactor.hold(conn),
            Action::Run(order) => {
                self.host.ctx.now = Instant::now();
                let outcome = self.host.begin(order);
                self.settle(outcome);
            }
        }
    }

    /// What an order changed is told before its answer.
    fn settle(&mut self, outcome: Option<Outcome>) {
        self.after_callback();
        if let Some(answer) = outcome.and_then(|outcome| self.server.finish(outcome)) {
            self.perform(answer);
        }
    }

    fn after_callback(&mut self) {
        loop {
            let effects = self.host.ctx.take_effects();
            if effects.is_empty() {
                break;
            }
            effects.into_iter().for_each(|effect| self.carry_out(effect));
        }
        self.broadcast();
    }

    fn broadcast(&mut self) {
        let messages = self.host.ctx.state.take_broadcasts();
        for action in self.server.broadcast(&messages) {
            self.perform(action);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Timer(moment) => self.timer = moment,
            Effect::Connect(link, address) => {
                if let Some(event) = self.links.connect(&mut self.reactor, link, address) {
                    self.host.driver.on_link(&mut self.host.ctx, link, event);
                }
            }
            Effect::Send(link, bytes) => self.links.send(&mut self.reactor, link, &bytes),
            Effect::Disconnect(link) => self.links.disconnect(&mut self.reactor, link),
            Effect::Fail(fatal) => self.host.end = Some(End::Fatal(fatal)),
        }
    }
}

/// Prints the variables, one `name: value` a line; nobody sees it in the background.
pub(crate) fn print_tree<D>(host: &Host<D>) {
    let lines = host.ctx.state.variables().map(|v| format!("{}: {}\n", v.name, v.value));
    let text: String = lines.collect();
    if print(&text).is_err() {
        nut_daemon::debug!(1, "standard output is gone (debug level {})", logging::debug());
    }
}
