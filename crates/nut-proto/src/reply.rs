//! What upsd answers: the network protocol's replies.
//!
//! Each word of an answer stands here once. Names are echoed as words of the line grammar and texts
//! go out quoted and encoded, so that every answer reads back. What is true is for upsd. Pure.
//! Source of the facts: NUT 2.8.5, protocol 1.3.

use crate::error::ErrorToken;
use crate::line::{encode, word_form};
use crate::request::{List, PROTOCOL_VERSION};
use crate::variable::{Range, Variable};
use std::fmt;

/// What became of a tracked SET or INSTCMD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackingState {
    /// The driver has not answered yet.
    Pending,
    /// Done.
    Success,
    /// The driver does not know the command, or the id is unknown.
    Unknown,
    /// Not valid now, or a bad value.
    InvalidArgument,
    /// The device refused, or the transfer failed.
    Failed,
}

impl TrackingState {
    /// Every state.
    pub const ALL: [TrackingState; 5] = [
        TrackingState::Pending,
        TrackingState::Success,
        TrackingState::Unknown,
        TrackingState::InvalidArgument,
        TrackingState::Failed,
    ];

    /// The state behind the number of a driver's `TRACKING` line (NUT 2.8.5).
    pub fn from_code(code: i64) -> TrackingState {
        match code {
            -1 => TrackingState::Pending,
            0 => TrackingState::Success,
            2 | 4 => TrackingState::InvalidArgument,
            3 => TrackingState::Failed,
            _ => TrackingState::Unknown,
        }
    }
}

impl fmt::Display for TrackingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = match self {
            TrackingState::Pending => return f.write_str("PENDING"),
            TrackingState::Success => return f.write_str("SUCCESS"),
            TrackingState::Unknown => ErrorToken::Unknown,
            TrackingState::InvalidArgument => ErrorToken::InvalidArgument,
            TrackingState::Failed => ErrorToken::Failed,
        };
        write!(f, "ERR {token}")
    }
}

/// One line of an answer, without its line feed. Lists are a [`Reply::Begin`], rows, and a
/// [`Reply::End`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)] // the fields are the words of the line
pub enum Reply<'a> {
    Ok,
    Goodbye,
    FsdSet,
    FsdCleared,
    PrimaryGranted,
    MasterGranted,
    StartTls,
    /// The command was handed to the driver; its outcome is to be asked for under this id.
    Accepted {
        id: &'a str,
    },
    Err(ErrorToken),
    /// `VER`: the text of [`Reply::Version`] is the daemon's own.
    Version(&'a str),
    ProtocolVersion,
    Help,
    TrackingSwitch {
        on: bool,
    },
    TrackingState(TrackingState),
    NumLogins {
        ups: &'a str,
        count: usize,
    },
    UpsDesc {
        ups: &'a str,
        text: &'a str,
    },
    Var {
        ups: &'a str,
        var: &'a str,
        value: &'a str,
    },
    Rw {
        ups: &'a str,
        var: &'a str,
        value: &'a str,
    },
    Type {
        ups: &'a str,
        var: &'a str,
        variable: &'a Variable,
    },
    Desc {
        ups: &'a str,
        var: &'a str,
        text: &'a str,
    },
    Cmd {
        ups: &'a str,
        cmd: &'a str,
    },
    CmdDesc {
        ups: &'a str,
        cmd: &'a str,
        text: &'a str,
    },
    Enum {
        ups: &'a str,
        var: &'a str,
        value: &'a str,
    },
    Range {
        ups: &'a str,
        var: &'a str,
        range: Range,
    },
    Client {
        ups: &'a str,
        address: &'a str,
    },
    Ups {
        ups: &'a str,
        text: &'a str,
    },
    Begin(List<'a>),
    End(List<'a>),
}

impl fmt::Display for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Reply::Ok => f.write_str("OK"),
            Reply::Goodbye => f.write_str("OK Goodbye"),
            Reply::FsdSet => f.write_str("OK FSD-SET"),
            Reply::FsdCleared => f.write_str("OK FSD-CLEARED"),
            Reply::PrimaryGranted => f.write_str("OK PRIMARY-GRANTED"),
            Reply::MasterGranted => f.write_str("OK MASTER-GRANTED"),
            Reply::StartTls => f.write_str("OK STARTTLS"),
            Reply::Accepted { id } => write!(f, "OK TRACKING {id}"),
            Reply::Err(token) => write!(f, "ERR {token}"),
            Reply::Version(text) => f.write_str(text),
            Reply::ProtocolVersion => f.write_str(PROTOCOL_VERSION),
            Reply::Help => f.write_str(HELP),
            Reply::TrackingSwitch { on } => f.write_str(if on { "ON" } else { "OFF" }),
            Reply::TrackingState(state) => state.fmt(f),
            Reply::NumLogins { ups, count } => {
                write!(f, "NUMLOGINS {} {count}", word_form(ups))
            }
            Reply::Begin(list) => write!(f, "BEGIN LIST {list}"),
            Reply::End(list) => write!(f, "END LIST {list}"),
            _ => self.fmt_row(f),
        }
    }
}

/// `HELP`'s answer; it names fewer commands than there are (NUT 2.8.5).
const HELP: &str =
    "Commands: HELP VER PROTVER GET LIST SET INSTCMD LOGIN LOGOUT USERNAME PASSWORD STARTTLS";

impl Reply<'_> {
    fn fmt_row(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Reply::UpsDesc { ups, text } => named(f, "UPSDESC", &[ups], text),
            Reply::Ups { ups, text } => named(f, "UPS", &[ups], text),
            Reply::Var { ups, var, value } => named(f, "VAR", &[ups, var], value),
            Reply::Rw { ups, var, value } => named(f, "RW", &[ups, var], value),
            Reply::Desc { ups, var, text } => named(f, "DESC", &[ups, var], text),
            Reply::CmdDesc { ups, cmd, text } => named(f, "CMDDESC", &[ups, cmd], text),
            Reply::Enum { ups, var, value } => named(f, "ENUM", &[ups, var], value),
            Reply::Cmd { ups, cmd } => words(f, "CMD", &[ups, cmd]),
            Reply::Client { ups, address } => words(f, "CLIENT", &[ups, address]),
            Reply::Range { ups, var, range } => {
                words(f, "RANGE", &[ups, var])?;
                write!(f, " \"{}\" \"{}\"", range.min, range.max)
            }
            Reply::Type { ups, var, variable } => {
                words(f, "TYPE", &[ups, var])?;
                write_type(f, variable)
            }
            _ => Ok(()),
        }
    }

    /// Appends the line and its line feed.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        use std::io::Write;
        // Writing into memory cannot fail.
        let _ = writeln!(out, "{self}");
    }
}

fn words(f: &mut fmt::Formatter<'_>, first: &str, names: &[&str]) -> fmt::Result {
    f.write_str(first)?;
    names.iter().try_for_each(|name| write!(f, " {}", word_form(name)))
}

fn named(f: &mut fmt::Formatter<'_>, first: &str, names: &[&str], text: &str) -> fmt::Result {
    words(f, first, names)?;
    write!(f, " \"{}\"", encode(text))
}

/// RW, ENUM, RANGE in this order, then exactly one of STRING:n and NUMBER; strict clients know no
/// other words (NUT 2.8.5).
fn write_type(f: &mut fmt::Formatter<'_>, variable: &Variable) -> fmt::Result {
    let marks = [
        (variable.flags.rw, " RW"),
        (!variable.enums.is_empty(), " ENUM"),
        (!variable.ranges.is_empty(), " RANGE"),
    ];
    marks.iter().filter(|(set, _)| *set).try_for_each(|(_, mark)| f.write_str(mark))?;
    if variable.flags.string {
        write!(f, " STRING:{}", variable.aux)
    } else {
        f.write_str(" NUMBER")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variable::Flags;

    #[test]
    fn texts_are_encoded_and_odd_names_quoted() {
        let var = Reply::Var { ups: "u", var: "ups.id", value: "a \"b\" \\ #" };
        assert_eq!(var.to_string(), r#"VAR u ups.id "a \"b\" \\ \#""#);
        let desc = Reply::Desc { ups: "u", var: "foo bar", text: "Say \"x\"" };
        assert_eq!(desc.to_string(), r#"DESC u "foo bar" "Say \"x\"""#);
    }

    #[test]
    fn types_have_their_words_in_order() {
        let mut variable = Variable { aux: 8, flags: Flags::RW_STRING, ..Variable::default() };
        variable.enums.push("1".into());
        variable.ranges.push(Range { min: 1, max: 2 });
        let text = |v: &Variable| Reply::Type { ups: "u", var: "v", variable: v }.to_string();
        assert_eq!(text(&variable), "TYPE u v RW ENUM RANGE STRING:8");
        assert_eq!(text(&Variable::default()), "TYPE u v NUMBER");
    }

    #[test]
    fn lists_are_framed_by_their_query() {
        let list = List::Enum { ups: "U", var: "V.x" };
        assert_eq!(Reply::Begin(list).to_string(), "BEGIN LIST ENUM U V.x");
        assert_eq!(Reply::End(List::Ups).to_string(), "END LIST UPS");
    }

    #[test]
    fn tracking_codes_are_told_as_nut_tells_them() {
        let text = |code| TrackingState::from_code(code).to_string();
        let expected = [
            (-1, "PENDING"),
            (0, "SUCCESS"),
            (1, "ERR UNKNOWN"),
            (2, "ERR INVALID-ARGUMENT"),
            (3, "ERR FAILED"),
            (4, "ERR INVALID-ARGUMENT"),
            (9, "ERR UNKNOWN"),
        ];
        for (code, line) in expected {
            assert_eq!(text(code), line);
        }
    }
}
