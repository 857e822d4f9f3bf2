//! Settings, instant commands and the power-off sequence.
//!
//! Knows which row a name leads to, which commands are made of others, and what is logged before the
//! power may change (NUT 2.8.5). What a text means to a row is `nut-hid`'s.

use super::{Engine, answer};
use crate::transport::Transport;
use nut_hid::map::{Role, Row};
use nut_hid::translate;
use std::time::Duration;
use upsdrv::{Context, Outcome};

/// Some devices miss the second of two commands that come close together.
const BETWEEN_COMMANDS: Duration = Duration::from_millis(125);

/// Commands made of others.
const COMPOSITES: [&str; 4] = ["load.off", "load.on", "shutdown.return", "shutdown.stayoff"];

/// The commands tried by `shutdown.default`, in order.
const SHUTDOWN_SEQUENCE: [&str; 4] =
    ["shutdown.return", "shutdown.reboot", "load.off.delay", "shutdown.stayoff"];

impl Engine {
    /// The first bound row with this name, in any letter case.
    fn find(&self, name: &str) -> Option<usize> {
        let bound = |&row: &usize| self.bound.get(row).is_some_and(Option::is_some);
        let named = |row: &Row| row.name().is_some_and(|n| n.eq_ignore_ascii_case(name));
        (0..self.map.rows.len()).filter(bound).find(|&row| self.row(row).is_some_and(named))
    }

    /// Commands made of others, announced if what they are made of is there.
    pub(super) fn announce_composites(&self, ctx: &mut Context) {
        let (off, on) = (self.find("load.off.delay"), self.find("load.on.delay"));
        let both = off.and(on);
        for (command, there) in COMPOSITES.iter().zip([off, on, both, both]) {
            if there.is_some() {
                ctx.state.add_command(command);
            }
        }
    }

    /// Takes that back.
    pub(super) fn withdraw_composites(&self, ctx: &mut Context) {
        COMPOSITES.iter().for_each(|command| ctx.state.delete_command(command));
    }

    /// Sets a variable. A success is followed by a full update that reads settings anew.
    pub fn set(
        &mut self,
        name: &str,
        text: &str,
        device: &mut dyn Transport,
        ctx: &mut Context,
    ) -> Outcome {
        let row = self.find(name).filter(|&row| self.row(row).is_some_and(|r| r.access.rw));
        let Some(index) = row else {
            log::warn!("setvar: unknown or read-only variable [{name}] [{text}]");
            return Outcome::Unknown;
        };
        if let Some(Role::Parameter { name, .. }) = self.row(index).map(|row| &row.role) {
            ctx.state.set(name, text);
            return Outcome::Handled;
        }
        let value = self
            .with_row(index, device, ctx, |row, context| translate::setting(row, text, context));
        let Some(value) = value.flatten() else {
            log::error!("setvar: parameter value [{text}] is invalid for variable [{name}]");
            return Outcome::ConversionFailed;
        };
        let outcome = self.write(index, value, device, ctx);
        if outcome != Outcome::Handled {
            log::error!("setvar: FAILED variable [{name}] [{text}]");
        }
        outcome
    }

    /// Runs an instant command. Handled only means that the transfer worked.
    pub fn command(
        &mut self,
        name: &str,
        parameter: Option<&str>,
        device: &mut dyn Transport,
        ctx: &mut Context,
    ) -> Outcome {
        for (old, new) in [("beeper.off", "beeper.disable"), ("beeper.on", "beeper.enable")] {
            if name.eq_ignore_ascii_case(old) {
                log::warn!("The '{old}' command has been renamed to '{new}'");
                return self.command(new, None, device, ctx);
            }
        }
        match self.find(name) {
            Some(row) => self.run(row, name, parameter, device, ctx),
            None => self.composite(name, parameter, device, ctx),
        }
    }

    fn run(
        &mut self,
        row: usize,
        name: &str,
        parameter: Option<&str>,
        device: &mut dyn Transport,
        ctx: &mut Context,
    ) -> Outcome {
        if !self.row(row).is_some_and(Row::is_command) {
            return Outcome::Invalid;
        }
        let value = self
            .with_row(row, device, ctx, |row, context| translate::command(row, parameter, context));
        let shown = parameter.unwrap_or("(null)");
        let Some(value) = value.flatten() else {
            log::error!("instcmd: parameter value [{shown}] is invalid for command [{name}]");
            return Outcome::ConversionFailed;
        };
        warn_of_power(name, &format!("{shown} ({value:.6})"), &ctx.ups);
        let outcome = self.write(row, value, device, ctx);
        if outcome != Outcome::Handled {
            log::error!("instcmd: FAILED command [{name}] [{shown}]");
        }
        outcome
    }

    fn composite(
        &mut self,
        name: &str,
        parameter: Option<&str>,
        device: &mut dyn Transport,
        ctx: &mut Context,
    ) -> Outcome {
        let start = ctx.state.value("ups.delay.start").map(str::to_owned);
        match name.to_ascii_lowercase().as_str() {
            "load.on" => self.command("load.on.delay", Some("0"), device, ctx),
            "load.off" => self.command("load.off.delay", Some("0"), device, ctx),
            "shutdown.return" => self.power_cycle("yes", start.as_deref(), device, ctx),
            "shutdown.stayoff" => self.power_cycle("no", Some("-1"), device, ctx),
            _ => {
                let parameter = parameter.unwrap_or("(null)");
                log::warn!("instcmd: parameter [{parameter}] is invalid for command [{name}]");
                Outcome::Invalid
            }
        }
    }

    /// Off after `ups.delay.shutdown`, on again after `on_delay` (-1: not).
    fn power_cycle(
        &mut self,
        automatic: &str,
        on_delay: Option<&str>,
        device: &mut dyn Transport,
        ctx: &mut Context,
    ) -> Outcome {
        if ctx.state.value("ups.start.auto").is_some() {
            // A device that refuses this may still do the rest.
            self.set("ups.start.auto", automatic, device, ctx);
        }
        let outcome = self.command("load.on.delay", on_delay, device, ctx);
        if outcome != Outcome::Handled {
            return outcome;
        }
        device.pause(BETWEEN_COMMANDS);
        let off_delay = ctx.state.value("ups.delay.shutdown").map(str::to_owned);
        self.command("load.off.delay", off_delay.as_deref(), device, ctx)
    }

    /// The command `shutdown.default`: the first of a sequence that works.
    pub fn shutdown(&mut self, device: &mut dyn Transport, ctx: &mut Context) -> Outcome {
        for name in SHUTDOWN_SEQUENCE {
            if self.command(name, None, device, ctx) == Outcome::Handled {
                log::info!("Shutdown successful with '{name}'");
                return Outcome::Handled;
            }
        }
        log::error!("Shutdown failed!");
        Outcome::Failed
    }

    /// Writes what conversions asked for, then a row's own value.
    fn write(
        &mut self,
        row: usize,
        value: f64,
        device: &mut dyn Transport,
        ctx: &mut Context,
    ) -> Outcome {
        for (name, text) in std::mem::take(&mut self.requests) {
            self.set(&name, &text, device, ctx);
        }
        let Some(field) = self.field(row).cloned() else { return Outcome::Failed };
        let Some(report) = self.reports.prepare_write(&field, value) else {
            return Outcome::Failed;
        };
        match answer(device.set_feature(&report)) {
            Ok(Some(())) => {
                self.reports.wrote(&report);
                self.changed = true;
                Outcome::Handled
            }
            Ok(None) | Err(_) => Outcome::Failed,
        }
    }
}

/// Says before it happens that the power may change.
fn warn_of_power(command: &str, shown: &str, ups: &str) {
    let starts = |names: &[&str]| names.iter().any(|name| command.starts_with(name));
    let maybe = [
        "shutdown.stop",
        "load.on",
        "test.battery.st",
        "test.failure.st",
        "test.system.st",
        "calibrate.st",
        "bypass.st",
    ];
    let outlet = command.starts_with("outlet.")
        && (command.contains("shutdown.") || command.contains("load"));
    if starts(&maybe) {
        log::error!(
            "instcmd: attempting an operation [{command}] [{shown}] which may impact power state \
             on [{ups}]"
        );
    } else if starts(&["shutdown.", "load.off", "load.cycle"]) || outlet {
        log::error!(
            "instcmd: attempting a power state change operation [{command}] [{shown}] on [{ups}]"
        );
    }
}
