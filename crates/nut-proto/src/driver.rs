//! The driver socket's protocol, both directions, as enums with one text form each.
//!
//! Knows words and their order. Reading tolerates what NUT's programs send; writing gives what NUT
//! 2.8.5 writes. Who may say what, and when, is for drivers and for upsd. Pure.

use crate::line::{encode, quote};
use crate::number::leading_int;
use crate::variable::{Flags, Range};
use std::fmt;

/// A line from a driver to whoever is connected to its socket.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are the words of the line
pub enum Message {
    /// `SETINFO <var> "<value>"`: create or replace a variable.
    SetInfo { name: String, value: String },
    /// `DELINFO <var>`
    DelInfo { name: String },
    /// `ADDENUM <var> "<value>"`: one more allowed value.
    AddEnum { name: String, value: String },
    /// `DELENUM <var> "<value>"`
    DelEnum { name: String, value: String },
    /// `ADDRANGE <var> <min> <max>`: one more allowed range.
    AddRange { name: String, range: Range },
    /// `DELRANGE <var> <min> <max>`
    DelRange { name: String, range: Range },
    /// `SETAUX <var> <n>`: greatest length of a text, in bytes.
    SetAux { name: String, aux: i64 },
    /// `SETFLAGS <var> [RW] [STRING] [NUMBER]`: replaces earlier flags.
    SetFlags { name: String, flags: Flags },
    /// `ADDCMD <cmd>`
    AddCmd { name: String },
    /// `DELCMD <cmd>`
    DelCmd { name: String },
    /// The readings are fresh.
    DataOk,
    /// The device is lost; the readings are old.
    DataStale,
    /// The answer to DUMPALL or DUMPVALUE is complete.
    DumpDone,
    /// The answer to PING.
    Pong,
    /// `PID <n>`: the answer to GETPID.
    Pid(i64),
    /// `OK Goodbye`: the answer to LOGOUT.
    Goodbye,
    /// `TRACKING <id> <code>`: what became of a SET or INSTCMD.
    Tracking { id: String, code: String },
}

impl Message {
    /// Reads the words of a line. Keywords in any letter case; extra words are passed over.
    /// Nothing for an unknown keyword or too few words: such lines are ignored and are no sign of
    /// life (NUT 2.8.5).
    pub fn parse(words: &[&str]) -> Option<Message> {
        let (keyword, rest) = words.split_first()?;
        let keyword = keyword.to_ascii_uppercase();
        match (keyword.as_str(), rest) {
            ("DATAOK", _) => Some(Message::DataOk),
            ("DATASTALE", _) => Some(Message::DataStale),
            ("DUMPDONE", _) => Some(Message::DumpDone),
            ("PONG", _) => Some(Message::Pong),
            ("OK", [word, ..]) if word.eq_ignore_ascii_case("Goodbye") => Some(Message::Goodbye),
            ("PID", [pid, ..]) => Some(Message::Pid(leading_int(pid))),
            ("TRACKING", [id, code, ..]) => {
                Some(Message::Tracking { id: (*id).into(), code: (*code).into() })
            }
            (keyword, [name, rest @ ..]) => Message::about(keyword, name, rest),
            _ => None,
        }
    }

    fn about(keyword: &str, name: &str, rest: &[&str]) -> Option<Message> {
        let name = name.to_owned();
        let message = match (keyword, rest) {
            ("SETINFO", [value, ..]) => Message::SetInfo { name, value: (*value).into() },
            ("DELINFO", _) => Message::DelInfo { name },
            ("ADDENUM", [value, ..]) => Message::AddEnum { name, value: (*value).into() },
            ("DELENUM", [value, ..]) => Message::DelEnum { name, value: (*value).into() },
            ("ADDRANGE", [min, max, ..]) => Message::AddRange { name, range: range(min, max) },
            ("DELRANGE", [min, max, ..]) => Message::DelRange { name, range: range(min, max) },
            ("SETAUX", [aux, ..]) => Message::SetAux { name, aux: leading_int(aux) },
            ("SETFLAGS", flags) => {
                Message::SetFlags { name, flags: Flags::from_words(flags.iter().copied()) }
            }
            ("ADDCMD", _) => Message::AddCmd { name },
            ("DELCMD", _) => Message::DelCmd { name },
            _ => return None,
        };
        Some(message)
    }
}

fn range(min: &str, max: &str) -> Range {
    Range { min: leading_int(min), max: leading_int(max) }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::SetInfo { name, value } => write!(f, "SETINFO {name} {}", quote(value)),
            Message::DelInfo { name } => write!(f, "DELINFO {name}"),
            Message::AddEnum { name, value } => write!(f, "ADDENUM {name} {}", quote(value)),
            Message::DelEnum { name, value } => write!(f, "DELENUM {name} {}", quote(value)),
            Message::AddRange { name, range } => {
                write!(f, "ADDRANGE {name} {} {}", range.min, range.max)
            }
            Message::DelRange { name, range } => {
                write!(f, "DELRANGE {name} {} {}", range.min, range.max)
            }
            Message::SetAux { name, aux } => write!(f, "SETAUX {name} {aux}"),
            Message::SetFlags { name, flags } => {
                write!(f, "SETFLAGS {name}")?;
                flags.words().try_for_each(|word| write!(f, " {word}"))
            }
            Message::AddCmd { name } => write!(f, "ADDCMD {name}"),
            Message::DelCmd { name } => write!(f, "DELCMD {name}"),
            Message::DataOk => f.write_str("DATAOK"),
            Message::DataStale => f.write_str("DATASTALE"),
            Message::DumpDone => f.write_str("DUMPDONE"),
            Message::Pong => f.write_str("PONG"),
            Message::Pid(pid) => write!(f, "PID {pid}"),
            Message::Goodbye => f.write_str("OK Goodbye"),
            Message::Tracking { id, code } => write!(f, "TRACKING {id} {code}"),
        }
    }
}

/// What became of a SET or INSTCMD, as the number in a TRACKING line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done (0).
    Handled,
    /// The driver does not know it (1).
    Unknown,
    /// Not valid now, not writable, or a bad value (2).
    Invalid,
    /// The device refused or the transfer failed (3).
    Failed,
    /// The value could not be converted for the device (4).
    ConversionFailed,
}

impl Outcome {
    /// The number on the wire.
    pub fn code(self) -> u8 {
        match self {
            Outcome::Handled => 0,
            Outcome::Unknown => 1,
            Outcome::Invalid => 2,
            Outcome::Failed => 3,
            Outcome::ConversionFailed => 4,
        }
    }
}

/// A line from upsd, upsdrvctl or another driver to a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are the words of the line
pub enum Request {
    /// Ask for a sign of life.
    Ping,
    /// Ask for the driver's process id.
    GetPid,
    /// Ask for everything the driver has.
    DumpAll,
    /// Ask for one variable.
    DumpValue { name: String },
    /// Ask for `ups.status`.
    DumpStatus,
    /// Send this connection direct answers only.
    NoBroadcast,
    /// Send this connection broadcasts; off again if the number is below 1.
    Broadcast { on: bool },
    /// Say goodbye.
    Logout,
    /// Run an instant command.
    InstCmd { name: String, param: Option<String>, tracking: Option<String> },
    /// Set a variable.
    Set { name: String, value: String, tracking: Option<String> },
}

/// Why a line is no request. The texts are NUT's log texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadRequest {
    /// No keyword, an unknown one, or too few words.
    Unknown,
    /// INSTCMD with a word count that means nothing.
    MalformedInstCmd,
    /// SET with something other than TRACKING behind the value.
    SetParameters {
        /// The variable that was to be set.
        name: String,
        /// The two words that should have been `TRACKING <id>`.
        words: [String; 2],
    },
    /// SET with six words or more: ignored without a message.
    Ignored,
}

impl Request {
    /// Reads the words of a line; keywords in any letter case.
    pub fn parse(words: &[&str]) -> Result<Request, BadRequest> {
        let (keyword, args) = words.split_first().ok_or(BadRequest::Unknown)?;
        match (keyword.to_ascii_uppercase().as_str(), args) {
            ("PING", _) => Ok(Request::Ping),
            ("GETPID", _) => Ok(Request::GetPid),
            ("DUMPALL", _) => Ok(Request::DumpAll),
            ("DUMPSTATUS", _) => Ok(Request::DumpStatus),
            ("DUMPVALUE", [name, ..]) => Ok(Request::DumpValue { name: (*name).into() }),
            ("NOBROADCAST", _) => Ok(Request::NoBroadcast),
            ("BROADCAST", []) => Ok(Request::Broadcast { on: true }),
            ("BROADCAST", [n, ..]) => Ok(Request::Broadcast { on: broadcasts(n) }),
            ("LOGOUT", _) => Ok(Request::Logout),
            ("INSTCMD", [name, args @ ..]) => inst_cmd(name, args),
            ("SET", [name, value, args @ ..]) => set(name, value, args),
            _ => Err(BadRequest::Unknown),
        }
    }
}

fn broadcasts(word: &str) -> bool {
    word.trim().parse::<i64>().map_or(true, |n| n >= 1)
}

fn is_tracking(word: &str) -> bool {
    word.eq_ignore_ascii_case("TRACKING")
}

fn inst_cmd(name: &str, args: &[&str]) -> Result<Request, BadRequest> {
    let (param, tracking) = match args {
        [] => (None, None),
        [param] => (Some(param), None),
        [word, id] if is_tracking(word) => (None, Some(id)),
        [param, word, id] if is_tracking(word) => (Some(param), Some(id)),
        _ => return Err(BadRequest::MalformedInstCmd),
    };
    let owned = |word: &&str| (*word).to_owned();
    Ok(Request::InstCmd {
        name: name.into(),
        param: param.map(owned),
        tracking: tracking.map(owned),
    })
}

fn set(name: &str, value: &str, args: &[&str]) -> Result<Request, BadRequest> {
    let tracking = match args {
        [] | [_] => None,
        [word, id] if is_tracking(word) => Some((*id).to_owned()),
        [a, b] => {
            let words = [(*a).to_owned(), (*b).to_owned()];
            return Err(BadRequest::SetParameters { name: name.into(), words });
        }
        _ => return Err(BadRequest::Ignored),
    };
    Ok(Request::Set { name: name.into(), value: value.into(), tracking })
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Ping => f.write_str("PING"),
            Request::GetPid => f.write_str("GETPID"),
            Request::DumpAll => f.write_str("DUMPALL"),
            Request::DumpValue { name } => write!(f, "DUMPVALUE {name}"),
            Request::DumpStatus => f.write_str("DUMPSTATUS"),
            Request::NoBroadcast => f.write_str("NOBROADCAST"),
            Request::Broadcast { on } => write!(f, "BROADCAST {}", u8::from(*on)),
            Request::Logout => f.write_str("LOGOUT"),
            Request::InstCmd { name, param, tracking } => {
                write!(f, "INSTCMD {}", encode(name))?;
                if let Some(param) = param {
                    write!(f, " {}", quote(param))?;
                }
                write_tracking(f, tracking.as_deref())
            }
            Request::Set { name, value, tracking } => {
                write!(f, "SET {} {}", encode(name), quote(value))?;
                write_tracking(f, tracking.as_deref())
            }
        }
    }
}

fn write_tracking(f: &mut fmt::Formatter<'_>, id: Option<&str>) -> fmt::Result {
    id.map_or(Ok(()), |id| write!(f, " TRACKING {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{Parsed, parse};

    fn words(line: &str) -> Vec<String> {
        match parse(format!("{line}\n").as_bytes()) {
            Parsed::Line(line, _) => line.words.into_iter().map(|w| w.text).collect(),
            other => panic!("{other:?}"),
        }
    }

    fn message(line: &str) -> Option<Message> {
        let words = words(line);
        Message::parse(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn request(line: &str) -> Result<Request, BadRequest> {
        let words = words(line);
        Request::parse(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[test]
    fn every_message_reads_back() {
        for line in [
            "SETINFO ups.mfr \"ACME \\\"x\\\" \\\\ \\# y\"",
            "DELINFO ups.mfr",
            "ADDENUM output.voltage.nominal \"230\"",
            "DELENUM output.voltage.nominal \"230\"",
            "ADDRANGE input.transfer.low 160 200",
            "DELRANGE input.transfer.low 160 200",
            "SETAUX ups.mfr 32",
            "SETFLAGS ups.mfr RW STRING",
            "SETFLAGS driver.debug RW NUMBER",
            "SETFLAGS ups.mfr",
            "ADDCMD load.off",
            "DELCMD load.off",
            "DATAOK",
            "DATASTALE",
            "DUMPDONE",
            "PONG",
            "PID 42",
            "OK Goodbye",
            "TRACKING 2DDC5036-F665-4D29-BE4C-0374D091D263 0",
        ] {
            assert_eq!(message(line).map(|m| m.to_string()).as_deref(), Some(line));
        }
    }

    #[test]
    fn short_or_unknown_messages_are_nothing() {
        for line in ["", "SETINFO", "SETINFO x", "ADDRANGE x 1", "HELLO x", "TRACKING id", "OK"] {
            assert_eq!(message(line), None, "{line}");
        }
    }

    #[test]
    fn every_request_reads_back() {
        for line in [
            "PING",
            "GETPID",
            "DUMPALL",
            "DUMPVALUE ups.mfr",
            "DUMPSTATUS",
            "NOBROADCAST",
            "BROADCAST 1",
            "BROADCAST 0",
            "LOGOUT",
            "INSTCMD load.off",
            "INSTCMD load.off \"20 30\"",
            "INSTCMD load.off TRACKING id",
            "INSTCMD load.off \"\" TRACKING id",
            "SET ups.id \"a \\\" b\"",
            "SET ups.id \"\" TRACKING id",
        ] {
            assert_eq!(request(line).map(|r| r.to_string()).as_deref(), Ok(line));
        }
    }

    #[test]
    fn word_counts_decide_as_in_nut() {
        assert_eq!(request("INSTCMD"), Err(BadRequest::Unknown));
        assert_eq!(request("INSTCMD a b c"), Err(BadRequest::MalformedInstCmd));
        let param = request("INSTCMD a TRACKING").unwrap();
        assert!(matches!(param, Request::InstCmd { param: Some(p), .. } if p == "TRACKING"));
        assert_eq!(request("SET a"), Err(BadRequest::Unknown));
        assert!(matches!(request("SET a b extra"), Ok(Request::Set { tracking: None, .. })));
        assert!(matches!(request("SET a b x y"), Err(BadRequest::SetParameters { .. })));
        assert_eq!(request("SET a b TRACKING id more"), Err(BadRequest::Ignored));
        assert_eq!(request("BROADCAST 0"), Ok(Request::Broadcast { on: false }));
    }
}
