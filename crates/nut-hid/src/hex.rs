//! Hexadecimal text, as recordings, options and people write it.
//!
//! Knows pairs of digits with blanks between them, the `0x` in front of a number, and report ids in
//! either base. Pure.

/// The bytes of pairs of hex digits; blanks may stand between digits. `None` for anything else.
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let byte = |pair: &[char]| match pair {
        [high, low] => u8::try_from(high.to_digit(16)? << 4 | low.to_digit(16)?).ok(),
        _ => None,
    };
    digits.chunks(2).map(byte).collect()
}

/// What stands behind `0x` or `0X`, if that is in front.
pub fn prefixed(text: &str) -> Option<&str> {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
}

/// The digits of a hexadecimal number, `0x` in front or not.
pub fn digits(text: &str) -> &str {
    prefixed(text).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_pairs_of_digits() {
        for (text, expected) in [
            ("", Some(vec![])),
            ("05 84", Some(vec![5, 0x84])),
            ("0 584\nfF", Some(vec![5, 0x84, 0xff])),
            ("058", None),
            ("0x", None),
            ("+1", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }

    #[test]
    fn a_prefix_is_no_digit() {
        assert_eq!([digits("0x1f"), digits("0X1F"), digits("1f")], ["1f", "1F", "1f"]);
        assert_eq!((prefixed("0x6"), prefixed("6")), (Some("6"), None));
    }
}
