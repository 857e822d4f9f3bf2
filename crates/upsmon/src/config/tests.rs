//! What files say and what is said about them.

use super::directives::DIRECTIVES;
use super::*;
use crate::settings::{Rules, ShutdownExit};
use std::time::Duration;

pub(super) fn told(config: &Config) -> Vec<String> {
    config.diagnostics.iter().map(ToString::to_string).collect()
}

/// Reads a file without complaints.
pub(super) fn clean(text: &str) -> Settings {
    let config = read("f", text.as_bytes());
    assert_eq!(told(&config), [""; 0], "{text}");
    assert_eq!((config.ignored, config.fatal), (0, None));
    config.settings
}

/// Reads a file of one line; its only complaint without the file's name.
pub(super) fn one(text: &str) -> (Config, String) {
    let config = read("f", text.as_bytes());
    let told = told(&config);
    assert_eq!(told.len(), 1, "{text}: {told:?}");
    let message = told[0].strip_prefix("f:").map(str::to_owned);
    (config, message.unwrap_or_default())
}

/// The same settings as an empty file, but for where things stand.
fn is_default(settings: &Settings) -> bool {
    *settings == Settings { origins: settings.origins.clone(), ..Settings::default() }
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn an_empty_file_is_the_defaults() {
    for text in ["", "\n\n", "# remark\n   # another\n", "#"] {
        assert!(is_default(&clean(text)));
    }
}

#[test]
fn every_directive_has_its_effect() {
    let settings = clean(
        "MINSUPPLIES 2\nSHUTDOWNCMD \"/sbin/shutdown -h +0\"\nSHUTDOWNEXIT 7\nPOWERDOWNFLAG /k\n\
         NOTIFYCMD \"/bin/n --x\"\nPOLLFREQ 11\nPOLLFREQALERT 6\nPOLLFAIL_LOG_THROTTLE_MAX 0\n\
         DEADTIME 25\nHOSTSYNC 16\nFINALDELAY 0\nOFFDURATION 0\nOBLBDURATION 3\nOVERDURATION 4\n\
         ALARMCRITICAL 0\nRBWARNTIME 100\nNOCOMMWARNTIME 200\nRUN_AS_USER ups\ndebug_Min 3\n\
         CERTPATH /c\nCERTIDENT \"my cert\" secret\nCERTHOST h c 1 0\nCERTHOST i d 0 1\n\
         CERTVERIFY 1\nFORCESSL 1\nSHUTDOWNCANCEL yes\nRBDURATION 60\n",
    );
    let expected = Settings {
        min_supplies: 2,
        shutdown_cmd: Some("/sbin/shutdown -h +0".into()),
        shutdown_exit: ShutdownExit::After(seconds(7)),
        power_down_flag: Some("/k".into()),
        notify_cmd: Some("/bin/n --x".into()),
        poll_freq: seconds(11),
        poll_freq_alert: seconds(6),
        poll_fail_throttle: Some(0),
        rules: Rules {
            dead_time: seconds(25),
            host_sync: seconds(16),
            off_duration: Some(Duration::ZERO),
            oblb_duration: seconds(3),
            over_duration: Some(seconds(4)),
            alarm_critical: false,
        },
        final_delay: Duration::ZERO,
        rb_warn_time: seconds(100),
        no_comm_warn_time: seconds(200),
        rb_duration: seconds(60),
        shutdown_cancel: true,
        run_as_user: Some("ups".into()),
        tls: TlsSettings {
            cert_path: Some("/c".into()),
            cert_ident: Some(("my cert".into(), "secret".into())),
            cert_hosts: vec![
                ("h".into(), "c".into(), true, false),
                ("i".into(), "d".into(), false, true),
            ],
            cert_verify: true,
            force_ssl: true,
        },
        debug_min: Some(3),
        origins: settings.origins.clone(),
        ..Settings::default()
    };
    assert_eq!(settings, expected);
    let warning = without_effect(&settings.tls).unwrap_or_default();
    assert!(
        warning.starts_with("CERTPATH, CERTIDENT, CERTHOST, CERTVERIFY, FORCESSL in"),
        "{warning}"
    );
    assert_eq!(without_effect(&TlsSettings::default()), None);
}

#[test]
fn lines_are_remembered_and_the_last_one_counts() {
    let settings = clean("DEADTIME 20\n\nDEADTIME 30\ndebug_min 1\nMONITOR u 1 n p primary\n");
    assert_eq!(settings.rules.dead_time, seconds(30));
    assert_eq!(settings.origins.describe("DEADTIME"), "DEADTIME (f line 3)");
    assert_eq!(settings.origins.describe("DEBUG_MIN"), "DEBUG_MIN (f line 4)");
    assert_eq!(settings.origins.describe("MONITOR"), "MONITOR (f line 5)");
    assert_eq!(settings.origins.describe("HOSTSYNC"), "HOSTSYNC (default)");
    let (config, _) = one("DEADTIME 20\nDEADTIME soon\n");
    assert_eq!(config.settings.rules.dead_time, seconds(20), "what has no effect does not count");
    assert_eq!(config.settings.origins.describe("DEADTIME"), "DEADTIME (f line 1)");
}

#[test]
fn every_directive_counts_letter_by_letter_and_wants_a_value() {
    for directive in DIRECTIVES.iter().filter(|d| d.name != "DEBUG_MIN") {
        let name = directive.name;
        let (config, message) = one(&format!("{} 1 2 3 4 5", name.to_ascii_lowercase()));
        assert!(message.contains("1:1: invalid directive"), "{message}");
        assert!(message.ends_with(&format!("; expected {name} in capitals")), "{message}");
        assert!(
            is_default(&config.settings) && config.ignored == 1 && config.settings.ups.is_empty()
        );
        let (config, message) = one(&format!("\n  {name}\n"));
        assert!(message.starts_with("2:3: ") && message.contains("; expected "), "{message}");
        assert!(is_default(&config.settings) && config.ignored == 1);
        let (config, message) = one(&format!("{name} = 1 2 3 4 5\n"));
        assert!(message.starts_with("1:1: invalid directive") && message.ends_with(", without ="));
        assert!(is_default(&config.settings) && config.ignored == 1);
        assert_eq!(config.first_error(), config.diagnostics.first());
    }
}

#[test]
fn a_directive_of_another_version_refuses_nothing() {
    let (config, message) = one("NEWWORD a b \"c d\" e f\n");
    assert_eq!(message, "1:1: invalid directive NEWWORD a b c d ...; no directive has this name");
    assert_eq!(config.first_error(), None);
    assert_eq!(config.ignored, 1);
}

#[test]
fn passwords_do_not_go_to_the_log() {
    for text in [
        "monitor u@h 1 name hunter2 primary",
        "MONITOR u@h hunter2",
        "MONITOR u@h name hunter2",
        "MONITOR u@h name hunter2 primary",
        "MONITOR u@h 1 name my hunter2 primary",
        "MONITOR u@h 1 name primary hunter2",
        "MONTIOR u@h 1 name hunter2 primary",
        "certident name hunter2",
        "MONITOR = u@h 1 name hunter2 primary",
    ] {
        let config = read("f", text.as_bytes());
        assert!(!config.diagnostics.is_empty(), "{text}");
        assert!(told(&config).iter().all(|line| !line.contains("hunter2")), "{text}");
    }
}

#[test]
fn texts_are_one_word_and_not_empty() {
    let (config, message) = one("SHUTDOWNCMD /sbin/shutdown -h +0\n");
    assert_eq!(config.settings.shutdown_cmd.as_deref(), Some("/sbin/shutdown"));
    let expected = "1:28: the rest of the line is ignored; expected SHUTDOWNCMD \"<command>\", values \
                    with blanks in quotes";
    assert_eq!(message, expected);
    for name in ["SHUTDOWNCMD", "POWERDOWNFLAG", "NOTIFYCMD", "RUN_AS_USER", "CERTPATH"] {
        let (config, message) = one(&format!("{name} /x\n{name} \"\"\n"));
        assert!(is_default(&config.settings), "{name}");
        assert!(
            message.ends_with(&format!("{name} is empty, as if it were not there")),
            "{message}"
        );
    }
    let (config, message) = one("POWERDOWNFLAG killpower\n");
    assert_eq!(config.settings.power_down_flag.as_deref(), Some("killpower"));
    assert!(message.contains("does not begin with /"), "{message}");
}

#[test]
fn a_dead_time_of_one_poll_is_told() {
    for (text, place) in [
        ("DEADTIME 5\n", Some("f:1:1: ")),
        ("\nPOLLFREQALERT 20\n", Some("f:2:1: ")),
        ("POLLFREQALERT 1\nDEADTIME 2\n", None),
        ("POLLFREQ 60\n", None),
    ] {
        let found = told(&read("f", text.as_bytes()));
        assert_eq!(found.len(), usize::from(place.is_some()), "{text}: {found:?}");
        assert!(found.iter().all(|line| line.starts_with(place.unwrap_or_default())), "{found:?}");
    }
}

#[test]
fn power_has_to_suffice() {
    let check = |text: &str| power_check(&clean(text));
    assert_eq!(check("MONITOR u 1 n p primary\n"), Ok(()));
    assert_eq!(check("MINSUPPLIES 0\n"), Ok(()), "an onlooker");
    assert_eq!(check("MONITOR u 4294967295 n p primary\nMONITOR v 2 n p primary\n"), Ok(()));
    let lacking = check("MINSUPPLIES 5\nMONITOR u 1 n p primary\nMONITOR v 0 n p primary\n");
    assert_eq!(lacking, Err(Insufficient { sum: 1, minimum: 5 }));
    let text = "\nFatal error: insufficient power configured!\n\nSum of power values........: 1\n\
                Minimum value (MINSUPPLIES): 5\n\nEdit your upsmon.conf and change the values.";
    assert_eq!(lacking.map_err(|lack| lack.to_string()), Err(text.to_owned()));
    let line = "total power value (1) less than MINSUPPLIES (5)";
    assert_eq!(lacking.map_err(Insufficient::in_a_line), Err(line.to_owned()));
}

#[test]
fn junk_is_told_and_sets_nothing() {
    let all: Vec<u8> = (0..=255).collect();
    for bytes in [
        &b"\0"[..],
        b"\0\0\0 \0\n",
        b"MONITOR\0 u 1 n p primary\n\xff\xfe",
        b"\"",
        b"MONITOR \"u 1 n p primary",
        b"\\",
        b"SHUTDOWNIF\nSHUTDOWNIF \"\" \"\" \"\" \"\" \"\" \"\"\n",
        b"MONITOR \"\" \"\" \"\" \"\" \"\"\n",
        &all,
    ] {
        let config = read("f", bytes);
        let settings = Settings { ups: Vec::new(), ..config.settings };
        assert!(is_default(&settings), "{bytes:?}");
    }
    let (config, message) = one("SHUTDOWNCMD \"x # y\"\n");
    assert!(message.starts_with("1:16: Unbalanced word"), "{message}");
    assert_eq!((config.settings.shutdown_cmd, config.ignored), (None, 1));
    let config = read("f", b"POLLFREQ 7\0\n");
    assert_eq!(config.settings.poll_freq, seconds(7), "a NUL is left out and told");
    assert_eq!(config.diagnostics.len(), 1);
}

#[test]
fn huge_files_are_read() {
    let mut text = String::new();
    for n in 0..20_000 {
        text += &format!("MONITOR u{n}@h 1 n p primary\nSHUTDOWNIF u{n}@h battery.charge < 40\n");
    }
    text += &"MONITOR u1@h 1 n p primary\n".repeat(10_000);
    text += &format!("NOTIFYCMD \"{}\"\n", "x".repeat(200_000));
    let config = read("f", text.as_bytes());
    let settings = &config.settings;
    assert_eq!((settings.ups.len(), settings.thresholds.len()), (20_000, 20_000));
    assert_eq!(config.ignored, 10_000);
    assert_eq!(settings.notify_cmd.as_ref().map(String::len), Some(512), "NUT's longest word");
}
