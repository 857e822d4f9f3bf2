//! Rust without its comments and literals, line for line.
//!
//! Knows just enough of the language that a brace or a word found in the result really is code. What
//! the code means is for the rules.

/// The text with comments, strings and characters blanked; line breaks stay where they are.
pub(super) fn code_only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skip = literal_or_comment(rest);
        let taken = if skip == 0 { c.len_utf8() } else { skip };
        let (piece, after) = rest.split_at(taken);
        match skip {
            0 => out.push(c),
            _ => out.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' })),
        }
        rest = if skip == 0 && is_word(c) { copy_word(after, &mut out) } else { after };
    }
    out
}

/// The same without items marked `#[cfg(test)]`.
pub(super) fn code_outside_tests(text: &str) -> String {
    let code = code_only(text);
    let mut out = String::with_capacity(code.len());
    let mut rest = code.as_str();
    while let Some(at) = rest.find("#[cfg(test)]") {
        let (before, item) = rest.split_at(at);
        let (inside, after) = item.split_at(item_length(item));
        out.push_str(before);
        out.extend(inside.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = after;
    }
    out + rest
}

/// How many bytes an item takes: up to its closing brace, or to a semicolon before any brace.
pub(super) fn item_length(code: &str) -> usize {
    let mut depth = 0usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 && !within_brackets(code, at) => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// A semicolon as in `[u8; 4]` ends nothing.
fn within_brackets(code: &str, at: usize) -> bool {
    let before = code.get(..at).unwrap_or_default();
    before.matches('[').count() > before.matches(']').count()
}

/// Copies the rest of a word, so that the quote of `b"` or the `r` of `for` are not taken apart.
fn copy_word<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    out.push_str(word);
    after
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Bytes of the comment or literal that begins here, or 0.
fn literal_or_comment(text: &str) -> usize {
    match text.as_bytes() {
        [b'/', b'/', ..] => text.find('\n').unwrap_or(text.len()),
        [b'/', b'*', ..] => block_comment(text),
        [b'"', ..] => 1 + string(text.get(1..).unwrap_or_default()),
        [b'b' | b'c', b'"', ..] => 2 + string(text.get(2..).unwrap_or_default()),
        [b'b', b'\'', ..] => 1 + character(text.get(1..).unwrap_or_default()),
        [b'r', b'"' | b'#', ..] => raw(text, 1),
        [b'b' | b'c', b'r', b'"' | b'#', ..] => raw(text, 2),
        [b'\'', ..] => character(text),
        _ => 0,
    }
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0usize, 0usize);
    while let Some(two) = text.as_bytes().get(at..at + 2) {
        match two {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Bytes up to and including the closing quote.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn raw(text: &str, prefix: usize) -> usize {
    let after = text.get(prefix..).unwrap_or_default();
    let hashes = after.len() - after.trim_start_matches('#').len();
    if !after.get(hashes..).is_some_and(|t| t.starts_with('"')) {
        return 0;
    }
    let open = prefix + hashes + 1;
    let close = format!("\"{}", "#".repeat(hashes));
    let inside = text.get(open..).unwrap_or_default();
    inside.find(&close).map_or(text.len(), |n| open + n + close.len())
}

/// A character, or 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, _))) => {
            let after = at + 1;
            let end = text.get(after..).and_then(|t| t.find('\''));
            end.map_or(0, |n| after + n + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        for (text, code) in [
            ("a // {\nb", "a b"),
            ("a /* { /* } */\n*/ b", "a b"),
            ("f(\"{ \\\" }\") }", "f( ) }"),
            ("r#\"a\"{\"# }", "}"),
            ("b\"{\" '{' '\\'' '\\u{7f}' }", "}"),
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
            ("for r in br {}", "for r in br {}"),
        ] {
            let blanked = code_only(text);
            assert_eq!(blanked.split_whitespace().collect::<Vec<_>>().join(" "), code, "{text}");
            assert_eq!(blanked.len(), text.len());
            assert_eq!(blanked.matches('\n').count(), text.matches('\n').count());
        }
    }

    #[test]
    fn tests_are_left_out() {
        let text =
            "a();\n#[cfg(test)]\nmod tests { fn b() { c() } }\nd();\n#[cfg(test)]\nmod x;\ne\n";
        assert_eq!(
            code_outside_tests(text).split_whitespace().collect::<Vec<_>>(),
            ["a();", "d();", "e"]
        );
        assert_eq!(code_outside_tests(text).matches('\n').count(), text.matches('\n').count());
    }

    #[test]
    fn items_end_at_brace_or_semicolon() {
        assert_eq!(item_length("fn a() { { } } b"), 14);
        assert_eq!(item_length("fn a(x: [u8; 2]); b"), 17);
    }
}
