//! A daemon of two processes under a service manager that listens, all of it real.
//!
//! Without a test harness, since that has threads. It runs itself as the daemon, once for each `PLAY`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use nut_daemon::background::{Detached, detach};
use nut_daemon::notify;
use nut_daemon::reactor::{Event, Reactor};
use nut_daemon::signals;
use nut_daemon::split::{Link, Received, Side, Twin, split};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, exit};
use std::time::{Duration, Instant};
use std::{env, fs};

const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    match env::var("PLAY").as_deref() {
        Ok("talk") => talk(),
        Ok("killed") => killed(),
        Ok("orphan") => orphan(),
        Ok("background") => background(0),
        Ok("stillborn") => background(7),
        _ => {
            the_sides_talk_and_the_manager_hears();
            each_side_sees_the_others_end();
            the_caller_of_a_daemon_of_two_learns_how_it_started();
        }
    }
}

/// Somebody for the daemon to notify.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Manager {
    fn new() -> Manager {
        let path = env::temp_dir().join(format!("walnut-manager-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Manager { socket, path }
    }

    fn hears(&self) -> String {
        let mut buffer = [0; 4096];
        let n = self.socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..n]).into_owned()
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn daemon(play: &str, manager: &Manager) -> (u32, ExitStatus) {
    let text = r#"WATCHDOG_PID=$$ exec "$0""#;
    let mut daemon = Command::new("/bin/sh")
        .args(["-c", text, env::current_exe().unwrap().to_str().unwrap()])
        .env("PLAY", play)
        .env("NOTIFY_SOCKET", &manager.path)
        .env("WATCHDOG_USEC", "3000000")
        .spawn()
        .unwrap();
    (daemon.id(), daemon.wait().unwrap())
}

fn the_sides_talk_and_the_manager_hears() {
    let manager = Manager::new();
    let (pid, status) = daemon("talk", &manager);
    assert_eq!(status.code(), Some(5), "the child's own status, passed on");
    assert_eq!(manager.hears(), format!("READY=1\nMAINPID={pid}\n"));
    assert_eq!(manager.hears(), "WATCHDOG=1\n");
    assert_eq!(manager.hears(), "STATUS=3s\n");
    assert_eq!(manager.hears(), "EXTEND_TIMEOUT_USEC=7200000000\n");
}

/// The child asks, its loop hears the answer; the parent ends as the child did.
fn talk() {
    let watchdog = notify::watchdog_interval().unwrap();
    match split().unwrap() {
        Side::Parent(mut child, mut link) => {
            assert_eq!(link.receive(Some(Duration::ZERO)).unwrap(), Received::Nothing);
            link.send(&std::process::id().to_be_bytes()).unwrap();
            assert_eq!(link.receive(Some(PATIENCE)).unwrap(), Received::Bytes(vec![1]));
            assert_eq!(link.receive(Some(PATIENCE)).unwrap(), Received::End);
            exit(child.wait().unwrap().code().unwrap());
        }
        Side::Child(link) => {
            assert_eq!(notify::watchdog_interval(), None, "the variable names the parent");
            notify::ready_as(converse(link));
            notify::watchdog();
            notify::status(&format!("{watchdog:?}"));
            notify::extend_timeout(Duration::from_secs(7200));
            exit(5);
        }
    }
}

/// Hears the parent's number and answers with a byte.
fn converse(link: Link) -> u32 {
    let mut reactor = Reactor::new(&[]).unwrap();
    let id = reactor.adopt_unix(link.into()).unwrap();
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        for event in reactor.wait(Some(PATIENCE)).unwrap() {
            if let Event::Data { bytes, .. } = event {
                reactor.send(id, &[1]);
                reactor.flush();
                return u32::from_be_bytes(bytes.try_into().unwrap());
            }
        }
    }
    exit(1)
}

fn each_side_sees_the_others_end() {
    let manager = Manager::new();
    assert_eq!(daemon("killed", &manager).1.code(), Some(0));
    assert_eq!(daemon("orphan", &manager).1.code(), Some(0));
    assert_eq!(manager.hears(), "STATUS=orphaned\n");
}

fn killed() {
    match split().unwrap() {
        Side::Parent(mut child, mut link) => {
            assert!(child.try_wait().unwrap().is_none());
            child.signal(signals::KILL);
            assert_eq!(link.receive(Some(PATIENCE)).unwrap(), Received::End);
            assert_eq!(child.wait().unwrap().signal(), Some(signals::KILL));
            assert_eq!(child.try_wait().unwrap().unwrap().signal(), Some(signals::KILL));
            assert!(link.send(b"anybody there?").is_err());
        }
        Side::Child(mut link) => {
            let _ = link.receive(Some(PATIENCE));
        }
    }
}

fn orphan() {
    if let Side::Child(mut link) = split().unwrap() {
        assert_eq!(link.receive(Some(PATIENCE)).unwrap(), Received::End);
        notify::status("orphaned");
    }
}

fn the_caller_of_a_daemon_of_two_learns_how_it_started() {
    let manager = Manager::new();
    assert_eq!(daemon("background", &manager).1.code(), Some(0));
    let heard = manager.hears();
    assert!(heard.starts_with("READY=1\n"), "{heard}");
    assert_eq!(manager.hears(), "STATUS=ended with 0\n");
    assert_eq!(daemon("stillborn", &manager).1.code(), Some(7));
    assert_eq!(manager.hears(), "STATUS=ended with 7\n");
}

/// Goes to the background, then splits. The child is ready, or ends with this status before.
fn background(status: i32) {
    let detached = detach().unwrap();
    match split().unwrap() {
        Side::Parent(child, link) => guard(detached, child, link),
        Side::Child(_) if status > 0 => exit(status),
        Side::Child(_) => {
            notify::ready();
            detached.ready().unwrap();
        }
    }
}

fn guard(detached: Detached, mut child: Twin, mut link: Link) {
    detached.leave().unwrap();
    assert_eq!(link.receive(Some(PATIENCE)).unwrap(), Received::End);
    let code = child.wait().unwrap().code().unwrap();
    notify::status(&format!("ended with {code}"));
    exit(code);
}
