//! A driver for conversions to talk to in tests.

use super::{Context, Host, Level, Memory, find};
use crate::map::Device;
use crate::status::Bits;
use std::collections::BTreeMap;
use std::time::Duration;

/// Everything a conversion can see, filled in by a test.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) strings: BTreeMap<u8, String>,
    pub(crate) reports: BTreeMap<u8, Vec<u8>>,
    pub(crate) buzzwords: Vec<String>,
    pub(crate) requests: Vec<String>,
    pub(crate) log: Vec<String>,
    pub(crate) options: BTreeMap<String, String>,
    pub(crate) pauses: u32,
    pub(crate) offset: i64,
}

impl Host for Fake {
    fn value(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
    fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.into(), value.into());
    }
    fn delete(&mut self, name: &str) {
        self.variables.remove(name);
    }
    fn set_on_device(&mut self, name: &str, text: &str) {
        self.requests.push(format!("{name}={text}"));
    }
    fn buzzword(&mut self, word: &str) {
        self.buzzwords.push(word.into());
    }
    fn indexed_string(&mut self, index: u8) -> Option<String> {
        self.strings.get(&index).cloned()
    }
    fn report(&self, id: u8) -> Option<Vec<u8>> {
        self.reports.get(&id).cloned()
    }
    fn read_feature(&mut self, id: u8, _: usize) -> Option<Vec<u8>> {
        self.reports.get(&id).cloned()
    }
    fn pause(&mut self, _: Duration) {
        self.pauses += 1;
    }
    fn option(&self, name: &str) -> Option<String> {
        self.options.get(name).cloned()
    }
    fn utc_offset(&self, _: i64) -> i64 {
        self.offset
    }
    fn log(&mut self, _: Level, text: &str) {
        self.log.push(text.into());
    }
}

/// A driver, a device and a memory for one test.
#[derive(Default)]
pub(crate) struct Bench {
    pub(crate) host: Fake,
    pub(crate) memory: Memory,
    pub(crate) device: Device,
    pub(crate) bits: Bits,
}

impl Bench {
    /// Publishes variables before the test.
    pub(crate) fn with(mut self, variables: &[(&str, &str)]) -> Bench {
        for (name, value) in variables {
            self.host.set(name, value);
        }
        self
    }

    fn context(&mut self) -> Context<'_> {
        let Bench { host, memory, device, bits } = self;
        Context { host, memory, device, bits: *bits }
    }

    /// What a conversion makes of a value.
    pub(crate) fn read(&mut self, name: &str, value: f64) -> Option<String> {
        (find(name).unwrap().read.unwrap())(value, &mut self.context())
    }

    /// What a conversion makes of a text.
    pub(crate) fn write(&mut self, name: &str, text: &str) -> Option<f64> {
        (find(name).unwrap().write.unwrap())(text, &mut self.context())
    }
}
