//! A device that comes back other than it went, or that says nothing at first.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use nut_hid::maps::{EXAMPLE, Maps};
use support::{
    Fake, FieldSpec, attach, attach_with, context, descriptor, publish_kit_variables, round,
};
use upsdrv::Context;
use upsdrv_usbhid::engine::{Engine, Loss};
use upsdrv_usbhid::transport::{Identity, TransportError};

const UPS: u32 = 0x0084_0004;
const SUMMARY: u32 = 0x0084_0024;
const STATUS: u32 = 0x0084_0002;
const CHARGE: &[u32] = &[UPS, SUMMARY, 0x0085_0066];
const AC_PRESENT: &[u32] = &[UPS, SUMMARY, STATUS, 0x0085_00d0];
const MOOD: &[u32] = &[UPS, 0xff00_0010];
const FEATURE: u8 = 0xb1;
const INPUT: u8 = 0x81;

/// A device of the example map with these fields, report ids and bytes.
fn device(fields: &[FieldSpec<'_>], reports: &[&[u8]]) -> Fake {
    Fake {
        identity: Identity { vid: 0x1209, pid: 0x0001, ..Identity::default() },
        descriptor: descriptor(fields),
        feature: reports.iter().map(|bytes| (bytes[0], bytes.to_vec())).collect(),
        ..Fake::default()
    }
}

fn first() -> Fake {
    let fields = [(FEATURE, 1, CHARGE), (FEATURE, 2, AC_PRESENT), (FEATURE, 3, MOOD)];
    device(&fields, &[&[1, 80], &[2, 1], &[3, 1]])
}

fn attach_example(device: &mut Fake) -> (Engine, Context) {
    let (mut maps, _) = Maps::builtin();
    maps.add(EXAMPLE.0, EXAMPLE.1).unwrap();
    let mut ctx = context(&["pollfreq=-1"]);
    let engine = attach_with(&maps, device, &mut ctx);
    (engine, ctx)
}

#[test]
fn other_reports_than_before_are_read_as_the_device_declares_them_now() {
    let mut old = first();
    let (mut engine, mut ctx) = attach_example(&mut old);
    engine.init(&mut old, &mut ctx).unwrap();
    round(&mut engine, &mut old, &mut ctx);
    assert_eq!(ctx.state.value("battery.charge"), Some("80"));
    assert_eq!(ctx.state.value("input.sensitivity"), Some("busy"));

    let mut new = device(&[(FEATURE, 1, AC_PRESENT), (FEATURE, 2, CHARGE)], &[&[1, 0], &[2, 55]]);
    engine.compare(&mut new, &mut ctx).unwrap();
    engine.reinit(&mut new, &mut ctx).unwrap();
    round(&mut engine, &mut new, &mut ctx);
    assert_eq!(ctx.state.value("battery.charge"), Some("55"));
    assert_eq!(ctx.state.value("input.sensitivity"), None, "no such reading any more");
}

#[test]
fn the_same_reports_as_before_change_nothing() {
    let mut device = first();
    let (mut engine, mut ctx) = attach_example(&mut device);
    engine.init(&mut device, &mut ctx).unwrap();
    ctx.state.take_broadcasts();
    engine.compare(&mut device, &mut ctx).unwrap();
    engine.reinit(&mut device, &mut ctx).unwrap();
    assert_eq!(ctx.state.take_broadcasts(), []);
}

#[test]
fn a_device_that_comes_back_keeps_its_names() {
    let maker = &[UPS, SUMMARY, 0x0084_00fd][..];
    let mut device = device(&[(FEATURE, 1, maker), (FEATURE, 2, CHARGE)], &[&[1, 1], &[2, 55]]);
    let vendor = Some("iDowell".to_string());
    device.identity = Identity { vid: 0x075d, pid: 0x0300, vendor, ..Identity::default() };
    device.strings.insert(1, "another text".to_string());
    let mut ctx = context(&[]);
    let mut engine = attach(&mut device, &mut ctx);
    engine.init(&mut device, &mut ctx).unwrap();
    assert_eq!(ctx.state.value("device.mfr"), Some("another text"));
    publish_kit_variables(&mut ctx);
    device.feature.insert(2, vec![2, 56]);
    engine.reinit(&mut device, &mut ctx).unwrap();
    assert_eq!(ctx.state.value("battery.charge"), Some("56"));
    assert_eq!(ctx.state.value("device.mfr"), Some("iDowell"));
}

#[test]
fn a_device_without_a_usable_descriptor_counts_as_mute() {
    let mut device = first();
    let (mut engine, mut ctx) = attach_example(&mut device);
    engine.init(&mut device, &mut ctx).unwrap();
    round(&mut engine, &mut device, &mut ctx);
    device.descriptor.clear();
    assert_eq!(engine.compare(&mut device, &mut ctx), Err(Loss::Mute));
    assert!(!ctx.state.is_fresh());
}

#[test]
fn a_device_that_says_nothing_at_first_is_read_as_if_it_had() {
    let mut device = first();
    device.failure = Some(TransportError::NoValue("Broken pipe".into()));
    let (mut engine, mut ctx) = attach_example(&mut device);
    engine.init(&mut device, &mut ctx).unwrap();
    device.failure = None;
    assert_eq!(engine.update(&mut device, &mut ctx), Err(Loss::Mute), "nothing is known yet");
    assert!(!engine.on_report(&[1, 10], &mut device, &mut ctx));
    engine.reinit(&mut device, &mut ctx).unwrap();
    round(&mut engine, &mut device, &mut ctx);
    assert_eq!(ctx.state.value("battery.charge"), Some("80"));
    assert!(ctx.state.is_fresh());
}

#[test]
fn a_report_that_ends_early_says_nothing_of_what_it_does_not_reach() {
    let fields = [
        (FEATURE, 1, CHARGE),
        (INPUT, 1, AC_PRESENT),
        (INPUT, 1, CHARGE),
        (FEATURE, 2, AC_PRESENT),
    ];
    let mut device = device(&fields, &[&[1, 80], &[2, 1]]);
    let (mut engine, mut ctx) = attach_example(&mut device);
    engine.init(&mut device, &mut ctx).unwrap();
    assert!(engine.on_report(&[1, 1], &mut device, &mut ctx), "the first field is there");
    assert_eq!(ctx.state.value("battery.charge"), Some("80"));
    assert!(!engine.on_report(&[1], &mut device, &mut ctx));
    assert!(engine.on_report(&[1, 1, 79], &mut device, &mut ctx));
    assert_eq!(ctx.state.value("battery.charge"), Some("79"));
}
