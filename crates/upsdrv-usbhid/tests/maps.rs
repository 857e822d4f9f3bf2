//! A device that no map knows, and what a user can do about it without a compiler.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Folder, Running, ended};
use std::fs;
use std::path::{Path, PathBuf};

/// A device of nobody's: an Arduino that plays a UPS, under ids that no maker has.
fn stranger(folder: &Folder) -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = crate_folder.join("tests/devices/arduino_hidpowerdevice.json");
    let text = fs::read_to_string(file).unwrap();
    folder.file("stranger.json", &text.replace("\"2341\"", "\"fff0\""))
}

fn run(folder: Folder, options: &[&str]) -> Running {
    let recording = stranger(&folder);
    Running::start_in(folder, &recording, options)
}

const MAP: &str = r#"
maker = "stranger"
subdriver = "Stranger 1"
origin = "its sketch"
devices = [{ id = "fff0:8036", interface = 2 }]
mappings = [
  { name = "battery.charge", path = "UPS.PowerSummary.RemainingCapacity", format = "%.0f", poll = "quick" },
  { status = "online_info", path = "UPS.PowerSummary.PresentStatus.ACPresent", poll = "quick" },
]
"#;

fn with_map(map: &str) -> Folder {
    let folder = Folder::new();
    fs::create_dir(folder.0.join("usbhid")).unwrap();
    folder.file("usbhid/stranger.toml", map);
    folder
}

fn refused(folder: &Folder) -> String {
    let mut command = folder.command();
    command
        .args(["-F", "-s", "u", "-x"])
        .arg(format!("port=replay:{}", stranger(folder).display()));
    let output = ended(command);
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn without_a_map_there_is_no_ups() {
    assert!(refused(&Folder::new()).ends_with("No matching HID UPS found\n"));
}

#[test]
fn a_map_beside_the_configuration_makes_it_one() {
    let mut driver = run(with_map(MAP), &[]);
    let client = driver.connect();
    assert_eq!(client.value("driver.version.data"), Some("Stranger 1"));
    assert_eq!(client.status(), "OL");
    assert!(client.value("battery.charge").is_some());
}

#[test]
fn a_mistake_in_the_map_is_told_with_its_place() {
    let text = refused(&with_map(&MAP.replace("online_info", "offline_info")));
    assert!(text.contains("usbhid/stranger.toml:8: "), "{text}");
    assert!(text.ends_with("No matching HID UPS found\n"), "{text}");
}

#[test]
fn explore_takes_any_device_and_lists_its_paths() {
    let mut driver = run(Folder::new(), &["explore", "vendorid=fff0", "debug_min=1"]);
    let client = driver.connect();
    assert_eq!(client.value("driver.version.data"), Some("EXPLORE HID 0.2"));
    let path = "Path: UPS.PowerSummary.Rechargeable, Type: Feature, ReportID: 0x06, Offset: 0, \
                Size: 8, Value: 1";
    assert!(driver.log().contains(path), "{}", driver.log());
}
