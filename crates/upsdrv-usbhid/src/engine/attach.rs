//! Attaching: a device and its map become an engine, and the device tells its names.
//!
//! Knows what happens between opening a device and the initial walk: reading and correcting the
//! descriptor, and publishing `ups.mfr`, `ups.model`, `ups.serial` and the USB ids.

use super::{Engine, LocalTime, Settings, answer};
use crate::transport::{Identity, Transport, TransportError};
use nut_hid::convert::Memory;
use nut_hid::descriptor::{self, Descriptor, Diagnostic, Kind};
use nut_hid::grace::{DischargeReports, LowBatteryTimers};
use nut_hid::map::{Device, Map};
use nut_hid::naming::{Names, Naming, Probe, Strings};
use nut_hid::path;
use nut_hid::report::Reports;
use nut_hid::status::Bits;
use std::fmt;
use upsdrv::Context;

/// Why a device cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttachError {
    /// Its report descriptor could not be read.
    Unreadable(TransportError),
    /// Its report descriptor declares no fields.
    Empty,
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttachError::Unreadable(error) => write!(f, "Unable to get Report descriptor: {error}"),
            AttachError::Empty => f.write_str("Failed to parse report descriptor!"),
        }
    }
}

impl std::error::Error for AttachError {}

impl Engine {
    /// Takes over an opened device: reads its descriptor and publishes its names. The readings begin
    /// with [`Engine::init`].
    pub fn attach(
        map: Map,
        entry: Device,
        mut settings: Settings,
        local_time: LocalTime,
        device: &mut dyn Transport,
        ctx: &mut Context,
    ) -> Result<Engine, AttachError> {
        let identity = device.identity().clone();
        settings.adapt(&identity, &entry);
        let bytes = device.report_descriptor().map_err(AttachError::Unreadable)?;
        let descriptor =
            understand(&bytes, &map, &identity, &settings).ok_or(AttachError::Empty)?;
        log::info!("Using subdriver: {}", map.subdriver);
        let mut engine = Engine {
            reports: Reports::new(&descriptor),
            bound: vec![None; map.rows.len()],
            map,
            entry,
            identity,
            descriptor,
            descriptor_bytes: bytes,
            unread: true,
            settings,
            local_time,
            started: ctx.now,
            memory: Memory::default(),
            bits: Bits::default(),
            timers: LowBatteryTimers::default(),
            discharges: DischargeReports::default(),
            changed: false,
            last_full: None,
            requests_made: 0,
            breaks: 0,
            requests: Vec::new(),
        };
        engine.dump(device, ctx);
        engine.publish_names(device, ctx);
        Ok(engine)
    }

    /// At debug level 1 and above: every field with its value, for writing maps.
    fn dump(&mut self, device: &mut dyn Transport, ctx: &Context) {
        if !log::log_enabled!(log::Level::Debug) {
            return;
        }
        for (index, field) in self.descriptor.fields.clone().iter().enumerate() {
            if is_left_alone(&self.identity, field.report_id) {
                continue;
            }
            let value = self.value(index, device, ctx).ok().flatten();
            let value = value.map(|value| format!(", Value: {value}")).unwrap_or_default();
            log::debug!(
                "Path: {}, Type: {}, ReportID: 0x{:02x}, Offset: {}, Size: {}{value}",
                field.path.text(&self.map.usages),
                field.kind,
                field.report_id,
                field.offset,
                field.size,
            );
        }
    }

    pub(super) fn publish_names(&mut self, device: &mut dyn Transport, ctx: &mut Context) {
        let names = self.names(device, ctx);
        let mut publish = |name: &str, value: Option<String>| match value {
            Some(value) => ctx.state.set(name, value),
            None => ctx.state.delete(name),
        };
        publish("ups.mfr", names.mfr);
        publish("ups.model", names.model);
        publish("ups.serial", names.serial);
        for (name, value) in names.others {
            publish(name, Some(value));
        }
        publish("ups.vendorid", Some(format!("{:04x}", self.identity.vid)));
        publish("ups.productid", Some(format!("{:04x}", self.identity.pid)));
    }

    fn names(&mut self, device: &mut dyn Transport, ctx: &Context) -> Names {
        let identity = self.identity.clone();
        let strings = Strings {
            vid: identity.vid,
            vendor: identity.vendor.as_deref(),
            product: identity.product.as_deref(),
            serial: identity.serial.as_deref(),
        };
        let naming: Naming = self.map.naming;
        let maker = self.map.manufacturer.clone();
        let mut memory = std::mem::take(&mut self.memory);
        let mut probe = Prober { engine: self, device, ctx };
        let names = naming.names(strings, maker.as_deref(), &mut memory, &mut probe);
        self.memory = memory;
        names
    }
}

/// What a report descriptor declares, the known faults of its maker mended; nothing if it declares no
/// fields.
pub(super) fn understand(
    bytes: &[u8],
    map: &Map,
    who: &Identity,
    settings: &Settings,
) -> Option<Descriptor> {
    let mut descriptor = descriptor::parse(bytes);
    descriptor.diagnostics.iter().for_each(tell);
    if let Some(fixup) = map.fixup.filter(|_| !settings.no_fixup) {
        fixup.apply(who.vid, who.pid, &mut descriptor);
    }
    Some(descriptor).filter(|descriptor| !descriptor.fields.is_empty())
}

/// Reports that are not asked for just to be listed: firmware of these devices stumbles over them
/// (NUT 2.8.5). Holds without a map too, when a device is explored.
fn is_left_alone(who: &Identity, report: u8) -> bool {
    matches!((who.vid, who.pid, report), (0x0463 | 0x047c, _, 254 | 255) | (0x09ae, 0x1330, 0x54))
}

/// Faults of a descriptor; the ones NUT logs at the same level.
fn tell(diagnostic: &Diagnostic) {
    match diagnostic {
        Diagnostic::LogicalMaxAssumed { .. }
        | Diagnostic::TooBig(_)
        | Diagnostic::TooManyFields => {
            log::warn!("{diagnostic}");
        }
        _ => log::debug!("{diagnostic}"),
    }
}

/// Reads strings and values for the naming rules.
struct Prober<'a> {
    engine: &'a mut Engine,
    device: &'a mut dyn Transport,
    ctx: &'a Context,
}

impl Probe for Prober<'_> {
    fn string_at(&mut self, path: &str) -> Option<String> {
        let index = self.value_at(path)?;
        let index = (index as i64).try_into().ok().filter(|&index: &u8| index != 0)?;
        let text = answer(self.device.indexed_string(index)).ok().flatten()?;
        Some(text.trim_end_matches('\n').to_owned()).filter(|text| !text.is_empty())
    }

    fn value_at(&mut self, path: &str) -> Option<f64> {
        let path = path::parse(path, &self.engine.map.usages).ok()?;
        let index = self.engine.descriptor.position(&path, Kind::Feature)?;
        self.engine.value(index, self.device, self.ctx).ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_reports_are_not_listed() {
        let listed = |vid, pid, report| {
            !is_left_alone(&Identity { vid, pid, ..Identity::default() }, report)
        };
        assert!(!listed(0x0463, 0xffff, 254) && !listed(0x047c, 0xffff, 255));
        assert!(listed(0x0463, 0xffff, 253) && listed(0x051d, 0x0002, 255));
        assert!(!listed(0x09ae, 0x1330, 0x54) && listed(0x09ae, 0x2005, 0x54));
    }
}
