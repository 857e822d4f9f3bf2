//! What the answers of a server mean for the link.
//!
//! Knows NUT 2.8.5's way through the introduction, what a refusal of each question leads to, and the
//! lines it logs then. Answers that make no sense do not come here. Pure.

use super::Link;
use super::conversation::Reply;
use super::fault;
use super::poll::Progress;
use super::question::{Field, Question, Step};
use super::{Output, State};
use crate::action::{Level, NoAnswer, PollFailure, Report};
use crate::settings::Role;
use nut_proto::client::Failure;
use nut_proto::error::ErrorToken;

impl Link {
    pub(super) fn on_answer(&mut self, question: Question, answer: Reply) {
        match question {
            Question::Introduce(step) => self.on_introduced(step, answer.err().map(refusal)),
            Question::Fsd => self.on_fsd(answer.err().map(no_answer)),
            Question::Logins => self.on_logins(answer.map_err(no_answer)),
            Question::Get(Field::Status) => match answer {
                Ok(status) => self.on_value(Field::Status, Some(status)),
                Err(failure) => self.on_poll_refused(&failure),
            },
            Question::Get(field) => self.on_value(field, answer.ok()),
        }
    }

    fn on_introduced(&mut self, step: Step, refused: Option<String>) {
        let next = match (step, refused) {
            // NUT 2.8.5 does not look at the answer to USERNAME.
            (Step::Username, _) => Some(Step::Password),
            (Step::Password, None) => Some(Step::Login),
            (Step::Login, None) => self.on_logged_in(),
            (Step::Primary, Some(_)) => Some(Step::Master),
            (Step::Primary | Step::Master, None) => None,
            (Step::Password | Step::Login, Some(line)) => self.on_login_refused(step, line),
            (Step::Master, Some(line)) => self.on_primary_refused(&line),
        };
        if let State::Open(conversation) = &mut self.state {
            conversation.step = next;
        }
    }

    fn on_logged_in(&mut self) -> Option<Step> {
        if let State::Open(conversation) = &mut self.state {
            conversation.logged_in = true;
        }
        self.log(Level::Debug(1), format!("Logged into UPS {}", self.settings.name));
        self.report(Report::LoggedIn);
        (self.settings.role == Role::Primary).then_some(Step::Primary)
    }

    /// Polls need no login, so they go on.
    fn on_login_refused(&mut self, step: Step, line: String) -> Option<Step> {
        let name = &self.settings.name;
        let text = match step {
            Step::Password => format!("Set password on [{name}] failed - got [{line}]"),
            _ => format!("Login on UPS [{name}] failed - got [{line}]"),
        };
        self.log(Level::Err, text);
        self.report(Report::LoginRefused(line));
        None
    }

    fn on_primary_refused(&mut self, line: &str) -> Option<Step> {
        self.log(Level::Alert, self.no_privileges());
        self.log(Level::Alert, format!("Response: [{line}]"));
        None
    }

    fn on_fsd(&mut self, failed: Option<NoAnswer>) {
        self.fsd = false;
        match failed {
            Some(why) => self.fsd_failed(why),
            None => self.report(Report::FsdSet(Ok(()))),
        }
    }

    fn on_logins(&mut self, words: Result<String, NoAnswer>) {
        self.logins = false;
        let no_number = |_| NoAnswer::Lost("No number".to_owned());
        let number = words.and_then(|words| words.parse().map_err(no_number));
        self.report(Report::Logins(number));
    }

    fn on_value(&mut self, field: Field, value: Option<String>) {
        let Some(poll) = &mut self.poll else { return };
        match poll.take(field, value) {
            Progress::More => {}
            Progress::Whole(sample) => {
                self.poll = None;
                let recovered = self.throttle.on_success(&self.settings.name);
                self.outputs.extend(recovered.map(|text| Output::Log(Level::Err, text)));
                self.report(Report::Sample(sample));
            }
            Progress::Empty => {
                let name = &self.settings.name;
                self.log(Level::Debug(1), format!("UPS [{name}]: the status is empty"));
                self.fail_poll(PollFailure::EmptyStatus);
            }
        }
    }

    fn on_poll_refused(&mut self, refused: &Failure) {
        let name = &self.settings.name;
        let token = match refused {
            Failure::Refused { token, .. } => *token,
            _ => None,
        };
        if token == Some(ErrorToken::UnknownCommand) {
            self.log(Level::Err, format!("UPS [{name}]: Too old to monitor"));
        }
        let (failure, why) = match token {
            Some(ErrorToken::DataStale) => (PollFailure::DataStale, refused.to_string()),
            Some(ErrorToken::DriverNotConnected) => {
                (PollFailure::DriverNotConnected, refused.to_string())
            }
            Some(ErrorToken::UnknownUps) => (PollFailure::UnknownUps, self.unknown_ups()),
            _ => (PollFailure::Protocol, refused.to_string()),
        };
        self.log_poll_failure(fault::code(refused), None, &why);
        self.fail_poll(failure);
    }

    fn unknown_ups(&self) -> String {
        let ups = self.settings.spec.as_ref().map_or("", |spec| &spec.ups);
        format!("[{ups}] does not exist on server {}", self.host())
    }

    fn fail_poll(&mut self, failure: PollFailure) {
        self.poll = None;
        self.report(Report::Failed(failure));
    }
}

/// A refusal is the server's last word, anything else may be an accident.
fn no_answer(failure: Failure) -> NoAnswer {
    match failure {
        Failure::Refused { .. } => NoAnswer::Refused(refusal(failure)),
        other => NoAnswer::Lost(refusal(other)),
    }
}

/// The line of a refusal, cut where a server made it very long.
fn refusal(failure: Failure) -> String {
    match failure {
        Failure::Refused { line, .. } => fault::shown(&line).to_owned(),
        other => other.to_string(),
    }
}
