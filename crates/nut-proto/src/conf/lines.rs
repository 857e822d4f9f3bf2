//! A whole file as logical lines with positions.
//!
//! Adds to [`crate::line`] what only files have: line and column, a last line without line feed (it
//! counts; NUT 2.8.5 loses one of a single word), a quote nobody closed, and words about bytes that
//! the grammar throws away.

use super::{Diagnostic, Position};
use crate::line::{self, Line, Parsed, UNBALANCED, WORD_MAX, WORDS_MAX};

/// One word and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word without quotes and escapes: ASCII, 0x20 to 0x7f.
    pub text: String,
    /// Whether it was written in quotes.
    pub quoted: bool,
    /// Where it begins, its opening quote included.
    pub position: Position,
}

/// A logical line that holds at least one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfLine {
    /// The words, at least one.
    pub words: Vec<Word>,
    /// Physical line of the first word, from 1.
    pub line: u32,
}

/// What a line of a section file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form<'a> {
    /// `word`
    Flag(&'a Word),
    /// `word = value...`: the key and at least one value.
    Setting(&'a Word, &'a [Word]),
    /// `word =`
    NoValue(&'a Word),
    /// Anything else: at least two words, and no `=` where one was expected.
    Other(&'a [Word]),
}

impl ConfLine {
    /// The texts of the words.
    pub fn texts(&self) -> Vec<&str> {
        self.words.iter().map(|w| w.text.as_str()).collect()
    }

    /// All words joined by single blanks, as NUT prints a line it does not understand.
    pub fn joined(&self) -> String {
        self.texts().join(" ")
    }

    /// Where the first word begins.
    pub fn position(&self) -> Position {
        self.words.first().map_or(Position { line: self.line, column: 1 }, |w| w.position)
    }

    /// The line as flag or setting.
    pub fn form(&self) -> Form<'_> {
        match self.words.as_slice() {
            [flag] => Form::Flag(flag),
            [key, equals, values @ ..] if equals.text == "=" => match values {
                [] => Form::NoValue(key),
                _ => Form::Setting(key, values),
            },
            words => Form::Other(words),
        }
    }
}

/// Reads a whole file. Lines without words are left out; diagnostics come in file order.
pub fn parse(file: &str, bytes: &[u8]) -> (Vec<ConfLine>, Vec<Diagnostic>) {
    let mut reader = Reader::new(file, bytes);
    let mut start = 0;
    while start < bytes.len() {
        start += reader.logical_line(start);
    }
    (reader.lines, reader.diagnostics)
}

struct Reader<'a> {
    file: &'a str,
    bytes: &'a [u8],
    cursor: Cursor<'a>,
    lines: Vec<ConfLine>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    fn new(file: &'a str, bytes: &'a [u8]) -> Reader<'a> {
        let (lines, diagnostics) = (Vec::new(), Vec::new());
        Reader { file, bytes, cursor: Cursor::new(bytes), lines, diagnostics }
    }

    /// Takes one logical line and says how many bytes it had, at least one.
    fn logical_line(&mut self, start: usize) -> usize {
        self.cursor.advance(start);
        let rest = self.bytes.get(start..).unwrap_or_default();
        match line::parse(rest) {
            Parsed::Line(line, consumed) => {
                self.deliver(start, line, true);
                consumed
            }
            Parsed::Unbalanced { at, consumed } => {
                self.unbalanced(start + at);
                consumed
            }
            Parsed::Incomplete => {
                self.last_line(start, rest);
                rest.len()
            }
        }
    }

    /// The end of the file came before the end of the line: tries what may be missing.
    fn last_line(&mut self, start: usize, rest: &[u8]) {
        for (missing, open_quote) in
            [("\n", false), ("\n\n", false), ("\"\n", true), ("\n\"\n", true)]
        {
            match line::parse(&[rest, missing.as_bytes()].concat()) {
                Parsed::Line(line, _) => {
                    if open_quote {
                        self.open_quote(start, &line);
                    }
                    return self.deliver(start, line, !open_quote);
                }
                Parsed::Unbalanced { at, .. } => return self.unbalanced(start + at),
                Parsed::Incomplete => {}
            }
        }
    }

    fn open_quote(&mut self, start: usize, line: &Line) {
        let at = self.place(start + line.words.last().map_or(0, |w| w.at));
        let message = "expected a closing quote before the end of the file";
        self.diagnostics.push(Diagnostic::error(self.file, at, message));
    }

    fn unbalanced(&mut self, at: usize) {
        let message = format!("{UNBALANCED}; expected \\# or a closing quote; the line is ignored");
        self.diagnostics.push(Diagnostic::error(self.file, self.place(at), message));
    }

    fn deliver(&mut self, start: usize, line: Line, tell_discarded: bool) {
        if let (Some(at), true) = (line.discarded_at, tell_discarded) {
            let message = discarded(&line.discarded);
            self.diagnostics.push(Diagnostic::warning(self.file, self.place(start + at), message));
        }
        let place = |w: line::Word| Word {
            position: self.place(start + w.at),
            text: w.text,
            quoted: w.quoted,
        };
        let words: Vec<Word> = line.words.into_iter().map(place).collect();
        if let Some(first) = words.first() {
            self.limits(&words);
            self.lines.push(ConfLine { line: first.position.line, words });
        }
    }

    /// The position of an offset in the present logical line.
    fn place(&self, at: usize) -> Position {
        let mut cursor = self.cursor.clone();
        cursor.advance(at);
        cursor.position
    }

    fn limits(&mut self, words: &[Word]) {
        if let Some(word) = words.iter().find(|w| w.text.len() == WORD_MAX) {
            let message = format!("a word keeps {WORD_MAX} bytes; any further ones are ignored");
            self.diagnostics.push(Diagnostic::warning(self.file, word.position, message));
        }
        if let Some(word) = words.get(WORDS_MAX - 1) {
            let message = format!("a line keeps {WORDS_MAX} words; any further ones are ignored");
            self.diagnostics.push(Diagnostic::warning(self.file, word.position, message));
        }
    }
}

/// An offset and its position; goes forward only.
#[derive(Clone)]
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    position: Position,
}

impl<'a> Cursor<'a> {
    fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { bytes, at: 0, position: Position::START }
    }

    fn advance(&mut self, at: usize) {
        let between = self.bytes.get(self.at..at).unwrap_or_default();
        for &byte in between {
            match byte {
                b'\n' => {
                    self.position.line = self.position.line.saturating_add(1);
                    self.position.column = 1;
                }
                _ => self.position.column = self.position.column.saturating_add(1),
            }
        }
        self.at = self.at.max(at);
    }
}

fn discarded(bytes: &[u8]) -> String {
    let hex: Vec<String> = bytes.iter().map(|b| format!("0x{b:02x}")).collect();
    format!("discarding {} ({})", hint(bytes), hex.join(" "))
}

/// The usual ways in which such bytes get into a file.
fn hint(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xe2, 0x80, 0x9c..=0x9f, ..] | [0x93 | 0x94] => "a curly quote; expected a plain \"",
        [0xe2, 0x80, 0x98..=0x9b, ..] | [0x91 | 0x92] => "a curly quote; expected a plain '",
        [0xe2, 0x80, 0x90..=0x95, ..] => "a long dash; expected a plain -",
        [0xef, 0xbb, 0xbf, ..] => "a byte order mark; expected plain ASCII",
        [0xc2, 0xa0, ..] => "a no-break space; expected a plain blank",
        [b'\n', ..] => "a line feed inside quotes; expected the closing quote before it",
        [b'\t', ..] => "a tab inside a word; expected a blank",
        _ => "bytes outside ASCII; expected 0x20 to 0x7f",
    }
}

#[cfg(test)]
mod tests;
