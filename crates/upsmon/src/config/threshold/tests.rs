//! Lines that arm a threshold, and the many more that must not.

use crate::config::{read, tests::told};
use crate::settings::{Condition, Threshold};
use std::time::Duration;

const MONITOR: &str = "MONITOR u@h 1 n p primary\n";

/// What a line behind [`MONITOR`] arms, in its own words.
fn armed(line: &str) -> (Vec<String>, Vec<String>) {
    let config = read("f", format!("{MONITOR}{line}\n").as_bytes());
    let thresholds = config.settings.thresholds.iter().map(ToString::to_string).collect();
    assert_eq!(config.ignored, usize::from(config.settings.thresholds.is_empty()), "{line}");
    (thresholds, told(&config))
}

#[test]
fn good_lines() {
    for (line, shown) in [
        ("u@h battery.charge < 40", "u@h battery.charge < 40"),
        ("u@h battery.charge <= 40.50", "u@h battery.charge <= 40.5"),
        ("u@h battery.charge <=40", "u@h battery.charge <= 40"),
        ("u@h battery.charge \"<=\" \"40\" \"FOR\" 5", "u@h battery.charge <= 40 FOR 5"),
        ("u@h battery.runtime < 300 FOR 20 # remark", "u@h battery.runtime < 300 FOR 20"),
        ("u@h ups.temperature >= 60 for 1", "u@h ups.temperature >= 60 FOR 1"),
        ("u@h ambient.1.temperature > -5", "u@h ambient.1.temperature > -5"),
        ("u@h input.L1-N.voltage != 0", "u@h input.L1-N.voltage != 0"),
        ("u@h outlet.1.status = 0", "u@h outlet.1.status = 0"),
        ("u@h outlet.1.status=0", "u@h outlet.1.status = 0"),
        ("u@h onbattery FOR 600", "u@h onbattery FOR 600"),
        ("u@h OnBattery FOR 0", "u@h onbattery"),
    ] {
        let expected = (vec![format!("SHUTDOWNIF {shown}")], vec![]);
        assert_eq!(armed(&format!("SHUTDOWNIF {line}")), expected, "{line}");
    }
}

#[test]
fn a_threshold_knows_its_line_and_any_order_will_do() {
    let text =
        format!("SHUTDOWNIF u@h onbattery FOR 5\n{MONITOR}\nSHUTDOWNIF u@h onbattery FOR 9\n");
    let config = read("f", text.as_bytes());
    assert_eq!(told(&config), [""; 0]);
    let threshold = |seconds, line| Threshold {
        ups: "u@h".to_owned(),
        condition: Condition::OnBattery,
        lasting: Duration::from_secs(seconds),
        line,
    };
    assert_eq!(config.settings.thresholds, [threshold(5, 1), threshold(9, 4)]);
    let echo = [
        "UPS: u@h (primary) (power value 1)",
        "Armed: SHUTDOWNIF u@h onbattery FOR 5 (line 1)",
        "Armed: SHUTDOWNIF u@h onbattery FOR 9 (line 4)",
    ];
    assert_eq!(config.echo, echo);
    assert_eq!(config.settings.origins.describe("SHUTDOWNIF"), "SHUTDOWNIF (f line 4)");
}

#[test]
fn bad_lines_arm_nothing_and_show_a_good_one() {
    let too_few = "too few words; expected <ups> <variable> <op> <value> [FOR <seconds>], or <ups> \
                   onbattery FOR <seconds>";
    for (line, column, why) in [
        ("", 1, too_few),
        ("u@h", 1, too_few),
        ("u@h battery.charge", 1, too_few),
        ("u@h battery.charge < ", 1, too_few),
        ("u@h battery.charge<40", 16, "expected blanks around the comparison in battery.charge<40"),
        ("u@h battery.charge<= 40", 16, "expected blanks around the comparison in battery.charge<"),
        (
            "u@h battery.charge <40 FOR 5",
            31,
            "<40 is no comparison; expected one of < <= = != >= >",
        ),
        ("u@h battery.charge < = 40", 33, "= is no number; expected one without a unit"),
        ("u@h battery.charge == 40", 32, "= is no number; expected one without a unit"),
        ("u@h battery.charge lt 40", 31, "lt is no comparison; expected one of < <= = != >= >"),
        ("u@h battery.charge < 40%", 33, "40% is no number; expected one without a unit"),
        ("u@h battery.charge < 40,5", 33, "40,5 is no number; expected one without a unit"),
        ("u@h battery.charge < low", 33, "low is no number; expected one without a unit"),
        ("u@h ups.status = LB", 29, "LB is no number; expected one without a unit"),
        ("u@h charge < 40", 16, "charge is no name of a variable"),
        ("u@h \"battery charge\" < 40", 16, "battery charge is no name of a variable"),
        ("battery.charge < 40 FOR 5", 27, "expected <ups> and <variable> before <"),
        ("u@h battery.charge < 40 5", 36, "expected FOR <seconds> or nothing, found 5"),
        ("u@h battery.charge < 40 FOR", 36, "FOR needs a number of seconds"),
        (
            "u@h battery.charge < 40 FOR 10m",
            40,
            "10m is no time; expected whole seconds, 600 for ten minutes",
        ),
        (
            "u@h battery.charge < 40 FOR -1",
            40,
            "-1 is no time; expected whole seconds, 600 for ten minutes",
        ),
        (
            "u@h battery.charge < 40 FOR 99999999999",
            40,
            "99999999999 is no time; expected whole seconds, 600 for ten minutes",
        ),
        ("u@h battery.charge < 40 FOR 10 m", 43, "expected nothing behind FOR <seconds>, found m"),
        (
            "u@h battery.charge < 40 AND battery.runtime < 9",
            36,
            "expected FOR <seconds> or nothing, found AND",
        ),
        ("u@h onbattery", 1, "onbattery needs FOR <seconds>"),
        ("u@h onbattery 600", 26, "expected FOR <seconds> or nothing, found 600"),
        ("u@h onbattery > 600", 26, "expected FOR <seconds> or nothing, found >"),
        ("u@h onbattery FOR 5 minutes", 32, "expected nothing behind FOR <seconds>, found minutes"),
    ] {
        let example = match line.contains("onbattery ") || line.ends_with("onbattery") {
            true => "SHUTDOWNIF ups@host onbattery FOR 600",
            false => "SHUTDOWNIF ups@host battery.charge < 40 FOR 30",
        };
        let expected = vec![format!("f:2:{column}: SHUTDOWNIF: {why}; as in: {example}")];
        assert_eq!(armed(&format!("SHUTDOWNIF {line}")), (vec![], expected), "{line}");
    }
}

#[test]
fn the_examples_are_good_lines() {
    for example in [super::EXAMPLE, super::TIME_EXAMPLE] {
        assert_eq!(armed(&example.replace("ups@host", "u@h")).0.len(), 1);
    }
}

#[test]
fn only_monitored_upses_have_thresholds() {
    for ups in ["u", "u@localhost", "U@h", "v@h"] {
        let (armed, told) = armed(&format!("SHUTDOWNIF {ups} onbattery FOR 60"));
        let expected = format!(
            "f:2:12: SHUTDOWNIF: no MONITOR line watches {ups}; expected a UPS as it is written there: u@h"
        );
        assert_eq!((armed, told), (vec![], vec![expected]));
    }
    let config = read("f", b"SHUTDOWNIF u onbattery FOR 60\nMONITOR u -1 n p primary\n");
    assert_eq!(config.settings.thresholds, [], "a line without effect watches nothing");
    assert_eq!(config.ignored, 2);
}

#[test]
fn thresholds_that_hold_at_once_or_never_are_told() {
    for line in [
        "battery.charge > 20",
        "battery.charge >= 20",
        "battery.runtime > 300",
        "battery.charge < 101",
        "battery.charge <= 100",
        "battery.charge != 0",
    ] {
        let (armed, told) = armed(&format!("SHUTDOWNIF u@h {line}"));
        let condition = format!("SHUTDOWNIF u@h {line}");
        let expected = format!(
            "f:2:12: {condition} holds with a full battery: this host goes down as soon as mains power \
             fails"
        );
        assert_eq!((armed, told), (vec![condition], vec![expected]));
    }
    let config = read("f", b"MONITOR u 0 n p primary\nSHUTDOWNIF u onbattery FOR 60\n");
    assert_eq!(told(&config), ["f:2:12: SHUTDOWNIF: u has power value 0: this never counts"]);
}
