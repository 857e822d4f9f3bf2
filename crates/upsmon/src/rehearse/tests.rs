//! Rehearsals by files and answers that are made up.

use super::*;
use crate::action::Sample;
use crate::config::read;

fn settings(file: &str) -> Settings {
    let file = format!(
        "{file}SHUTDOWNCMD \"/sbin/halt now\"\nPOWERDOWNFLAG /etc/killpower\nNOTIFYFLAG ONBATT SYSLOG\n"
    );
    let config = read("upsmon.conf", file.as_bytes());
    assert_eq!(config.diagnostics, []);
    config.settings
}

fn present(status: &str, others: &[&str]) -> Result<Present, String> {
    let variables = [("battery.charge".to_owned(), "90".to_owned())].into();
    let sample = Sample { status: status.to_owned(), variables, ..Sample::default() };
    let others = others.iter().map(|other| (*other).to_owned()).collect();
    Ok(Present { sample: Some(sample), others: Some(others), runtime: None })
}

fn rehearsal(file: &str, asked: &[Result<Present, String>]) -> String {
    tell(&settings(file), Path::new("upsmon.conf"), asked)
}

/// The lines of the table that say what happens, without why.
fn steps(file: &str, asked: &[Result<Present, String>]) -> Vec<String> {
    let text = rehearsal(file, asked);
    let is_step = |line: &&str| line.trim_start().starts_with('+');
    let shorten = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().filter(is_step).map(shorten).collect()
}

const PRIMARY: &str = "MONITOR u@h 1 n p primary\n";
const SECONDARY: &str = "MONITOR u@h 1 n p secondary\n";

#[test]
fn a_primary_with_a_secondary() {
    let text = rehearsal(PRIMARY, &[present("OL CHRG", &["192.0.2.7"])]);
    let expected = "\
Rehearsal of an outage on this host, by upsmon.conf.
Nothing is done: no login, no FSD, no flag, no command, no notice.

u@h (primary, power value 1): ups.status [OL CHRG], battery.charge 90; logged in besides this host: 192.0.2.7

Mains power is taken to fail everywhere right after a poll, and secondaries to stay for as
long as they may. Seconds count from the failure.

  seconds  UPS     what, and why
     +0.0  u@h     mains power fails
                     assumed
     +5.0  u@h     notice ONBATT: UPS u@h on battery
                     to syslog
    +60.0  u@h     the battery is low
                     at some time: how long the battery lasts is not known
    +60.0  u@h     notice LOWBATT: UPS u@h battery is low
                     to syslog, wall
    +60.0  u@h     critical: on battery and the battery is low
                     by OB and LB in ups.status; last ups.status [OB DISCHRG LB]
    +60.0  (host)  0 of 1 supplies left: this host has to go down
                     by MINSUPPLIES (default); critical: u@h
    +60.0  u@h     this host asks for FSD
                     as its primary
    +60.0  u@h     FSD is set
                     by this host
    +60.0  u@h     notice FSD: UPS u@h: forced shutdown in progress
                     to syslog, wall
    +60.0  u@h     waits up to 15 s for 1 other login(s)
                     by HOSTSYNC (default); there now: 192.0.2.7
    +60.0  (host)  notice SHUTDOWN_HOSTSYNC: Shutdown initiated; primary system is waiting for secondaries to log out or time out
                     to syslog, wall
    +75.0  (host)  has waited long enough
                     by HOSTSYNC (default)
    +75.0  (host)  on all terminals: Executing automatic power-fail shutdown
    +75.0  (host)  notice SHUTDOWN: Auto logout and shutdown proceeding
                     to syslog, wall
    +75.0  (host)  waits 5 s more
                     by FINALDELAY (default)
    +80.0  (host)  order: tell the service manager
    +80.0  (host)  order: write /etc/killpower
                     by POWERDOWNFLAG (upsmon.conf line 3)
    +80.0  (host)  order: run /sbin/halt now
                     by SHUTDOWNCMD (upsmon.conf line 2)
    +80.0  (host)  leaves its servers
    +80.0  (host)  upsmon ends with status 0
                     by SHUTDOWNEXIT (default)

This host would begin to go down 80 s after mains power failed.
";
    assert_eq!(text, expected);
}

/// Each of these steps is there, in this order.
fn in_order(steps: &[String], wanted: &[&str]) {
    let mut rest = steps.iter();
    for step in wanted {
        assert!(rest.any(|found| found.contains(step)), "{step} in {steps:#?}");
    }
}

#[test]
fn alone_a_primary_waits_for_nobody() {
    let steps = steps(PRIMARY, &[present("OL", &[])]);
    in_order(
        &steps,
        &["+60.0 u@h FSD is set", "+60.0 (host) nobody else", "+65.0 (host) order: run"],
    );
    assert!(!steps.iter().any(|step| step.contains("waits up to")));
}

#[test]
fn a_secondary_goes_by_its_primary_and_sets_nothing() {
    let file = &format!("{SECONDARY}SHUTDOWNEXIT no\n");
    let steps = steps(file, &[present("OL", &["192.0.2.1"])]);
    in_order(
        &steps,
        &[
            "+60.0 u@h the battery is low",
            "+60.0 u@h critical 15 s after the last good poll unless that changes: on battery, the battery low, and no",
            "+65.0 u@h its primary sets FSD",
            "+65.0 u@h critical: forced shutdown is set",
            "+70.0 (host) order: run",
        ],
    );
    assert!(!steps.iter().any(|step| step.contains("asks for FSD") || step.contains("leaves")));
    assert!(rehearsal(file, &[present("OL", &[])]).ends_with("(SHUTDOWNEXIT).\n"));
}

#[test]
fn the_first_rule_to_hold_wins() {
    let file = &format!(
        "{PRIMARY}SHUTDOWNIF u@h onbattery FOR 600\nSHUTDOWNIF u@h battery.charge < 40 FOR 5\n"
    );
    let known = steps(file, &[present("OL", &[])]);
    in_order(
        &known,
        &[
            "+0.0 u@h critical as soon as battery.charge < 40 for 5 s, should that come first",
            "+5.0 u@h critical 600 s after the last good poll unless that changes: on battery",
            "+605.0 u@h critical: on battery and past a threshold",
            "+610.0 (host) order: run",
        ],
    );
    assert!(!known.iter().any(|step| step.contains("battery is low")));
    let text = rehearsal(file, &[present("OL", &[])]);
    assert!(text.contains("FOR 5 (upsmon.conf line 3); battery.charge is 90 now"), "{text}");
    // A battery that does not last that long is low before.
    let short = present("OL", &[])
        .map(|known| Present { runtime: Some(Duration::from_secs(300)), ..known });
    in_order(
        &steps(file, &[short]),
        &["+300.0 u@h the battery is low", "+305.0 (host) order: run"],
    );
}

#[test]
fn enough_supplies_keep_a_host_up() {
    let two = format!("{PRIMARY}MONITOR v@h 1 n p secondary\n");
    let calm = || present("OL", &[]);
    let text = rehearsal(&format!("{PRIMARY}MINSUPPLIES 0\n"), &[calm()]);
    assert!(text.ends_with("go down: it needs 0 supplies, by MINSUPPLIES (upsmon.conf line 2).\n"));
    assert!(text.contains("critical: on battery") && !text.contains("order:"), "{text}");
    // Both fail in an outage: what feeds a host from two lines feeds it no more.
    let steps = steps(&two, &[calm(), calm()]);
    in_order(
        &steps,
        &["u@h critical", "v@h critical: forced", "0 of 1", "u@h FSD is set", "order: run"],
    );
    assert!(!steps.iter().any(|step| step.contains("v@h FSD is set")), "{steps:#?}");
}

#[test]
fn what_is_known_of_now_counts() {
    let forced = steps(PRIMARY, &[present("FSD OL", &[])]);
    in_order(&forced, &["+0.0 u@h critical: forced shutdown is set", "+5.0 (host) order: run"]);
    let file = format!("{PRIMARY}SHUTDOWNCANCEL yes\n");
    in_order(
        &steps(&file, &[present("OL", &[])]),
        &[
            "+60.0 (host) Shutdown in 5 s unless power returns",
            "+65.0 u@h FSD is set",
            "+70.0 (host) order",
        ],
    );
    let silent = rehearsal(PRIMARY, &[Err("Connection refused".to_owned())]);
    assert!(silent.contains("): could not be asked: Connection refused\n"));
    assert!(silent.contains("cannot tell who is logged in"), "{silent}");
    let old = present("OL", &[]).map(|known| Present { others: None, ..known });
    let text = rehearsal(PRIMARY, &[old]);
    assert!(text.contains("does not tell who is logged in"), "{text}");
    assert!(!text.contains("there now"), "nobody can be named: {text}");
}

#[test]
fn the_runtime_is_what_is_left_until_the_battery_is_low() {
    let known = |pairs: &[(&str, &str)]| Known {
        variables: pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
    };
    let low = ("battery.runtime.low", "120");
    let seconds = |pairs: &[(&str, &str)]| runtime(&known(pairs)).map(|time| time.as_secs());
    assert_eq!(seconds(&[("battery.runtime", "1800.7"), low]), Some(1680));
    assert_eq!(seconds(&[("battery.runtime", "60"), low]), Some(60), "low already");
    assert_eq!(seconds(&[("battery.runtime", "0"), low]), None);
    assert_eq!(seconds(&[("battery.runtime", "NaN")]), None);
    assert_eq!(seconds(&[("battery.runtime", "-5")]), None);
    assert_eq!(seconds(&[low]), None);
}
