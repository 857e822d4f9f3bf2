//! From status bits to `ups.status` and the transfer reason.
//!
//! Knows the order of the tokens and where LB and RB may be held back. The rules themselves are
//! `nut-hid`'s; `ALARM` and the charge trend are added by the kit.

use super::Engine;
use nut_hid::status::{self, Bit, Tokens};
use nut_proto::number::leading_int;
use upsdrv::Context;

impl Engine {
    /// Publishes `ups.status` and `input.transfer.reason` from the bits as they stand.
    pub(super) fn publish_status(&mut self, ctx: &mut Context) {
        let charge = ctx.state.value("battery.charge").map(leading_int);
        let tokens = status::compose(self.bits, charge.unwrap_or(0), self.settings.doubt);
        self.report_doubt(&tokens, charge, ctx);
        let words = self.words(&tokens, ctx);
        ctx.status.init();
        words.into_iter().for_each(|word| ctx.status.set(word));
        ctx.commit_status();
        match self.bits.transfer_reason() {
            Some(reason) => ctx.state.set("input.transfer.reason", reason),
            None => ctx.state.delete("input.transfer.reason"),
        }
    }

    fn words(&mut self, tokens: &Tokens, ctx: &Context) -> Vec<&'static str> {
        let (bits, now, delay) = (self.bits, self.now(ctx), self.settings.delay);
        let state = (tokens.calibrating, bits.has(Bit::Online));
        let low = self.timers.low_battery(tokens.low_battery, delay, state, now);
        let worn = bits.any(&[Bit::ReplaceBattery, Bit::NoBattery]);
        let replace = self.timers.replace_battery(worn, delay, state, now);
        let mut words = tokens.before.clone();
        words.extend(low.then_some("LB"));
        words.extend(bits.has(Bit::Overload).then_some("OVER"));
        words.extend(replace.then_some("RB"));
        words.extend(status::after(bits));
        words
    }

    fn report_doubt(&mut self, tokens: &Tokens, charge: Option<i64>, ctx: &Context) {
        if !self.bits.has(Bit::Discharging) {
            self.discharges.reset();
        }
        if !tokens.doubtful {
            return;
        }
        let (throttle, now) = (self.settings.throttle, self.now(ctx));
        if let Some(text) = self.discharges.report(&ctx.ups, charge, throttle, now) {
            log::warn!("{text}");
        }
    }
}
