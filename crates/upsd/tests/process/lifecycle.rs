//! Starting, refusing to start, background, pid file, signals, readiness.

use crate::house::{House, UPS, wait_until};
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Output;

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn starts_that_are_refused() {
    let cases: [(&str, &str, &str); 6] = [
        ("remove", "upsd.conf", "stat ETC/upsd.conf: No such file or directory"),
        ("remove", "ups.conf", "Can't open ETC/ups.conf: No such file or directory"),
        ("remove", "upsd.users", "stat ETC/upsd.users: No such file or directory"),
        ("", "ups.conf", "Fatal error: at least one UPS must be defined in ups.conf"),
        ("LISTEN no.such.host.invalid\n", "upsd.conf", "getaddrinfo('no.such.host.invalid'): "),
        ("LISTEN 192.0.2.1\n", "upsd.conf", "no listening interface available"),
    ];
    for (content, file, expected) in cases {
        let house = House::new();
        match content {
            "remove" => fs::remove_file(house.path("etc").join(file)).unwrap(),
            _ => house.write(file, content),
        }
        let output = house.run(&["-F"]);
        let text = stderr(&output).replace(&house.path("etc").display().to_string(), "ETC");
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn an_address_that_is_not_there_yet() {
    let house = House::new();
    house.upsd_conf("LISTEN 192.0.2.1 3493\n");
    let refused = house.run(&["-F"]);
    assert_eq!(refused.status.code(), Some(1));
    let text = stderr(&refused);
    let reason = "not listening on 192.0.2.1 port 3493: Cannot assign requested address";
    assert!(text.contains(reason), "{text}");
    assert!(text.contains("Fatal error: some listening interfaces were not available"), "{text}");
    house.upsd_conf("LISTEN 192.0.2.1 3493\nALLOW_NOT_ALL_LISTENERS yes\n");
    let upsd = house.start();
    upsd.wait_for("but the ALLOW_NOT_ALL_LISTENERS setting is active");
    assert_eq!(house.client().ask("NETVER"), "1.3");
}

#[test]
fn an_address_in_use_is_taken_when_it_is_free() {
    let house = House::new();
    let taken = std::net::TcpListener::bind((house.address, 34930)).unwrap();
    house.upsd_conf(&format!("LISTEN {} 34930\nALLOW_NOT_ALL_LISTENERS 1\n", house.address));
    let upsd = house.start();
    upsd.wait_for("port 34930: Address already in use");
    drop(taken);
    upsd.wait_for(&format!("listening on {} port 34930\n", house.address));
    let there = || std::net::TcpStream::connect((house.address, 34930)).ok();
    assert!(wait_until(there).is_some());
}

#[test]
fn in_the_background_the_pid_file_is_there_when_the_caller_returns() {
    let house = House::new();
    let started = house.run(&[]);
    assert_eq!(started.status.code(), Some(0), "{}", stderr(&started));
    let pid = fs::read_to_string(house.path("run/upsd.pid")).unwrap();
    pid.trim().parse::<u32>().unwrap();
    assert_eq!(house.client().ask("NETVER"), "1.3");
    let second = house.run(&[]);
    assert_eq!(second.status.code(), Some(1));
    assert!(stdout(&second).contains("Fatal error: A previous upsd instance is already running!"));
    assert_eq!(house.run(&["-c", "reload"]).status.code(), Some(0));
    assert_eq!(house.run(&["-c", "stop", "-P", pid.trim()]).status.code(), Some(0));
    let gone = || (!house.path("run/upsd.pid").exists()).then_some(());
    wait_until(gone).expect("no pid file");
    let nobody = house.run(&["-c", "stop"]);
    assert_eq!(nobody.status.code(), Some(1));
    let text = stderr(&nobody);
    assert!(text.contains("Failed to signal the currently running daemon (if any)"), "{text}");
    assert!(text.contains("Try 'systemctl stop nut-server.service' or add '-P $PID' argument"));
}

#[test]
fn a_start_that_fails_in_the_background_is_told_to_the_caller() {
    let house = House::new();
    house.write("ups.conf", "");
    let output = house.run(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("at least one UPS must be defined"), "{}", stderr(&output));
    assert!(!house.path("run/upsd.pid").exists());
}

#[test]
fn another_process_is_not_signalled() {
    let house = House::new();
    let mut sleeper = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let output = house.run(&["-c", "stop", "-P", &sleeper.id().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is not of expected program 'upsd'"), "{}", stderr(&output));
    assert!(sleeper.try_wait().unwrap().is_none());
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
}

#[test]
fn misuse_is_a_failure() {
    let house = House::new();
    let unknown = house.run(&["-z"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(stderr(&unknown).contains("invalid option -- 'z'"));
    assert!(stdout(&unknown).contains("usage: upsd"));
    assert_eq!(house.run(&["-c", "reboot"]).status.code(), Some(1));
    assert_eq!(house.run(&["-h"]).status.code(), Some(0));
    let version = house.run(&["-V"]);
    assert_eq!(stdout(&version), "Network UPS Tools upsd 2.8.5 release\n");
}

#[test]
fn nobody_to_print_for_is_no_crash() {
    let house = House::new();
    for word in ["-V", "-h", "-Z"] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = house.command().arg(word).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{word}");
        assert!(!stderr(&output).contains("panicked"), "{word}: {}", stderr(&output));
    }
}

#[test]
fn the_service_manager_is_told() {
    let house = House::new();
    let socket = UnixDatagram::bind(house.path("notify")).unwrap();
    socket.set_read_timeout(Some(crate::house::PATIENCE)).unwrap();
    let told = || {
        let mut bytes = [0; 512];
        let n = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..n]).into_owned()
    };
    let mut command = house.command();
    let mut upsd = house.start_with(
        command.env("NOTIFY_SOCKET", house.path("notify")).env("WATCHDOG_USEC", "1000000"),
    );
    let ready = told();
    assert!(ready.contains("READY=1"), "{ready}");
    assert!(ready.contains(&format!("MAINPID={}", upsd.pid())), "{ready}");
    let alive = told();
    assert!(alive.contains("WATCHDOG=1"), "{alive}");
    upsd.signal("HUP");
    let seen = |wanted: &str| (0..100).map(|_| told()).any(|text| text.contains(wanted));
    assert!(seen("RELOADING=1") && seen("READY=1"));
    upsd.signal("TERM");
    assert!(seen("STATUS=Signal 15: exiting"));
    assert_eq!(upsd.end(), Some(0));
    upsd.wait_for("Signal 15: exiting");
}

#[test]
fn encryption_is_named_as_missing() {
    let house = House::new();
    house.upsd_conf("CERTFILE /etc/nut/upsd.pem\n");
    let upsd = house.start();
    upsd.wait_for("CERTFILE");
    upsd.wait_for("not available yet");
    assert_eq!(house.client().ask("STARTTLS"), "ERR FEATURE-NOT-CONFIGURED");
}

#[test]
fn devices_may_be_missing_where_that_is_allowed() {
    let house = House::new();
    house.write("ups.conf", "");
    let upsd = house.start_with(house.command().env("ALLOW_NO_DEVICE", "yes"));
    upsd.wait_for("Normally at least one UPS must be defined in ups.conf");
    assert_eq!(house.client().ask("LIST UPS"), "BEGIN LIST UPS");
    house.write("ups.conf", UPS);
    upsd.signal("HUP");
    let there = || (house.client().ask("GET UPSDESC u").contains("Test UPS")).then_some(());
    wait_until(there).expect("the new UPS");
}
