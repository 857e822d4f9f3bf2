//! What happens to a device while the driver runs: power failures, stalls, unplugging, commands.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Client, Folder, Running, device};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The Eaton 3S with these events.
fn with_events(folder: &Folder, events: &str) -> PathBuf {
    let text = fs::read_to_string(device("eaton_3s_850")).unwrap();
    let body = text.trim_end().strip_suffix('}').unwrap();
    folder.file("device.json", &format!("{body}, \"events\": [{events}]}}"))
}

fn run(events: &str, options: &[&str]) -> (Running, Client) {
    let folder = Folder::new();
    let recording = with_events(&folder, events);
    let mut driver = Running::start_in(folder, &recording, options);
    let client = driver.connect();
    (driver, client)
}

#[test]
fn a_power_failure_comes_by_interrupt_and_goes_by_interrupt() {
    let events = r#"
        {"at_ms": 2000, "input": {"0x01": "01 30 00 00"}, "feature": {"0x01": "01 30 00 00"}},
        {"at_ms": 4000, "input": {"0x01": "01 32 00 00"}, "feature": {"0x01": "01 32 00 00"}},
        {"at_ms": 8000, "input": {"0x01": "01 25 00 00"}, "feature": {"0x01": "01 25 00 00"}}"#;
    let (_driver, mut client) = run(events, &[]);
    client.wait("mains lost", |c| c.has_status("OB"));
    client.wait("battery low", |c| c.has_status("OB") && c.has_status("LB"));
    client.wait("mains back", |c| c.has_status("OL") && !c.has_status("LB"));
    assert!(client.fresh);
}

#[test]
fn an_interrupt_report_does_not_wait_for_the_next_round() {
    // Rounds are an hour apart: only the report itself can bring the news.
    let events = r#"{"at_ms": 1500, "input": {"0x01": "01 30 00 00"}}"#;
    let (_driver, mut client) = run(events, &["pollinterval=3600"]);
    client.wait("mains lost", |c| c.has_status("OB"));
}

#[test]
fn with_pollonly_the_failure_is_seen_by_asking() {
    let events = r#"
        {"at_ms": 1000, "input": {"0x01": "01 32 00 00"}},
        {"at_ms": 2500, "feature": {"0x01": "01 30 00 00"}}"#;
    let (_driver, mut client) = run(events, &["pollonly"]);
    client.wait("mains lost", |c| c.has_status("OB"));
    assert!(client.statuses.iter().all(|status| !status.contains("LB")), "{:?}", client.statuses);
}

#[test]
fn an_unplugged_device_is_stale_and_comes_back_by_itself() {
    let events = r#"{"at_ms": 1500, "unplug": true}, {"at_ms": 5000, "plug": true}"#;
    let (_driver, mut client) = run(events, &[]);
    client.wait("the loss", |c| !c.fresh);
    client.wait("the return", |c| c.fresh);
    assert_eq!(client.value("driver.state"), Some("quiet"));
    assert_eq!(client.status(), "OL");
}

#[test]
fn a_lost_device_is_left_alone_for_as_long_as_the_user_says() {
    let events = r#"{"at_ms": 300, "unplug": true}, {"at_ms": 400, "plug": true}"#;
    let start = Instant::now();
    let (_driver, mut client) = run(events, &["waitbeforereconnect=3"]);
    client.wait("the loss", |c| !c.fresh);
    client.wait("the return", |c| c.fresh);
    assert!(start.elapsed() >= Duration::from_millis(3300), "{:?}", start.elapsed());
    assert_eq!(client.status(), "OL");
}

#[test]
fn a_device_that_answers_nothing_is_stale_until_it_does() {
    let events = r#"{"at_ms": 1500, "stall": "all"}, {"at_ms": 6000, "stall": []}"#;
    let (_driver, mut client) = run(events, &[]);
    client.wait("the loss", |c| !c.fresh);
    client.wait("the return", |c| c.fresh);
    assert_eq!(client.status(), "OL");
}

#[test]
fn with_pollonly_the_loss_is_seen_by_asking() {
    let events = r#"{"at_ms": 1000, "unplug": true}, {"at_ms": 4000, "plug": true}"#;
    let (_driver, mut client) = run(events, &["pollonly"]);
    client.wait("the loss", |c| !c.fresh);
    client.wait("the return", |c| c.fresh);
}

#[test]
fn a_command_to_a_lost_device_fails() {
    let (_driver, mut client) = run(r#"{"at_ms": 500, "unplug": true}"#, &[]);
    client.wait("the loss", |c| !c.fresh);
    assert_eq!(client.value("driver.state"), Some("reconnect.trying"));
    assert_eq!(client.track("INSTCMD beeper.disable"), 3);
    assert_eq!(client.track("SET battery.charge.low 30"), 3);
}

#[test]
fn too_many_rounds_without_a_report_make_a_new_connection() {
    let (driver, mut client) = run("", &["interrupt_pipe_no_events_tolerance=1"]);
    client.wait("the reconnect", |_| driver.log().contains("No interrupt report in 2 rounds"));
    client.wait("the return", |c| c.value("driver.state") == Some("quiet"));
    assert!(client.fresh);
}

#[test]
fn settings_and_commands_reach_the_device_byte_for_byte() {
    let folder = Folder::new();
    let writes = folder.0.join("writes");
    let option = format!("replay_writes={}", writes.display());
    let mut driver = Running::start_in(folder, &device("eaton_3s_850"), &[&option]);
    let mut client = driver.connect();
    assert_eq!(client.track("SET battery.charge.low 30"), 0);
    assert_eq!(client.track("INSTCMD beeper.disable"), 0);
    assert_eq!(client.track("INSTCMD load.off.delay 15"), 0);
    client.wait("the new value", |c| c.value("battery.charge.low") == Some("30"));
    client.wait("the beeper", |c| c.value("ups.beeper.status") == Some("disabled"));
    assert_eq!(client.track("SET battery.charge 30"), 1);
    assert_eq!(client.track("INSTCMD no.such.command"), 2);
    let lines = fs::read_to_string(writes).unwrap();
    assert_eq!(lines, "221e\n2001\n090f000000\n");
}
