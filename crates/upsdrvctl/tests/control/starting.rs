//! start, shutdown, list, and command lines that make no sense.

use crate::stage::{BANNER, Stage, ended, says};
use std::fs;

#[test]
fn names_are_listed_in_the_order_of_the_file() {
    let stage = Stage::new("list", "[b]\ndriver=drv\n[a]\ndriver=drv\n[empty]\n");
    assert_eq!(stage.run(&["list"]), says(0, "b\na\n", ""));
    assert_eq!(stage.run(&["-l", "a"]), says(0, "a\n", ""));
    assert_eq!(stage.run(&["list", "x"]), says(1, "", "UPS x not found in ups.conf\n"));
}

#[test]
fn the_debug_level_of_the_environment_is_told() {
    let stage = Stage::new("debug", "[a]\ndriver=drv\n");
    let told = "Defaulting debug verbosity to NUT_DEBUG_LEVEL=1 since none was requested by \
                command-line options\n";
    let run = |args| ended(stage.command(args).env("NUT_DEBUG_LEVEL", "1").output().unwrap());
    assert_eq!(run(&["list"]), says(0, "a\n", told));
    assert_eq!(run(&["-D", "list"]), says(0, "a\n", ""));
}

#[test]
fn every_driver_is_started_whatever_becomes_of_the_others() {
    let stage = Stage::new(
        "start",
        "[a]\ndriver=drv\n[b]\ndriver=drv\n[c]\ndriver=none\n[d]\nport=x\n[e]\ndriver=drv\n[f]\ndriver=drv\n",
    );
    stage.does("b", "exit 3");
    stage.does("e", "kill -KILL $$");
    let missing = stage.path("bin/none");
    let err = format!(
        "Driver failed to start (exit status=3)\n\
         Can't start {}: No such file or directory\n\
         Can't start UPS [d]: no driver is set in ups.conf\n\
         Driver exited abnormally\n",
        missing.display()
    );
    assert_eq!(stage.run(&["start"]), says(1, "", &err));
    assert_eq!(stage.calls(), ["-a a", "-a b", "-a e", "-a f"]);
    assert_eq!(stage.run(&["start", "a"]), says(0, "", ""));
}

#[test]
fn a_start_is_tried_again() {
    let stage = Stage::new("retry", "[a]\nmaxretry=3\nretrydelay=1\ndriver=drv\n");
    stage.does("a", "[ $(wc -l < \"$here/calls\") -ge 2 ] || exit 1");
    let err = "Driver failed to start (exit status=1)\n";
    assert_eq!(stage.run(&["start"]), says(0, "", err));
    assert_eq!(stage.calls(), ["-a a", "-a a"]);
}

#[test]
fn a_slow_driver_is_not_killed_but_told() {
    let stage = Stage::new("slow", "maxstartdelay=1\n[a]\ndriver=drv\n");
    stage.does("a", "echo $$ > \"$pid\"; exec sleep 600 > /dev/null 2>&1");
    let run = stage.run(&["start"]);
    let pid = fs::read_to_string(stage.path("run/drv-a.pid")).unwrap();
    let err = format!(
        "Startup timer elapsed, continuing...\n\
         Driver [a] PID {} initially exceeded maxstartdelay 1 sec and is still starting\n",
        pid.trim()
    );
    assert_eq!(run, says(1, "", &err));
}

#[test]
fn nobody_waits_where_nowait_says_so() {
    let stage = Stage::new("nowait", "nowait\n[a]\ndriver=drv\n");
    stage.does("a", "exit 1");
    assert_eq!(stage.run(&["start"]), says(0, "", ""));
    let mut command = stage.command(&["start"]);
    let run = ended(command.env("NUT_IGNORE_NOWAIT", "true").output().unwrap());
    let err = "NOTE: 'nowait' setting ignored due to NUT_IGNORE_NOWAIT envvar\n\
               Driver failed to start (exit status=1)\n";
    assert_eq!(run, says(1, "", err));
}

#[test]
fn drivers_get_the_options_meant_for_them() {
    let stage = Stage::new("options", "[a]\ndriver=drv\n");
    stage.run(&["-d", "-DD", "-B", "-r", "/jail", "-u", "root", "start"]);
    stage.run(&["-r", "/jail", "-u", "root", "shutdown"]);
    assert_eq!(stage.calls(), ["-DD -B -a a -r /jail -u root", "-a a -k -r /jail -u root"]);
}

#[test]
fn shutdown_reaches_every_ups_in_order() {
    let stage = Stage::new(
        "shutdown",
        "maxretry=3\n[a]\ndriver=drv\nsdorder=2\n[b]\nsdorder=-1\ndriver=drv\n[c]\ndriver=drv\n\
         [d]\nsdorder=1\ndriver=drv\n",
    );
    stage.does("c", "exit 1");
    let err = "Driver failed to start (exit status=1)\n";
    assert_eq!(stage.run(&["shutdown"]), says(1, "", err));
    assert_eq!(stage.calls(), ["-a c -k", "-a d -k", "-a a -k"]);
    assert_eq!(stage.run(&["shutdown", "b"]), says(0, "", ""));
    assert_eq!(stage.calls().last().unwrap(), "-a b -k");
}

#[test]
fn a_rehearsal_launches_nothing_and_ends() {
    let stage = Stage::new("test", "[a]\ndriver=drv\n");
    for args in [&["-t", "start"][..], &["-t", "-F", "start"], &["-t", "shutdown"], &["-t", "stop"]]
    {
        let run = stage.run(args);
        assert_eq!(
            (run.code, run.out.as_str()),
            (0, "*** Testing mode: not calling exec/kill/signal\n")
        );
    }
    let exec = format!("exec:  {} -a a -k\n", stage.path("bin/drv").display());
    assert!(stage.run(&["-t", "shutdown"]).err.contains(&exec));
    assert!(stage.calls().is_empty());
}

#[test]
fn command_lines_that_make_no_sense() {
    let stage = Stage::new("senseless", "[a]\ndriver=drv\n");
    let extra = "Error: extra arguments left on command line\n\
                 (common options should be before a command and UPS name)\n";
    assert_eq!(stage.run(&["start", "a", "-D"]), says(1, "", extra));
    assert_eq!(stage.run(&["zz"]), says(1, "", "Error: unrecognized command [zz]\n"));
    let unknown = "Error: unknown argument to option -c. Try -h for help.\n";
    assert_eq!(stage.run(&["-c", "zz"]), says(1, "", unknown));
    let help = stage.run(&["-h"]);
    assert_eq!((help.code, help.err.as_str()), (0, ""));
    assert_eq!(stage.run(&[]), help);
    let program = env!("CARGO_BIN_EXE_upsdrvctl");
    let err = format!("{program}: invalid option -- 'z'\n");
    assert_eq!(stage.run(&["-z"]), says(0, &help.out, &err));
}

#[test]
fn the_banner_comes_first_unless_it_is_unwanted() {
    let stage = Stage::new("banner", "[a]\ndriver=drv\n");
    let out = |args: &[&str], quiet: &str| {
        let output = stage.command(args).env("NUT_QUIET_INIT_BANNER", quiet).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(out(&["-V"], "1"), BANNER);
    assert_eq!(out(&["list"], "1"), "a\n");
    assert_eq!(out(&["list"], "no"), format!("{BANNER}a\n"));
}

#[test]
fn without_upses_there_is_nothing_to_do() {
    let stage = Stage::new("nothing", "");
    let err = "Error: no UPS definitions found in ups.conf\n";
    assert_eq!(stage.run(&["start"]), says(1, "", err));
    let err = "Error: no UPS definitions found in ups.conf!\n\n";
    assert_eq!(stage.run(&["start", "a"]), says(1, "", err));
    let file = stage.path("etc/ups.conf");
    fs::remove_file(&file).unwrap();
    let err = format!("Can't open {}: No such file or directory\n", file.display());
    assert_eq!(stage.run(&["start"]), says(1, "", &err));
}
