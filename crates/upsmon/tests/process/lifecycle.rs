//! One process or two, foreground or background: pid file, users, signals, ends.

use crate::house::{House, kill, monitors_user, own_user, stderr, stdout, wait_until};
use std::fs;
use std::os::unix::net::UnixDatagram;

/// The effective user of a process.
fn user_of(pid: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("Uid:")).unwrap();
    line.split_whitespace().nth(2).unwrap().parse().unwrap()
}

/// Waits until a process is gone.
fn gone(pid: u32) {
    let path = format!("/proc/{pid}/exe");
    let gone = || fs::read_link(&path).is_err().then_some(());
    wait_until(gone).expect("its end");
}

#[test]
fn two_processes() {
    let house = House::new();
    let mut upsmon = house.start(&[]);
    let monitor = house.pid();
    assert_ne!(monitor, upsmon.pid());
    assert_eq!(user_of(monitor), monitors_user());
    assert_eq!(user_of(upsmon.pid()), own_user());
    let stopped = house.run(&["-c", "stop"]);
    assert_eq!(stopped.status.code(), Some(0));
    assert_eq!(
        stderr(&stopped),
        "Exiting upsmon instance after sending a signal to the running daemon successfully\n"
    );
    assert_eq!(upsmon.end(), Some(0));
    upsmon.wait_for("Signal 15: User requested EXIT\nSignal 15: exiting\n");
    assert!(!house.path("run/upsmon.pid").exists());
}

#[test]
fn one_process() {
    let house = House::new();
    let mut upsmon = house.start(&["-p"]);
    assert_eq!(house.pid(), upsmon.pid());
    assert_eq!(user_of(upsmon.pid()), own_user());
    upsmon.wait_for("Warning: running as one big root process by request (upsmon -p)");
    kill(upsmon.pid(), "INT");
    assert_eq!(upsmon.end(), Some(0));
    upsmon.wait_for("Signal 2: exiting");
    assert!(!house.path("run/upsmon.pid").exists());
}

#[test]
fn the_file_says_whom_the_monitor_becomes() {
    let house = House::new();
    house.conf("RUN_AS_USER nobody\n");
    let _upsmon = house.start(&["-u", "root"]);
    assert_eq!(user_of(house.pid()), monitors_user());
}

#[test]
fn in_the_background() {
    let house = House::new();
    let started = house.run(&[]);
    assert_eq!(started.status.code(), Some(0), "{started:?}");
    assert_eq!(stdout(&started), "Network UPS Tools upsmon 2.8.5 release\n");
    let monitor = house.pid();
    let rival = house.run(&["-F"]);
    assert_eq!(rival.status.code(), Some(1));
    assert!(
        stdout(&rival).ends_with(
            "Fatal error: A previous upsmon instance is already running!\n\
             Either stop the previous instance first, or use the 'reload' command.\n"
        ),
        "{rival:?}"
    );
    let asked = house.run(&["-K"]);
    assert!(stdout(&asked).contains("Note: A previous upsmon instance is already running!\n"));
    assert_eq!(house.run(&["-c", "stop", "-P", &monitor.to_string()]).status.code(), Some(0));
    gone(monitor);
    let removed = || (!house.path("run/upsmon.pid").exists()).then_some(());
    wait_until(removed).expect("no pid file");
}

#[test]
fn in_the_background_the_log_can_stay_on_standard_error() {
    let house = House::new();
    for mode in [&["-B"][..], &["-B", "-p"]] {
        let mut command = house.command();
        let mut upsmon = house.start_with(command.args(mode).env("NUT_DEBUG_SYSLOG", "stderr"));
        assert_eq!(upsmon.end(), Some(0), "the caller goes on");
        upsmon.wait_for("Startup successful: upsmon\n");
        house.run(&["-c", "stop"]);
        upsmon.wait_for("Signal 15: exiting\n");
        let removed = || (!house.path("run/upsmon.pid").exists()).then_some(());
        wait_until(removed).expect("no pid file");
    }
}

#[test]
fn signals_to_the_root_process_are_for_the_monitor() {
    let house = House::new();
    let mut upsmon = house.start(&[]);
    let monitor = house.pid();
    kill(upsmon.pid(), "USR2");
    kill(upsmon.pid(), "HUP");
    upsmon.wait_for("Signal 1: User requested RELOAD\nReloading configuration\n");
    assert_eq!(
        house.run(&["-c", "reload", "-P", &upsmon.pid().to_string()]).status.code(),
        Some(0)
    );
    let twice = || (upsmon.log().matches("Reloading configuration").count() == 2).then_some(());
    wait_until(twice).expect("a second reload");
    kill(monitor, "USR2");
    kill(upsmon.pid(), "TERM");
    assert_eq!(upsmon.end(), Some(0));
    upsmon.wait_for("Signal 15: exiting\n");
    gone(monitor);
}

#[test]
fn a_monitor_that_crashes_is_started_again_but_not_for_ever() {
    let house = House::new();
    let mut upsmon = house.start(&[]);
    let mut monitor = house.pid();
    for crash in 1..=5 {
        kill(monitor, "ABRT");
        let next = || Some(house.pid()).filter(|&pid| pid != monitor);
        monitor = wait_until(next).expect("another monitor");
        let begun = || {
            let begun = upsmon.log().matches("Applying debug level").count() == crash;
            (begun && user_of(monitor) == monitors_user()).then_some(())
        };
        wait_until(begun).expect("another beginning");
    }
    let log = upsmon.log();
    assert_eq!(log.matches("upsmon parent: read: ").count(), 5, "{log}");
    kill(monitor, "ABRT");
    assert_eq!(upsmon.end(), Some(1));
    upsmon.wait_for("giving up, NOTHING IS WATCHED any more");
    assert!(!house.path("run/upsmon.pid").exists());
}

#[test]
fn the_service_manager_knows_the_root_process() {
    let house = House::new();
    let socket = UnixDatagram::bind(house.path("notify")).unwrap();
    fs::set_permissions(house.path("notify"), std::os::unix::fs::PermissionsExt::from_mode(0o666))
        .unwrap();
    socket.set_read_timeout(Some(crate::house::PATIENCE)).unwrap();
    let told = || {
        let mut bytes = [0; 512];
        let n = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..n]).into_owned()
    };
    let mut command = house.command();
    let mut upsmon = house.start_with(command.arg("-F").env("NOTIFY_SOCKET", house.path("notify")));
    assert_eq!(told(), format!("READY=1\nMAINPID={}\n", upsmon.pid()));
    house.run(&["-c", "reload"]);
    assert!(told().starts_with("RELOADING=1\n"));
    assert_eq!(told(), format!("READY=1\nMAINPID={}\n", upsmon.pid()));
    house.run(&["-c", "fsd"]);
    assert_eq!(told(), "STATUS=Executing automatic power-fail shutdown\nSTOPPING=1\n");
    assert_eq!(told(), format!("EXTEND_TIMEOUT_USEC={}\n", i64::MAX));
    assert_eq!(told(), "STATUS=Parent: calling shutdown command\nSTOPPING=1\n");
    assert_eq!(upsmon.end(), Some(0));
}

#[test]
fn a_reload_keeps_what_root_read() {
    let house = House::new();
    let upsmon = house.start(&[]);
    house.conf("SHUTDOWNCMD /bin/false\nNOTIFYMSG SHUTDOWN \"going\"\n");
    house.run(&["-c", "reload"]);
    upsmon.wait_for(
        "Warning: SHUTDOWNCMD redefined in split-process mode!\n\
         You must restart upsmon for this change to work\n",
    );
    house.write_conf("MONITOR u@127.0.0.1:1 1 me word secondary\nMINSUPPLIES 7\n");
    house.run(&["-c", "reload"]);
    upsmon.wait_for("Reload failed: total power value (1) less than MINSUPPLIES (7); the old");
    house.run(&["-c", "fsd"]);
    house.wait_for_story(&format!("down {} ROOT upsmon-shutdown-file", own_user()));
    house.wait_for_story(&format!("SHUTDOWN {} [] going", monitors_user()));
}
