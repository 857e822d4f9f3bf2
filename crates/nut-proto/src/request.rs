//! What a client asks of upsd: the network protocol's requests as enums.
//!
//! Knows the words, their order and how many each command takes, and writes them in the form NUT's
//! own clients send. Who may ask what, and the answers, are for upsd and for `reply`. Pure.
//! Reading a request has two steps because NUT 2.8.5 asks for credentials between them: the command
//! word first ([`Verb`]), its arguments later ([`Request::parse`]).

use crate::error::ErrorToken;
use crate::line::word_form;
use std::fmt;

/// The port upsd listens on unless told otherwise.
pub const DEFAULT_PORT: u16 = 3493;
/// The version of the network protocol, as `NETVER` and `PROTVER` answer it.
pub const PROTOCOL_VERSION: &str = "1.3";

/// The command word of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are the words of the protocol
pub enum Verb {
    Ver,
    NetVer,
    ProtVer,
    Help,
    StartTls,
    Get,
    List,
    Username,
    Password,
    Login,
    Logout,
    Primary,
    Master,
    Fsd,
    Set,
    InstCmd,
    /// Walnut's own: takes the FSD flag away again. NUT 2.8.5 answers UNKNOWN-COMMAND.
    ClearFsd,
}

impl Verb {
    /// Every verb with its word.
    const WORDS: [(Verb, &'static str); 17] = [
        (Verb::Get, "GET"),
        (Verb::List, "LIST"),
        (Verb::Username, "USERNAME"),
        (Verb::Password, "PASSWORD"),
        (Verb::Login, "LOGIN"),
        (Verb::Logout, "LOGOUT"),
        (Verb::StartTls, "STARTTLS"),
        (Verb::Ver, "VER"),
        (Verb::NetVer, "NETVER"),
        (Verb::ProtVer, "PROTVER"),
        (Verb::Help, "HELP"),
        (Verb::Primary, "PRIMARY"),
        (Verb::Master, "MASTER"),
        (Verb::Fsd, "FSD"),
        (Verb::Set, "SET"),
        (Verb::InstCmd, "INSTCMD"),
        (Verb::ClearFsd, "CLEARFSD"),
    ];

    /// The verb of this word, in any letter case.
    pub fn from_word(word: &str) -> Option<Verb> {
        Verb::WORDS.iter().find(|(_, w)| w.eq_ignore_ascii_case(word)).map(|&(verb, _)| verb)
    }

    /// The word of the wire.
    pub fn word(self) -> &'static str {
        Verb::WORDS.iter().find(|(verb, _)| *verb == self).map_or("", |&(_, word)| word)
    }

    /// Whether user name and password must have been given before, right or wrong.
    pub fn needs_credentials(self) -> bool {
        matches!(
            self,
            Verb::Login
                | Verb::Primary
                | Verb::Master
                | Verb::Fsd
                | Verb::ClearFsd
                | Verb::Set
                | Verb::InstCmd
        )
    }
}

/// A whole request. Names are kept in the client's spelling, because answers echo it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are the words of the request
pub enum Request<'a> {
    Ver,
    NetVer,
    ProtVer,
    Help,
    StartTls,
    Get(Get<'a>),
    List(List<'a>),
    Username(&'a str),
    Password(&'a str),
    Login { ups: &'a str },
    Logout,
    Primary { ups: &'a str },
    Master { ups: &'a str },
    Fsd { ups: &'a str },
    ClearFsd { ups: &'a str },
    SetVar { ups: &'a str, var: &'a str, value: &'a str },
    SetTracking { on: bool },
    InstCmd { ups: &'a str, cmd: &'a str, param: Option<&'a str> },
}

/// What GET asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are the words of the request
pub enum Get<'a> {
    NumLogins {
        ups: &'a str,
    },
    UpsDesc {
        ups: &'a str,
    },
    Var {
        ups: &'a str,
        var: &'a str,
    },
    Type {
        ups: &'a str,
        var: &'a str,
    },
    Desc {
        ups: &'a str,
        var: &'a str,
    },
    CmdDesc {
        ups: &'a str,
        cmd: &'a str,
    },
    /// Without an id: whether this connection tracks its commands.
    Tracking {
        id: Option<&'a str>,
    },
}

/// What LIST asks for; also the query that the frame of its answer repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are the words of the request
pub enum List<'a> {
    Ups,
    Var { ups: &'a str },
    Rw { ups: &'a str },
    Cmd { ups: &'a str },
    Client { ups: &'a str },
    Enum { ups: &'a str, var: &'a str },
    Range { ups: &'a str, var: &'a str },
}

impl<'a> Request<'a> {
    /// Reads the arguments of a verb. Sub-commands in any letter case; GET, LIST, SET, INSTCMD and
    /// STARTTLS pass over extra words, the others want their exact number.
    pub fn parse(verb: Verb, args: &[&'a str]) -> Result<Request<'a>, ErrorToken> {
        match (verb, args) {
            (Verb::Get, args) => Get::parse(args).map(Request::Get),
            (Verb::List, args) => List::parse(args).map(Request::List),
            (Verb::Set, args) => parse_set(args),
            (Verb::InstCmd, args) => parse_inst_cmd(args),
            (Verb::StartTls, _) => Ok(Request::StartTls),
            (_, []) => Request::without_argument(verb),
            (_, [argument]) => Request::with_argument(verb, argument),
            _ => Err(ErrorToken::InvalidArgument),
        }
    }

    fn without_argument(verb: Verb) -> Result<Request<'a>, ErrorToken> {
        match verb {
            Verb::Ver => Ok(Request::Ver),
            Verb::NetVer => Ok(Request::NetVer),
            Verb::ProtVer => Ok(Request::ProtVer),
            Verb::Help => Ok(Request::Help),
            Verb::Logout => Ok(Request::Logout),
            _ => Err(ErrorToken::InvalidArgument),
        }
    }

    fn with_argument(verb: Verb, argument: &'a str) -> Result<Request<'a>, ErrorToken> {
        match verb {
            Verb::Username => Ok(Request::Username(argument)),
            Verb::Password => Ok(Request::Password(argument)),
            Verb::Login => Ok(Request::Login { ups: argument }),
            Verb::Primary => Ok(Request::Primary { ups: argument }),
            Verb::Master => Ok(Request::Master { ups: argument }),
            Verb::Fsd => Ok(Request::Fsd { ups: argument }),
            Verb::ClearFsd => Ok(Request::ClearFsd { ups: argument }),
            _ => Err(ErrorToken::InvalidArgument),
        }
    }
}

impl<'a> Get<'a> {
    fn parse(args: &[&'a str]) -> Result<Get<'a>, ErrorToken> {
        let is = |word: &str, name: &str| word.eq_ignore_ascii_case(name);
        match args {
            [kind, rest @ ..] if is(kind, "TRACKING") => {
                Ok(Get::Tracking { id: rest.first().copied() })
            }
            [kind, ups, ..] if is(kind, "NUMLOGINS") => Ok(Get::NumLogins { ups }),
            [kind, ups, ..] if is(kind, "UPSDESC") => Ok(Get::UpsDesc { ups }),
            [kind, ups, var, ..] if is(kind, "VAR") => Ok(Get::Var { ups, var }),
            [kind, ups, var, ..] if is(kind, "TYPE") => Ok(Get::Type { ups, var }),
            [kind, ups, var, ..] if is(kind, "DESC") => Ok(Get::Desc { ups, var }),
            [kind, ups, cmd, ..] if is(kind, "CMDDESC") => Ok(Get::CmdDesc { ups, cmd }),
            _ => Err(ErrorToken::InvalidArgument),
        }
    }
}

impl<'a> List<'a> {
    fn parse(args: &[&'a str]) -> Result<List<'a>, ErrorToken> {
        let is = |word: &str, name: &str| word.eq_ignore_ascii_case(name);
        match args {
            [kind, ..] if is(kind, "UPS") => Ok(List::Ups),
            [kind, ups, ..] if is(kind, "VAR") => Ok(List::Var { ups }),
            [kind, ups, ..] if is(kind, "RW") => Ok(List::Rw { ups }),
            [kind, ups, ..] if is(kind, "CMD") => Ok(List::Cmd { ups }),
            [kind, ups, ..] if is(kind, "CLIENT") => Ok(List::Client { ups }),
            [kind, ups, var, ..] if is(kind, "ENUM") => Ok(List::Enum { ups, var }),
            [kind, ups, var, ..] if is(kind, "RANGE") => Ok(List::Range { ups, var }),
            _ => Err(ErrorToken::InvalidArgument),
        }
    }
}

fn parse_set<'a>(args: &[&'a str]) -> Result<Request<'a>, ErrorToken> {
    match args {
        [kind, ups, var, value, ..] if kind.eq_ignore_ascii_case("VAR") => {
            Ok(Request::SetVar { ups, var, value })
        }
        [kind, word, ..] if kind.eq_ignore_ascii_case("TRACKING") => {
            on_or_off(word).map(|on| Request::SetTracking { on }).ok_or(ErrorToken::InvalidArgument)
        }
        _ => Err(ErrorToken::InvalidArgument),
    }
}

fn on_or_off(word: &str) -> Option<bool> {
    if word.eq_ignore_ascii_case("ON") {
        Some(true)
    } else {
        word.eq_ignore_ascii_case("OFF").then_some(false)
    }
}

/// NUT 2.8.5 takes a parameter only where it is the last word: with more words it uses none.
fn parse_inst_cmd<'a>(args: &[&'a str]) -> Result<Request<'a>, ErrorToken> {
    match args {
        [ups, cmd, param] => Ok(Request::InstCmd { ups, cmd, param: Some(param) }),
        [ups, cmd, ..] => Ok(Request::InstCmd { ups, cmd, param: None }),
        _ => Err(ErrorToken::InvalidArgument),
    }
}

impl fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |f: &mut fmt::Formatter<'_>, verb: Verb, argument: &str| {
            write!(f, "{} {}", verb.word(), word_form(argument))
        };
        match *self {
            Request::Ver => f.write_str(Verb::Ver.word()),
            Request::NetVer => f.write_str(Verb::NetVer.word()),
            Request::ProtVer => f.write_str(Verb::ProtVer.word()),
            Request::Help => f.write_str(Verb::Help.word()),
            Request::StartTls => f.write_str(Verb::StartTls.word()),
            Request::Logout => f.write_str(Verb::Logout.word()),
            Request::Get(get) => write!(f, "GET {get}"),
            Request::List(list) => write!(f, "LIST {list}"),
            Request::Username(user) => named(f, Verb::Username, user),
            Request::Password(password) => named(f, Verb::Password, password),
            Request::Login { ups } => named(f, Verb::Login, ups),
            Request::Primary { ups } => named(f, Verb::Primary, ups),
            Request::Master { ups } => named(f, Verb::Master, ups),
            Request::Fsd { ups } => named(f, Verb::Fsd, ups),
            Request::ClearFsd { ups } => named(f, Verb::ClearFsd, ups),
            Request::SetVar { ups, var, value } => {
                write_words(f, "SET VAR", &[ups, var])?;
                write!(f, " {}", crate::line::quote(value))
            }
            Request::SetTracking { on } => {
                write!(f, "SET TRACKING {}", if on { "ON" } else { "OFF" })
            }
            Request::InstCmd { ups, cmd, param: None } => write_words(f, "INSTCMD", &[ups, cmd]),
            Request::InstCmd { ups, cmd, param: Some(param) } => {
                write_words(f, "INSTCMD", &[ups, cmd, param])
            }
        }
    }
}

impl fmt::Display for Get<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Get::NumLogins { ups } => write_words(f, "NUMLOGINS", &[ups]),
            Get::UpsDesc { ups } => write_words(f, "UPSDESC", &[ups]),
            Get::Var { ups, var } => write_words(f, "VAR", &[ups, var]),
            Get::Type { ups, var } => write_words(f, "TYPE", &[ups, var]),
            Get::Desc { ups, var } => write_words(f, "DESC", &[ups, var]),
            Get::CmdDesc { ups, cmd } => write_words(f, "CMDDESC", &[ups, cmd]),
            Get::Tracking { id: None } => f.write_str("TRACKING"),
            Get::Tracking { id: Some(id) } => write_words(f, "TRACKING", &[id]),
        }
    }
}

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            List::Ups => f.write_str("UPS"),
            List::Var { ups } => write_words(f, "VAR", &[ups]),
            List::Rw { ups } => write_words(f, "RW", &[ups]),
            List::Cmd { ups } => write_words(f, "CMD", &[ups]),
            List::Client { ups } => write_words(f, "CLIENT", &[ups]),
            List::Enum { ups, var } => write_words(f, "ENUM", &[ups, var]),
            List::Range { ups, var } => write_words(f, "RANGE", &[ups, var]),
        }
    }
}

fn write_words(f: &mut fmt::Formatter<'_>, first: &str, words: &[&str]) -> fmt::Result {
    f.write_str(first)?;
    words.iter().try_for_each(|word| write!(f, " {}", word_form(word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{Parsed, parse};

    fn read(line: &str) -> Result<String, ErrorToken> {
        let Parsed::Line(parsed, _) = parse(format!("{line}\n").as_bytes()) else { panic!() };
        let words = parsed.texts();
        let verb = Verb::from_word(words[0]).ok_or(ErrorToken::UnknownCommand)?;
        Request::parse(verb, &words[1..]).map(|request| request.to_string())
    }

    #[test]
    fn every_request_reads_back() {
        for line in [
            "VER",
            "NETVER",
            "PROTVER",
            "HELP",
            "STARTTLS",
            "GET NUMLOGINS su700",
            "GET UPSDESC su700",
            "GET VAR su700 ups.status",
            "GET TYPE su700 input.transfer.low",
            "GET DESC \"my ups\" \"foo bar\"",
            "GET CMDDESC su700 load.on",
            "GET TRACKING",
            "GET TRACKING 1bd31808-cb49-4aec-9d75-d056e6f018d2",
            "LIST UPS",
            "LIST VAR su700",
            "LIST RW su700",
            "LIST CMD su700",
            "LIST CLIENT su700",
            "LIST ENUM su700 input.transfer.low",
            "LIST RANGE su700 input.transfer.low",
            "USERNAME admin",
            "PASSWORD \"pass word \\# \\\" \\\\\"",
            "LOGIN su700",
            "LOGOUT",
            "PRIMARY su700",
            "MASTER su700",
            "FSD su700",
            "CLEARFSD su700",
            "SET VAR su700 ups.id \"My \\\"UPS\\\"\"",
            "SET TRACKING ON",
            "SET TRACKING OFF",
            "INSTCMD su700 load.off",
            "INSTCMD su700 load.off 120",
            "INSTCMD su700 load.off \"\"",
        ] {
            assert_eq!(read(line).as_deref(), Ok(line));
        }
    }

    #[test]
    fn words_are_read_in_any_case_and_extras_passed_over_where_nut_does() {
        for (line, expected) in [
            ("get var u ups.status more words", "GET VAR u ups.status"),
            ("list ups x", "LIST UPS"),
            ("List Var u x", "LIST VAR u"),
            ("set tracking on x", "SET TRACKING ON"),
            ("set var u v \"\" x", "SET VAR u v \"\""),
            ("StartTLS now", "STARTTLS"),
            ("instcmd u c p q", "INSTCMD u c"),
        ] {
            assert_eq!(read(line).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn wrong_numbers_of_words_are_invalid() {
        for line in [
            "GET",
            "GET VAR",
            "GET VAR u",
            "GET FOO u v",
            "GET NUMLOGINS",
            "LIST",
            "LIST VAR",
            "LIST CLIENTS u",
            "LIST ENUM u",
            "SET",
            "SET VAR",
            "SET VAR u v",
            "SET TRACKING",
            "SET TRACKING MAYBE",
            "SET FOO x",
            "INSTCMD",
            "INSTCMD u",
            "VER x",
            "NETVER x",
            "PROTVER x",
            "HELP x",
            "LOGOUT x",
            "USERNAME",
            "USERNAME a b",
            "PASSWORD",
            "LOGIN",
            "LOGIN a b",
            "PRIMARY",
            "MASTER a b",
            "FSD",
            "FSD a b",
        ] {
            assert_eq!(read(line), Err(ErrorToken::InvalidArgument), "{line}");
        }
        assert_eq!(read("REQ x"), Err(ErrorToken::UnknownCommand));
    }
}
