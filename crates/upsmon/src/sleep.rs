//! The machine's sleep, as systemd-logind announces it.
//!
//! Knows a thread that talks to logind over the system bus (`login1` says what, `bus` carries it) and
//! hands its words to the loop. Nothing here makes the loop wait: no bus, a mute one or one that ends
//! only means that sleep goes unannounced, and it is tried again each minute.

pub mod address;
pub mod bus;
pub mod doze;
pub mod login1;
pub mod message;

use crate::action::Time;
use crate::tell::tell;
use address::Address;
use bus::Bus;
use login1::{Login1, Step};
use nut_daemon::debug;
use nut_daemon::reactor::Waker;
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use std::{env, io, thread};

/// How often what failed is tried again, and what is known confirmed.
const PAUSE: Duration = Duration::from_secs(60);

/// What logind says.
#[derive(Debug)]
pub enum Sleep {
    /// The machine is about to sleep.
    Starting(Lock),
    /// It slept, could not, or nobody is there any more to say so.
    Finished,
}

/// Sleep waits for as long as this lives, but not longer than logind likes (5 s unless configured
/// otherwise). Empty where logind granted none.
#[derive(Debug)]
pub struct Lock {
    _held: Option<OwnedFd>,
}

/// The loop's end: what the thread has heard.
#[derive(Debug)]
pub struct Sleeper {
    heard: Receiver<Sleep>,
}

impl Sleeper {
    /// Begins to listen at the system bus (`DBUS_SYSTEM_BUS_ADDRESS`, or the standard one). It wakes the
    /// loop when [`Sleeper::take`] has something to give. A process that forks does so before.
    pub fn start(waker: Waker) -> Sleeper {
        let address = env::var("DBUS_SYSTEM_BUS_ADDRESS").ok();
        Sleeper::at(address::parse(address.as_deref().unwrap_or(address::STANDARD)), PAUSE, waker)
    }

    /// As [`Sleeper::start`], at the first of these addresses where somebody listens; tries again after
    /// this time what failed.
    pub fn at(addresses: Vec<Address>, pause: Duration, waker: Waker) -> Sleeper {
        let (teller, heard) = channel();
        let listener = Listener {
            login1: Login1::new(pause),
            lock: None,
            start: Instant::now(),
            teller,
            waker,
            gone: false,
        };
        let name = "sleep".to_owned();
        let life = move || listener.live(&addresses, pause);
        if let Err(e) = thread::Builder::new().name(name).spawn(life) {
            log::warn!("upsmon: failed to initialize OS integration for sleep inhibitor: {e}");
        }
        Sleeper { heard }
    }

    /// What was heard since the last call, in order.
    pub fn take(&self) -> Vec<Sleep> {
        self.heard.try_iter().collect()
    }
}

/// The thread's end.
struct Listener {
    login1: Login1,
    /// Kept until the machine is about to sleep.
    lock: Option<OwnedFd>,
    start: Instant,
    teller: Sender<Sleep>,
    waker: Waker,
    /// Nobody listens to us any more.
    gone: bool,
}

impl Listener {
    fn live(mut self, addresses: &[Address], pause: Duration) {
        while !self.gone {
            if let Err(e) = self.converse(addresses) {
                debug!(1, "sleep is not announced: {e}");
            }
            self.lock = None;
            for step in self.login1.on_lost() {
                self.tell(step);
            }
            thread::sleep(pause);
        }
    }

    fn now(&self) -> Time {
        self.start.elapsed()
    }

    /// One connection, from its beginning to its end.
    fn converse(&mut self, addresses: &[Address]) -> io::Result<()> {
        let mut bus = Bus::connect(addresses)?;
        let steps = self.login1.on_connected(self.now());
        self.perform(&mut bus, steps, Vec::new())?;
        while !self.gone {
            let until = self.start + self.login1.next_deadline().unwrap_or(self.now() + PAUSE);
            if let Some((message, descriptors)) = bus.receive(until)? {
                let steps = self.login1.on_message(self.now(), &message);
                self.perform(&mut bus, steps, descriptors)?;
            }
            let steps = self.login1.on_tick(self.now());
            self.perform(&mut bus, steps, Vec::new())?;
        }
        Ok(())
    }

    fn perform(
        &mut self,
        bus: &mut Bus,
        steps: Vec<Step>,
        descriptors: Vec<OwnedFd>,
    ) -> io::Result<()> {
        let mut descriptors = descriptors.into_iter();
        for step in steps {
            match step {
                Step::Send(message) => bus.send(&message, &[])?,
                Step::Keep => self.lock = descriptors.next(),
                Step::HangUp(why) => return Err(io::Error::other(why)),
                step => self.tell(step),
            }
        }
        Ok(())
    }

    /// The steps that need no bus.
    fn tell(&mut self, step: Step) {
        match step {
            Step::Log(level, text) => tell(level, &text),
            Step::Starting => {
                let lock = Lock { _held: self.lock.take() };
                self.hand_over(Sleep::Starting(lock));
            }
            Step::Finished => self.hand_over(Sleep::Finished),
            Step::Send(_) | Step::Keep | Step::HangUp(_) => {}
        }
    }

    fn hand_over(&mut self, sleep: Sleep) {
        // An error means that the loop is gone, and with it whoever wants to know.
        self.gone = self.teller.send(sleep).is_err() || self.waker.wake().is_err();
    }
}
