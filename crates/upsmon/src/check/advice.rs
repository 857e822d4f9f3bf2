//! What is worth saying about settings that are valid: times that do not fit together, notices that
//! reach nobody, supplies that never add up. Pure.

use super::report::Finding;
use crate::config::{power_check, without_effect};
use crate::notices::{Flags, Kind};
use crate::settings::{Role, Settings};
use std::time::Duration;

/// How often a server must be missed before it is believed gone.
const POLLS: u32 = 3;

/// The findings.
pub fn advise(settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![supplies(settings)];
    findings.extend(tls(settings));
    findings.extend(dead_time(settings));
    findings.extend(host_sync(settings));
    findings.extend(cancel(settings));
    findings.extend(notify_cmd(settings));
    findings
}

fn tls(settings: &Settings) -> Option<Finding> {
    let text = without_effect(&settings.tls)?;
    Some(match settings.tls.forbids_clear_text() {
        true => {
            Finding::bad("TLS", text, "take FORCESSL and CERTVERIFY out, if clear text will do")
        }
        false => Finding::doubtful("TLS", text, ""),
    })
}

fn supplies(settings: &Settings) -> Finding {
    let about = "MINSUPPLIES";
    let (sum, need) = (settings.power_values(), settings.min_supplies);
    match power_check(settings) {
        Err(insufficient) => Finding::bad(
            about,
            insufficient.in_a_line(),
            "add MONITOR lines, or give them power values; upsmon does not start like this",
        ),
        Ok(()) if need == 0 => {
            let cure = "set it to the number of supplies this host needs, if it should";
            Finding::doubtful(
                about,
                "0: this host only watches, and never goes down by itself",
                cure,
            )
        }
        Ok(()) => Finding::good(about, format!("{need} of {sum} supplies are needed")),
    }
}

fn dead_time(settings: &Settings) -> Option<Finding> {
    let (dead, poll) = (settings.rules.dead_time, settings.poll_freq_alert);
    let least = poll.saturating_mul(POLLS);
    (dead < least).then(|| {
        Finding::doubtful(
            "DEADTIME",
            format!(
                "{} s is less than three times POLLFREQALERT ({} s): a few missed polls on battery \
                 count as an empty battery",
                dead.as_secs(),
                poll.as_secs()
            ),
            format!("set it to {} or more", least.as_secs()),
        )
    })
}

/// A primary has to give its secondaries time to leave, and a secondary its primary time to speak.
fn host_sync(settings: &Settings) -> Option<Finding> {
    let sync = settings.rules.host_sync;
    let leaving = settings.poll_freq_alert + settings.final_delay;
    let has = |role| settings.ups.iter().any(|ups| ups.role == role && ups.power_value > 0);
    let finding = |text: String, least: Duration| {
        let text = format!("{} s: {text}", sync.as_secs());
        Finding::doubtful("HOSTSYNC", text, format!("set it to {} or more", least.as_secs()))
    };
    let default = Settings::default().rules.host_sync;
    match () {
        () if settings.is_primary() && sync <= leaving => {
            let text = format!(
                "a secondary with the times of this file (POLLFREQALERT and FINALDELAY, together {} s) \
                 cannot have left by then",
                leaving.as_secs()
            );
            Some(finding(text, leaving + settings.poll_freq_alert))
        }
        () if has(Role::Secondary) && sync < default => {
            let text = "a primary may take as long as its own HOSTSYNC, 15 s where nothing is set; \
                        this host could go before it is told to";
            Some(finding(text.to_owned(), default))
        }
        () => None,
    }
}

fn cancel(settings: &Settings) -> Option<Finding> {
    (settings.shutdown_cancel && settings.final_delay.is_zero()).then(|| {
        let text = "yes, but FINALDELAY 0 leaves no time in which a shutdown could be called off";
        Finding::doubtful("SHUTDOWNCANCEL", text, "set FINALDELAY to 5 or more")
    })
}

/// The two halves of running a command for notices, of which people set one.
fn notify_cmd(settings: &Settings) -> Option<Finding> {
    let exec = kinds(settings, |flags| flags.exec);
    match (&settings.notify_cmd, exec.is_empty()) {
        (Some(_), true) => Some(Finding::doubtful(
            "NOTIFYCMD",
            "never run: no NOTIFYFLAG line says EXEC",
            "as in: NOTIFYFLAG ONBATT SYSLOG+WALL+EXEC",
        )),
        (None, false) => Some(Finding::bad(
            "NOTIFYCMD",
            format!("not set, but to be run for {}", exec.join(", ")),
            "set it, or take EXEC out of the NOTIFYFLAG lines",
        )),
        _ => None,
    }
}

/// The kinds of notices whose flags are like this.
pub fn kinds(settings: &Settings, like: impl Fn(Flags) -> bool) -> Vec<&'static str> {
    let is_like = |kind: &&Kind| like(settings.notices.notice(**kind, "", "").flags);
    Kind::ALL.iter().filter(is_like).map(|kind| kind.word()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::report::{Grade, status};
    use crate::config::read;

    /// What is found about a file, without what is good.
    fn found(file: &str) -> Vec<String> {
        let settings = read("upsmon.conf", file.as_bytes()).settings;
        let findings = advise(&settings);
        let bad = status(&findings) == 1;
        let found = findings.into_iter().filter(|finding| finding.grade != Grade::Good);
        let mut found: Vec<String> = found.map(|finding| finding.about).collect();
        found.extend(bad.then(|| "bad".to_owned()));
        found
    }

    const GOOD: &str = "MONITOR u@h 1 n p primary\n";

    #[test]
    fn defaults_are_fine_for_a_primary_and_a_secondary() {
        assert_eq!(found(GOOD), [""; 0]);
        assert_eq!(found("MONITOR u@h 1 n p secondary\n"), [""; 0]);
    }

    #[test]
    fn each_doubt_is_told() {
        for (line, about) in [
            ("MINSUPPLIES 2", vec!["MINSUPPLIES", "bad"]),
            ("MINSUPPLIES 0", vec!["MINSUPPLIES"]),
            ("DEADTIME 14", vec!["DEADTIME"]),
            ("POLLFREQALERT 6", vec!["DEADTIME"]),
            ("HOSTSYNC 10", vec!["HOSTSYNC"]),
            ("FINALDELAY 10", vec!["HOSTSYNC"]),
            ("HOSTSYNC 11", vec![]),
            ("SHUTDOWNCANCEL yes\nFINALDELAY 0", vec!["SHUTDOWNCANCEL"]),
            ("FORCESSL 1", vec!["TLS", "bad"]),
            ("CERTPATH /etc/nut/certs", vec!["TLS"]),
            ("NOTIFYCMD /bin/mail", vec!["NOTIFYCMD"]),
            ("NOTIFYFLAG ONBATT EXEC", vec!["NOTIFYCMD", "bad"]),
            ("NOTIFYFLAG ONBATT EXEC\nNOTIFYCMD /bin/mail", vec![]),
        ] {
            assert_eq!(found(&format!("{GOOD}{line}\n")), about, "{line}");
        }
        assert_eq!(found("MONITOR u@h 1 n p secondary\nHOSTSYNC 14\n"), ["HOSTSYNC"]);
        assert_eq!(found(""), ["MINSUPPLIES", "bad"], "no UPS at all");
    }
}
