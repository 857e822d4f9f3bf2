//! stop, status and `-c`.

use crate::stage::{RUN, Stage, answer_socket, await_that, ended, says};
use std::fs;
use std::process::Command;

const HEADER: &str = "UPSNAME    \t     UPSDRV\tRUNNING\tPF_PID\tS_RESPONSIVE\tS_PID\tS_STATUS\n";

/// The number of a process that is gone.
fn dead_pid() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    pid
}

#[test]
fn drivers_are_stopped_by_their_pid_files() {
    let stage = Stage::new("stop", "[a]\ndriver=drv\n[b]\ndriver=drv\n");
    stage.does("a", RUN);
    stage.does("b", RUN);
    assert_eq!(stage.run(&["start"]), says(0, "", ""));
    assert_eq!(stage.run(&["stop"]), says(0, "", ""));
    assert!(!stage.path("run/drv-a.pid").exists() && !stage.path("run/drv-b.pid").exists());
}

#[test]
fn a_driver_that_does_not_leave_is_killed() {
    let stage = Stage::new("harder", "[a]\ndriver=drv\n");
    stage.does("a", &RUN.replace("'rm -f \"$pid\"; exit 0' TERM", "'' TERM"));
    assert_eq!(stage.run(&["start"]), says(0, "", ""));
    let file = stage.path("run/drv-a.pid");
    let err = format!("Stopping {} failed, retrying harder: still running\n", file.display());
    assert_eq!(stage.run(&["stop"]), says(0, "", &err));
    assert!(!file.exists());
}

#[test]
fn a_stale_pid_file_leads_to_the_socket() {
    let stage = Stage::new("stale", "[a]\ndriver=drv\n");
    let file = stage.path("run/drv-a.pid");
    fs::write(&file, format!("{}\n", dead_pid())).unwrap();
    answer_socket(&stage.path("run/drv-a"), 0);
    let err = format!(
        "Stopping {} failed: No such process\n\
         At least could open the driver socket\n\
         Succeeded to send the 'exit' command to the driver socket\n",
        file.display()
    );
    assert_eq!(stage.run(&["stop"]), says(0, "", &err));
}

#[test]
fn another_program_is_left_alone() {
    let stage = Stage::new("foreign", "[a]\ndriver=drv\n");
    fs::write(stage.path("run/drv-a.pid"), format!("{}\n", std::process::id())).unwrap();
    let mut command = stage.command(&["stop"]);
    let run = ended(command.env_remove("NUT_IGNORE_CHECKPROCNAME").output().unwrap());
    assert_eq!(run.code, 1);
    assert!(run.err.contains("which exists but is not of expected program 'drv'"), "{}", run.err);
}

#[test]
fn a_driver_that_does_not_run_is_an_error() {
    let stage = Stage::new("none", "[a]\ndriver=drv\nport=/dev/tty9\n");
    let run = stage.path("run");
    let err = format!(
        "Can't open {0}/drv-a.pid: No such file or directory\n\
         Can't open {0}/drv-tty9.pid either: No such file or directory\n\
         Failed to send the 'exit' command to the driver socket\n\
         Failed to stop the driver drv for a, it may be not running or not fully started yet\n",
        run.display()
    );
    assert_eq!(stage.run(&["stop"]), says(1, "", &err));
}

#[test]
fn the_status_is_what_file_and_socket_say() {
    let conf = "[a]\ndriver=drv\n[b]\ndriver=drv\n[c]\ndriver=drv\n";
    let stage = Stage::new("status", conf);
    let me = std::process::id();
    answer_socket(&stage.path("run/drv-a"), 0);
    fs::write(stage.path("run/drv-a.pid"), format!("{me}\n")).unwrap();
    fs::write(stage.path("run/drv-b.pid"), "").unwrap();
    let rows = format!(
        "a          \t        drv\tRUNNING\t{me}\tRESPONSIVE\t{me}\t\"OL \\\"x\\\"\"\n\
         b          \t        drv\tN/A\t-2\tNOT_RESPONSIVE\tN/A\t\n\
         c          \t        drv\tN/A\t-3\tNOT_RESPONSIVE\tN/A\t\n"
    );
    assert_eq!(stage.run(&["status"]), says(0, &format!("{HEADER}{rows}"), ""));
    let mut command = stage.command(&["status", "a"]);
    let run = ended(command.env_remove("NUT_IGNORE_CHECKPROCNAME").output().unwrap());
    assert!(run.out.contains(&format!("\tSTOPPED\t{me}\tRESPONSIVE\t{me}\t")), "{}", run.out);
    assert!(run.err.contains("is not of expected program 'drv'"), "{}", run.err);
    fs::remove_file(stage.path("run/drv-a.pid")).unwrap();
}

#[test]
fn commands_reach_drivers_and_their_codes_come_back() {
    let stage = Stage::new("command", "[a]\ndriver=drv\n[b]\ndriver=drv\n");
    answer_socket(&stage.path("run/drv-a"), 0);
    answer_socket(&stage.path("run/drv-b"), 2);
    let line = |word, code| format!("Request for driver to {word} returned code {code}\n");
    let good = line("reload-or-error", 0);
    assert_eq!(stage.run(&["-c", "reload", "a"]), says(0, "", &good));
    let err = format!("{good}{}", line("reload-or-error", 2));
    assert_eq!(stage.run(&["-c", "reload-or-error"]), says(1, "", &err));
    assert_eq!(stage.run(&["-c", "exit", "a"]), says(0, "", &line("exit", 0)));
}

#[test]
fn a_command_nobody_takes_is_an_error() {
    let stage = Stage::new("nobody", "[a]\ndriver=drv\nport=p\n");
    let socket = stage.path("run/drv-a");
    let err = format!(
        "Can't open {}: No such file or directory\n\
         Socket dialog with the other driver instance: No such file or directory\n",
        socket.display()
    );
    assert_eq!(stage.run(&["-c", "reload"]), says(1, "", &err));
    let run = stage.path("run");
    let err = format!(
        "Can't open {0}/drv-a.pid: No such file or directory\n\
         Can't open {0}/drv-p.pid either: No such file or directory\n",
        run.display()
    );
    assert_eq!(stage.run(&["-c", "dump"]), says(1, "", &err));
}

#[test]
fn signals_reach_drivers_by_their_pid_files() {
    let stage = Stage::new("signal", "[a]\ndriver=drv\n");
    stage.does("a", RUN);
    stage.run(&["start"]);
    assert_eq!(stage.run(&["-c", "data-dump"]), says(0, "", ""));
    await_that("the driver was urged", || stage.path("bin/urged").exists());
    assert_eq!(stage.run(&["stop"]), says(0, "", ""));
}
