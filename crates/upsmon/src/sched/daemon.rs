//! The timer daemon's loop: what happens goes to the timers, what the timers want is done.
//!
//! The only place of upssched that serves sockets. Scripts run beside the loop: a slow one holds up
//! neither timers nor answers.

use super::script;
use super::seat::{Seat, Standing};
use super::timers::{Action, Call, Timers};
use crate::action::Time;
use crate::tell::tell;
use nut_daemon::clock::{Clock, WallTime};
use nut_daemon::errno::errno_text;
use nut_daemon::processes::{Handle, Processes};
use nut_daemon::reactor::{Event, Id, Reactor};
use nut_daemon::{notice, signals};
use nut_proto::line::{Framer, UNBALANCED};
use std::collections::HashMap;
use std::time::Duration;

/// How often lock and socket are looked after.
const LOOK_AFTER: Time = Duration::from_secs(1);
/// How long a client may say nothing; who asks gives up before that. Descriptors are for scripts, too.
const SILENCE: Time = Duration::from_secs(20);

/// Somebody who is connected.
struct Client {
    framer: Framer,
    /// When something was heard last.
    heard: Time,
}

/// The running daemon.
pub struct Daemon {
    reactor: Reactor,
    seat: Seat,
    timers: Timers,
    clock: Clock,
    /// CMDSCRIPT
    script: String,
    clients: HashMap<Id, Client>,
    processes: Processes,
    /// The calls that run, as messages name them.
    calls: HashMap<Handle, String>,
    next_look: Time,
    ending: bool,
}

impl Daemon {
    /// A daemon without timers, on a socket that listens already.
    pub fn new(reactor: Reactor, seat: Seat, script: &str) -> Daemon {
        let clock = Clock::start();
        Daemon {
            reactor,
            seat,
            timers: Timers::new(clock.now()),
            clock,
            script: script.to_owned(),
            clients: HashMap::new(),
            processes: Processes::default(),
            calls: HashMap::new(),
            next_look: LOOK_AFTER,
            ending: false,
        }
    }

    /// Serves until nothing is left to do, or a signal ends it; gives the exit status.
    pub fn run(mut self) -> u8 {
        while !self.ending {
            if let Err(e) = self.turn() {
                log::error!("The timer daemon ends: {}", errno_text(&e));
                self.seat.leave();
                return 1;
            }
        }
        self.reactor.flush();
        self.seat.leave();
        0
    }

    fn turn(&mut self) -> std::io::Result<()> {
        let due = self.timers.next_deadline().unwrap_or(self.next_look).min(self.next_look);
        let wait = due.saturating_sub(self.clock.now());
        for event in self.reactor.wait(Some(wait))? {
            self.take(event);
        }
        let now = self.clock.now();
        if now >= self.next_look {
            self.next_look = now + LOOK_AFTER;
            self.drop_silent(now);
            self.look_after();
        }
        if !self.ending {
            let actions = self.timers.on_tick(now);
            self.perform(None, actions);
        }
        Ok(())
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Opened { conn, .. } => {
                let client = Client { framer: Framer::default(), heard: self.clock.now() };
                self.clients.insert(conn, client);
            }
            Event::Data { conn, bytes } => self.data(conn, &bytes),
            Event::Closed { conn, .. } => {
                self.clients.remove(&conn);
            }
            Event::Signal(signals::CHLD) => self.reap(),
            // It means a terminal that went away.
            Event::Signal(signals::HUP) => {}
            Event::Signal(number) => self.end(&format!("Signal {number}: exiting")),
            Event::AcceptFailed { error, .. } => {
                log::error!("accept on unix fd failed: {}", errno_text(&error));
            }
            Event::Connected { .. } | Event::Drained { .. } | Event::Woken => {}
        }
    }

    fn data(&mut self, conn: Id, bytes: &[u8]) {
        let Some(client) = self.clients.get_mut(&conn) else { return };
        client.heard = self.clock.now();
        client.framer.push(bytes);
        let lines: Vec<_> = std::iter::from_fn(|| client.framer.next_line()).collect();
        for line in lines {
            let line = line.unwrap_or_else(|_| {
                notice!("Parse error on sock: {UNBALANCED}");
                nut_proto::line::Line::default()
            });
            let wall = WallTime::now().0;
            let actions = self.timers.on_line(self.clock.now(), wall, &line.texts());
            self.perform(Some(conn), actions);
        }
    }

    fn perform(&mut self, conn: Option<Id>, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Run(call) => self.call(&call),
                Action::Answer(text) => {
                    if let Some(conn) = conn {
                        self.reactor.send_owned(conn, text.into_bytes());
                    }
                }
                Action::Log(level, text) => tell(level, &text),
                Action::Exit => self.ending = true,
            }
        }
    }

    fn call(&mut self, call: &Call) {
        let shown = script::shown(&self.script, &call.argument);
        match self.processes.start(&script::job(&self.script, call)) {
            Ok(handle) => {
                self.calls.insert(handle, shown);
            }
            Err(e) => {
                script::tell(&shown, &Err(e));
                self.timers.on_script_ended(self.clock.now());
            }
        }
    }

    fn reap(&mut self) {
        for (handle, ended) in self.processes.reap() {
            let shown = self.calls.remove(&handle).unwrap_or_default();
            script::tell(&shown, &ended);
            self.timers.on_script_ended(self.clock.now());
        }
    }

    fn drop_silent(&mut self, now: Time) {
        let reactor = &mut self.reactor;
        self.clients.retain(|&conn, client| {
            let stays = now.saturating_sub(client.heard) < SILENCE;
            if !stays {
                reactor.abort(conn);
            }
            stays
        });
    }

    fn look_after(&mut self) {
        if self.seat.look_after(&mut self.reactor) == Standing::Lost {
            self.end("Another timer daemon has taken the place of this one");
        }
    }

    fn end(&mut self, why: &str) {
        self.ending = true;
        match self.timers.len() {
            0 => log::info!("{why}"),
            n => log::error!("{why}; {n} timers are given up"),
        }
    }
}
