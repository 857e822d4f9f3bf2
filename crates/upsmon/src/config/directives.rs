//! The directives: name, shape and effect, one row each.
//!
//! MONITOR, NOTIFYMSG, NOTIFYFLAG and SHUTDOWNIF have files of their own beside this one. Pure.

use super::entry::{Entry, Refusal, Taken};
use super::{monitor, notify, threshold};
use crate::settings::{Settings, ShutdownExit};
use nut_proto::conf::Word;
use nut_proto::conf::value::int;
use std::time::Duration;

/// A directive.
#[derive(Debug)]
pub(super) struct Directive {
    /// The keyword; it counts letter by letter.
    pub name: &'static str,
    /// What stands behind it.
    form: &'static str,
    take: Take,
}

/// What kind of values it has, and where they go.
#[derive(Debug, Clone, Copy)]
enum Take {
    /// One word; none where it is empty.
    Text(fn(&mut Settings, Option<String>)),
    /// A whole number of at least 0.
    Count(fn(&mut Settings, u32)),
    /// Seconds, at least 0.
    Seconds(fn(&mut Settings, Duration)),
    /// Seconds, at least 1.
    Interval(fn(&mut Settings, Duration)),
    /// A whole number; none where it is negative.
    Signed(fn(&mut Settings, Option<u32>)),
    /// Yes or no.
    Switch(fn(&mut Settings, bool)),
    /// Anything else.
    Other(fn(&mut Entry<'_>) -> Taken),
}

use Take::{Count, Interval, Other, Seconds, Signed, Switch, Text};

const fn row(name: &'static str, form: &'static str, take: Take) -> Directive {
    Directive { name, form, take }
}

/// All of them; the last three are not in NUT.
pub(super) const DIRECTIVES: &[Directive] = &[
    row("MONITOR", monitor::FORM, Other(monitor::take)),
    row("MINSUPPLIES", "<number>", Count(|s, n| s.min_supplies = n)),
    row("SHUTDOWNCMD", "\"<command>\"", Text(|s, text| s.shutdown_cmd = text)),
    row("SHUTDOWNEXIT", "yes|no|<seconds>", Other(shutdown_exit)),
    row("POWERDOWNFLAG", "<path>", Other(power_down_flag)),
    row("NOTIFYCMD", "\"<command>\"", Text(|s, text| s.notify_cmd = text)),
    row("NOTIFYMSG", "<type> \"<text>\"", Other(notify::message)),
    row("NOTIFYFLAG", notify::FLAG_FORM, Other(notify::flag)),
    row("POLLFREQ", "<seconds>", Interval(|s, time| s.poll_freq = time)),
    row("POLLFREQALERT", "<seconds>", Interval(|s, time| s.poll_freq_alert = time)),
    row("POLLFAIL_LOG_THROTTLE_MAX", "<number>", Signed(|s, n| s.poll_fail_throttle = n)),
    row("DEADTIME", "<seconds>", Seconds(|s, time| s.rules.dead_time = time)),
    row("HOSTSYNC", "<seconds>", Seconds(|s, time| s.rules.host_sync = time)),
    row("FINALDELAY", "<seconds>", Seconds(|s, time| s.final_delay = time)),
    row("OFFDURATION", "<seconds>", Signed(|s, n| s.rules.off_duration = n.map(seconds))),
    row(
        "OBLBDURATION",
        "<seconds>",
        Signed(|s, n| s.rules.oblb_duration = seconds(n.unwrap_or(0))),
    ),
    row("OVERDURATION", "<seconds>", Signed(|s, n| s.rules.over_duration = n.map(seconds))),
    row("ALARMCRITICAL", "0|1", Switch(|s, on| s.rules.alarm_critical = on)),
    row("RBWARNTIME", "<seconds>", Seconds(|s, time| s.rb_warn_time = time)),
    row("NOCOMMWARNTIME", "<seconds>", Seconds(|s, time| s.no_comm_warn_time = time)),
    row("RUN_AS_USER", "<user>", Text(|s, text| s.run_as_user = text)),
    row("DEBUG_MIN", "<number>", Other(debug_min)),
    row("CERTPATH", "<path>", Text(|s, text| s.tls.cert_path = text)),
    row("CERTIDENT", "<name> <password>", Other(cert_ident)),
    row("CERTHOST", "<host> <certificate> <verify> <force>", Other(cert_host)),
    row("CERTVERIFY", "0|1", Switch(|s, on| s.tls.cert_verify = on)),
    row("FORCESSL", "0|1", Switch(|s, on| s.tls.force_ssl = on)),
    row("SHUTDOWNIF", threshold::FORM, Other(threshold::take)),
    row("SHUTDOWNCANCEL", "yes|no", Switch(|s, on| s.shutdown_cancel = on)),
    row("RBDURATION", "<seconds>", Seconds(|s, time| s.rb_duration = time)),
];

/// The directive of this keyword. DEBUG_MIN alone may be written in any letter case, as in ups.conf.
pub(super) fn find(keyword: &str) -> Option<&'static Directive> {
    DIRECTIVES.iter().find(|directive| {
        let any_case = directive.name == "DEBUG_MIN";
        directive.name == keyword || any_case && directive.name.eq_ignore_ascii_case(keyword)
    })
}

impl Directive {
    /// The whole line as it should be.
    pub fn shape(&self) -> String {
        format!("{} {}", self.name, self.form)
    }
}

const fn seconds(n: u32) -> Duration {
    Duration::from_secs(n as u64)
}

impl Entry<'_> {
    /// Does what the line says.
    pub fn take(&mut self) -> Taken {
        let is_setting = self.values.first().is_some_and(|word| word.text == "=" && !word.quoted);
        if is_setting {
            let Refusal { at, message } = self.invalid();
            return Err(Refusal { at, message: message + ", without =" });
        }
        match self.directive.take {
            Text(set) => self.put(set, |entry, word| Ok(entry.text(word))),
            Count(set) => self.put(set, Entry::count),
            Seconds(set) => self.put(set, |entry, word| entry.count(word).map(seconds)),
            Interval(set) => self.put(set, |entry, word| entry.interval(word).map(seconds)),
            Signed(set) => self.put(set, Entry::signed),
            Switch(set) => self.put(set, Entry::switch),
            Other(take) => take(self),
        }
    }

    fn put<T>(
        &mut self,
        set: fn(&mut Settings, T),
        read: impl FnOnce(&mut Self, &Word) -> Result<T, Refusal>,
    ) -> Taken {
        let word = self.value()?;
        let value = read(self, word)?;
        set(&mut self.draft.settings, value);
        Ok(())
    }

    /// An empty text is none: NUT runs it, or tries to open it.
    fn text(&mut self, word: &Word) -> Option<String> {
        if word.text.is_empty() {
            let name = self.directive.name;
            self.told.warn(word.position, format!("{name} is empty, as if it were not there"));
        }
        (!word.text.is_empty()).then(|| word.text.clone())
    }
}

fn shutdown_exit(entry: &mut Entry<'_>) -> Taken {
    let word = entry.value()?;
    let text = word.text.to_ascii_lowercase();
    let number = int(&text).and_then(|n| i32::try_from(n).ok());
    entry.draft.settings.shutdown_exit = match (text.as_str(), number) {
        ("on" | "yes" | "true", _) => ShutdownExit::After(Duration::ZERO),
        ("off" | "no" | "false", _) | (_, Some(..0)) => ShutdownExit::Never,
        (_, Some(n)) => ShutdownExit::After(seconds(n.unsigned_abs())),
        (_, None) => {
            let message = "SHUTDOWNEXIT value not recognized, defaulting to 'yes'; expected yes, no \
                           or a whole number of seconds";
            entry.told.error(word.position, message);
            ShutdownExit::After(Duration::ZERO)
        }
    };
    Ok(())
}

/// `upsmon -K` is run from another folder than upsmon, so the path has to be whole.
fn power_down_flag(entry: &mut Entry<'_>) -> Taken {
    let word = entry.value()?;
    let path = entry.text(word);
    if let Some(path) = &path {
        entry.draft.echo.push(format!("Using power down flag file {path}"));
        if !path.starts_with('/') {
            let message = "the path does not begin with /: upsmon -K will look for it elsewhere";
            entry.told.warn(word.position, message);
        }
    }
    entry.draft.settings.power_down_flag = path;
    Ok(())
}

fn debug_min(entry: &mut Entry<'_>) -> Taken {
    let word = entry.value()?;
    let level = int(&word.text).and_then(|n| i32::try_from(n).ok());
    let level = level.and_then(|n| u32::try_from(n).ok()).ok_or_else(|| {
        let message = "WARNING : Invalid DEBUG_MIN value found in upsmon.conf global settings; \
                       expected a whole number, 0 or more";
        entry.refusal(word, message)
    })?;
    entry.draft.settings.debug_min = Some(level);
    Ok(())
}

fn cert_ident(entry: &mut Entry<'_>) -> Taken {
    let [name, password] = entry.values()?;
    entry.draft.settings.tls.cert_ident = Some((name.text.clone(), password.text.clone()));
    Ok(())
}

fn cert_host(entry: &mut Entry<'_>) -> Taken {
    let [host, certificate, verify, force] = entry.values()?;
    let (verify, force) = (entry.switch(verify)?, entry.switch(force)?);
    let host = (host.text.clone(), certificate.text.clone(), verify, force);
    entry.draft.settings.tls.cert_hosts.push(host);
    Ok(())
}
