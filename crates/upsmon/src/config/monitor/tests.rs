//! MONITOR lines, good and bad.

use crate::config::tests::{clean, one, told};
use crate::config::{Fatal, read};
use crate::settings::{Role, UpsSettings};
use nut_proto::spec::UpsSpec;

#[test]
fn upses_in_file_order_with_all_spellings() {
    let config = read(
        "f",
        b"MONITOR a@[::1]:99 2 u \"p \\\"w\" Primary\nMONITOR b 0 u p MASTER\nPOWERDOWNFLAG /k\n\
          MONITOR c@h 1 u p secondary\nMONITOR d@h 1 u p Slave\n",
    );
    assert_eq!(told(&config), [""; 0]);
    let ups = |name: &str, power_value, password: &str, role| UpsSettings {
        name: name.to_owned(),
        spec: UpsSpec::parse(name).ok(),
        power_value,
        user: "u".to_owned(),
        password: password.to_owned(),
        role,
    };
    let expected = [
        ups("a@[::1]:99", 2, "p \"w", Role::Primary),
        ups("b", 0, "p", Role::Primary),
        ups("c@h", 1, "p", Role::Secondary),
        ups("d@h", 1, "p", Role::Secondary),
    ];
    assert_eq!(config.settings.ups, expected);
    let echo = [
        "UPS: a@[::1]:99 (primary) (power value 2)",
        "UPS: b (monitoring only)",
        "Using power down flag file /k",
        "UPS: c@h (secondary) (power value 1)",
        "UPS: d@h (secondary) (power value 1)",
    ];
    assert_eq!(config.echo, echo);
}

#[test]
fn monitor_lines_with_faults() {
    let split = |name: &str, why: &str| {
        format!(
            "1:9: Error: unable to split UPS name [{name}]: {why}; it will never be reached. Required \
             format: upsname[@hostname[:port]]"
        )
    };
    let expected = "expected how many supplies of this host it feeds, 0 to watch it only";
    let kind =
        "is not known and counts as secondary; expected primary or secondary as the fifth value";
    for (line, power, complaint) in [
        (
            "u@h -1 n p primary",
            None,
            format!("1:13: UPS [u@h]: ignoring invalid power value [-1]; {expected}"),
        ),
        (
            "u@h 4294967296 n p primary",
            None,
            format!("1:13: UPS [u@h]: ignoring invalid power value [4294967296]; {expected}"),
        ),
        (
            "u@h x n p primary",
            Some(0),
            format!("1:13: UPS [u@h]: power value [x] counts as 0; {expected}"),
        ),
        (
            "u@h 01x n p primary",
            Some(1),
            format!("1:13: UPS [u@h]: power value [01x] counts as 1; {expected}"),
        ),
        ("u@h 1 n p primry", Some(1), format!("1:19: the type [primry] {kind}")),
        ("u@h 1 n primary p", Some(1), format!("1:25: the type {kind}")),
        (
            "u:99 1 n p primary",
            Some(1),
            split("u:99", "upscli_splitname: port specified, but not a hostname"),
        ),
        ("@h 1 n p primary", Some(1), split("@h", "upscli_splitname: got empty upsname string")),
        (
            "u@ 1 n p primary",
            Some(1),
            split(
                "u@",
                "upscli_splitname: got the @ separator and then an empty hostname[:port] string",
            ),
        ),
        (
            "u@h:99999 1 n p primary",
            Some(1),
            split("u@h:99999", "upscli_splitaddr: no port number specified after ':' separator"),
        ),
        (
            "u@::1 1 n p primary",
            Some(1),
            split("u@::1", "upscli_splitaddr: no port number specified after ':' separator"),
        ),
        (
            "u@h 1 n p primary x",
            Some(1),
            format!(
                "1:27: the rest of the line is ignored; expected MONITOR {}, values with blanks in \
                 quotes",
                super::FORM
            ),
        ),
    ] {
        let (config, message) = one(&format!("MONITOR {line}\n"));
        assert_eq!(message, complaint, "{line}");
        let powers: Vec<u32> = config.settings.ups.iter().map(|ups| ups.power_value).collect();
        assert_eq!(powers, Vec::from_iter(power), "{line}");
        assert_eq!(config.ignored, usize::from(power.is_none()), "{line}");
        assert_eq!(config.echo.len(), powers.len(), "{line}");
        let reachable = config.settings.ups.iter().all(|ups| ups.spec.is_some());
        assert_eq!(reachable, !message.contains("unable to split"), "{line}");
    }
}

#[test]
fn an_unknown_type_is_a_secondary() {
    let (config, _) = one("MONITOR u@h 1 n p client\n");
    assert_eq!(config.settings.ups[0].role, Role::Secondary);
    let config = read("f", b"MONITOR u@h 1 n my pass primary\n");
    let found = told(&config);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|line| !line.contains("[pass]")), "{found:?}");
}

#[test]
fn of_duplicates_the_first_counts() {
    let (config, message) = one("MONITOR u@h 1 a p primary\nMONITOR u@h 9 b p slave\n");
    let ups = &config.settings.ups;
    assert_eq!((ups.len(), ups[0].power_value, ups[0].user.as_str()), (1, 1, "a"));
    assert_eq!(message, "2:9: Warning: ignoring duplicate UPS [u@h]; the first line counts");
    assert_eq!(clean("MONITOR u 1 a p primary\nMONITOR U 1 a p primary\n").ups.len(), 2);
}

#[test]
fn an_old_monitor_line_is_fatal() {
    let (config, message) = one("MONITOR u@h 1 secret master\n");
    assert_eq!(config.fatal, Some(Fatal::OldStyleMonitor));
    assert_eq!(
        config.fatal.map(|f| f.to_string()).as_deref(),
        Some("Fatal error: unusable configuration")
    );
    let nuts = "1:1: Unable to use old-style MONITOR line without a username. Convert it and add a \
                username to upsd.users - see the documentation; expected MONITOR <ups>";
    assert!(message.starts_with(nuts), "{message}");
    assert_eq!(config.settings.ups, []);
}
