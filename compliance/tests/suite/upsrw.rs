//! upsrw: lists, settings, prompts, tracking, errors and exit codes.

use nut_compliance::device::Device;
use nut_compliance::house::{House, password};
use nut_compliance::maker::Maker;

fn with_account<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    let account = ["-u", "admin", "-p", password(Maker::under_test())];
    account.into_iter().chain(rest.iter().copied()).collect()
}

#[test]
fn the_list_of_variables() {
    let house = House::usual();
    let expected = r#"
        [battery.charge.low]
        Remaining battery level when UPS switches to LB (percent)
        Type: RANGE NUMBER
        Option: "10-30" SELECTED
        Option: "50-60"

        [input.sensitivity]
        Input power sensitivity
        Type: ENUM STRING
        Maximum length: 12
        Option: "low"
        Option: "medium" SELECTED
        Option: "say "high""

        [ups.delay.shutdown]
        Interval to wait after shutdown with delay command (seconds)
        Type: NUMBER
        Value: 20

        [ups.id]
        UPS system identifier
        Type: STRING
        Maximum length: 8
        Value: back "room" \ #4

        exit 0
        "#;
    house.client("upsrw", &["u@"]).is(expected);
    house.client("upsrw", &["-l", "u@"]).is(expected);
    house.client("upsrw", &["-l", "nobody@"]).is("2| Error: Unknown UPS\nexit 1");
}

#[test]
fn no_variable_to_set() {
    let device = Device::new("SETINFO ups.status \"OL\"");
    House::new().ups("u", "", device).start().client("upsrw", &["u@"]).is("exit 0");
}

#[test]
fn setting() {
    let house = House::usual();
    let ask = |args: &[&str]| house.client("upsrw", &with_account(args));
    ask(&["-s", "ups.id=a \"b\\", "u@"]).is("2| OK\nexit 0");
    assert_eq!(house.driver(0).next_request(), "SET ups.id \"a \\\"b\\\\\"");
    ask(&["-s", "ups.id=x=y", "u@"]);
    assert_eq!(house.driver(0).next_request(), "SET ups.id \"x=y\"");
    ask(&["-s", "ups.id=", "u@"]);
    assert_eq!(house.driver(0).next_request(), "SET ups.id \"\"");
    let refused = |args: &[&str], token: &str| {
        ask(args).is(&format!("2| Unexpected response from upsd: ERR {token}\nexit 1"));
    };
    refused(&["-s", "ups.id=123456789", "u@"], "TOO-LONG");
    refused(&["-s", "battery.charge=1", "u@"], "READONLY");
    refused(&["-s", "no.such=1", "u@"], "VAR-NOT-SUPPORTED");
    ask(&["-s", "id=1", "u@"]).is("2| Error: old variable names are not supported\nexit 1");
    refused(&["-s", "ups.id=1", "nobody@"], "UNKNOWN-UPS");
}

#[test]
fn asking_for_a_value() {
    let house = House::usual();
    let maker = house.maker();
    house
        .client_of(maker, "upsrw", &with_account(&["-s", "ups.id", "u@"]), "new\n")
        .is("Enter new value for ups.id: \n2| OK\nexit 0");
    assert_eq!(house.driver(0).next_request(), "SET ups.id \"new\"");
}

#[test]
fn a_list_that_cancels_a_setting() {
    let house = House::usual();
    let listed = house.client("upsrw", &["-s", "ups.id=1", "-l", "u@"]);
    assert_eq!(listed.code, 0);
    assert!(listed.out.starts_with("[battery.charge.low]\n"), "{}", listed.out);
    let advice = "Listing mode requested, overriding setvar specified earlier!\n";
    assert_eq!(listed.err, advice);
    house.client("upsrw", &with_account(&["-l", "-s", "ups.id=1", "u@"])).is("2| OK\nexit 0");
}

#[test]
fn help() {
    let house = House::usual();
    for args in [vec!["-h"], vec![]] {
        let help = house.client("upsrw", &args);
        assert_eq!(help.code, 0, "{args:?}");
        for option in ["-l", "-s", "-u", "-p", "-w", "-t", "-V"] {
            assert!(help.out.contains(option), "{option}:\n{}", help.out);
        }
    }
    house.client("upsrw", &["-V"]).is("Network UPS Tools upsrw 2.8.5 release\nexit 0");
}
