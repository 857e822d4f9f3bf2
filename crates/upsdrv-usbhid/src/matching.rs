//! Which device is meant: the pattern options, and the device that was found once.
//!
//! Knows how patterns are compared with what a device says about itself. Which devices the driver
//! knows at all is said by the maps, and where devices come from by `sysfs` and `replay`. Pure.
//!
//! Source: NUT 2.8.5. Patterns are POSIX extended regular expressions without regard to letter case
//! that must match the whole text, blanks at both ends not counted; a missing string is empty text.

use crate::transport::Identity;
use regex::{Regex, RegexBuilder};
use std::fmt;

/// The options that hold patterns, in the order they are compared.
pub const OPTIONS: [&str; 8] =
    ["vendorid", "productid", "vendor", "product", "serial", "bus", "device", "busport"];

/// A pattern option that is no regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPattern(pub String);

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid regular expression: {}", self.0)
    }
}

impl std::error::Error for BadPattern {}

/// A pattern that must match a whole text.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Reads a POSIX extended regular expression.
    pub fn new(posix: &str) -> Result<Self, BadPattern> {
        RegexBuilder::new(&format!(r"\A(?:{})\z", translate(posix)))
            .case_insensitive(true)
            .dot_matches_new_line(true)
            .size_limit(1 << 20)
            .build()
            .map(Pattern)
            .map_err(|_| BadPattern(posix.to_string()))
    }

    /// Whether it matches the text, blanks, tabs and line feeds at both ends not counted.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text.trim_matches([' ', '\t', '\n']))
    }
}

/// Inside brackets POSIX knows no escapes, no nesting and no set arithmetic; `regex` does.
fn translate(posix: &str) -> String {
    let mut out = String::with_capacity(posix.len() + 8);
    let mut rest = posix;
    while let Some(c) = rest.chars().next() {
        let (taken, text) = match c {
            '\\' => escape(rest),
            '[' => bracket(rest),
            _ => (c.len_utf8(), c.to_string()),
        };
        out.push_str(&text);
        rest = rest.get(taken..).unwrap_or_default();
    }
    out
}

/// A backslash and what follows: GNU's classes and word borders, else that character itself.
fn escape(rest: &str) -> (usize, String) {
    match rest.chars().nth(1) {
        Some(c @ ('w' | 'W' | 's' | 'S' | 'b' | 'B')) => (2, format!("\\{c}")),
        Some(c) => (1 + c.len_utf8(), regex::escape(&c.to_string())),
        None => (1, "\\".to_string()),
    }
}

/// A bracket expression. Without an end it is left as it is, for `regex` to refuse.
fn bracket(rest: &str) -> (usize, String) {
    let Some(end) = bracket_end(rest) else { return (rest.len(), rest.to_string()) };
    let body = rest.get(1..end).unwrap_or_default();
    let (negated, body) = match body.strip_prefix('^') {
        Some(body) => ("^", body),
        None => ("", body),
    };
    let mut out = format!("[{negated}");
    let mut at = body;
    while let Some(c) = at.chars().next() {
        let class = class_length(at);
        match class {
            Some(length) => out.push_str(at.get(..length).unwrap_or_default()),
            None if matches!(c, '\\' | '[' | ']' | '&' | '~' | '^') => out.extend(['\\', c]),
            None => out.push(c),
        }
        at = at.get(class.unwrap_or(c.len_utf8())..).unwrap_or_default();
    }
    out.push(']');
    (end + 1, out)
}

/// Where the closing bracket of the expression at the start of `rest` stands, in bytes.
fn bracket_end(rest: &str) -> Option<usize> {
    let mut at = 1;
    if rest.get(at..)?.starts_with('^') {
        at += 1;
    }
    // A closing bracket in the first place stands for itself.
    if rest.get(at..)?.starts_with(']') {
        at += 1;
    }
    loop {
        let here = rest.get(at..)?;
        let c = here.chars().next()?;
        if c == ']' {
            return Some(at);
        }
        at += class_length(here).unwrap_or(c.len_utf8());
    }
}

/// Length in bytes of a `[:class:]` at the start of this text.
fn class_length(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("[:")?;
    Some(inner.find(":]")? + "[:".len() + ":]".len())
}

/// The pattern options of one driver.
#[derive(Debug, Clone, Default)]
pub struct Patterns([Option<Pattern>; OPTIONS.len()]);

impl Patterns {
    /// Reads the options; `value` gives the text of one by name, or nothing.
    pub fn from_options<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Result<Self, BadPattern> {
        let mut patterns = Patterns::default();
        for (place, name) in patterns.0.iter_mut().zip(OPTIONS) {
            *place = value(name).map(Pattern::new).transpose()?;
        }
        Ok(patterns)
    }

    /// Whether all patterns match this device.
    pub fn match_device(&self, device: &Identity) -> bool {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let texts = [
            format!("{:04x}", device.vid),
            format!("{:04x}", device.pid),
            text(&device.vendor),
            text(&device.product),
            text(&device.serial),
            text(&device.bus),
            text(&device.device),
            text(&device.port),
        ];
        let mut pairs = self.0.iter().zip(texts);
        pairs.all(|(pattern, text)| pattern.as_ref().is_none_or(|p| p.matches(&text)))
    }
}

/// Whether `found` is the device that was lost: ids and strings are equal, missing equals missing;
/// where it is plugged in does not matter.
pub fn same_device(lost: &Identity, found: &Identity) -> bool {
    (lost.vid, lost.pid) == (found.vid, found.pid)
        && lost.vendor == found.vendor
        && lost.product == found.product
        && lost.serial == found.serial
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap().matches(text)
    }

    #[test]
    fn the_whole_text_must_match_in_any_case() {
        assert!(matches("eaton", "EATON"));
        assert!(matches("EATON", " Eaton\t\n"));
        assert!(!matches("eat", "EATON"));
        assert!(matches("eat.*", "EATON"));
        assert!(matches("a|ab", "AB"), "the longest alternative counts");
        assert!(matches("", "") && !matches("", "x"));
        assert!(matches("0(463|592)", "0463"));
    }

    #[test]
    fn brackets_are_posix() {
        assert!(matches(r"[\d]+", r"\d\"), "no escapes");
        assert!(matches("[]a]+", "]a]"));
        assert!(matches("[^]a]", "b") && !matches("[^]a]", "]"));
        assert!(matches("[[]x", "[x"));
        assert!(matches("[a&&b]+", "a&b"));
        assert!(matches("[[:digit:]_]+", "12_3") && !matches("[[:digit:]]", "x"));
        assert!(matches("[a-c^]+", "b^"));
    }

    #[test]
    fn escapes_stand_for_themselves() {
        assert!(matches(r"Back-UPS \(ES\)", "Back-UPS (ES)"));
        assert!(matches(r"a\.b", "a.b") && !matches(r"a\.b", "axb"));
        assert!(matches(r"\d", "d"), "no class in POSIX");
        assert!(matches(r"\w+", "a1"));
    }

    #[test]
    fn a_bad_pattern_is_named() {
        for bad in ["(", "[a", "a{2", "*", "\\", "(x{1000}){1000}"] {
            let error = Pattern::new(bad).unwrap_err();
            assert_eq!(error.to_string(), format!("invalid regular expression: {bad}"));
        }
    }

    fn device() -> Identity {
        Identity {
            vid: 0x463,
            pid: 0xffff,
            product: Some("Eaton 3S".to_string()),
            bus: Some("001".to_string()),
            ..Identity::default()
        }
    }

    fn patterns(name: &str, value: &'static str) -> Patterns {
        Patterns::from_options(|option| (option == name).then_some(value)).unwrap()
    }

    #[test]
    fn every_option_has_its_text() {
        for (name, good, bad) in [
            ("vendorid", "0463", "463"),
            ("productid", "FFFF", "0001"),
            ("vendor", "", ".+"),
            ("product", "eaton.*", "3S"),
            ("serial", "()", "0"),
            ("bus", "0*1", "1"),
            ("busport", ".*", "003"),
        ] {
            assert!(patterns(name, good).match_device(&device()), "{name}={good}");
            assert!(!patterns(name, bad).match_device(&device()), "{name}={bad}");
        }
        assert!(Patterns::default().match_device(&device()));
    }

    #[test]
    fn a_device_is_known_again_wherever_it_is_plugged_in() {
        let moved = Identity { bus: Some("002".to_string()), ..device() };
        let other = Identity { serial: Some("1".to_string()), ..device() };
        assert!(same_device(&device(), &moved));
        assert!(!same_device(&device(), &other));
    }
}
