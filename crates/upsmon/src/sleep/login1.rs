//! The conversation with systemd-logind: holds sleep back for a moment, and hears when it comes.
//!
//! Told what the bus says and the time, it answers what is to be done. A signal of logind is only a
//! reason to ask: anybody on the bus may send one, but its property is read from logind itself. Pure.

use super::message::{Message, Purpose, Value};
use crate::action::{Level, Time};
use std::mem;
use std::time::Duration;

/// How long the bus may take to answer.
const ANSWER_TIME: Duration = Duration::from_secs(25);

const BUS: &str = "org.freedesktop.DBus";
const LOGIND: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SIGNAL: &str = "PrepareForSleep";
/// What, who, why and how, as NUT 2.8.5 has it.
const INHIBIT: [&str; 4] = [
    "sleep",
    "upsmon",
    "Careful handling of OS sleep with regard to power device monitoring",
    "delay",
];

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send this to the bus.
    Send(Message),
    /// Keep the descriptor that came with the message just told: as long as it is open, sleep waits.
    Keep,
    /// The machine is about to sleep. Whoever is told has the descriptor from now on.
    Starting,
    /// It is not any more: it slept, could not, or nobody is there to say so.
    Finished,
    /// Log this.
    Log(Level, String),
    /// The connection is of no use; the reason.
    HangUp(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Hello,
    Match,
    Inhibit,
    Property,
}

/// The conversation, over all connections.
#[derive(Debug)]
pub struct Login1 {
    /// How long until the next round.
    pause: Duration,
    /// The number of the last message sent.
    serial: u32,
    /// What waits for an answer, by the number of its message.
    asked: Vec<(u32, Asked)>,
    answer_by: Option<Time>,
    next_round: Option<Time>,
    /// A signal came while an answer was still to come, which may be older than the signal.
    ask_again: bool,
    /// The descriptor is kept.
    held: bool,
    starting_told: bool,
    failure_told: bool,
    watching_told: bool,
    steps: Vec<Step>,
}

impl Login1 {
    /// A conversation that asks again after this time what failed, and what is known.
    pub fn new(pause: Duration) -> Login1 {
        Login1 {
            pause,
            serial: 0,
            asked: Vec::new(),
            answer_by: None,
            next_round: None,
            ask_again: false,
            held: false,
            starting_told: false,
            failure_told: false,
            watching_told: false,
            steps: Vec::new(),
        }
    }

    /// A connection stands, and the bus has let us in.
    pub fn on_connected(&mut self, now: Time) -> Vec<Step> {
        self.serial = 0;
        let rule = format!(
            "type='signal',sender='{LOGIND}',path='/org/freedesktop/login1',\
             interface='{MANAGER}',member='{SIGNAL}'"
        );
        self.call(now, Asked::Hello, to_bus("Hello", Vec::new()));
        self.call(now, Asked::Match, to_bus("AddMatch", vec![Value::Text(rule)]));
        self.begin_round(now);
        mem::take(&mut self.steps)
    }

    /// The connection ended, or could not be made. The descriptor, if there was one, is void.
    pub fn on_lost(&mut self) -> Vec<Step> {
        self.asked.clear();
        (self.answer_by, self.next_round) = (None, None);
        self.held = false;
        self.fail();
        self.tell_finished();
        mem::take(&mut self.steps)
    }

    /// The bus has passed on a message.
    pub fn on_message(&mut self, now: Time, message: &Message) -> Vec<Step> {
        match message.purpose {
            Purpose::Return | Purpose::Error => self.on_answer(now, message),
            Purpose::Signal if message.interface == MANAGER && message.member == SIGNAL => {
                self.ask_property(now);
            }
            Purpose::Signal | Purpose::Call => {}
        }
        mem::take(&mut self.steps)
    }

    /// Time has passed.
    pub fn on_tick(&mut self, now: Time) -> Vec<Step> {
        if self.answer_by.is_some_and(|due| due <= now) {
            return vec![Step::HangUp("no answer".to_owned())];
        }
        if self.next_round.is_some_and(|due| due <= now) {
            self.begin_round(now);
        }
        mem::take(&mut self.steps)
    }

    /// When [`Login1::on_tick`] has something to do.
    pub fn next_deadline(&self) -> Option<Time> {
        self.answer_by.into_iter().chain(self.next_round).min()
    }

    fn begin_round(&mut self, now: Time) {
        self.next_round = Some(now + self.pause);
        self.inhibit(now);
        self.ask_property(now);
    }

    fn call(&mut self, now: Time, asked: Asked, mut message: Message) {
        self.serial = self.serial.checked_add(1).unwrap_or(1);
        message.serial = self.serial;
        self.asked.push((self.serial, asked));
        self.answer_by.get_or_insert(now + ANSWER_TIME);
        self.steps.push(Step::Send(message));
    }

    fn waits_for(&self, asked: Asked) -> bool {
        self.asked.iter().any(|(_, waiting)| *waiting == asked)
    }

    fn inhibit(&mut self, now: Time) {
        if self.held || self.starting_told || self.waits_for(Asked::Inhibit) {
            return;
        }
        let arguments = INHIBIT.map(Value::from).to_vec();
        self.call(now, Asked::Inhibit, self.to_logind(MANAGER, "Inhibit", arguments));
    }

    fn ask_property(&mut self, now: Time) {
        self.ask_again = self.waits_for(Asked::Property);
        if !self.ask_again {
            let arguments = [MANAGER, "PreparingForSleep"].map(Value::from).to_vec();
            let properties = "org.freedesktop.DBus.Properties";
            self.call(now, Asked::Property, self.to_logind(properties, "Get", arguments));
        }
    }

    /// Where logind was not to be had once, nobody is bothered to start it each minute.
    fn to_logind(&self, interface: &str, member: &str, body: Vec<Value>) -> Message {
        Message {
            no_auto_start: self.failure_told,
            path: "/org/freedesktop/login1".to_owned(),
            interface: interface.to_owned(),
            member: member.to_owned(),
            destination: LOGIND.to_owned(),
            body,
            ..Message::default()
        }
    }

    fn on_answer(&mut self, now: Time, message: &Message) {
        let asked = self.asked.iter().position(|(serial, _)| *serial == message.reply_to);
        let Some(place) = asked else { return };
        let (_, asked) = self.asked.remove(place);
        self.answer_by = (!self.asked.is_empty()).then_some(now + ANSWER_TIME);
        let good = message.purpose == Purpose::Return;
        match asked {
            Asked::Hello | Asked::Match if good => {}
            Asked::Hello | Asked::Match => self.steps.push(Step::HangUp(message.error.clone())),
            Asked::Inhibit if good && message.descriptors == 1 => self.hold(),
            Asked::Inhibit => self.fail_because(&message.error),
            Asked::Property => self.on_property(now, &message.body),
        }
    }

    /// What comes too late, when the machine goes to sleep already, is not kept.
    fn hold(&mut self) {
        if self.starting_told {
            return;
        }
        self.held = true;
        self.failure_told = false;
        self.steps.push(Step::Keep);
        self.log(Level::Info, "upsmon: initialized OS integration for sleep inhibitor");
    }

    fn fail_because(&mut self, error: &str) {
        self.log(Level::Debug(1), &format!("Inhibit: {error}"));
        self.fail();
    }

    fn fail(&mut self) {
        if !mem::replace(&mut self.failure_told, true) {
            let text = "upsmon: failed to initialize OS integration for sleep inhibitor";
            self.log(Level::Warning, text);
        }
    }

    fn on_property(&mut self, now: Time, body: &[Value]) {
        if mem::take(&mut self.ask_again) {
            return self.ask_property(now);
        }
        let Some(preparing) = preparing(body) else { return self.tell_finished() };
        if !mem::replace(&mut self.watching_told, true) {
            let text = "upsmon: initialized OS integration for sleep/wake monitoring";
            self.log(Level::Info, text);
        }
        if !preparing {
            self.tell_finished();
            self.inhibit(now);
        } else if !mem::replace(&mut self.starting_told, true) {
            self.held = false;
            self.steps.push(Step::Starting);
        }
    }

    fn tell_finished(&mut self) {
        if mem::take(&mut self.starting_told) {
            self.steps.push(Step::Finished);
        }
    }

    fn log(&mut self, level: Level, text: &str) {
        self.steps.push(Step::Log(level, text.to_owned()));
    }
}

/// What the property says; none where logind did not tell.
fn preparing(body: &[Value]) -> Option<bool> {
    let [Value::Variant(value)] = body else { return None };
    let Value::Flag(preparing) = **value else { return None };
    Some(preparing)
}

fn to_bus(member: &str, body: Vec<Value>) -> Message {
    Message {
        path: "/org/freedesktop/DBus".to_owned(),
        interface: BUS.to_owned(),
        member: member.to_owned(),
        destination: BUS.to_owned(),
        body,
        ..Message::default()
    }
}

#[cfg(test)]
mod tests;
