//! Recordings of real devices: what the real program publishes, against what NUT 2.8.5's own driver
//! publishes for the same bytes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Client, Running, device};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// A variable or command, as one comparable line.
type Facts = BTreeMap<String, String>;

/// Differences that are meant: the recording, the name, and why. Both sides leave the name out.
const ACCEPTED: &[(&str, &str, &str)] = &[];

fn accepted(recording: &str, name: &str) -> bool {
    ACCEPTED.iter().any(|(file, variable, _)| *file == recording && *variable == name)
}

/// What NUT publishes, from the file beside the recording.
fn expected(name: &str) -> Facts {
    let file = device(name).with_extension("expect.json");
    let json: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let variables = json["variables"].as_object().unwrap().iter().map(|(name, facts)| {
        let words = |key: &str| {
            let list = facts[key].as_array().into_iter().flatten();
            list.map(|word| word.as_str().unwrap().to_string()).collect::<Vec<_>>()
        };
        let length = facts["len"].as_i64().unwrap_or(0);
        (
            name.clone(),
            line(facts["value"].as_str().unwrap(), &words("flags"), length, &words("enum")),
        )
    });
    let commands = json["commands"].as_array().unwrap().iter();
    let commands = commands.map(|name| (name.as_str().unwrap().to_string(), "command".to_string()));
    variables.chain(commands).filter(|(key, _)| !accepted(name, key)).collect()
}

/// What the running driver publishes. `driver.*` is about the driver, not the device.
fn published(name: &str, client: &Client) -> Facts {
    let variables = client.variables.iter().map(|variable| {
        let flags: Vec<String> = variable.flags.words().map(str::to_string).collect();
        (variable.name.clone(), line(&variable.value, &flags, variable.aux, &variable.enums))
    });
    let commands =
        client.variables.commands().map(|name| (name.to_string(), "command".to_string()));
    let of_device = |key: &str| !key.starts_with("driver.") && !accepted(name, key);
    variables.chain(commands).filter(|(key, _)| of_device(key)).collect()
}

fn line(value: &str, flags: &[String], length: i64, choices: &[String]) -> String {
    format!("`{value}` {} {length} {choices:?}", flags.join("|"))
}

/// The lines in which two sets of facts differ.
fn differences(expected: &Facts, published: &Facts) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> =
        expected.keys().chain(published.keys()).collect();
    names
        .into_iter()
        .filter(|name| expected.get(*name) != published.get(*name))
        .map(|name| {
            let show = |facts: &Facts| facts.get(name).cloned().unwrap_or("-".to_string());
            format!("{name}: NUT {} here {}", show(expected), show(published))
        })
        .collect()
}

fn compare(name: &str) {
    let expected = expected(name);
    let mut driver = Running::start(&device(name), &["pollfreq=-10"]);
    let mut client = driver.connect();
    let mut left = Vec::new();
    // Some variables are there only after a few rounds.
    for _ in 0..6 {
        left = differences(&expected, &published(name, &client));
        if left.is_empty() && client.fresh {
            return;
        }
        std::thread::sleep(std::time::Duration::from_secs(1));
        client.dump();
    }
    panic!("{name}:\n{}\n{}", left.join("\n"), driver.log());
}

#[test]
fn eaton_3s_850() {
    compare("eaton_3s_850");
}

#[test]
fn eaton_5sc_750() {
    compare("eaton_5sc_750");
}

#[test]
fn apc_cs500_ddl() {
    compare("apc_cs500_ddl");
}

#[test]
fn apc_cs750rs() {
    compare("apc_cs750rs");
}

#[test]
fn apc_smartups3000() {
    compare("apc_smartups3000");
}

#[test]
fn cps_cp1500avrlcda() {
    compare("cps_cp1500avrlcda");
}

#[test]
fn cps_cp1500pfclcd() {
    compare("cps_cp1500pfclcd");
}

#[test]
fn minuteman_a0a0() {
    compare("minuteman_a0a0");
}

#[test]
fn powercom_0004_966() {
    compare("powercom_0004_966");
}

#[test]
fn powerwalker_vi3000rt() {
    compare("powerwalker_vi3000rt");
}

#[test]
fn tripplite_4003() {
    compare("tripplite_4003");
}

#[test]
fn arduino_hidpowerdevice() {
    compare("arduino_hidpowerdevice");
}

#[test]
fn liebert_gxt4() {
    compare("liebert_gxt4");
}
