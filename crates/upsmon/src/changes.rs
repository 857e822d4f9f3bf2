//! What a reload changes, in words for the log.
//!
//! Compares two configurations; NUT 2.8.5's texts where it has one. Taking the new one over is for
//! `monitor`, whether it may be taken over for `startup`. Pure.

use crate::action::Level;
use crate::config::{armed, watched};
use crate::settings::{Role, Settings, Threshold, UpsSettings};
use std::collections::BTreeMap;

/// One line for the log.
pub type Line = (Level, String);

/// The lines a reload from `old` to `new` is worth. `split` says whether a root process does what root
/// has to do: it goes by what it read at the start.
pub fn changes(old: &Settings, new: &Settings, split: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    lines.extend(throttle(old, new));
    if split {
        lines.extend(of_the_root_process(old, new));
    }
    lines.extend(of_the_start(old, new));
    lines.extend(upses(old, new));
    lines.extend(thresholds(old, new));
    lines
}

/// The counts begin anew with every reload.
fn throttle(old: &Settings, new: &Settings) -> Vec<Line> {
    let forgotten = old.poll_fail_throttle.map(|n| {
        format!(
            "Forgetting POLLFAIL_LOG_THROTTLE_MAX={n} and resetting UPS error-state counters before \
             a configuration reload"
        )
    });
    let applied = new
        .poll_fail_throttle
        .map(|n| format!("Applying POLLFAIL_LOG_THROTTLE_MAX {n} from upsmon.conf"));
    forgotten.into_iter().chain(applied).map(info).collect()
}

fn of_the_root_process(old: &Settings, new: &Settings) -> Vec<Line> {
    let changed = [
        ("SHUTDOWNCMD", old.shutdown_cmd != new.shutdown_cmd),
        ("POWERDOWNFLAG", old.power_down_flag != new.power_down_flag),
    ];
    restart(&changed, " in split-process mode")
}

/// NUT says nothing of these, and does nothing either.
fn of_the_start(old: &Settings, new: &Settings) -> Vec<Line> {
    let (before, after) = (&old.tls, &new.tls);
    let changed = [
        ("RUN_AS_USER", old.run_as_user != new.run_as_user),
        ("CERTPATH", before.cert_path != after.cert_path),
        ("CERTIDENT", before.cert_ident != after.cert_ident),
        ("CERTHOST", before.cert_hosts != after.cert_hosts),
    ];
    restart(&changed, "")
}

fn restart(changed: &[(&str, bool)], mode: &str) -> Vec<Line> {
    let lines = |name: &str| {
        [
            format!("Warning: {name} redefined{mode}!"),
            "You must restart upsmon for this change to work".to_owned(),
        ]
    };
    let names = changed.iter().filter(|(_, changed)| *changed).map(|(name, _)| *name);
    names.flat_map(lines).map(|text| (Level::Warning, text)).collect()
}

fn upses(old: &Settings, new: &Settings) -> Vec<Line> {
    let old_by_name: BTreeMap<&str, &UpsSettings> = by_name(old);
    let new_by_name = by_name(new);
    let here = new.ups.iter().flat_map(|ups| match old_by_name.get(ups.name.as_str()) {
        Some(before) => redefined(before, ups),
        None => vec![info(watched(ups))],
    });
    let gone = old.ups.iter().filter(|ups| !new_by_name.contains_key(ups.name.as_str()));
    let gone = gone.map(|ups| format!("No longer monitoring UPS [{}]", ups.name));
    here.chain(gone.map(|text| (Level::Notice, text))).collect()
}

fn by_name(settings: &Settings) -> BTreeMap<&str, &UpsSettings> {
    settings.ups.iter().map(|ups| (ups.name.as_str(), ups)).collect()
}

fn redefined(old: &UpsSettings, new: &UpsSettings) -> Vec<Line> {
    let role = match new.role {
        Role::Primary => "as a primary",
        Role::Secondary => "as a secondary",
    };
    let power_value = format!("power value to {}", new.power_value);
    let changed = [
        (old.power_value != new.power_value, power_value.as_str()),
        (old.user != new.user, "username"),
        (old.password != new.password, "password"),
        (old.role != new.role, role),
    ];
    let what = changed.iter().filter(|(changed, _)| *changed);
    what.map(|(_, what)| info(format!("UPS [{}]: redefined {what}", new.name))).collect()
}

/// Where a line stands makes no difference.
fn thresholds(old: &Settings, new: &Settings) -> Vec<Line> {
    let same = |a: &Threshold, b: &Threshold| {
        (&a.ups, &a.condition, a.lasting) == (&b.ups, &b.condition, b.lasting)
    };
    let only = |here: &[Threshold], there: &[Threshold]| -> Vec<Threshold> {
        here.iter().filter(|a| !there.iter().any(|b| same(a, b))).cloned().collect()
    };
    let gone = only(&old.thresholds, &new.thresholds);
    let come = only(&new.thresholds, &old.thresholds);
    let gone = gone.iter().map(|threshold| format!("No longer armed: {threshold}"));
    gone.chain(come.iter().map(armed)).map(info).collect()
}

fn info(text: String) -> Line {
    (Level::Info, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read;

    const BEFORE: &str = "MONITOR a@h 1 n p primary\nMONITOR b@h 1 n p secondary\n\
        MONITOR c@h 1 n p secondary\nSHUTDOWNCMD off\nPOWERDOWNFLAG /k\nRUN_AS_USER nut\n\
        CERTIDENT n p\nSHUTDOWNIF a@h battery.charge < 40\nSHUTDOWNIF a@h onbattery FOR 60\n";

    fn told(before: &str, after: &str, split: bool) -> Vec<Line> {
        let settings = |text: &str| {
            let config = read("upsmon.conf", text.as_bytes());
            assert_eq!(config.diagnostics, []);
            config.settings
        };
        changes(&settings(before), &settings(after), split)
    }

    fn texts(before: &str, after: &str, split: bool) -> Vec<String> {
        told(before, after, split).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn nothing_changed_nothing_told() {
        assert_eq!(told(BEFORE, BEFORE, true), []);
        let moved = format!("# remark\n\n{BEFORE}DEADTIME 20\nNOTIFYCMD x\n");
        assert_eq!(told(BEFORE, &moved, true), [], "other lines, other places, other times");
    }

    #[test]
    fn each_change_has_its_line() {
        let restart = "You must restart upsmon for this change to work";
        for (from, to, expected) in [
            ("a@h 1", "a@h 2", vec!["UPS [a@h]: redefined power value to 2"]),
            ("b@h 1 n p", "b@h 1 m p", vec!["UPS [b@h]: redefined username"]),
            ("b@h 1 n p", "b@h 1 n q", vec!["UPS [b@h]: redefined password"]),
            ("b@h 1 n p secondary", "b@h 1 n p primary", vec!["UPS [b@h]: redefined as a primary"]),
            ("a@h 1 n p primary", "a@h 1 n p slave", vec!["UPS [a@h]: redefined as a secondary"]),
            (
                "a@h 1 n p primary",
                "a@h 3 m q slave",
                vec![
                    "UPS [a@h]: redefined power value to 3",
                    "UPS [a@h]: redefined username",
                    "UPS [a@h]: redefined password",
                    "UPS [a@h]: redefined as a secondary",
                ],
            ),
            (
                "MONITOR c@h 1",
                "MONITOR d@h 0",
                vec!["UPS: d@h (monitoring only)", "No longer monitoring UPS [c@h]"],
            ),
            (
                "SHUTDOWNCMD off\n",
                "",
                vec!["Warning: SHUTDOWNCMD redefined in split-process mode!", restart],
            ),
            (
                "POWERDOWNFLAG /k",
                "POWERDOWNFLAG /l",
                vec!["Warning: POWERDOWNFLAG redefined in split-process mode!", restart],
            ),
            ("USER nut", "USER ups", vec!["Warning: RUN_AS_USER redefined!", restart]),
            ("CERTIDENT n p", "CERTPATH /c", {
                let certs = ["Warning: CERTPATH redefined!", restart];
                [certs, ["Warning: CERTIDENT redefined!", restart]].concat()
            }),
            (
                "charge < 40",
                "charge < 30 FOR 5",
                vec![
                    "No longer armed: SHUTDOWNIF a@h battery.charge < 40",
                    "Armed: SHUTDOWNIF a@h battery.charge < 30 FOR 5 (line 8)",
                ],
            ),
        ] {
            let after = BEFORE.replacen(from, to, 1);
            assert_ne!(after, BEFORE, "{from}");
            assert_eq!(texts(BEFORE, &after, true), expected, "{from} -> {to}");
        }
    }

    #[test]
    fn one_process_takes_over_what_root_does() {
        let after = BEFORE.replace("SHUTDOWNCMD off", "SHUTDOWNCMD halt").replace("/k", "/l");
        assert_eq!(told(BEFORE, &after, false), []);
        assert_eq!(told(BEFORE, &after, true).len(), 4);
    }

    #[test]
    fn throttled_messages_begin_anew() {
        let lines = texts("POLLFAIL_LOG_THROTTLE_MAX 3\n", "POLLFAIL_LOG_THROTTLE_MAX 0\n", true);
        let expected = [
            "Forgetting POLLFAIL_LOG_THROTTLE_MAX=3 and resetting UPS error-state counters before a \
             configuration reload",
            "Applying POLLFAIL_LOG_THROTTLE_MAX 0 from upsmon.conf",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_lost_ups_weighs_more_than_the_rest() {
        let levels = told(BEFORE, &BEFORE.replace("b@h 1", "x@h 1"), true);
        assert_eq!(
            levels.iter().map(|(l, _)| *l).collect::<Vec<_>>(),
            [Level::Info, Level::Notice]
        );
    }
}
