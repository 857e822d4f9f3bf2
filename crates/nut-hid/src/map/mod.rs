//! Device maps: what the fields of a maker's devices mean, as data.
//!
//! Knows what a map holds once it is read and checked. Its file form is in `text`, reading and
//! checking in `build`, merging in `extend`; finding the map of a device is `maps`'s business.

mod build;
mod device;
mod extend;
mod text;

pub use build::Base;
pub use device::{Device, Quirk, Refused};
pub use text::{MapText, Problem};

use crate::convert::Function;
use crate::fixup::Fixup;
use crate::format::Format;
use crate::naming::Naming;
use crate::path::Path;
use crate::usage::UsageTable;

/// A checked map: everything special about the devices of one maker.
#[derive(Debug, Clone)]
pub struct Map {
    /// Short name, unique among maps.
    pub maker: String,
    /// Name and version as NUT shows them: `MGE HID 1.58`.
    pub subdriver: String,
    /// Manufacturer for devices that do not tell theirs.
    pub manufacturer: Option<String>,
    /// How maker, model and serial number are told.
    pub naming: Naming,
    /// Correction of faulty descriptors.
    pub fixup: Option<Fixup>,
    /// USB ids, in the order they are tried.
    pub devices: Vec<Device>,
    /// USB ids of this maker's that are never taken, whatever the user says of product ids.
    pub refused: Vec<Refused>,
    /// Whether devices with a known vendor id and unknown product id are pointed out.
    pub quiet_vendors: Vec<u16>,
    /// Usage names: the maker's, then the standard ones.
    pub usages: UsageTable,
    /// The rows, in order: the first that publishes a variable keeps it.
    pub rows: Vec<Row>,
    /// The file it was read from, for messages.
    pub file: String,
}

impl Map {
    /// The entry for a product of this maker's that the map does not know: on the interface where all
    /// those of the vendor are that it knows.
    pub fn unknown_product(&self, vid: u16, pid: u16) -> Device {
        let mut places = self.devices.iter().filter(|d| d.vid == vid).map(|d| d.interface);
        let first = places.next().unwrap_or_default();
        let interface = if places.all(|place| place == first) { first } else { 0 };
        Device { vid, pid, interface, ..Device::default() }
    }

    /// How this map refuses a product by name, if it does.
    pub fn refusal(&self, vid: u16, pid: u16) -> Option<&Refused> {
        self.refused.iter().find(|refused| (refused.vid, refused.pid) == (vid, pid))
    }
}

/// One row of a map: a place in the device's tree and what it is for.
#[derive(Debug, Clone)]
pub struct Row {
    /// What it is for.
    pub role: Role,
    /// The place.
    pub path: Path,
    /// The place in text form, as the map has it.
    pub path_text: String,
    /// How values are converted, beyond printing.
    pub conversion: Option<Conversion>,
    /// Access and type, as told to clients.
    pub access: Access,
    /// Greatest length of a text, in bytes; 0 when none is given.
    pub max_len: i64,
    /// When it is read.
    pub poll: Poll,
    /// Whether the texts of the conversion are offered as the allowed values.
    pub choices: bool,
    /// Line in the map file, from 1.
    pub line: usize,
}

/// What a row is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Role {
    /// A variable read from (and perhaps written to) the device.
    Reading {
        /// Name of the variable.
        name: String,
        /// How a value without a conversion is printed.
        format: Format,
    },
    /// A variable the driver keeps itself if the device has the place; never read nor written there.
    Parameter {
        /// Name of the variable.
        name: String,
        /// Its first value.
        initial: String,
    },
    /// The conversion's word changes a status bit.
    Status,
    /// The conversion's text is a sentence of `ups.alarm`.
    Alarm,
    /// An instant command.
    Command {
        /// Name of the command.
        name: String,
        /// What is written when the command comes without a parameter.
        value: Option<String>,
    },
}

impl Row {
    /// Name of the variable or command.
    pub fn name(&self) -> Option<&str> {
        match &self.role {
            Role::Reading { name, .. }
            | Role::Parameter { name, .. }
            | Role::Command { name, .. } => Some(name),
            Role::Status | Role::Alarm => None,
        }
    }

    /// Whether it is an instant command.
    pub fn is_command(&self) -> bool {
        matches!(self.role, Role::Command { .. })
    }

    /// Whether it is a variable with this name, in any letter case.
    pub fn is_variable(&self, name: &str) -> bool {
        !self.is_command() && self.name().is_some_and(|n| n.eq_ignore_ascii_case(name))
    }
}

/// Access and type of a variable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Access {
    /// Clients may set it.
    pub rw: bool,
    /// A text.
    pub string: bool,
    /// A number.
    pub number: bool,
}

/// When a row is read after the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Poll {
    /// In every full update.
    #[default]
    Full,
    /// In quick updates too.
    Quick,
    /// Never again, unless the interrupt pipe is not used.
    Once,
    /// After a setting or command, and in full updates if the interrupt pipe is not used.
    AfterSet,
}

/// How values become texts and texts values.
#[derive(Debug, Clone)]
pub struct Conversion {
    /// Name in the map.
    pub name: String,
    /// By function: wins for readings; wins for settings if it has a way back.
    pub function: Option<&'static Function>,
    /// By table, in order.
    pub table: Vec<(i64, String)>,
}

impl PartialEq for Map {
    /// Maps are the same if they were read from the same place.
    fn eq(&self, other: &Map) -> bool {
        (&self.maker, &self.file) == (&other.maker, &other.file)
    }
}
