//! The report descriptor: which fields a device has, and where in its reports they lie.
//!
//! Knows the item grammar of HID 1.11 (6.2.2) and the state an item list builds up. Faults of a
//! descriptor come back as values beside whatever could be understood. Vendor corrections are in
//! `fixup`, taking bits out of reports in `value`. Deviations from NUT 2.8.5's parser, all where it
//! loses data: report id 0 has proper offsets, offsets go beyond 255 bits, a Report Count of 0 makes
//! no fields.

use crate::path::Path;
use crate::usage::Usage;
use nom::bytes::complete::take;
use nom::number::complete::u8 as byte;
use nom::{IResult, Parser};
use std::collections::BTreeMap;
use std::fmt;

/// Longest descriptor that is read, in bytes.
pub const MAX_DESCRIPTOR: usize = 6144;
/// Most fields one descriptor may declare.
pub const MAX_FIELDS: usize = 500;
/// Deepest path, index nodes included.
pub const MAX_DEPTH: usize = 10;
/// Most usages waiting for one main item.
pub const MAX_USAGES: usize = 50;
/// Longest report, in bytes: what a control transfer can carry.
const MAX_REPORT_BITS: u32 = 0xffff * 8;

/// The three kinds of report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Sent by the device on its own, through the interrupt pipe.
    Input,
    /// Sent to the device.
    Output,
    /// Read and written on request.
    Feature,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// One field of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Collections around the field and its own usage.
    pub path: Path,
    /// Report that carries it; 0 if the descriptor declares no ids.
    pub report_id: u8,
    /// First bit, counted after the id byte.
    pub offset: u32,
    /// Number of bits.
    pub size: u32,
    /// Kind of the report.
    pub kind: Kind,
    /// Flags of the main item (constant, variable, volatile ...).
    pub attributes: u32,
    /// Unit code.
    pub unit: u32,
    /// Unit exponent, -8 to 7 (or beyond, in faulty descriptors).
    pub exponent: i8,
    /// Least logical value.
    pub logical_min: i64,
    /// Greatest logical value.
    pub logical_max: i64,
    /// Up to here a logical maximum was given as a negative number below the minimum and is read as
    /// unsigned. From then on the descriptor's maxima are doubtful, also those that look right.
    pub logical_max_assumed: bool,
    /// Physical limits, if both were given.
    pub physical: Option<(i64, i64)>,
}

/// A fault that did not stop the parser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Diagnostic {
    /// The descriptor is longer than [`MAX_DESCRIPTOR`]; the rest was not read.
    TooBig(usize),
    /// The descriptor ends within an item.
    Truncated,
    /// A collection lies deeper than [`MAX_DEPTH`]; its fields are left out.
    TooDeep,
    /// More than [`MAX_USAGES`] usages for one item; the rest was dropped.
    TooManyUsages,
    /// More than [`MAX_FIELDS`] fields, or a report longer than any transfer; the rest was not read.
    TooManyFields,
    /// A collection ends that never began.
    UnbalancedEnd,
    /// A logical maximum below its minimum, read as unsigned.
    LogicalMaxAssumed {
        /// As declared.
        declared: i64,
        /// As read.
        assumed: i64,
        /// Report it was met in.
        report_id: u8,
    },
}

impl fmt::Display for Diagnostic {
    /// The texts that NUT 2.8.5 logs, where it logs one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Diagnostic::TooBig(_) => f.write_str("Report descriptor too big"),
            Diagnostic::Truncated => f.write_str("Report descriptor ends within an item"),
            Diagnostic::TooDeep => f.write_str("HID path too long"),
            Diagnostic::TooManyUsages => f.write_str("HID Usage too high"),
            Diagnostic::TooManyFields => f.write_str("Too many HID objects"),
            Diagnostic::UnbalancedEnd => f.write_str("Report descriptor ends a collection twice"),
            Diagnostic::LogicalMaxAssumed { declared, assumed, report_id } => write!(
                f,
                "HIDParse: LogMax is less than LogMin. Vendor HID report descriptor may be \
                 incorrect; interpreting LogMax {declared} as {assumed} in ReportID: \
                 0x{report_id:02x}"
            ),
        }
    }
}

/// What a report descriptor says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// All fields, in the order of the descriptor.
    pub fields: Vec<Field>,
    /// Length of each report in bytes, without the id: the longest of its kinds.
    pub report_lengths: BTreeMap<u8, usize>,
    /// Length of the longest input report in bytes, without the id; 0 if there is none.
    pub longest_input: usize,
    /// Faults met on the way.
    pub diagnostics: Vec<Diagnostic>,
}

impl Descriptor {
    /// Index of the first field of a kind at this path or, failing that, inside the collection at
    /// this path (NUT 2.8.5 compares only as many nodes as were asked for).
    pub fn position(&self, path: &Path, kind: Kind) -> Option<usize> {
        self.fields.iter().position(|f| f.kind == kind && f.path.starts_with(path))
    }

    /// The first field of a report with this innermost usage, of any kind.
    pub fn find_in_report(&mut self, report_id: u8, usage: Usage) -> Option<&mut Field> {
        self.fields.iter_mut().find(|f| f.report_id == report_id && f.path.last() == Some(usage))
    }

    /// The fields of one report of one kind, in order.
    pub fn report_fields(&self, id: u8, kind: Kind) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |f| f.report_id == id && f.kind == kind)
    }

    /// Whether Input and Feature of a report declare the same fields at the same places, so that
    /// the bytes of one can stand for the other.
    pub fn is_shared_layout(&self, id: u8) -> bool {
        let place = |f: &Field| (f.path.clone(), f.offset, f.size);
        let input = self.report_fields(id, Kind::Input).map(place);
        let feature: Vec<_> = self.report_fields(id, Kind::Feature).map(place).collect();
        !feature.is_empty() && input.eq(feature)
    }
}

/// Reads a report descriptor. Never fails: what could not be understood is in the diagnostics.
pub fn parse(bytes: &[u8]) -> Descriptor {
    let mut parser = Parse::default();
    let mut rest = bytes.get(..MAX_DESCRIPTOR).unwrap_or(bytes);
    if bytes.len() > MAX_DESCRIPTOR {
        parser.fault(Diagnostic::TooBig(bytes.len()));
    }
    while !rest.is_empty() && !parser.full {
        match item(rest) {
            Ok((after, item)) => {
                rest = after;
                parser.take(&item);
            }
            Err(_) => {
                parser.fault(Diagnostic::Truncated);
                break;
            }
        }
    }
    parser.result
}

/// A short item: its tag and type bits, and its data as an unsigned number.
struct Item {
    tag: u8,
    data: u32,
    bytes: usize,
}

impl Item {
    /// The data as a signed number of its encoded size.
    fn signed(&self) -> i64 {
        match self.bytes {
            0 => 0,
            1 => i64::from(self.data as u8 as i8),
            2 => i64::from(self.data as u16 as i16),
            _ => i64::from(self.data as i32),
        }
    }
}

const LONG_ITEM: u8 = 0xfe;

fn item(input: &[u8]) -> IResult<&[u8], Item> {
    let (input, prefix) = byte.parse(input)?;
    if prefix == LONG_ITEM {
        let (input, length) = byte.parse(input)?;
        let (input, _) = take(usize::from(length) + 1).parse(input)?;
        return Ok((input, Item { tag: prefix, data: 0, bytes: 0 }));
    }
    let bytes = match prefix & 3 {
        3 => 4,
        n => usize::from(n),
    };
    let (input, data) = take(bytes).parse(input)?;
    let data = data.iter().rev().fold(0, |sum, &b| sum << 8 | u32::from(b));
    Ok((input, Item { tag: prefix & 0xfc, data, bytes }))
}

/// Global items: they hold until given anew.
#[derive(Debug, Clone, Default)]
struct Globals {
    page: u16,
    report_id: u8,
    size: u32,
    count: u32,
    unit: u32,
    exponent: i8,
    logical_min: i64,
    logical_max: i64,
    logical_max_assumed: bool,
    physical_min: Option<i64>,
    physical_max: Option<i64>,
}

#[derive(Default)]
struct Parse {
    globals: Globals,
    usages: Vec<Usage>,
    path: Vec<Usage>,
    /// Next free bit of each report of each kind.
    offsets: BTreeMap<(u8, Kind), u32>,
    full: bool,
    result: Descriptor,
}

impl Parse {
    fn fault(&mut self, diagnostic: Diagnostic) {
        if !self.result.diagnostics.contains(&diagnostic) {
            self.result.diagnostics.push(diagnostic);
        }
    }

    fn take(&mut self, item: &Item) {
        let globals = &mut self.globals;
        match item.tag {
            0x04 => globals.page = item.data as u16,
            0x08 => self.usage(item),
            0x14 => globals.logical_min = item.signed(),
            0x24 => self.logical_max(item),
            0x34 => globals.physical_min = Some(item.signed()),
            0x44 => globals.physical_max = Some(item.signed()),
            0x54 => globals.exponent = exponent(item.data),
            0x64 => globals.unit = item.data,
            0x74 => globals.size = item.data,
            0x84 => globals.report_id = item.data as u8,
            0x94 => globals.count = item.data,
            0xa0 => self.begin_collection(item.data),
            0xc0 => self.end_collection(),
            0x80 => self.fields(Kind::Input, item.data),
            0x90 => self.fields(Kind::Output, item.data),
            0xb0 => self.fields(Kind::Feature, item.data),
            _ => {}
        }
    }

    fn usage(&mut self, item: &Item) {
        let code = match item.bytes {
            4 => Usage(item.data),
            _ => Usage::new(self.globals.page, item.data as u16),
        };
        match self.usages.len() {
            n if n < MAX_USAGES => self.usages.push(code),
            _ => self.fault(Diagnostic::TooManyUsages),
        }
    }

    /// A maximum below the minimum in force is what careless firmware writes for an unsigned limit
    /// (`25 FF` meant as 255).
    fn logical_max(&mut self, item: &Item) {
        let declared = item.signed();
        let assumed = i64::from(item.data);
        let wrong = declared < self.globals.logical_min;
        self.globals.logical_max = if wrong { assumed } else { declared };
        self.globals.logical_max_assumed |= wrong;
        if wrong {
            let report_id = self.globals.report_id;
            self.fault(Diagnostic::LogicalMaxAssumed { declared, assumed, report_id });
        }
    }

    /// A collection takes the first usage; a type byte of 0x80 and more is NUT's index node.
    fn begin_collection(&mut self, data: u32) {
        self.path.push(self.usages.first().copied().unwrap_or(Usage(0)));
        let kind = data as u8;
        if kind >= 0x80 {
            self.path.push(Usage::index(u16::from(kind & 0x7f)));
        }
        self.usages.clear();
        if self.path.len() > MAX_DEPTH {
            self.fault(Diagnostic::TooDeep);
        }
    }

    fn end_collection(&mut self) {
        match self.path.pop() {
            None => self.fault(Diagnostic::UnbalancedEnd),
            Some(node) if node.as_index().is_some() => {
                self.path.pop();
            }
            Some(_) => {}
        }
        self.usages.clear();
    }

    /// A main item: `count` fields, one usage each; fields without a usage are padding.
    fn fields(&mut self, kind: Kind, attributes: u32) {
        let key = (self.globals.report_id, kind);
        let start = self.offsets.get(&key).copied().unwrap_or(0);
        let bits = self.globals.size.checked_mul(self.globals.count);
        let end = bits.and_then(|bits| bits.checked_add(start)).filter(|e| *e <= MAX_REPORT_BITS);
        let Some(end) = end else {
            self.full = true;
            return self.fault(Diagnostic::TooManyFields);
        };
        let usages = std::mem::take(&mut self.usages);
        for (usage, n) in usages.into_iter().zip(0..self.globals.count) {
            self.field(usage, kind, attributes, start + n * self.globals.size);
        }
        self.offsets.insert(key, end);
        let bytes = end.div_ceil(8) as usize;
        let length = self.result.report_lengths.entry(key.0).or_default();
        *length = (*length).max(bytes);
        if kind == Kind::Input {
            self.result.longest_input = self.result.longest_input.max(bytes);
        }
    }

    fn field(&mut self, usage: Usage, kind: Kind, attributes: u32, offset: u32) {
        if usage == Usage(0) || self.path.len() >= MAX_DEPTH {
            return;
        }
        if self.result.fields.len() >= MAX_FIELDS {
            self.full = true;
            return self.fault(Diagnostic::TooManyFields);
        }
        let globals = &self.globals;
        let mut path = self.path.clone();
        path.push(usage);
        self.result.fields.push(Field {
            path: Path(path),
            report_id: globals.report_id,
            offset,
            size: globals.size,
            kind,
            attributes,
            unit: globals.unit,
            exponent: globals.exponent,
            logical_min: globals.logical_min,
            logical_max: globals.logical_max,
            logical_max_assumed: globals.logical_max_assumed,
            physical: globals.physical_min.zip(globals.physical_max),
        });
    }
}

/// A unit exponent is a signed nibble by the standard; some firmware writes a signed byte.
fn exponent(data: u32) -> i8 {
    match data as u8 as i8 {
        nibble @ 8..=15 => nibble - 16,
        whole => whole,
    }
}

#[cfg(test)]
mod tests;
