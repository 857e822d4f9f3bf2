//! Going down, as far as this host's own part goes: flag, command, who ends when.

use crate::house::{House, kill, monitors_user, own_user, stderr, wait_until};
use std::fs;

const MAGIC: &str = "upsmon-shutdown-file";

#[test]
fn the_flag_is_written_before_the_command_runs() {
    for (mode, monitor) in [(&[][..], monitors_user()), (&["-p"], own_user())] {
        let house = House::new();
        let mut upsmon = house.start(mode);
        house.run(&["-c", "fsd"]);
        assert_eq!(upsmon.end(), Some(0), "{}", upsmon.log());
        house.wait_for_story(&format!("down {} ROOT {MAGIC}", own_user()));
        let told = format!("SHUTDOWN {monitor} [] Auto logout and shutdown proceeding");
        house.wait_for_story(&told);
        house.wait_for_story(&format!("wall {monitor}: Executing automatic power-fail shutdown"));
        assert_eq!(fs::read_to_string(house.path("killpower")).unwrap(), MAGIC);
        upsmon.wait_for("Signal 10: User requested FSD\n");
        upsmon.wait_for("Executing automatic power-fail shutdown\n");
        assert!(!house.path("run/upsmon.pid").exists());
        if mode.is_empty() {
            let command = house.path("bin/down");
            upsmon.wait_for(&format!(
                "upsmon parent: Exiting after calling (0) shutdown command: {}\n",
                command.display()
            ));
        }
    }
}

#[test]
fn a_command_that_fails_is_told_loudly() {
    for (mode, prefix) in [(&[][..], "upsmon parent: "), (&["-p"], "")] {
        let house = House::new();
        house.script("down", "exit 3");
        let mut upsmon = house.start(mode);
        house.run(&["-c", "fsd"]);
        assert_eq!(upsmon.end(), Some(1), "{}", upsmon.log());
        let down = house.path("bin/down").display().to_string();
        upsmon.wait_for(&format!("{prefix}Unable to call shutdown command: {down}\n"));
        upsmon.wait_for("THIS MACHINE IS NOT GOING DOWN");
        if mode.is_empty() {
            upsmon
                .wait_for(&format!("Exiting after trying to call (768) shutdown command: {down}"));
        }
    }
}

#[test]
fn nobody_ends_before_the_command_does() {
    for mode in [&[][..], &["-p"]] {
        let house = House::new();
        let wait = "echo begun >> ROOT/story; until test -e ROOT/go; do sleep 0.05; done; \
                    echo ended >> ROOT/story";
        house.script("down", wait);
        let mut upsmon = house.start(mode);
        let monitor = house.pid();
        house.run(&["-c", "fsd"]);
        house.wait_for_story("begun");
        if mode.is_empty() {
            // What a service manager does to the processes of a service that it ends.
            kill(monitor, "TERM");
            kill(upsmon.pid(), "TERM");
            upsmon.wait_for("Signal 15: User requested EXIT\n");
        }
        assert!(upsmon.is_running());
        fs::write(house.path("go"), "").unwrap();
        assert_eq!(upsmon.end(), Some(0), "{}", upsmon.log());
        house.wait_for_story("ended");
    }
}

#[test]
fn a_monitor_that_dies_during_the_command_is_not_replaced() {
    let house = House::new();
    let wait = "echo begun >> ROOT/story; until test -e ROOT/go; do sleep 0.05; done";
    house.script("down", wait);
    let mut upsmon = house.start(&[]);
    let monitor = house.pid();
    house.run(&["-c", "fsd"]);
    house.wait_for_story("begun");
    kill(monitor, "KILL");
    fs::write(house.path("go"), "").unwrap();
    assert_eq!(upsmon.end(), Some(0), "{}", upsmon.log());
    assert_eq!(house.story().iter().filter(|line| *line == "begun").count(), 1);
}

#[test]
fn a_flag_of_an_earlier_shutdown_is_cleared() {
    let house = House::new();
    fs::write(house.path("killpower"), MAGIC).unwrap();
    assert_eq!(house.run(&["-K"]).status.code(), Some(0));
    let _upsmon = house.start(&[]);
    assert!(!house.path("killpower").exists());
    assert_eq!(house.run(&["-K"]).status.code(), Some(1));
}

#[test]
fn a_foreign_file_stays_and_the_shutdown_goes_on() {
    for mode in [&[][..], &["-p"]] {
        let house = House::new();
        fs::write(house.path("killpower"), "precious").unwrap();
        let mut upsmon = house.start(mode);
        upsmon.wait_for("the upsmon magic string (not a NUT file) - disabling!\n");
        house.run(&["-c", "fsd"]);
        assert_eq!(upsmon.end(), Some(0), "{}", upsmon.log());
        house.wait_for_story(&format!("down {} ROOT precious", own_user()));
    }
}

#[test]
fn a_flag_that_cannot_be_written_holds_nothing_up() {
    let house = House::new();
    house.conf("POWERDOWNFLAG ROOT/no/such/folder\n");
    let mut upsmon = house.start(&[]);
    house.run(&["-c", "fsd"]);
    assert_eq!(upsmon.end(), Some(0), "{}", upsmon.log());
    upsmon.wait_for("Failed to create power down flag!\n");
    house.wait_for_story(&format!("down {} ROOT ", own_user()));
}

#[test]
fn whether_the_flag_is_set() {
    let house = House::new();
    let flag = house.path("killpower");
    let name = flag.display();
    let using = format!("Using power down flag file {name}\n");
    let foreign = format!("POWERDOWNFLAG ({name}) does not contain the upsmon magic string\n");
    let empty = format!("'{name}' exists, but we can't read from it: Success\n");
    for (content, status, told) in [
        (None, 1, "Power down flag is not set\n".to_owned()),
        (Some("upsmon-shutdown-file\nx"), 0, "Power down flag is set\n".to_owned()),
        (Some("else"), 1, foreign.clone()),
        (Some(""), 1, format!("{empty}{foreign}")),
    ] {
        content.iter().for_each(|text| fs::write(&flag, text).unwrap());
        let output = house.run(&["-K"]);
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        assert_eq!(stderr(&output), format!("{using}{told}"));
    }
}

#[test]
fn commands_that_are_missing_are_told_at_the_start() {
    let house = House::new();
    house.conf("SHUTDOWNCMD \"/no/such/program -h now\"\n");
    let upsmon = house.start(&[]);
    upsmon.wait_for("SHUTDOWNCMD: there is no /no/such/program: this machine could not go down\n");
    let bare = House::new();
    bare.write_conf("MONITOR u@127.0.0.1:1 1 me word primary\n");
    let upsmon = bare.start(&["-p"]);
    let log = upsmon.log();
    for told in [
        "Warning: no shutdown command defined!\n",
        "Warning: no custom notification command defined, just so you know\n",
        "PRIMARY for at least one device that feeds it, but would not be able to arrange its",
        "upsmon.conf is world readable, and it holds passwords",
    ] {
        assert!(log.contains(told), "{told}: {log}");
    }
    let walled = || bare.story().iter().any(|line| line.contains("lost")).then_some(());
    wait_until(walled).expect("the default flags");
}
