//! Numbers as NUT's C programs read them out of a text.
//!
//! Whether a number is wanted, and what holds where there is none, is for the readers. Pure.

/// A whole number as C's `strtol` reads it: leading blanks, a sign, digits; 0 where there are none,
/// and the nearest end of the range where the number is too large.
pub fn leading_int(text: &str) -> i64 {
    let text = text.trim_start();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let magnitude = digits
        .bytes()
        .take_while(u8::is_ascii_digit)
        .fold(0i64, |n, d| n.saturating_mul(10).saturating_add(i64::from(d - b'0')));
    if negative { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_c_reads_them() {
        for (text, n) in [("15x", 15), ("-3", -3), ("abc", 0), ("", 0), (" 7", 7), ("+8", 8)] {
            assert_eq!(leading_int(text), n, "{text}");
        }
        assert_eq!(leading_int("99999999999999999999"), i64::MAX);
    }
}
