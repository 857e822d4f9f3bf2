//! The real program on a device in all sorts of trouble: it neither ends nor spins, and is well again by
//! itself. The same in virtual time, with every promise checked at each step, is `sequences`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;
#[allow(dead_code)]
#[path = "support/random.rs"]
mod random;

use common::{Folder, Running, device};
use random::Random;
use std::fs;
use std::time::Instant;

/// How long the troubles last, in milliseconds.
const TROUBLES: u64 = 4000;
/// Most of one processor that the driver may use. It takes less than a hundredth; with a timer that is
/// always due it was seen to take a quarter on a crowded machine.
const SHARE: f64 = 0.1;

/// Something that happens to the Eaton 3S.
fn trouble(random: &mut Random) -> String {
    let (charge, chance) = (random.below(100), random.byte());
    match random.below(12) {
        0 | 1 => r#""unplug": true"#.to_string(),
        2..=4 => r#""plug": true"#.to_string(),
        5 => r#""stall": "all""#.to_string(),
        6 => r#""stall": ["0x01", "0x06"]"#.to_string(),
        7 => r#""stall": []"#.to_string(),
        8 => r#""feature": {"0x06": "06", "0x01": "01 25"}"#.to_string(),
        9 => format!(r#""feature": {{"0x06": "06 {charge:02x} 00 00 00 00 00 00 00 00"}}"#),
        10 => format!(r#""input": {{"0x01": "01 {chance:02x}", "0xee": "ee {chance:02x}"}}"#),
        _ => format!(r#""feature": {{"0x01": "55 {chance:02x} 00"}}, "input": {{"0x06": "06"}}"#),
    }
}

/// Troubles, and at last a device that is well and on battery.
fn events(random: &mut Random) -> String {
    let mut events = Vec::new();
    let mut at = 0;
    while at < TROUBLES {
        events.push(format!(r#"{{"at_ms": {at}, {}}}"#, trouble(random)));
        at += *random.pick(&[1, 5, 40, 150, 400]);
    }
    let well = r#""plug": true, "stall": [], "feature": {"0x01": "01 30 00 00"}"#;
    events.push(format!(r#"{{"at_ms": {at}, {well}}}"#));
    events.join(",\n")
}

fn survives(seed: u64, options: &[&str]) {
    let folder = Folder::new();
    let text = fs::read_to_string(device("eaton_3s_850")).unwrap();
    let body = text.trim_end().strip_suffix('}').unwrap();
    let events = events(&mut Random(seed));
    let recording = folder.file("device.json", &format!("{body}, \"events\": [{events}]}}"));
    let mut driver = Running::start_in(folder, &recording, options);
    let mut client = driver.connect();
    let (start, used) = (Instant::now(), driver.processor_time());
    while start.elapsed().as_millis() < u128::from(TROUBLES) {
        let now = Instant::now();
        client.wait("a moment", |_| now.elapsed().as_millis() > 200);
    }
    client.wait("the device as it is at last", |c| c.fresh && c.has_status("OB"));
    let share = (driver.processor_time() - used) / start.elapsed().as_secs_f64();
    assert!(share < SHARE, "busy: {share:.2} of a processor");
    assert!(!driver.log().contains("panicked"), "{}", driver.log());
}

#[test]
fn troubles_of_chance_are_survived() {
    survives(0x9e37_79b9_7f4a_7c15, &[]);
    survives(0x2545_f491_4f6c_dd1d, &["pollfreq=2"]);
}

#[test]
fn troubles_of_chance_are_survived_without_interrupt_reports() {
    survives(0x0123_4567_89ab_cdef, &["pollonly"]);
}
