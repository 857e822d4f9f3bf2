//! Decimal numbers that compare exactly: what variables hold and thresholds are set against. Pure.

use std::fmt;

/// Digits kept behind the point.
const PLACES: usize = 6;
const UNIT: i64 = 1_000_000;

/// A decimal number in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i64);

impl Decimal {
    /// Reads `[-+]digits[.digits]` with blanks around it; digits beyond millionths are dropped. None
    /// for anything else, and for numbers beyond 9e12: a reading that is no number decides nothing.
    pub fn parse(text: &str) -> Option<Decimal> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let millionths = whole_number(whole)?.checked_mul(UNIT)?.checked_add(fraction(part)?)?;
        let empty = whole.is_empty() && part.is_empty();
        (!empty).then_some(Decimal(if negative { -millionths } else { millionths }))
    }
}

fn whole_number(digits: &str) -> Option<i64> {
    match digits {
        "" => Some(0),
        _ if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok(),
        _ => None,
    }
}

fn fraction(digits: &str) -> Option<i64> {
    let kept: String = digits.chars().chain("000000".chars()).take(PLACES).collect();
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| kept.parse().ok()).flatten()
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        match format!("{part:06}").trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            part => write!(f, "{sign}{whole}.{part}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_and_print() {
        for (text, shown) in [
            ("40", "40"),
            (" 12.50 ", "12.5"),
            ("-.5", "-0.5"),
            ("+3.", "3"),
            ("0.1234567", "0.123456"),
            ("9000000000000", "9000000000000"),
        ] {
            assert_eq!(
                Decimal::parse(text).map(|d| d.to_string()).as_deref(),
                Some(shown),
                "{text}"
            );
        }
        for text in ["", ".", "-", "1e3", "1,5", "0x10", "nan", "10 20", "--1", "99999999999999999"]
        {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_compare_by_value() {
        let read = |text| Decimal::parse(text).unwrap();
        assert!(read("9") < read("10") && read("-2") < read("-1.5") && read("1.10") == read("1.1"));
    }
}
