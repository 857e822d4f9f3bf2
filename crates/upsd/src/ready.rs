//! Answers of one UPS kept as finished bytes.
//!
//! LIST VAR, LIST RW and LIST CMD of a UPS that has not changed are one copy of memory. An answer is
//! kept for the configured spelling of the name only, because answers echo the client's spelling.
//! Pure.

use nut_proto::reply::Reply;
use nut_proto::request::List;
use nut_proto::status::{self, Token};
use nut_proto::variable::Variable;
use nut_proto::variables::Variables;
use std::borrow::Cow;

/// A list that is worth keeping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// LIST VAR
    Var,
    /// LIST RW
    Rw,
    /// LIST CMD
    Cmd,
}

impl Kept {
    fn query(self, ups: &str) -> List<'_> {
        match self {
            Kept::Var => List::Var { ups },
            Kept::Rw => List::Rw { ups },
            Kept::Cmd => List::Cmd { ups },
        }
    }
}

/// The answers kept for one UPS; empty means not made yet.
#[derive(Debug, Default)]
pub struct Ready {
    var: Vec<u8>,
    rw: Vec<u8>,
    cmd: Vec<u8>,
}

impl Ready {
    /// Forgets all answers: something changed.
    pub fn forget(&mut self) {
        self.var.clear();
        self.rw.clear();
        self.cmd.clear();
    }

    /// The answer to a list, made now if it is not there.
    pub fn answer(&mut self, list: Kept, ups: &str, vars: &Variables, fsd: bool) -> &[u8] {
        let place = match list {
            Kept::Var => &mut self.var,
            Kept::Rw => &mut self.rw,
            Kept::Cmd => &mut self.cmd,
        };
        if place.is_empty() {
            write_list(list, ups, vars, fsd, place);
        }
        place
    }
}

/// Writes a whole list, frame included, with the UPS spelled as given.
pub fn write_list(list: Kept, ups: &str, vars: &Variables, fsd: bool, out: &mut Vec<u8>) {
    Reply::Begin(list.query(ups)).write_to(out);
    match list {
        Kept::Var => vars.iter().for_each(|v| {
            Reply::Var { ups, var: &v.name, value: &shown_value(v, fsd) }.write_to(out);
        }),
        Kept::Rw => vars.iter().filter(|v| v.flags.rw).for_each(|v| {
            Reply::Rw { ups, var: &v.name, value: &v.value }.write_to(out);
        }),
        Kept::Cmd => vars.commands().for_each(|cmd| Reply::Cmd { ups, cmd }.write_to(out)),
    }
    Reply::End(list.query(ups)).write_to(out);
}

/// The value clients see: a forced shutdown stands in front of the status.
pub fn shown_value(variable: &Variable, fsd: bool) -> Cow<'_, str> {
    if fsd && variable.name.eq_ignore_ascii_case(status::VARIABLE) {
        Cow::Owned(format!("{} {}", Token::ForcedShutdown, variable.value))
    } else {
        Cow::Borrowed(&variable.value)
    }
}
