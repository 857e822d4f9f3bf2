//! The machine's sleep, as systemd-logind announces it.
//!
//! Knows a thread that talks to logind over the system bus (`bus` asks, `login1` says what the answers
//! mean) and hands its words to the loop. Nothing here makes the loop wait: no bus, a mute one or one
//! that ends only means that sleep goes unannounced, and it is tried again each minute.

pub mod bus;
pub mod doze;
pub mod login1;

use crate::tell::tell;
use bus::Bus;
use login1::{Login1, Step};
use nut_daemon::debug;
use nut_daemon::reactor::Waker;
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use std::{env, io, thread};
use tokio::runtime;

/// How long the thread waits.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Then what failed is tried again, and what is known confirmed.
    pub pause: Duration,
    /// The bus may take so long to let us in, or to answer.
    pub patience: Duration,
}

/// In a running monitor.
const PACE: Pace = Pace { pause: Duration::from_secs(60), patience: Duration::from_secs(25) };

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
        Sleeper::at(address.unwrap_or_else(|| bus::STANDARD.to_owned()), PACE, waker)
    }

    /// As [`Sleeper::start`], at the first of these addresses (as D-Bus writes them, `;` between them)
    /// where somebody listens.
    pub fn at(addresses: String, pace: Pace, waker: Waker) -> Sleeper {
        let (teller, heard) = channel();
        let login1 = Login1::default();
        let listener = Listener { addresses, pace, login1, lock: None, teller, waker, gone: false };
        let name = "sleep".to_owned();
        if let Err(e) = thread::Builder::new().name(name).spawn(move || listener.live()) {
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
    addresses: String,
    pace: Pace,
    login1: Login1,
    /// Kept until the machine is about to sleep.
    lock: Option<OwnedFd>,
    teller: Sender<Sleep>,
    waker: Waker,
    /// Nobody listens to us any more.
    gone: bool,
}

impl Listener {
    fn live(mut self) {
        while !self.gone {
            if let Err(e) = self.connect() {
                debug!(1, "sleep is not announced: {e}");
            }
            self.lock = None;
            let steps = self.login1.on_lost();
            self.perform(steps);
            thread::sleep(self.pace.pause);
        }
    }

    /// One connection, from its beginning to its end. What zbus runs on is made for it and goes with
    /// it, so that nothing of a bus that hangs is left; it has no thread but this one.
    fn connect(&mut self) -> io::Result<()> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.converse())
    }

    async fn converse(&mut self) -> io::Result<()> {
        let mut bus = Bus::connect(&self.addresses, self.pace.patience).await?;
        while !self.gone {
            let preparing = bus.is_preparing(self.login1.may_start_logind()).await?;
            let steps = self.login1.on_preparing(preparing.ok());
            self.perform(steps);
            if self.login1.wants_lock() {
                self.take_lock(&mut bus).await?;
            }
            bus.wait_for_news(self.pace.pause).await?;
        }
        Ok(())
    }

    async fn take_lock(&mut self, bus: &mut Bus) -> io::Result<()> {
        let steps = match bus.inhibit(self.login1.may_start_logind()).await? {
            Ok(lock) => {
                self.lock = Some(lock);
                self.login1.on_granted()
            }
            Err(error) => self.login1.on_refused(&error),
        };
        self.perform(steps);
        Ok(())
    }

    fn perform(&mut self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Log(level, text) => tell(level, &text),
                Step::Starting => {
                    let lock = Lock { _held: self.lock.take() };
                    self.hand_over(Sleep::Starting(lock));
                }
                Step::Finished => self.hand_over(Sleep::Finished),
            }
        }
    }

    fn hand_over(&mut self, sleep: Sleep) {
        // An error means that the loop is gone, and with it whoever wants to know.
        self.gone = self.teller.send(sleep).is_err() || self.waker.wake().is_err();
    }
}
