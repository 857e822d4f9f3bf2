//! A whole life with dummy-ups.

use crate::stage::{Stage, ended};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with the programs of this build; makes dummy-ups where only upsdrvctl was built.
fn programs() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_upsdrvctl")).parent().unwrap().to_owned();
    if !folder.join("dummy-ups").exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "upsdrv-dummy"]);
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success());
    }
    folder
}

#[test]
fn a_driver_is_started_seen_and_stopped_where_ups_conf_puts_it() {
    let stage = Stage::new("whole", "");
    let user = nut_daemon::privileges::current().unwrap().name;
    let conf = format!(
        "driverpath = {}\nstatepath = {}\nuser = {user}\n[u]\ndriver = dummy-ups\nport = u.dev\n",
        programs().display(),
        stage.path("run").display()
    );
    fs::write(stage.path("etc/ups.conf"), conf).unwrap();
    fs::write(stage.path("etc/u.dev"), "ups.status: OL CHRG\n").unwrap();
    let run = |args: &[&str]| {
        let mut command = stage.command(args);
        command.env_remove("NUT_STATEPATH").env_remove("NUT_IGNORE_CHECKPROCNAME");
        command.stderr(std::process::Stdio::null());
        ended(command.output().unwrap())
    };
    assert_eq!(run(&["start"]).code, 0);
    let pid = fs::read_to_string(stage.path("run/dummy-ups-u.pid")).unwrap();
    let pid = pid.trim();
    let row = format!("u          \t  dummy-ups\tRUNNING\t{pid}\tRESPONSIVE\t{pid}\t\"OL CHRG\"\n");
    assert!(run(&["status"]).out.ends_with(&row));
    assert_eq!(run(&["-c", "reload"]).code, 0);
    assert_eq!(run(&["stop"]).code, 0);
    assert!(!stage.path("run/dummy-ups-u").exists());
    assert_eq!(run(&["stop"]).code, 1);
}
