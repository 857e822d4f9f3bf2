//! Conversions of APC: battery replacement dates written in decimal digits.

use super::{Context, Function};
use crate::civil::Day;

pub(super) const FUNCTIONS: &[Function] = &[Function::both("apc_date_conversion", date, date_back)];

/// The two decimal digits in a byte.
fn digits(byte: i64) -> i64 {
    (byte >> 4 & 0xf) * 10 + (byte & 0xf)
}

fn packed(number: i64) -> i64 {
    ((number / 10 % 10) << 4) | (number % 10)
}

/// `0x102202` is 2002/10/22: month, day, year; 0 means none.
fn date(value: f64, _: &mut Context<'_>) -> Option<String> {
    let code = value as i64;
    if code == 0 {
        return Some("not set".into());
    }
    let year = digits(code);
    let century = if year >= 70 { 1900 } else { 2000 };
    let day = Day { year: century + year, month: digits(code >> 16), day: digits(code >> 8) };
    Some(day.to_string())
}

fn date_back(text: &str, _: &mut Context<'_>) -> Option<f64> {
    let day = Day::parse(text)?;
    let valid = (0..2070).contains(&day.year)
        && (0..=12).contains(&day.month)
        && (0..=31).contains(&day.day);
    let code = packed(day.month) << 16 | packed(day.day) << 8 | packed(day.year % 100);
    Some(if valid { code as f64 } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;

    #[test]
    fn dates_in_digits() {
        let mut bench = Bench::default();
        for (code, text) in [(0x10_2202, "2002/10/22"), (0x01_3199, "1999/01/31")] {
            assert_eq!(bench.read("apc_date_conversion", f64::from(code)).as_deref(), Some(text));
            assert_eq!(bench.write("apc_date_conversion", text), Some(f64::from(code)));
        }
        assert_eq!(bench.read("apc_date_conversion", 0.0).as_deref(), Some("not set"));
        assert_eq!(bench.write("apc_date_conversion", "2070/01/01"), Some(0.0));
        assert_eq!(bench.write("apc_date_conversion", "soon"), None);
    }
}
