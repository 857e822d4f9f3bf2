//! The timers: which run, when each fires, who cancels it, and when the daemon has nothing left to do.
//!
//! The core of the timer daemon: requests and time come in, scripts to run and answers go out. A timer
//! that a cancel found is gone before the answer: it never fires after it. Sockets, scripts and the
//! clock are for `daemon`. Pure. Source of the facts: NUT 2.8.5.

use super::event::Event;
use super::wire::{BEGIN_LIST, Cancel, END_LIST, OK, Request, Start, UNKNOWN};
use crate::action::{Level, Time};
use std::time::Duration;

/// How long the daemon stays when nothing is left to do.
pub const LINGER: Time = Duration::from_secs(15);
/// How many events with different messages a shared timer keeps; a script's environment has an end.
pub const MESSAGES_MAX: usize = 128;
/// What stands between two names.
const COMMA: &str = ",";
/// What stands between two messages.
const MESSAGE_END: &str = ".\t";

/// Something for the loop to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start CMDSCRIPT, after those that were to be started before, and tell the core by
    /// [`Timers::on_script_ended`] when it has ended, or could not be started.
    Run(Call),
    /// Write these lines to who asked.
    Answer(String),
    /// Log.
    Log(Level, String),
    /// End the program.
    Exit,
}

/// What CMDSCRIPT is to be told. An empty variable is not to be set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// Its argument.
    pub argument: String,
    /// NOTIFYTYPE: the kinds of the events, with commas between.
    pub kinds: String,
    /// UPSNAME: the UPSes, with commas between.
    pub ups: String,
    /// NOTIFYMSG: the messages, with `.` and a tab between.
    pub messages: String,
}

#[derive(Debug, Clone)]
struct Timer {
    name: String,
    due: Time,
    /// What happened, at least one event. No two are the same.
    events: Vec<Event>,
}

impl Timer {
    fn take_in(&mut self, mut event: Event) {
        if self.events.len() >= MESSAGES_MAX {
            // Whose timer it is counts more than one message more.
            event.message.clear();
        }
        let crowded = self.events.len() >= MESSAGES_MAX;
        let known = |e: &Event| {
            e.kind == event.kind && e.ups == event.ups && (crowded || e.message == event.message)
        };
        if !self.events.iter().any(known) {
            self.events.push(event);
        }
    }

    fn call(&self) -> Call {
        Call {
            argument: self.name.clone(),
            kinds: unique(&self.events, |e| &e.kind, COMMA),
            ups: unique(&self.events, |e| &e.ups, COMMA),
            messages: unique(&self.events, |e| &e.message, MESSAGE_END),
        }
    }

    /// `name`, the moment in seconds since 1970, the seconds left, and what happened; tabs between.
    fn row(&self, now: Time, wall: i64) -> String {
        let left = self.due.saturating_sub(now);
        let millis = i64::try_from(left.as_millis()).unwrap_or(i64::MAX);
        let moment = wall.saturating_add(millis).saturating_add(500).div_euclid(1000);
        let left = left.as_secs().saturating_add(u64::from(left.subsec_nanos() > 0));
        let Call { argument: name, kinds, ups, messages } = self.call();
        let [kinds, ups, messages] =
            [kinds, ups, messages].map(|text| if text.is_empty() { "\"\"".into() } else { text });
        format!("{name}\t{moment}\t{left}\t{kinds}\t{ups}\t{messages}\n")
    }
}

/// The different words of events, in the order of their first appearance; empty ones are left out.
fn unique<'a>(events: &'a [Event], word: fn(&'a Event) -> &'a String, between: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in events.iter().map(|event| word(event).as_str()) {
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(between)
}

/// All timers of the daemon.
#[derive(Debug, Clone, Default)]
pub struct Timers {
    /// In the order of their start.
    queue: Vec<Timer>,
    /// Scripts that were ordered and have not ended.
    scripts: usize,
    /// The last time something was asked for, fired or ended.
    busy: Time,
}

impl Timers {
    /// No timers.
    pub fn new(now: Time) -> Timers {
        Timers { busy: now, ..Timers::default() }
    }

    /// How many run.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether none runs.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// When to call [`Timers::on_tick`]; none as long as only scripts run.
    pub fn next_deadline(&self) -> Option<Time> {
        let end = || (self.scripts == 0).then(|| self.busy.saturating_add(LINGER));
        self.queue.iter().map(|timer| timer.due).min().or_else(end)
    }

    /// The words of a line from the socket. `wall` is the time in milliseconds since 1970, for lists.
    pub fn on_line(&mut self, now: Time, wall: i64, words: &[&str]) -> Vec<Action> {
        let mut actions = Vec::new();
        self.busy = now;
        let answer = match Request::parse(words) {
            Some(Request::List) => self.list(now, wall),
            Some(Request::Start(start)) => {
                self.start(now, start, &mut actions);
                format!("{OK}\n")
            }
            Some(Request::Cancel(cancel)) => {
                self.cancel(&cancel, &mut actions);
                format!("{OK}\n")
            }
            None => {
                unknown(words, &mut actions);
                format!("{UNKNOWN}\n")
            }
        };
        actions.push(Action::Answer(answer));
        actions
    }

    /// Time has passed: what is due fires, in the order of its moments.
    pub fn on_tick(&mut self, now: Time) -> Vec<Action> {
        let (mut due, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.queue).into_iter().partition(|timer| timer.due <= now);
        self.queue = rest;
        due.sort_by_key(|timer| timer.due);
        let mut actions = Vec::new();
        for timer in due {
            self.busy = now;
            let call = timer.call();
            let Call { argument, kinds, ups, messages } = &call;
            info(
                &mut actions,
                format!("Executing command by timer: {argument}\t[{kinds}]\t[{ups}]\t[{messages}]"),
            );
            self.run(call, &mut actions);
        }
        if self.queue.is_empty() && self.next_deadline().is_some_and(|end| end <= now) {
            let text = "Timer queue empty, exiting".to_owned();
            actions.extend([Action::Log(Level::Debug(1), text), Action::Exit]);
        }
        actions
    }

    /// A script has ended, or could not be started.
    pub fn on_script_ended(&mut self, now: Time) {
        self.scripts = self.scripts.saturating_sub(1);
        self.busy = now;
    }

    fn run(&mut self, call: Call, actions: &mut Vec<Action>) {
        self.scripts += 1;
        actions.push(Action::Run(call));
    }

    fn start(&mut self, now: Time, start: Start, actions: &mut Vec<Action>) {
        let Start { name, seconds, shared, event } = start;
        let Some(seconds) = seconds.filter(|_| !name.is_empty()) else {
            return info(actions, format!("bogus offset for timer, ignoring: {name}"));
        };
        let Event { kind, ups, message } = &event;
        let who = format!("{name}\t[{kind}]\t[{ups}]\t[{message}]");
        let running = self.queue.iter_mut().find(|timer| shared && timer.name == name);
        if let Some(timer) = running {
            let left = timer.due.saturating_sub(now).as_secs();
            let text =
                format!("Append data to shared timer: {who}\t(will elapse in {left} seconds)");
            timer.take_in(event);
            return info(actions, text);
        }
        info(actions, format!("New timer: {who}\t(will elapse in {seconds} seconds)"));
        let due = now.saturating_add(Duration::from_secs(seconds));
        self.queue.push(Timer { name, due, events: vec![event] });
    }

    /// Takes away timers of this name: all, or (`matched`) from each the events that are meant, and the
    /// timer with its last one.
    fn cancel(&mut self, cancel: &Cancel, actions: &mut Vec<Action>) {
        let Cancel { name, late, matched, event } = cancel;
        let mut found = false;
        self.queue.retain_mut(|timer| {
            if timer.name != *name {
                return true;
            }
            let before = timer.events.len();
            timer.events.retain(|mine| *matched && !mine.is_meant_by(event));
            found |= timer.events.len() < before;
            !timer.events.is_empty()
        });
        if found {
            let tail = if event.message.is_empty() { "" } else { ": " };
            info(actions, format!("Cancelling timer: {name}{tail}{}", event.message));
        } else if !late.is_empty() {
            info(actions, format!("Cancel {name}, event: {late}"));
            self.run(Call { argument: late.clone(), ..Call::default() }, actions);
        }
    }

    fn list(&self, now: Time, wall: i64) -> String {
        let rows: String = self.queue.iter().map(|timer| timer.row(now, wall)).collect();
        format!("{BEGIN_LIST}\n{rows}{END_LIST}\n{OK}\n")
    }
}

fn info(actions: &mut Vec<Action>, text: String) {
    actions.push(Action::Log(Level::Info, text));
}

fn unknown(words: &[&str], actions: &mut Vec<Action>) {
    info(actions, "Unknown command on socket: ".to_owned());
    for (n, word) in words.iter().enumerate() {
        info(actions, format!("arg {n}: {word}"));
    }
}

#[cfg(test)]
mod tests;
