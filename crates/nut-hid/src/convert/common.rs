//! Conversions every maker may use.
//!
//! Knows dates packed into 16 bits, string indexes, temperatures that may be in Kelvin, and scaled
//! decimals; besides, the forms that conversions of several makers give their results: status words
//! and numbers of limited length.

use super::{Context, Function};
use crate::civil::Day;
use crate::format::fixed;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::both("date_conversion", date, date_back),
    Function::read("hex_conversion", |value, _| Some(format!("{:08x}", value as i64 as u32))),
    Function::read("stringid_conversion", string),
    Function::read("divide_by_10_conversion", |value, _| fixed(value * 0.1, 1)),
    Function::read("divide_by_100_conversion", |value, _| fixed(value * 0.01, 1)),
    Function::read("kelvin_celsius_conversion", celsius),
];

/// Longest text taken from an indexed string, in characters (NUT 2.8.5).
const STRING_LIMIT: usize = 19;

/// A status word, set or cleared: `online` or `!online`.
pub(super) fn flag(set: bool, word: &str) -> Option<String> {
    Some(if set { word.to_owned() } else { format!("!{word}") })
}

/// A status word that is set where a bit of the mask is.
pub(super) fn bit(value: f64, mask: i64, word: &str) -> Option<String> {
    flag(value as i64 & mask != 0, word)
}

/// A number with one decimal, cut to so many characters.
pub(super) fn short(value: f64, limit: usize) -> Option<String> {
    fixed(value, 1).map(|text| text.chars().take(limit).collect())
}

/// HID 1.11 power devices pack a date as `(year - 1980) << 9 | month << 5 | day`; 0 means none.
fn date(value: f64, _: &mut Context<'_>) -> Option<String> {
    let packed = value as i64;
    if packed == 0 {
        return Some("not set".into());
    }
    let day = Day { year: 1980 + (packed >> 9), month: packed >> 5 & 0xf, day: packed & 0x1f };
    Some(day.to_string())
}

fn date_back(text: &str, _: &mut Context<'_>) -> Option<f64> {
    let day = Day::parse(text)?;
    if day.year > 2107 || day.month > 12 || day.day > 31 {
        return Some(0.0);
    }
    let packed =
        ((day.year.checked_sub(1980)?).checked_mul(512)?).checked_add(day.month * 32 + day.day)?;
    Some(packed as f64)
}

/// The string with this index; empty if the device does not give it.
pub(super) fn string(value: f64, context: &mut Context<'_>) -> Option<String> {
    let text = match value as i64 {
        index @ 1..=255 => context.host.indexed_string(index as u8).unwrap_or_default(),
        _ => String::new(),
    };
    Some(text.trim_end_matches('\n').chars().take(STRING_LIMIT).collect())
}

/// Firmware that ignores the unit reports Celsius; what looks like Kelvin is converted.
fn celsius(value: f64, _: &mut Context<'_>) -> Option<String> {
    let celsius = if (273.0..=373.0).contains(&value) { value - 273.15 } else { value };
    fixed(celsius, 1)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;

    #[test]
    fn packed_dates() {
        let mut bench = Bench::default();
        for (value, text) in [(0.0, "not set"), (21_324.0, "2021/10/12"), (33.0, "1980/01/01")] {
            assert_eq!(bench.read("date_conversion", value).as_deref(), Some(text));
        }
        for (text, value) in [
            ("2021/10/12", Some(21_324.0)),
            ("2108/01/01", Some(0.0)),
            ("2021/13/01", Some(0.0)),
            ("yesterday", None),
        ] {
            assert_eq!(bench.write("date_conversion", text), value, "{text}");
        }
    }

    #[test]
    fn strings_are_cut_and_may_be_missing() {
        let mut bench = Bench::default();
        bench.host.strings.insert(2, "A longer text number 2 here\n".into());
        let mut read = |index| bench.read("stringid_conversion", index).unwrap();
        assert_eq!(read(2.0), "A longer text numbe");
        assert_eq!(read(0.0), "");
        assert_eq!(read(3.0), "");
        assert_eq!(read(1e9), "");
    }

    #[test]
    fn temperatures_and_decimals() {
        let mut bench = Bench::default();
        assert_eq!(bench.read("kelvin_celsius_conversion", 300.6).as_deref(), Some("27.5"));
        assert_eq!(bench.read("kelvin_celsius_conversion", 25.0).as_deref(), Some("25.0"));
        assert_eq!(bench.read("divide_by_10_conversion", 138.0).as_deref(), Some("13.8"));
        assert_eq!(bench.read("divide_by_100_conversion", 5001.0).as_deref(), Some("50.0"));
        assert_eq!(bench.read("hex_conversion", 255.0).as_deref(), Some("000000ff"));
        assert_eq!(bench.read("divide_by_10_conversion", f64::INFINITY), None);
    }
}
