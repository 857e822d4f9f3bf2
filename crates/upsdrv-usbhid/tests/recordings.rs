//! Recordings of real devices, the demo's included: all are read, and written without a loss.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};
use upsdrv_usbhid::recording::{parse, to_json};

fn recordings() -> Vec<PathBuf> {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [crate_folder.join("tests/devices"), crate_folder.join("demo")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let paths = files.map(|file| file.unwrap().path());
    paths.filter(|path| !path.to_string_lossy().ends_with(".expect.json")).collect()
}

#[test]
fn what_is_read_is_written_and_read_again() {
    let files = recordings();
    assert!(files.len() >= 8, "{files:?}");
    for file in files {
        let recording = parse(&fs::read(&file).unwrap()).unwrap_or_else(|e| panic!("{file:?}:{e}"));
        assert!(!recording.descriptor.is_empty() && !recording.feature.is_empty(), "{file:?}");
        assert_eq!(parse(to_json(&recording).as_bytes()).unwrap(), recording, "{file:?}");
    }
}

#[test]
fn cutting_a_recording_anywhere_is_an_error_and_no_panic() {
    let bytes = fs::read(recordings().remove(0)).unwrap();
    for length in (0..bytes.len() - 3).step_by(7) {
        assert!(parse(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn garbage_in_the_middle_is_an_error_or_a_recording_and_no_panic() {
    let bytes = fs::read(recordings().remove(0)).unwrap();
    for (place, garbage) in (0..bytes.len()).step_by(11).zip((0..=255u8).cycle()) {
        let mut bytes = bytes.clone();
        bytes[place] = garbage;
        let _ = parse(&bytes);
    }
}
