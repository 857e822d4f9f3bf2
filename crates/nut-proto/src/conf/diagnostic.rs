//! What a reader of configuration has to say about a file, and where.
//!
//! Knows how a position and a complaint look in print. Whether a complaint stops a program is for
//! the program: NUT goes on after nearly all of them.

use std::fmt;

/// A place in a file. The smallest is the one that comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Physical line, from 1.
    pub line: u32,
    /// Byte in that line, from 1.
    pub column: u32,
}

impl Position {
    /// The first byte of a file.
    pub const START: Position = Position { line: 1, column: 1 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The text was taken, but perhaps not as it was meant.
    Warning,
    /// Something in the file has no effect because it could not be understood.
    Error,
}

/// One complaint: where, and what was expected instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file's name as the reader was given it.
    pub file: String,
    /// Physical line, from 1.
    pub line: u32,
    /// Byte in that line, from 1.
    pub column: u32,
    /// Whether text was lost.
    pub severity: Severity,
    /// What is wrong and what was expected, without file and position.
    pub message: String,
}

impl Diagnostic {
    /// Something that has no effect.
    pub fn error(file: &str, at: Position, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, file, at, message.into())
    }

    /// Something that works, but looks like a mistake.
    pub fn warning(file: &str, at: Position, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, file, at, message.into())
    }

    fn new(severity: Severity, file: &str, at: Position, message: String) -> Diagnostic {
        let file = file.to_owned();
        Diagnostic { file, line: at.line, column: at.column, severity, message }
    }

    /// Where it is.
    pub fn position(&self) -> Position {
        Position { line: self.line, column: self.column }
    }
}

/// `file:line:column: message`, the form editors jump to.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.position(), self.message)
    }
}
