//! How the program starts, and how it refuses to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Folder, Running, device, ended};
use std::fs;
use upsdrv_usbhid::recording::parse;

/// Runs with these options in a new folder; gives the exit status and what was printed.
fn run(options: &[&str]) -> (Option<i32>, String) {
    let folder = Folder::new();
    folder.file("bad.json", "{\n \"vid\": \"xyz\"\n}");
    let mut command = folder.command();
    command.args(["-F", "-s", "u"]);
    options.iter().for_each(|option| {
        command.args(["-x", option]);
    });
    let output = ended(command);
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code(), text.concat())
}

fn refused(options: &[&str], message: &str) {
    let (code, text) = run(options);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.lines().any(|line| line.ends_with(message)), "{text}");
}

#[test]
fn the_banner_names_the_usb_part() {
    let folder = Folder::new();
    let mut command = folder.command();
    command.arg("-V");
    let text = String::from_utf8(ended(command).stdout).unwrap();
    let mut lines = text.lines();
    let banner = "Network UPS Tools 2.8.5 release - Generic HID driver 0.71";
    assert_eq!(lines.next(), Some(banner));
    assert!(lines.next().unwrap().starts_with("USB communication driver "), "{text}");
}

#[test]
fn a_recording_that_is_none_is_refused_with_its_place() {
    refused(
        &["port=replay:bad.json"],
        "bad.json:2:13: invalid value: string \"xyz\", expected up to four hex digits in quotes, as \
         \"0463\"",
    );
    let (code, text) = run(&["port=replay:missing.json"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("missing.json: No such file or directory"), "{text}");
}

#[test]
fn patterns_choose_the_device() {
    let replay = format!("port=replay:{}", device("eaton_3s_850").display());
    refused(&[&replay, "product=Ellipse.*"], "No matching HID UPS found");
    refused(&[&replay, "vendor=("], "invalid regular expression: (");
    let options = ["vendorid=0463", "product=eaton .*", "serial=0+"];
    let mut driver = Running::start(&device("eaton_3s_850"), &options);
    assert_eq!(driver.connect().value("ups.model"), Some("Eaton 3S 850"));
}

#[test]
fn bad_options_are_refused() {
    let replay = format!("port=replay:{}", device("eaton_3s_850").display());
    refused(&[&replay, "interruptsize=0"], "Error: invalid interruptsize: 0");
    refused(
        &[&replay, "subdriver=MGE HID 1.58"],
        "When specifying a subdriver, 'vendorid' and 'productid' are mandatory.",
    );
    refused(
        &[&replay, "vendorid=0463", "productid=ffff", "subdriver=Nobody"],
        "Configuration requested subdriver 'Nobody' but none matched",
    );
}

#[test]
fn the_driver_tells_about_itself() {
    let options = ["pollfreq=40", "vendorid=0463", "productid=ffff", "subdriver=mge"];
    let mut driver = Running::start(&device("eaton_3s_850"), &options);
    let client = driver.connect();
    for (name, value) in [
        ("driver.name", "usbhid-ups"),
        ("driver.version", "2.8.5"),
        ("driver.version.internal", "0.71"),
        ("driver.version.data", "MGE HID 1.58"),
        ("driver.parameter.pollfreq", "40"),
        ("driver.parameter.interrupt_pipe_no_events_tolerance", "-1"),
        ("driver.parameter.vendorid", "0463"),
    ] {
        assert_eq!(client.value(name), Some(value), "{name}");
    }
    assert!(client.value("driver.version.usb").is_some());
}

#[test]
fn kill_power_sends_the_sequence_and_ends() {
    let folder = Folder::new();
    let mut command = folder.command();
    let replay = format!("port=replay:{}", device("eaton_3s_850").display());
    command.args(["-s", "u", "-k", "-x", &replay, "-x", "replay_writes=writes"]);
    command.args(["-x", "offdelay=90", "-x", "ondelay=120"]);
    let output = ended(command);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("Shutdown successful with 'shutdown.return'"), "{text}");
    let writes = fs::read_to_string(folder.0.join("writes")).unwrap();
    assert_eq!(writes, "0a78000000\n095a000000\n");
}

#[test]
fn a_recording_taken_from_a_recording_is_the_same() {
    let folder = Folder::new();
    let name = device("apc_cs750rs");
    let mut driver = Running::start_in(folder, &name, &["record=taken.json"]);
    driver.connect();
    let taken = parse(&fs::read(driver.folder.0.join("taken.json")).unwrap()).unwrap();
    let original = parse(&fs::read(name).unwrap()).unwrap();
    assert_eq!(taken.identity, original.identity);
    assert_eq!(taken.descriptor, original.descriptor);
    assert_eq!(taken.feature, original.feature);
}

#[test]
fn the_serial_number_is_left_out_of_a_recording() {
    let folder = Folder::new();
    let text = fs::read_to_string(device("eaton_3s_850")).unwrap();
    let text = text
        .replace("\"000000000000\"", "\"G123\"")
        .replace("\"12\": \"850\"", "\"12\": \"850\", \"4\": \"G123\"");
    let original = folder.file("original.json", &text);
    let mut driver = Running::start_in(folder, &original, &["record=taken.json"]);
    assert_eq!(driver.connect().value("ups.serial"), Some("G123"));
    let taken = parse(&fs::read(driver.folder.0.join("taken.json")).unwrap()).unwrap();
    assert_eq!(taken.identity.serial.as_deref(), Some("0000"));
    assert_eq!(taken.strings[&12], "850");
    assert_eq!(taken.strings.get(&4).map(String::as_str), Some("0000"));
}
