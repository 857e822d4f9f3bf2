//! `<ups>[@<host>[:<port>]]` and `<host>[:<port>]`: how people name a UPS or a server.
//!
//! Knows the two forms, their defaults and NUT's words for what is wrong with them. Resolving the
//! host and saying which form the program wanted is for the programs. Pure.
//! Source of the facts: NUT 2.8.5's client library, tried form by form.

use crate::number::leading_int;
use crate::request::DEFAULT_PORT;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_until};
use nom::sequence::delimited;
use nom::{IResult, Parser};
use std::fmt;

/// The host that is meant where none is named.
pub const DEFAULT_HOST: &str = "localhost";

/// What clients print behind their complaint about a UPS.
pub const UPS_FORM: &str = "Required format: upsname[@hostname[:port]]";
/// What clients print behind their complaint about a server.
pub const HOST_FORM: &str = "Required format: [hostname[:port]]";

/// A server's address as a person gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostSpec {
    /// Name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// A UPS on a server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UpsSpec {
    /// The UPS's name on that server.
    pub ups: String,
    /// The server.
    pub server: HostSpec,
}

/// What is wrong with a form. The text form is the line NUT's client library prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecError {
    /// Nothing at all where a UPS was expected.
    Empty,
    /// Nothing before the `@`.
    NoUps,
    /// A port, but no host.
    PortWithoutHost,
    /// Nothing behind the `@`.
    NoHost,
    /// Nothing where a host was expected.
    EmptyHost,
    /// A colon, and behind it no number from 1 to 65535. Unbracketed IPv6 addresses end here.
    NoPort,
    /// `[` without `]`.
    NoBracket,
    /// An `@` in the host.
    SecondAt(String),
}

impl Default for HostSpec {
    fn default() -> HostSpec {
        HostSpec { host: DEFAULT_HOST.to_owned(), port: DEFAULT_PORT }
    }
}

impl HostSpec {
    /// Reads `<host>[:<port>]`. Brackets around the host are needed for IPv6 and allowed for all;
    /// text behind them that is no port is passed over, as is text behind the port's digits.
    pub fn parse(text: &str) -> Result<HostSpec, SpecError> {
        if text.is_empty() {
            return Err(SpecError::EmptyHost);
        }
        if text.contains('@') {
            return Err(SpecError::SecondAt(text.to_owned()));
        }
        let (rest, host) = alt((bracketed, unbracketed)).parse(text).map_err(no_bracket)?;
        let port = match rest.strip_prefix(':') {
            Some(digits) => port(digits)?,
            None if host.is_empty() => return Err(SpecError::EmptyHost),
            None => DEFAULT_PORT,
        };
        let host = if host.is_empty() { DEFAULT_HOST } else { host };
        Ok(HostSpec { host: host.to_owned(), port })
    }
}

fn bracketed(input: &str) -> IResult<&str, &str> {
    delimited(tag("["), take_until("]"), tag("]")).parse(input)
}

fn unbracketed(input: &str) -> IResult<&str, &str> {
    let (rest, host) = take_till(|c| c == ':').parse(input)?;
    nom::combinator::not(tag("[")).parse(input)?;
    Ok((rest, host))
}

fn no_bracket(_: nom::Err<nom::error::Error<&str>>) -> SpecError {
    SpecError::NoBracket
}

fn port(digits: &str) -> Result<u16, SpecError> {
    u16::try_from(leading_int(digits)).ok().filter(|&n| n != 0).ok_or(SpecError::NoPort)
}

impl UpsSpec {
    /// Reads `<ups>[@<host>[:<port>]]`; the first `@` separates.
    pub fn parse(text: &str) -> Result<UpsSpec, SpecError> {
        let (ups, server) = match text.split_once('@') {
            _ if text.is_empty() => return Err(SpecError::Empty),
            None if text.contains(':') => return Err(SpecError::PortWithoutHost),
            None => (text, HostSpec::default()),
            Some(("", _)) => return Err(SpecError::NoUps),
            Some((_, "")) => return Err(SpecError::NoHost),
            Some((ups, server)) => (ups, HostSpec::parse(server)?),
        };
        Ok(UpsSpec { ups: ups.to_owned(), server })
    }
}

impl fmt::Display for HostSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What would not be read back without brackets gets them.
        if self.host.contains(':') || self.host.starts_with('[') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for UpsSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.ups, self.server)
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SpecError::Empty => "upscli_splitname: can't parse empty string",
            SpecError::NoUps => "upscli_splitname: got empty upsname string",
            SpecError::PortWithoutHost => "upscli_splitname: port specified, but not a hostname",
            SpecError::NoHost => {
                "upscli_splitname: got the @ separator and then an empty hostname[:port] string"
            }
            SpecError::EmptyHost => "upscli_splitaddr: can't parse empty string",
            SpecError::NoPort => "upscli_splitaddr: no port number specified after ':' separator",
            SpecError::NoBracket => "upscli_splitaddr: missing closing bracket in [domain literal]",
            SpecError::SecondAt(text) => {
                return write!(
                    f,
                    "upscli_splitaddr: wrong call? Got upsname@hostname[:port] string where only \
                     hostname[:port] was expected: {text}"
                );
            }
        })
    }
}

impl std::error::Error for SpecError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        UpsSpec::parse(text).map(|spec| spec.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn good_forms() {
        for (text, expected) in [
            ("u", "u@localhost:3493"),
            ("u@h", "u@h:3493"),
            ("u@h:1", "u@h:1"),
            ("u@h:3600abc", "u@h:3600"),
            ("u@[::1]", "u@[::1]:3493"),
            ("u@[::1]:65535", "u@[::1]:65535"),
            ("u@[h]x", "u@h:3493"),
            ("u@:3493", "u@localhost:3493"),
            ("my ups@10.0.0.1", "my ups@10.0.0.1:3493"),
            ("*", "*@localhost:3493"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn bad_forms_are_told_in_nuts_words() {
        let name = |text: &str| format!("upscli_splitname: {text}");
        let addr = |text: &str| format!("upscli_splitaddr: {text}");
        let no_port = addr("no port number specified after ':' separator");
        let wrong_call = "wrong call? Got upsname@hostname[:port] string where only hostname[:port] was expected: ";
        for (text, expected) in [
            ("", name("can't parse empty string")),
            ("@h", name("got empty upsname string")),
            ("u:3493", name("port specified, but not a hostname")),
            ("u@", name("got the @ separator and then an empty hostname[:port] string")),
            ("u@h:", no_port.clone()),
            ("u@h:abc", no_port.clone()),
            ("u@h:0", no_port.clone()),
            ("u@h:70000", no_port.clone()),
            ("u@h:-1", no_port.clone()),
            ("u@::1", no_port.clone()),
            ("u@[::1]:", no_port),
            ("u@[::1", addr("missing closing bracket in [domain literal]")),
            ("u@[]", addr("can't parse empty string")),
            ("a@b@c", addr(&format!("{wrong_call}b@c"))),
        ] {
            assert_eq!(read(text), Err(expected), "{text}");
        }
        assert_eq!(HostSpec::parse(""), Err(SpecError::EmptyHost));
        assert_eq!(HostSpec::parse(":"), Err(SpecError::NoPort));
    }

    #[test]
    fn what_is_printed_reads_back() {
        for text in ["u@[fe80::1%eth0]:99", "u@host.example:3493", "u@[[[]", "u@a]b:3"] {
            let spec = UpsSpec::parse(text).unwrap();
            assert_eq!(UpsSpec::parse(&spec.to_string()), Ok(spec));
        }
    }
}
