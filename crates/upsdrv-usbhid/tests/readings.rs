//! The engine alone, without the program around it. What goes in: recordings of real devices. What must come out: what NUT 2.8.5 publishes for exactly
//! these bytes, with flags, lengths, enumerations and commands. There is no difference to accept.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use support::Fake;
use upsdrv_usbhid::recording::{self, Recording};

fn device(recording: Recording) -> Fake {
    Fake {
        identity: recording.identity,
        descriptor: recording.descriptor,
        feature: recording.feature,
        strings: recording.strings,
        ..Fake::default()
    }
}

fn published(recording: Recording) -> (BTreeMap<String, Value>, Vec<String>) {
    let mut device = device(recording);
    let mut ctx = support::context(&["pollfreq=-10"]);
    let mut engine = support::attach(&mut device, &mut ctx);
    engine.init(&mut device, &mut ctx).unwrap();
    support::publish_kit_variables(&mut ctx);
    for _ in 0..3 {
        support::round(&mut engine, &mut device, &mut ctx);
    }
    (support::variables(&ctx), support::commands(&ctx))
}

fn check(name: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/devices");
    let read = |end: &str| std::fs::read(folder.join(format!("{name}{end}"))).unwrap();
    let expect: Value = serde_json::from_slice(&read(".expect.json")).unwrap();
    let (variables, commands) = published(recording::parse(&read(".json")).unwrap());
    let wanted: BTreeMap<String, Value> =
        serde_json::from_value(expect["variables"].clone()).unwrap();
    assert_eq!(variables, wanted);
    assert_eq!(Value::from(commands), expect["commands"]);
}

#[test]
fn eaton_3s_850() {
    check("eaton_3s_850");
}

#[test]
fn eaton_5sc_750() {
    check("eaton_5sc_750");
}

#[test]
fn apc_cs500_ddl() {
    check("apc_cs500_ddl");
}

#[test]
fn apc_cs750rs() {
    check("apc_cs750rs");
}

#[test]
fn apc_smartups3000() {
    check("apc_smartups3000");
}

#[test]
fn cps_cp1500avrlcda() {
    check("cps_cp1500avrlcda");
}

#[test]
fn cps_cp1500pfclcd() {
    check("cps_cp1500pfclcd");
}

#[test]
fn arduino_hidpowerdevice() {
    check("arduino_hidpowerdevice");
}

#[test]
fn liebert_gxt4() {
    check("liebert_gxt4");
}
