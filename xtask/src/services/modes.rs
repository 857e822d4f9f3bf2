//! MODE in nut.conf, in every spelling, against every unit that goes by it.

use super::machine::Machine;
use crate::layout::{Content, items};
use crate::repo;

/// The text of nut.conf (`None`: there is none), systemd's own reading of it, and whether drivers and
/// upsmon are wanted.
const SPELLINGS: &[(Option<&str>, &str, bool, bool)] = &[
    (Some("MODE=none\n"), "none", false, false),
    (Some("MODE=standalone\n"), "standalone", true, true),
    (Some("MODE=netserver\n"), "netserver", true, true),
    (Some("MODE=netclient\n"), "netclient", false, true),
    (Some("MODE=manual\n"), "manual", true, true),
    (Some("MODE=controlled\n"), "controlled", true, true),
    // Not told: as NUT 2.8.5's units.
    (None, "", true, true),
    (Some(""), "", true, true),
    (Some("# MODE=none\n"), "", true, true),
    // A shell's spellings, some of which systemd reads as something else.
    (Some("MODE=\"none\"\n"), "none", false, false),
    (Some("MODE='netclient'\n"), "netclient", false, true),
    (Some("  MODE=none\n"), "none", false, false),
    (Some("MODE=none # for now\n"), "none # for now", false, false),
    (Some("export MODE=none\n"), "", false, false),
    (Some("MODE=standalone\nMODE=none\n"), "none", false, false),
    (Some("MODE=none\nMODE=netserver"), "netserver", true, true),
    (Some("MODE=none\r\n"), "none", false, false),
    // No shell takes these; systemd's reading is left.
    (Some("MODE = none\n"), "none", false, false),
    (Some("MODE= netclient\n"), "netclient", false, true),
    (Some("MODE = standalone\n"), "standalone", true, true),
    // A broken file counts as far as it goes, and what it says elsewhere is not heard.
    (Some("MODE=none\nif\n"), "none", false, false),
    (Some("MODE=none\nexit 1\n"), "none", false, false),
    (Some("echo standalone\nMODE=none\n"), "none", false, false),
];

/// Units and the command that decides about each.
fn conditions(machine: &Machine) -> Vec<(String, Vec<String>)> {
    let units = items()
        .into_iter()
        .filter(|item| item.path.ends_with(".service") && matches!(item.content, Content::File(_)));
    let conditions = units.map(|unit| {
        let text = repo::read(&machine.path(&unit.path)).unwrap();
        let of =
            |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
        assert!(of("EnvironmentFile=").unwrap().ends_with("/etc/nut/nut.conf"), "{}", unit.path);
        let command = of("ExecCondition=").unwrap();
        let command = command.trim_start_matches('+');
        (unit.path, command.split(' ').map(str::to_owned).collect())
    });
    conditions.collect()
}

#[test]
fn each_unit_goes_by_each_mode() {
    let machine = Machine::new("modes");
    let units = conditions(&machine);
    assert_eq!(units.len(), 5);
    for (unit, command) in units {
        let monitor = unit.ends_with("nut-monitor.service");
        assert_eq!(command[0], machine.path("usr/libexec/nut-conf.sh").display().to_string());
        let args: Vec<&str> = command[1..].iter().map(String::as_str).collect();
        for (text, systemds, drivers, upsmon) in SPELLINGS {
            machine.file("etc/nut/nut.conf", *text);
            let environment = if systemds.is_empty() { vec![] } else { vec![("MODE", *systemds)] };
            let ran = machine.run_with("usr/libexec/nut-conf.sh", &args, &environment);
            let wanted = if monitor { *upsmon } else { *drivers };
            // Anything from 1 to 254 has systemd pass a unit over.
            assert_eq!(ran.code, Some(i32::from(!wanted)), "{unit}: {text:?}");
        }
    }
}

#[test]
fn a_blank_beside_the_equals_sign_is_told() {
    let machine = Machine::new("blanks");
    let told = |text| {
        machine.file("etc/nut/nut.conf", Some(text));
        machine.run("usr/libexec/nut-conf.sh", &["runs", "drivers"]).err
    };
    assert!(
        told("# NUT\nMODE = none\n")
            .ends_with("nut.conf:2: a blank beside \"=\"; scripts see no MODE here\n")
    );
    assert!(told("MODE= none\n").contains("nut.conf:1: "));
    assert_eq!(told("MODE=none # a comment\n"), "");
    assert_eq!(told("MODE=\n"), "");
}

#[test]
fn other_variables_are_read_the_same_way() {
    let machine = Machine::new("variables");
    machine.file(
        "etc/nut/nut.conf",
        Some("POWEROFF_WAIT=\"15m 3s\" # long\nexport POWEROFF_QUIET=true\n"),
    );
    let value = |name| machine.run("usr/libexec/nut-conf.sh", &["value", name]).out;
    assert_eq!(
        [value("POWEROFF_WAIT"), value("POWEROFF_QUIET"), value("MODE")],
        ["15m 3s", "true", ""]
    );
    assert_eq!(machine.run("usr/libexec/nut-conf.sh", &["tell"]).code, Some(2));
}
