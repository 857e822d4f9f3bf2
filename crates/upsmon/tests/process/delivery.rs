//! `-c test-notify`: one notice by the ways of all notices.

use crate::house::{House, monitors_user, stderr, stdout};

#[test]
fn a_notice_goes_where_the_file_says() {
    let house = House::new();
    house.conf(
        "NOTIFYFLAG ONBATT SYSLOG+WALL+EXEC\nNOTIFYMSG ONBATT \"%s is \\\"dark\\\" $(id)\"\n",
    );
    let output = house.run(&["-c", "test-notify", "onbatt"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let (user, text) = (monitors_user(), "u@127.0.0.1:1 is \"dark\" $(id)");
    assert!(stderr(&output).ends_with(&format!("{text}\n")), "{output:?}");
    house.wait_for_story(&format!("wall {user}: {text}"));
    house.wait_for_story(&format!("ONBATT {user} [u@127.0.0.1:1] {text}"));
    let told = stdout(&output);
    let command = house.path("bin/notify").display().to_string();
    for line in [
        format!("NOTIFYFLAG ONBATT SYSLOG+WALL+EXEC: \"{text}\""),
        format!("EXEC: {command} \"...\" with NOTIFYTYPE=ONBATT UPSNAME=u@127.0.0.1:1"),
        "EXEC: ended with status 0".to_owned(),
        "WALL: ended with status 0".to_owned(),
    ] {
        assert!(told.lines().any(|told| told == line), "{line}: {told}");
    }
}

#[test]
fn notices_about_the_host_name_no_ups() {
    let house = House::new();
    assert_eq!(house.run(&["-c", "test-notify", "SHUTDOWN"]).status.code(), Some(0));
    let text = "Auto logout and shutdown proceeding";
    assert_eq!(house.story(), [format!("SHUTDOWN {} [] {text}", monitors_user())]);
}

#[test]
fn what_does_not_arrive_is_a_failure() {
    let house = House::new();
    for (conf, told) in [
        ("NOTIFYCMD \"exit 3;\"\n", "EXEC: ended with status 3"),
        ("NOTIFYCMD /no/such/program\n", "EXEC: ended with status 127"),
        ("NOTIFYCMD \"kill -9 $$;\"\n", "EXEC: was ended by signal 9"),
    ] {
        house.conf(conf);
        let output = house.run(&["-c", "test-notify", "SHUTDOWN"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(stdout(&output).lines().any(|line| line == told), "{output:?}");
    }
    house.write_conf("MONITOR u@h 1 me word primary\nNOTIFYFLAG ONLINE EXEC\n");
    let output = house.run(&["-c", "test-notify", "ONLINE"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(stdout(&output).contains("EXEC: no NOTIFYCMD is configured"), "{output:?}");
}

#[test]
fn a_notice_that_is_to_go_nowhere_goes_nowhere() {
    let house = House::new();
    let output = house.run(&["-c", "test-notify", "COMMBAD"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(stdout(&output).ends_with("IGNORE: nothing is sent\n"), "{output:?}");
    assert!(house.story().is_empty());
}
