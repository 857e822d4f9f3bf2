//! The file form of a map, and what can be wrong with one.
//!
//! Knows the keys of a map file (TOML) and where in the file each row stands. Whether the words make
//! sense is `build`'s question.

use super::{Poll, Quirk};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

/// A fault of a map file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it was named to the reader.
    pub file: String,
    /// Line, from 1; 0 if it concerns the whole file.
    pub line: usize,
    /// What is wrong and what was expected.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// A map file as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapText {
    /// Short name.
    pub(super) maker: String,
    /// The maker whose map this one changes.
    pub(super) extends: Option<String>,
    /// Name and version as NUT shows them.
    pub(super) subdriver: Option<String>,
    /// Manufacturer for devices that do not tell theirs.
    pub(super) manufacturer: Option<String>,
    /// Name of the naming rules.
    pub(super) naming: Option<String>,
    /// Name of the descriptor fix-up.
    pub(super) fixup: Option<String>,
    /// Where the facts come from.
    pub(super) origin: Option<String>,
    /// Vendor ids that also stand on other gear: unknown products are not pointed out.
    #[serde(default)]
    pub(super) quiet_vendors: Vec<String>,
    /// USB ids.
    #[serde(default)]
    pub(super) devices: Vec<Spanned<DeviceText>>,
    /// USB ids of the maker's that are no UPSes of this driver.
    #[serde(default)]
    pub(super) refused: Vec<Spanned<RefusedText>>,
    /// Usage codes and names.
    #[serde(default)]
    pub(super) usages: Vec<Spanned<UsageText>>,
    /// Names of variables and commands to leave out of an extended map.
    #[serde(default)]
    pub(super) remove: Vec<Spanned<String>>,
    /// Value tables by name.
    #[serde(default)]
    pub(super) lookups: BTreeMap<String, Spanned<Vec<(i64, String)>>>,
    /// The rows.
    #[serde(default)]
    pub(super) mappings: Vec<Spanned<RowText>>,
    /// Line starts of the file, to tell lines from offsets.
    #[serde(skip)]
    pub(super) lines: Lines,
}

/// A USB id as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeviceText {
    pub(super) id: String,
    #[serde(default)]
    pub(super) about: String,
    pub(super) if_named: Option<String>,
    pub(super) if_vendor: Option<String>,
    #[serde(default)]
    pub(super) interface: u8,
    #[serde(default)]
    pub(super) quirks: Vec<Quirk>,
    #[serde(default)]
    pub(super) max_report_for: Vec<String>,
    #[serde(default)]
    pub(super) factors: BTreeMap<String, f64>,
    pub(super) second_descriptor_at: Option<String>,
    pub(super) interrupt_size: Option<usize>,
    #[serde(skip)]
    pub(super) line: usize,
}

/// A USB id that is never taken, as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefusedText {
    pub(super) id: String,
    pub(super) driver: Option<String>,
}

/// A usage as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UsageText {
    pub(super) code: String,
    pub(super) name: String,
}

/// A row as written: exactly one of `name`, `status`, `alarm` and `command` says what it is for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowText {
    pub(super) name: Option<String>,
    pub(super) status: Option<String>,
    pub(super) alarm: Option<String>,
    pub(super) command: Option<String>,
    pub(super) path: String,
    pub(super) format: Option<String>,
    pub(super) initial: Option<String>,
    pub(super) value: Option<String>,
    pub(super) convert: Option<String>,
    #[serde(default)]
    pub(super) flags: String,
    #[serde(default)]
    pub(super) max_len: i64,
    #[serde(default)]
    pub(super) poll: Poll,
    #[serde(default)]
    pub(super) choices: bool,
    pub(super) origin: Option<String>,
}

/// Where the lines of a text begin.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Lines {
        Lines(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// The line of a byte offset, from 1.
    pub(super) fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|&end| end < offset) + 1
    }
}

impl MapText {
    /// Reads a map file. The error tells the line and what was expected there.
    pub fn parse(file: &str, text: &str) -> Result<MapText, Problem> {
        let lines = Lines::of(text);
        let fault = |error: toml::de::Error| Problem {
            file: file.to_owned(),
            line: error.span().map_or(0, |span| lines.at(span.start)),
            message: error.message().to_owned(),
        };
        let mut map: MapText = toml::from_str(text).map_err(fault)?;
        for device in &mut map.devices {
            let line = lines.at(device.span().start);
            device.as_mut().line = line;
        }
        map.lines = lines;
        Ok(map)
    }

    /// Short name.
    pub fn maker(&self) -> &str {
        &self.maker
    }

    /// The maker whose map this one changes.
    pub fn extends(&self) -> Option<&str> {
        self.extends.as_deref()
    }
}

/// What the linter asks about the file.
impl MapText {
    /// Lines of rows whose facts nobody vouches for.
    pub fn lines_without_origin(&self) -> Vec<usize> {
        let bare = |row: &&Spanned<RowText>| row.get_ref().origin.is_none();
        let rows = self.mappings.iter().filter(bare).map(|row| self.lines.at(row.span().start));
        if self.origin.is_some() { Vec::new() } else { rows.filter(|&line| line > 1).collect() }
    }

    /// Lines of rows with a note of origin of their own: somebody vouches for just this row.
    pub fn lines_with_origin(&self) -> Vec<usize> {
        let vouched = |row: &&Spanned<RowText>| row.get_ref().origin.is_some();
        let rows = self.mappings.iter().filter(vouched);
        rows.map(|row| self.lines.at(row.span().start)).collect()
    }

    /// Lookups of the file that no row of the map asks for.
    pub fn unused_lookups(&self, map: &super::Map) -> Vec<&str> {
        let used = |name: &str| {
            let mut conversions = map.rows.iter().filter_map(|row| row.conversion.as_ref());
            conversions.any(|conversion| conversion.name == name)
        };
        self.lookups.keys().map(String::as_str).filter(|name| !used(name)).collect()
    }
}
