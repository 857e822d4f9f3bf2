//! `NOTIFYMSG` and `NOTIFYFLAG`: texts of notices and where they go.
//!
//! A line whose flags are all wrong has no effect; in NUT it silences the notice. Pure.

use super::entry::{Entry, Refusal, Taken};
use crate::notices::{Flags, Kind};
use nut_proto::conf::Word;

/// What stands behind NOTIFYFLAG.
pub(super) const FLAG_FORM: &str = "<type> IGNORE|<flag>[+<flag>...] (SYSLOG, WALL, EXEC)";

const TYPES: &str = "upsmon.conf(5) lists the types";

/// NOTIFYMSG
pub(super) fn message(entry: &mut Entry<'_>) -> Taken {
    let [kind, text] = entry.values()?;
    let unknown = format!("'{}' is not a valid notify event name; {TYPES}", kind.text);
    let kind = Kind::from_word(&kind.text).ok_or_else(|| entry.refusal(kind, unknown))?;
    entry.draft.settings.notices.texts.insert(kind, text.text.clone());
    Ok(())
}

/// NOTIFYFLAG
pub(super) fn flag(entry: &mut Entry<'_>) -> Taken {
    let [kind, word] = entry.values()?;
    let unknown = format!("Warning: invalid notify type [{}]; {TYPES}", kind.text);
    let kind = Kind::from_word(&kind.text).ok_or_else(|| entry.refusal(kind, unknown))?;
    let flags = flags(entry, word)?;
    entry.draft.settings.notices.flags.insert(kind, flags);
    Ok(())
}

fn flags(entry: &mut Entry<'_>, word: &Word) -> Result<Flags, Refusal> {
    let (known, unknown): (Vec<&str>, Vec<&str>) = word.text.split('+').partition(|&w| is_flag(w));
    let unknown: Vec<String> =
        unknown.iter().map(|w| format!("Invalid notify flag: [{w}]")).collect();
    if !unknown.is_empty() {
        let message = format!("{}; expected SYSLOG, WALL, EXEC or IGNORE", unknown.join(", "));
        if known.is_empty() {
            return Err(entry.refusal(word, message + "; the line is ignored"));
        }
        entry.told.error(word.position, message);
    }
    let has = |flag| known.contains(&flag);
    match has("IGNORE") {
        true => Ok(Flags::NONE),
        false => Ok(Flags { syslog: has("SYSLOG"), wall: has("WALL"), exec: has("EXEC") }),
    }
}

/// Flags count letter by letter, as in NUT.
fn is_flag(word: &str) -> bool {
    ["SYSLOG", "WALL", "EXEC", "IGNORE"].contains(&word)
}

#[cfg(test)]
mod tests;
