//! What root's driver gives up: user, groups and root folder. Only root can show it.

use crate::stage::{Client, Running, Stage, told, wait_for};
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Stdio};

/// User and group number of `nobody`; nothing where the test is not run by root.
fn nobody() -> Option<(u32, u32)> {
    let accounts = fs::read_to_string("/etc/passwd").unwrap();
    let account = accounts.lines().find(|line| line.starts_with("nobody:"));
    let number = |n| account?.split(':').nth(n)?.parse().ok();
    let numbers = number(2).zip(number(3));
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !root || numbers.is_none() {
        eprintln!("skipped: it takes root and a user `nobody`");
    }
    numbers.filter(|_| root)
}

/// A line of `/proc/PID/status`, its words after the name.
fn status(pid: u32, name: &str) -> Vec<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().map(str::to_owned).collect()
}

fn assert_is_nobody(pid: u32, (uid, gid): (u32, u32)) {
    assert_eq!(status(pid, "Uid:"), vec![uid.to_string(); 4]);
    assert_eq!(status(pid, "Gid:"), vec![gid.to_string(); 4]);
    assert!(status(pid, "Groups:").iter().all(|group| *group == gid.to_string()));
    assert_eq!(status(pid, "CapEff:"), ["0000000000000000"]);
}

fn stage() -> Stage {
    let stage = Stage::new("[u]\ndriver = dummy-ups\nport = /u.dev\n[v]\nport = v.dev\n");
    stage.file("v.dev", "ups.status: OB\n");
    stage
}

#[test]
fn a_driver_started_by_root_becomes_the_user_named() {
    let Some(nobody) = nobody() else { return };
    let stage = stage();
    chown(&stage.dir, Some(nobody.0), Some(nobody.1)).unwrap();
    let driver = stage.start_told("-F -a v -u nobody", "v", &[]);
    assert_is_nobody(driver.pid(), nobody);
    assert_eq!(fs::metadata(stage.path("dummy-ups-v")).unwrap().uid(), nobody.0);
    assert_eq!(stage.client("v").value("ups.status").as_deref(), Some("OB"));
    let (_, _, code) = driver.stop();
    assert_eq!(code, 0);
    assert!(!stage.path("dummy-ups-v").exists());
}

#[test]
fn a_user_that_does_not_exist_ends_the_start() {
    if nobody().is_none() {
        return;
    }
    let (_, err, code) = stage().run("-F -a v -u no-such-user");
    assert!(err.ends_with("OS user no-such-user not found\n"), "{err}");
    assert_eq!(code, 1);
}

#[test]
fn in_a_jail_every_path_is_one_inside() {
    let Some(nobody) = nobody() else { return };
    let stage = stage();
    let jail = stage.path("jail");
    fs::create_dir_all(jail.join("state")).unwrap();
    fs::write(jail.join("u.dev"), "ups.status: OL\n").unwrap();
    chown(jail.join("state"), Some(nobody.0), Some(nobody.1)).unwrap();
    let mut command = stage.command("-F -a u -u nobody -r");
    command.arg(&jail).env("NUT_STATEPATH", "/state");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (driver, mut client) = connected(child, &jail.join("state/dummy-ups-u"));
    assert_is_nobody(driver.pid(), nobody);
    let root = fs::read_link(format!("/proc/{}/root", driver.pid())).unwrap();
    assert_eq!(root, fs::canonicalize(&jail).unwrap());
    assert_eq!(client.value("ups.status").as_deref(), Some("OL"));
    let (_, err, code) = driver.stop();
    assert_eq!(code, 0, "{err}");
    let away = told(stage.command("-F -a u -u nobody -r /no/such/jail").output().unwrap());
    assert!(away.1.ends_with("chroot(/no/such/jail): No such file or directory\n"), "{}", away.1);
    assert_eq!(away.2, 1);
}

fn connected(child: Child, socket: &Path) -> (Running, Client) {
    let mut running = Running::of(child);
    let mut client = None;
    wait_for("the driver socket", || {
        client = UnixStream::connect(socket).ok().map(Client::new);
        client.is_some() || running.has_ended()
    });
    match client {
        Some(client) => (running, client),
        None => panic!("the driver ended: {:?}", running.end()),
    }
}
