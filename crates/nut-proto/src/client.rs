//! The client's side of a conversation with upsd: requests out as bytes, bytes in, typed answers out.
//!
//! Knows which lines answer which request, and checks that they do: the echo of the question, the
//! frame of a list, the number of words. Sockets, waiting and giving up are for the caller. Pure.
//!
//! NUT's clients begin with `STARTTLS` and go on in clear text when it is refused. There is no TLS
//! here yet, and after `OK STARTTLS` nothing but TLS may follow; so a session never asks for it.

use crate::error::{ErrorToken, UNKNOWN_ERROR};
use crate::line::{Framer, Line, Parsed, UNBALANCED, Unbalanced, parse};
use crate::reply::TrackingState;
use crate::request::{Get, List, Request};
use std::collections::VecDeque;
use std::fmt;

/// Most rows of one list; a server that sends more is not to be believed.
const ROWS_MAX: usize = 100_000;

/// A good answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To GET: the words behind the echoed question, at least one.
    Value(Vec<String>),
    /// To LIST: of each row the words behind the echoed question, at least as many as the list has.
    Rows(Vec<Vec<String>>),
    /// To a command: the line, which begins with `OK`. To VER and its like: the line.
    Line(String),
    /// To `GET TRACKING <id>`.
    Tracking(TrackingState),
}

impl Answer {
    /// The id under which the outcome of a SET or INSTCMD can be asked for, if the server gave one.
    pub fn tracking_id(&self) -> Option<&str> {
        match self {
            Answer::Line(line) => line.strip_prefix("OK TRACKING ").filter(|id| !id.is_empty()),
            _ => None,
        }
    }
}

/// No good answer. The text form is what NUT's clients print behind `Error: `.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The server said `ERR`.
    Refused {
        /// The token, if it is a known one.
        token: Option<ErrorToken>,
        /// The whole line.
        line: String,
    },
    /// A command was answered neither by `OK` nor by `ERR`.
    Unexpected {
        /// The whole line.
        line: String,
    },
    /// Fewer words than the question wants, the echo counted.
    Short {
        /// Words there were.
        got: usize,
        /// Words there have to be.
        need: usize,
    },
    /// The line answers another question.
    Protocol,
    /// The line does not follow the grammar.
    Parse,
    /// The connection ended, or the server was too slow, before the answer was whole.
    Disconnected,
}

impl Failure {
    /// Whether the server refused with this token.
    pub fn is(&self, wanted: ErrorToken) -> bool {
        matches!(self, Failure::Refused { token: Some(token), .. } if *token == wanted)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused { token, .. } => {
                f.write_str(token.map_or(UNKNOWN_ERROR, ErrorToken::description))
            }
            Failure::Unexpected { .. } => f.write_str("Invalid response from server"),
            Failure::Short { got, need } => {
                write!(f, "insufficient data (got {got} args, need at least {need})")
            }
            Failure::Protocol => f.write_str("Protocol error"),
            Failure::Parse => write!(f, "Parse error: {UNBALANCED}"),
            Failure::Disconnected => f.write_str("Server disconnected"),
        }
    }
}

impl std::error::Error for Failure {}

/// A question that waits for its answer.
#[derive(Debug)]
struct Waiting {
    /// The words of the question that the answer repeats.
    echo: Vec<String>,
    shape: Shape,
}

/// What the answer has to look like.
#[derive(Debug)]
enum Shape {
    /// One line: echo and words.
    Value,
    /// BEGIN, rows with at least `columns` words behind the echo, END.
    List { columns: usize, begun: bool, rows: Vec<Vec<String>> },
    /// One line that begins with OK.
    Command,
    /// One line of any text.
    Text,
    /// One line: what became of a command.
    Tracking,
}

/// A conversation over one connection. Answers come in the order of the questions, so any number
/// may be asked at once.
#[derive(Debug, Default)]
pub struct Session {
    framer: Framer,
    waiting: VecDeque<Waiting>,
    /// Why the rest of the conversation cannot be understood.
    lost: Option<Failure>,
    /// No more bytes will come.
    ended: bool,
}

impl Session {
    /// Takes a question down and gives the bytes that put it to the server. Control characters,
    /// which would break the line and which servers drop, are left out.
    pub fn ask(&mut self, request: Request<'_>) -> Vec<u8> {
        let mut bytes = request.to_string().into_bytes();
        bytes.retain(|&byte| byte >= b' ');
        bytes.push(b'\n');
        let echo = echo(&bytes, &request);
        self.waiting.push_back(Waiting { echo, shape: Shape::of(&request) });
        bytes
    }

    /// Takes the next bytes of the connection.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.framer.push(bytes);
    }

    /// The connection ended: what is not answered by the bytes that came will not be.
    pub fn disconnect(&mut self) {
        self.ended = true;
    }

    /// How many questions wait for their answers.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether the server has said something that answers no question.
    pub fn has_surplus(&self) -> bool {
        self.waiting.is_empty() && self.framer.has_partial()
    }

    /// Whether answers can still be told apart. Once false, only a new connection helps.
    pub fn in_step(&self) -> bool {
        self.lost.is_none() && !self.ended
    }

    /// The answer to the oldest question, or none until more bytes come.
    pub fn answer(&mut self) -> Option<Result<Answer, Failure>> {
        while !self.waiting.is_empty() {
            if let Some(result) = self.step()? {
                self.waiting.pop_front();
                return Some(result);
            }
        }
        None
    }

    /// Takes one line; none if there is none.
    fn step(&mut self) -> Option<Option<Result<Answer, Failure>>> {
        if let Some(failure) = &self.lost {
            return Some(Some(Err(failure.clone())));
        }
        match self.framer.next_line() {
            Some(Ok(line)) => Some(self.on_line(&line)),
            Some(Err(Unbalanced)) => Some(Some(self.fail(Failure::Parse))),
            None if self.ended => Some(Some(Err(Failure::Disconnected))),
            None => None,
        }
    }

    /// A list that broke off leaves rows behind that answer nothing.
    fn fail(&mut self, failure: Failure) -> Result<Answer, Failure> {
        if let Some(Waiting { shape: Shape::List { .. }, .. }) = self.waiting.front() {
            self.lost = Some(failure.clone());
        }
        Err(failure)
    }

    fn on_line(&mut self, line: &Line) -> Option<Result<Answer, Failure>> {
        let words = line.texts();
        let waiting = self.waiting.front_mut()?;
        match waiting.take(&words) {
            Ok(answer) => answer.map(Ok),
            Err(refused @ Failure::Refused { .. }) => Some(Err(refused)),
            Err(failure) => Some(self.fail(failure)),
        }
    }
}

/// The words of a request that its answer repeats: all but the verb. They are read back from the
/// bytes, so that they are just what a server can have understood.
fn echo(bytes: &[u8], request: &Request<'_>) -> Vec<String> {
    match (request, parse(bytes)) {
        (Request::Get(_) | Request::List(_), Parsed::Line(line, _)) => {
            line.words.into_iter().skip(1).map(|word| word.text).collect()
        }
        _ => Vec::new(),
    }
}

impl Shape {
    fn of(request: &Request<'_>) -> Shape {
        match request {
            Request::Get(Get::Tracking { id: Some(_) }) => Shape::Tracking,
            Request::Get(Get::Tracking { id: None }) => Shape::Text,
            Request::Get(_) => Shape::Value,
            Request::List(list) => {
                Shape::List { columns: columns(list), begun: false, rows: Vec::new() }
            }
            Request::Ver | Request::NetVer | Request::ProtVer | Request::Help => Shape::Text,
            _ => Shape::Command,
        }
    }
}

/// Words of a row behind the echo.
fn columns(list: &List<'_>) -> usize {
    match list {
        List::Ups | List::Var { .. } | List::Rw { .. } | List::Range { .. } => 2,
        List::Cmd { .. } | List::Client { .. } | List::Enum { .. } => 1,
    }
}

impl Waiting {
    /// Takes a line; gives an answer when it is whole.
    fn take(&mut self, words: &[&str]) -> Result<Option<Answer>, Failure> {
        if let Shape::Tracking = self.shape {
            if let Some(state) = tracking_state(words) {
                return Ok(Some(Answer::Tracking(state)));
            }
        }
        if words.first() == Some(&"ERR") {
            return Err(refused(words));
        }
        match &mut self.shape {
            Shape::Value => value(&self.echo, words, 1).map(|v| Some(Answer::Value(v))),
            Shape::Text => Ok(Some(Answer::Line(words.join(" ")))),
            Shape::Command if words.first() == Some(&"OK") => {
                Ok(Some(Answer::Line(words.join(" "))))
            }
            Shape::Command | Shape::Tracking => Err(Failure::Unexpected { line: words.join(" ") }),
            Shape::List { columns, begun, rows } => {
                match list_line(&self.echo, words, *columns, *begun)? {
                    ListLine::Begin => *begun = true,
                    ListLine::Row(_) if rows.len() == ROWS_MAX => return Err(Failure::Protocol),
                    ListLine::Row(row) => rows.push(row),
                    ListLine::End => return Ok(Some(Answer::Rows(std::mem::take(rows)))),
                }
                Ok(None)
            }
        }
    }
}

fn refused(words: &[&str]) -> Failure {
    let token = words.get(1).and_then(|word| ErrorToken::from_text(word));
    Failure::Refused { token, line: words.join(" ") }
}

fn tracking_state(words: &[&str]) -> Option<TrackingState> {
    let line = words.join(" ");
    TrackingState::ALL.into_iter().find(|state| state.to_string() == line)
}

/// The words behind the echo.
fn value(echo: &[String], words: &[&str], columns: usize) -> Result<Vec<String>, Failure> {
    let rest = strip(words, echo)?;
    if rest.len() < columns {
        return Err(Failure::Short { got: words.len(), need: echo.len() + columns });
    }
    Ok(rest.iter().map(|&word| word.to_owned()).collect())
}

/// A line of a list.
enum ListLine {
    Begin,
    Row(Vec<String>),
    End,
}

fn list_line(
    echo: &[String],
    words: &[&str],
    columns: usize,
    begun: bool,
) -> Result<ListLine, Failure> {
    let framed = |frame: &[&str]| match words.split_at_checked(frame.len()) {
        Some((head, rest)) if head == frame => strip(rest, echo).map(|_| true),
        _ => Ok(false),
    };
    if !begun {
        return if framed(&["BEGIN", "LIST"])? {
            Ok(ListLine::Begin)
        } else {
            Err(Failure::Protocol)
        };
    }
    if framed(&["END", "LIST"])? {
        return Ok(ListLine::End);
    }
    value(echo, words, columns).map(ListLine::Row)
}

/// What follows the echo, which may differ in letter case.
fn strip<'w, 't>(words: &'w [&'t str], echo: &[String]) -> Result<&'w [&'t str], Failure> {
    match words.split_at_checked(echo.len()) {
        Some((head, rest)) if head.iter().zip(echo).all(|(a, b)| a.eq_ignore_ascii_case(b)) => {
            Ok(rest)
        }
        _ => Err(Failure::Protocol),
    }
}

#[cfg(test)]
mod tests;
