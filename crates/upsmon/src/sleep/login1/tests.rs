//! What logind is asked, and what follows from its answers.

use super::*;

const READY: &str = "upsmon: initialized OS integration for sleep inhibitor";
const FAILED: &str = "upsmon: failed to initialize OS integration for sleep inhibitor";
const WATCHING: &str = "upsmon: initialized OS integration for sleep/wake monitoring";

fn at(seconds: u64) -> Time {
    Duration::from_secs(seconds)
}

/// The conversation, and the numbers of the questions that logind has still to answer.
struct Talk {
    login1: Login1,
    inhibits: Vec<u32>,
    gets: Vec<u32>,
}

impl Talk {
    fn new() -> Talk {
        Talk { login1: Login1::new(at(60)), inhibits: Vec::new(), gets: Vec::new() }
    }

    /// With the bus connected, logind asked and its answers given: awake, the lock granted.
    fn quiet() -> Talk {
        let mut talk = Talk::new();
        talk.connect(at(0));
        assert_eq!(talk.grant(at(0)), ["keep", READY]);
        assert_eq!(talk.preparing(at(0), false), [WATCHING]);
        talk
    }

    /// Steps in short: texts of the log, `inhibit`, `get`, `keep`, `starting`, `finished`.
    fn told(&mut self, steps: Vec<Step>) -> Vec<String> {
        steps.into_iter().map(|step| self.note(step)).collect()
    }

    fn note(&mut self, step: Step) -> String {
        match step {
            Step::Send(message) => {
                match message.member.as_str() {
                    "Inhibit" => self.inhibits.push(message.serial),
                    "Get" => self.gets.push(message.serial),
                    _ => {}
                }
                message.member.to_lowercase()
            }
            Step::Keep => "keep".to_owned(),
            Step::Starting => "starting".to_owned(),
            Step::Finished => "finished".to_owned(),
            Step::Log(Level::Debug(_), _) => "debug".to_owned(),
            Step::Log(_, text) => text,
            Step::HangUp(why) => format!("hang up: {why}"),
        }
    }

    fn connect(&mut self, now: Time) {
        let steps = self.login1.on_connected(now);
        assert_eq!(self.told(steps), ["hello", "addmatch", "inhibit", "get"]);
        for serial in [1, 2] {
            assert_eq!(self.answer(now, serial, Message::default()), [""; 0]);
        }
    }

    fn answer(&mut self, now: Time, reply_to: u32, answer: Message) -> Vec<String> {
        let purpose = if answer.error.is_empty() { Purpose::Return } else { Purpose::Error };
        let steps = self.login1.on_message(now, &Message { purpose, reply_to, ..answer });
        self.told(steps)
    }

    fn grant(&mut self, now: Time) -> Vec<String> {
        let answer =
            Message { descriptors: 1, body: vec![Value::Descriptor(0)], ..Message::default() };
        let serial = self.inhibits.remove(0);
        self.answer(now, serial, answer)
    }

    fn preparing(&mut self, now: Time, preparing: bool) -> Vec<String> {
        let body = vec![Value::Variant(Box::new(Value::Flag(preparing)))];
        let serial = self.gets.remove(0);
        self.answer(now, serial, Message { body, ..Message::default() })
    }

    /// A signal that says so, from anybody.
    fn signal(&mut self, now: Time, preparing: bool) -> Vec<String> {
        let signal = Message {
            purpose: Purpose::Signal,
            interface: MANAGER.to_owned(),
            member: SIGNAL.to_owned(),
            body: vec![Value::Flag(preparing)],
            ..Message::default()
        };
        let steps = self.login1.on_message(now, &signal);
        self.told(steps)
    }

    fn tick(&mut self, now: Time) -> Vec<String> {
        let steps = self.login1.on_tick(now);
        self.told(steps)
    }

    fn lose(&mut self) -> Vec<String> {
        let steps = self.login1.on_lost();
        self.told(steps)
    }
}

fn refusal() -> Message {
    Message { error: "org.freedesktop.DBus.Error.ServiceUnknown".to_owned(), ..Message::default() }
}

#[test]
fn logind_is_asked_as_nut_asks_it() {
    let sent: Vec<Message> = Login1::new(at(60))
        .on_connected(at(0))
        .into_iter()
        .filter_map(|step| if let Step::Send(message) = step { Some(message) } else { None })
        .collect();
    let [hello, rule, inhibit, get] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((hello.serial, hello.destination.as_str()), (1, "org.freedesktop.DBus"));
    assert!(matches!(&rule.body[..], [Value::Text(text)] if text.contains("'PrepareForSleep'")));
    assert_eq!(inhibit.destination, "org.freedesktop.login1");
    assert_eq!(inhibit.interface, "org.freedesktop.login1.Manager");
    let why = "Careful handling of OS sleep with regard to power device monitoring";
    assert_eq!(inhibit.body, ["sleep", "upsmon", why, "delay"].map(Value::from));
    assert_eq!(get.body, ["org.freedesktop.login1.Manager", "PreparingForSleep"].map(Value::from));
}

#[test]
fn a_night_is_told_once_each_way_and_the_lock_is_taken_anew() {
    let mut talk = Talk::quiet();
    assert_eq!(talk.signal(at(5), true), ["get"]);
    assert_eq!(talk.preparing(at(5), true), ["starting"]);
    assert_eq!(talk.signal(at(5), true), ["get"]);
    assert_eq!(talk.preparing(at(5), true), [""; 0]);
    assert_eq!(talk.signal(at(6), false), ["get"]);
    assert_eq!(talk.preparing(at(6), false), ["finished", "inhibit"]);
    assert_eq!(talk.grant(at(6)), ["keep", READY]);
    assert_eq!(talk.signal(at(9), true), ["get"]);
    assert_eq!(talk.preparing(at(9), true), ["starting"]);
}

#[test]
fn a_stranger_puts_nobody_to_sleep() {
    let mut talk = Talk::quiet();
    assert_eq!(talk.signal(at(5), true), ["get"]);
    assert_eq!(talk.preparing(at(5), false), [""; 0]);
}

#[test]
fn a_sleep_under_way_at_the_start_is_told() {
    let mut talk = Talk::new();
    talk.connect(at(0));
    assert_eq!(talk.preparing(at(0), true), [WATCHING, "starting"]);
    // What comes now would hold the sleep back and nobody would let it go.
    assert_eq!(talk.grant(at(0)), [""; 0]);
    assert_eq!(talk.signal(at(6), false), ["get"]);
    assert_eq!(talk.preparing(at(6), false), ["finished", "inhibit"]);
}

#[test]
fn an_answer_older_than_the_last_signal_does_not_count() {
    let mut talk = Talk::quiet();
    assert_eq!(talk.signal(at(5), true), ["get"]);
    assert_eq!(talk.signal(at(5), false), [""; 0]);
    assert_eq!(talk.preparing(at(5), true), ["get"]);
    assert_eq!(talk.preparing(at(5), false), [""; 0]);
}

#[test]
fn without_logind_one_line_is_said_and_each_minute_asked_without_starting_it() {
    let mut talk = Talk::new();
    talk.connect(at(0));
    let serial = talk.inhibits.remove(0);
    assert_eq!(talk.answer(at(1), serial, refusal()), ["debug", FAILED]);
    let serial = talk.gets.remove(0);
    assert_eq!(talk.answer(at(1), serial, refusal()), [""; 0]);
    assert_eq!(talk.login1.next_deadline(), Some(at(60)));
    assert_eq!(talk.tick(at(59)), [""; 0]);
    let steps = talk.login1.on_tick(at(60));
    let quiet = |step: &Step| matches!(step, Step::Send(message) if message.no_auto_start);
    assert!(steps.len() == 2 && steps.iter().all(quiet), "{steps:?}");
    talk.told(steps);
    let serial = talk.inhibits.remove(0);
    assert_eq!(talk.answer(at(61), serial, refusal()), ["debug"]);
    let serial = talk.gets.remove(0);
    assert_eq!(talk.answer(at(61), serial, refusal()), [""; 0]);
    assert_eq!(talk.tick(at(120)), ["inhibit", "get"]);
    assert_eq!(talk.grant(at(120)), ["keep", READY]);
    assert_eq!(talk.preparing(at(120), false), [WATCHING]);
    assert_eq!(talk.tick(at(180)), ["get"]);
}

#[test]
fn a_bus_or_a_logind_that_ends_wakes_who_dozes() {
    let mut talk = Talk::quiet();
    talk.signal(at(5), true);
    assert_eq!(talk.preparing(at(5), true), ["starting"]);
    assert_eq!(talk.lose(), [FAILED, "finished"]);
    assert_eq!(talk.login1.next_deadline(), None);
    assert_eq!(talk.lose(), [""; 0]);
    (talk.inhibits, talk.gets) = Default::default();
    talk.connect(at(70));
    assert_eq!(talk.grant(at(70)), ["keep", READY]);
    assert_eq!(talk.preparing(at(70), true), ["starting"]);
    talk.signal(at(71), false);
    let serial = talk.gets.remove(0);
    assert_eq!(talk.answer(at(71), serial, refusal()), ["finished"]);
}

#[test]
fn a_bus_that_does_not_answer_or_refuses_is_left() {
    let mut talk = Talk::new();
    let steps = talk.login1.on_connected(at(0));
    talk.told(steps);
    assert_eq!(talk.login1.next_deadline(), Some(at(25)));
    assert_eq!(talk.tick(at(24)), [""; 0]);
    assert_eq!(talk.tick(at(25)), ["hang up: no answer"]);
    let answer = talk.answer(at(1), 1, refusal());
    assert_eq!(answer, ["hang up: org.freedesktop.DBus.Error.ServiceUnknown"]);
}

#[test]
fn answers_to_nothing_and_nonsense_change_nothing() {
    let mut talk = Talk::quiet();
    assert_eq!(talk.answer(at(1), 99, refusal()), [""; 0]);
    talk.signal(at(5), true);
    let serial = talk.gets.remove(0);
    let nonsense = Message { body: vec![Value::Number(1)], ..Message::default() };
    assert_eq!(talk.answer(at(5), serial, nonsense), [""; 0]);
    let call = Message { interface: MANAGER.to_owned(), member: SIGNAL.to_owned(), ..call() };
    assert_eq!(talk.login1.on_message(at(5), &call), []);
}

fn call() -> Message {
    Message { purpose: Purpose::Call, serial: 5, ..Message::default() }
}
