//! Files as text in, words with positions and complaints out.

use super::*;

fn read(text: impl AsRef<[u8]>) -> (Vec<String>, Vec<String>) {
    let (lines, diagnostics) = parse("f", text.as_ref());
    let show = |w: &Word| format!("{}@{}", w.text, w.position);
    (
        lines.iter().map(|l| l.words.iter().map(show).collect::<Vec<_>>().join(" ")).collect(),
        diagnostics.iter().map(ToString::to_string).collect(),
    )
}

fn clean(text: &str) -> Vec<String> {
    let (lines, complaints) = read(text);
    assert_eq!(complaints, [""; 0], "{text:?}");
    lines
}

#[test]
fn words_have_line_and_column() {
    assert_eq!(clean("# c\n\n  a=\"b c\"\r\n\td\n"), ["a@3:3 =@3:4 b c@3:5", "d@4:2"]);
}

#[test]
fn joined_lines_do_not_shift_what_follows() {
    assert_eq!(clean("a \\\n  b\nc\n"), ["a@1:1 @1:3 b@2:3", "c@3:1"]);
    assert_eq!(clean("a\\\nb c\nd\n"), ["ab@1:1 c@2:3", "d@3:1"]);
}

#[test]
fn the_last_line_counts_without_line_feed() {
    assert_eq!(clean("nolock"), ["nolock@1:1"]);
    assert_eq!(clean("a = b"), ["a@1:1 =@1:3 b@1:5"]);
    assert_eq!(clean("a\n# comment"), ["a@1:1"]);
    assert_eq!(clean("a\n  "), ["a@1:1"]);
    assert_eq!(clean("a\\"), ["a@1:1"]);
    assert_eq!(clean(""), [""; 0]);
}

#[test]
fn an_open_quote_at_the_end_is_told_and_delivered() {
    for end in ["", "\n", "\\"] {
        let (lines, complaints) = read(format!("x\na = \"b{end}"));
        assert_eq!(lines, ["x@1:1", "a@2:1 =@2:3 b@2:5"]);
        assert_eq!(complaints, ["f:2:5: expected a closing quote before the end of the file"]);
    }
}

#[test]
fn an_unescaped_hash_in_quotes_costs_its_physical_line_only() {
    let told = "Unbalanced word due to unescaped # in quotes; expected \\# or a closing quote; \
                the line is ignored";
    for end in ["\n", ""] {
        let (lines, complaints) = read(format!("a\npassword = \"x # upsmon primary{end}"));
        assert_eq!(lines, ["a@1:1"]);
        assert_eq!(complaints, [format!("f:2:15: {told}")]);
    }
    let (lines, complaints) = read("a = \"x # y\" z\nb\n");
    assert_eq!(lines, ["b@2:1"]);
    assert_eq!(complaints, [format!("f:1:8: {told}")]);
}

#[test]
fn discarded_bytes_are_told_with_a_hint() {
    for (text, told) in [
        (
            "a = \u{201c}b\u{201d}",
            "1:5: discarding a curly quote; expected a plain \" (0xe2 0x80 0x9c 0xe2 0x80 0x9d)",
        ),
        ("a \u{2019}b", "1:3: discarding a curly quote; expected a plain ' (0xe2 0x80 0x99)"),
        ("a \u{2013}b", "1:3: discarding a long dash; expected a plain - (0xe2 0x80 0x93)"),
        (
            "\u{feff}[ups]",
            "1:1: discarding a byte order mark; expected plain ASCII (0xef 0xbb 0xbf)",
        ),
        ("a\u{a0}b", "1:2: discarding a no-break space; expected a plain blank (0xc2 0xa0)"),
        ("x\na \"b\tc\"", "2:5: discarding a tab inside a word; expected a blank (0x09)"),
        (
            "a \"b\nc\"",
            "1:5: discarding a line feed inside quotes; expected the closing quote before it (0x0a)",
        ),
        (
            "caf\u{e9} # \u{e9}",
            "1:4: discarding bytes outside ASCII; expected 0x20 to 0x7f (0xc3 0xa9)",
        ),
    ] {
        assert_eq!(read(format!("{text}\n")).1, [format!("f:{told}")], "{text:?}");
    }
    assert_eq!(
        read(b"a = \x93b\n").1,
        ["f:1:5: discarding a curly quote; expected a plain \" (0x93)"]
    );
}

#[test]
fn comments_may_hold_anything() {
    assert_eq!(clean("a # caf\u{e9} \"open\n#\u{201c}\n"), ["a@1:1"]);
}

#[test]
fn limits_are_told() {
    let (_, complaints) = read(format!("a = {}\n{}\n", "x".repeat(600), "w ".repeat(40)));
    assert_eq!(
        complaints,
        [
            "f:1:5: a word keeps 512 bytes; any further ones are ignored",
            "f:2:63: a line keeps 32 words; any further ones are ignored",
        ]
    );
}

#[test]
fn forms() {
    for (text, expected) in [
        ("a", "flag a"),
        ("a = b c", "a is b c"),
        ("a=\"\"", "a is "),
        ("a =", "a lacks"),
        ("a b", "other a b"),
        ("a b = c", "other a b = c"),
        ("= b", "other = b"),
    ] {
        let (lines, _) = parse("f", text.as_bytes());
        let texts =
            |words: &[Word]| words.iter().map(|w| w.text.clone()).collect::<Vec<_>>().join(" ");
        let told = match lines[0].form() {
            Form::Flag(key) => format!("flag {}", key.text),
            Form::Setting(key, values) => format!("{} is {}", key.text, texts(values)),
            Form::NoValue(key) => format!("{} lacks", key.text),
            Form::Other(words) => format!("other {}", texts(words)),
        };
        assert_eq!(told, expected);
    }
}

#[test]
fn a_line_printed_as_nut_prints_it() {
    assert_eq!(parse("f", b"MAXAGE =  \"1 5\" # x\n").0[0].joined(), "MAXAGE = 1 5");
}
