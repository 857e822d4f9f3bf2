//! Why a conversation cannot go on, in words and in NUT's numbers.
//!
//! The numbers are those of NUT 2.8.5's client library, which the throttled log names. Pure.

use crate::action::PollFailure;
use nut_proto::client::Failure;
use nut_proto::error::ErrorToken;
use std::time::Duration;

/// Most bytes of a server's words that go to the log.
const SHOWN: usize = 128;

/// A server that is gone or makes no sense.
#[derive(Debug)]
pub(super) enum Fault {
    /// The connection ended, in the system's words.
    Closed(String),
    /// No answer came for this long.
    Silent(Duration),
    /// The answer is none.
    Nonsense(Failure),
    /// The answer does not end.
    Endless,
    /// Words came that nothing asked for.
    Unasked,
}

impl Fault {
    /// What is wrong, for people. `asked` is the question, if there was one.
    pub(super) fn describe(&self, asked: Option<&str>) -> String {
        let during = asked.map_or_else(String::new, |question| format!(" to {question}"));
        match self {
            Fault::Closed(reason) => match asked {
                Some(question) => {
                    format!("the connection ended before the answer to {question}: {reason}")
                }
                None => format!("the connection ended: {reason}"),
            },
            Fault::Silent(time) => {
                format!("no answer{during} within {} s, connection dropped", time.as_secs_f32())
            }
            Fault::Nonsense(Failure::Unexpected { line }) => {
                format!("the answer{during} is [{}], connection dropped", shown(line))
            }
            Fault::Nonsense(failure) => {
                format!("the answer{during} makes no sense ({failure}), connection dropped")
            }
            Fault::Endless => format!("the answer{during} does not end, connection dropped"),
            Fault::Unasked => "the server says what nobody asked, connection dropped".to_owned(),
        }
    }

    /// NUT's words for it, where no poll was under way.
    pub(super) fn summary(&self) -> String {
        match self {
            Fault::Closed(_) | Fault::Silent(_) => Failure::Disconnected.to_string(),
            Fault::Nonsense(failure) => failure.to_string(),
            Fault::Endless | Fault::Unasked => Failure::Protocol.to_string(),
        }
    }

    /// NUT's words for it in a poll.
    pub(super) fn as_poll_text(&self) -> String {
        match self.as_poll_failure() {
            PollFailure::DriverNotConnected => super::NOT_CONNECTED.to_owned(),
            _ => self.summary(),
        }
    }

    pub(super) fn as_poll_failure(&self) -> PollFailure {
        match self {
            Fault::Closed(_) | Fault::Silent(_) => PollFailure::DriverNotConnected,
            Fault::Nonsense(_) | Fault::Endless | Fault::Unasked => PollFailure::Protocol,
        }
    }

    /// NUT's number for it in a poll.
    pub(super) fn code(&self) -> i32 {
        match self {
            Fault::Closed(_) | Fault::Silent(_) => DRIVER_NOT_CONNECTED,
            Fault::Nonsense(failure) => code(failure),
            Fault::Endless | Fault::Unasked => PROTOCOL,
        }
    }
}

const DRIVER_NOT_CONNECTED: i32 = 39;
const PROTOCOL: i32 = 42;

/// NUT's number for a failed GET; 0 for what its client library does not know.
pub(super) fn code(failure: &Failure) -> i32 {
    match failure {
        Failure::Refused { token, .. } => match token {
            Some(ErrorToken::VarNotSupported) => 1,
            Some(ErrorToken::UnknownUps) => 4,
            Some(ErrorToken::AccessDenied) => 6,
            Some(ErrorToken::DataStale) => 10,
            Some(ErrorToken::UnknownCommand) => 25,
            Some(ErrorToken::DriverNotConnected) => DRIVER_NOT_CONNECTED,
            _ => 0,
        },
        Failure::Unexpected { .. } => 3,
        Failure::Short { .. } | Failure::Protocol => PROTOCOL,
        Failure::Parse => 41,
        Failure::Disconnected => DRIVER_NOT_CONNECTED,
    }
}

/// The beginning of a line that a server may have made as long as it likes.
pub(super) fn shown(line: &str) -> &str {
    line.char_indices().nth(SHOWN).and_then(|(at, _)| line.get(..at)).unwrap_or(line)
}
