//! upsc: what it prints in each mode, as text and as JSON, its errors and exit codes.

use nut_compliance::device::Device;
use nut_compliance::house::House;

#[test]
fn all_variables() {
    let house = House::usual();
    house.client("upsc", &["u@"]).is(r#"
        battery.charge: 90
        battery.charge.low: 20
        input.sensitivity: medium
        outlet.1.status: on
        outlet.10.status: on
        outlet.2.status: off
        ups.delay.shutdown: 20
        ups.id: back "room" \ #4
        ups.mfr: ACME
        ups.status: OL CHRG
        exit 0
        "#);
    house.client("upsc", &["-j", "u@"]).is(r#"
        {
          "battery.charge": "90",
          "battery.charge.low": "20",
          "input.sensitivity": "medium",
          "outlet.1.status": "on",
          "outlet.10.status": "on",
          "outlet.2.status": "off",
          "ups.delay.shutdown": "20",
          "ups.id": "back \"room\" \\ #4",
          "ups.mfr": "ACME",
          "ups.status": "OL CHRG"
        }
        exit 0
        "#);
}

#[test]
fn one_variable() {
    let house = House::usual();
    house.client("upsc", &["u@", "ups.status"]).is("OL CHRG\nexit 0");
    house.client("upsc", &["u@", "UPS.Status", "more"]).is("OL CHRG\nexit 0");
    house.client("upsc", &["u@", "ups.id"]).is("back \"room\" \\ #4\nexit 0");
    house.client("upsc", &["-j", "u@", "ups.id"]).is("\"back \\\"room\\\" \\\\ #4\"\nexit 0");
    house.client("upsc", &["u@", "server.version"]).is("2.8.5\nexit 0");
    house.client("upsc", &["u@HOST:3493", "ups.mfr"]).is("ACME\nexit 0");
    house.client("upsc", &["u@HOST:3493junk", "ups.mfr"]).is("ACME\nexit 0");
    house.client("upsc", &["u@[HOST]:3493", "ups.mfr"]).is("ACME\nexit 0");
    house.client("upsc", &["u@[HOST]", "ups.mfr"]).is("ACME\nexit 0");
}

#[test]
fn empty_values() {
    let device = Device::new("SETINFO ups.status \"OL\"\nSETINFO ups.id \"\"");
    let house = House::new().ups("u", "", device).start();
    house.client("upsc", &["u@"]).is("ups.id: \nups.status: OL\nexit 0");
    house.client("upsc", &["u@", "ups.id"]).is("\n\nexit 0");
    house.client("upsc", &["-j", "u@", "ups.id"]).is("\"\"\nexit 0");
}

#[test]
fn the_list_of_upses() {
    let house = House::new()
        .ups("zeta", "desc = \"Say \\\"A\\\"\"", Device::usual())
        .absent("alpha", "")
        .start();
    house.client("upsc", &["-l", "HOST"]).is("zeta\nalpha\nexit 0");
    house
        .client("upsc", &["-L", "HOST"])
        .is("zeta: Say \"A\"\nalpha: Description unavailable\nexit 0");
    house.client("upsc", &["-j", "-l", "HOST"]).is(r#"
        [
          "zeta",
          "alpha"
        ]
        exit 0
        "#);
    house.client("upsc", &["-j", "-L", "HOST:3493"]).is(r#"
        {
          "zeta": "Say \"A\"",
          "alpha": "Description unavailable"
        }
        exit 0
        "#);
}

#[test]
fn the_list_of_clients() {
    let house = House::usual();
    house.client("upsc", &["-c", "u@"]).is("exit 0");
    house.client("upsc", &["-j", "-c", "u@"]).is("[\n\n]\nexit 0");
    let mut talk = house.talk_as("watcher", "watch");
    talk.says("> LOGIN u\n< OK");
    house.client("upsc", &["-c", "u@"]).is("127.0.0.1\nexit 0");
    house.client("upsc", &["-j", "-c", "u@"]).is("[\n  \"127.0.0.1\"\n]\nexit 0");
}

#[test]
fn errors_of_the_server() {
    let house = House::new()
        .ups("u", "", Device::usual())
        .absent("gone", "")
        .ups("old", "", Device::usual().stale())
        .start();
    house.client("upsc", &["nobody@"]).is("2| Error: Unknown UPS\nexit 1");
    house.client("upsc", &["gone@"]).is("2| Error: Driver not connected\nexit 1");
    house.client("upsc", &["old@"]).is("2| Error: Data stale\nexit 1");
    house.client("upsc", &["old@", "ups.status"]).is("2| Error: Data stale\nexit 1");
    house.client("upsc", &["u@", "no.such"]).is("2| Error: Variable not supported by UPS\nexit 1");
    house
        .client("upsc", &["u@", "status"])
        .is("2| Error: old-style variable names are not supported\nexit 1");
    house.client("upsc", &["-c", "nobody@"]).is("2| Error: Unknown UPS\nexit 1");
}

#[test]
fn errors_as_json() {
    let house = House::usual();
    house.client("upsc", &["-j", "nobody@"]).is(r#"
        {
          "error": "Unknown UPS"
        }
        2| Error: Unknown UPS
        exit 1
        "#);
    house.client("upsc", &["-j", "u@", "no.such"]).is(r#"
        {"error": "Variable not supported by UPS"}
        2| Error: Variable not supported by UPS
        exit 1
        "#);
    house.client("upsc", &["-j", "-c", "nobody@"]).is(r#"
        {"error": "Unknown UPS"}
        2| Error: Unknown UPS
        exit 1
        "#);
}

#[test]
fn wrong_definitions() {
    let house = House::usual();
    let required = "2| Error: invalid UPS definition.\n\
                    2| Required format: upsname[@hostname[:port]]\nexit 1";
    let cases = [
        (vec![""], "upscli_splitname: can't parse empty string"),
        (vec!["@HOST"], "upscli_splitname: got empty upsname string"),
        (vec!["u:3493"], "upscli_splitname: port specified, but not a hostname"),
        (vec!["u@HOST:"], "upscli_splitaddr: no port number specified after ':' separator"),
        (vec!["u@HOST:abc"], "upscli_splitaddr: no port number specified after ':' separator"),
        (vec!["u@HOST:0"], "upscli_splitaddr: no port number specified after ':' separator"),
        (vec!["u@HOST:70000"], "upscli_splitaddr: no port number specified after ':' separator"),
        (vec!["u@::1"], "upscli_splitaddr: no port number specified after ':' separator"),
        (vec!["u@[::1"], "upscli_splitaddr: missing closing bracket in [domain literal]"),
    ];
    for (args, first) in cases {
        house.client("upsc", &args).is(&format!("2| {first}\n{required}"));
    }
    house.client("upsc", &["-l", "HOST:abc"]).is("
        2| upscli_splitaddr: no port number specified after ':' separator
        2| Error: invalid hostname.
        2| Required format: [hostname[:port]]
        exit 1
        ");
    house.client("upsc", &[]).is(required);
}

#[test]
fn nobody_listens() {
    let house = House::usual();
    house.client("upsc", &["u@HOST:1"]).is("
        2| Error: Connection failure: Connection refused
        exit 1
        ");
    house.client("upsc", &["-j", "u@HOST:1"]).is(r#"
        {"error": "Connection failure: Connection refused"}
        2| Error: Connection failure: Connection refused
        exit 1
        "#);
}

#[test]
fn version_and_unknown_options() {
    let house = House::usual();
    house.client("upsc", &["-V"]).is("Network UPS Tools upsc 2.8.5 release\nexit 0");
    let wrong = house.client("upsc", &["-Z"]);
    assert_eq!(wrong.code, 0, "a stock client exits 0");
    assert!(wrong.err.contains("invalid option -- 'Z'"), "{}", wrong.err);
    let help = house.client("upsc", &["-h"]);
    assert_eq!(help.code, 0);
    for option in ["-l", "-L", "-c", "-j", "-V", "-W", "-h"] {
        assert!(help.out.contains(option), "{option}:\n{}", help.out);
    }
}
