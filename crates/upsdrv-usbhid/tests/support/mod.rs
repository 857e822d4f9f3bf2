//! A device out of bytes, and a kit around the engine, for tests.

#![allow(dead_code, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // each test uses its part

pub mod bus;
pub mod life;
pub mod random;

use nut_hid::maps::{Candidate, Claim, Maps};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use upsdrv::Context;
use upsdrv::options::Options;
use upsdrv_usbhid::engine::{Engine, LocalTime, Settings};
use upsdrv_usbhid::transport::{Identity, Transport, TransportError};

/// A device that answers with fixed bytes and notes what is written to it.
#[derive(Default)]
pub struct Fake {
    pub identity: Identity,
    pub descriptor: Vec<u8>,
    pub feature: BTreeMap<u8, Vec<u8>>,
    pub strings: BTreeMap<u8, String>,
    pub writes: Vec<String>,
    pub reads: Vec<u8>,
    /// How many bytes were asked for, by report id.
    pub lengths: BTreeMap<u8, usize>,
    pub pauses: Vec<Duration>,
    /// An interrupt report is waiting.
    pub news: bool,
    /// What every request ends with, if anything.
    pub failure: Option<TransportError>,
}

impl Fake {
    fn fail(&self) -> Result<(), TransportError> {
        self.failure.clone().map_or(Ok(()), Err)
    }
}

fn stalled() -> TransportError {
    TransportError::NoValue("Broken pipe".into())
}

impl Transport for Fake {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn has_news(&self) -> bool {
        self.news
    }

    fn report_descriptor(&mut self) -> Result<Vec<u8>, TransportError> {
        Ok(self.descriptor.clone())
    }

    fn get_feature(&mut self, id: u8, len: usize) -> Result<Vec<u8>, TransportError> {
        self.fail()?;
        self.reads.push(id);
        self.lengths.insert(id, len);
        self.feature.get(&id).cloned().ok_or_else(stalled)
    }

    fn set_feature(&mut self, report: &[u8]) -> Result<(), TransportError> {
        self.fail()?;
        self.writes.push(hex(report));
        Ok(())
    }

    fn indexed_string(&mut self, index: u8) -> Result<String, TransportError> {
        self.strings.get(&index).cloned().ok_or_else(stalled)
    }

    fn pause(&mut self, time: Duration) {
        self.pauses.push(time);
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes from hexadecimal digits, blanks between them or not.
pub fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().filter(char::is_ascii_hexdigit).collect();
    let pairs = digits.chunks(2).map(|pair| pair.iter().collect::<String>());
    pairs.map(|pair| u8::from_str_radix(&pair, 16).unwrap()).collect()
}

/// The kit's side of a driver called `t`, with these options (`name` or `name=value`).
pub fn context(options: &[&str]) -> Context {
    let mut given = Options::with_port("auto");
    for option in options {
        match option.split_once('=') {
            Some((name, value)) => given.set(name, Some(value)),
            None => given.set(option, None),
        }
    }
    Context::new("usbhid-ups", "t", given, Instant::now())
}

/// Claims a device by the maps that come with the program, and attaches the engine. Local time is
/// UTC.
pub fn attach(device: &mut Fake, ctx: &mut Context) -> Engine {
    let (maps, problems) = Maps::builtin();
    assert!(problems.is_empty(), "{problems:?}");
    attach_with(&maps, device, ctx)
}

pub fn attach_with(maps: &Maps, device: &mut Fake, ctx: &mut Context) -> Engine {
    try_attach(maps, device, ctx).unwrap()
}

/// Nothing if the engine refuses the device.
pub fn try_attach(maps: &Maps, device: &mut Fake, ctx: &mut Context) -> Option<Engine> {
    try_attach_in(Arc::new(|_| 0), maps, device, ctx)
}

/// The same with another local time.
pub fn try_attach_in(
    zone: LocalTime,
    maps: &Maps,
    device: &mut Fake,
    ctx: &mut Context,
) -> Option<Engine> {
    let who = Candidate {
        vid: device.identity.vid,
        pid: device.identity.pid,
        vendor: device.identity.vendor.as_deref().unwrap_or_default(),
        product: device.identity.product.as_deref().unwrap_or_default(),
        any_product: false,
    };
    let Claim::By(map, entry) = maps.claim(who) else { panic!("nobody claims {who:?}") };
    let settings = Settings::read(&ctx.options);
    Engine::attach(map.clone(), entry, settings, zone, device, ctx).ok()
}

/// What the kit publishes beside the engine.
pub fn publish_kit_variables(ctx: &mut Context) {
    ctx.state.set("device.type", "ups");
    for part in ["mfr", "model", "serial"] {
        if let Some(value) = ctx.state.value(&format!("ups.{part}")).map(str::to_owned) {
            ctx.state.set(&format!("device.{part}"), value);
        }
    }
    ctx.state.add_command("shutdown.default");
}

/// One round of the kit, two seconds after the last.
pub fn round(engine: &mut Engine, device: &mut Fake, ctx: &mut Context) {
    ctx.now += Duration::from_secs(2);
    ctx.status.begin_round(&ctx.state, ctx.now);
    engine.update(device, ctx).unwrap();
}

/// A variable in the form the vectors have: value, flags, length and enumeration where there are any.
fn variable(variable: &nut_proto::variable::Variable) -> serde_json::Value {
    let mut shown = serde_json::json!({ "value": variable.value });
    let flags: Vec<_> = variable.flags.words().collect();
    if !flags.is_empty() {
        shown["flags"] = flags.into();
    }
    if variable.aux != 0 {
        shown["len"] = variable.aux.into();
    }
    if !variable.enums.is_empty() {
        shown["enum"] = variable.enums.clone().into();
    }
    shown
}

/// Everything published, `driver.*` left out, in the form of the vectors.
pub fn variables(ctx: &Context) -> BTreeMap<String, serde_json::Value> {
    let all = ctx.state.variables().filter(|v| !v.name.starts_with("driver."));
    all.map(|v| (v.name.clone(), variable(v))).collect()
}

/// The commands offered, `driver.*` left out, sorted.
pub fn commands(ctx: &Context) -> Vec<String> {
    let mut all: Vec<_> = ctx.state.commands().map(str::to_owned).collect();
    all.retain(|name| !name.starts_with("driver."));
    all.sort();
    all
}

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Collector;

impl log::Log for Collector {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Info
    }
    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            LINES.with_borrow_mut(|lines| lines.push(record.args().to_string()));
        }
    }
    fn flush(&self) {}
}

/// Begins to collect what this thread logs.
pub fn collect_log() {
    static COLLECTOR: Collector = Collector;
    // Only the first test of the process sets it.
    let _ = log::set_logger(&COLLECTOR);
    log::set_max_level(log::LevelFilter::Info);
    LINES.take();
}

/// What this thread logged since.
pub fn take_log() -> Vec<String> {
    LINES.take()
}

/// A field of a synthetic device: main item (0xb1 Feature, 0x81 Input), report id, usages from the
/// outermost collection inwards.
pub type FieldSpec<'a> = (u8, u8, &'a [u32]);

/// The report descriptor of a device with these one-byte fields, 0 to 100 each.
pub fn descriptor(fields: &[FieldSpec<'_>]) -> Vec<u8> {
    let mut bytes = vec![0x15, 0, 0x25, 100, 0x75, 8, 0x95, 1];
    let usage = |code: &u32| [&[0x0b], code.to_le_bytes().as_slice()].concat();
    for (main, id, path) in fields {
        let (last, around) = path.split_last().unwrap();
        bytes.extend([0x85, *id]);
        around.iter().for_each(|code| bytes.extend([usage(code), vec![0xa1, 0]].concat()));
        bytes.extend([usage(last), vec![*main, 2]].concat());
        bytes.extend(vec![0xc0; around.len()]);
    }
    bytes
}
