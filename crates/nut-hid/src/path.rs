//! Paths: where a field stands in a device's tree of collections, as codes and as text.
//!
//! Knows the text form (`UPS.Flow.[4].ConfigVoltage`) and how its parts become usages with a table
//! of names. What stands at a path is for the descriptor.

use crate::usage::{Usage, UsageTable};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, u16 as number};
use nom::combinator::{all_consuming, map};
use nom::multi::separated_list1;
use nom::sequence::delimited;
use nom::{IResult, Parser};
use std::fmt;

/// Usages from the outermost collection inwards.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(pub Vec<Usage>);

impl Path {
    /// Whether `prefix` leads to this path or to a collection around it.
    pub fn starts_with(&self, prefix: &Path) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// The innermost usage.
    pub fn last(&self) -> Option<Usage> {
        self.0.last().copied()
    }

    /// The text form, with the names of a table.
    pub fn text(&self, names: &UsageTable) -> String {
        let parts: Vec<String> = self.0.iter().map(|&usage| part_text(usage, names)).collect();
        parts.join(".")
    }
}

fn part_text(usage: Usage, names: &UsageTable) -> String {
    match (names.name(usage), usage.as_index()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(n)) => format!("[{n}]"),
        (None, None) => format!("{usage:x}"),
    }
}

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathError {
    /// The text is not a list of names, hexadecimal codes and `[n]` separated by dots.
    Form(String),
    /// No table has this name, and it is not a hexadecimal code.
    UnknownName(String),
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathError::Form(text) => write!(f, "`{text}` is not a path (names separated by dots)"),
            PathError::UnknownName(name) => {
                write!(f, "`{name}` is neither a known usage name, nor a code, nor [n]")
            }
        }
    }
}

impl std::error::Error for PathError {}

enum Part<'a> {
    Index(u16),
    Name(&'a str),
}

fn part(input: &str) -> IResult<&str, Part<'_>> {
    let index = map(delimited(char('['), number, char(']')), Part::Index);
    let name = map(take_while1(|c: char| !".[]".contains(c) && !c.is_whitespace()), Part::Name);
    alt((index, name)).parse(input)
}

/// Reads the text form of a path. Per part: a name of the table (any letter case, first entry), else
/// an eight-digit or shorter hexadecimal code, else `[n]` (order of NUT 2.8.5).
pub fn parse(text: &str, names: &UsageTable) -> Result<Path, PathError> {
    let (_, parts) = all_consuming(separated_list1(tag("."), part))
        .parse(text)
        .map_err(|_| PathError::Form(text.to_owned()))?;
    parts.into_iter().map(|part| resolve(part, names)).collect::<Result<_, _>>().map(Path)
}

fn resolve(part: Part<'_>, names: &UsageTable) -> Result<Usage, PathError> {
    match part {
        Part::Index(n) => Ok(Usage::index(n)),
        Part::Name(name) => names
            .code(name)
            .or_else(|| hex(name))
            .ok_or_else(|| PathError::UnknownName(name.to_owned())),
    }
}

fn hex(text: &str) -> Option<Usage> {
    let plain = text.bytes().all(|b| b.is_ascii_hexdigit());
    plain.then(|| u32::from_str_radix(text, 16).ok()).flatten().map(Usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> UsageTable {
        UsageTable::new(vec![
            (Usage(0x0084_0004), "UPS".into()),
            (Usage(0x0084_001e), "Flow".into()),
            (Usage(0x0084_006b), "SwitchOn/Off".into()),
        ])
    }

    #[test]
    fn names_codes_and_indexes() {
        let path = parse("ups.Flow.[4].ffff0058.SwitchOn/Off", &names()).unwrap();
        let codes: Vec<u32> = path.0.iter().map(|u| u.0).collect();
        assert_eq!(codes, [0x0084_0004, 0x0084_001e, 0x00ff_0004, 0xffff_0058, 0x0084_006b]);
        assert_eq!(path.text(&names()), "UPS.Flow.[4].ffff0058.SwitchOn/Off");
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(parse("UPS.Nix", &names()), Err(PathError::UnknownName("Nix".into())));
        for bad in ["", "UPS.", ".UPS", "UPS.[x]", "UPS.[4]x", "UPS Flow", "UPS.[70000]"] {
            assert!(matches!(parse(bad, &names()), Err(PathError::Form(_))), "{bad}");
        }
    }

    #[test]
    fn a_prefix_leads_to_what_lies_below() {
        let whole = parse("UPS.Flow.[4]", &names()).unwrap();
        assert!(whole.starts_with(&parse("UPS.Flow", &names()).unwrap()));
        assert!(!parse("UPS", &names()).unwrap().starts_with(&whole));
    }
}
