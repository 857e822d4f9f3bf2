//! Drivers as services: the enumerator follows ups.conf and wakes what waits, upsdrvsvcctl manages.

use super::machine::Machine;

const ENUMERATOR: &str = "usr/libexec/nut-driver-enumerator.sh";
const CONTROL: &str = "sbin/upsdrvsvcctl";

/// A machine whose ups.conf has these sections, with a service each.
fn machine(name: &str, sections: &[&str]) -> Machine {
    let machine = Machine::new(name);
    let text =
        sections.iter().map(|s| format!("[{s}]\n  driver = usbhid-ups\n  port = auto # any\n"));
    machine.file("etc/nut/ups.conf", Some(&text.collect::<String>()));
    machine.run(ENUMERATOR, &[]);
    machine.calls();
    machine
}

fn state(machine: &Machine, unit: &str, state: &str) {
    machine.file(&format!("state/{unit}"), Some(state));
}

/// The calls that change something.
fn changes(machine: &Machine) -> Vec<String> {
    let mut calls = machine.calls();
    calls.retain(|call| call != "upsdrvctl list");
    calls
}

#[test]
fn services_follow_the_sections() {
    let machine = machine("follow", &["a", "b"]);
    state(&machine, "nut-driver@b.service", "running");
    state(&machine, "nut-server.service", "running");
    machine.file("etc/nut/ups.conf", Some("[b]\n[c]\n"));
    assert_eq!(machine.run(ENUMERATOR, &[]).code, Some(42));
    let expected = [
        "systemctl stop nut-driver@a.service",
        "systemctl --quiet disable nut-driver@a.service",
        "systemctl reset-failed nut-driver@a.service",
        "upsdrvctl -c reload-or-error b",
        "systemctl --quiet enable nut-driver@c.service",
        "systemctl --no-block start nut-driver@c.service",
        "systemctl --no-block reload nut-server.service",
    ];
    assert_eq!(changes(&machine), expected);
    let again = machine.run_with(ENUMERATOR, &["--reconfigure"], &[("REPORT_RESTART_42", "no")]);
    assert_eq!(
        (again.code, changes(&machine)),
        (Some(0), vec!["upsdrvctl -c reload-or-error b".to_owned()])
    );
    machine.file("no-reload", Some(""));
    machine.run(ENUMERATOR, &[]);
    let restart = "systemctl --no-block restart nut-driver@b.service".to_owned();
    assert!(changes(&machine).contains(&restart));
}

#[test]
fn a_missing_ups_conf_changes_nothing() {
    let machine = machine("missing", &["a"]);
    machine.file("etc/nut/ups.conf", None);
    assert_eq!(machine.run(ENUMERATOR, &[]).code, Some(2));
    assert_eq!(machine.calls(), Vec::<String>::new());
}

/// A UPS was plugged in.
#[test]
fn only_drivers_that_wait_are_woken() {
    let machine = machine("wake", &["runs", "waits", "failed", "starts", "stopped"]);
    for (name, word) in [
        ("runs", "running"),
        ("waits", "auto-restart"),
        ("failed", "failed"),
        ("starts", "start"),
        ("foreign", "failed"),
    ] {
        state(&machine, &format!("nut-driver@{name}.service"), word);
    }
    let wake = || {
        assert_eq!(machine.run(ENUMERATOR, &["--start-waiting"]).code, Some(0));
        machine.calls()
    };
    assert_eq!(wake(), Vec::<String>::new(), "the target is not active: nothing is wanted");
    state(&machine, "nut-driver.target", "running");
    let both = "nut-driver@failed.service nut-driver@waits.service";
    let expected =
        [format!("systemctl reset-failed {both}"), format!("systemctl --no-block restart {both}")];
    assert_eq!(wake(), expected);
}

#[test]
fn sections_are_shown() {
    let machine = machine("show", &["a", "b"]);
    machine.file(
        "etc/nut/ups.conf",
        Some("pollinterval = 3\n[a]\n# c\n\tdriver = \"x\"\n\n  desc=A B\n[b]\n"),
    );
    let out = |args: &[&str]| machine.run(ENUMERATOR, args).out;
    assert_eq!(out(&["--show-config", "a"]), "[a]\ndriver=\"x\"\ndesc=A B\n");
    assert_eq!(out(&["--show-configs"]), "[a]\ndriver=\"x\"\ndesc=A B\n[b]\n");
    assert_eq!(out(&["--show-config-value", "a", "driver", "desc"]), "x\nA B\n");
    assert_eq!(out(&["--get-service-for-device", "b"]), "nut-driver@b.service\n");
    assert_eq!(out(&["--get-device-for-service", "nut-driver@b.service"]), "b\n");
    let unknown = machine.run(ENUMERATOR, &["--get-service-for-device", "c"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (Some(1), ""));
}

#[test]
fn upsdrvsvcctl_starts_and_stops() {
    let machine = machine("control", &["a", "b"]);
    let limit = ["--timeout-cmd", ""];
    let all = machine.run(CONTROL, &["start"]);
    assert_eq!(all.err, "Starting nut-driver@a.service ...\nStarting nut-driver@b.service ...\n");
    assert_eq!(machine.calls(), ["systemctl start nut-driver@a.service nut-driver@b.service"]);
    machine.run(CONTROL, &[limit[0], limit[1], "stop", "b"]);
    assert_eq!(changes(&machine), ["systemctl stop nut-driver@b.service"]);
    let dry = machine
        .run(CONTROL, &["-t", "--timeout-cmd", "sooner", "--timeout-args", "5", "stop", "a"]);
    assert_eq!(
        (dry.out.as_str(), changes(&machine)),
        ("sooner 5 systemctl stop nut-driver@a.service\n", vec![])
    );
    assert_eq!(machine.run(CONTROL, &["start", "c"]).code, Some(1));
    assert_eq!(changes(&machine), Vec::<String>::new());
}

#[test]
fn upsdrvsvcctl_switches_upses_off() {
    let machine = machine("off", &["a"]);
    machine.file("fail-upsdrvctl", Some(""));
    assert_eq!(machine.run(CONTROL, &["shutdown", "a"]).code, Some(1));
    let expected = [
        "systemctl stop nut-driver@a.service",
        "upsdrvctl shutdown a",
        "systemctl start nut-driver@a.service",
    ];
    assert_eq!(changes(&machine), expected);
    machine.run(CONTROL, &["-t", "shutdown"]);
    assert_eq!(changes(&machine), Vec::<String>::new());
}

#[test]
fn upsdrvsvcctl_shows_states() {
    let machine = machine("states", &["a"]);
    state(&machine, "nut-driver@a.service", "running");
    machine.file("status", Some("UPSNAME\tUPSDRV\na          \t  dummy-ups\tRUNNING\n"));
    let name = "nut-driver@a.service";
    let expected = format!(
        "{:<30}\t{:>23}\tUPSNAME\tUPSDRV\n{name:<30}\t{:>23}\ta          \t  dummy-ups\tRUNNING\n",
        "SVC_NAME", "SVC_STATE", "enabled,active"
    );
    assert_eq!(machine.run(CONTROL, &["status"]).out, expected);
    assert_eq!(machine.run(CONTROL, &["list"]).out, format!("{name}\ta\n"));
    assert_eq!(machine.run(CONTROL, &["list", "a"]).out, format!("{name}\n"));
    assert_eq!(
        machine.run(CONTROL, &["show-config", "a"]).out,
        "[a]\ndriver=usbhid-ups\nport=auto # any\n"
    );
}

#[test]
fn upsdrvsvcctl_refuses_what_it_does_not_know() {
    let machine = machine("refuse", &["a"]);
    let refused = |args: &[&str]| {
        let ran = machine.run(CONTROL, args);
        (ran.code, ran.err)
    };
    assert_eq!(refused(&["begin"]), (Some(1), "Unrecognized argument: begin\n".to_owned()));
    assert_eq!(refused(&[]), (Some(1), "No action was requested!\n".to_owned()));
    assert_eq!(refused(&["--timeout-cmd"]).0, Some(1));
    assert!(machine.run(CONTROL, &["-h"]).out.contains("resync, reconfigure"));
    assert_eq!(machine.run(CONTROL, &["resync"]).code, Some(0));
}
