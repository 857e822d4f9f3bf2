//! All four programs with upsd and dummy-ups behind them.

use crate::script::{Ended, fails, run, says};
use nut_daemon::privileges;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const UPSC: &str = env!("CARGO_BIN_EXE_upsc");

/// A server and its driver, in a folder of their own.
struct House {
    folder: PathBuf,
    port: u16,
    children: Vec<Child>,
}

impl House {
    fn open() -> House {
        let folder = std::env::temp_dir().join(format!("walnut-clients-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
        write("ups.conf", "[u]\ndriver = dummy-ups\nport = u.dev\ndesc = \"My UPS\"\n");
        write("u.dev", "ups.status: OL CHRG\nbattery.charge: 90\nups.id: old\n");
        write("upsd.conf", &format!("LISTEN 127.0.0.1 {port}\n"));
        let user =
            "[admin]\npassword = \"pass \\\"word\\\" \\#1\"\nactions = SET\ninstcmds = ALL\n";
        write("upsd.users", user);
        let mut house = House { folder, port, children: Vec::new() };
        house.launch("upsdrv-dummy", "dummy-ups", &["-a", "u"]);
        house.launch("upsd", "upsd", &[]);
        house
    }

    fn launch(&mut self, package: &str, program: &str, args: &[&str]) {
        let child = Command::new(built(package, program))
            .args(["-F", "-u", &privileges::current().unwrap().name])
            .args(args)
            .env("NUT_CONFPATH", &self.folder)
            .env("NUT_STATEPATH", &self.folder)
            .env_remove("NUT_ALTPIDPATH")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.children.push(child);
    }

    fn ups(&self) -> String {
        format!("u@127.0.0.1:{}", self.port)
    }

    /// Waits until upsc gives this value.
    fn await_value(&self, var: &str, value: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let wanted = says(&format!("{value}\n"));
        while run(UPSC, &[&self.ups(), var], "") != wanted {
            assert!(Instant::now() < deadline, "{var} never became {value}");
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
    let folder = Path::new(UPSC).parent().unwrap();
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

/// The end of a tracked order.
fn told(err: &str) -> Ended {
    Ended { err: err.to_owned(), ..says("") }
}

#[test]
fn values_are_read_set_and_logged() {
    let house = House::open();
    let ups = house.ups();
    house.await_value("ups.status", "OL CHRG");

    let host = ups.trim_start_matches("u@");
    assert_eq!(run(UPSC, &["-L", host], ""), says("u: My UPS\n"));
    let all = run(UPSC, &[&ups], "");
    assert!(all.out.contains("battery.charge: 90\n") && all.out.contains("device.type: ups\n"));

    let admin = ["-w", "-u", "admin", "-p", "pass \"word\" #1"];
    let upsrw = env!("CARGO_BIN_EXE_upsrw");
    assert!(run(upsrw, &[&ups], "").out.contains("[ups.id]\n"));
    let set = [&["-s", "ups.id=a \\ \"b\" # = c"], &admin[..], &[&ups]].concat();
    assert_eq!(run(upsrw, &set, ""), told("SUCCESS\n"));
    house.await_value("ups.id", "a \\ \"b\" # = c");

    let upscmd = env!("CARGO_BIN_EXE_upscmd");
    let unknown = [&admin[..], &[&ups, "load.off"]].concat();
    assert_eq!(run(upscmd, &unknown, ""), fails("ERR UNKNOWN\n"));
    let reload = [&admin[..], &[&ups, "driver.reload"]].concat();
    assert_eq!(run(upscmd, &reload, ""), told("SUCCESS\n"));

    let pid = house.folder.join("upslog.pid").display().to_string();
    let user = privileges::current().unwrap().name;
    let log = ["-u", &user, "-p", &pid, "-d", "1", "-f", "%VAR ups.id%", "-s", &ups, "-l", "-"];
    let logged = run(env!("CARGO_BIN_EXE_upslog"), &log, "");
    assert!(logged.out.ends_with("\na \\ \"b\" # = c\n"), "{}", logged.out);
}
