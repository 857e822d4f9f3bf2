//! What upsmon tells before, during and after an outage, with upsd and dummy-ups behind it.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use nut_daemon::privileges;
use nut_daemon::server::Server;
use nut_proto::request::List;
use nut_proto::spec::HostSpec;
use std::fs::{self, File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const UPSMON: &str = env!("CARGO_BIN_EXE_upsmon");

/// A server, its driver and the file of an upsmon, in a folder of their own.
struct House {
    folder: PathBuf,
    port: u16,
    children: Vec<Child>,
}

impl House {
    fn open() -> House {
        let folder = std::env::temp_dir().join(format!("walnut-told-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut house = House { folder, port, children: Vec::new() };
        house.write("ups.conf", "[u]\ndriver = dummy-ups\nport = u.dev\n");
        house.write("u.dev", "ups.status: OL\nbattery.charge: 90\n");
        house.write("upsd.conf", &format!("LISTEN 127.0.0.1 {port}\n"));
        house.write("upsd.users", "[mon]\npassword = pw\nupsmon primary\n");
        house.script("wall", "cat > /dev/null");
        house.script("down", "exit 0");
        house.configure("pw");
        house.launch(&built("upsdrv-dummy", "dummy-ups"), &["-a", "u"]);
        house.launch(&built("upsd", "upsd"), &[]);
        house
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    fn script(&self, name: &str, text: &str) {
        self.write(name, &format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(self.folder.join(name), Permissions::from_mode(0o755)).unwrap();
    }

    fn ups(&self) -> String {
        format!("u@127.0.0.1:{}", self.port)
    }

    fn configure(&self, password: &str) {
        let (ups, down) = (self.ups(), self.folder.join("down"));
        let text = format!(
            "MONITOR {ups} 1 mon {password} primary\nSHUTDOWNCMD {}\nPOLLFREQ 1\nFINALDELAY 0\n\
             SHUTDOWNIF {ups} battery.charge < 40\n",
            down.display()
        );
        self.write("upsmon.conf", &text);
    }

    fn command(&self, program: &Path) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(program);
        for variable in ["NUT_CONFPATH", "NUT_STATEPATH", "NUT_PIDPATH", "NUT_ALTPIDPATH"] {
            command.env(variable, &self.folder);
        }
        command
            .env("PATH", format!("{}:{path}", self.folder.display()))
            .args(["-u", &privileges::current().unwrap().name])
            .stdin(Stdio::null());
        command
    }

    fn launch(&mut self, program: &Path, args: &[&str]) {
        let log = File::create(self.folder.join("log")).unwrap();
        let mut command = self.command(program);
        command.arg("-F").args(args).stdout(Stdio::null()).stderr(log);
        self.children.push(command.spawn().unwrap());
    }

    /// Runs upsmon to its end: what it says, and its exit status.
    fn tell(&self, args: &[&str]) -> (String, Option<i32>) {
        let output = self.command(Path::new(UPSMON)).args(args).output().unwrap();
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
    }

    fn await_login(&self) {
        let at = HostSpec { host: "127.0.0.1".to_owned(), port: self.port };
        let mut server = Server::connect(&at, None).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while server.list(List::Client { ups: "u" }).unwrap().is_empty() {
            assert!(Instant::now() < deadline, "upsmon never logged in");
            sleep(Duration::from_millis(20));
        }
    }

    /// Runs upsmon until it says this.
    fn until_told(&self, args: &[&str], text: &str) -> (String, Option<i32>) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let told = self.tell(args);
            if told.0.contains(text) {
                return told;
            }
            assert!(Instant::now() < deadline, "{text} never in:\n{}", told.0);
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A program of another package, beside ours; made where only ours were built.
fn built(package: &str, program: &str) -> PathBuf {
    let folder = Path::new(UPSMON).parent().unwrap();
    if !folder.join(program).exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", package]);
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success());
    }
    folder.join(program)
}

#[test]
fn before_during_and_after_an_outage() {
    let mut house = House::open();
    let (table, status) = house.until_told(&["-t"], "ups.status is [OL]: fine");
    assert!(table.contains("role of the primary granted"), "{table}");
    assert_eq!(status, Some(0), "{table}");
    house.configure("wrong");
    let (table, status) = house.tell(&["-t"]);
    assert!(table.contains("login as mon refused: ERR ACCESS-DENIED"), "{table}");
    assert_eq!(status, Some(1));
    house.configure("pw");

    house.launch(Path::new(UPSMON), &[]);
    house.await_login();
    let (told, status) = house.tell(&["-c", "rehearse"]);
    assert!(told.contains("; nobody else is logged in\n"), "one login is this host's: {told}");
    assert!(told.contains("\nThis host would begin to go down "), "{told}");
    assert!(told.contains("battery.charge is 90 now"), "{told}");
    assert_eq!(status, Some(0));

    house.write("u.dev", "ups.status: OB\nbattery.charge: 30\n");
    let (told, status) = house.until_told(&["--why"], "upsmon ends with status 0");
    for step in [
        "on battery\n",
        "critical: on battery and past a threshold\n",
        "FSD is set\n",
        "shutdown command: done\n",
        "\nThis host was told to go down.\n",
    ] {
        assert!(told.contains(step), "{step} in {told}");
    }
    assert!(
        told.contains(&format!("by SHUTDOWNIF {} battery.charge < 40 (", house.ups())),
        "{told}"
    );
    assert!(told.contains("battery.charge=30"), "{told}");
    assert_eq!(status, Some(0));
}
