//! A logind that obeys the test: grants inhibitors, tells whether sleep is near, and says so.

use crate::house::wait_until;
use crate::private_bus::PrivateBus;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use upsmon::sleep::bus::Bus;
use upsmon::sleep::message::{Message, Purpose, Value};

const MANAGER: &str = "org.freedesktop.login1.Manager";

pub struct Logind {
    shared: Arc<Mutex<Shared>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// It has its name on the bus.
    named: bool,
    preparing: bool,
    /// How often somebody has asked whether it is.
    asked: usize,
    /// Signals to send.
    signals: Vec<bool>,
    /// What inhibitors were asked for, and our ends of them.
    inhibitors: Vec<(Vec<Value>, UnixStream)>,
    stop: bool,
}

impl Logind {
    pub fn start(bus: &PrivateBus) -> Logind {
        let shared = Arc::new(Mutex::<Shared>::default());
        let service =
            Service { bus: Bus::connect(&bus.addresses()).unwrap(), shared: shared.clone() };
        let logind = Logind { shared, thread: Some(thread::spawn(move || service.live())) };
        wait_until(|| logind.shared().named.then_some(())).expect("logind's name");
        logind
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }

    /// Goes to sleep, or comes back; everybody is told.
    pub fn prepare(&self, preparing: bool) {
        let mut shared = self.shared();
        shared.preparing = preparing;
        shared.signals.push(preparing);
    }

    /// Says something that is not so, and waits until it has been heard.
    pub fn lie(&self, preparing: bool) {
        self.shared().signals.push(preparing);
        wait_until(|| self.shared().signals.is_empty().then_some(())).expect("the lie");
        let asked = self.shared().asked;
        wait_until(|| (self.shared().asked > asked + 1).then_some(())).expect("questions");
    }

    /// What the inhibitors that are held now were asked for with.
    pub fn held(&self) -> Vec<Vec<Value>> {
        let mut shared = self.shared();
        shared.inhibitors.retain_mut(|(_, end)| is_open(end));
        shared.inhibitors.iter().map(|(arguments, _)| arguments.clone()).collect()
    }

    pub fn wait_for_held(&self, count: usize) {
        wait_until(|| (self.held().len() == count).then_some(())).expect("so many inhibitors");
    }
}

impl Drop for Logind {
    fn drop(&mut self) {
        self.shared().stop = true;
        let _ = self.thread.take().unwrap().join();
    }
}

/// Whether the other end is.
fn is_open(end: &mut UnixStream) -> bool {
    let outcome = end.read(&mut [0]);
    outcome.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

/// The thread of it.
struct Service {
    bus: Bus,
    shared: Arc<Mutex<Shared>>,
}

impl Service {
    fn live(mut self) {
        let name = "org.freedesktop.login1".into();
        self.call_bus(1, "Hello", Vec::new());
        self.call_bus(2, "RequestName", vec![name, Value::Number(4)]);
        while !self.shared.lock().unwrap().stop {
            match self.bus.receive(Instant::now() + Duration::from_millis(10)) {
                Ok(Some((message, _))) => self.take(&message),
                Ok(None) => self.send_signals(),
                Err(_) => return,
            }
        }
    }

    fn call_bus(&mut self, serial: u32, member: &str, body: Vec<Value>) {
        let name = "org.freedesktop.DBus".to_owned();
        let (member, path) = (member.to_owned(), "/org/freedesktop/DBus".to_owned());
        let (interface, destination) = (name.clone(), name);
        let call = Message { serial, path, interface, member, destination, body, ..blank() };
        self.bus.send(&call, &[]).unwrap();
    }

    fn take(&mut self, message: &Message) {
        match (message.purpose, message.member.as_str()) {
            (Purpose::Return, _) if message.reply_to == 2 => {
                self.shared.lock().unwrap().named = true;
            }
            (Purpose::Call, "Inhibit") => self.inhibit(message),
            (Purpose::Call, "Get") => {
                assert_eq!(message.body, [MANAGER, "PreparingForSleep"].map(Value::from));
                let mut shared = self.shared.lock().unwrap();
                shared.asked += 1;
                let flag = Value::Flag(shared.preparing);
                let answer = answer(message, vec![Value::Variant(Box::new(flag))]);
                self.bus.send(&answer, &[]).unwrap();
            }
            _ => {}
        }
    }

    fn inhibit(&mut self, message: &Message) {
        assert_eq!(message.interface, MANAGER);
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let answer = Message { descriptors: 1, ..answer(message, vec![Value::Descriptor(0)]) };
        self.bus.send(&answer, &[theirs.as_fd()]).unwrap();
        self.shared.lock().unwrap().inhibitors.push((message.body.clone(), ours));
    }

    fn send_signals(&mut self) {
        let signals = std::mem::take(&mut self.shared.lock().unwrap().signals);
        for preparing in signals {
            let signal = Message {
                purpose: Purpose::Signal,
                serial: 3,
                path: "/org/freedesktop/login1".to_owned(),
                interface: MANAGER.to_owned(),
                member: "PrepareForSleep".to_owned(),
                body: vec![Value::Flag(preparing)],
                ..blank()
            };
            self.bus.send(&signal, &[]).unwrap();
        }
    }
}

fn blank() -> Message {
    Message::default()
}

fn answer(call: &Message, body: Vec<Value>) -> Message {
    let (purpose, reply_to) = (Purpose::Return, call.serial);
    Message { purpose, serial: 4, reply_to, destination: call.sender.clone(), body, ..blank() }
}
