//! Recorded devices that went mad: descriptors and reports changed at random, the same on every run.
//! Nothing may panic, whatever is read, heard, set or commanded, and no value may be other than text
//! a client can read.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use nut_hid::maps::Maps;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use support::random::Random;
use support::{Fake, context, try_attach};
use upsdrv::Context;
use upsdrv_usbhid::engine::Engine;
use upsdrv_usbhid::recording::{Recording, parse};

/// Mad versions of each device.
const VERSIONS: usize = 60;
const TEXTS: [&str; 8] =
    ["", "-1", "99999999999999999999", "1e300", "NaN", "yes", "2026/11/24", "\u{e9}\"\\ x"];

/// What chance does to bytes.
trait Spoil {
    fn change(&mut self, bytes: &mut Vec<u8>);
    fn some(&mut self, reports: &mut BTreeMap<u8, Vec<u8>>);
}

impl Spoil for Random {
    fn change(&mut self, bytes: &mut Vec<u8>) {
        let place = self.below(bytes.len());
        match self.below(5) {
            0 => bytes.truncate(place),
            1 => bytes.extend(vec![0xff; self.below(40)]),
            2 => bytes.insert(place.min(bytes.len()), self.0 as u8),
            _ => {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = self.byte();
                }
            }
        }
    }

    fn some(&mut self, reports: &mut BTreeMap<u8, Vec<u8>>) {
        for report in reports.values_mut() {
            if self.below(3) == 0 {
                self.change(report);
            }
        }
    }
}

fn recordings() -> Vec<Recording> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/devices");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    // What is no recording there is an expectation.
    files.iter().filter_map(|file| parse(&fs::read(file).unwrap()).ok()).collect()
}

fn device(recording: &Recording) -> Fake {
    Fake {
        identity: recording.identity.clone(),
        descriptor: recording.descriptor.clone(),
        feature: recording.feature.clone(),
        strings: recording.strings.clone(),
        ..Fake::default()
    }
}

fn assert_readable(ctx: &Context) {
    for variable in ctx.state.variables() {
        let value = variable.value.to_ascii_lowercase();
        assert!(!["nan", "inf", "-inf", "-nan"].contains(&value.as_str()), "{variable:?}");
        assert!(value.len() < 4096, "{} has {} bytes", variable.name, value.len());
    }
}

/// A life: attached, read, told, set and commanded, while its reports change.
fn live(maps: &Maps, recording: &Recording, random: &mut Random) -> Option<()> {
    let mut device = device(recording);
    let mut ctx = context(&["pollfreq=-1"]);
    if random.below(4) > 0 {
        random.change(&mut device.descriptor);
    }
    random.some(&mut device.feature);
    let mut engine = try_attach(maps, &mut device, &mut ctx)?;
    engine.init(&mut device, &mut ctx).ok()?;
    for _ in 0..3 {
        ctx.now += std::time::Duration::from_secs(2);
        ctx.status.begin_round(&ctx.state, ctx.now);
        // Going stale is a good answer to a mad device.
        let _ = engine.update(&mut device, &mut ctx);
        random.some(&mut device.feature);
        let mut heard = recording.input.clone();
        random.some(&mut heard);
        for report in heard.values() {
            engine.on_report(report, &mut device, &mut ctx);
        }
        assert_readable(&ctx);
    }
    order_about(&mut engine, &mut device, &mut ctx, random);
    Some(())
}

fn order_about(engine: &mut Engine, device: &mut Fake, ctx: &mut Context, random: &mut Random) {
    let variables: Vec<String> = ctx.state.variables().map(|v| v.name.clone()).collect();
    for name in variables {
        engine.set(&name, TEXTS[random.below(TEXTS.len())], device, ctx);
    }
    let commands: Vec<String> = ctx.state.commands().map(str::to_owned).collect();
    for name in commands {
        engine.command(&name, Some(TEXTS[random.below(TEXTS.len())]), device, ctx);
    }
    engine.shutdown(device, ctx);
}

#[test]
fn mad_devices_do_no_harm() {
    let (maps, _) = Maps::builtin();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let (mut lives, mut whole) = (0, 0);
    for recording in recordings() {
        for _ in 0..VERSIONS {
            lives += 1;
            whole += usize::from(live(&maps, &recording, &mut random).is_some());
        }
    }
    assert!(lives >= 7 * VERSIONS && whole > lives / 4, "{whole} of {lives} devices lived");
}
