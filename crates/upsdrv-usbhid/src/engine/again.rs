//! The device again, after it was lost or mute.
//!
//! Knows that it may have changed meanwhile: new firmware may declare other reports, and among devices
//! without a serial number another one looks the same. NUT 2.8.5 keeps the first descriptor for ever
//! and then reads the wrong bits.

use super::attach::understand;
use super::{Engine, Loss, answer};
use crate::transport::Transport;
use nut_hid::convert::Memory;
use nut_hid::descriptor::{Descriptor, Kind};
use nut_hid::map::Role;
use nut_hid::report::Reports;
use nut_hid::status::Bits;
use upsdrv::Context;

impl Engine {
    /// The walk after a reconnect: bound rows are read, others get a new chance.
    ///
    /// # Errors
    /// When the device is gone again, or answers no report at all.
    pub fn reinit(&mut self, device: &mut dyn Transport, ctx: &mut Context) -> Result<(), Loss> {
        self.reports.expire();
        let first = self.unread;
        if first {
            self.bound.fill(None);
        }
        if !self.bind(device, ctx)? {
            return Err(self.mute(ctx));
        }
        if first {
            self.apply_settings(ctx);
            self.announce_composites(ctx);
        }
        Ok(())
    }

    /// To be called on a new connection, before [`Engine::reinit`]: takes over what the device declares
    /// if that is not what it was.
    ///
    /// # Errors
    /// When the device is gone again, or gives no descriptor that can be used.
    pub fn compare(&mut self, device: &mut dyn Transport, ctx: &mut Context) -> Result<(), Loss> {
        let Some(bytes) = answer(device.report_descriptor())? else { return Err(self.mute(ctx)) };
        if bytes == self.descriptor_bytes {
            return Ok(());
        }
        let (map, who, settings) = (&self.map, &self.identity, &self.settings);
        let Some(descriptor) = understand(&bytes, map, who, settings) else {
            return Err(self.mute(ctx));
        };
        log::warn!("The UPS declares other reports than before");
        self.withdraw(&descriptor, ctx);
        self.take_over(descriptor, bytes);
        self.publish_names(device, ctx);
        Ok(())
    }

    fn take_over(&mut self, descriptor: Descriptor, bytes: Vec<u8>) {
        self.reports = Reports::new(&descriptor);
        self.bound.fill(None);
        (self.descriptor, self.descriptor_bytes) = (descriptor, bytes);
        (self.memory, self.bits) = (Memory::default(), Bits::default());
        (self.last_full, self.unread) = (None, true);
    }

    /// Takes back what was published by the old descriptor. What the user set for the driver alone
    /// stays, if it still has a meaning.
    fn withdraw(&self, new: &Descriptor, ctx: &mut Context) {
        for (row, _) in self.map.rows.iter().zip(&self.bound).filter(|(_, bound)| bound.is_some()) {
            match &row.role {
                Role::Reading { name, .. } => ctx.state.delete(name),
                Role::Command { name, .. } => ctx.state.delete_command(name),
                Role::Parameter { name, .. }
                    if new.position(&row.path, Kind::Feature).is_none() =>
                {
                    ctx.state.delete(name);
                }
                Role::Parameter { .. } | Role::Status | Role::Alarm => {}
            }
        }
        self.withdraw_composites(ctx);
    }
}
