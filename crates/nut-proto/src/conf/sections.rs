//! Section files: `[name]` on a line of its own, settings below it.
//!
//! Knows what a header is and which lines stand under it. A header that cannot be read opens nothing
//! and what stands under it is refused; NUT 2.8.5 gives those lines to the section before, which has
//! handed one user's rights to another. What re-opening a section means is for the reader.

use super::{ConfLine, Diagnostic, Position, Word};

/// The lines under one header, or those before the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The name between the brackets; none for the lines before the first header.
    pub name: Option<String>,
    /// Where the header stands; the start of the file for the lines before the first.
    pub position: Position,
    /// The lines up to the next header.
    pub lines: Vec<ConfLine>,
}

/// Sorts lines into blocks, in file order; the first block is always the nameless one. A header that
/// comes twice gives two blocks.
pub fn sections(file: &str, lines: Vec<ConfLine>) -> (Vec<Block>, Vec<Diagnostic>) {
    let global = Block { name: None, position: Position::START, lines: Vec::new() };
    let mut sorter = Sorter { file, blocks: vec![global], bad: None, diagnostics: Vec::new() };
    for line in lines {
        sorter.take(line);
    }
    (sorter.blocks, sorter.diagnostics)
}

struct Sorter<'a> {
    file: &'a str,
    blocks: Vec<Block>,
    /// The last header could not be read: where it stands.
    bad: Option<Position>,
    diagnostics: Vec<Diagnostic>,
}

impl Sorter<'_> {
    fn take(&mut self, line: ConfLine) {
        match Header::read(&line.words) {
            Some(Header::Good(name)) => self.open(name.to_owned(), &line.words),
            Some(Header::Bad(expected)) => self.refuse_header(expected, line.position()),
            None => self.settle(line),
        }
    }

    fn open(&mut self, name: String, words: &[Word]) {
        self.bad = None;
        if let Some(extra) = words.get(1) {
            let message =
                format!("expected nothing after [{name}]; the rest of the line is ignored");
            self.diagnostics.push(Diagnostic::warning(self.file, extra.position, message));
        }
        let position = words.first().map_or(Position::START, |w| w.position);
        self.blocks.push(Block { name: Some(name), position, lines: Vec::new() });
    }

    fn refuse_header(&mut self, expected: String, at: Position) {
        self.bad = Some(at);
        self.diagnostics.push(Diagnostic::error(self.file, at, expected));
    }

    fn settle(&mut self, line: ConfLine) {
        if let Some(header) = self.bad {
            let first = line.words.first().map_or("", |w| w.text.as_str());
            let message =
                format!("`{first}` is ignored: the header in line {} is not one", header.line);
            self.diagnostics.push(Diagnostic::error(self.file, line.position(), message));
        } else if let Some(block) = self.blocks.last_mut() {
            block.lines.push(line);
        }
    }
}

/// A line whose first word begins with `[`.
enum Header<'a> {
    Good(&'a str),
    /// What was expected instead.
    Bad(String),
}

impl<'a> Header<'a> {
    fn read(words: &'a [Word]) -> Option<Header<'a>> {
        let inside = words.first()?.text.strip_prefix('[')?;
        Some(match inside.strip_suffix(']') {
            Some("") => Header::Bad("expected a name between [ and ]".to_owned()),
            Some(name) => Header::Good(name),
            None => Header::Bad(expected(words)),
        })
    }
}

fn expected(words: &[Word]) -> String {
    let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
    match texts.join(" ") {
        all if all.ends_with(']') => {
            format!("expected [name]; a name with a blank is quoted as a whole: \"{all}\"")
        }
        _ => "expected [name] with its closing bracket on the same line".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::parse;

    type Shown = (Option<String>, Vec<String>);

    fn read(text: &str) -> (Vec<Shown>, Vec<String>) {
        let (lines, mut diagnostics) = parse("f", text.as_bytes());
        let (blocks, more) = sections("f", lines);
        diagnostics.extend(more);
        let joined = |b: Block| (b.name, b.lines.iter().map(ConfLine::joined).collect());
        (
            blocks.into_iter().map(joined).collect(),
            diagnostics.iter().map(ToString::to_string).collect(),
        )
    }

    fn block(name: &str, lines: &[&str]) -> Shown {
        let name = if name.is_empty() { None } else { Some(name.to_owned()) };
        (name, lines.iter().map(|&l| l.to_owned()).collect())
    }

    #[test]
    fn lines_go_to_the_header_above_them() {
        let (blocks, complaints) = read("a\n[x]\nb\nc = d\n[y]\n[x]\ne\n");
        assert_eq!(
            blocks,
            [block("", &["a"]), block("x", &["b", "c = d"]), block("y", &[]), block("x", &["e"])]
        );
        assert_eq!(complaints, [""; 0]);
    }

    #[test]
    fn a_name_with_a_blank_is_quoted_as_a_whole() {
        assert_eq!(read("\"[my ups]\"\na\n").0, [block("", &[]), block("my ups", &["a"])]);
    }

    #[test]
    fn what_stands_under_a_bad_header_goes_to_nobody() {
        for header in ["[my ups]", "[\"my ups\"]", "[\"my ups\"", "[my", "[a=b]", "[]", "[a]b"] {
            let (blocks, complaints) =
                read(&format!("[admin]\nx\n{header}\npassword = p\nactions = SET\n[z]\ny\n"));
            assert_eq!(blocks[1..], [block("admin", &["x"]), block("z", &["y"])], "{header}");
            assert!(complaints[0].starts_with("f:3:1: expected "), "{complaints:?}");
            assert_eq!(
                complaints[1..],
                [
                    "f:4:1: `password` is ignored: the header in line 3 is not one",
                    "f:5:1: `actions` is ignored: the header in line 3 is not one",
                ]
            );
        }
    }

    #[test]
    fn a_bad_header_says_what_would_be_right() {
        let (_, complaints) = read("[my ups]\n[]\n[open\n[x] y\n");
        assert_eq!(
            complaints,
            [
                "f:1:1: expected [name]; a name with a blank is quoted as a whole: \"[my ups]\"",
                "f:2:1: expected a name between [ and ]",
                "f:3:1: expected [name] with its closing bracket on the same line",
                "f:4:5: expected nothing after [x]; the rest of the line is ignored",
            ]
        );
    }
}
