//! What goes in: synthetic devices with every field of a map, and the operations of a client. What must
//! come out: what NUT 2.8.5 published, logged and wrote to the device, byte for byte.

#![allow(clippy::unwrap_used)]

mod support;

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use support::{Fake, unhex};
use upsdrv::{Context, Outcome};
use upsdrv_usbhid::engine::Engine;
use upsdrv_usbhid::transport::Identity;

#[derive(Deserialize)]
struct Vector {
    vid: String,
    pid: String,
    vendor: Option<String>,
    product: Option<String>,
    serial: Option<String>,
    #[serde(default)]
    options: Vec<String>,
    descriptor: String,
    reports: BTreeMap<String, String>,
    #[serde(default)]
    strings: BTreeMap<String, String>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Expect {
    variables: BTreeMap<String, Value>,
    commands: Vec<String>,
    log: Vec<String>,
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    op: String,
    name: String,
    param: Option<String>,
    writes: Vec<String>,
    result: String,
}

impl Vector {
    fn device(&self) -> Fake {
        let id = |text: &String| u16::from_str_radix(text, 16).unwrap();
        let report =
            |(id, bytes): (&String, &String)| (u8::from_str_radix(id, 16).unwrap(), unhex(bytes));
        let string = |(index, text): (&String, &String)| (index.parse().unwrap(), text.clone());
        Fake {
            identity: Identity {
                vid: id(&self.vid),
                pid: id(&self.pid),
                vendor: self.vendor.clone(),
                product: self.product.clone(),
                serial: self.serial.clone(),
                ..Identity::default()
            },
            descriptor: unhex(&self.descriptor),
            feature: self.reports.iter().map(report).collect(),
            strings: self.strings.iter().map(string).collect(),
            ..Fake::default()
        }
    }
}

fn result(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Handled => "handled",
        Outcome::Unknown => "unknown",
        Outcome::Invalid => "invalid",
        Outcome::Failed => "failed",
        Outcome::ConversionFailed => "conversion_failed",
    }
}

fn operate(
    operation: &Operation,
    engine: &mut Engine,
    device: &mut Fake,
    ctx: &mut Context,
) -> Vec<String> {
    let param = operation.param.as_deref();
    let outcome = match operation.op.as_str() {
        "set" => engine.set(&operation.name, param.unwrap_or_default(), device, ctx),
        _ => engine.command(&operation.name, param, device, ctx),
    };
    let mut seen = std::mem::take(&mut device.writes);
    seen.push(result(outcome).to_string());
    seen
}

/// Runs one vector; returns how it differs, one line a difference.
fn differences(vector: &Vector) -> Vec<String> {
    support::collect_log();
    let mut device = vector.device();
    let mut options: Vec<&str> = vector.options.iter().map(String::as_str).collect();
    options.push("pollfreq=-10");
    let mut ctx = support::context(&options);
    let mut engine = support::attach(&mut device, &mut ctx);
    engine.init(&mut device, &mut ctx).unwrap();
    support::publish_kit_variables(&mut ctx);
    for _ in 0..3 {
        support::round(&mut engine, &mut device, &mut ctx);
    }
    let mut found = compare(&support::variables(&ctx), &vector.expect.variables);
    if support::commands(&ctx) != vector.expect.commands {
        found.push(format!("{:?}, not {:?}", support::commands(&ctx), vector.expect.commands));
    }
    for operation in &vector.expect.operations {
        let seen = operate(operation, &mut engine, &mut device, &mut ctx);
        let mut wanted = operation.writes.clone();
        wanted.push(operation.result.clone());
        if seen != wanted {
            let param = &operation.param;
            found.push(format!(
                "{} {} {param:?}: {seen:?}, not {wanted:?}",
                operation.op, operation.name
            ));
        }
    }
    let log = log();
    if log != vector.expect.log {
        found.push(format!("log {log:#?}, not {:#?}", vector.expect.log));
    }
    found
}

/// What was logged, but for the lines about each command and setting, which the vectors do not have.
fn log() -> Vec<String> {
    let about_orders = ["instcmd: ", "setvar: ", "The 'beeper."];
    let told = |line: &String| !about_orders.iter().any(|start| line.starts_with(start));
    support::take_log().into_iter().filter(told).collect()
}

fn compare(seen: &BTreeMap<String, Value>, wanted: &BTreeMap<String, Value>) -> Vec<String> {
    let names: std::collections::BTreeSet<_> = seen.keys().chain(wanted.keys()).collect();
    let differing = names.into_iter().filter(|name| seen.get(*name) != wanted.get(*name));
    let text = |value: Option<&Value>| value.map_or("nothing".into(), Value::to_string);
    differing
        .map(|name| format!("{name}: {}, not {}", text(seen.get(name)), text(wanted.get(name))))
        .collect()
}

fn all(maker: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut count = 0;
    let mut faults = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with(maker) {
            continue;
        }
        count += 1;
        let vector = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for line in differences(&vector) {
            faults += &format!("{name}: {line}\n");
        }
    }
    assert!(count > 0, "no vectors of {maker}");
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn eaton() {
    all("mge-");
}

#[test]
fn apc() {
    all("apc-");
}

#[test]
fn cyberpower() {
    all("cps-");
}

#[test]
fn legrand() {
    all("legrand-");
}

#[test]
fn liebert() {
    all("liebert-");
}

#[test]
fn openups() {
    all("openups-");
}

#[test]
fn powercom() {
    all("powercom-");
}

#[test]
fn powervar() {
    all("powervar-");
}

#[test]
fn salicru() {
    all("salicru-");
}

#[test]
fn tripplite() {
    all("tripplite-");
}

#[test]
fn arduino() {
    all("arduino-");
}

#[test]
fn idowell() {
    all("idowell-");
}

#[test]
fn belkin() {
    all("belkin-");
}

#[test]
fn delta() {
    all("delta_ups-");
}

#[test]
fn ecoflow() {
    all("ecoflow-");
}

#[test]
fn ever() {
    all("ever-");
}
