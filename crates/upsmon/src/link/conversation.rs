//! One connection to a server: a question, its answer, the next question.
//!
//! Knows how long an answer may take and how much it may say, and what is no answer. Which question
//! is next is for the link. Pure.

use super::fault::Fault;
use super::question::{Question, Step};
use crate::action::Time;
use crate::settings::UpsSettings;
use nut_proto::client::{Answer, Failure, Session};
use nut_proto::line::LINE_MAX;
use nut_proto::request::Request;
use std::time::Duration;

/// The text of a good answer, or how the server refused.
pub(super) type Reply = Result<String, Failure>;

/// A connection that is made.
#[derive(Debug)]
pub(super) struct Conversation {
    session: Session,
    patience: Duration,
    /// The question that waits for its answer.
    pub(super) asked: Option<Question>,
    /// When its answer is due.
    until: Time,
    /// Bytes that came since it was asked.
    heard: usize,
    /// What comes next in the introduction; none when that is over.
    pub(super) step: Option<Step>,
    /// The server counts this host.
    pub(super) logged_in: bool,
    /// To end when nothing is left to ask.
    pub(super) leaving: bool,
}

impl Conversation {
    /// A conversation before its first word; each answer may take as long as `patience`.
    pub(super) fn new(patience: Duration) -> Conversation {
        Conversation {
            session: Session::default(),
            patience,
            asked: None,
            until: Time::ZERO,
            heard: 0,
            step: Some(Step::Username),
            logged_in: false,
            leaving: false,
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.asked.is_some()
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.is_waiting().then_some(self.until)
    }

    /// Puts a question; gives the bytes to send.
    pub(super) fn ask(&mut self, now: Time, question: Question, settings: &UpsSettings) -> Vec<u8> {
        let bytes = self.say(question.request(settings));
        self.asked = Some(question);
        self.until = now + self.patience;
        self.heard = 0;
        bytes
    }

    /// The bytes of a request whose answer nobody waits for.
    pub(super) fn say(&mut self, request: Request<'_>) -> Vec<u8> {
        self.session.ask(request)
    }

    /// Takes bytes; gives the answer when it is whole.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Result<Option<(Question, Reply)>, Fault> {
        self.heard = self.heard.saturating_add(bytes.len());
        self.session.receive(bytes);
        let reply = match self.session.answer() {
            _ if self.session.has_surplus() => return Err(Fault::Unasked),
            None if self.heard > LINE_MAX => return Err(Fault::Endless),
            None => return Ok(None),
            Some(Ok(Answer::Value(words))) => Ok(words.join(" ")),
            Some(Ok(Answer::Line(line))) => Ok(line),
            Some(Ok(_)) => return Err(Fault::Nonsense(Failure::Protocol)),
            Some(Err(failure @ Failure::Refused { .. })) => Err(failure),
            Some(Err(failure)) => return Err(Fault::Nonsense(failure)),
        };
        Ok(self.asked.take().map(|question| (question, reply)))
    }
}
