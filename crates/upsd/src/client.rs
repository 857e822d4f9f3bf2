//! One client's conversation: what it said about itself and the bytes it has not finished.
//!
//! Knows nothing of UPSes; what its requests mean is for `commands`. Bytes enter the line framing in
//! [`Session::push`] and nowhere else: decryption would stand there. Pure.

use crate::action::{ConnId, Time, UpsId};
use nut_proto::line::Framer;

/// Who the client says it is, and what it asked to be remembered.
#[derive(Debug)]
pub struct Client {
    /// Its connection.
    pub conn: ConnId,
    /// Its address without port.
    pub address: String,
    /// Word of USERNAME, unchecked.
    pub username: Option<String>,
    /// Word of PASSWORD, unchecked.
    pub password: Option<String>,
    /// The UPS it is logged into.
    pub login: Option<UpsId>,
    /// Whether its commands are tracked.
    pub tracking: bool,
    /// It said LOGOUT.
    pub leaving: bool,
}

impl Client {
    /// `user@address`, as the log names a client; `address` while it has given no name.
    pub fn name(&self) -> String {
        match &self.username {
            Some(user) => format!("{user}@{}", self.address),
            None => self.address.clone(),
        }
    }

    /// The words of USERNAME and PASSWORD; empty where none was given.
    pub fn credentials(&self) -> (&str, &str) {
        let name = self.username.as_deref().unwrap_or_default();
        (name, self.password.as_deref().unwrap_or_default())
    }
}

/// A client and its unfinished input.
#[derive(Debug)]
pub struct Session {
    /// Who it is.
    pub client: Client,
    /// Cuts its bytes into lines.
    pub framer: Framer,
    /// When it last finished a line; bytes without line feed do not count.
    pub active: Time,
    /// Its answers wait to be read; no more is answered until they are.
    pub held: bool,
    /// How many bytes its last answers had: a guess at the next ones.
    pub last_answers: usize,
}

impl Session {
    /// A client that has just connected.
    pub fn new(conn: ConnId, address: String, now: Time) -> Session {
        let client = Client {
            conn,
            address,
            username: None,
            password: None,
            login: None,
            tracking: false,
            leaving: false,
        };
        Session { client, framer: Framer::default(), active: now, held: false, last_answers: 0 }
    }

    /// Takes bytes from the network.
    pub fn push(&mut self, bytes: &[u8]) {
        self.framer.push(bytes);
    }
}
