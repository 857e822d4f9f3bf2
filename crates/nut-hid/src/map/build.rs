//! From a map file to a map: names become codes, functions and numbers.
//!
//! Knows every check that decides whether a map can be used at all. Matters of good manners (known
//! variable names, notes of origin) are `lint`'s business.

use super::text::{DeviceText, MapText, Problem, RefusedText, RowText, UsageText};
use super::{Access, Conversion, Device, Map, Refused, Role, Row};
use crate::convert;
use crate::fixup::Fixup;
use crate::format::Format;
use crate::naming::Naming;
use crate::path;
use crate::usage::{Usage, UsageTable};
use std::collections::BTreeMap;
use toml::Spanned;

/// A value table.
type Table = Vec<(i64, String)>;

/// What every map builds on: the standard usages and the conversions for all.
#[derive(Debug, Clone, Default)]
pub struct Base {
    usages: UsageTable,
    lookups: BTreeMap<String, Table>,
}

impl Base {
    /// Reads the common part, which is a map file without devices and rows.
    pub fn parse(file: &str, text: &str) -> Result<Base, Vec<Problem>> {
        let text = MapText::parse(file, text).map_err(|problem| vec![problem])?;
        let mut builder = Builder::new(file, &text);
        let usages = builder.usages(&UsageTable::default());
        let lookups = tables(&text);
        builder.result(Base { usages, lookups })
    }

    /// The standard usages.
    pub fn usages(&self) -> &UsageTable {
        &self.usages
    }

    /// Whether a conversion means the same in every map, and is no maker's own.
    pub fn is_shared(&self, conversion: &Conversion) -> bool {
        let same_table = || self.lookups.get(&conversion.name) == Some(&conversion.table);
        match conversion.function {
            Some(_) => convert::is_for_all(&conversion.name),
            None => same_table(),
        }
    }
}

fn tables(text: &MapText) -> BTreeMap<String, Table> {
    text.lookups.iter().map(|(name, table)| (name.clone(), table.get_ref().clone())).collect()
}

impl Map {
    /// Checks a map file and resolves its words. All faults are told, not only the first.
    pub fn build(file: &str, text: &MapText, base: &Base) -> Result<Map, Vec<Problem>> {
        let mut builder = Builder::new(file, text);
        let usages = builder.usages(&base.usages);
        let mut lookups = base.lookups.clone();
        lookups.extend(tables(text));
        let map = Map {
            maker: text.maker.clone(),
            subdriver: text.subdriver.clone().unwrap_or_else(|| text.maker.clone()),
            manufacturer: text.manufacturer.clone(),
            naming: builder.known(&text.naming, "naming", Naming::find).unwrap_or_default(),
            fixup: builder.known(&text.fixup, "fixup", Fixup::find),
            quiet_vendors: builder.vendors(),
            devices: builder.devices(),
            refused: builder.refused(),
            rows: builder.rows(&usages, &lookups),
            usages,
            file: file.to_owned(),
        };
        builder.result(map)
    }
}

struct Builder<'a> {
    file: &'a str,
    text: &'a MapText,
    problems: Vec<Problem>,
}

impl<'a> Builder<'a> {
    fn new(file: &'a str, text: &'a MapText) -> Builder<'a> {
        Builder { file, text, problems: Vec::new() }
    }

    fn result<T>(self, value: T) -> Result<T, Vec<Problem>> {
        if self.problems.is_empty() { Ok(value) } else { Err(self.problems) }
    }

    fn problem(&mut self, line: usize, message: impl Into<String>) {
        let (file, message) = (self.file.to_owned(), message.into());
        self.problems.push(Problem { file, line, message });
    }

    fn line<T>(&self, item: &Spanned<T>) -> usize {
        self.text.lines.at(item.span().start)
    }

    /// The value of a result; its error becomes a problem.
    fn check<T, E: ToString>(&mut self, line: usize, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.problem(line, error.to_string())).ok()
    }

    fn known<T>(
        &mut self,
        name: &Option<String>,
        key: &str,
        find: fn(&str) -> Option<T>,
    ) -> Option<T> {
        let name = name.as_ref()?;
        let found = find(name);
        if found.is_none() {
            self.problem(0, format!("there are no rules called `{name}` for `{key}`"));
        }
        found
    }

    fn usages(&mut self, base: &UsageTable) -> UsageTable {
        let mut entries = Vec::new();
        for item in &self.text.usages {
            let UsageText { code, name } = item.get_ref();
            let line = self.line(item);
            let code = self.check(line, hex(code, 8));
            entries.extend(code.map(|code| (Usage(code), name.clone())));
        }
        UsageTable::new(entries).then(base)
    }

    fn vendors(&mut self) -> Vec<u16> {
        let codes: Vec<_> = self.text.quiet_vendors.iter().map(|text| hex(text, 4)).collect();
        codes.into_iter().filter_map(|code| self.check(0, code)).map(|code| code as u16).collect()
    }

    fn devices(&mut self) -> Vec<Device> {
        let mut devices: Vec<Device> = Vec::new();
        for item in &self.text.devices {
            let text = item.get_ref();
            let built = device(text);
            let Some(device) = self.check(text.line, built) else { continue };
            let same = |d: &&Device| {
                (d.vid, d.pid, &d.if_named, &d.if_vendor)
                    == (device.vid, device.pid, &device.if_named, &device.if_vendor)
            };
            if let Some(first) = devices.iter().find(same) {
                let message = format!("USB id {} stands in line {} too", text.id, first.line);
                self.problem(text.line, message);
            }
            devices.push(device);
        }
        devices
    }

    fn refused(&mut self) -> Vec<Refused> {
        let mut all = Vec::new();
        for item in &self.text.refused {
            let RefusedText { id, driver } = item.get_ref();
            let line = self.line(item);
            let ids = self.check(line, ids(id));
            all.extend(ids.map(|(vid, pid)| Refused { vid, pid, driver: driver.clone() }));
        }
        all
    }

    fn rows(&mut self, usages: &UsageTable, lookups: &BTreeMap<String, Table>) -> Vec<Row> {
        let mut rows = Vec::new();
        for item in &self.text.mappings {
            let line = self.line(item);
            let row = row(item.get_ref(), line, usages, lookups);
            rows.extend(self.check(line, row));
        }
        rows
    }
}

fn hex(text: &str, digits: usize) -> Result<u32, String> {
    let plain = text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    let code = plain.then(|| u32::from_str_radix(text, 16).ok()).flatten();
    code.ok_or_else(|| format!("`{text}` is no number of {digits} hexadecimal digits"))
}

/// Vendor and product id.
fn ids(text: &str) -> Result<(u16, u16), String> {
    let code = |text| hex(text, 4).map(|code| code as u16).ok();
    let (vid, pid) = text.split_once(':').unzip();
    vid.and_then(code)
        .zip(pid.and_then(code))
        .ok_or_else(|| format!("`{text}` is no USB id; expected vendor:product, as 0463:ffff"))
}

fn device(text: &DeviceText) -> Result<Device, String> {
    let (vid, pid) = ids(&text.id)?;
    let release =
        text.second_descriptor_at.as_deref().map(|release| hex(release, 4)).transpose()?;
    Ok(Device {
        vid,
        pid,
        about: text.about.clone(),
        if_named: text.if_named.clone(),
        if_vendor: text.if_vendor.clone(),
        interface: text.interface,
        quirks: text.quirks.clone(),
        max_report_for: text.max_report_for.clone(),
        factors: text.factors.clone().into_iter().collect(),
        second_descriptor_at: release.map(|r| r as u16),
        interrupt_size: text.interrupt_size,
        line: text.line,
    })
}

fn row(
    text: &RowText,
    line: usize,
    usages: &UsageTable,
    lookups: &BTreeMap<String, Table>,
) -> Result<Row, String> {
    let conversion = conversion(text, lookups)?;
    if text.choices && conversion.as_ref().is_none_or(|c| c.table.is_empty()) {
        return Err("`choices` needs a conversion with a table".into());
    }
    Ok(Row {
        role: role(text)?,
        path: path::parse(&text.path, usages).map_err(|error| error.to_string())?,
        path_text: text.path.clone(),
        conversion,
        access: access(&text.flags)?,
        max_len: text.max_len,
        poll: text.poll,
        choices: text.choices,
        line,
    })
}

fn conversion(
    text: &RowText,
    lookups: &BTreeMap<String, Table>,
) -> Result<Option<Conversion>, String> {
    let names = [&text.convert, &text.status, &text.alarm];
    let Some(name) = names.into_iter().flatten().next() else { return Ok(None) };
    let function = convert::find(name);
    let table = lookups.get(name).cloned();
    if function.is_none() && table.is_none() {
        return Err(format!("there is neither a lookup nor a function called `{name}`"));
    }
    Ok(Some(Conversion { name: name.clone(), function, table: table.unwrap_or_default() }))
}

fn access(flags: &str) -> Result<Access, String> {
    let mut access = Access::default();
    for word in flags.split_whitespace() {
        match word {
            "RW" => access.rw = true,
            "STRING" => access.string = true,
            "NUMBER" => access.number = true,
            _ => return Err(format!("`{word}` is no flag; expected RW, STRING or NUMBER")),
        }
    }
    Ok(access)
}

fn role(text: &RowText) -> Result<Role, String> {
    match (&text.name, &text.status, &text.alarm, &text.command) {
        (Some(name), None, None, None) => variable(name, text),
        (None, Some(_), None, None) => bare(text, Role::Status),
        (None, None, Some(_), None) => bare(text, Role::Alarm),
        (None, None, None, Some(name)) => command(name, text),
        _ => Err("a row has exactly one of `name`, `status`, `alarm` and `command`".into()),
    }
}

fn variable(name: &str, text: &RowText) -> Result<Role, String> {
    if text.value.is_some() {
        return Err("`value` is for commands; a variable has `format` or `initial`".into());
    }
    let name = name.to_owned();
    match (&text.initial, &text.format, &text.convert) {
        (Some(initial), None, None) => Ok(Role::Parameter { name, initial: initial.clone() }),
        (Some(_), ..) => Err("`initial` goes with neither `format` nor `convert`".into()),
        (None, format, Some(_)) => {
            let format = format.as_deref().unwrap_or("%s");
            let format = Format::parse(format).map_err(|error| error.to_string())?;
            Ok(Role::Reading { name, format })
        }
        (None, Some(format), None) => match Format::parse(format) {
            Ok(Format::Text) => Err("`%s` needs a conversion".into()),
            Ok(format) => Ok(Role::Reading { name, format }),
            Err(error) => Err(error.to_string()),
        },
        (None, None, None) => Err("a variable needs `format`, `convert` or `initial`".into()),
    }
}

/// Status and alarm rows name their conversion and carry nothing else.
fn bare(text: &RowText, role: Role) -> Result<Role, String> {
    let other = [&text.format, &text.initial, &text.value, &text.convert];
    if other.into_iter().any(Option::is_some) || !text.flags.is_empty() {
        return Err("a status or alarm row has `path` and `poll`, nothing else".into());
    }
    Ok(role)
}

fn command(name: &str, text: &RowText) -> Result<Role, String> {
    if text.format.is_some() || text.initial.is_some() || !text.flags.is_empty() {
        return Err("a command has `path`, `value` and `convert`, nothing else".into());
    }
    Ok(Role::Command { name: name.to_owned(), value: text.value.clone() })
}
