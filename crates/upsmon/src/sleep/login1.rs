//! What logind's answers mean: when the lock is wanted, and when the machine is about to sleep.
//!
//! Told what was asked and what came of it, it says what is to be done. How to ask is for `bus`. Pure.

use crate::action::Level;
use std::mem;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The machine is about to sleep. Whoever is told has the lock from now on.
    Starting,
    /// It is not any more: it slept, could not, or nobody is there to say so.
    Finished,
    /// Log this.
    Log(Level, String),
}

/// What is known, over all connections.
#[derive(Debug, Default)]
pub struct Login1 {
    held: bool,
    starting_told: bool,
    failure_told: bool,
    watching_told: bool,
    steps: Vec<Step>,
}

impl Login1 {
    /// Whether logind is to be asked to let sleep wait. Once the machine is about to sleep it is not:
    /// that lock would hold the sleep back, and nobody would let it go.
    pub fn wants_lock(&self) -> bool {
        !self.held && !self.starting_told
    }

    /// Whether the bus may start logind for our sake. Where it was not to be had once, nobody is
    /// bothered each minute.
    pub fn may_start_logind(&self) -> bool {
        !self.failure_told
    }

    /// Logind has granted the lock.
    pub fn on_granted(&mut self) -> Vec<Step> {
        self.held = true;
        self.failure_told = false;
        self.log(Level::Info, "upsmon: initialized OS integration for sleep inhibitor");
        mem::take(&mut self.steps)
    }

    /// Logind has not; why.
    pub fn on_refused(&mut self, error: &str) -> Vec<Step> {
        self.log(Level::Debug(1), &format!("Inhibit: {error}"));
        self.fail();
        mem::take(&mut self.steps)
    }

    /// Logind says whether the machine is about to sleep; none where it says nothing of the kind.
    pub fn on_preparing(&mut self, preparing: Option<bool>) -> Vec<Step> {
        if preparing.is_some() && !mem::replace(&mut self.watching_told, true) {
            let text = "upsmon: initialized OS integration for sleep/wake monitoring";
            self.log(Level::Info, text);
        }
        if preparing != Some(true) {
            self.tell_finished();
        } else if !mem::replace(&mut self.starting_told, true) {
            self.held = false;
            self.steps.push(Step::Starting);
        }
        mem::take(&mut self.steps)
    }

    /// The connection ended, or could not be made. The lock, if there was one, is void.
    pub fn on_lost(&mut self) -> Vec<Step> {
        self.held = false;
        self.fail();
        self.tell_finished();
        mem::take(&mut self.steps)
    }

    fn fail(&mut self) {
        if !mem::replace(&mut self.failure_told, true) {
            let text = "upsmon: failed to initialize OS integration for sleep inhibitor";
            self.log(Level::Warning, text);
        }
    }

    fn tell_finished(&mut self) {
        if mem::take(&mut self.starting_told) {
            self.steps.push(Step::Finished);
        }
    }

    fn log(&mut self, level: Level, text: &str) {
        self.steps.push(Step::Log(level, text.to_owned()));
    }
}

#[cfg(test)]
mod tests;
