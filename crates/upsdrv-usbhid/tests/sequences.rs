//! Any sequence of troubles on the way to a device, in virtual time: the driver neither panics nor
//! spins, says in time that its readings are old, and is well again by itself.
//!
//! The promises and their bounds stand in `support/life.rs`; a story that breaks one is told as
//! short as it can be made. Each promise was seen to be broken, the first four by the driver as it was:
//!
//! - "busy loop: 3 openings since the last round" (`BreakPipe`): a loss was followed by an attempt to
//!   reconnect, a failing pipe by a loss, and so on without a pause;
//! - "fresh though the device is silent for 6s" (`Become(IdOnly)`): an id without a byte behind it
//!   counted as an answer;
//! - "ups.timer.reboot is 1, the device says 0" (`Plug Renumbered`): another descriptor was not noticed;
//! - "ups.timer.start is -60, the device says 65535" (`Renumbered` while `Empty`): all rows for a variable
//!   stayed bound when a first walk brought nothing, and the last one won;
//! - without the `data_stale` of `Engine::mute`: "fresh though the device is silent for 6s"
//!   (`Become(Empty)`); without the one in `Keeper::reconnect`, or with any serial number taken for ours:
//!   the same after `Plug Stranger`;
//! - with a mute device never asked again: "stale though the device is good for 11s";
//! - with rounds that may be broken off for ever: "busy loop: 14 calls since the last round" (`Chatter`).

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::path::Path;
use std::time::Duration;
use support::bus::{Mode, Unit};
use support::life::{Broken, Life};
use support::random::Random;
use upsdrv_usbhid::recording::{Recording, parse};

/// Steps of one story.
const STEPS: usize = 150;

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    Wait(u64),
    Unplug,
    Plug {
        as_what: Plugged,
        denied: bool,
    },
    Become(Mode),
    /// So many requests later.
    Soon(usize, Mode),
    /// A report has other bytes from now on.
    Change {
        report: usize,
        seed: u64,
    },
    /// So many interrupt reports, of this kind.
    Interrupts(usize, Kind),
    /// The interrupt pipe ends, and ends again whenever it is opened until it is mended.
    BreakPipe,
    MendPipe,
    /// A report by itself at each request, or no more.
    Chatter(bool),
    Command(usize),
    Set(usize),
}

#[derive(Debug, Clone, Copy)]
enum Plugged {
    Same,
    /// The same at another place.
    Elsewhere,
    /// Another one of the same make.
    Stranger,
    /// The same with reports numbered anew.
    Renumbered,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    True,
    Short,
    IdOnly,
    Long,
    Unknown,
    Empty,
    Chance,
}

fn step(random: &mut Random) -> Step {
    use Mode::*;
    let modes = [
        Stall,
        Hang,
        Io,
        Gone,
        Busy,
        Empty,
        IdOnly,
        WrongId,
        Short,
        Long,
        Garbage,
        Slow(30),
        Slow(400),
        Good,
        Good,
        Good,
        Good,
    ];
    let kinds = [
        Kind::True,
        Kind::Short,
        Kind::IdOnly,
        Kind::Long,
        Kind::Unknown,
        Kind::Empty,
        Kind::Chance,
    ];
    match random.below(25) {
        0..=6 => Step::Wait(*random.pick(&[1, 50, 300, 1000, 1900, 2500, 5000, 9000])),
        7 => Step::Wait(*random.pick(&[15_000, 20_000])),
        8 | 9 => Step::Unplug,
        10 | 11 => Step::Plug { as_what: Plugged::Same, denied: random.one_in(8) },
        12 => Step::Plug {
            as_what: *random.pick(&[Plugged::Elsewhere, Plugged::Stranger, Plugged::Renumbered]),
            denied: random.one_in(8),
        },
        13..=15 => Step::Become(*random.pick(&modes)),
        16 => Step::Soon(random.below(40), *random.pick(&modes)),
        17 | 18 => {
            Step::Change { report: random.below(256), seed: random.below(1 << 30) as u64 + 1 }
        }
        19 | 20 => Step::Interrupts(1 + random.below(30), *random.pick(&kinds)),
        21 if random.one_in(2) => Step::BreakPipe,
        21 => Step::MendPipe,
        22 => Step::Command(random.below(64)),
        23 => Step::Chatter(random.one_in(2)),
        _ => Step::Set(random.below(64)),
    }
}

/// Lets a step happen.
fn take(life: &mut Life, unit: &Unit, step: &Step) -> Result<(), Broken> {
    match step {
        Step::Wait(ms) => return life.run(Duration::from_millis(*ms)),
        Step::Unplug => life.happen(|bus, news| {
            *news += 1;
            bus.unplug();
        }),
        Step::Plug { as_what, denied } => plug(life, unit, *as_what, *denied),
        Step::Become(mode) => life.happen(|bus, _| (bus.mode, bus.soon) = (*mode, None)),
        Step::Soon(left, mode) => life.happen(|bus, _| bus.soon = Some((*left, *mode))),
        Step::Change { report, seed } => change(life, *report, *seed),
        Step::Interrupts(many, kind) => interrupts(life, *many, *kind),
        Step::BreakPipe => life.happen(|bus, news| {
            *news += 1;
            bus.broken_pipe = true;
            bus.breaks += 1;
            bus.end_pipe("Input/Output Error");
        }),
        Step::MendPipe => life.happen(|bus, _| bus.broken_pipe = false),
        Step::Chatter(chatter) => life.happen(|bus, _| bus.chatter = *chatter),
        Step::Command(number) => {
            let names: Vec<String> = life.ctx.state.commands().map(str::to_owned).collect();
            if let Some(name) = names.get(number % names.len().max(1)) {
                life.order(|engine, device, ctx| {
                    engine.command(name, None, device, ctx);
                });
            }
        }
        Step::Set(number) => {
            let names: Vec<String> = life.ctx.state.variables().map(|v| v.name.clone()).collect();
            let name = &names[number % names.len()];
            life.order(|engine, device, ctx| {
                engine.set(name, "20", device, ctx);
            });
        }
    }
    Ok(())
}

fn plug(life: &mut Life, unit: &Unit, as_what: Plugged, denied: bool) {
    life.happen(|bus, news| {
        if bus.plugged.is_some() {
            *news += 1;
            bus.unplug();
        }
        let mut unit = unit.clone();
        match as_what {
            Plugged::Same => {}
            Plugged::Elsewhere => {
                (unit.identity.bus, unit.identity.device) =
                    (Some("002".into()), Some("042".into()));
            }
            Plugged::Stranger => unit.identity.serial = Some("STRANGER".to_string()),
            Plugged::Renumbered => unit = unit.renumbered(),
        }
        (bus.plugged, bus.denied) = (Some(unit), denied);
    });
    life.unsettle(false);
}

fn change(life: &mut Life, report: usize, seed: u64) {
    let mut random = Random(seed);
    life.happen(|bus, _| {
        let Some(unit) = &mut bus.plugged else { return };
        let number = report % unit.feature.len().max(1);
        if let Some(bytes) = unit.feature.values_mut().nth(number) {
            let place = 1 + random.below(bytes.len() - 1);
            if let Some(byte) = bytes.get_mut(place) {
                *byte = random.byte();
            }
        }
    });
    life.unsettle(false);
}

fn interrupts(life: &mut Life, many: usize, kind: Kind) {
    life.happen(|bus, news| {
        let reports = bus.plugged.as_ref().map(|unit| unit.feature.clone()).unwrap_or_default();
        for bytes in reports.values().cycle().take(many) {
            let (mut bytes, sign) = (
                bytes.clone(),
                matches!(kind, Kind::True | Kind::Short | Kind::Long | Kind::Chance),
            );
            match kind {
                Kind::True => {}
                Kind::Short => bytes.truncate(2),
                Kind::IdOnly => bytes.truncate(1),
                Kind::Long => bytes.extend([0x5a; 600]),
                Kind::Unknown => bytes[0] = 0xee,
                Kind::Empty => bytes.clear(),
                Kind::Chance => {
                    bytes.iter_mut().skip(1).for_each(|b| *b = b.wrapping_mul(37) ^ 0xc3)
                }
            }
            *news += usize::from(bus.send(bytes, sign));
        }
    });
    life.unsettle(matches!(kind, Kind::Chance));
}

/// What was met in the stories that kept the promises.
#[derive(Default)]
struct Met {
    stales: usize,
    recoveries: usize,
    comparisons: usize,
}

/// Plays a story to its end, which is a good one.
fn tell(unit: &Unit, options: &[&str], poll: u64, steps: &[Step]) -> Result<Met, Broken> {
    let mut life = Life::begin(unit, options, poll);
    life.run(Duration::ZERO)?;
    let good = [
        Step::MendPipe,
        Step::Chatter(false),
        Step::Become(Mode::Good),
        Step::Plug { as_what: Plugged::Same, denied: false },
        Step::Wait(60_000),
    ];
    for (number, step) in steps.iter().chain(&good).enumerate() {
        take(&mut life, unit, step)
            .map_err(|broken| format!("step {number}, {step:?}: {broken}"))?;
    }
    Ok(Met { stales: life.stales, recoveries: life.recoveries, comparisons: life.comparisons })
}

/// The story without all steps that it can do without.
fn shorten(steps: &[Step], breaks: impl Fn(&[Step]) -> bool) -> Vec<Step> {
    let mut steps = steps.to_vec();
    let mut size = steps.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < steps.len() {
            let mut shorter = steps.clone();
            shorter.drain(at..(at + size).min(steps.len()));
            if breaks(&shorter) {
                steps = shorter;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    steps
}

fn unit(recording: Recording) -> Unit {
    Unit {
        identity: recording.identity,
        descriptor: recording.descriptor,
        feature: recording.feature,
        strings: recording.strings,
    }
}

fn units() -> Vec<(String, Unit)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/devices");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    let name = |file: &Path| file.file_stem().unwrap().to_string_lossy().into_owned();
    let read = |file: &Path| parse(&fs::read(file).unwrap()).ok();
    // What is no recording there is an expectation.
    files.iter().filter_map(|file| Some((name(file), unit(read(file)?)))).collect()
}

/// Plays a story; one that breaks a promise ends the test, told short.
fn must_hold(name: &str, unit: &Unit, (options, poll): Setting, steps: &[Step]) -> Met {
    let tell = |steps: &[Step]| tell(unit, options, poll, steps);
    tell(steps).unwrap_or_else(|_| {
        let short = shorten(steps, |steps| tell(steps).is_err());
        let broken = tell(&short).err();
        panic!("{name} {options:?}, rounds of {poll} s: {broken:?}\n{short:#?}");
    })
}

/// Options and the time between two rounds in seconds.
type Setting = (&'static [&'static str], u64);

#[test]
fn any_sequence_of_troubles_is_survived() {
    let settings: [Setting; 5] = [
        (&["pollfreq=6"], 2),
        (&["pollfreq=6", "pollonly"], 2),
        (&["pollfreq=3", "waitbeforereconnect=3"], 1),
        (&["pollfreq=10", "interrupt_pipe_no_events_tolerance=3"], 2),
        (&[], 5),
    ];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut met = Met::default();
    // Each device in two settings, each setting with several devices.
    for (number, (name, unit)) in units().iter().enumerate() {
        for setting in [settings[number % 5], settings[(number + 2) % 5]] {
            let steps: Vec<Step> = (0..STEPS).map(|_| step(&mut random)).collect();
            let seen = must_hold(name, unit, setting, &steps);
            met.stales += seen.stales;
            met.recoveries += seen.recoveries;
            met.comparisons += seen.comparisons;
        }
    }
    let Met { stales, recoveries, comparisons } = met;
    assert!(
        stales > 60 && recoveries > 80 && comparisons > 500,
        "{stales} times stale, {recoveries} times well again, {comparisons} comparisons"
    );
}
