//! What all clients share: UPSes, users, descriptions, tracked commands, and the list of actions.
//!
//! The commands of `commands` work on it; connections are for `server`. Pure.

use crate::action::{Action, Level, Time, UpsId};
use crate::client::Client;
use crate::config::Settings;
use crate::descriptions::Descriptions;
use crate::devices::Devices;
use crate::throttle::{Throttle, more};
use crate::tracking::Tracking;
use crate::users::{Refusal, Users};
use nut_proto::driver::Request;
use nut_proto::error::ErrorToken;
use nut_proto::line::UNBALANCED;

/// Makes the ids of tracked commands; none when the system gives no random numbers.
pub type IdSource = Box<dyn FnMut() -> Option<String> + Send>;

/// The driver did not take a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotSent;

/// See the module's words.
pub struct State {
    /// The present moment; set at every event.
    pub now: Time,
    /// upsd.conf
    pub settings: Settings,
    /// upsd.users
    pub users: Users,
    /// The UPSes.
    pub devices: Devices,
    /// cmdvartab
    pub descriptions: Descriptions,
    /// Tracked commands.
    pub tracking: Tracking,
    /// What is to be done.
    pub actions: Vec<Action>,
    /// Messages above this debug level are not even made.
    pub debug: u32,
    ids: IdSource,
    /// Of complaints about what was said before.
    pub repetitions: Throttle,
    refusals: Throttle,
    bad_lines: Throttle,
}

impl State {
    /// An empty state.
    pub fn new(
        settings: Settings,
        users: Users,
        descriptions: Descriptions,
        ids: IdSource,
    ) -> State {
        State {
            now: Time::ZERO,
            settings,
            users,
            devices: Devices::default(),
            descriptions,
            tracking: Tracking::default(),
            actions: Vec::new(),
            debug: 0,
            ids,
            repetitions: Throttle::every(Time::from_secs(1)),
            refusals: Throttle::every(Time::from_secs(1)),
            bad_lines: Throttle::every(Time::from_secs(1)),
        }
    }

    /// Asks for a message to be logged.
    pub fn log(&mut self, level: Level, text: impl Into<String>) {
        self.actions.push(Action::Log(level, text.into()));
    }

    /// The same for debug messages, which are made only when somebody sees them.
    pub fn debug(&mut self, level: u32, text: impl FnOnce() -> String) {
        if level <= self.debug {
            self.log(Level::Debug(level), text());
        }
    }

    /// A new id for a tracked command if this client wants one.
    pub fn tracking_id(&mut self, client: &Client) -> Result<Option<String>, NotSent> {
        if !client.tracking {
            return Ok(None);
        }
        (self.ids)().map(Some).ok_or(NotSent)
    }

    /// Tells the log, not more than once a second, who was refused what, and why.
    pub fn refuse(&mut self, client: &Client, what: &str, why: Refusal) -> ErrorToken {
        if let Some(held_back) = self.refusals.pass(self.now) {
            let text = format!("Client {} was denied {what}: {why}", client.name());
            self.log(Level::Notice, text + &more(held_back));
        }
        ErrorToken::AccessDenied
    }

    /// Tells the log, not more than once a second, that a client broke the line grammar.
    pub fn bad_line(&mut self, client: &Client) {
        if let Some(held_back) = self.bad_lines.pass(self.now) {
            let text = format!("Parse error on sock: {UNBALANCED} (client {})", client.name());
            self.log(Level::Notice, text + &more(held_back));
        }
    }

    /// Hands a request to a driver. One that hangs gets nothing more and loses its connection.
    pub fn send_driver(&mut self, ups: UpsId, request: &Request) -> Result<(), NotSent> {
        let bytes = format!("{request}\n").into_bytes();
        let mirror = self.devices.get_mut(ups).ok_or(NotSent)?;
        if mirror.is_connected() && mirror.may_send(bytes.len()) {
            self.actions.push(Action::SendDriver { ups, bytes });
            return Ok(());
        }
        let name = mirror.device.name.clone();
        mirror.disconnected(self.now);
        self.actions.push(Action::DropDriver(ups));
        let text = format!("Send to UPS [{name}] failed: the driver does not read");
        self.log(Level::Notice, text);
        Err(NotSent)
    }
}
