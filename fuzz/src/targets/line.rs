//! The line grammar: chunks do not matter, limits hold, what is encoded is read back.

use super::{lines, words};
use crate::Target;
use nut_proto::line::{Framer, Line, WORD_MAX, WORDS_MAX, quote, word_form};

pub const TARGET: Target = Target {
    name: "line",
    run,
    words: &["\"", "\\\n", "\\\"", " = ", "#", "\"\"", "\n", "\u{e9}"],
};

fn run(data: &[u8]) {
    let Some((&size, stream)) = data.split_first() else { return };
    let whole = lines(stream);
    assert_eq!(in_chunks(stream, usize::from(size).max(1)), whole, "chunks change the lines");
    for line in &whole {
        check(line);
    }
}

fn in_chunks(stream: &[u8], size: usize) -> Vec<Line> {
    let mut framer = Framer::default();
    let mut found = Vec::new();
    for chunk in stream.chunks(size) {
        framer.push(chunk);
        while let Some(line) = framer.next_line() {
            found.extend(line);
        }
    }
    found
}

fn check(line: &Line) {
    assert!(line.words.len() <= WORDS_MAX);
    for word in &line.words {
        assert!(
            word.text.len() <= WORD_MAX && word.text.bytes().all(|b| (0x20..=0x7f).contains(&b))
        );
        assert_eq!(words(&quote(&word.text)), [word.text.as_str()]);
        assert_eq!(words(&word_form(&word.text)), [word.text.as_str()]);
    }
}
