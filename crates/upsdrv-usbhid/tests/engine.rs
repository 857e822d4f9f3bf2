//! What goes in: a small device that changes, falls silent or goes away. What must come out: when which
//! report is read, what is published, when the readings go stale, and what is written.

#![allow(clippy::unwrap_used)]

mod support;

use nut_hid::maps::{EXAMPLE, Maps};
use std::time::Duration;
use support::{Fake, descriptor, round};
use upsdrv::{Context, Outcome};
use upsdrv_usbhid::engine::{Engine, Loss, Round};
use upsdrv_usbhid::transport::{Identity, TransportError};

const UPS: u32 = 0x0084_0004;
const SUMMARY: u32 = 0x0084_0024;
const STATUS: u32 = 0x0084_0002;
const FEATURE: u8 = 0xb1;
const INPUT: u8 = 0x81;

const CHARGE: &[u32] = &[UPS, SUMMARY, 0x0085_0066];
const AC_PRESENT: &[u32] = &[UPS, SUMMARY, STATUS, 0x0085_00d0];
const DISCHARGING: &[u32] = &[UPS, SUMMARY, STATUS, 0x0085_0045];
const DELAY_OFF: &[u32] = &[UPS, SUMMARY, 0x0084_0057];
const MOOD: &[u32] = &[UPS, 0xff00_0010];
const FIRE: &[u32] = &[UPS, SUMMARY, STATUS, 0x0084_0067];

/// A device of the example map: charge 1, status 2, mood 3, delay 4, fire 5; status by itself too.
fn device() -> Fake {
    let fields = [
        (FEATURE, 1, CHARGE),
        (FEATURE, 2, AC_PRESENT),
        (FEATURE, 2, DISCHARGING),
        (FEATURE, 3, MOOD),
        (FEATURE, 4, DELAY_OFF),
        (FEATURE, 5, FIRE),
        (INPUT, 2, AC_PRESENT),
        (INPUT, 2, DISCHARGING),
    ];
    let report = |id: u8, bytes: &[u8]| (id, [&[id], bytes].concat());
    Fake {
        identity: Identity {
            vid: 0x1209,
            pid: 0x0001,
            product: Some("Example 500".into()),
            ..Identity::default()
        },
        descriptor: descriptor(&fields),
        feature: [
            report(1, &[80]),
            report(2, &[1, 0]),
            report(3, &[1]),
            report(4, &[0]),
            report(5, &[0]),
        ]
        .into(),
        ..Fake::default()
    }
}

fn start(device: &mut Fake, options: &[&str]) -> (Engine, Context) {
    let (mut maps, _) = Maps::builtin();
    maps.add(EXAMPLE.0, EXAMPLE.1).unwrap();
    let mut ctx = support::context(options);
    let mut engine = support::attach_with(&maps, device, &mut ctx);
    engine.init(device, &mut ctx).unwrap();
    device.reads.clear();
    (engine, ctx)
}

fn status(ctx: &Context) -> &str {
    ctx.state.value("ups.status").unwrap_or_default()
}

#[test]
fn the_tutorials_map_works() {
    let mut device = device();
    let (mut engine, mut ctx) = start(&mut device, &["pollfreq=-1"]);
    round(&mut engine, &mut device, &mut ctx);
    for (name, value) in [
        ("battery.charge", "80"),
        ("input.sensitivity", "busy"),
        ("ups.delay.shutdown", "20"),
        ("ups.mfr", "Example Power"),
        ("ups.model", "Example 500"),
        ("ups.status", "OL"),
    ] {
        assert_eq!(ctx.state.value(name), Some(value), "{name}");
    }
    assert_eq!(ctx.state.get("input.sensitivity").unwrap().enums, ["calm", "busy"]);
    assert_eq!(support::commands(&ctx), ["load.off", "load.off.delay"]);
    device.feature.insert(5, vec![5, 1]);
    round(&mut engine, &mut device, &mut ctx);
    assert_eq!(ctx.state.value("ups.alarm"), Some("The battery is on fire!"));
    assert_eq!(status(&ctx), "ALARM OL");
}

#[test]
fn quick_updates_read_only_what_may_change_at_any_moment() {
    let mut device = device();
    let (mut engine, mut ctx) = start(&mut device, &["pollfreq=5"]);
    round(&mut engine, &mut device, &mut ctx);
    round(&mut engine, &mut device, &mut ctx);
    assert_eq!(device.reads, [2, 2]);
    round(&mut engine, &mut device, &mut ctx);
    assert_eq!(device.reads[2..], [1, 2, 5], "six seconds are more than five");
    device.reads.clear();
    round(&mut engine, &mut device, &mut ctx);
    assert_eq!(device.reads, [2]);
}

#[test]
fn a_setting_is_read_back_at_once() {
    let mut device = device();
    let (mut engine, mut ctx) = start(&mut device, &[]);
    let set = engine.set("input.sensitivity", "calm", &mut device, &mut ctx);
    assert_eq!(
        (set, device.writes.as_slice()),
        (Outcome::Handled, ["0300".to_string()].as_slice())
    );
    device.feature.insert(3, vec![3, 0]);
    round(&mut engine, &mut device, &mut ctx);
    assert_eq!(device.reads, [1, 3, 2, 5], "a full update, with what is read after settings");
    assert_eq!(ctx.state.value("input.sensitivity"), Some("calm"));
}

#[test]
fn without_interrupts_everything_is_read_with_full_updates() {
    let mut device = device();
    let (mut engine, mut ctx) = start(&mut device, &["pollonly", "pollfreq=-1"]);
    assert!(!engine.uses_interrupts());
    round(&mut engine, &mut device, &mut ctx);
    assert_eq!(device.reads, [1, 3, 2, 5]);
}

#[test]
fn a_round_makes_way_for_an_interrupt_report_and_is_taken_up_again() {
    let mut device = device();
    let (mut engine, mut ctx) = start(&mut device, &["pollonly", "pollfreq=-1"]);
    device.news = true;
    round(&mut engine, &mut device, &mut ctx);
    assert_eq!(device.reads, [1, 3, 2, 5], "the first round is waited for");
    device.reads.clear();
    ctx.now += Duration::from_secs(2);
    for read in [1, 3, 2] {
        assert_eq!(engine.update(&mut device, &mut ctx), Ok(Round::BrokenOff));
        assert_eq!(device.reads.last(), Some(&read), "one more report each time");
    }
    assert_eq!(engine.update(&mut device, &mut ctx), Ok(Round::Complete));
    assert_eq!(device.reads, [1, 3, 2, 5]);
}

#[test]
fn a_talkative_device_gets_its_round_in_the_end() {
    let mut device = device();
    let (mut engine, mut ctx) = start(&mut device, &["pollonly", "pollfreq=-1"]);
    round(&mut engine, &mut device, &mut ctx);
    device.news = true;
    let mut breaks = 0;
    loop {
        // So slow that nothing in the cache is young enough when the round is taken up again.
        ctx.now += Duration::from_secs(9);
        match engine.update(&mut device, &mut ctx).unwrap() {
            Round::BrokenOff => breaks += 1,
            Round::Complete => break,
        }
    }
    assert_eq!(breaks, 8);
}

#[test]
fn an_interrupt_report_takes_effect_at_once_and_saves_a_reading() {
    let mut device = device();
    let (mut engine, mut ctx) = start(&mut device, &[]);
    round(&mut engine, &mut device, &mut ctx);
    assert_eq!(status(&ctx), "OL");
    ctx.now += Duration::from_secs(1);
    assert!(engine.on_report(&[2, 0, 1], &mut device, &mut ctx));
    assert_eq!(status(&ctx), "OB DISCHRG");
    device.reads.clear();
    ctx.now += Duration::from_millis(10);
    engine.update(&mut device, &mut ctx).unwrap();
    assert_eq!((device.reads.as_slice(), status(&ctx)), ([].as_slice(), "OB DISCHRG"));
    assert!(!engine.on_report(&[9, 1], &mut device, &mut ctx), "no such report");
    assert!(!engine.on_report(&[], &mut device, &mut ctx));
}

#[test]
fn an_interrupt_report_does_not_make_stale_readings_good() {
    let mut device = device();
    let (mut engine, mut ctx) = start(&mut device, &[]);
    engine.on_report(&[2, 0, 1], &mut device, &mut ctx);
    assert!(!ctx.state.is_fresh());
    assert_eq!(ctx.state.value("ups.status"), None);
}

#[test]
fn only_interrupts_count_if_the_user_says_so() {
    let mut device = device();
    let (mut engine, mut ctx) = start(&mut device, &["interruptonly"]);
    round(&mut engine, &mut device, &mut ctx);
    engine.on_report(&[2, 1, 0], &mut device, &mut ctx);
    assert_eq!(status(&ctx), "OL");
    assert!(device.reads.is_empty());
    assert_eq!(ctx.state.value("battery.charge"), None, "there is no input field for it");
}

#[test]
fn a_device_that_answers_nothing_goes_stale_and_comes_back() {
    let mut device = device();
    let (mut engine, mut ctx) = start(&mut device, &[]);
    round(&mut engine, &mut device, &mut ctx);
    assert!(ctx.state.is_fresh());
    let reports = std::mem::take(&mut device.feature);
    ctx.now += Duration::from_secs(2);
    assert_eq!(engine.update(&mut device, &mut ctx), Err(Loss::Mute));
    assert!(!ctx.state.is_fresh());
    assert_eq!(engine.reinit(&mut device, &mut ctx), Err(Loss::Mute));
    assert!(!ctx.state.is_fresh());
    device.feature = reports;
    engine.reinit(&mut device, &mut ctx).unwrap();
    round(&mut engine, &mut device, &mut ctx);
    assert!(ctx.state.is_fresh());
}

#[test]
fn an_answer_with_another_id_is_no_answer() {
    let mut device = device();
    let (mut engine, mut ctx) = start(&mut device, &["pollfreq=-1"]);
    round(&mut engine, &mut device, &mut ctx);
    // Read as report 2 it would mean OB.
    device.feature.insert(2, vec![0x77, 0, 1]);
    round(&mut engine, &mut device, &mut ctx);
    assert_eq!((ctx.state.is_fresh(), status(&ctx)), (true, "OL"));
    device.feature.values_mut().for_each(|bytes| bytes[0] ^= 0x5a);
    ctx.now += Duration::from_secs(2);
    assert_eq!(engine.update(&mut device, &mut ctx), Err(Loss::Mute));
    assert_eq!((ctx.state.is_fresh(), status(&ctx)), (false, "OL"));
}

#[test]
fn what_the_device_refuses_is_not_written_by_the_next_setting() {
    let mut device = device();
    device.descriptor =
        descriptor(&[(FEATURE, 2, AC_PRESENT), (FEATURE, 4, DELAY_OFF), (FEATURE, 4, MOOD)]);
    device.feature.insert(4, vec![4, 0, 0]);
    let (mut engine, mut ctx) = start(&mut device, &[]);
    round(&mut engine, &mut device, &mut ctx);
    device.failure = Some(TransportError::NoValue("Broken pipe".into()));
    let refused = engine.command("load.off.delay", Some("9"), &mut device, &mut ctx);
    assert_eq!(refused, Outcome::Failed);
    device.failure = None;
    engine.set("input.sensitivity", "busy", &mut device, &mut ctx);
    assert_eq!(device.writes, ["040001"]);
    engine.command("load.off.delay", Some("9"), &mut device, &mut ctx);
    assert_eq!(device.writes[1], "040901", "what it took stays");
}

#[test]
fn one_silent_report_is_no_loss() {
    let mut device = device();
    let (mut engine, mut ctx) = start(&mut device, &["pollfreq=-1"]);
    device.feature.remove(&1);
    round(&mut engine, &mut device, &mut ctx);
    assert!(ctx.state.is_fresh());
    assert_eq!(ctx.state.value("battery.charge"), Some("80"), "as last seen");
}

#[test]
fn a_lost_device_is_told_and_its_readings_count_until_it_cannot_be_opened() {
    for (failure, loss) in [
        (TransportError::Gone("No such device".into()), "No such device"),
        (TransportError::Busy("Device or resource busy".into()), "Device or resource busy"),
    ] {
        let mut device = device();
        let (mut engine, mut ctx) = start(&mut device, &[]);
        round(&mut engine, &mut device, &mut ctx);
        device.failure = Some(failure);
        ctx.now += Duration::from_secs(2);
        let told = engine.update(&mut device, &mut ctx).unwrap_err();
        assert_eq!(told.to_string(), loss);
        assert!(ctx.state.is_fresh());
        let outcome = engine.command("load.off", None, &mut device, &mut ctx);
        assert_eq!(outcome, Outcome::Failed);
    }
}

#[test]
fn a_row_that_could_not_be_read_at_first_is_read_later() {
    let mut device = device();
    let charge = device.feature.remove(&1).unwrap();
    let (mut engine, mut ctx) = start(&mut device, &["pollfreq=-1"]);
    assert_eq!(ctx.state.value("battery.charge"), None);
    device.feature.insert(1, charge);
    round(&mut engine, &mut device, &mut ctx);
    assert_eq!(ctx.state.value("battery.charge"), Some("80"));
}

#[test]
fn what_the_user_set_is_not_read() {
    let mut device = device();
    let (mut maps, _) = Maps::builtin();
    maps.add(EXAMPLE.0, EXAMPLE.1).unwrap();
    let mut ctx = support::context(&["offdelay=90"]);
    ctx.state.set("battery.charge", "1");
    let mut engine = support::attach_with(&maps, &mut device, &mut ctx);
    engine.init(&mut device, &mut ctx).unwrap();
    assert_eq!(ctx.state.value("battery.charge"), Some("1"));
    assert_eq!(ctx.state.value("ups.delay.shutdown"), Some("90"));
}

/// The sequence of a power cycle, on a device that has all it takes.
#[test]
fn a_power_cycle_pauses_between_its_halves() {
    let delay_on: &[u32] = &[UPS, SUMMARY, 0x0084_0056];
    let mut device = device();
    device.identity = Identity { vid: 0x0463, pid: 0xffff, ..Identity::default() };
    let fields = [(FEATURE, 1, AC_PRESENT), (FEATURE, 4, DELAY_OFF), (FEATURE, 6, delay_on)];
    device.descriptor = descriptor(&fields);
    device.feature.insert(6, vec![6, 0]);
    let mut ctx = support::context(&[]);
    let mut engine = support::attach(&mut device, &mut ctx);
    engine.init(&mut device, &mut ctx).unwrap();
    let told = ["load.off", "load.off.delay", "load.on", "load.on.delay"];
    assert!(told.iter().all(|name| ctx.state.has_command(name)));
    let outcome = engine.shutdown(&mut device, &mut ctx);
    assert_eq!(outcome, Outcome::Handled);
    assert_eq!(device.writes, ["061e", "0414"]);
    assert_eq!(device.pauses, [Duration::from_millis(125)]);
}

#[test]
fn a_shutdown_that_nothing_can_do_fails() {
    let mut device = device();
    device.descriptor = descriptor(&[(FEATURE, 1, CHARGE)]);
    let (mut engine, mut ctx) = start(&mut device, &[]);
    support::collect_log();
    assert_eq!(engine.shutdown(&mut device, &mut ctx), Outcome::Failed);
    assert_eq!(support::take_log().last().unwrap(), "Shutdown failed!");
}

#[test]
fn names_compare_without_case_and_old_commands_are_renamed() {
    let mut device = device();
    let (mut engine, mut ctx) = start(&mut device, &[]);
    let mut run = |name: &str| engine.command(name, None, &mut device, &mut ctx);
    assert_eq!(run("Load.Off.Delay"), Outcome::Handled);
    assert_eq!(run("battery.charge"), Outcome::Invalid);
    support::collect_log();
    assert_eq!(run("beeper.off"), Outcome::Invalid);
    assert_eq!(
        support::take_log(),
        [
            "The 'beeper.off' command has been renamed to 'beeper.disable'",
            "instcmd: parameter [(null)] is invalid for command [beeper.disable]",
        ]
    );
    let mut set = |name: &str| engine.set(name, "1", &mut device, &mut ctx);
    assert_eq!(set("battery.charge"), Outcome::Unknown);
    assert_eq!(set("INPUT.sensitivity"), Outcome::ConversionFailed);
}

/// Whatever a device says about itself and answers, the driver lives.
#[test]
fn hostile_devices_do_no_harm() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 24) as u8
    };
    let (mut maps, _) = Maps::builtin();
    maps.add(EXAMPLE.0, EXAMPLE.1).unwrap();
    for _ in 0..200 {
        let mut device = device();
        for _ in 0..1 + random() % 8 {
            let place = usize::from(random()) % device.descriptor.len();
            device.descriptor[place] = random();
        }
        for id in 0..=255 {
            let bytes = (0..random() % 70).map(|_| random()).collect();
            device.feature.insert(id, bytes);
        }
        let mut ctx = support::context(&["pollfreq=-1"]);
        let Some(mut engine) = support::try_attach(&maps, &mut device, &mut ctx) else { continue };
        engine.init(&mut device, &mut ctx).unwrap();
        let _ = engine.update(&mut device, &mut ctx);
        engine.on_report(&[2, random(), random()], &mut device, &mut ctx);
        engine.set("input.sensitivity", "busy", &mut device, &mut ctx);
        engine.shutdown(&mut device, &mut ctx);
    }
}

#[test]
fn a_device_without_fields_is_refused() {
    let mut device = Fake { descriptor: vec![0xff; 64], ..device() };
    let (mut maps, _) = Maps::builtin();
    maps.add(EXAMPLE.0, EXAMPLE.1).unwrap();
    let mut ctx = support::context(&[]);
    assert!(support::try_attach(&maps, &mut device, &mut ctx).is_none());
}

#[test]
fn a_device_that_only_speaks_by_itself_is_never_asked() {
    let output = [0x0002_0004, 0x0002_0016, 0x0002_001c, 0x0002_0082];
    let mut device = Fake {
        identity: Identity { vid: 0x0d9f, pid: 0x0001, ..Identity::default() },
        descriptor: descriptor(&[(INPUT, 1, &output), (FEATURE, 2, &output)]),
        ..Fake::default()
    };
    let mut ctx = support::context(&[]);
    let mut engine = support::attach(&mut device, &mut ctx);
    engine.init(&mut device, &mut ctx).unwrap();
    round(&mut engine, &mut device, &mut ctx);
    for (report, status) in [([1, 2], "OL LB"), ([1, 0], "OL")] {
        engine.on_report(&report, &mut device, &mut ctx);
        assert_eq!(ctx.state.value("ups.status"), Some(status));
    }
    assert_eq!(device.reads, [] as [u8; 0]);
}
