//! The real program playing definition files: pauses, alarms, changes on disk.

use crate::stage::Stage;
use std::fs;
use std::process::Command;

fn stage(port: &str) -> Stage {
    Stage::new(&format!("[u]\ndriver = dummy-ups\nport = {port}\npollinterval = 1\n"))
}

#[test]
fn a_sequence_is_played_on_time_and_over_and_over() {
    let stage = stage("u.seq");
    stage.file(
        "u.seq",
        "ups.status: OL\nTIMER 1\nups.status: OB\nALARM [On battery]\nTIMER 1\n\
         ups.status: OB LB\nTIMER 1\nALARM\n",
    );
    let _driver = stage.start("u");
    let mut client = stage.client("u");
    client.until("SETINFO ups.status \"OL\"");
    for _ in 0..2 {
        let round = client.until("SETINFO ups.status \"OL\"");
        assert_eq!(
            round,
            [
                "SETINFO ups.alarm \"[On battery]\"",
                "SETINFO ups.status \"ALARM OB\"",
                "SETINFO ups.status \"ALARM OB LB\"",
                "DELINFO ups.alarm",
                "SETINFO ups.status \"OB LB\"",
                "SETINFO ups.status \"OL\"",
            ]
        );
    }
}

#[test]
fn a_device_file_is_read_again_when_it_changes() {
    let stage = stage("u.dev");
    stage.file("u.dev", "ups.status: OL\nbattery.charge: 90\nups.alarm: [Hot]\n");
    let driver = stage.start("u");
    let mut client = stage.client("u");
    assert_eq!(client.value("ups.status").as_deref(), Some("ALARM OL"));
    client.ask("SET battery.charge 50 TRACKING a", "TRACKING a 0");
    stage.file("u.dev", "ups.status: OB\n");
    client.wait_value("ups.status", Some("OB"));
    assert_eq!(client.value("ups.alarm"), None);
    assert_eq!(client.value("battery.charge").as_deref(), Some("50"));
    assert_eq!(driver.stop().2, 0);
}

#[test]
fn a_file_that_is_away_makes_the_data_stale() {
    let stage = stage("u.dev");
    stage.file("u.dev", "ups.status: OL\n");
    let driver = stage.start("u");
    let mut client = stage.client("u");
    fs::remove_file(stage.path("u.dev")).unwrap();
    client.until("DATASTALE");
    stage.file("u.dev", "ups.status: OB\n");
    client.until("DATAOK");
    assert_eq!(client.value("ups.status").as_deref(), Some("OB"));
    let (_, err, code) = driver.stop();
    assert_eq!(code, 0);
    assert_eq!(err.matches("Can't open dummy-ups definition file").count(), 1, "{err}");
}

#[test]
fn a_pipe_in_the_files_place_holds_nothing_up() {
    let stage = stage("u.dev");
    stage.file("u.dev", "ups.status: OL\n");
    let driver = stage.start("u");
    let mut client = stage.client("u");
    fs::remove_file(stage.path("u.dev")).unwrap();
    assert!(Command::new("mkfifo").arg(stage.path("u.dev")).status().unwrap().success());
    client.until("DATASTALE");
    client.ask("PING", "PONG");
    fs::remove_file(stage.path("u.dev")).unwrap();
    stage.file("u.dev", "ups.status: OB\n");
    client.until("DATAOK");
    assert_eq!(driver.stop().2, 0);
}

#[test]
fn a_poor_file_is_played_as_far_as_it_goes() {
    let stage = stage("u.seq");
    stage.file("u.seq", "TIMER\nlonely\nbattery.charge: \"1 # 2\"\nups.load: 7");
    let _driver = stage.start("u");
    let mut client = stage.client("u");
    client.wait_value("ups.load", Some("7"));
    assert_eq!(client.value("ups.status").as_deref(), Some("OL"));
    assert_eq!(client.value("battery.charge"), None);
}

#[test]
fn low_battery_can_be_computed() {
    let stage = Stage::new("[u]\nport = u.dev\nignorelb\npollinterval = 1\n");
    let dev =
        |charge: u32| format!("battery.charge.low: 30\nbattery.charge: {charge}\nups.status: OL\n");
    stage.file("u.dev", &dev(20));
    let driver = stage.start("u");
    let mut client = stage.client("u");
    assert_eq!(client.value("ups.status").as_deref(), Some("OL LB"));
    assert_eq!(client.value("driver.flag.ignorelb").as_deref(), Some("enabled"));
    stage.file("u.dev", &dev(100));
    client.wait_value("ups.status", Some("OL"));
    let (_, err, _) = driver.stop();
    assert!(err.contains("using 'battery.charge' to set battery low state\n"), "{err}");
    stage.file("u.dev", "ups.status: OL\n");
    let (_, err, code) = stage.run("-F -u root -a u");
    assert_eq!(code, 1);
    assert!(err.contains("The 'ignorelb' flag is set, but there is no way to determine the\n"));
}
