//! The engine: a device and its map become variables, status and commands.
//!
//! Knows the order of things: attach, the initial walk, updates, interrupt reports, settings and
//! commands (NUT 2.8.5, `usbhid-ups`). Bytes go through a [`Transport`], results into the kit's
//! [`Context`]; finding, opening and reopening devices is left to the driver part. The engine waits for
//! nothing by itself and reads no clock: the moment is `ctx.now`.

mod again;
mod attach;
mod bind;
mod command;
mod events;
mod host;
mod settings;
mod status;
mod update;

pub use attach::AttachError;
pub use settings::Settings;
pub use update::Round;

use crate::transport::{Identity, Transport, TransportError};
use nut_hid::convert::Memory;
use nut_hid::descriptor::{Descriptor, Field};
use nut_hid::grace::{DischargeReports, LowBatteryTimers};
use nut_hid::map::{Device, Map, Quirk, Row};
use nut_hid::report::Reports;
use nut_hid::status::Bits;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use upsdrv::Context;

/// Seconds that local time is ahead of UTC at a moment (seconds since 1970).
pub type LocalTime = Arc<dyn Fn(i64) -> i64 + Send + Sync>;

/// Why the connection to the device has to be made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// The device is gone, or another driver took it. The readings count as good until opening it
    /// anew has failed.
    Gone(String),
    /// The device is there but answered not a single report of a walk. The engine has declared the
    /// readings stale already.
    Mute,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::Gone(reason) => f.write_str(reason),
            Loss::Mute => f.write_str("the device answers no report"),
        }
    }
}

/// A device with its map, and all that is known of it.
pub struct Engine {
    map: Map,
    /// The entry of the map that claimed the device.
    entry: Device,
    identity: Identity,
    descriptor: Descriptor,
    /// The descriptor as the device gave it.
    descriptor_bytes: Vec<u8>,
    /// The device has not answered anything since the rows were bound. Which of two rows for one variable
    /// keeps it is not known before.
    unread: bool,
    settings: Settings,
    local_time: LocalTime,
    /// Origin of the durations below.
    started: Instant,
    reports: Reports,
    /// For each row of the map, the field it is bound to (index into the descriptor).
    bound: Vec<Option<usize>>,
    memory: Memory,
    bits: Bits,
    timers: LowBatteryTimers,
    discharges: DischargeReports,
    /// Something was set: the next update is a full one and reads settings anew.
    changed: bool,
    last_full: Option<Duration>,
    /// Feature reports asked for so far.
    requests_made: u64,
    /// How often the present round was broken off.
    breaks: u32,
    /// Settings that a conversion asked for, not yet written.
    requests: Vec<(String, String)>,
}

impl Engine {
    /// The map in use.
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// The device as it was when it was attached; a reopened one must be the same.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The entry of the map that claimed the device.
    pub fn entry(&self) -> &Device {
        &self.entry
    }

    /// Whether interrupt reports are wanted from this device.
    pub fn uses_interrupts(&self) -> bool {
        self.settings.uses_interrupts(&self.entry)
    }

    /// How old a report may be before it is read anew.
    fn age(&self, ctx: &Context) -> Duration {
        ctx.poll_interval
    }

    /// Time since the device was attached.
    fn now(&self, ctx: &Context) -> Duration {
        ctx.now.saturating_duration_since(self.started)
    }

    /// The field a row is bound to.
    fn field(&self, row: usize) -> Option<&Field> {
        self.descriptor.fields.get((*self.bound.get(row)?)?)
    }

    fn row(&self, row: usize) -> Option<&Row> {
        self.map.rows.get(row)
    }

    /// Only interrupt reports count; nothing is ever asked for.
    fn is_interrupt_only(&self) -> bool {
        self.settings.interrupt_only || self.entry.has(Quirk::InterruptOnly)
    }

    /// The value of a field, read from the device if what is known is too old. `None`: the device has
    /// nothing to say about it.
    fn value(
        &mut self,
        field: usize,
        device: &mut dyn Transport,
        ctx: &Context,
    ) -> Result<Option<f64>, Loss> {
        let Some(id) = self.descriptor.fields.get(field).map(|field| field.report_id) else {
            return Ok(None);
        };
        if !self.refresh(id, device, ctx)? {
            return Ok(None);
        }
        Ok(self.descriptor.fields.get(field).map(|field| self.reports.value(field)))
    }

    /// Has a report in the cache that is young enough; false if the device does not give it.
    fn refresh(&mut self, id: u8, device: &mut dyn Transport, ctx: &Context) -> Result<bool, Loss> {
        let (now, age) = (self.now(ctx), self.age(ctx));
        if self.is_interrupt_only() || self.reports.is_fresh(id, now, age) {
            return Ok(true);
        }
        if id == 0x54 && self.entry.has(Quirk::SkipReport84) {
            return Ok(false);
        }
        let Some(length) = self.reports.length(id) else { return Ok(false) };
        let length = self.settings.report_length(length);
        self.requests_made += 1;
        let Some(bytes) = answer(device.get_feature(id, length))? else { return Ok(false) };
        let filed = self.reports.file_feature(id, &bytes, now);
        if !filed {
            log::debug!("no value: report 0x{id:02x} came as {bytes:02x?}");
        }
        Ok(filed)
    }
}

/// What an answer of the device means: bytes, nothing, or the end of the connection.
fn answer<T>(result: Result<T, TransportError>) -> Result<Option<T>, Loss> {
    match result {
        Ok(answer) => Ok(Some(answer)),
        Err(TransportError::NoValue(reason) | TransportError::Io(reason)) => {
            log::debug!("no value: {reason}");
            Ok(None)
        }
        Err(TransportError::Gone(reason)) => Err(Loss::Gone(reason)),
        Err(TransportError::Busy(reason)) => {
            log::warn!("Got disconnected by another driver: {reason}");
            Err(Loss::Gone(reason))
        }
    }
}
