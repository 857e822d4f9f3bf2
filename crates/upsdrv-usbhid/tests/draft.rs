//! Drafted maps at work: for every recording one that the linter accepts, and the walk of
//! docs/new-device.md, whose quoted readings are those of the real driver.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Folder, Running, device};
use nut_hid::draft::{Subject, draft};
use nut_hid::maps::Maps;
use nut_hid::names::Names;
use nut_hid::{descriptor, lint};
use std::fs;
use std::path::{Path, PathBuf};
use upsdrv_usbhid::recording::{Recording, parse};

fn drafted(recording: &Recording) -> String {
    let who = &recording.identity;
    draft(
        &Maps::builtin().0,
        &Subject {
            vid: who.vid,
            pid: who.pid,
            interface: who.interface,
            vendor: who.vendor.as_deref(),
            product: who.product.as_deref(),
            descriptor: &descriptor::parse(&recording.descriptor),
            feature: &recording.feature,
            input: &recording.input,
        },
    )
}

fn read(file: &Path) -> Recording {
    parse(&fs::read(file).unwrap()).unwrap()
}

fn recordings() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/devices");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| !path.to_string_lossy().ends_with(".expect.json")).collect()
}

#[test]
fn the_linter_accepts_a_draft_of_every_recording() {
    let (maps, names) = (Maps::builtin().0, Names::load().unwrap());
    for file in recordings() {
        let text = drafted(&read(&file));
        let (text, map) =
            maps.read("draft.toml", &text).unwrap_or_else(|e| panic!("{file:?}: {e:?}"));
        assert_eq!(lint::map(&text, &map, &names), [], "{file:?}");
        assert!(map.rows.iter().any(|row| row.is_variable("battery.charge")), "{file:?}");
    }
}

/// The readings that the page quotes: the indented lines after `upsc`.
fn quoted() -> Vec<(String, String)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/new-device.md");
    let page = fs::read_to_string(page).unwrap();
    let after = page.split("and `upsc ups`").nth(1).unwrap();
    let lines = after.lines().skip(2).take_while(|line| line.starts_with("    "));
    let pairs = lines.map(|line| line.trim().split_once(": ").unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn the_driver_runs_with_a_draft_and_says_what_the_page_says() {
    let recording = device("minuteman_a0a0");
    let folder = Folder::new();
    fs::create_dir(folder.0.join("usbhid")).unwrap();
    folder.file("usbhid/minuteman.toml", &drafted(&read(&recording)));
    let mut driver = Running::start_in(folder, &recording, &[]);
    let client = driver.connect();
    let quoted = quoted();
    assert!(quoted.len() >= 10, "{quoted:?}");
    for (name, value) in quoted {
        assert_eq!(client.value(&name), Some(value.as_str()), "{name}\n{}", driver.log());
    }
}
