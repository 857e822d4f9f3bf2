//! Polls in, notices out: what counts as news of a UPS.

use super::*;
use crate::settings::Op;

const fn at(seconds: u64) -> Time {
    Duration::from_secs(seconds)
}

fn sample(status: &str) -> Sample {
    Sample { status: status.to_owned(), ..Sample::default() }
}

/// Notices of a row of samples, a second apart.
fn told(rows: &[(&str, &str)]) {
    let (mut observed, settings) = (Observed::new(at(0)), Settings::default());
    for (n, (status, expected)) in rows.iter().enumerate() {
        let news = match *status {
            "-" => observed.on_failure(at(n as u64), &settings).into_iter().collect(),
            _ => observed.on_sample(at(n as u64), &sample(status), &settings),
        };
        let words: Vec<String> = news
            .into_iter()
            .map(|news| match news.extra.as_str() {
                "" => news.kind.to_string(),
                extra => format!("{}[{extra}]", news.kind),
            })
            .collect();
        assert_eq!(words.join(" "), *expected, "row {n}: {status}");
    }
}

#[test]
fn power_comes_and_goes() {
    told(&[
        ("OL", ""),
        ("OB DISCHRG", "ONBATT"),
        ("OB", ""),
        ("CHRG LB", "LOWBATT"),
        ("OB LB", ""),
        ("ob lb", ""),
        ("OL CHRG", "ONLINE"),
        ("OL LB", "LOWBATT"),
        ("OL OB", "ONBATT"),
        ("OL OB", ""),
        ("OB OL", "ONLINE"),
    ]);
    told(&[("OB LB", "ONBATT LOWBATT"), ("-", "COMMBAD"), ("-", ""), ("OL", "COMMOK ONLINE")]);
}

#[test]
fn states_have_a_beginning_and_an_end() {
    told(&[
        ("OL CAL OFF BYPASS OVER TRIM BOOST ECO", "CAL OFF BYPASS OVER TRIM BOOST ECO"),
        ("OL ECO BOOST", "NOTCAL NOTOFF NOTBYPASS NOTOVER NOTTRIM"),
        ("OL", "NOTBOOST NOTECO"),
        ("FSD OL", "FSD"),
        ("FSD OL", ""),
        ("OL", ""),
        ("FSD OL", "FSD"),
    ]);
    // A word is a word: NUT 2.8.5 finds OVER in OVERHEAT and FSD in XFSDX.
    told(&[("OL OVER", "OVER"), ("OL OVERHEAT", "NOTOVER OTHER[OVERHEAT]")]);
    told(&[("FSD OL", "FSD"), ("XFSDX OL", "OTHER[XFSDX]"), ("FSD OL", "FSD NOTOTHER")]);
}

#[test]
fn unknown_words_are_told_when_their_set_changes() {
    told(&[
        ("OL FOO BAR", "OTHER[FOO BAR]"),
        ("OL BAR FOO", ""),
        ("OL FOO", "OTHER[FOO]"),
        ("OL", "NOTOTHER"),
        ("OL", ""),
    ]);
}

#[test]
fn alarms_are_told_when_their_text_changes() {
    let (mut observed, settings) = (Observed::new(at(0)), Settings::default());
    let rows = [
        ("ALARM OL", Some("hot"), Some("hot")),
        ("ALARM OL", Some("hot"), None),
        ("ALARM OL", Some("hotter"), Some("hotter")),
        ("ALARM OL", None, Some("n/a")),
        ("OL", None, Some("")),
        ("ALARM OL", Some("n/a"), Some("n/a")),
    ];
    for (n, (status, alarm, expected)) in rows.into_iter().enumerate() {
        let sample = Sample { alarm: alarm.map(str::to_owned), ..sample(status) };
        let news = observed.on_sample(at(n as u64), &sample, &settings);
        assert_eq!(news.first().map(|news| news.extra.as_str()), expected, "row {n}");
    }
    assert_eq!(observed.states[&Token::Alarm], at(5), "since it began anew");
}

#[test]
fn economy_is_what_the_buzzwords_say_it_is() {
    for (words, eco) in [
        ("", false),
        ("vendor:eaton:ESS", true),
        ("vendor:apc:SMARTBOOST", false),
        ("vendor:default:eco", true),
        ("a:NORMAL b:HE", true),
        ("ECO", false),
        ("vendor:abc:abc", false),
    ] {
        assert_eq!(says_eco(words), eco, "{words}");
    }
}

#[test]
fn a_worn_battery_is_told_again_after_rbwarntime() {
    let mut settings = Settings { rb_warn_time: at(100), ..Settings::default() };
    let mut observed = Observed::new(at(0));
    let told = |observed: &mut Observed, settings: &Settings, second, status| {
        !observed.on_sample(at(second), &sample(status), settings).is_empty()
    };
    observed.on_sample(at(0), &sample("OL"), &settings);
    assert!(told(&mut observed, &settings, 1, "OL RB"));
    assert!(!told(&mut observed, &settings, 101, "OL RB"));
    assert!(told(&mut observed, &settings, 102, "OL RB"));
    assert!(!told(&mut observed, &settings, 103, "OL"));
    assert!(!told(&mut observed, &settings, 104, "OL RB"), "a flap is no news");
    settings.rb_duration = at(10);
    assert!(told(&mut observed, &settings, 300, "OL RB"), "lasts since 104");
    assert!(!told(&mut observed, &settings, 301, "OL"));
    assert!(!told(&mut observed, &settings, 500, "OL RB"));
    assert!(!told(&mut observed, &settings, 509, "OL RB"));
    assert!(told(&mut observed, &settings, 510, "OL RB"));
}

#[test]
fn long_silence_is_told_now_and_then() {
    let settings = Settings { no_comm_warn_time: at(10), ..Settings::default() };
    let mut observed = Observed::new(at(100));
    let kinds = [101, 102, 109, 110, 111, 120, 121].map(|second| {
        observed.on_failure(at(second), &settings).map_or("", |news| news.kind.word())
    });
    assert_eq!(kinds, ["COMMBAD", "", "", "NOCOMM", "", "", "NOCOMM"]);
}

#[test]
fn thresholds_hold_on_battery_and_by_numbers_only() {
    let charge = |op, value| Threshold {
        ups: "u".to_owned(),
        condition: Condition::Variable {
            name: "battery.charge".to_owned(),
            op,
            value: crate::decimal::Decimal::parse(value).unwrap(),
        },
        lasting: at(0),
        line: 1,
    };
    let on_battery = Threshold { condition: Condition::OnBattery, ..charge(Op::Less, "0") };
    let thresholds = [charge(Op::Less, "40"), on_battery];
    let mut observed = Observed::new(at(0));
    let settings = Settings::default();
    for (second, status, charge, holding) in [
        (1, "OL", "10", vec![]),
        (2, "OB", "50", vec![(1, at(2))]),
        (3, "OB", "39.9", vec![(0, at(3)), (1, at(2))]),
        (4, "OB", "30", vec![(0, at(3)), (1, at(2))]),
        (5, "OB", "low", vec![(1, at(2))]),
        (6, "OB", "", vec![(1, at(2))]),
        (7, "OB", "12", vec![(0, at(7)), (1, at(2))]),
        (8, "OL", "12", vec![]),
    ] {
        let mut sample = sample(status);
        sample.variables.insert("battery.charge".to_owned(), charge.to_owned());
        observed.on_sample(at(second), &sample, &settings);
        observed.weigh(at(second), thresholds.iter().enumerate());
        assert_eq!(observed.holding.clone().into_iter().collect::<Vec<_>>(), holding, "{second}");
    }
}
