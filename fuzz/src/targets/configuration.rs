//! Configuration: positions lie in the file, what is clean is read without complaint, and upsmon takes
//! from no bytes whatever more than it can keep.

use crate::Target;
use nut_proto::conf::ups_conf::UpsConf;
use nut_proto::conf::{ConfLine, Diagnostic, Position, parse, sections};
use nut_proto::line::quote;
use std::collections::BTreeSet;
use std::time::Duration;
use upsmon::changes::changes;
use upsmon::config::{Config, power_check, read};
use upsmon::settings::{Settings, ShutdownExit};

pub const TARGET: Target = Target {
    name: "configuration",
    run,
    words: &[
        "[ups]",
        "[my ups]",
        "driver = ",
        "port=auto",
        "\n",
        "\"",
        "\\\n",
        "# ",
        "LISTEN ",
        "MAXAGE ",
        "password = ",
        "upsmon primary",
        "actions = SET",
        "\u{201c}",
        "\u{feff}",
        "MONITOR u@h 1 n p primary\n",
        "SHUTDOWNIF u@h ",
        "battery.charge <= 40 ",
        "onbattery FOR 60",
        "NOTIFYFLAG ONBATT SYSLOG+EXEC",
        "NOTIFYMSG ALARM \"%s %s\"",
        "SHUTDOWNEXIT ",
        "-1",
        "99999999999",
    ],
};

fn run(data: &[u8]) {
    let (lines, diagnostics) = parse("f", data);
    let last = 1 + data.iter().filter(|&&b| b == b'\n').count();
    let inside = |at: Position| at.line >= 1 && at.line as usize <= last && at.column >= 1;
    assert!(lines.iter().flat_map(|l| &l.words).all(|w| inside(w.position)));
    assert!(diagnostics.iter().map(Diagnostic::position).all(inside));
    again(&lines);

    let (blocks, more) = sections("f", lines.clone());
    assert!(more.iter().map(Diagnostic::position).all(inside));
    let kept: usize = blocks.iter().map(|b| b.lines.len()).sum();
    assert!(kept <= lines.len());

    let (conf, all) = UpsConf::parse("f", data);
    assert!(all.windows(2).all(|two| two[0].position() <= two[1].position()), "file order");
    for settings in conf.sections.iter().map(|s| &s.settings).chain([&conf.global]) {
        let mut told = Vec::new();
        for entry in &settings.entries {
            settings.int(&entry.key, &mut told);
            settings.bool(&entry.key, &mut told);
            settings.flag(&entry.key, &mut told);
        }
        assert!(told.iter().map(Diagnostic::position).all(inside));
    }
    upsmon(&read("f", data), last);
}

/// What upsmon goes by: no name twice, no threshold that it could not judge, no time that could
/// overflow, and an effect or a word for every line.
fn upsmon(config: &Config, last: usize) {
    let Config { settings, diagnostics, ignored, .. } = config;
    assert!(diagnostics.windows(2).all(|two| two[0].position() <= two[1].position()), "file order");
    assert!(diagnostics.iter().all(|d| d.line >= 1 && d.line as usize <= last && d.column >= 1));
    assert!(*ignored <= diagnostics.len(), "nothing is passed over in silence");
    let names: BTreeSet<&str> = settings.ups.iter().map(|ups| ups.name.as_str()).collect();
    assert_eq!(names.len(), settings.ups.len());
    assert!(settings.thresholds.iter().all(|t| names.contains(t.ups.as_str())));
    assert!(settings.thresholds.iter().all(|t| t.line as usize <= last));
    assert!(times(settings).into_iter().all(|time| time <= Duration::from_secs(i32::MAX as u64)));
    assert!(settings.poll_freq.min(settings.poll_freq_alert) >= Duration::from_secs(1));
    assert_eq!(power_check(settings).is_ok(), settings.power_values() >= settings.min_supplies);
    let quiet = Settings { poll_fail_throttle: None, ..settings.clone() };
    assert_eq!(changes(&quiet, &quiet, true), []);
}

fn times(settings: &Settings) -> Vec<Duration> {
    let rules = &settings.rules;
    let exit = match settings.shutdown_exit {
        ShutdownExit::After(time) => time,
        ShutdownExit::Never => Duration::ZERO,
    };
    let some = [rules.off_duration, rules.over_duration].into_iter().flatten();
    let all = [
        exit,
        settings.poll_freq,
        settings.poll_freq_alert,
        settings.final_delay,
        settings.rb_warn_time,
        settings.no_comm_warn_time,
        settings.rb_duration,
        rules.dead_time,
        rules.host_sync,
        rules.oblb_duration,
    ];
    all.into_iter().chain(some).chain(settings.thresholds.iter().map(|t| t.lasting)).collect()
}

/// The same words, written cleanly, give the same words and no complaint but about limits.
fn again(lines: &[ConfLine]) {
    let quoted = |l: &ConfLine| l.texts().iter().map(|t| quote(t)).collect::<Vec<_>>().join(" ");
    let text: String = lines.iter().map(|l| quoted(l) + "\n").collect();
    let (same, complaints) = parse("f", text.as_bytes());
    assert_eq!(
        same.iter().map(ConfLine::texts).collect::<Vec<_>>(),
        lines.iter().map(ConfLine::texts).collect::<Vec<_>>()
    );
    assert!(complaints.iter().all(|d| d.message.contains("any further ones")), "{complaints:?}");
}
