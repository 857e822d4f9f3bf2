//! Interrupt reports: what the device says by itself takes effect at once.
//!
//! Knows which rows an input field speaks to. Unlike NUT 2.8.5, every row bound to the field hears of
//! it, not only the first, and none that stands for a command. A report that ends early says nothing
//! about the fields it does not reach.

use super::Engine;
use crate::transport::Transport;
use nut_hid::descriptor::Kind;
use nut_hid::map::Role;
use upsdrv::Context;

/// Most fields of one report that are looked at (NUT 2.8.5).
const MAX_EVENTS: usize = 32;

impl Engine {
    /// Takes an interrupt report as it came (the id in front if the device uses ids) and publishes
    /// what follows from it. False if the report says nothing that is known.
    pub fn on_report(
        &mut self,
        report: &[u8],
        device: &mut dyn Transport,
        ctx: &mut Context,
    ) -> bool {
        if self.unread {
            return false;
        }
        let now = self.now(ctx);
        let Some(id) = self.reports.file_input(report, now) else { return false };
        let inputs: Vec<usize> = (0..self.descriptor.fields.len())
            .filter(|&index| self.is_input(index, id))
            .take(MAX_EVENTS)
            .collect();
        let mut heard = false;
        for input in inputs {
            heard |= self.on_input(input, device, ctx);
        }
        if heard && ctx.state.is_fresh() {
            self.publish_status(ctx);
        }
        heard
    }

    fn is_input(&self, index: usize, id: u8) -> bool {
        let field = self.descriptor.fields.get(index);
        field.is_some_and(|f| f.kind == Kind::Input && f.report_id == id && self.reports.has(f))
    }

    fn on_input(&mut self, input: usize, device: &mut dyn Transport, ctx: &mut Context) -> bool {
        let Some(field) = self.descriptor.fields.get(input) else { return false };
        let value = self.reports.value(field);
        let feature = match self.is_interrupt_only() {
            true => None,
            false => self.descriptor.position(&field.path, Kind::Feature),
        };
        let target = feature.unwrap_or(input);
        let mut heard = false;
        for row in 0..self.map.rows.len() {
            if self.bound.get(row) == Some(&Some(target)) && self.hears(row) {
                heard |= self.process(row, value, device, ctx);
            }
        }
        heard
    }

    fn hears(&self, row: usize) -> bool {
        let role = self.row(row).map(|row| &row.role);
        matches!(role, Some(Role::Reading { .. } | Role::Status | Role::Alarm))
    }
}
