//! Starts and orders that are refused, and how that is told.

use crate::house::{House, finish, kill, own_user, stderr, stdout};
use std::fs;

const MONITOR: &str = "MONITOR u@127.0.0.1:1 1 me word secondary\n";

#[test]
fn starts_that_are_refused() {
    let insufficient = "\nFatal error: insufficient power configured!\n\n\
        Sum of power values........: 1\nMinimum value (MINSUPPLIES): 2\n\n\
        Edit your upsmon.conf and change the values.\n";
    for (conf, out, err) in [
        (format!("{MONITOR}MINSUPPLIES 2\n"), insufficient, ""),
        ("MONITOR u@h 1 word primary\n".to_owned(), "", "Fatal error: unusable configuration\n"),
    ] {
        for args in [&["-F"][..], &["-F", "-p"], &[]] {
            let house = House::new();
            house.write_conf(&conf);
            let output = house.run(args);
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            assert!(stdout(&output).ends_with(out), "{output:?}");
            assert!(stderr(&output).ends_with(err), "{output:?}");
            assert!(!house.path("run/upsmon.pid").exists());
        }
    }
}

#[test]
fn a_file_that_is_not_there() {
    let house = House::new();
    for args in [&["-F"][..], &["-K"], &["-c", "test-notify", "ONBATT"], &[]] {
        let output = finish(house.command().args(["-f", "/no/such.conf"]).args(args));
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stderr(&output), "Can't open /no/such.conf: No such file or directory\n");
    }
}

#[test]
fn an_unknown_user() {
    if own_user() != 0 {
        return;
    }
    let house = House::new();
    let output = house.run(&["-F", "-u", "no-such-user"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).ends_with("OS user no-such-user not found\n"), "{output:?}");
    house.conf("RUN_AS_USER nobody-at-all\n");
    let output = house.run(&["-F"]);
    assert!(stderr(&output).ends_with("OS user nobody-at-all not found\n"), "the file wins");
}

#[test]
fn misuse_is_a_failure() {
    let house = House::new();
    for (args, told) in [
        (&["-z"][..], "invalid option -- 'z'"),
        (&["-P"], "option requires an argument -- 'P'"),
        (
            &["-c", ""],
            "-c: unknown command ''; expected fsd, reload, stop, rehearse or test-notify",
        ),
        (&["-c", "f"], "-c: unknown command 'f'; "),
    ] {
        let output = house.run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(stderr(&output).contains(told), "{output:?}");
        assert!(stdout(&output).contains("usage: upsmon [OPTIONS]"), "{output:?}");
    }
    let help = house.run(&["-h"]);
    assert_eq!(help.status.code(), Some(0));
    let flag = format!("-K\t\tchecks POWERDOWNFLAG ({})", house.path("killpower").display());
    assert!(stdout(&help).contains(&flag), "{help:?}");
    let version = house.run(&["-V"]);
    assert_eq!(stdout(&version), "Network UPS Tools upsmon 2.8.5 release\n");
}

#[test]
fn orders_to_nobody() {
    let house = House::new();
    let failed = "Failed to signal the currently running daemon (if any)\n";
    let end =
        "Exiting upsmon instance after sending a signal to the running daemon unsuccessfully\n";
    let file = house.path("run/upsmon.pid").display().to_string();
    for (content, args, told) in [
        (None, &["-c", "fsd"][..], "Try to add '-P $PID' argument\n"),
        (None, &["-c", "fsd", "-P", "4194305"], ""),
        (
            None,
            &["-c", "stop"],
            "Try 'systemctl stop nut-monitor.service' or add '-P $PID' argument\n",
        ),
        (None, &["-c", "reload", "-P", "4194305"], "Try 'systemctl reload nut-monitor.service'\n"),
    ] {
        content.iter().for_each(|text: &&str| fs::write(&file, text).unwrap());
        let output = house.run(args);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stderr(&output), format!("{failed}{told}{end}"), "{args:?}");
    }
    fs::write(&file, "").unwrap();
    let output = house.run(&["-c", "stop"]);
    assert!(stderr(&output).starts_with(&format!("Failed to read pid from {file}\n")));
}

#[test]
fn another_program_is_not_signalled() {
    let house = House::new();
    let mut sleeper = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let output = house.run(&["-c", "fsd", "-P", &sleeper.id().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is not of expected program 'upsmon'"), "{output:?}");
    assert!(sleeper.try_wait().unwrap().is_none());
    kill(sleeper.id(), "KILL");
    sleeper.wait().unwrap();
}

#[test]
fn nobody_to_print_for_is_no_crash() {
    let house = House::new();
    for args in [&["-V"][..], &["-h"], &["-Z"], &["-F", "-p", "-f", "/dev/null"]] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = house.command().args(args).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(!stderr(&output).contains("panicked"), "{output:?}");
    }
}
