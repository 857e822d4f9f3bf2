//! What configuration and command line make of a driver's settings.

use super::*;
use crate::args::{Wish, parse};
use std::ffi::OsString;

static METADATA: Metadata = Metadata {
    name: "test-ups",
    aliases: &["old-name"],
    full_name: "Test",
    version: "1",
    subdrivers: &[],
    options: &[
        OptionSpec::value("mode", "Mode"),
        OptionSpec::flag("quick", "Quick"),
        OptionSpec::secret("password", "Password"),
    ],
};

fn line(text: &str) -> CommandLine {
    let argv = format!("test-ups {text}");
    match parse(argv.split_whitespace().map(OsString::from)) {
        Ok(Wish::Run(line)) => *line,
        other => panic!("{text}: {other:?}"),
    }
}

fn read(args: &str, file: &str) -> Result<(Config, Vec<String>), Refusal> {
    let (conf, diagnostics) = UpsConf::parse("ups.conf", file.as_bytes());
    assert_eq!(diagnostics, []);
    Config::read(&METADATA, "test-ups", &line(args), &conf)
}

fn config(args: &str, file: &str) -> Config {
    let (config, remarks) = read(args, file).unwrap();
    assert!(remarks.is_empty(), "{remarks:?}");
    config
}

fn refused(args: &str, file: &str) -> String {
    let refusal = read(args, file).unwrap_err();
    refusal.output.into_iter().chain(refusal.message).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_key_of_a_section_is_known() {
    for key in SECTION_KEYS {
        let value = if *key == "driver" { "test-ups" } else { "1" };
        let file = format!("[u]\nport = p\n{key} = {value}\n");
        assert!(read("-a u", &file).is_ok(), "{key}");
    }
}

#[test]
fn globals_sections_and_command_line_in_order() {
    let file = "pollinterval = 5\nuser = a\nstatePath = /s\nnowait\nDebug_Min = 2\nchroot = /c\n\
                [u]\ndriver = test-ups\nport = p\ndesc = \"x y\"\nuser = b\nmode = one\n\
                [v]\nport = q\n[u]\nmode = two\npollinterval = 7\nsdcommands = \"a, b\"\n";
    let c = config("-a u -x MODE=three", file);
    assert_eq!(c.options.port, "p");
    assert_eq!(c.options.value("mode"), Some("three"));
    assert_eq!(c.poll_interval, Duration::from_secs(7));
    assert_eq!((c.user.as_deref(), c.state_path.as_deref()), (Some("b"), Some("/s")));
    assert_eq!((c.debug_min, c.chroot.as_deref()), (Some(2), Some("/c")));
    assert_eq!(c.sd_commands, ["a", "b"]);
    let published: Vec<_> = c.published.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(
        published,
        [
            "driver.parameter.mode=three",
            "driver.parameter.pollinterval=7",
            "driver.parameter.port=p",
            "driver.parameter.sdcommands=a, b",
            "driver.parameter.synchronous=auto",
        ]
    );
    assert_eq!(config("-x mode=zero -i 9 -a u", file).options.value("mode"), Some("two"));
    assert_eq!(config("-a u -i 9", file).poll_interval, Duration::from_secs(9));
}

#[test]
fn flags_heed_a_word_for_no() {
    let file = "[u]\nport = p\nallow_killpower = no\nignorelb = off\nnolock\nquick = false\n";
    let c = config("-a u", file);
    assert!(!c.allow_kill_power && !c.ignore_lb && c.no_lock && !c.options.has("quick"));
    assert!(!c.published.contains_key("driver.flag.quick"));
    let c = config("-s u -x port=p -x quick -x allow_killpower -x ignorelb=yes", "");
    assert!(c.allow_kill_power && c.ignore_lb && c.options.has("quick"));
    assert_eq!(c.published.get("driver.flag.ignorelb").map(String::as_str), Some("enabled"));
    let (c, remarks) = read("-s u -x port=p -x quick=maybe", "").unwrap();
    assert!(c.options.has("quick"));
    assert_eq!(remarks, ["'quick' is a flag; its value 'maybe' is taken as yes"]);
}

#[test]
fn secrets_are_not_published() {
    let c = config("-s u -x port=p -x password=x", "");
    assert_eq!(c.options.value("password"), Some("x"));
    assert!(!c.published.keys().any(|name| name.contains("password")));
}

#[test]
fn presets_keep_the_strongest() {
    let args = "-s u -x port=p -x override.Battery.charge=1 -x default.battery.charge=2";
    let c = config(&format!("{args} -x default.ups.id=x"), "");
    let preset = |name: &str| c.presets.get(name).map(|p| (p.value.as_str(), p.fixed));
    assert_eq!(preset("battery.charge"), Some(("1", true)));
    assert_eq!(preset("ups.id"), Some(("x", false)));
    assert!(c.published.contains_key("driver.parameter.override.Battery.charge"));
}

#[test]
fn refusals_are_in_nuts_words() {
    let unknown = "\nFatal error: 'foo' is not a valid variable name for this driver.\n\n\
                   Look in the man page or call this driver with -h for a list of\n\
                   valid variable names and flags.";
    let place = "\nups.conf:3:2: 'foo' is not a valid variable name for this driver";
    for (args, file, expected) in [
        ("-a u", "[u]\nport = p\n foo = 1\n", format!("{unknown}{place}")),
        ("-s u -x foo=1", "", unknown.to_owned()),
        ("-a u", "[v]\nport = p\n", "Error: Section u not found in ups.conf".into()),
        ("-a u", "[u]\n", "Error: Section u not found in ups.conf".into()),
        (
            "-a u",
            "[u]\ndriver = x\n",
            "Error: UPS [u] is for driver 'x', but I'm 'test-ups'!\n".into(),
        ),
        ("-a u", "pollinterval = 0\n[u]\n", "Error: invalid pollinterval: 0".into()),
        ("-a u", "[u]\npollinterval = -3\n", "Error: UPS [u]: invalid pollinterval: -3".into()),
        ("-s u -i x", "", "Error: command-line: invalid pollinterval: 0".into()),
        (
            "-s u",
            "",
            "Error: you must specify a port name in ups.conf or in '-x port=...' argument.\n\
             Try -h for help."
                .into(),
        ),
    ] {
        assert_eq!(refused(args, file), expected, "{args} {file}");
    }
    let flag = refused("-s u -x pollinterval", "");
    assert!(flag.contains("'pollinterval' is not a valid flag for this driver."), "{flag}");
}

#[test]
fn an_alias_is_a_driver_name_too() {
    assert_eq!(config("-a u", "[u]\ndriver = old-name\nport = p\n").options.port, "p");
}

#[test]
fn talking_needs_no_port() {
    assert!(read("-s u -c exit", "").is_ok());
}
