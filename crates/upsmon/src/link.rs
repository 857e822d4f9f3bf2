//! One conversation with one upsd about one UPS: what happens comes in, what to do comes out.
//!
//! Knows the order of things on the wire (one question at a time, as NUT 2.8.5), how long each may
//! take, and what NUT logs when it fails. Sockets and look-ups are for `links`, what a report means
//! is for the core. Nothing that a server does makes it wait longer or keep more than it says here. Pure.

mod answers;
mod conversation;
mod failing;
mod fault;
mod poll;
mod question;
mod throttle;

use crate::action::{Level, NoAnswer, Report, Time};
use crate::settings::UpsSettings;
use conversation::Conversation;
use failing::NO_TLS;
use fault::Fault;
use nut_proto::request::Request;
use poll::Poll;
use question::Question;
use std::collections::VecDeque;
use std::mem;
use std::net::SocketAddr;
use std::time::Duration;

pub use throttle::Throttle;

/// What there is to say about a server that is not connected (NUT's words).
const NOT_CONNECTED: &str = "Driver not connected";

/// Something for the loop to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Look the host up; [`Link::on_resolved`] answers, late or never as it may.
    Resolve {
        /// Name or address.
        host: String,
        /// To be put to the addresses.
        port: u16,
    },
    /// Connect. There is never more than one connection, begun or made.
    Connect(SocketAddr),
    /// Send these bytes over the connection.
    Send(Vec<u8>),
    /// Send what is queued, then end the connection, begun or made.
    Disconnect,
    /// Tell the core.
    Report(Report),
    /// Log.
    Log(Level, String),
}

/// Why a host has no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupFailure {
    /// There is no such host.
    NotFound,
    /// Nobody could tell, and why.
    Other(String),
}

/// How long a server may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From the look-up of the name until the connection is made, over all addresses.
    connect: Duration,
    /// For each answer.
    reply: Duration,
}

impl Patience {
    /// Five seconds for each answer, or the time to connect (`-W`) where that is shorter (NUT
    /// 2.8.5). No time at all stands for as long as the system tries.
    pub fn new(connect: Duration) -> Patience {
        let connect = if connect.is_zero() { Duration::from_secs(3600) } else { connect };
        Patience { connect, reply: connect.min(Duration::from_secs(5)) }
    }
}

impl Default for Patience {
    /// Ten seconds to connect.
    fn default() -> Patience {
        Patience::new(Duration::from_secs(10))
    }
}

/// How far the connection is.
#[derive(Debug)]
enum State {
    Idle,
    Resolving {
        until: Time,
    },
    Connecting {
        address: SocketAddr,
        /// Addresses not tried yet.
        rest: VecDeque<SocketAddr>,
        /// When to try the next address.
        patient_until: Time,
        /// When to give up.
        until: Time,
    },
    Open(Conversation),
    /// Closed for good.
    Over,
}

/// The link. See the module's words.
#[derive(Debug)]
pub struct Link {
    settings: UpsSettings,
    patience: Patience,
    throttle: Throttle,
    /// FORCESSL or CERTVERIFY: nothing may be said in clear text.
    secret: bool,
    state: State,
    /// The poll that has been asked for and not answered.
    poll: Option<Poll>,
    /// FSD has been asked for and not answered.
    fsd: bool,
    /// The number of logins has been asked for and not answered.
    logins: bool,
    outputs: Vec<Output>,
}

impl Link {
    /// A link that does nothing until it is asked to.
    pub fn new(settings: UpsSettings, patience: Patience, throttle: Throttle) -> Link {
        Link {
            settings,
            patience,
            throttle,
            secret: false,
            state: State::Idle,
            poll: None,
            fsd: false,
            logins: false,
            outputs: Vec::new(),
        }
    }

    /// Whether the server may be spoken to in encrypted form only. There is no TLS yet, so that no
    /// connection is made then, and one that is there ends.
    pub fn set_secret(&mut self, secret: bool) {
        self.secret = secret;
        if secret && !matches!(self.state, State::Idle | State::Over) {
            self.end_clear_text();
        }
    }

    /// Begins to throttle anew.
    pub fn set_throttle(&mut self, throttle: Throttle) {
        self.throttle = throttle;
    }

    /// What is to be done, in order.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        mem::take(&mut self.outputs)
    }

    /// When [`Link::on_tick`] has to be called.
    pub fn next_deadline(&self) -> Option<Time> {
        match &self.state {
            State::Resolving { until } => Some(*until),
            State::Connecting { patient_until, .. } => Some(*patient_until),
            State::Open(conversation) => conversation.deadline(),
            State::Idle | State::Over => None,
        }
    }

    /// Polls the UPS, these variables too; connects first if need be. One report of a sample or a
    /// failure follows. Passed over while an earlier poll is not answered.
    pub fn poll(&mut self, now: Time, variables: Vec<String>) {
        if self.is_over() || self.poll.is_some() {
            return;
        }
        self.poll = Some(Poll::new(variables));
        self.pursue(now);
    }

    /// Sets FSD, before anything else that waits; connects first if need be. One report of the
    /// outcome follows.
    pub fn set_fsd(&mut self, now: Time) {
        if !self.is_over() {
            self.fsd = true;
            self.pursue(now);
        }
    }

    /// Asks for the number of logins. One report of it follows, at once where there is no connection.
    pub fn ask_logins(&mut self, now: Time) {
        match self.state {
            State::Over => {}
            State::Open(_) => {
                self.logins = true;
                self.go_on(now);
            }
            _ => self.report(Report::Logins(Err(NoAnswer::Lost(NOT_CONNECTED.to_owned())))),
        }
    }

    /// Logs out when everything asked is answered; the next poll makes a new connection.
    pub fn reconnect(&mut self, now: Time) {
        if let State::Open(conversation) = &mut self.state {
            conversation.leaving = true;
            self.go_on(now);
        }
    }

    /// Passes over the answer that is under way, which may be old: asks again for everything, over a
    /// new connection. Nothing happens where nothing was asked.
    pub fn ask_anew(&mut self, now: Time) {
        match &self.state {
            State::Open(conversation) if conversation.is_waiting() => self.leave(),
            State::Connecting { .. } => self.leave(),
            // The resolver still looks.
            State::Resolving { .. } => {
                return self.state = State::Resolving { until: now + self.patience.connect };
            }
            _ => return,
        }
        self.poll = self.poll.take().map(Poll::anew);
        if self.poll.is_some() || self.fsd || self.logins {
            self.begin(now);
        }
    }

    /// Logs out at once and for good; whatever was asked stays unanswered.
    pub fn close(&mut self) {
        self.leave();
        self.state = State::Over;
    }

    /// The outcome of [`Output::Resolve`]. It means nothing when nobody waits for it any more.
    pub fn on_resolved(&mut self, now: Time, found: Result<Vec<SocketAddr>, LookupFailure>) {
        let State::Resolving { until } = self.state else { return };
        match found {
            Ok(addresses) => self.try_next(now, addresses.into(), until, "No such host"),
            Err(LookupFailure::NotFound) => {
                let host = self.settings.spec.as_ref().map_or("", |spec| &spec.server.host);
                let text = format!("upscli_tryconnect: Host not found: '{host}'");
                self.log(Level::Warning, text);
                self.not_connected("No such host");
            }
            Err(LookupFailure::Other(why)) => self.not_connected(&why),
        }
    }

    /// The connection is made.
    pub fn on_connected(&mut self, now: Time) {
        if matches!(self.state, State::Connecting { .. }) {
            self.state = State::Open(Conversation::new(self.patience.reply));
            self.go_on(now);
        }
    }

    /// Bytes of the server. This is the one place where they enter: what TLS decrypts will come here.
    pub fn on_data(&mut self, now: Time, bytes: &[u8]) {
        let State::Open(conversation) = &mut self.state else { return };
        match conversation.receive(bytes) {
            Ok(Some((question, answer))) => {
                self.on_answer(question, answer);
                self.go_on(now);
            }
            Ok(None) => {}
            Err(fault) => self.break_off(fault),
        }
    }

    /// The connection ended, or could not be made, in the system's words.
    pub fn on_closed(&mut self, now: Time, reason: &str) {
        match &mut self.state {
            State::Connecting { rest, until, .. } => {
                let (rest, until) = (mem::take(rest), *until);
                self.try_next(now, rest, until, &format!("Connection failure: {reason}"));
            }
            State::Open(_) => self.break_off(Fault::Closed(reason.to_owned())),
            _ => {}
        }
    }

    /// Gives up what takes too long.
    pub fn on_tick(&mut self, now: Time) {
        if self.next_deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match &mut self.state {
            State::Resolving { .. } => {
                let (host, time) = (self.host(), self.patience.connect.as_secs());
                self.not_connected(&format!("No address of '{host}' was found within {time} s"));
            }
            State::Connecting { address, rest, until, .. } => {
                let (address, rest, until) = (address.ip(), mem::take(rest), *until);
                let text = format!("upscli_tryconnect: Connection to host timed out: '{address}'");
                self.log(Level::Warning, text);
                self.outputs.push(Output::Disconnect);
                self.try_next(now, rest, until, "Connection failure: Connection timed out");
            }
            State::Open(_) => self.break_off(Fault::Silent(self.patience.reply)),
            State::Idle | State::Over => {}
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    fn host(&self) -> &str {
        self.settings.spec.as_ref().map_or("", |spec| &spec.server.host)
    }

    fn report(&mut self, report: Report) {
        self.outputs.push(Output::Report(report));
    }

    fn log(&mut self, level: Level, text: String) {
        self.outputs.push(Output::Log(level, text));
    }

    /// Goes after what has been asked for, from wherever the connection stands.
    fn pursue(&mut self, now: Time) {
        if matches!(self.state, State::Idle) {
            self.begin(now);
        } else {
            self.go_on(now);
        }
    }

    fn begin(&mut self, now: Time) {
        let name = &self.settings.name;
        self.log(Level::Debug(1), format!("Trying to connect to UPS [{name}]"));
        if self.secret {
            return self.not_connected(NO_TLS);
        }
        let Some(spec) = &self.settings.spec else { return self.not_connected("No such host") };
        let (host, port) = (spec.server.host.clone(), spec.server.port);
        self.outputs.push(Output::Resolve { host, port });
        self.state = State::Resolving { until: now + self.patience.connect };
    }

    /// Tries the next address, for its share of the time that is left: a dead one shall not keep us
    /// from a live one.
    fn try_next(&mut self, now: Time, mut rest: VecDeque<SocketAddr>, until: Time, failed: &str) {
        let left = until.saturating_sub(now);
        let count = u32::try_from(rest.len()).unwrap_or(u32::MAX).max(1);
        match rest.pop_front() {
            Some(address) if !left.is_zero() => {
                self.outputs.push(Output::Connect(address));
                let patient_until = now + left / count;
                self.state = State::Connecting { address, rest, patient_until, until };
            }
            _ => self.not_connected(failed),
        }
    }

    /// Asks the next question, if none is out.
    fn go_on(&mut self, now: Time) {
        let State::Open(conversation) = &mut self.state else { return };
        if conversation.is_waiting() {
            return;
        }
        let next = match conversation.step {
            Some(step) => Some(Question::Introduce(step)),
            None if self.fsd => Some(Question::Fsd),
            None if self.logins => Some(Question::Logins),
            None => self.poll.as_mut().and_then(Poll::next).map(Question::Get),
        };
        match next {
            Some(question) => {
                let bytes = conversation.ask(now, question, &self.settings);
                self.outputs.push(Output::Send(bytes));
            }
            None if conversation.leaving => self.leave(),
            None => {}
        }
    }

    /// Says LOGOUT where there is somebody to say it to, and ends the connection.
    fn leave(&mut self) {
        match mem::replace(&mut self.state, State::Idle) {
            State::Open(mut conversation) => {
                let bytes = conversation.say(Request::Logout);
                self.outputs.extend([Output::Send(bytes), Output::Disconnect]);
                self.logged_out(&conversation);
            }
            State::Connecting { .. } => self.outputs.push(Output::Disconnect),
            State::Idle | State::Resolving { .. } | State::Over => {}
        }
    }

    fn logged_out(&mut self, conversation: &Conversation) {
        if conversation.logged_in {
            self.report(Report::LoggedOut);
        }
    }
}
