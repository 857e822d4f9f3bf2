//! NOTIFYMSG and NOTIFYFLAG lines, good and bad.

use crate::config::tests::{clean, one};
use crate::notices::{Flags, Kind};

#[test]
fn notices_and_their_ways() {
    let settings = clean(
        "NOTIFYMSG onbatt \"dark at %s\"\nNOTIFYMSG NOLOGIN no\nNOTIFYMSG ONBATT \"dark\"\n\
         NOTIFYFLAG OnLine SYSLOG+WALL+EXEC\nNOTIFYFLAG ONBATT EXEC\nNOTIFYFLAG FSD IGNORE\n\
         NOTIFYFLAG CAL EXEC+IGNORE\nNOTIFYFLAG NOLOGIN WALL\n",
    );
    let flags = |kind| settings.notices.flags.get(&kind).copied();
    let all = Flags { syslog: true, wall: true, exec: true };
    assert_eq!(flags(Kind::Online), Some(all));
    assert_eq!(flags(Kind::OnBattery), Some(Flags { exec: true, ..Flags::NONE }));
    assert_eq!(flags(Kind::NoLogin), Some(Flags { wall: true, ..Flags::NONE }));
    assert_eq!(
        (flags(Kind::ForcedShutdown), flags(Kind::Calibrating)),
        (Some(Flags::NONE), Some(Flags::NONE))
    );
    assert_eq!(flags(Kind::CommBad), None);
    let texts: Vec<_> = settings.notices.texts.into_iter().collect();
    assert_eq!(texts, [(Kind::OnBattery, "dark".to_owned()), (Kind::NoLogin, "no".to_owned())]);
}

#[test]
fn notices_with_faults_keep_what_they_had() {
    let expected = "expected SYSLOG, WALL, EXEC or IGNORE";
    for (line, flags, complaint) in [
        (
            "NOTIFYFLAG ONBAT EXEC",
            None,
            "1:12: Warning: invalid notify type [ONBAT]; upsmon.conf(5) lists the types".to_owned(),
        ),
        (
            "NOTIFYMSG X y",
            None,
            "1:11: 'X' is not a valid notify event name; upsmon.conf(5) lists the types".to_owned(),
        ),
        (
            "NOTIFYFLAG ONBATT SYSLOG+exec",
            Some(Flags { syslog: true, ..Flags::NONE }),
            format!("1:19: Invalid notify flag: [exec]; {expected}"),
        ),
        (
            "NOTIFYFLAG ONBATT syslog",
            None,
            format!("1:19: Invalid notify flag: [syslog]; {expected}; the line is ignored"),
        ),
        (
            "NOTIFYFLAG ONBATT x+",
            None,
            format!(
                "1:19: Invalid notify flag: [x], Invalid notify flag: []; {expected}; the line is ignored"
            ),
        ),
    ] {
        let (config, message) = one(line);
        assert_eq!(message, complaint);
        let found = config.settings.notices.flags.get(&Kind::OnBattery).copied();
        assert_eq!((found, config.settings.notices.texts.len()), (flags, 0), "{line}");
    }
}
