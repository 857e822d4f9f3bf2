//! Conversions that a table cannot say: small functions from a value to a text and back.
//!
//! Knows every function a device map may name, and what such a function may see of the driver around
//! it ([`Host`]) and remember between readings ([`Memory`]). One file a maker. Plain value tables are
//! data, in the maps.

mod apc;
pub mod belkin;
mod common;
pub mod cps;
mod delta;
mod ecoflow;
pub mod ever;
mod legrand;
pub mod mge;
mod mge_modes;
mod openups;
pub mod powercom;
mod tripplite;

use crate::map::Device;
use crate::status::Bits;
use std::time::Duration;

/// How urgent a line for the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something an administrator should act on.
    Warning,
    /// Worth knowing once.
    Notice,
    /// For the record.
    Info,
    /// Only for whoever looks for a fault.
    Debug,
}

/// What a conversion may see and do outside its own value.
pub trait Host {
    /// The value of a published variable.
    fn value(&self, name: &str) -> Option<String>;
    /// Publishes a variable other than the row's own.
    fn set(&mut self, name: &str, value: &str);
    /// Takes a variable back.
    fn delete(&mut self, name: &str);
    /// Asks for a variable to be set on the device, as a client would, before what the running
    /// conversion itself leads to is written.
    fn set_on_device(&mut self, name: &str, text: &str);
    /// Adds a word to `experimental.ups.mode.buzzwords`.
    fn buzzword(&mut self, word: &str);
    /// The USB string with this index; `None` if the device does not give it.
    fn indexed_string(&mut self, index: u8) -> Option<String>;
    /// The last seen bytes of a feature report, id first.
    fn report(&self, id: u8) -> Option<Vec<u8>>;
    /// Reads a feature report that the descriptor may not even mention, past the cache.
    fn read_feature(&mut self, id: u8, length: usize) -> Option<Vec<u8>>;
    /// Lets this much time pass before the device is asked again.
    fn pause(&mut self, time: Duration);
    /// The value of a driver option, if the user gave it (empty for a flag).
    fn option(&self, name: &str) -> Option<String>;
    /// Seconds that local time is ahead of UTC at a moment (seconds since 1970).
    fn utc_offset(&self, unix: i64) -> i64;
    /// A line for the log.
    fn log(&mut self, level: Level, text: &str);
}

/// What conversions remember from one reading to the next, one part a maker.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// Eaton and MGE.
    pub mge: mge::Memory,
    /// Belkin and Liebert.
    pub belkin: belkin::Memory,
    /// CyberPower.
    pub cps: cps::Memory,
    /// EVER.
    pub ever: ever::Memory,
    /// PowerCOM.
    pub powercom: powercom::Memory,
}

/// What surrounds a conversion.
pub struct Context<'a> {
    /// The driver.
    pub host: &'a mut dyn Host,
    /// What was remembered.
    pub memory: &'a mut Memory,
    /// The map entry of the device.
    pub device: &'a Device,
    /// The status bits as they stand.
    pub bits: Bits,
}

/// From a physical value to the text of a variable, a status word or an alarm sentence. `None`
/// leaves everything as it was.
pub type Read = fn(f64, &mut Context<'_>) -> Option<String>;

/// From the text of a setting or command (empty for a command without one) to a physical value.
/// `None`: the text is not acceptable.
pub type Write = fn(&str, &mut Context<'_>) -> Option<f64>;

/// A conversion by function.
pub struct Function {
    /// The name that maps use.
    pub name: &'static str,
    /// For readings.
    pub read: Option<Read>,
    /// For settings and commands.
    pub write: Option<Write>,
}

impl Function {
    const fn read(name: &'static str, read: Read) -> Function {
        Function { name, read: Some(read), write: None }
    }

    const fn write(name: &'static str, write: Write) -> Function {
        Function { name, read: None, write: Some(write) }
    }

    const fn both(name: &'static str, read: Read, write: Write) -> Function {
        Function { name, read: Some(read), write: Some(write) }
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// One file a line, in the order of the maps.
const FILES: &[&[Function]] = &[
    common::FUNCTIONS,
    mge::FUNCTIONS,
    apc::FUNCTIONS,
    belkin::FUNCTIONS,
    cps::FUNCTIONS,
    delta::FUNCTIONS,
    ecoflow::FUNCTIONS,
    ever::FUNCTIONS,
    legrand::FUNCTIONS,
    openups::FUNCTIONS,
    powercom::FUNCTIONS,
    tripplite::FUNCTIONS,
];

/// The function of this name.
pub fn find(name: &str) -> Option<&'static Function> {
    FILES.iter().flat_map(|file| file.iter()).find(|function| function.name == name)
}

/// Whether any maker's map may use the function of this name.
pub fn is_for_all(name: &str) -> bool {
    common::FUNCTIONS.iter().any(|function| function.name == name)
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = FILES.iter().flat_map(|f| f.iter()).map(|f| f.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(find("stringid_conversion").is_some());
        assert!(find("nothing").is_none());
    }
}
