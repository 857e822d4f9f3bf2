//! The image of one UPS: what its driver said, how fresh it is, who is logged into it.
//!
//! Takes the driver's lines, judges their age, and keeps the FSD latch. A dump is collected aside
//! and shown in one piece when it is complete: until then clients see `ups.status` WAIT and nothing
//! else (NUT 2.8.5 shows the list growing). Sockets and messages to the log are for others. Pure.

use crate::action::{ConnId, Time, UpsId};
use crate::config::Device;
use crate::ready::{Kept, Ready, shown_value, write_list};
use crate::throttle::Throttle;
use nut_proto::driver::Message;
use nut_proto::error::ErrorToken;
use nut_proto::line::Framer;
use nut_proto::status::{self, Token};
use nut_proto::variable::Variable;
use nut_proto::variables::{Refused, Variables};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How often a lost driver is looked for.
pub const RETRY: Time = Time::from_secs(1);
/// How long a dump may stay incomplete before what has come is shown anyway.
const DUMP_PATIENCE: Time = Time::from_secs(1);
/// How often a failing connection is complained about.
const COMPLAINT_INTERVAL: Time = Time::from_secs(300);
/// Most bytes sent to a driver that gives no sign of life in between.
const UNHEARD_MAX: usize = 64 * 1024;

/// What a driver's line meant beyond the variables.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing to tell anybody.
    Nothing,
    /// What became of a tracked command.
    Tracking {
        /// The command's id.
        id: String,
        /// The driver's code, as text.
        code: String,
    },
    /// The line could not be applied; the text is NUT's log text.
    Refused(String),
}

/// A change of freshness that the log must tell, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The data became stale.
    Stale,
    /// It is fresh again.
    Fresh,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// Not connected; the next try is due at this moment.
    Down {
        next_try: Time,
    },
    /// The loop was asked to connect.
    Asked,
    Up {
        since: Time,
    },
}

/// One UPS as clients see it.
#[derive(Debug)]
pub struct Mirror {
    /// Its number in this program.
    pub id: UpsId,
    /// Its section of ups.conf.
    pub device: Device,
    /// Bytes of an unfinished line of the driver.
    pub framer: Framer,
    /// Keeps a driver's syntax errors from filling the log.
    pub bad_lines: Throttle,
    link: Link,
    unreachable: Throttle,
    shown: Variables,
    dump: Option<Dump>,
    /// DUMPDONE has come since the connection was made.
    dump_done: bool,
    /// The driver's last word was DATAOK. A new connection does not change it (NUT 2.8.5).
    data_ok: bool,
    stale: bool,
    heard: Time,
    pinged: Time,
    unheard: usize,
    fsd: bool,
    logins: BTreeMap<Reverse<ConnId>, String>,
    ready: Ready,
}

/// A dump on its way.
#[derive(Debug)]
struct Dump {
    vars: Variables,
    /// When its first line came.
    since: Option<Time>,
}

impl Mirror {
    /// A UPS whose driver is yet to be found.
    pub fn new(id: UpsId, device: Device, now: Time) -> Mirror {
        Mirror {
            id,
            device,
            framer: Framer::default(),
            bad_lines: Throttle::every(Time::from_secs(60)),
            link: Link::Down { next_try: now },
            unreachable: Throttle::every(COMPLAINT_INTERVAL),
            shown: Variables::default(),
            dump: None,
            dump_done: false,
            data_ok: false,
            stale: false,
            heard: now,
            pinged: now,
            unheard: 0,
            fsd: false,
            logins: BTreeMap::new(),
            ready: Ready::default(),
        }
    }

    /// Whether the driver's socket is to be tried now; if so the loop is asked to.
    pub fn wants_connection(&mut self, now: Time) -> bool {
        let due = matches!(self.link, Link::Down { next_try } if next_try <= now);
        if due {
            self.link = Link::Asked;
        }
        due
    }

    /// The connection to the driver stands: forgets staleness, waits for the dump.
    pub fn connected(&mut self, now: Time) {
        self.link = Link::Up { since: now };
        self.framer = Framer::default();
        self.unreachable.reset();
        (self.heard, self.pinged, self.unheard) = (now, now, 0);
        (self.stale, self.dump_done) = (false, false);
        let (name, value) = (status::VARIABLE.into(), Token::Wait.text().into());
        let wait = Message::SetInfo { name, value };
        self.shown.clear();
        let _ = self.shown.apply(&wait);
        self.dump = Some(Dump { vars: self.shown.clone(), since: None });
        self.ready.forget();
    }

    /// The driver cannot be reached. True when the log should tell it.
    pub fn unreachable(&mut self, now: Time) -> bool {
        self.link = Link::Down { next_try: now + RETRY };
        self.unreachable.pass(now).is_some()
    }

    /// The driver ended the connection. One that takes connections only to end them is not tried more
    /// often than one that is away.
    pub fn lost(&mut self, now: Time) {
        let next_try = match self.link {
            Link::Up { since } => now.max(since + RETRY),
            _ => now,
        };
        self.disconnected(next_try);
    }

    /// The connection is gone: what the driver said is worth nothing any more. Logins and FSD stay.
    pub fn disconnected(&mut self, next_try: Time) {
        self.link = Link::Down { next_try };
        self.shown.clear();
        self.dump = None;
        self.stale = false;
        self.ready.forget();
    }

    /// Whether the driver's connection stands.
    pub fn is_connected(&self) -> bool {
        matches!(self.link, Link::Up { .. })
    }

    /// Whether clients may read: the driver is connected and its data is fresh.
    pub fn available(&self) -> Result<(), ErrorToken> {
        match (self.is_connected(), self.stale) {
            (false, _) => Err(ErrorToken::DriverNotConnected),
            (true, true) => Err(ErrorToken::DataStale),
            (true, false) => Ok(()),
        }
    }

    /// Takes in the words of one line of the driver.
    pub fn hear(&mut self, now: Time, words: &[&str]) -> Heard {
        let message = match Message::parse(words) {
            None | Some(Message::Pid(_) | Message::Goodbye) => return Heard::Nothing,
            Some(message) => message,
        };
        (self.heard, self.unheard) = (now, 0);
        match message {
            Message::DataOk => self.data_ok = true,
            Message::DataStale => self.data_ok = false,
            Message::DumpDone => self.dump_done = true,
            Message::Pong => {}
            Message::Tracking { id, code } => return Heard::Tracking { id, code },
            message => return self.store(now, &message),
        }
        if self.dump_is_whole() {
            self.show_dump();
        }
        Heard::Nothing
    }

    fn store(&mut self, now: Time, message: &Message) -> Heard {
        let applied = match &mut self.dump {
            Some(dump) => {
                dump.since.get_or_insert(now);
                dump.vars.apply(message)
            }
            None => self.shown.apply(message).inspect(|&changed| {
                if changed {
                    self.ready.forget();
                }
            }),
        };
        applied.map_or_else(|refused| Heard::Refused(refusal(message, refused)), |_| Heard::Nothing)
    }

    /// A driver ends its dump by DATAOK and DUMPDONE; one that leaves DUMPDONE out is served too.
    fn dump_is_whole(&self) -> bool {
        let status = self.dump.as_ref().and_then(|dump| dump.vars.value(status::VARIABLE));
        let told = status.is_some_and(|status| status != Token::Wait.text());
        self.dump_done || (self.data_ok && told)
    }

    fn show_dump(&mut self) {
        if let Some(dump) = self.dump.take() {
            self.shown = dump.vars;
            self.ready.forget();
        }
    }

    /// Judges the age of the data; tells a change.
    pub fn judge(&mut self, now: Time, max_age: u64) -> Option<Turn> {
        if !self.is_connected() {
            return None;
        }
        let begun = self.dump.as_ref().and_then(|dump| dump.since);
        if begun.is_some_and(|begun| now >= begun + DUMP_PATIENCE) {
            self.show_dump();
        }
        let silent = now.saturating_sub(self.heard);
        let too_old = silent > Time::from_secs(max_age.saturating_add(1));
        let stale = too_old || (self.dump_done && !self.data_ok);
        let before = std::mem::replace(&mut self.stale, stale);
        (stale != before).then_some(if stale { Turn::Stale } else { Turn::Fresh })
    }

    /// Whether the driver is to be asked for a sign of life; if so that is noted.
    pub fn wants_ping(&mut self, now: Time, max_age: u64) -> bool {
        let third = Time::from_secs(max_age / 3);
        let due = self.is_connected()
            && now.saturating_sub(self.heard) > third
            && now.saturating_sub(self.pinged) > third;
        if due {
            self.pinged = now;
        }
        due
    }

    /// Notes bytes for the driver. False when it has taken in too much without any sign of life: it
    /// hangs, and the bytes should not be sent.
    pub fn may_send(&mut self, bytes: usize) -> bool {
        self.unheard = self.unheard.saturating_add(bytes);
        self.unheard <= UNHEARD_MAX
    }

    /// The variable of this name.
    pub fn variable(&self, name: &str) -> Result<&Variable, ErrorToken> {
        self.shown.get(name).ok_or(ErrorToken::VarNotSupported)
    }

    /// The value of the variable as clients see it.
    pub fn value(&self, name: &str) -> Result<Cow<'_, str>, ErrorToken> {
        self.variable(name).map(|variable| shown_value(variable, self.fsd))
    }

    /// Whether the command is offered.
    pub fn has_command(&self, name: &str) -> bool {
        self.shown.has_command(name)
    }

    /// Appends a whole list to `out`, the UPS spelled as the client spelled it.
    pub fn list(&mut self, list: Kept, spelling: &str, out: &mut Vec<u8>) {
        if spelling == self.device.name {
            out.extend_from_slice(self.ready.answer(list, spelling, &self.shown, self.fsd));
        } else {
            write_list(list, spelling, &self.shown, self.fsd, out);
        }
    }

    /// Sets or clears the latch of a forced shutdown.
    pub fn set_fsd(&mut self, fsd: bool) {
        self.fsd = fsd;
        self.ready.forget();
    }

    /// Notes a login.
    pub fn log_in(&mut self, conn: ConnId, address: &str) {
        self.logins.insert(Reverse(conn), address.to_owned());
    }

    /// A client that was logged in is gone.
    pub fn log_out(&mut self, conn: ConnId) {
        self.logins.remove(&Reverse(conn));
    }

    /// Who is logged in, newest connection first.
    pub fn logins(&self) -> impl ExactSizeIterator<Item = (ConnId, &str)> {
        self.logins.iter().map(|(conn, address)| (conn.0, address.as_str()))
    }
}

/// NUT's log text for a line about a variable that is not there, or an empty range.
fn refusal(message: &Message, refused: Refused) -> String {
    let (function, name) = match message {
        Message::AddEnum { name, .. } => ("state_addenum", name.as_str()),
        Message::DelEnum { name, .. } => ("state_delenum", name.as_str()),
        Message::AddRange { name, .. } => ("state_addrange", name.as_str()),
        Message::DelRange { name, .. } => ("state_delrange", name.as_str()),
        Message::SetAux { name, .. } => ("state_setaux", name.as_str()),
        Message::SetFlags { name, .. } => ("state_setflags", name.as_str()),
        _ => ("state", ""),
    };
    match (refused, message) {
        (Refused::EmptyRange, Message::AddRange { range, .. }) => {
            format!("{function}: min is superior to max! ({}, {})", range.min, range.max)
        }
        _ => format!("{function}: base variable ({name}) does not exist"),
    }
}
