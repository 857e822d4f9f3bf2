//! A port with a device that misbehaves on purpose, in virtual time.
//!
//! Knows how a device in each kind of trouble answers, and what that costs in time as `worker` lets
//! it: one second for a request that hangs, nothing for those refused while it does.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use upsdrv_usbhid::incoming::{Incoming, Sink, Waiting, queue};
use upsdrv_usbhid::missing::{NoDevice, OpenError};
use upsdrv_usbhid::source::{Link, Opening, Source, Way, Wish};
use upsdrv_usbhid::transport::{Identity, Patience, Transport, TransportError};

/// After this the kernel gives up on a request.
pub const KERNEL_GIVES_UP: Duration = Duration::from_secs(5);

/// How the device answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Good,
    /// EPIPE, at once.
    Stall,
    /// Nothing comes until the kernel gives up.
    Hang,
    /// EIO, EPROTO.
    Io,
    /// ENODEV, though it can be opened again.
    Gone,
    /// EBUSY.
    Busy,
    /// No byte.
    Empty,
    /// The report's id and no more.
    IdOnly,
    /// Another report than was asked for.
    WrongId,
    /// One byte too few.
    Short,
    /// Bytes too many.
    Long,
    /// Bytes of chance.
    Garbage,
    /// Each answer takes as many milliseconds.
    Slow(u64),
}

impl Mode {
    /// Whether nothing can be learned from the device.
    pub fn is_silent(self) -> bool {
        use Mode::*;
        matches!(self, Stall | Hang | Io | Gone | Busy | Empty | IdOnly | WrongId)
    }
}

/// A device as it lies on the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    pub identity: Identity,
    pub descriptor: Vec<u8>,
    pub feature: BTreeMap<u8, Vec<u8>>,
    pub strings: BTreeMap<u8, String>,
}

impl Unit {
    /// The same kind of device, its readings the same, but two reports have changed their numbers.
    pub fn renumbered(&self) -> Unit {
        let mut ids = self.feature.keys().copied();
        let (Some(first), Some(last)) = (ids.next(), ids.next_back()) else { return self.clone() };
        let other = |id| match id {
            _ if id == first => last,
            _ if id == last => first,
            _ => id,
        };
        let mut unit = self.clone();
        let mut at = 0;
        while at < unit.descriptor.len() {
            let head = unit.descriptor[at];
            if head == 0x85 {
                unit.descriptor[at + 1] = other(unit.descriptor[at + 1]);
            }
            at += 1 + [0, 1, 2, 4][usize::from(head & 3)];
        }
        let with_id = |id: u8, bytes: &[u8]| [&[id], bytes.get(1..).unwrap_or_default()].concat();
        let moved = self.feature.iter().map(|(&id, bytes)| (other(id), with_id(other(id), bytes)));
        unit.feature = moved.collect();
        unit
    }
}

/// The port and all that is known of it.
pub struct Bus {
    pub now: Duration,
    /// Time that requests took since the loop last asked.
    pub spent: Duration,
    pub plugged: Option<Unit>,
    pub mode: Mode,
    /// The mode after so many further requests.
    pub soon: Option<(usize, Mode)>,
    /// Nobody may open the device.
    pub denied: bool,
    /// The interrupt pipe ends as soon as it is opened.
    pub broken_pipe: bool,
    /// The device sends a report by itself while each request is under way.
    pub chatter: bool,
    /// When the device last said something that can be used.
    pub last_sign: Duration,
    /// When a written report last changed the device.
    pub written: Duration,
    /// Requests, and openings, since the loop last asked.
    pub requests: usize,
    pub opened: usize,
    /// Connections that broke so far, by unplugging or because the pipe did.
    pub breaks: u64,
    noise: u8,
    /// Who the device is; another one's word counts for nothing.
    home: Option<String>,
    unplugs: u64,
    sink: Option<Sink>,
}

impl Bus {
    pub fn new(unit: Unit) -> Rc<RefCell<Bus>> {
        let home = unit.identity.serial.clone();
        Rc::new(RefCell::new(Bus {
            home,
            now: Duration::ZERO,
            spent: Duration::ZERO,
            plugged: Some(unit),
            mode: Mode::Good,
            soon: None,
            denied: false,
            broken_pipe: false,
            chatter: false,
            last_sign: Duration::ZERO,
            written: Duration::ZERO,
            requests: 0,
            opened: 0,
            breaks: 0,
            noise: 1,
            unplugs: 0,
            sink: None,
        }))
    }

    pub fn time(&self) -> Duration {
        self.now + self.spent
    }

    pub fn unplug(&mut self) {
        self.plugged = None;
        self.unplugs += 1;
        self.breaks += 1;
        self.end_pipe("No such device");
    }

    pub fn end_pipe(&mut self, reason: &str) {
        if let Some(sink) = self.sink.take() {
            sink.send(Incoming::Lost(reason.to_string()));
        }
    }

    /// The device sends a report by itself. True if somebody listens.
    pub fn send(&mut self, report: Vec<u8>, is_a_sign: bool) -> bool {
        if is_a_sign && self.sink.is_some() {
            self.note_sign();
        }
        self.sink.as_ref().map(|sink| sink.send(Incoming::Report(report))).is_some()
    }

    /// The device that is plugged in, if it is the right one.
    pub fn ours(&self) -> Option<&Unit> {
        self.plugged.as_ref().filter(|unit| unit.identity.serial == self.home)
    }

    fn note_sign(&mut self) {
        if self.ours().is_some() {
            self.last_sign = self.time();
        }
    }

    fn count_down(&mut self) {
        match self.soon {
            Some((0, mode)) => (self.mode, self.soon) = (mode, None),
            Some((left, mode)) => self.soon = Some((left - 1, mode)),
            None => {}
        }
    }

    fn noise(&mut self) -> u8 {
        self.noise = self.noise.wrapping_mul(29).wrapping_add(71);
        self.noise
    }
}

/// The place where the driver looks for the device.
pub struct Port(pub Rc<RefCell<Bus>>);

impl Source for Port {
    fn open(&mut self, wish: &Wish<'_>, opening: &Opening) -> Result<Link, NoDevice> {
        let mut bus = self.0.borrow_mut();
        bus.opened += 1;
        let unit = bus.plugged.clone().ok_or(NoDevice::NotFound)?;
        let wanted = wish(&unit.identity).ok_or(NoDevice::NotFound)?;
        if bus.denied {
            let error = OpenError::Denied("Permission denied".to_string());
            return Err(NoDevice::cannot_open(&unit.identity, "/dev/fake".into(), error));
        }
        let (sink, news) = queue(opening.wake.clone());
        bus.sink = wanted.interrupts.then_some(sink);
        if bus.broken_pipe {
            bus.end_pipe("Input/Output Error");
        }
        let device = Connected {
            identity: unit.identity,
            unplugs: bus.unplugs,
            waiting: news.waiting(),
            patience: opening.patience,
            busy_until: Duration::ZERO,
            bus: Rc::clone(&self.0),
        };
        Ok(Link::new(device, Way::Hidraw, news, None))
    }
}

/// One connection.
struct Connected {
    identity: Identity,
    unplugs: u64,
    waiting: Waiting,
    patience: Patience,
    /// A request hangs until then.
    busy_until: Duration,
    bus: Rc<RefCell<Bus>>,
}

fn no_value(text: &str) -> TransportError {
    TransportError::NoValue(text.to_string())
}

impl Connected {
    /// What comes of a request that a good device answers like this.
    fn ask<T>(
        &mut self,
        good: impl FnOnce(&mut Unit) -> Option<T>,
        bad: impl FnOnce(&mut Bus, T) -> Result<T, TransportError>,
    ) -> Result<T, TransportError> {
        let mut bus = self.bus.borrow_mut();
        bus.requests += 1;
        bus.count_down();
        let said = bus.ours().and_then(|unit| unit.feature.values().next().cloned());
        if let Some(report) = said.filter(|_| bus.chatter) {
            bus.send(report, true);
        }
        if bus.time() < self.busy_until {
            return Err(no_value("the device does not answer"));
        }
        if bus.plugged.is_none() || bus.unplugs != self.unplugs {
            return Err(TransportError::Gone("No such device".to_string()));
        }
        match bus.mode {
            Mode::Stall => return Err(no_value("Broken pipe")),
            Mode::Io => return Err(TransportError::Io("Input/output error".to_string())),
            Mode::Gone => return Err(TransportError::Gone("No such device".to_string())),
            Mode::Busy => return Err(TransportError::Busy("Device or resource busy".to_string())),
            Mode::Hang => {
                self.busy_until = bus.time() + KERNEL_GIVES_UP;
                bus.spent += self.patience.read;
                return Err(no_value("the device does not answer"));
            }
            Mode::Slow(ms) => bus.spent += Duration::from_millis(ms),
            _ => {}
        }
        let answer = bus.plugged.as_mut().and_then(good).ok_or_else(|| no_value("Broken pipe"))?;
        if !bus.mode.is_silent() {
            bus.note_sign();
        }
        bad(&mut bus, answer)
    }
}

impl Transport for Connected {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn has_news(&self) -> bool {
        self.waiting.any()
    }

    fn set_patience(&mut self, patience: Patience) {
        self.patience = patience;
    }

    fn report_descriptor(&mut self) -> Result<Vec<u8>, TransportError> {
        self.ask(|unit| Some(unit.descriptor.clone()), |_, bytes| Ok(bytes))
    }

    fn get_feature(&mut self, id: u8, _len: usize) -> Result<Vec<u8>, TransportError> {
        self.ask(
            |unit| unit.feature.get(&id).cloned(),
            |bus, mut bytes| {
                match bus.mode {
                    Mode::Empty => return Err(no_value("empty answer")),
                    Mode::IdOnly => bytes.truncate(1),
                    Mode::WrongId => bytes[0] ^= 0x55,
                    Mode::Short => bytes.truncate((bytes.len() - 1).max(2)),
                    Mode::Long => bytes.extend([0xaa; 70]),
                    Mode::Garbage => bytes.iter_mut().skip(1).for_each(|b| *b = bus.noise()),
                    _ => {}
                }
                Ok(bytes)
            },
        )
    }

    fn set_feature(&mut self, report: &[u8]) -> Result<(), TransportError> {
        let written = |unit: &mut Unit| {
            let buffer = unit.feature.get_mut(report.first()?)?;
            *buffer = report.to_vec();
            Some(())
        };
        self.ask(written, |bus, ()| {
            bus.written = bus.time();
            Ok(())
        })
    }

    fn indexed_string(&mut self, index: u8) -> Result<String, TransportError> {
        self.ask(|unit| unit.strings.get(&index).cloned(), |_, text| Ok(text))
    }

    fn pause(&mut self, time: Duration) {
        self.bus.borrow_mut().spent += time;
    }
}
