//! `upsmon.conf`: bytes in, settings and diagnostics out.
//!
//! Reading never fails and stops nothing: what cannot be understood has no effect and is told with its
//! place. What NUT would not start with is a value ([`Config::fatal`], [`power_check`]) for the
//! program to judge. A directive that is gone has its default again. Pure.
//! Source of the facts: NUT 2.8.5; SHUTDOWNIF, SHUTDOWNCANCEL and RBDURATION are Walnut's own.

mod directives;
mod entry;
mod monitor;
mod notify;
mod number;
mod power;
mod threshold;

pub(crate) use monitor::watched;
pub use power::{Insufficient, power_check};
pub(crate) use threshold::armed;

use crate::settings::{Settings, TlsSettings};
use entry::{Draft, Entry, Refusal, Told};
use nut_proto::conf::{ConfLine, Diagnostic, Position, Severity, parse};
use std::fmt;

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// What it sets, with defaults for the rest.
    pub settings: Settings,
    /// Complaints in file order.
    pub diagnostics: Vec<Diagnostic>,
    /// How many entries have no effect.
    pub ignored: usize,
    /// Why NUT would not run with this file at all.
    pub fatal: Option<Fatal>,
    /// What a start tells of the file: NUT's lines in file order, then the thresholds.
    pub echo: Vec<String>,
}

/// What makes a file unusable. The text form is NUT's last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fatal {
    /// A MONITOR line as of NUT 1.2, without a user.
    OldStyleMonitor,
}

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fatal::OldStyleMonitor => f.write_str("Fatal error: unusable configuration"),
        }
    }
}

/// Reads a file; `file_name` is its name for messages.
pub fn read(file_name: &str, bytes: &[u8]) -> Config {
    let (lines, complaints) = parse(file_name, bytes);
    let mut told = Told::new(file_name, complaints);
    let mut draft = Draft::default();
    draft.settings.origins.file = file_name.to_owned();
    for line in &lines {
        take(line, &mut draft, &mut told);
    }
    threshold::settle(&mut draft, &mut told);
    compare_times(&draft.settings, &mut told);
    let Draft { settings, echo, fatal, .. } = draft;
    let (diagnostics, ignored) = told.finish();
    Config { settings, diagnostics, ignored, fatal, echo }
}

/// The keywords of all directives.
pub fn keywords() -> impl Iterator<Item = &'static str> {
    directives::DIRECTIVES.iter().map(|directive| directive.name)
}

/// One line of the file.
fn take(line: &ConfLine, draft: &mut Draft, told: &mut Told) {
    let Some((keyword, values)) = line.words.split_first() else { return };
    let Some(directive) = directives::find(&keyword.text) else {
        return unknown(line, &keyword.text, told);
    };
    let mut entry = Entry { directive, line, values, draft, told };
    match entry.take() {
        Ok(()) => {
            draft.settings.origins.lines.insert(directive.name.to_owned(), line.line);
        }
        Err(refusal) => told.refuse(refusal),
    }
}

/// A directive in small letters is a mistake; any other may be one of a version to come.
fn unknown(line: &ConfLine, keyword: &str, told: &mut Told) {
    let (at, message) = (line.position(), entry::invalid(line));
    match directives::find(&keyword.to_ascii_uppercase()) {
        Some(directive) => {
            let message = format!("{message}; expected {} in capitals", directive.name);
            told.refuse(Refusal { at, message });
        }
        None => told.unknown(at, message + "; no directive has this name"),
    }
}

/// One missed poll on battery must not be enough to believe a UPS dead.
fn compare_times(settings: &Settings, told: &mut Told) {
    let (dead, poll) = (settings.rules.dead_time, settings.poll_freq_alert);
    let line = |name| settings.origins.lines.get(name).copied();
    let Some(line) = line("DEADTIME").or_else(|| line("POLLFREQALERT")) else { return };
    if dead <= poll {
        let message = format!(
            "DEADTIME {} is not longer than POLLFREQALERT {}: a single missed poll on battery counts \
             as a low battery; expected three times as long",
            dead.as_secs(),
            poll.as_secs()
        );
        told.warn(Position { line, column: 1 }, message);
    }
}

impl Config {
    /// The first complaint because of which a reload keeps the old configuration.
    pub fn first_error(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|d| d.severity == Severity::Error)
    }
}

/// A warning where settings for encrypted connections are given, which have no effect yet.
pub fn without_effect(tls: &TlsSettings) -> Option<String> {
    let given = [
        ("CERTPATH", tls.cert_path.is_some()),
        ("CERTIDENT", tls.cert_ident.is_some()),
        ("CERTHOST", !tls.cert_hosts.is_empty()),
        ("CERTVERIFY", tls.cert_verify),
        ("FORCESSL", tls.force_ssl),
    ];
    let names: Vec<&str> =
        given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    let no_contact = match tls.forbids_clear_text() {
        true => "; NO SERVER IS ASKED, as FORCESSL and CERTVERIFY forbid clear text",
        false => "",
    };
    (!names.is_empty()).then(|| {
        format!(
            "{} in upsmon.conf: encrypted connections (STARTTLS) are not available yet{no_contact}",
            names.join(", ")
        )
    })
}

#[cfg(test)]
mod tests;
