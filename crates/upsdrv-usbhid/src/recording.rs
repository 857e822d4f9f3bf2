//! A device's recording: what it says about itself, its reports, and what happened to it.
//!
//! Knows the file format, reading and writing alike. A recording is one JSON object; members this
//! module does not know are passed over, so notes and extensions do no harm. Playing a recording is
//! `replay`'s business, taking one is `record`'s. Pure.

mod hex;

use crate::transport::Identity;
use hex::{HexBytes, HexNumber, Key, hex};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Reports by id, each as on the wire: the id in front where the descriptor uses ids.
pub type Reports = BTreeMap<u8, Vec<u8>>;

/// One recorded device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// What kind of device it is, for people.
    pub model: Option<String>,
    /// Ids, strings and interface. Where it was plugged in is not recorded.
    pub identity: Identity,
    /// The report descriptor, as long as the device gave it.
    pub descriptor: Vec<u8>,
    /// Feature reports. One that is missing was not captured: reading it is a stalled request.
    pub feature: Reports,
    /// Input reports, as last seen.
    pub input: Reports,
    /// USB strings by index.
    pub strings: BTreeMap<u8, String>,
    /// What happens after the device was first opened, in order of time.
    pub events: Vec<Event>,
}

/// Something that happens to a replayed device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// When, in milliseconds after the start of the replay.
    pub at_ms: u64,
    /// Feature reports that now have these bytes.
    pub feature: Reports,
    /// Input reports that now have these bytes; each is delivered as an interrupt report.
    pub input: Reports,
    /// Report ids that give no answer from now on (a stalled request); replaces the list in force,
    /// so an empty one ends all stalls.
    pub stall: Option<Stall>,
    /// The device is pulled out (`unplug`) or put in again (`plug`).
    pub plugged: Option<bool>,
}

/// Which requests for reports a replayed device does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stall {
    /// None of them is answered; written as `"all"`.
    All,
    /// Those with these report ids.
    Ids(Vec<u8>),
}

impl Stall {
    /// Whether a request for this report is left unanswered.
    pub fn holds(&self, id: u8) -> bool {
        match self {
            Stall::All => true,
            Stall::Ids(ids) => ids.contains(&id),
        }
    }
}

/// Where a file stops being a recording, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRecording {
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1 (0 at the end of a line).
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for BadRecording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for BadRecording {}

/// Reads a recording.
///
/// `vid`, `pid` and `report_descriptor_hex` must be there; everything else may be left out.
pub fn parse(bytes: &[u8]) -> Result<Recording, BadRecording> {
    serde_json::from_slice::<RecordingFile>(bytes).map(RecordingFile::into_recording).map_err(
        |error| {
            let place = format!(" at line {} column {}", error.line(), error.column());
            let text = error.to_string();
            BadRecording {
                line: error.line(),
                column: error.column(),
                message: text.strip_suffix(&place).unwrap_or(&text).to_string(),
            }
        },
    )
}

/// Writes a recording: indented JSON, one report a line, a line feed at the end.
pub fn to_json(recording: &Recording) -> String {
    let file = RecordingFile::from_recording(recording);
    // Maps with text keys and no custom serialisation that fails: there is no error to meet.
    let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text.push('\n');
    text
}

/// The members of the file as they are spelled there.
#[derive(Serialize, Deserialize)]
#[serde(expecting = "a recording: `{` and its members")]
struct RecordingFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    vid: HexNumber,
    pid: HexNumber,
    #[serde(default, rename = "bcdDevice", skip_serializing_if = "Option::is_none")]
    bcd_device: Option<HexNumber>,
    #[serde(default)]
    mfr: Option<String>,
    #[serde(default)]
    product: Option<String>,
    #[serde(default)]
    serial: Option<String>,
    #[serde(default)]
    interface: u8,
    report_descriptor_hex: HexBytes,
    #[serde(default)]
    reports: ReportsFile,
    #[serde(default)]
    strings: BTreeMap<Key, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    events: Vec<EventFile>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(expecting = "`{` with `feature` and `input`")]
struct ReportsFile {
    #[serde(default)]
    feature: ReportMap,
    #[serde(default)]
    input: ReportMap,
}

type ReportMap = BTreeMap<Key, HexBytes>;

#[derive(Serialize, Deserialize)]
struct EventFile {
    at_ms: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    feature: ReportMap,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    input: ReportMap,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stall: Option<StallFile>,
    #[serde(default, skip_serializing_if = "is_false")]
    unplug: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    plug: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a list of report ids or \"all\"")]
enum StallFile {
    Ids(Vec<Key>),
    Word(AllWord),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AllWord {
    All,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl RecordingFile {
    fn into_recording(self) -> Recording {
        let mut events: Vec<Event> = self.events.into_iter().map(EventFile::into_event).collect();
        events.sort_by_key(|event| event.at_ms);
        Recording {
            model: self.model,
            identity: Identity {
                vid: self.vid.0,
                pid: self.pid.0,
                bcd_device: self.bcd_device.map_or(0, |n| n.0),
                vendor: self.mfr,
                product: self.product,
                serial: self.serial,
                interface: self.interface,
                ..Identity::default()
            },
            descriptor: self.report_descriptor_hex.0,
            feature: reports(self.reports.feature),
            input: reports(self.reports.input),
            strings: self.strings.into_iter().map(|(key, text)| (key.id, text)).collect(),
            events,
        }
    }

    fn from_recording(recording: &Recording) -> Self {
        let identity = &recording.identity;
        RecordingFile {
            model: recording.model.clone(),
            vid: HexNumber(identity.vid),
            pid: HexNumber(identity.pid),
            bcd_device: (identity.bcd_device != 0).then_some(HexNumber(identity.bcd_device)),
            mfr: identity.vendor.clone(),
            product: identity.product.clone(),
            serial: identity.serial.clone(),
            interface: identity.interface,
            report_descriptor_hex: HexBytes(recording.descriptor.clone(), hex::Style::Solid),
            reports: ReportsFile {
                feature: report_map(&recording.feature),
                input: report_map(&recording.input),
            },
            strings: recording
                .strings
                .iter()
                .map(|(index, text)| (Key::decimal(*index), text.clone()))
                .collect(),
            events: recording.events.iter().map(EventFile::from_event).collect(),
        }
    }
}

impl EventFile {
    fn into_event(self) -> Event {
        Event {
            at_ms: self.at_ms,
            feature: reports(self.feature),
            input: reports(self.input),
            stall: self.stall.map(|stall| match stall {
                StallFile::Word(AllWord::All) => Stall::All,
                StallFile::Ids(keys) => Stall::Ids(keys.into_iter().map(|key| key.id).collect()),
            }),
            plugged: match (self.unplug, self.plug) {
                (_, true) => Some(true),
                (true, false) => Some(false),
                (false, false) => None,
            },
        }
    }

    fn from_event(event: &Event) -> Self {
        EventFile {
            at_ms: event.at_ms,
            feature: report_map(&event.feature),
            input: report_map(&event.input),
            stall: event.stall.as_ref().map(|stall| match stall {
                Stall::All => StallFile::Word(AllWord::All),
                Stall::Ids(ids) => StallFile::Ids(ids.iter().map(|id| Key::hex(*id)).collect()),
            }),
            unplug: event.plugged == Some(false),
            plug: event.plugged == Some(true),
        }
    }
}

fn reports(map: ReportMap) -> Reports {
    map.into_iter().map(|(key, bytes)| (key.id, bytes.0)).collect()
}

fn report_map(reports: &Reports) -> ReportMap {
    let spaced = |bytes: &Vec<u8>| HexBytes(bytes.clone(), hex::Style::Spaced);
    reports.iter().map(|(id, bytes)| (Key::hex(*id), spaced(bytes))).collect()
}

/// Bytes as lower-case hex digits without blanks: one payload in a list of writes.
pub fn payload_hex(bytes: &[u8]) -> String {
    hex(bytes, "")
}

#[cfg(test)]
mod tests;
