//! What a link asks, as requests and as words for the log.
//!
//! When to ask what is for the link. Pure.

use crate::settings::UpsSettings;
use nut_proto::request::{Get, Request};
use nut_proto::status;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    /// Who we are.
    Introduce(Step),
    /// For a variable, in a poll.
    Get(Field),
    /// To set FSD.
    Fsd,
    /// For the number of logins.
    Logins,
}

/// A step of the introduction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Username,
    Password,
    Login,
    /// The first word for the role.
    Primary,
    /// The word that servers before NUT 2.8 know.
    Master,
}

/// A variable and what it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    Status,
    Buzzwords,
    ExperimentalBuzzwords,
    /// Asked for by the core.
    Wanted(String),
    Alarm,
}

impl Field {
    pub(super) fn name(&self) -> &str {
        match self {
            Field::Status => status::VARIABLE,
            Field::Buzzwords => "ups.mode.buzzwords",
            Field::ExperimentalBuzzwords => "experimental.ups.mode.buzzwords",
            Field::Wanted(name) => name,
            Field::Alarm => "ups.alarm",
        }
    }
}

impl Question {
    /// The request that puts it.
    pub(super) fn request<'a>(&'a self, settings: &'a UpsSettings) -> Request<'a> {
        let ups = settings.spec.as_ref().map_or("", |spec| spec.ups.as_str());
        match self {
            Question::Introduce(Step::Username) => Request::Username(&settings.user),
            Question::Introduce(Step::Password) => Request::Password(&settings.password),
            Question::Introduce(Step::Login) => Request::Login { ups },
            Question::Introduce(Step::Primary) => Request::Primary { ups },
            Question::Introduce(Step::Master) => Request::Master { ups },
            Question::Get(field) => Request::Get(Get::Var { ups, var: field.name() }),
            Question::Fsd => Request::Fsd { ups },
            Question::Logins => Request::Get(Get::NumLogins { ups }),
        }
    }

    /// The request as it may stand in a log.
    pub(super) fn describe(&self, settings: &UpsSettings) -> String {
        match self {
            Question::Introduce(Step::Password) => "PASSWORD".to_owned(),
            _ => self.request(settings).to_string(),
        }
    }
}
