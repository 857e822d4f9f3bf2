//! A first map for a device that nobody knows.
//!
//! Knows how a device's fields are written down as a map: those whose meaning other maps tell as
//! rows, commands as comments to be tried one by one, and the rest as a list with their values. What
//! a path usually means is `evidence`'s business. Pure.

mod evidence;
mod text;

use crate::descriptor::{Descriptor, Field, Kind};
use crate::map::{Map, Role};
use crate::maps::{Candidate, Claim, Maps};
use crate::path::Path;
use crate::usage::UsageTable;
use crate::value;
use evidence::{Evidence, Meaning};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Reports by id, each with its id in front where the descriptor uses ids.
pub type Reports = BTreeMap<u8, Vec<u8>>;

/// A device to draft a map for, as it was recorded.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Vendor id.
    pub vid: u16,
    /// Product id.
    pub pid: u16,
    /// Number of the HID interface.
    pub interface: u8,
    /// Manufacturer string, if the device tells one.
    pub vendor: Option<&'a str>,
    /// Product string, if the device tells one.
    pub product: Option<&'a str>,
    /// Its report descriptor.
    pub descriptor: &'a Descriptor,
    /// Its feature reports.
    pub feature: &'a Reports,
    /// Its input reports.
    pub input: &'a Reports,
}

/// The map, in the form of `maps/example.toml`. It can be read and has nothing the linter objects to.
pub fn draft(maps: &Maps, device: &Subject<'_>) -> String {
    let sheet = Sheet::fill(maps, device);
    let names = maps.base().usages();
    let mut out = head(maps, device);
    out.push_str(ROWS);
    sheet.rows(&mut out, device, names);
    out.push_str("]\n");
    sheet.commands(&mut out, names);
    sheet.rest(&mut out, device, names);
    out
}

const ROWS: &str = "\n# Fields that other makers' devices have at the same place, with the value they had in the \
                    recording. Where\n# two rows are for one variable, the first that the device answers wins.\n\
                    mappings = [\n";

/// The fields of a device, sorted by what is known of them.
struct Sheet<'a> {
    known: Vec<(&'a Field, Meaning<'a>)>,
    commands: Vec<(&'a Field, Meaning<'a>)>,
    rest: Vec<&'a Field>,
}

impl<'a> Sheet<'a> {
    fn fill(maps: &'a Maps, device: &Subject<'a>) -> Sheet<'a> {
        let evidence = Evidence::gather(maps, claimed(maps, device));
        let mut sheet = Sheet { known: Vec::new(), commands: Vec::new(), rest: Vec::new() };
        for field in places(device.descriptor) {
            let meanings = evidence.meanings(&field.path);
            if meanings.is_empty() {
                sheet.rest.push(field);
            }
            for meaning in meanings {
                let is_command = meaning.row.is_command();
                let list = if is_command { &mut sheet.commands } else { &mut sheet.known };
                list.push((field, meaning));
            }
        }
        sheet.drop_doubtful_bits();
        // What is known for certain goes before what is only alike, within one variable too.
        sheet.known.sort_by_key(|(_, m)| (section(m), m.by_likeness));
        sheet
    }

    /// Two fields for one status bit would undo each other: what is only alike gives way.
    fn drop_doubtful_bits(&mut self) {
        let bit = |meaning: &Meaning<'_>| {
            let conversion = meaning.row.conversion.as_ref().map(|c| c.name.clone());
            conversion.filter(|_| meaning.row.role == Role::Status)
        };
        let bits: Vec<String> = self.known.iter().filter_map(|(_, m)| bit(m)).collect();
        let is_shared = |bit: &String| bits.iter().filter(|other| *other == bit).count() > 1;
        let doubtful = |m: &Meaning<'_>| m.by_likeness && bit(m).as_ref().is_some_and(is_shared);
        let (dropped, kept) = self.known.drain(..).partition(|(_, m)| doubtful(m));
        self.known = kept;
        let dropped: Vec<(&Field, Meaning<'_>)> = dropped;
        self.rest.extend(dropped.into_iter().map(|(field, _)| field));
        self.rest.sort_by_key(|field| (field.report_id, field.offset, field.kind));
    }

    fn rows(&self, out: &mut String, device: &Subject<'_>, names: &UsageTable) {
        let mut last = None;
        for (field, meaning) in &self.known {
            let section = section(meaning);
            if last.replace(section) != Some(section) {
                let _ = writeln!(out, "  # {}", SECTIONS.get(section).unwrap_or(&"other"));
            }
            let row = text::row(meaning.row, &field.path.text(names));
            let like = if meaning.by_likeness {
                format!("; a guess: {} of others", meaning.row.path_text)
            } else {
                String::new()
            };
            let _ = writeln!(out, "  {row},  # {}{like}", shown(field, device));
        }
    }

    fn commands(&self, out: &mut String, names: &UsageTable) {
        if self.commands.is_empty() {
            return;
        }
        out.push_str(
            "\n# Commands write to the device, and some take its load away. Move a row up into the list, without the\n\
             # #, when you are ready to try it.\n",
        );
        for (field, meaning) in &self.commands {
            let _ = writeln!(out, "#  {},", text::row(meaning.row, &field.path.text(names)));
        }
    }

    fn rest(&self, out: &mut String, device: &Subject<'_>, names: &UsageTable) {
        if self.rest.is_empty() {
            return;
        }
        out.push_str(
            "\n# Not recognised: path, report, size, range, and the value in the recording.\n",
        );
        let paths: Vec<String> = self.rest.iter().map(|f| f.path.text(names)).collect();
        let width = paths.iter().map(String::len).max().unwrap_or(0);
        for (field, path) in self.rest.iter().zip(&paths) {
            let about = format!(
                "{} 0x{:02x}, {}, {} to {}",
                field.kind,
                field.report_id,
                bits(field.size),
                field.logical_min,
                field.logical_max
            );
            let _ = writeln!(out, "#  {path:width$}  {about}: {}", shown(field, device));
        }
    }
}

fn bits(size: u32) -> String {
    if size == 1 { "1 bit".to_owned() } else { format!("{size} bits") }
}

/// The parts of a map, in order.
const SECTIONS: [&str; 6] = ["battery", "ups", "input", "output", "outlet", "status bits"];

fn section(meaning: &Meaning<'_>) -> usize {
    if meaning.row.role == Role::Status {
        return SECTIONS.len() - 1;
    }
    let first = meaning.row.name().and_then(|name| name.split('.').next()).unwrap_or_default();
    SECTIONS.iter().position(|section| *section == first).unwrap_or(SECTIONS.len())
}

/// Every place once. A driver reads feature reports where there is a choice.
fn places(descriptor: &Descriptor) -> Vec<&Field> {
    let mut places: BTreeMap<&Path, &Field> = BTreeMap::new();
    for field in &descriptor.fields {
        let first = places.entry(&field.path).or_insert(field);
        if first.kind != Kind::Feature && field.kind == Kind::Feature {
            *first = field;
        }
    }
    let mut in_order: Vec<&Field> = places.into_values().collect();
    in_order.sort_by_key(|field| (field.report_id, field.offset, field.kind));
    in_order
}

/// The value in the recording, with its unit.
fn shown(field: &Field, device: &Subject<'_>) -> String {
    let reports = if field.kind == Kind::Input { device.input } else { device.feature };
    let Some(bytes) = reports.get(&field.report_id) else {
        return "not in the recording".to_owned();
    };
    let with_id =
        if field.report_id == 0 { [&[0], bytes.as_slice()].concat() } else { bytes.clone() };
    let value = value::physical(field, &with_id);
    format!("{}{}", text::number(value), text::unit(field.unit))
}

fn head(maps: &Maps, device: &Subject<'_>) -> String {
    let (vid, pid) = (device.vid, device.pid);
    let product = device.product.unwrap_or("a UPS");
    let maker = free_name(maps, device);
    let mut out = format!(
        "# A draft, made from a recording of {} ({vid:04x}:{pid:04x}).\n",
        text::plain(product)
    );
    if let Some(map) = claimed(maps, device) {
        let _ = writeln!(
            out,
            "# The map `{}` ({}) knows this device and was not asked; this file would take its place.",
            map.maker, map.subdriver
        );
    }
    let _ = writeln!(out, "\nmaker = {}", text::quoted(&maker));
    let _ = writeln!(out, "subdriver = {}", text::quoted(&format!("{maker} HID 0.1")));
    if device.vendor.is_none() {
        out.push_str("# The device does not tell its maker; say it here.\n# ");
    }
    let _ = writeln!(out, "manufacturer = {}", text::quoted(device.vendor.unwrap_or("...")));
    let _ = writeln!(out, "origin = \"drafted from a recording\"");
    let interface = match device.interface {
        0 => String::new(),
        n => format!(", interface = {n}"),
    };
    let about = text::quoted(product);
    let _ =
        writeln!(out, "devices = [{{ id = \"{vid:04x}:{pid:04x}\", about = {about}{interface} }}]");
    out
}

fn claimed<'a>(maps: &'a Maps, device: &Subject<'_>) -> Option<&'a Map> {
    let who = Candidate {
        vid: device.vid,
        pid: device.pid,
        vendor: device.vendor.unwrap_or_default(),
        product: device.product.unwrap_or_default(),
        any_product: false,
    };
    match maps.claim(who) {
        Claim::By(map, _) => Some(map),
        Claim::Unsupported(_) | Claim::Unknown => None,
    }
}

/// A short name for the maker that no other map has: a map of the same name would be replaced.
fn free_name(maps: &Maps, device: &Subject<'_>) -> String {
    let told = device.vendor.or(device.product).unwrap_or_default();
    let word = told.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let word: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
    let ids = format!("{:04x}-{:04x}", device.vid, device.pid);
    match word.as_str() {
        "" => ids,
        word if maps.iter().any(|map| map.maker == word) => format!("{word}-{ids}"),
        word => word.to_owned(),
    }
}

#[cfg(test)]
mod tests;
