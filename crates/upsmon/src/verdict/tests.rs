//! Observations and settings in, verdicts with their times out.

use super::*;
use crate::action::Sample;
use crate::settings::{Condition, Threshold};

const fn at(seconds: u64) -> Time {
    Duration::from_secs(seconds)
}

/// A row of what happened, one thing a second from second 1: a status, or `-` for a failed poll.
type Row<'a> = &'a [&'a str];

fn observed(row: Row<'_>, settings: &Settings) -> Observed {
    let mut observed = Observed::new(at(0));
    for (now, status) in (1..).map(at).zip(row) {
        if *status == "-" {
            observed.on_failure(now, settings);
        } else {
            let sample = Sample { status: (*status).to_owned(), ..Sample::default() };
            observed.on_sample(now, &sample, settings);
            observed.weigh(now, settings.thresholds.iter().enumerate());
        }
    }
    observed
}

/// The second from which on a UPS is critical after such a row, and why; none for never.
fn critical(row: Row<'_>, role: Role, settings: &Settings) -> Option<(u64, Reason)> {
    let observed = observed(row, settings);
    let begin = row.len() as u64;
    (begin..begin + 100).find_map(|second| {
        match judge(&observed, role, settings, Guards::default(), at(second)) {
            Verdict::Critical(reason) => Some((second, reason)),
            _ => None,
        }
    })
}

fn settings() -> Settings {
    let rules = Rules { dead_time: at(15), host_sync: at(30), ..Rules::default() };
    Settings { rules, ..Settings::default() }
}

#[test]
fn a_primary_goes_when_the_battery_is_low() {
    let primary = |row: Row<'_>| critical(row, Role::Primary, &settings());
    assert_eq!(primary(&["OL"]), None);
    assert_eq!(primary(&["OB"]), None);
    assert_eq!(primary(&["OL LB"]), None);
    assert_eq!(primary(&["OB LB"]), Some((1, Reason::LowBattery)));
    assert_eq!(primary(&["OB", "CHRG LB"]), Some((2, Reason::LowBattery)));
    assert_eq!(primary(&["OB LB", "OL"]), None);
    assert_eq!(primary(&["OL FSD"]), Some((1, Reason::ForcedShutdown)));
    assert_eq!(primary(&["OL FSD", "-"]), Some((2, Reason::ForcedShutdown)));
    assert_eq!(primary(&["OB LB CAL"]), None);
    assert_eq!(primary(&["OB LB CAL", "OB LB"]), Some((2, Reason::LowBattery)), "CAL is over");
}

#[test]
fn a_secondary_waits_for_fsd_and_then_for_hostsync() {
    let secondary = |row: Row<'_>| critical(row, Role::Secondary, &settings());
    assert_eq!(secondary(&["OB LB"]), Some((32, Reason::PrimarySilent)), "from the first poll on");
    assert_eq!(secondary(&["OL", "OB LB"]), Some((33, Reason::PrimarySilent)), "from its sight on");
    assert_eq!(secondary(&["OL", "OB LB", "OB LB"]), Some((33, Reason::PrimarySilent)), "once");
    assert_eq!(
        secondary(&["OL", "OB LB", "-"]),
        Some((33, Reason::PrimarySilent)),
        "in silence too"
    );
    assert_eq!(
        secondary(&["OB LB CAL", "OB LB"]),
        Some((33, Reason::PrimarySilent)),
        "CAL is over"
    );
    let again = secondary(&["OB LB", "OL", "OB LB"]);
    assert_eq!(again, Some((34, Reason::PrimarySilent)), "each outage anew");
    assert_eq!(secondary(&["OL", "OB LB", "OL FSD"]), Some((3, Reason::ForcedShutdown)));
    let lost = secondary(&["OB", "-"]);
    assert_eq!(lost, Some((32, Reason::PrimaryLost)), "the longer of DEADTIME and HOSTSYNC");
    assert_eq!(
        secondary(&["OB LB", "-"]),
        Some((32, Reason::PrimarySilent)),
        "low when it was lost"
    );
}

#[test]
fn nobody_is_told_of_a_low_battery_that_was_not_seen() {
    let mut settings = settings();
    settings.origins.file = "upsmon.conf".to_owned();
    settings.origins.lines.insert("HOSTSYNC".to_owned(), 4);
    let told = |row: Row<'_>| {
        let (_, reason) = critical(row, Role::Secondary, &settings).unwrap();
        format!("{reason}, by {}", reason.rule(&settings))
    };
    assert_eq!(
        told(&["OB", "-"]),
        "on battery when last heard of, and the server silent since, by DEADTIME (default) and \
         HOSTSYNC (upsmon.conf line 4)"
    );
    assert_eq!(
        told(&["OB LB"]),
        "on battery, the battery low, and no word from the primary, by HOSTSYNC (upsmon.conf line 4)"
    );
}

#[test]
fn silence_is_granted_deadtime() {
    let primary = |row: Row<'_>| critical(row, Role::Primary, &settings());
    assert_eq!(primary(&["-", "-"]), None, "never heard of");
    assert_eq!(primary(&["OL", "-"]), None);
    assert_eq!(primary(&["OL TRIM BOOST ECO RB", "-"]), None);
    assert_eq!(primary(&["OB", "-"]), Some((17, Reason::Dead)));
    assert_eq!(primary(&["OB LB", "-"]), Some((2, Reason::LowBattery)), "no mercy");
    for (status, token) in [
        ("OL CAL", Token::Calibrating),
        ("OL BYPASS", Token::Bypass),
        ("OL ALARM", Token::Alarm),
        ("OL OFF", Token::Off),
    ] {
        assert_eq!(primary(&[status, "-"]), Some((17, Reason::LostIn(token))), "{status}");
        assert_eq!(primary(&[status, "OL", "-"]), None, "{status} is over");
    }
    assert_eq!(primary(&["OL OVER", "-"]), None, "OVERDURATION is off");
}

#[test]
fn states_count_as_they_are_set_to() {
    let mut settings = settings();
    let dead = |settings: &Settings, row: Row<'_>| critical(row, Role::Primary, settings);
    assert_eq!(dead(&settings, &["OL OFF"]), Some((32, Reason::Off)));
    assert_eq!(dead(&settings, &["OL OFF", "OL", "OL OFF"]), Some((34, Reason::Off)), "anew");
    settings.rules.off_duration = Some(at(0));
    assert_eq!(dead(&settings, &["OL OFF"]), Some((1, Reason::Off)));
    assert_eq!(dead(&settings, &["OL OFF", "-"]), Some((2, Reason::Off)), "stays critical");
    settings.rules.off_duration = None;
    assert_eq!(dead(&settings, &["OL OFF"]), None);
    assert_eq!(dead(&settings, &["OL OFF", "-"]), None);
    settings.rules.alarm_critical = false;
    assert_eq!(dead(&settings, &["OL ALARM", "-"]), None);
    settings.rules.over_duration = Some(at(40));
    assert_eq!(dead(&settings, &["OL OVER"]), None, "while it is heard of");
    let lost = dead(&settings, &["OL OVER", "-"]);
    assert_eq!(lost, Some((41, Reason::LostIn(Token::Overload))));
}

#[test]
fn a_low_battery_can_be_asked_to_last() {
    let mut settings = settings();
    settings.rules.oblb_duration = at(20);
    let critical = |row: Row<'_>, role| critical(row, role, &settings);
    assert_eq!(critical(&["OB LB"], Role::Primary), Some((21, Reason::LowBattery)));
    assert_eq!(critical(&["LB OL", "OB LB"], Role::Primary), Some((22, Reason::LowBattery)));
    assert_eq!(critical(&["OB LB", "OB", "OB LB"], Role::Primary), Some((23, Reason::LowBattery)));
    assert_eq!(critical(&["OB LB"], Role::Secondary), Some((32, Reason::PrimarySilent)));
    settings.rules.host_sync = at(5);
    let secondary = super::tests::critical(&["OB LB"], Role::Secondary, &settings);
    assert_eq!(secondary, Some((21, Reason::PrimarySilent)), "the longer one");
}

#[test]
fn thresholds_count_on_battery_for_either_role() {
    let mut settings = settings();
    settings.rules.dead_time = at(1000);
    let lasting = at(60);
    let condition = Condition::OnBattery;
    settings.thresholds = vec![Threshold { ups: "u".to_owned(), condition, lasting, line: 7 }];
    for role in [Role::Primary, Role::Secondary] {
        let critical = |row: Row<'_>| critical(row, role, &settings);
        assert_eq!(critical(&["OL"]), None);
        assert_eq!(critical(&["OB", "OB"]), Some((61, Reason::Threshold(0))));
        assert_eq!(critical(&["OB", "-"]), Some((61, Reason::Threshold(0))), "no good news");
        assert_eq!(critical(&["OB", "OL", "OB"]), Some((63, Reason::Threshold(0))));
        assert_eq!(critical(&["OB CAL"]), None, "calibration");
    }
    settings.origins.file = "upsmon.conf".to_owned();
    let rule = Reason::Threshold(0).rule(&settings);
    assert_eq!(rule, "SHUTDOWNIF u onbattery FOR 60 (upsmon.conf line 7)");
}

#[test]
fn the_sooner_reason_is_told() {
    let settings = settings();
    let observed = observed(&["OB BYPASS OFF", "-"], &settings);
    let verdict = judge(&observed, Role::Primary, &settings, Guards::default(), at(3));
    let Verdict::Waiting { until, reason } = verdict else { panic!("{verdict:?}") };
    assert_eq!((until, reason), (at(16) + Duration::from_millis(1), Reason::LostIn(Token::Bypass)));
}
