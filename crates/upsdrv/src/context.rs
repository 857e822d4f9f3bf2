//! What a driver part sees and may ask for while one of its callbacks runs.
//!
//! Everything is data: wishes to the main loop (a timer, a connection, the end) are queued as
//! [`Effect`]s and carried out after the callback returns. A test builds a [`Context`], calls the
//! driver and looks at both. Pure; the clock is the field `now`.

use crate::alarm::{Alarms, Buzzwords};
use crate::driver::{Fatal, Link};
use crate::options::Options;
use crate::state::DriverState;
use crate::status::Composer;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Wakes the main loop from another thread: the kit then calls `Driver::on_wake`.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// A step in a driver's life, published as `driver.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the words
pub enum Phase {
    InitStarting,
    InitDevice,
    InitQuiet,
    InitInfo,
    InitUpdate,
    Quiet,
    Reloading,
    Dumping,
    KillPower,
    ReconnectTrying,
    ReconnectUpdate,
    CleanupDriver,
    CleanupExit,
}

impl Phase {
    /// The word for `driver.state` (NUT 2.8.5).
    pub const fn text(self) -> &'static str {
        match self {
            Phase::InitStarting => "init.starting",
            Phase::InitDevice => "init.device",
            Phase::InitQuiet => "init.quiet",
            Phase::InitInfo => "init.info",
            Phase::InitUpdate => "init.updateinfo",
            Phase::Quiet => "quiet",
            Phase::Reloading => "reloading",
            Phase::Dumping => "dumping",
            Phase::KillPower => "fsd.killpower",
            Phase::ReconnectTrying => "reconnect.trying",
            Phase::ReconnectUpdate => "reconnect.updateinfo",
            Phase::CleanupDriver => "cleanup.upsdrv",
            Phase::CleanupExit => "cleanup.exit",
        }
    }
}

/// A wish of the driver part that the main loop carries out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Call `on_timer` then, or no more. One timer exists; a new wish replaces the old one.
    Timer(Option<Instant>),
    /// Open a TCP connection under this name; an older one of that name is dropped.
    Connect(Link, SocketAddr),
    /// Send bytes on a connection.
    Send(Link, Vec<u8>),
    /// Close a connection after what was sent before.
    Disconnect(Link),
    /// End the program.
    Fail(Fatal),
}

/// The driver part's view of the kit. The kit keeps one and sets `now` before each callback.
pub struct Context {
    /// Name of the running program, as in socket and pid file.
    pub program: String,
    /// Name of the UPS: the section of ups.conf or the argument of `-s`.
    pub ups: String,
    /// What the administrator set for the driver.
    pub options: Options,
    /// Time between two calls of `update`.
    pub poll_interval: Duration,
    /// Variables, commands and freshness, as published.
    pub state: DriverState,
    /// Gathers `ups.status`.
    pub status: Composer,
    /// Gathers `ups.alarm`.
    pub alarms: Alarms,
    /// Gathers `experimental.ups.mode.buzzwords`.
    pub buzzwords: Buzzwords,
    /// The present moment.
    pub now: Instant,
    wake: Wake,
    effects: Vec<Effect>,
}

impl Context {
    /// A context for the UPS of this name, with nothing published yet and a waker that does nothing.
    pub fn new(program: &str, ups: &str, options: Options, now: Instant) -> Context {
        Context {
            program: program.to_owned(),
            ups: ups.to_owned(),
            options,
            poll_interval: Duration::from_secs(2),
            state: DriverState::default(),
            status: Composer::default(),
            alarms: Alarms::default(),
            buzzwords: Buzzwords::default(),
            now,
            wake: Arc::new(|| ()),
            effects: Vec::new(),
        }
    }

    /// Says what [`Context::waker`] gives out.
    pub fn set_waker(&mut self, wake: Wake) {
        self.wake = wake;
    }

    /// A way for another thread to have `Driver::on_wake` called at once.
    pub fn waker(&self) -> Wake {
        Arc::clone(&self.wake)
    }

    /// Publishes `driver.state`. In its loop the kit leaves it alone, so a driver that says
    /// [`Phase::ReconnectTrying`] says [`Phase::Quiet`] when that is over.
    pub fn set_phase(&mut self, phase: Phase) {
        self.state.set("driver.state", phase.text());
    }

    /// Publishes `ups.status` from what was gathered, `ALARM` included; alarms are to be committed
    /// before.
    pub fn commit_status(&mut self) {
        let commit = self.status.commit(&self.state, self.alarms.active(), self.now);
        if let Some(contradiction) = &commit.contradiction {
            log::warn!("{contradiction}");
        }
        self.state.set("ups.status", commit.status.to_string());
    }

    /// Publishes or deletes `ups.alarm` from what was gathered.
    pub fn commit_alarms(&mut self) {
        self.alarms.commit(&mut self.state);
    }

    /// Publishes or deletes `experimental.ups.mode.buzzwords` from what was gathered.
    pub fn commit_buzzwords(&mut self) {
        self.buzzwords.commit(&mut self.state);
    }

    /// Asks for `Driver::on_timer` at this moment, in place of any moment asked for before.
    pub fn call_at(&mut self, moment: Instant) {
        self.effects.push(Effect::Timer(Some(moment)));
    }

    /// Takes back [`Context::call_at`].
    pub fn cancel_call(&mut self) {
        self.effects.push(Effect::Timer(None));
    }

    /// Asks for a TCP connection; what becomes of it comes by `Driver::on_link`.
    pub fn connect(&mut self, link: Link, address: SocketAddr) {
        self.effects.push(Effect::Connect(link, address));
    }

    /// Sends bytes on a connection; lost without a word if there is none.
    pub fn send(&mut self, link: Link, bytes: impl Into<Vec<u8>>) {
        self.effects.push(Effect::Send(link, bytes.into()));
    }

    /// Closes a connection.
    pub fn disconnect(&mut self, link: Link) {
        self.effects.push(Effect::Disconnect(link));
    }

    /// Ends the program with this error once the callback returns.
    pub fn fail(&mut self, fatal: Fatal) {
        self.effects.push(Effect::Fail(fatal));
    }

    /// The wishes since the last call, oldest first; for the main loop and for tests.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }
}
