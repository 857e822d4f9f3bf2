//! What a conversion sees of the engine, and one row with a value at hand.
//!
//! Knows how a row's value is applied: a word to the status bits, a sentence to the alarms, a text to
//! its variable. Which rows are read when is not for here.

use super::{Engine, LocalTime};
use crate::transport::Transport;
use nut_hid::convert::{self, Host, Level};
use nut_hid::descriptor::Kind;
use nut_hid::map::{Access, Role, Row};
use nut_hid::report::Reports;
use nut_hid::translate;
use nut_proto::variable::Flags;
use std::time::Duration;
use upsdrv::Context;
use upsdrv::options::Options;

/// The driver around a conversion.
pub(super) struct Surroundings<'a> {
    ctx: &'a mut Context,
    device: &'a mut dyn Transport,
    reports: &'a Reports,
    options: &'a Options,
    local_time: &'a LocalTime,
    requests: &'a mut Vec<(String, String)>,
}

impl Host for Surroundings<'_> {
    fn value(&self, name: &str) -> Option<String> {
        self.ctx.state.value(name).map(str::to_owned)
    }

    fn set(&mut self, name: &str, value: &str) {
        self.ctx.state.set(name, value);
    }

    fn delete(&mut self, name: &str) {
        self.ctx.state.delete(name);
    }

    fn set_on_device(&mut self, name: &str, text: &str) {
        self.requests.push((name.to_owned(), text.to_owned()));
    }

    fn buzzword(&mut self, word: &str) {
        self.ctx.buzzwords.set(word);
    }

    fn indexed_string(&mut self, index: u8) -> Option<String> {
        let result = self.device.indexed_string(index);
        result.map_err(|error| log::debug!("string {index}: {error}")).ok()
    }

    fn report(&self, id: u8) -> Option<Vec<u8>> {
        self.reports.bytes(id, Kind::Feature).map(<[u8]>::to_vec)
    }

    fn read_feature(&mut self, id: u8, length: usize) -> Option<Vec<u8>> {
        let result = self.device.get_feature(id, length);
        result.map_err(|error| log::debug!("report 0x{id:02x}: {error}")).ok()
    }

    fn pause(&mut self, time: Duration) {
        self.device.pause(time);
    }

    fn option(&self, name: &str) -> Option<String> {
        let given = self.options.has(name);
        given.then(|| self.options.value(name).unwrap_or_default().to_owned())
    }

    fn utc_offset(&self, unix: i64) -> i64 {
        (self.local_time)(unix)
    }

    fn log(&mut self, level: Level, text: &str) {
        match level {
            Level::Warning => log::warn!("{text}"),
            Level::Notice | Level::Info => log::info!("{text}"),
            Level::Debug => log::debug!("{text}"),
        }
    }
}

impl Engine {
    /// Runs something that applies a row, with all that a conversion may see.
    pub(super) fn with_row<T>(
        &mut self,
        row: usize,
        device: &mut dyn Transport,
        ctx: &mut Context,
        apply: impl FnOnce(&Row, &mut convert::Context<'_>) -> T,
    ) -> Option<T> {
        let row = self.map.rows.get(row)?;
        let mut host = Surroundings {
            ctx,
            device,
            reports: &self.reports,
            options: &self.settings.options,
            local_time: &self.local_time,
            requests: &mut self.requests,
        };
        let mut context = convert::Context {
            host: &mut host,
            memory: &mut self.memory,
            device: &self.entry,
            bits: self.bits,
        };
        Some(apply(row, &mut context))
    }

    /// Applies a value to what the row is for. False if the conversion had nothing to say.
    pub(super) fn process(
        &mut self,
        row: usize,
        value: f64,
        device: &mut dyn Transport,
        ctx: &mut Context,
    ) -> bool {
        let text =
            self.with_row(row, device, ctx, |row, context| translate::reading(row, value, context));
        let Some(text) = text.flatten() else { return false };
        match self.row(row).map(|row| &row.role) {
            Some(Role::Status) => {
                self.bits.apply(&text);
            }
            Some(Role::Alarm) => ctx.alarms.set(&text),
            Some(Role::Reading { name, .. }) => ctx.state.set(name, text),
            Some(Role::Parameter { .. } | Role::Command { .. }) | None => return false,
        }
        true
    }

    /// Publishes flags, length and allowed values of a row's variable.
    pub(super) fn describe(&mut self, row: usize, device: &mut dyn Transport, ctx: &mut Context) {
        let choices = self.with_row(row, device, ctx, translate::choices).unwrap_or_default();
        let Some(row) = self.row(row) else { return };
        let (Some(name), false) = (row.name(), row.is_command()) else { return };
        publish_access(row, name, ctx);
        for choice in choices {
            ctx.state.add_enum(name, choice);
        }
    }
}

/// Publishes flags and length of a row's variable.
pub(super) fn publish_access(row: &Row, name: &str, ctx: &mut Context) {
    if row.access != Access::default() {
        ctx.state.set_flags(name, flags(row.access));
    }
    if row.access.string {
        ctx.state.set_aux(name, row.max_len);
    }
}

fn flags(access: Access) -> Flags {
    Flags { rw: access.rw, string: access.string, number: access.number }
}
