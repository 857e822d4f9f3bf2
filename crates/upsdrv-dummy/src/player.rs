//! Plays the steps of a definition file into a driver's state.
//!
//! Knows where it stands, when a pause is over and what is published at the end of a run of steps.
//! Reading files is for `simulation`. Pure; the clock is `ctx.now`.
//!
//! A run publishes its alarm and status once, at its end (NUT 2.8.5 shows states in between). A file
//! without a status line keeps the status that was there.

use crate::known;
use crate::script::Step;
use std::time::Instant;
use upsdrv::Context;

/// The steps of a file and the place in them.
#[derive(Debug, Default)]
pub(crate) struct Player {
    steps: Vec<Step>,
    next: usize,
    paused_until: Option<Instant>,
}

impl Player {
    /// Takes a file from its top.
    pub(crate) fn load(&mut self, steps: Vec<Step>, ctx: &mut Context) {
        *self = Player { steps, ..Player::default() };
        ctx.cancel_call();
        ctx.alarms.init();
    }

    /// Whether every step was played and no pause is left.
    pub(crate) fn at_end(&self) -> bool {
        self.next >= self.steps.len() && self.paused_until.is_none()
    }

    /// Whether the last pause stands at the very end, so that beginning again at once is no rush.
    pub(crate) fn ends_with_a_pause(&self) -> bool {
        matches!(self.steps.last(), Some(Step::Pause(time)) if !time.is_zero())
    }

    /// Plays up to the next pause or the end. Nothing happens while a pause lasts.
    pub(crate) fn play(&mut self, ctx: &mut Context) {
        if self.paused_until.is_some_and(|until| ctx.now < until) {
            return;
        }
        self.paused_until = None;
        while let Some(step) = self.steps.get(self.next) {
            self.next += 1;
            if let Step::Pause(time) = step {
                let until = ctx.now + *time;
                self.paused_until = Some(until);
                if !time.is_zero() {
                    ctx.call_at(until);
                }
                break;
            }
            take(step, ctx);
        }
        ctx.commit_alarms();
        ctx.commit_status();
    }
}

fn take(step: &Step, ctx: &mut Context) {
    match step {
        Step::Pause(_) => {}
        Step::Alarm(text) => ctx.alarms.set(text),
        Step::NoAlarm => ctx.alarms.init(),
        Step::OnlyAlarm(text) => {
            ctx.alarms.init();
            ctx.alarms.set(text);
        }
        Step::Status(words) => {
            ctx.status.init();
            ctx.status.set(words);
        }
        Step::Set(name, value) => known::set(&mut ctx.state, name, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script;
    use std::time::Duration;
    use upsdrv::options::Options;

    fn told(ctx: &mut Context) -> Vec<String> {
        ctx.state.take_broadcasts().iter().map(ToString::to_string).collect()
    }

    fn stage(text: &str) -> (Player, Context) {
        let mut ctx = Context::new("dummy-ups", "u", Options::default(), Instant::now());
        let mut player = Player::default();
        player.load(script::read("f", text.as_bytes()).0, &mut ctx);
        (player, ctx)
    }

    #[test]
    fn alarm_and_status_are_published_once_and_in_order() {
        let (mut player, mut ctx) = stage("ups.status: OL\nALARM [A one]\nALARM [B two]\n");
        player.play(&mut ctx);
        assert_eq!(
            told(&mut ctx),
            [r#"SETINFO ups.alarm "[A one] [B two]""#, r#"SETINFO ups.status "ALARM OL""#]
        );
        assert!(player.at_end());
    }

    #[test]
    fn pauses_last_to_the_moment_and_alarms_outlive_them() {
        let (mut player, mut ctx) =
            stage("ups.status: OL\nALARM x\nTIMER 3\nups.status: OB\nTIMER 0\nALARM\n");
        player.play(&mut ctx);
        let start = ctx.now;
        ctx.now = start + Duration::from_millis(2999);
        player.play(&mut ctx);
        assert_eq!(ctx.state.value("ups.status"), Some("ALARM OL"));
        ctx.now = start + Duration::from_secs(3);
        player.play(&mut ctx);
        assert_eq!(ctx.state.value("ups.status"), Some("ALARM OB"));
        assert!(!player.at_end());
        player.play(&mut ctx);
        assert_eq!(ctx.state.value("ups.status"), Some("OB"));
        assert!(player.at_end() && !player.ends_with_a_pause());
    }

    #[test]
    fn a_file_without_status_keeps_what_was_there() {
        let (mut player, mut ctx) = stage("battery.charge: 90\n");
        ctx.status.set("OL");
        player.play(&mut ctx);
        assert_eq!(ctx.state.value("ups.status"), Some("OL"));
    }
}
