//! Updates: quick ones read what may change at any moment, full ones everything that may change.
//!
//! Knows when which row is due, when a device counts as mute, and what is published at the end of a
//! round. A round makes way for an interrupt report: a walk may take a second, a power failure must
//! not wait for it. What was read so far is in the cache, so the round is soon taken up again.

use super::{Engine, Loss};
use crate::transport::Transport;
use nut_hid::map::{Poll, Role, Row};
use upsdrv::Context;

/// What became of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// All was read and published.
    Complete,
    /// An interrupt report is waiting: hand it over, then call `update` again at once.
    BrokenOff,
}

/// How often a round may be broken off before it runs through, lest a talkative device prevents it.
const MAX_BREAKS: u32 = 8;

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
    pub fn update(&mut self, device: &mut dyn Transport, ctx: &mut Context) -> Result<Round, Loss> {
        if self.unread {
            return Err(self.mute(ctx));
        }
        ctx.buzzwords.init();
        let round = match self.is_full_due(ctx) {
            true => self.full_update(device, ctx)?,
            false => self.walk(Walk::Quick, device, ctx)?,
        };
        if round == Round::BrokenOff {
            self.breaks += 1;
            return Ok(round);
        }
        self.breaks = 0;
        self.publish_status(ctx);
        self.bits.buzzwords().for_each(|word| ctx.buzzwords.set(word));
        ctx.commit_buzzwords();
        ctx.state.data_ok();
        Ok(round)
    }

    /// Full updates come when more than `pollfreq` seconds went by, or something was set.
    fn is_full_due(&self, ctx: &Context) -> bool {
        let frequency = self.settings.poll_frequency(&self.map.maker);
        let Ok(frequency) = u64::try_from(frequency) else { return true };
        let since = self.last_full.map(|last| self.now(ctx).saturating_sub(last).as_secs());
        self.changed || since.is_none_or(|seconds| seconds > frequency)
    }

    fn full_update(
        &mut self,
        device: &mut dyn Transport,
        ctx: &mut Context,
    ) -> Result<Round, Loss> {
        ctx.alarms.init();
        if self.walk(Walk::Full, device, ctx)? == Round::BrokenOff {
            return Ok(Round::BrokenOff);
        }
        self.bits.alarms().for_each(|sentence| ctx.alarms.set(sentence));
        ctx.commit_alarms();
        self.changed = false;
        self.last_full = Some(self.now(ctx));
        Ok(Round::Complete)
    }

    fn walk(
        &mut self,
        walk: Walk,
        device: &mut dyn Transport,
        ctx: &mut Context,
    ) -> Result<Round, Loss> {
        let (mut asked, mut answered) = (false, false);
        let describe = !self.uses_interrupts();
        let before = self.requests_made;
        for row in 0..self.map.rows.len() {
            let Some(field) = self.due(row, walk) else { continue };
            if self.requests_made > before && self.makes_way(device, ctx) {
                return Ok(Round::BrokenOff);
            }
            asked = true;
            let Some(value) = self.value(field, device, ctx)? else { continue };
            answered = true;
            if self.process(row, value, device, ctx) && describe {
                self.describe(row, device, ctx);
            }
        }
        if asked && !answered { Err(self.mute(ctx)) } else { Ok(Round::Complete) }
    }

    /// Whether the round is to be broken off. A first round is not: its readings are waited for.
    fn makes_way(&self, device: &dyn Transport, ctx: &Context) -> bool {
        ctx.state.is_fresh() && self.breaks < MAX_BREAKS && device.has_news()
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
