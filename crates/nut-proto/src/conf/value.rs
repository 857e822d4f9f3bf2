//! Words that mean a number or a yes or no, as NUT 2.8.5 reads them.
//!
//! Knows the spellings only; which setting wants which is for the readers of the files.

/// `true`, `on`, `yes`, `1` or `false`, `off`, `no`, `0`, in any letter case; none for other words.
pub fn boolean(text: &str) -> Option<bool> {
    let is = |words: [&str; 4]| words.iter().any(|w| w.eq_ignore_ascii_case(text));
    match () {
        () if is(["true", "on", "yes", "1"]) => Some(true),
        () if is(["false", "off", "no", "0"]) => Some(false),
        () => None,
    }
}

/// A whole number and nothing else: an optional sign and digits that fit.
pub fn int(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// Whether `text` begins with a digit: what upsd asks of a number before it takes the
/// [leading one](crate::number::leading_int).
pub fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::leading_int;

    #[test]
    fn booleans_in_any_case() {
        for (text, expected) in [
            ("true", Some(true)),
            ("ON", Some(true)),
            ("Yes", Some(true)),
            ("1", Some(true)),
            ("False", Some(false)),
            ("off", Some(false)),
            ("NO", Some(false)),
            ("0", Some(false)),
            ("2", None),
            ("", None),
            ("yes ", None),
        ] {
            assert_eq!(boolean(text), expected, "{text:?}");
        }
    }

    #[test]
    fn numbers_strict_and_leading() {
        for (text, strict, leading) in [
            ("15", Some(15), 15),
            ("-1", Some(-1), -1),
            ("+7", Some(7), 7),
            ("15x", None, 15),
            (" 3", None, 3),
            ("x", None, 0),
            ("", None, 0),
            ("-", None, 0),
            ("2.5", None, 2),
            ("99999999999999999999", None, i64::MAX),
            ("-99999999999999999999", None, -i64::MAX),
        ] {
            assert_eq!((int(text), leading_int(text)), (strict, leading), "{text:?}");
        }
        assert!(begins_with_digit("5x") && !begins_with_digit("-5") && !begins_with_digit(""));
    }
}
