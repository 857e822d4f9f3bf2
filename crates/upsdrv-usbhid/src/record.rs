//! Taking a recording of a device.
//!
//! Knows what there is to ask a device for, and what to leave out for privacy's sake. The format is
//! `recording`'s.

use crate::recording::{Recording, Reports, to_json};
use crate::transport::{Transport, TransportError};
use nut_hid::descriptor::{Descriptor, Kind, parse};
use nut_hid::report;
use nut_hid::usage::{Usage, UsageTable};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// `iSerialNumber` of the Power Device page.
const SERIAL_NUMBER: Usage = Usage(0x0084_00ff);

/// Asks the device for everything its descriptor names. Reports that it does not answer are left
/// out; an error means that the device was lost.
///
/// `usages` tells which fields hold the number of a string: by convention their names begin with a
/// small i.
pub fn take(
    device: &mut dyn Transport,
    usages: &UsageTable,
    keep_serial: bool,
) -> Result<Recording, TransportError> {
    let bytes = device.report_descriptor()?;
    let descriptor = parse(&bytes);
    let feature = reports(&descriptor, Kind::Feature, |id, len| device.get_feature(id, len))?;
    let input = reports(&descriptor, Kind::Input, |id, len| device.get_input(id, len))?;
    let indices = string_indices(&descriptor, &feature, usages);
    let mut strings = BTreeMap::new();
    for index in indices.keys() {
        if let Some(text) = answered(device.indexed_string(*index))? {
            strings.insert(*index, text);
        }
    }
    let identity = device.identity().clone();
    let mut recording =
        Recording { identity, descriptor: bytes, feature, input, strings, ..Recording::default() };
    if !keep_serial {
        redact(&mut recording, &indices);
    }
    Ok(recording)
}

/// Writes a recording so that the file is old or new, never half.
pub fn write(recording: &Recording, file: &Path) -> io::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = file.with_file_name(name);
    let written = fs::write(&temporary, to_json(recording));
    written.and_then(|()| fs::rename(&temporary, file)).inspect_err(|_| {
        // What is left of it is of no use; the error that counts is the first.
        let _ = fs::remove_file(&temporary);
    })
}

/// An answer, or that there is none; an error only when the device is lost.
fn answered<T>(result: Result<T, TransportError>) -> Result<Option<T>, TransportError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_lost() => Err(error),
        Err(_) => Ok(None),
    }
}

/// The reports of one kind. In front of a report without id there is a zero that belongs to the
/// request, not to the report.
fn reports(
    descriptor: &Descriptor,
    kind: Kind,
    mut ask: impl FnMut(u8, usize) -> Result<Vec<u8>, TransportError>,
) -> Result<Reports, TransportError> {
    let mut reports = Reports::new();
    for (&id, &length) in &descriptor.report_lengths {
        if descriptor.report_fields(id, kind).next().is_none() {
            continue;
        }
        if let Some(mut bytes) = answered(ask(id, length + 1))? {
            if id == 0 && !bytes.is_empty() {
                bytes.remove(0);
            }
            reports.insert(id, bytes);
        }
    }
    Ok(reports)
}

/// The string numbers in the feature reports, and whether each stands for the serial number.
fn string_indices(
    descriptor: &Descriptor,
    feature: &Reports,
    usages: &UsageTable,
) -> BTreeMap<u8, bool> {
    let mut values = report::Reports::new(descriptor);
    for (&id, bytes) in feature {
        // A recording has no id in front of a report without one.
        let answer = if id == 0 { [&[0], bytes.as_slice()].concat() } else { bytes.clone() };
        values.file_feature(id, &answer, Duration::ZERO);
    }
    let mut indices = BTreeMap::new();
    for field in &descriptor.fields {
        let Some(usage) = field.path.last() else { continue };
        let named = usages.name(usage).is_some_and(is_string_name);
        if field.kind != Kind::Feature || !named || !feature.contains_key(&field.report_id) {
            continue;
        }
        let value = values.value(field);
        if (1.0..=255.0).contains(&value) {
            // In range and whole: a field's value of at most eight bits.
            *indices.entry(value as u8).or_default() |= usage == SERIAL_NUMBER;
        }
    }
    indices
}

/// `iProduct`, `iModel`: a small i and a capital.
fn is_string_name(name: &str) -> bool {
    name.strip_prefix('i').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// Replaces the serial number, and every string that repeats it, by zeros.
fn redact(recording: &mut Recording, indices: &BTreeMap<u8, bool>) {
    let zeros = |text: &str| "0".repeat(text.chars().count());
    let serial = recording.identity.serial.clone();
    for (index, text) in &mut recording.strings {
        let is_serial = indices.get(index) == Some(&true);
        if is_serial || (serial.as_ref() == Some(text) && !text.is_empty()) {
            *text = zeros(text);
        }
    }
    recording.identity.serial = serial.as_deref().map(zeros);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording;
    use crate::replay::Replay;
    use nut_hid::maps::Maps;

    fn eaton() -> Recording {
        let text = include_str!("../tests/devices/eaton_3s_850.json");
        let mut recording = recording::parse(text.as_bytes()).unwrap();
        recording.identity.serial = Some("G123".to_string());
        recording.strings.insert(2, "by G123".to_string());
        recording.strings.insert(4, "G124".to_string());
        recording.strings.insert(7, "G123".to_string());
        recording
    }

    fn taken(keep_serial: bool) -> Recording {
        let (maps, _) = Maps::builtin();
        let usages = &maps.by_subdriver("MGE HID 1.58").unwrap().usages;
        let mut device = Replay::new(eaton()).connect().unwrap();
        take(&mut device, usages, keep_serial).unwrap()
    }

    #[test]
    fn everything_the_device_answers_is_taken() {
        let expected = Recording { model: None, ..eaton() };
        assert_eq!(taken(true), expected);
    }

    #[test]
    fn the_serial_number_becomes_zeros_wherever_it_stands() {
        let recording = taken(false);
        assert_eq!(recording.identity.serial.as_deref(), Some("0000"));
        let texts = [2, 4, 7, 12].map(|index| recording.strings[&index].as_str());
        assert_eq!(texts, ["by G123", "0000", "0000", "850"]);
    }

    #[test]
    fn a_lost_device_gives_no_recording() {
        let replay = Replay::new(eaton());
        let mut device = replay.connect().unwrap();
        replay.happen(&recording::Event { plugged: Some(false), ..Default::default() });
        let (maps, _) = Maps::builtin();
        assert!(take(&mut device, maps.base().usages(), false).is_err_and(|e| e.is_lost()));
    }

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("record-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("ups.json");
        fs::write(&file, "old").unwrap();
        write(&eaton(), &file).unwrap();
        assert_eq!(recording::parse(&fs::read(&file).unwrap()).unwrap(), eaton());
        assert!(write(&eaton(), &folder.join("missing/ups.json")).is_err());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no temporary file is left");
        fs::remove_dir_all(&folder).unwrap();
    }
}
