//! One line of the file while it is read: its words, what it changes, what is said about it.
//!
//! Knows how complaints are built and which words must not be shown; what a directive means is for
//! `directives` and the files beside it. Pure.

use super::Fatal;
use super::directives::Directive;
use crate::settings::{Settings, Threshold};
use nut_proto::conf::{ConfLine, Diagnostic, Position, Severity, Word};
use std::collections::BTreeMap;

/// The configuration in the making.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub settings: Settings,
    pub echo: Vec<String>,
    pub fatal: Option<Fatal>,
    /// Identifiers of MONITOR lines, with their power values.
    pub names: BTreeMap<String, u32>,
    /// SHUTDOWNIF lines, and where each names its UPS: which ones are monitored is known at the end.
    pub thresholds: Vec<(Position, Threshold)>,
}

/// Why a line has no effect.
#[derive(Debug)]
pub(super) struct Refusal {
    pub at: Position,
    pub message: String,
}

/// A line had its effect, or not.
pub(super) type Taken = Result<(), Refusal>;

/// Complaints about one file.
#[derive(Debug)]
pub(super) struct Told {
    file: String,
    diagnostics: Vec<Diagnostic>,
    ignored: usize,
}

impl Told {
    /// Begins with what the grammar complained about.
    pub fn new(file: &str, diagnostics: Vec<Diagnostic>) -> Told {
        let ignored = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
        Told { file: file.to_owned(), diagnostics, ignored }
    }

    /// It counts, but perhaps not as it was meant.
    pub fn warn(&mut self, at: Position, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::warning(&self.file, at, message));
    }

    /// Part of it could not be understood; the rest counts.
    pub fn error(&mut self, at: Position, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(&self.file, at, message));
    }

    /// The entry has no effect.
    pub fn refuse(&mut self, refusal: Refusal) {
        self.error(refusal.at, refusal.message);
        self.ignored += 1;
    }

    /// A directive of another version: no effect, but no reason to refuse the file.
    pub fn unknown(&mut self, at: Position, message: String) {
        self.warn(at, message);
        self.ignored += 1;
    }

    /// The complaints in file order, and the number of entries without effect.
    pub fn finish(mut self) -> (Vec<Diagnostic>, usize) {
        self.diagnostics.sort_by_key(Diagnostic::position);
        (self.diagnostics, self.ignored)
    }
}

/// A line with a known keyword.
pub(super) struct Entry<'a> {
    pub directive: &'static Directive,
    pub line: &'a ConfLine,
    /// The words behind the keyword.
    pub values: &'a [Word],
    pub draft: &'a mut Draft,
    pub told: &'a mut Told,
}

impl<'a> Entry<'a> {
    /// The first `N` values. Fewer are an error; more are passed over, as in NUT, but told.
    pub fn values<const N: usize>(&mut self) -> Result<&'a [Word; N], Refusal> {
        let Some((values, surplus)) = self.values.split_first_chunk::<N>() else {
            return Err(self.invalid());
        };
        if let Some(word) = surplus.first() {
            let message = format!(
                "the rest of the line is ignored; expected {}, values with blanks in quotes",
                self.directive.shape()
            );
            self.told.warn(word.position, message);
        }
        Ok(values)
    }

    /// The only value.
    pub fn value(&mut self) -> Result<&'a Word, Refusal> {
        let [value] = self.values()?;
        Ok(value)
    }

    /// NUT's complaint about a line as a whole.
    pub fn invalid(&self) -> Refusal {
        let message = format!("{}; expected {}", invalid(self.line), self.directive.shape());
        Refusal { at: self.line.position(), message }
    }

    /// A complaint about one word.
    pub fn refusal(&self, word: &Word, message: impl Into<String>) -> Refusal {
        Refusal { at: word.position, message: message.into() }
    }
}

/// How NUT begins its complaint about a line. Words that may be passwords are left out: messages go
/// to the log, which more people may read than the file.
pub(super) fn invalid(line: &ConfLine) -> String {
    let texts = line.texts();
    let keyword = texts.first().copied().unwrap_or_default();
    let secret = ["MONITOR", "CERTIDENT"].iter().any(|name| name.eq_ignore_ascii_case(keyword));
    let shown = if secret { 2 } else { 4 };
    let words: Vec<&str> = texts.iter().copied().take(shown).collect();
    let more = if texts.len() > shown { " ..." } else { "" };
    format!("invalid directive {}{more}", words.join(" "))
}
