//! What a link does when a server cannot be reached, or cannot be talked to any more.
//!
//! Knows NUT 2.8.5's lines for each stage, and sees to it that everything that was asked for gets its
//! answer. Pure.

use super::conversation::Conversation;
use super::fault::Fault;
use super::question::Step;
use super::{Link, Output, State};
use crate::action::{Level, NoAnswer, PollFailure, Report};
use std::mem;

/// There is no TLS yet (NUT's words).
pub(super) const NO_TLS: &str = "SSL is not available";

impl Link {
    /// What is under way in clear text ends.
    pub(super) fn end_clear_text(&mut self) {
        let name = &self.settings.name;
        let text = "its connection is in clear text, which is forbidden now, and is closed";
        self.log(Level::Warning, format!("UPS [{name}]: {text}"));
        self.leave();
        self.fail(PollFailure::Connect, NO_TLS);
    }

    pub(super) fn not_connected(&mut self, why: &str) {
        self.state = State::Idle;
        let name = &self.settings.name;
        self.log(Level::Err, format!("UPS [{name}]: connect failed: {why}"));
        self.fail(PollFailure::Connect, why);
    }

    /// Answers all that was asked for: no.
    pub(super) fn fail(&mut self, failure: PollFailure, why: &str) {
        if mem::take(&mut self.fsd) {
            self.fsd_failed(NoAnswer::Lost(why.to_owned()));
        }
        if mem::take(&mut self.logins) {
            self.report(Report::Logins(Err(NoAnswer::Lost(why.to_owned()))));
        }
        if let Some(poll) = self.poll.take() {
            // A server that says OB LB, but hangs over another question, has said OB LB.
            let known = poll.known().map(Report::Sample);
            self.report(known.unwrap_or(Report::Failed(failure)));
        }
    }

    pub(super) fn fsd_failed(&mut self, why: NoAnswer) {
        let name = &self.settings.name;
        self.log(Level::Err, format!("FSD set on UPS {name} failed: {why}"));
        self.report(Report::FsdSet(Err(why)));
    }

    pub(super) fn no_privileges(&self) -> String {
        format!("Primary managerial privileges unavailable on UPS [{}]", self.settings.name)
    }

    /// NUT's line about a poll, and what stands before it, throttled.
    pub(super) fn log_poll_failure(&mut self, code: i32, before: Option<String>, why: &str) {
        let name = &self.settings.name;
        let (change, level) = self.throttle.on_failure(name, code);
        let text = format!("Poll UPS [{name}] failed - {why}");
        self.outputs.extend(change.map(|text| Output::Log(Level::Err, text)));
        self.outputs.extend(before.into_iter().chain([text]).map(|text| Output::Log(level, text)));
    }

    /// Ends a conversation that cannot go on.
    pub(super) fn break_off(&mut self, fault: Fault) {
        let State::Open(conversation) = mem::replace(&mut self.state, State::Idle) else { return };
        if !matches!(fault, Fault::Closed(_)) {
            self.outputs.push(Output::Disconnect);
        }
        self.log_fault(&fault, &conversation);
        self.logged_out(&conversation);
        let failure = match conversation.step {
            Some(_) => PollFailure::Connect,
            None => fault.as_poll_failure(),
        };
        self.fail(failure, &fault.summary());
    }

    /// What is wrong, and behind it NUT's line for the question that got no answer.
    fn log_fault(&mut self, fault: &Fault, conversation: &Conversation) {
        let name = &self.settings.name;
        let asked = conversation.asked.as_ref().map(|question| question.describe(&self.settings));
        let detail = format!("UPS [{name}]: {}", fault.describe(asked.as_deref()));
        if let Some(step) = conversation.step {
            self.log(Level::Err, detail);
            return self.log_unintroduced(step, &fault.summary());
        }
        if self.poll.is_some() {
            return self.log_poll_failure(fault.code(), Some(detail), &fault.as_poll_text());
        }
        let level = if asked.is_some() { Level::Err } else { Level::Notice };
        self.log(level, detail);
    }

    fn log_unintroduced(&mut self, step: Step, why: &str) {
        let name = &self.settings.name;
        let text = match step {
            Step::Username => format!("UPS [{name}]: connect failed: {why}"),
            Step::Password => format!("Set password on [{name}] failed: {why}"),
            Step::Login => format!("Can't login to UPS [{name}]: {why}"),
            Step::Primary | Step::Master => {
                self.log(Level::Alert, self.no_privileges());
                return self.log(Level::Alert, format!("Reason: {why}"));
            }
        };
        self.log(Level::Err, text);
    }
}
