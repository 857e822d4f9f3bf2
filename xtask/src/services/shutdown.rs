//! The end of a shutdown: whom `nutshutdown` has cut the load.

use super::machine::Machine;

const HOOK: &str = "lib/systemd/system-shutdown/nutshutdown";

/// What is called with this nut.conf, and what is said; with the flag that upsmon writes, or without.
fn end(machine: &Machine, nut_conf: Option<&str>, flag: bool) -> (Vec<String>, String) {
    machine.file("etc/nut/nut.conf", nut_conf);
    machine.file("flag", flag.then_some(""));
    let ran = machine.run(HOOK, &["poweroff"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    (machine.calls(), ran.err)
}

const ASKED: &str = "upsmon -K";
const CUT: &str = "upsdrvctl shutdown";

#[test]
fn power_is_cut_only_where_a_mode_runs_drivers() {
    let machine = Machine::new("cut");
    for mode in ["standalone", "netserver", "manual", "controlled", "'netserver' # two UPSes"] {
        let calls = end(&machine, Some(&format!("MODE={mode}\n")), true).0;
        assert_eq!(calls, [ASKED, CUT], "{mode}");
    }
    for text in ["MODE=none\n", "MODE=\"none\" # not yet\n", "export MODE=none", "", "MODE=\n"] {
        assert_eq!(end(&machine, Some(text), true).0, [ASKED], "{text}");
    }
    // No shell sees a MODE here.
    assert_eq!(end(&machine, Some("MODE = standalone\n"), true).0, [ASKED]);
    assert_eq!(end(&machine, Some("MODE=netclient\n"), true).0, [ASKED]);
    let (calls, told) = end(&machine, None, true);
    assert_eq!(calls, [ASKED]);
    assert!(told.contains("no MODE in nut.conf that runs NUT: no power is cut"), "{told}");
}

#[test]
fn without_the_flag_nothing_is_cut_and_nothing_said() {
    let machine = Machine::new("flagless");
    for text in
        ["MODE=standalone\nPOWEROFF_WAIT=15m\n", "MODE=netclient\nPOWEROFF_WAIT=1\n", "MODE=none\n"]
    {
        assert_eq!(
            end(&machine, Some(text), false),
            (vec![ASKED.to_owned()], String::new()),
            "{text}"
        );
    }
}

/// Power that returned in the meantime: the machine starts again instead of staying off.
#[test]
fn the_wait_ends_with_a_reboot() {
    let machine = Machine::new("wait");
    let reboot = "systemctl reboot --force --force";
    let calls = end(&machine, Some("MODE=standalone\nPOWEROFF_WAIT=\"2m 30s\"\n"), true).0;
    assert_eq!(calls, [ASKED, CUT, "sleep 2m 30s", reboot]);
    // Another machine cuts this one's power.
    let calls = end(&machine, Some("MODE=netclient\nPOWEROFF_WAIT=15m\n"), true).0;
    assert_eq!(calls, [ASKED, "sleep 15m", reboot]);
    assert_eq!(end(&machine, Some("MODE=none\nPOWEROFF_WAIT=15m\n"), true).0, [ASKED]);
    // A wait that cannot be waited does not become a reboot on battery.
    let calls = end(&machine, Some("MODE=standalone\nPOWEROFF_WAIT=long\n"), true).0;
    assert_eq!(calls, [ASKED, CUT, "sleep long"]);
}

#[test]
fn a_ups_that_was_not_told_is_told_of_unless_quiet() {
    let machine = Machine::new("failed");
    machine.file("fail-upsdrvctl", Some(""));
    let told = end(&machine, Some("MODE=standalone\n"), true).1;
    assert!(told.ends_with("Network UPS Tools: the UPS was not told to cut the power\n"), "{told}");
    assert_eq!(end(&machine, Some("MODE=standalone\nPOWEROFF_QUIET=true\n"), true).1, "");
}

#[test]
fn without_programs_nothing_happens() {
    let machine = Machine::new("bare");
    machine.file("sbin/upsmon", None);
    assert_eq!(end(&machine, Some("MODE=standalone\n"), true), (vec![], String::new()));
}
