//! Print formats of readings, as C's printf knows them, and numbers as C reads them.
//!
//! Knows the few forms that device maps use (`%.0f`, `%.1f`, `%s`) and their exact digits: the binary
//! value is rounded half to even, as glibc does. Anything else is refused when a map is read.

use std::fmt;

/// A checked print format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `%.Nf`: fixed point with N decimals.
    Fixed(u8),
    /// `%s`: the text of a conversion as it is.
    Text,
}

/// A print format that maps may not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadFormat(pub String);

impl fmt::Display for BadFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a format; expected %.0f to %.9f, or %s with a conversion", self.0)
    }
}

impl Format {
    /// Reads `%.0f` to `%.9f`, `%f` or `%s`.
    pub fn parse(text: &str) -> Result<Format, BadFormat> {
        match text.as_bytes() {
            b"%s" => Ok(Format::Text),
            b"%f" => Ok(Format::Fixed(6)),
            [b'%', b'.', digit @ b'0'..=b'9', b'f'] => Ok(Format::Fixed(digit - b'0')),
            _ => Err(BadFormat(text.to_owned())),
        }
    }
}

/// `value` with this many decimals; `None` if it is infinite or no number.
pub fn fixed(value: f64, decimals: u8) -> Option<String> {
    value.is_finite().then(|| format!("{value:.0$}", usize::from(decimals)))
}

/// The number a variable's text begins with, as C's strtod reads plain decimals; 0 if there is none.
pub fn leading_float(text: &str) -> f64 {
    let text = text.trim_start();
    let end = text
        .char_indices()
        .find(|&(i, c)| !(c.is_ascii_digit() || c == '.' || (i == 0 && (c == '-' || c == '+'))))
        .map_or(text.len(), |(i, _)| i);
    text.get(..end).and_then(|number| number.parse().ok()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_printf() {
        for (value, decimals, text) in [
            (0.5, 0, "0"),
            (1.5, 0, "2"),
            (2.5, 0, "2"),
            (-0.4, 0, "-0"),
            (0.125, 2, "0.12"),
            (0.375, 2, "0.38"),
            (27.35, 1, "27.4"),
            (0.35, 1, "0.3"),
            (27.25, 1, "27.2"),
            (1e10, 0, "10000000000"),
        ] {
            assert_eq!(fixed(value, decimals).as_deref(), Some(text), "{value}");
        }
        assert_eq!(fixed(f64::NAN, 0), None);
        assert_eq!(fixed(f64::INFINITY, 0), None);
    }

    #[test]
    fn only_known_formats_are_taken() {
        assert_eq!(Format::parse("%.2f"), Ok(Format::Fixed(2)));
        assert_eq!(Format::parse("%s"), Ok(Format::Text));
        for bad in ["", "%d", "%.f", "%n", "%.10f", "x", "%.0f V"] {
            assert!(Format::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_cut_where_they_end() {
        assert_eq!(leading_float("229.5 V"), 229.5);
        assert_eq!(leading_float("-1"), -1.0);
        assert_eq!(leading_float("x"), 0.0);
    }
}
