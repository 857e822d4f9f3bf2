//! Updates: quick ones read what may change at any moment, full ones everything that may change.
//!
//! Knows when which row is due, when a device counts as mute, and what is published at the end of a
//! round.

use super::{Engine, Loss};
use crate::transport::Transport;
use nut_hid::map::{Poll, Role, Row};
use upsdrv::Context;

/// How much a walk reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walk {
    Quick,
    Full,
}

impl Engine {
    /// One round: readings, alarms, status. Says that the readings are good.
    ///
    /// # Errors
    /// When the connection has to be made anew; nothing was published about the status then.
    pub fn update(&mut self, device: &mut dyn Transport, ctx: &mut Context) -> Result<(), Loss> {
        ctx.buzzwords.init();
        if self.is_full_due(ctx) {
            self.full_update(device, ctx)?;
        } else {
            self.walk(Walk::Quick, device, ctx)?;
        }
        self.publish_status(ctx);
        self.bits.buzzwords().for_each(|word| ctx.buzzwords.set(word));
        ctx.commit_buzzwords();
        ctx.state.data_ok();
        Ok(())
    }

    /// Full updates come when more than `pollfreq` seconds went by, or something was set.
    fn is_full_due(&self, ctx: &Context) -> bool {
        let frequency = self.settings.poll_frequency(&self.map.maker);
        let Ok(frequency) = u64::try_from(frequency) else { return true };
        let since = self.last_full.map(|last| self.now(ctx).saturating_sub(last).as_secs());
        self.changed || since.is_none_or(|seconds| seconds > frequency)
    }

    fn full_update(&mut self, device: &mut dyn Transport, ctx: &mut Context) -> Result<(), Loss> {
        ctx.alarms.init();
        self.walk(Walk::Full, device, ctx)?;
        self.bits.alarms().for_each(|sentence| ctx.alarms.set(sentence));
        ctx.commit_alarms();
        self.changed = false;
        self.last_full = Some(self.now(ctx));
        Ok(())
    }

    fn walk(
        &mut self,
        walk: Walk,
        device: &mut dyn Transport,
        ctx: &mut Context,
    ) -> Result<(), Loss> {
        let (mut asked, mut answered) = (false, false);
        let describe = !self.uses_interrupts();
        for row in 0..self.map.rows.len() {
            let Some(field) = self.due(row, walk) else { continue };
            asked = true;
            let Some(value) = self.value(field, device, ctx)? else { continue };
            answered = true;
            if self.process(row, value, device, ctx) && describe {
                self.describe(row, device, ctx);
            }
        }
        if asked && !answered { Err(self.mute(ctx)) } else { Ok(()) }
    }

    /// The field to read for a row in this walk, if it is due.
    fn due(&self, row: usize, walk: Walk) -> Option<usize> {
        let field = (*self.bound.get(row)?)?;
        let row = self.row(row)?;
        let due = match walk {
            Walk::Quick => row.poll == Poll::Quick && is_read(row),
            Walk::Full => is_read(row) && self.may_have_changed(row),
        };
        due.then_some(field)
    }

    /// Without interrupt reports nothing tells of changes, so that everything is read.
    fn may_have_changed(&self, row: &Row) -> bool {
        match row.poll {
            Poll::Once => !self.uses_interrupts(),
            Poll::AfterSet => self.changed || !self.uses_interrupts(),
            Poll::Full | Poll::Quick => true,
        }
    }

    /// A device that answers nothing: its last readings must not stand as good ones. NUT 2.8.5 shows
    /// them for ever.
    pub(super) fn mute(&self, ctx: &mut Context) -> Loss {
        ctx.state.data_stale();
        Loss::Mute
    }
}

fn is_read(row: &Row) -> bool {
    !matches!(row.role, Role::Parameter { .. } | Role::Command { .. })
}
