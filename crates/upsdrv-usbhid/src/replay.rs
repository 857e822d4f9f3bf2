//! A recording played as if it were a device.
//!
//! Knows how a replayed device answers and what an event does to it ([`Device`], pure), and plays
//! the events on time in a thread of its own, since interrupt reports come from a thread with real
//! hardware too. What the reports mean is for the engine.

use crate::incoming::{Incoming, Sink, queue};
use crate::missing::NoDevice;
use crate::recording::{Event, Recording, Reports, Stall, payload_hex};
use crate::source::{Link, Opening, Source, Way, Wish, worker};
use crate::transport::{Identity, Transport, TransportError};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The state of a replayed device. Pure.
#[derive(Debug)]
pub struct Device {
    feature: Reports,
    input: Reports,
    strings: BTreeMap<u8, String>,
    stall: Stall,
    plugged: bool,
    /// Counts the times the device was pulled out: a connection lives as long as this stands still.
    unplugs: u64,
}

impl Device {
    /// The device as it was when the recording was taken.
    pub fn new(recording: &Recording) -> Self {
        Device {
            feature: recording.feature.clone(),
            input: recording.input.clone(),
            strings: recording.strings.clone(),
            stall: Stall::Ids(Vec::new()),
            plugged: true,
            unplugs: 0,
        }
    }

    /// Lets an event happen. Returns the interrupt reports the device sends because of it.
    pub fn apply(&mut self, event: &Event) -> Vec<Vec<u8>> {
        if let Some(plugged) = event.plugged {
            self.unplugs += u64::from(self.plugged && !plugged);
            self.plugged = plugged;
        }
        if let Some(stall) = &event.stall {
            self.stall = stall.clone();
        }
        self.feature.extend(event.feature.clone());
        self.input.extend(event.input.clone());
        if self.plugged { event.input.values().cloned().collect() } else { Vec::new() }
    }

    fn get(&self, reports: &Reports, id: u8) -> Result<Vec<u8>, TransportError> {
        match reports.get(&id) {
            // A recording has no id in front of a report without one; an answer has a zero there.
            Some(bytes) if id == 0 && !self.stall.holds(0) => Ok([&[0], bytes.as_slice()].concat()),
            Some(bytes) if !self.stall.holds(id) => Ok(bytes.clone()),
            _ => Err(TransportError::NoValue("Broken pipe".to_string())),
        }
    }

    /// Takes a feature report. One that was not captured is accepted and stays unreadable.
    fn set(&mut self, report: &[u8]) -> Result<(), TransportError> {
        let id = report.first().copied().unwrap_or(0);
        if self.stall.holds(id) {
            return Err(TransportError::NoValue("Broken pipe".to_string()));
        }
        let bytes = if id == 0 { report.get(1..).unwrap_or_default() } else { report };
        if let Some(buffer) = self.feature.get_mut(&id) {
            *buffer = bytes.to_vec();
        }
        Ok(())
    }

    fn string(&self, index: u8) -> Result<String, TransportError> {
        let none = || TransportError::NoValue("Broken pipe".to_string());
        self.strings.get(&index).cloned().ok_or_else(none)
    }
}

/// The place where a replayed device can be plugged in: opens it, again and again if need be.
pub struct Replay {
    identity: Identity,
    descriptor: Vec<u8>,
    shared: Arc<Shared>,
    /// Taken by the player when it starts.
    events: Option<Vec<Event>>,
}

struct Shared {
    device: Mutex<Device>,
    sink: Mutex<Option<Sink>>,
    writes: Mutex<Option<File>>,
}

impl Shared {
    fn device(&self) -> MutexGuard<'_, Device> {
        locked(&self.device)
    }

    /// Applies an event and tells the listener what comes of it.
    fn happen(&self, event: &Event) {
        let (reports, plugged) = {
            let mut device = self.device();
            (device.apply(event), device.plugged)
        };
        let mut sink = locked(&self.sink);
        if let Some(sink) = sink.as_ref() {
            reports.into_iter().for_each(|report| sink.send(Incoming::Report(report)));
        }
        if !plugged {
            if let Some(sink) = sink.take() {
                sink.send(Incoming::Lost("No such device".to_string()));
            }
        }
    }

    fn note_write(&self, report: &[u8]) {
        if let Some(file) = locked(&self.writes).as_mut() {
            if let Err(error) = writeln!(file, "{}", payload_hex(report)) {
                log::error!("replay_writes: {error}");
            }
        }
    }
}

/// Nothing is left half-done inside these locks, so one that a panic left behind is usable.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Replay {
    /// A device that plays `recording`. Its clock starts with [`Source::start`].
    pub fn new(recording: Recording) -> Self {
        let shared = Shared {
            device: Mutex::new(Device::new(&recording)),
            sink: Mutex::new(None),
            writes: Mutex::new(None),
        };
        Replay {
            identity: recording.identity,
            descriptor: recording.descriptor,
            shared: Arc::new(shared),
            events: Some(recording.events),
        }
    }

    /// Appends each report written to the device to this file, one line of hex each.
    pub fn log_writes(&mut self, path: &Path) -> io::Result<()> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        *locked(&self.shared.writes) = Some(file);
        Ok(())
    }

    /// Opens the device. `None` while it is unplugged.
    pub fn connect(&self) -> Option<ReplayedDevice> {
        let device = self.shared.device();
        device.plugged.then(|| ReplayedDevice {
            identity: self.identity.clone(),
            descriptor: self.descriptor.clone(),
            unplugs: device.unplugs,
            shared: Arc::clone(&self.shared),
        })
    }

    /// Sends interrupt reports here from now on, until the device is unplugged.
    pub fn listen(&self, sink: Sink) {
        *locked(&self.shared.sink) = Some(sink);
    }

    /// Lets an event happen now, outside the recording's own.
    pub fn happen(&self, event: &Event) {
        self.shared.happen(event);
    }
}

/// There is exactly one device, whatever its interface number.
impl Source for Replay {
    fn open(&mut self, wish: &Wish<'_>, opening: &Opening) -> Result<Link, NoDevice> {
        let wanted = wish(&self.identity).ok_or(NoDevice::NotFound)?;
        let device = self.connect().ok_or(NoDevice::NotFound)?;
        let (sink, news) = queue(opening.wake.clone());
        if wanted.interrupts {
            self.listen(sink);
        }
        Ok(Link::new(worker(device, &news, opening)?, Way::Recording, news, None))
    }

    fn start(&mut self) {
        let Some(events) = self.events.take().filter(|events| !events.is_empty()) else { return };
        let shared = Arc::clone(&self.shared);
        let player = thread::Builder::new().name("replay".to_string());
        if let Err(error) = player.spawn(move || play(&shared, &events)) {
            log::error!("Can't play the events of the recording: {error}");
        }
    }
}

/// Lets the events happen, each on its time.
fn play(shared: &Shared, events: &[Event]) {
    let start = Instant::now();
    for event in events {
        let due = Duration::from_millis(event.at_ms);
        thread::sleep(due.saturating_sub(start.elapsed()));
        shared.happen(event);
    }
}

/// One connection to a replayed device.
pub struct ReplayedDevice {
    identity: Identity,
    descriptor: Vec<u8>,
    unplugs: u64,
    shared: Arc<Shared>,
}

impl ReplayedDevice {
    /// The device, if this connection still leads to it.
    fn device(&self) -> Result<MutexGuard<'_, Device>, TransportError> {
        let device = self.shared.device();
        if device.plugged && device.unplugs == self.unplugs {
            Ok(device)
        } else {
            Err(TransportError::Gone("No such device".to_string()))
        }
    }
}

impl Transport for ReplayedDevice {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn report_descriptor(&mut self) -> Result<Vec<u8>, TransportError> {
        drop(self.device()?);
        Ok(self.descriptor.clone())
    }

    fn get_feature(&mut self, id: u8, _len: usize) -> Result<Vec<u8>, TransportError> {
        let device = self.device()?;
        device.get(&device.feature, id)
    }

    fn get_input(&mut self, id: u8, _len: usize) -> Result<Vec<u8>, TransportError> {
        let device = self.device()?;
        device.get(&device.input, id)
    }

    fn set_feature(&mut self, report: &[u8]) -> Result<(), TransportError> {
        self.device()?.set(report)?;
        self.shared.note_write(report);
        Ok(())
    }

    fn indexed_string(&mut self, index: u8) -> Result<String, TransportError> {
        self.device()?.string(index)
    }

    /// A recording needs no rest between two writes.
    fn pause(&mut self, _time: Duration) {}
}

#[cfg(test)]
mod tests;
