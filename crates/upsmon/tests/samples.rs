//! `etc/upsmon.conf` loads without complaint, as it is and with all its examples switched on, and the
//! man page knows what it shows.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;
use upsmon::config::{Config, Insufficient, keywords, power_check, read};
use upsmon::notices::Kind;
use upsmon::settings::{Origins, Settings, ShutdownExit};

const SAMPLE: &str = "etc/upsmon.conf";

fn text(path: &str) -> String {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(top.join(path)).unwrap()
}

/// Takes the `#` from lines where no blank follows it.
fn switched_on(text: &str) -> String {
    let example = |line: &str| {
        let rest = line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' '));
        rest.unwrap_or(line).to_owned() + "\n"
    };
    text.lines().map(example).collect()
}

fn load(text: &str) -> Config {
    let config = read(SAMPLE, text.as_bytes());
    let told: Vec<String> = config.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!((told, config.ignored, config.fatal), (vec![], 0, None));
    config
}

#[test]
fn the_sample_says_what_nuts_says() {
    let settings = load(&text(SAMPLE)).settings;
    let active: Vec<&str> = settings.origins.lines.keys().map(String::as_str).collect();
    let nuts = [
        "ALARMCRITICAL",
        "DEADTIME",
        "FINALDELAY",
        "HOSTSYNC",
        "MINSUPPLIES",
        "NOCOMMWARNTIME",
        "OFFDURATION",
        "OVERDURATION",
        "POLLFREQ",
        "POLLFREQALERT",
        "POWERDOWNFLAG",
        "RBWARNTIME",
        "SHUTDOWNCMD",
    ];
    assert_eq!(active, nuts);
    let expected = Settings {
        shutdown_cmd: Some("/sbin/shutdown -h +0".into()),
        power_down_flag: Some("/etc/killpower".into()),
        ..Settings::default()
    };
    assert_eq!(Settings { origins: Origins::default(), ..settings.clone() }, expected);
    let lacking = Err(Insufficient { sum: 0, minimum: 1 });
    assert_eq!(power_check(&settings), lacking, "nothing is watched before somebody says what");
}

#[test]
fn the_examples_are_valid_too() {
    let settings = load(&switched_on(&text(SAMPLE))).settings;
    assert_eq!((settings.ups.len(), settings.thresholds.len()), (2, 3));
    assert!(settings.ups.iter().all(|ups| ups.spec.is_some()));
    assert_eq!(power_check(&settings), Ok(()));
    assert_eq!(settings.tls.cert_hosts.len(), 1);
    assert_eq!((settings.notices.flags.len(), settings.notices.texts.len()), (3, 2));
    let defaults = Settings::default();
    assert_eq!(settings.rules, defaults.rules, "what is commented out shows the defaults");
    assert_eq!(settings.shutdown_exit, ShutdownExit::After(std::time::Duration::ZERO));
    assert!(!settings.shutdown_cancel && settings.rb_duration.is_zero());
}

/// The keywords that the sample shows, and the man page's, are the same.
#[test]
fn every_directive_and_every_type_is_explained() {
    let sample = text(SAMPLE);
    let page = text("docs/man/upsmon.conf.5").replace('\\', "");
    let shown = load(&switched_on(&sample)).settings.origins.lines;
    for keyword in keywords() {
        assert!(shown.contains_key(keyword), "{keyword}");
        assert!(page.contains(&format!("\nfB{keyword}fR ")), "{keyword}");
    }
    let words = |text: &str| -> BTreeSet<String> {
        let is_word = |c: char| c.is_ascii_uppercase() || c == '_';
        text.split(|c: char| !is_word(c)).map(str::to_owned).collect()
    };
    let (sample, page) = (words(&sample), words(&page));
    for kind in Kind::ALL {
        assert!(sample.contains(kind.word()) && page.contains(kind.word()), "{kind}");
    }
}

/// Whoever switches on one example of each file can log in.
#[test]
fn the_samples_of_server_and_monitor_know_the_same_users() {
    let users = switched_on(&text("etc/upsd.users"));
    let upses = load(&switched_on(&text(SAMPLE))).settings.ups;
    assert_eq!(upses.len(), 2);
    for ups in upses {
        let section = format!("[{}]", ups.user);
        let role = users.split_once(&section).and_then(|(_, rest)| rest.split("\n[").next());
        let role = role.and_then(|rest| rest.split_once("upsmon ")).map(|(_, role)| role);
        let granted = role.is_some_and(|role| role.starts_with(&ups.role.to_string()));
        assert!(granted, "{section}");
    }
}
