//! What a live reload does: the difference between two configurations.
//!
//! Knows which settings a running driver can take over and which need a restart. Reading the new
//! configuration is for `config`, carrying the difference out for the main loop. Pure.
//!
//! A changed `default.` does not overwrite a live reading, and a changed `override.` is applied
//! (NUT 2.8.5 does the reverse of both). A setting that vanished from the file is a change.

use crate::config::{Config, Preset, spec};
use crate::driver::Metadata;
use nut_proto::driver::Outcome;

/// What differs, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Settings that differ and wait for a restart: name, new text, old text.
    pub restart: Vec<(String, String, String)>,
    /// Reloadable driver options that differ.
    pub options: Vec<String>,
}

impl Changes {
    /// The result that a client asking for the reload gets.
    pub fn outcome(&self) -> Outcome {
        if self.restart.is_empty() { Outcome::Handled } else { Outcome::Invalid }
    }
}

/// Compares; everything not listed in the answer is simply taken from the new configuration.
pub fn compare(metadata: &Metadata, old: &Config, new: &Config) -> Changes {
    let mut changes = Changes::default();
    for (name, old, new) in fixed_settings(old, new) {
        if old != new {
            changes.restart.push((name.to_owned(), new, old));
        }
    }
    for option in metadata.options {
        let text = |config: &Config| shown(config.options.given(option.name));
        let (old, new) = (text(old), text(new));
        let reloadable = spec(metadata, option.name).is_some_and(|spec| spec.reloadable);
        match reloadable {
            _ if old == new => {}
            true => changes.options.push(option.name.to_owned()),
            false => changes.restart.push((option.name.to_owned(), new, old)),
        }
    }
    changes
}

/// The settings no running driver can change, each with its old and new text.
fn fixed_settings(old: &Config, new: &Config) -> [(&'static str, String, String); 8] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let flag = |on: bool| if on { "enabled" } else { "" }.to_owned();
    [
        ("port", old.options.port.clone(), new.options.port.clone()),
        ("user", text(&old.user), text(&new.user)),
        ("group", text(&old.group), text(&new.group)),
        ("chroot", text(&old.chroot), text(&new.chroot)),
        ("statepath", text(&old.state_path), text(&new.state_path)),
        ("allow_killpower", flag(old.allow_kill_power), flag(new.allow_kill_power)),
        ("nolock", flag(old.no_lock), flag(new.no_lock)),
        ("ignorelb", flag(old.ignore_lb), flag(new.ignore_lb)),
    ]
}

fn shown(given: Option<Option<&str>>) -> String {
    match given {
        None => String::new(),
        Some(None) => "enabled".to_owned(),
        Some(Some(value)) => value.to_owned(),
    }
}

/// What a preset that may have changed does to a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresetChange {
    /// Leave it.
    Keep,
    /// Set it like any reading.
    Set,
    /// Set it for good.
    Fix,
}

/// A default is set where the variable is missing or still has the old default.
pub fn preset_change(old: Option<&Preset>, new: &Preset, live: Option<&str>) -> PresetChange {
    if old == Some(new) {
        return PresetChange::Keep;
    }
    match new.fixed {
        true => PresetChange::Fix,
        false if live.is_none() || live == old.map(|old| old.value.as_str()) => PresetChange::Set,
        false => PresetChange::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::OptionSpec;

    static METADATA: Metadata = Metadata {
        name: "test-ups",
        aliases: &[],
        full_name: "Test",
        version: "1",
        subdrivers: &[],
        options: &[
            OptionSpec::value("live", "Live").reloadable(),
            OptionSpec::value("dead", "Dead"),
            OptionSpec::flag("flag", "Flag"),
        ],
    };

    #[test]
    fn only_what_cannot_be_taken_over_needs_a_restart() {
        let mut old = Config::default();
        old.options.port = "a".into();
        old.options.set("dead", Some("1"));
        old.options.set("flag", None);
        let mut new = old.clone();
        assert_eq!(compare(&METADATA, &old, &new).outcome(), Outcome::Handled);
        new.poll_interval *= 2;
        new.options.set("LIVE", Some("x"));
        let changes = compare(&METADATA, &old, &new);
        assert_eq!(changes, Changes { restart: vec![], options: vec!["live".into()] });
        new.options.port = "b".into();
        new.options.set("dead", Some("2"));
        new.options.clear("flag");
        let changes = compare(&METADATA, &old, &new);
        let restart: Vec<_> = changes.restart.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(restart, ["port", "dead", "flag"]);
        assert_eq!(changes.outcome(), Outcome::Invalid);
    }

    #[test]
    fn a_default_never_hides_a_reading() {
        let preset = |value: &str, fixed| Preset { value: value.into(), fixed };
        let (old, new) = (preset("20", false), preset("30", false));
        assert_eq!(preset_change(Some(&old), &new, Some("57")), PresetChange::Keep);
        assert_eq!(preset_change(Some(&old), &new, Some("20")), PresetChange::Set);
        assert_eq!(preset_change(None, &new, None), PresetChange::Set);
        assert_eq!(preset_change(Some(&new), &new, None), PresetChange::Keep);
        assert_eq!(preset_change(Some(&old), &preset("30", true), Some("57")), PresetChange::Fix);
    }
}
