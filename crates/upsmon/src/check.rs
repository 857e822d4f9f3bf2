//! `upsmon -t`: whether all this will work when it matters.
//!
//! Looks at the file, at this host and at every server, and prints what is good, doubtful and bad.
//! Needs no running upsmon and disturbs none.

mod advice;
mod command;
mod host;
mod report;
mod server;

use crate::cli::Options;
use crate::config::Config;
use crate::files::{conf_path, load};
use crate::probe::Way;
use nut_daemon::output::print;
use nut_proto::conf::Severity;
use report::{Finding, status, table};
use std::path::Path;
use std::time::Duration;

/// What has to be said before.
const INTRODUCTION: &str = "Each server is logged in to for a moment, as upsmon does, and counts one login more meanwhile.\n\n";

/// Checks; gives the exit status: 0 unless something is bad.
pub fn run(options: &Options, connect_time: Duration) -> u8 {
    let path = conf_path(options.conf.as_deref());
    let way = Way { family: options.family, connect_time };
    let findings = match load(&path) {
        Ok(config) => everything(&config, &path, options.user.as_deref(), way),
        Err(why) => {
            vec![Finding::bad("upsmon.conf", format!("can't {why}"), "see man upsmon.conf")]
        }
    };
    let printed = print(&format!("{INTRODUCTION}{}", table(&findings)));
    if printed.is_err() { 1 } else { status(&findings) }
}

fn everything(config: &Config, path: &Path, user: Option<&str>, way: Way) -> Vec<Finding> {
    let mut findings = file(config, path);
    findings.extend(advice::advise(&config.settings));
    findings.extend(host::check(&config.settings, path, user));
    let list = &config.settings.ups;
    let settings = config.settings.clone();
    let found = way.each(list, move |ups| server::check(ups, &settings, way));
    for (ups, found) in list.iter().zip(found) {
        findings.extend(found.unwrap_or_else(|| vec![server::silent(ups, way)]));
    }
    findings
}

/// What the reader of the file complains about.
fn file(config: &Config, path: &Path) -> Vec<Finding> {
    let about = "upsmon.conf";
    let complaint = |severity, text: String| match severity {
        Severity::Error => Finding::bad(about, text, ""),
        Severity::Warning => Finding::doubtful(about, text, ""),
    };
    let mut findings: Vec<Finding> =
        config.diagnostics.iter().map(|d| complaint(d.severity, d.to_string())).collect();
    findings.extend(config.fatal.map(|fatal| Finding::bad(about, fatal.to_string(), "")));
    if findings.is_empty() {
        findings.push(Finding::good(about, format!("{} has no faults", path.display())));
    }
    findings
}
