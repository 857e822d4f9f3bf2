//! Why a server gave no good answer, from finding its address to reading its words.
//!
//! The text forms are those of NUT 2.8.5's client library; which of them ends a program is for the
//! programs.

use crate::errno::errno_text;
use nut_proto::client::Failure;
use nut_proto::error::ErrorToken;
use std::fmt;
use std::io;
use std::net::IpAddr;

/// What went wrong on the way to an answer. The text form is what is printed behind `Error: `.
#[derive(Debug)]
pub enum Error {
    /// The host has no address.
    NoSuchHost(String),
    /// No address of the host took the connection; the last one's reason.
    Connect(io::Error),
    /// The host did not answer the connection in time; the last address tried.
    TimedOut(IpAddr),
    /// The question could not be sent.
    Write(io::Error),
    /// The connection broke while the answer was awaited.
    Read(io::Error),
    /// The server's answer was none, or no.
    Server(Failure),
}

impl Error {
    /// The line that NUT's client library prints by itself, before the program says `Error: `.
    pub fn detail(&self) -> Option<String> {
        match self {
            Error::NoSuchHost(host) => Some(format!("upscli_tryconnect: Host not found: '{host}'")),
            Error::TimedOut(address) => {
                Some(format!("upscli_tryconnect: Connection to host timed out: '{address}'"))
            }
            _ => None,
        }
    }

    /// Whether the server refused with this token.
    pub fn is(&self, token: ErrorToken) -> bool {
        matches!(self, Error::Server(failure) if failure.is(token))
    }

    /// The server's own line, where it sent one that was not hoped for.
    pub fn line(&self) -> Option<&str> {
        match self {
            Error::Server(Failure::Refused { line, .. } | Failure::Unexpected { line }) => {
                Some(line)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoSuchHost(_) => f.write_str("No such host"),
            Error::Connect(e) => write!(f, "Connection failure: {}", errno_text(e)),
            Error::TimedOut(_) => f.write_str("Connection failure: Connection timed out"),
            Error::Write(e) => write!(f, "Write error: {}", errno_text(e)),
            Error::Read(e) => write!(f, "Read error: {}", errno_text(e)),
            Error::Server(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        Error::Server(failure)
    }
}
