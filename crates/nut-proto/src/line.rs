//! NUT's line grammar: bytes to words and words to bytes.
//!
//! One grammar serves configuration files, the network protocol and the driver socket. This module
//! knows where a logical line ends, how words are quoted and escaped, and the limits; what the words
//! mean is for others. Pure. Source of the facts: NUT 2.8.5's parser, observed byte by byte.

use nom::branch::alt;
use nom::bytes::streaming::{tag, take, take_while, take_while1};
use nom::combinator::map;
use nom::{IResult, Offset, Parser};
use std::borrow::Cow;

/// Most bytes a word keeps; further ones are silently dropped (NUT 2.8.5).
pub const WORD_MAX: usize = 512;
/// Most words a line keeps; further ones are silently dropped (NUT 2.8.5).
pub const WORDS_MAX: usize = 32;
/// Most bytes of one unfinished logical line that a [`Framer`] keeps, in bytes.
pub const LINE_MAX: usize = 64 * 1024;

/// One word of a logical line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word without quotes and escapes: ASCII, 0x20 to 0x7f.
    pub text: String,
    /// Where the word begins, in bytes from the start of the parsed input.
    pub at: usize,
    /// Whether it was written in quotes: a quoted `=` or `[x]` is plain text to some readers.
    pub quoted: bool,
}

/// One logical line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// The words, at most [`WORDS_MAX`].
    pub words: Vec<Word>,
    /// Bytes outside 0x20..=0x7f that stood inside words and were left out, in order.
    pub discarded: Vec<u8>,
    /// Where the first of them stood, in bytes from the start of the parsed input.
    pub discarded_at: Option<usize>,
}

impl Line {
    /// The texts of the words.
    pub fn texts(&self) -> Vec<&str> {
        self.words.iter().map(|w| w.text.as_str()).collect()
    }
}

/// What the beginning of some input holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// No complete logical line yet.
    Incomplete,
    /// A logical line and the number of bytes it took, its line feed included.
    Line(Line, usize),
    /// An unescaped `#` inside quotes: NUT's one syntax error.
    Unbalanced {
        /// Offset of the `#`, in bytes.
        at: usize,
        /// Bytes up to and including the next line feed: where reading goes on.
        consumed: usize,
    },
}

/// NUT's text for the one syntax error.
pub const UNBALANCED: &str = "Unbalanced word due to unescaped # in quotes";

/// Reads the first logical line of `input`.
///
/// After an unbalanced word reading goes on behind the next line feed; NUT goes on in the middle of
/// the same line, which turns the rest of a quoted value into a directive.
pub fn parse(input: &[u8]) -> Parsed {
    match logical_line(input) {
        Ok((rest, line)) => Parsed::Line(line, input.offset(rest)),
        Err(nom::Err::Incomplete(_)) => Parsed::Incomplete,
        Err(nom::Err::Error(e) | nom::Err::Failure(e)) => unbalanced(input, input.offset(e.input)),
    }
}

fn unbalanced(input: &[u8], at: usize) -> Parsed {
    let rest = input.get(at..).unwrap_or_default();
    match rest.iter().position(|&b| b == b'\n') {
        Some(n) => Parsed::Unbalanced { at, consumed: at + n + 1 },
        None => Parsed::Incomplete,
    }
}

fn logical_line(input: &[u8]) -> IResult<&[u8], Line> {
    let mut line = Line::default();
    let mut rest = input;
    loop {
        rest = take_while(is_blank).parse(rest)?.0;
        match rest.first() {
            Some(b'\n') => return Ok((rest.get(1..).unwrap_or_default(), line)),
            Some(b'#') => rest = take_while(|b| b != b'\n').parse(rest)?.0,
            _ => {
                let at = input.offset(rest);
                let mut lost = Lost { from: input, line: &mut line };
                let (after, (text, quoted)) = word(rest, &mut lost)?;
                if line.words.len() < WORDS_MAX {
                    line.words.push(Word { text, at, quoted });
                }
                rest = after;
            }
        }
    }
}

/// Keeps note of bytes that are left out.
struct Lost<'a> {
    from: &'a [u8],
    line: &'a mut Line,
}

impl Lost<'_> {
    /// A list of what was thrown away is for one message; it need not grow with the input.
    fn note(&mut self, bytes: &[u8], byte: u8) {
        if self.line.discarded.len() < WORDS_MAX {
            self.line.discarded.push(byte);
        }
        self.line.discarded_at.get_or_insert_with(|| self.from.offset(bytes));
    }
}

fn word<'a>(input: &'a [u8], lost: &mut Lost<'_>) -> IResult<&'a [u8], (String, bool)> {
    match input.first() {
        Some(b'=') => map(tag("="), |_| ("=".to_owned(), false)).parse(input),
        Some(b'"') => {
            let (rest, text) = quoted(input.get(1..).unwrap_or_default(), lost)?;
            Ok((rest, (text, true)))
        }
        _ => {
            let (rest, text) = segments(bare_segment, input, lost)?;
            Ok((rest, (text, false)))
        }
    }
}

fn quoted<'a>(input: &'a [u8], lost: &mut Lost<'_>) -> IResult<&'a [u8], String> {
    let (rest, text) = segments(quoted_segment, input, lost)?;
    match rest.first() {
        Some(b'"') => Ok((rest.get(1..).unwrap_or_default(), text)),
        _ => Err(nom::Err::Failure(nom::error::Error::new(rest, nom::error::ErrorKind::Char))),
    }
}

/// A piece of a word: what it contributes, escapes already resolved.
type Segment = for<'a> fn(&'a [u8]) -> IResult<&'a [u8], &'a [u8]>;

fn bare_segment(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let plain = take_while1(|b| !is_blank(b) && !matches!(b, b'\n' | b'#' | b'=' | b'\\'));
    alt((escape, plain)).parse(input)
}

fn quoted_segment(input: &[u8]) -> IResult<&[u8], &[u8]> {
    alt((escape, take_while1(|b| !matches!(b, b'"' | b'#' | b'\\')))).parse(input)
}

/// A backslash makes the next byte literal; before a line feed it joins two lines.
fn escape(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (rest, literal) = nom::sequence::preceded(tag("\\"), take(1usize)).parse(input)?;
    Ok((rest, if literal == b"\n" { b"" } else { literal }))
}

fn segments<'a>(
    segment: Segment,
    mut rest: &'a [u8],
    lost: &mut Lost<'_>,
) -> IResult<&'a [u8], String> {
    let mut text = String::new();
    loop {
        match segment(rest) {
            Ok((after, bytes)) => {
                append(&mut text, bytes, lost);
                rest = after;
            }
            Err(nom::Err::Error(_)) => return Ok((rest, text)),
            Err(e) => return Err(e),
        }
    }
}

fn append(text: &mut String, bytes: &[u8], lost: &mut Lost<'_>) {
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            0x20..=0x7f if text.len() < WORD_MAX => text.push(char::from(byte)),
            0x20..=0x7f => {}
            _ => lost.note(bytes.get(at..).unwrap_or_default(), byte),
        }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c | b'\r')
}

/// An unescaped `#` in quotes arrived on a socket; the rest of that line was thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unbalanced;

/// Cuts a byte stream into logical lines, however the bytes arrive.
///
/// Memory is bounded: of a line longer than [`LINE_MAX`] the beginning is kept and the rest
/// swallowed up to its line feed.
#[derive(Debug, Default)]
pub struct Framer {
    bytes: Vec<u8>,
    /// Start of what has not been delivered yet.
    start: usize,
    /// A parse of the present bytes has already found no complete line.
    tried: bool,
    /// The present line is over-long; its further bytes are dropped.
    swallowing: bool,
}

impl Framer {
    /// Takes the next bytes of the stream.
    pub fn push(&mut self, mut bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.start = 0;
        if self.swallowing {
            let Some(end) = bytes.iter().position(|&b| b == b'\n') else { return };
            bytes = bytes.get(end..).unwrap_or_default();
            self.swallowing = false;
        }
        self.tried &= !bytes.contains(&b'\n');
        self.bytes.extend_from_slice(bytes);
    }

    /// The next complete line where it is plain: printable ASCII without quotes, escapes, comments
    /// and `=`, and not long. Nothing in any other case; [`Framer::next_line`] reads every line.
    ///
    /// Nearly all requests are plain, and this way of reading them needs no memory of its own.
    pub fn next_plain(&mut self) -> Option<PlainLine<'_>> {
        if self.tried {
            return None;
        }
        let rest = self.bytes.get(self.start..).unwrap_or_default();
        let len = rest.iter().take(WORD_MAX).position(|&b| !is_plain(b))?;
        let (text, end) = rest.split_at_checked(len)?;
        if end.first() != Some(&b'\n') {
            return None;
        }
        self.start += len + 1;
        std::str::from_utf8(text).ok().map(PlainLine::split)
    }

    /// The next complete line, or none until more bytes come.
    pub fn next_line(&mut self) -> Option<Result<Line, Unbalanced>> {
        if self.tried {
            self.bound();
            return None;
        }
        let rest = self.bytes.get(self.start..).unwrap_or_default();
        match parse(rest) {
            Parsed::Line(line, consumed) => {
                self.start += consumed;
                Some(Ok(line))
            }
            Parsed::Unbalanced { consumed, .. } => {
                self.start += consumed;
                Some(Err(Unbalanced))
            }
            Parsed::Incomplete => {
                self.tried = true;
                self.bound();
                None
            }
        }
    }

    /// Whether bytes of an unfinished line are waiting.
    pub fn has_partial(&self) -> bool {
        self.swallowing || self.bytes.len() > self.start
    }

    /// Cuts an over-long unfinished line. One that is over-long by an open quote is closed, so that
    /// the next line feed ends it.
    fn bound(&mut self) {
        if self.bytes.len() - self.start <= LINE_MAX {
            return;
        }
        self.bytes.drain(..self.start);
        self.start = 0;
        self.bytes.truncate(LINE_MAX);
        self.bytes.retain(|&b| b != b'\n' && b != b'\\' && b != b'"');
        self.swallowing = true;
        self.tried = false;
    }
}

/// A line that needed no decoding.
#[derive(Debug, Clone, Copy)]
pub struct PlainLine<'a> {
    words: [&'a str; WORDS_MAX],
    count: usize,
}

impl<'a> PlainLine<'a> {
    fn split(text: &'a str) -> PlainLine<'a> {
        let mut line = PlainLine { words: [""; WORDS_MAX], count: 0 };
        let words = text.split([' ', '\r']).filter(|word| !word.is_empty());
        for (place, word) in line.words.iter_mut().zip(words) {
            *place = word;
            line.count += 1;
        }
        line
    }

    /// The words, at most [`WORDS_MAX`].
    pub fn words(&self) -> &[&'a str] {
        self.words.get(..self.count).unwrap_or_default()
    }
}

/// Whether a byte stands for itself wherever it stands. The carriage return is a blank.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\r') && !matches!(byte, b'"' | b'\\' | b'#' | b'=')
}

/// Puts a backslash before each `#`, `\` and `"`, as NUT does on output.
pub fn encode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(needs_escape) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c.is_ascii() && needs_escape(c as u8) {
            out.push('\\');
        }
        out.push(c);
    }
    Cow::Owned(out)
}

fn needs_escape(byte: u8) -> bool {
    matches!(byte, b'#' | b'\\' | b'"')
}

/// `"text"` with its inside encoded: the form in which values travel.
pub fn quote(text: &str) -> String {
    format!("\"{}\"", encode(text))
}

/// A word as NUT's clients send it: encoded, and in quotes only where the grammar needs them.
pub fn word_form(text: &str) -> Cow<'_, str> {
    let needs_quotes = text.is_empty() || text.bytes().any(|b| is_blank(b) || b == b'=');
    if needs_quotes { Cow::Owned(quote(text)) } else { encode(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(input: &str) -> Vec<String> {
        match parse(input.as_bytes()) {
            Parsed::Line(line, _) => line.words.into_iter().map(|w| w.text).collect(),
            other => panic!("{input:?}: {other:?}"),
        }
    }

    #[test]
    fn examples_of_the_grammar() {
        for (input, expected) in [
            ("a b  c\n", vec!["a", "b", "c"]),
            ("\"a b\" c\n", vec!["a b", "c"]),
            ("\"a\"b\n", vec!["a", "b"]),
            ("a\"b\"\n", vec!["a\"b\""]),
            ("x\"y z\"\n", vec!["x\"y", "z\""]),
            ("a\\ b\n", vec!["a b"]),
            ("\"a\\\"b\"\n", vec!["a\"b"]),
            ("a\\\"b\n", vec!["a\"b"]),
            ("'a b'\n", vec!["'a", "b'"]),
            ("a=b\n", vec!["a", "=", "b"]),
            ("a==b\n", vec!["a", "=", "=", "b"]),
            ("\"a=b\"\n", vec!["a=b"]),
            ("a\\=b\n", vec!["a=b"]),
            ("a#b\n", vec!["a"]),
            ("a\\#b\n", vec!["a#b"]),
            ("\"a\\#b\"\n", vec!["a#b"]),
            ("a\\\nb\n", vec!["ab"]),
            ("a \\\nb\n", vec!["a", "b"]),
            ("a \\\n b\n", vec!["a", "", "b"]),
            ("\"a\nb\"\n", vec!["ab"]),
            ("\"a\tb\"\n", vec!["ab"]),
            ("a\\\tb\n", vec!["ab"]),
            ("\"\"\n", vec![""]),
            ("VER\r\n", vec!["VER"]),
            ("\n", vec![]),
            ("# only a comment\n", vec![]),
            ("caf\u{e9}\n", vec!["caf"]),
        ] {
            assert_eq!(words(input), expected, "{input:?}");
        }
    }

    #[test]
    fn limits_cut_silently() {
        let long = "x".repeat(600);
        assert_eq!(words(&format!("{long} y\n")), vec!["x".repeat(512), "y".to_owned()]);
        assert_eq!(words(&format!("{}\n", "w ".repeat(40))).len(), 32);
    }

    #[test]
    fn positions_and_discarded_bytes_are_told() {
        let Parsed::Line(line, consumed) = parse(b"a  \"b\xc3\x01\" =\nrest") else { panic!() };
        assert_eq!(line.words.iter().map(|w| w.at).collect::<Vec<_>>(), [0, 3, 9]);
        assert_eq!((line.discarded, line.discarded_at), (vec![0xc3, 0x01], Some(5)));
        assert_eq!(consumed, 11);
    }

    #[test]
    fn unescaped_hash_in_quotes_ends_with_its_line() {
        let input = b"FOO \"a # b\" c\nBAR\n";
        assert_eq!(parse(input), Parsed::Unbalanced { at: 7, consumed: 14 });
        let mut framer = Framer::default();
        framer.push(input);
        assert_eq!(framer.next_line(), Some(Err(Unbalanced)));
        assert_eq!(framer.next_line().unwrap().unwrap().texts(), ["BAR"]);
        assert_eq!(framer.next_line(), None);
    }

    #[test]
    fn plain_lines_are_read_as_all_lines_are() {
        let many = "w ".repeat(40);
        let long = "x".repeat(600);
        for text in
            ["LIST VAR u\r", "  a   b ", "", "a\"b c", "a\tb", "a#b", "a=b", "x\\", &many, &long]
        {
            let (mut plain, mut full) = (Framer::default(), Framer::default());
            for framer in [&mut plain, &mut full] {
                framer.push(format!("{text}\nnext\n").as_bytes());
            }
            if let Some(line) = plain.next_plain() {
                let whole = full.next_line().unwrap().unwrap();
                assert_eq!(line.words(), whole.texts(), "{text:?}");
                assert_eq!(plain.next_plain().unwrap().words(), ["next"]);
                assert!(plain.next_plain().is_none() && plain.next_line().is_none());
            }
        }
        let mut framer = Framer::default();
        framer.push(b"VER");
        assert!(framer.next_plain().is_none());
        framer.push(b"\nx=y\n");
        assert_eq!(framer.next_plain().unwrap().words(), ["VER"]);
        assert!(framer.next_plain().is_none());
        assert_eq!(framer.next_line().unwrap().unwrap().texts(), ["x", "=", "y"]);
    }

    #[test]
    fn framer_gives_the_same_lines_however_bytes_arrive() {
        let input = b"GET VAR u x\nSET VAR u x \"a \\\" b\"\n\"open\nquote\" z\n";
        let whole = frame(&[input]);
        assert_eq!(whole.len(), 3);
        let single: Vec<&[u8]> = input.chunks(1).collect();
        assert_eq!(frame(&single), whole);
    }

    fn frame(chunks: &[&[u8]]) -> Vec<Vec<String>> {
        let mut framer = Framer::default();
        let mut out = Vec::new();
        for chunk in chunks {
            framer.push(chunk);
            while let Some(line) = framer.next_line() {
                out.push(line.unwrap().words.into_iter().map(|w| w.text).collect());
            }
        }
        out
    }

    #[test]
    fn an_endless_line_is_one_line_and_needs_little_memory() {
        let mut framer = Framer::default();
        for _ in 0..2048 {
            framer.push(&[b'x'; 1024]);
            assert_eq!(framer.next_line(), None);
            assert!(framer.bytes.len() <= LINE_MAX + 1024);
        }
        framer.push(b"xx\nVER\n");
        assert_eq!(framer.next_line().unwrap().unwrap().texts(), ["x".repeat(512)]);
        assert_eq!(framer.next_line().unwrap().unwrap().texts(), ["VER"]);
    }

    #[test]
    fn an_endless_open_quote_ends_too() {
        let mut framer = Framer::default();
        framer.push(b"GET \"");
        for _ in 0..200 {
            framer.push(&[b'y'; 1024]);
            assert_eq!(framer.next_line(), None);
        }
        framer.push(b"\nVER\n");
        assert_eq!(framer.next_line().unwrap().unwrap().words[0].text, "GET");
        assert_eq!(framer.next_line().unwrap().unwrap().texts(), ["VER"]);
    }

    #[test]
    fn every_text_of_the_grammar_survives_encoding() {
        for text in ["", "a b", "\"", "\\", "#", "a=b", "back\\slash \"q\" #", "\u{7f}"] {
            assert_eq!(words(&format!("{}\n", quote(text))), [text]);
            assert_eq!(words(&format!("{}\n", word_form(text))), [text]);
        }
    }
}
