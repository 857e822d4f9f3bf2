//! The initial walk: which rows of the map this device has.
//!
//! Knows that the first row to publish a variable keeps it, and what the user's settings do to the
//! first values. It is made at the start and, as `again` has it, after every reconnect.

use super::{Engine, Loss};
use crate::transport::Transport;
use nut_hid::descriptor::Kind;
use nut_hid::map::Role;
use upsdrv::Context;

/// What became of a row in the initial walk.
enum Binding {
    /// It is to be read now.
    Read(usize),
    /// Nothing is to be read.
    Nothing,
}

impl Engine {
    /// The first walk over all rows, then the user's settings and the commands made of others.
    ///
    /// # Errors
    /// When the device went away meanwhile. A device that answered nothing at all is no error here:
    /// the first update will say so.
    pub fn init(&mut self, device: &mut dyn Transport, ctx: &mut Context) -> Result<(), Loss> {
        ctx.state.set("driver.version.data", self.map.subdriver.clone());
        self.bind(device, ctx)?;
        if self.bits.is_empty() {
            log::warn!(
                "upsdrv_initinfo: No flag bits for 'ups.status' were explicitly reported; it is \
                 possible a wrong 'subdriver' option was requested or detected (in case of \
                 problems with device data, consider testing with other explicit driver option \
                 'subdriver' values)"
            );
        }
        self.apply_settings(ctx);
        self.announce_composites(ctx);
        self.start_clock(ctx);
        Ok(())
    }

    /// True if the device answered something, or nothing was asked.
    pub(super) fn bind(
        &mut self,
        device: &mut dyn Transport,
        ctx: &mut Context,
    ) -> Result<bool, Loss> {
        let (mut asked, mut answered) = (false, false);
        for row in 0..self.map.rows.len() {
            let Binding::Read(field) = self.bind_row(row, ctx) else { continue };
            asked = true;
            if let Some(value) = self.value(field, device, ctx)? {
                answered = true;
                self.first_value(row, value, device, ctx);
            }
        }
        self.unread &= asked && !answered;
        Ok(answered || !asked)
    }

    fn bind_row(&mut self, index: usize, ctx: &mut Context) -> Binding {
        let kind = if self.is_interrupt_only() { Kind::Input } else { Kind::Feature };
        let known = self.bound.get(index).copied().flatten();
        let Some(row) = self.map.rows.get(index) else { return Binding::Nothing };
        let found = known.or_else(|| self.descriptor.position(&row.path, kind));
        let Some(field) = found else { return Binding::Nothing };
        let parameter = match &row.role {
            Role::Parameter { name, initial } => Some((name.clone(), initial.clone())),
            Role::Reading { name, .. } if known.is_none() && ctx.state.value(name).is_some() => {
                return Binding::Nothing;
            }
            Role::Reading { name, .. } if known.is_some() && is_copied(name, ctx) => {
                return Binding::Nothing;
            }
            _ => None,
        };
        if let Some(slot) = self.bound.get_mut(index) {
            *slot = Some(field);
        }
        match parameter {
            Some((name, initial)) => {
                self.first_parameter(index, &name, initial, ctx);
                Binding::Nothing
            }
            None => Binding::Read(field),
        }
    }

    fn first_parameter(&self, row: usize, name: &str, initial: String, ctx: &mut Context) {
        if ctx.state.value(name).is_some() {
            return;
        }
        ctx.state.set(name, initial);
        if let Some(row) = self.row(row) {
            super::host::publish_access(row, name, ctx);
        }
    }

    fn first_value(
        &mut self,
        row: usize,
        value: f64,
        device: &mut dyn Transport,
        ctx: &mut Context,
    ) {
        if let Some(Role::Command { name, .. }) = self.row(row).map(|row| &row.role) {
            ctx.state.add_command(name);
        } else if self.process(row, value, device, ctx) {
            self.describe(row, device, ctx);
        }
    }

    /// `lowbatt`, `ondelay` and `offdelay` replace what the device or the map says, in the published
    /// values only.
    pub(super) fn apply_settings(&self, ctx: &mut Context) {
        let settings = &self.settings;
        for (name, value) in [
            ("battery.charge.low", settings.low_battery),
            ("ups.delay.start", settings.on_delay),
            ("ups.delay.shutdown", settings.off_delay),
        ] {
            let Some(value) = value.filter(|_| ctx.state.value(name).is_some()) else { continue };
            if self.map.maker == "cps" {
                warn_of_rounding(name, value);
            }
            ctx.state.set(name, value.to_string());
        }
    }

    fn start_clock(&mut self, ctx: &mut Context) {
        let frequency = self.settings.poll_frequency(&self.map.maker);
        if self.map.maker == "cps" {
            if self.settings.poll_frequency.is_none() {
                log::info!("Defaulting 'pollfreq' to {frequency} for CPS devices");
            }
            if !self.settings.poll_only {
                log::warn!("You may want to set 'pollonly' flag on CPS devices");
            }
        }
        ctx.state.set("driver.parameter.pollfreq", frequency.to_string());
        self.last_full = Some(self.now(ctx));
    }
}

/// Whether the driver core has put the device's own name there, `device.mfr` being `ups.mfr` and so on.
/// NUT 2.8.5 overwrites it with what the row reads when the device comes back.
fn is_copied(name: &str, ctx: &Context) -> bool {
    let ups = name.strip_prefix("device.").map(|part| format!("ups.{part}"));
    ups.is_some_and(|ups| ctx.state.value(&ups).is_some())
}

/// CyberPower firmware counts delays in whole minutes.
fn warn_of_rounding(name: &str, seconds: i64) {
    let uneven = seconds < 60 || seconds % 60 != 0;
    match name {
        "ups.delay.start" if uneven => log::warn!(
            "CPS devices tend to round delays by 60 sec down (ondelay=120 is the suggested \
             minimum; see more in the man page)"
        ),
        // Zero and negative values mean something of their own to the firmware.
        "ups.delay.shutdown" if seconds > 0 && uneven => log::warn!(
            "CPS devices tend to round delays by 60 sec down (offdelay=60 is the suggested \
             minimum; see more in the man page)"
        ),
        _ => {}
    }
}
