//! `SHUTDOWNIF`: a shutdown before the UPS itself says that its battery is low (not in NUT).
//!
//! A line is taken whole or not at all: a word too much or too few must not arm something else than
//! was meant. When a threshold counts is for `verdict`. Pure.

use super::entry::{Draft, Entry, Refusal, Taken, Told};
use super::number::MAX;
use crate::decimal::Decimal;
use crate::settings::{Condition, Op, Threshold};
use nut_proto::conf::{Word, value};
use std::time::Duration;

/// What stands behind the keyword.
pub(super) const FORM: &str =
    "<ups> <variable> <op> <value> [FOR <seconds>], or <ups> onbattery FOR <seconds>";

const EXAMPLE: &str = "SHUTDOWNIF ups@host battery.charge < 40 FOR 30";
const TIME_EXAMPLE: &str = "SHUTDOWNIF ups@host onbattery FOR 600";

/// Reads a line; it is armed by [`settle`].
pub(super) fn take(entry: &mut Entry<'_>) -> Taken {
    let words = joined(entry.values);
    let bad = |(word, why): Fault| refusal(entry, word, &why);
    let Some((ups, words)) = words.split_first() else { return Err(bad((None, too_few()))) };
    let (condition, rest) = condition(words).map_err(bad)?;
    let lasting = lasting(rest).map_err(bad)?;
    if lasting.is_none() && condition == Condition::OnBattery {
        return Err(bad((None, "onbattery needs FOR <seconds>".to_owned())));
    }
    warn(entry, ups, &condition);
    let (ups, at, line) = (ups.text.clone(), ups.position, entry.line.line);
    let threshold = Threshold { ups, condition, lasting: lasting.unwrap_or_default(), line };
    entry.draft.thresholds.push((at, threshold));
    Ok(())
}

/// What is wrong, and with which word; none for the line as a whole.
type Fault<'a> = (Option<&'a Word>, String);

fn refusal(entry: &Entry<'_>, word: Option<&Word>, why: &str) -> Refusal {
    let on_battery = entry.values.get(1).is_some_and(is_on_battery);
    let example = if on_battery { TIME_EXAMPLE } else { EXAMPLE };
    let at = word.map_or(entry.line.position(), |word| word.position);
    Refusal { at, message: format!("SHUTDOWNIF: {why}; as in: {example}") }
}

fn too_few() -> String {
    format!("too few words; expected {FORM}")
}

fn is_on_battery(word: &Word) -> bool {
    word.text.eq_ignore_ascii_case("onbattery")
}

/// `=` is a word of its own to the grammar: puts `<=`, `>=` and `!=` together where they touch.
fn joined(words: &[Word]) -> Vec<Word> {
    let mut joined: Vec<Word> = Vec::with_capacity(words.len());
    for word in words {
        match joined.last_mut() {
            Some(last) if word.text == "=" && touches(last, word) => last.text.push('='),
            _ => joined.push(word.clone()),
        }
    }
    joined
}

fn touches(left: &Word, equals: &Word) -> bool {
    let plain = !left.quoted && !equals.quoted && ["<", ">", "!"].contains(&left.text.as_str());
    let next = (left.position.line, left.position.column.saturating_add(1));
    plain && next == (equals.position.line, equals.position.column)
}

/// The condition and the words behind it.
fn condition(words: &[Word]) -> Result<(Condition, &[Word]), Fault<'_>> {
    match words {
        [word, rest @ ..] if is_on_battery(word) => Ok((Condition::OnBattery, rest)),
        [name, op, value, rest @ ..] => {
            let (name, op, value) = (variable(name)?, self::op(op)?, decimal(value)?);
            Ok((Condition::Variable { name, op, value }, rest))
        }
        [name, ..] => {
            variable(name)?;
            Err((None, too_few()))
        }
        [] => Err((None, too_few())),
    }
}

fn variable(word: &Word) -> Result<String, Fault<'_>> {
    let text = &word.text;
    let fault = |why: String| Err((Some(word), why));
    let known = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    match () {
        () if Op::ALL.iter().any(|(_, op)| op == text) => {
            fault(format!("expected <ups> and <variable> before {text}"))
        }
        () if text.contains(['<', '>', '=', '!']) => {
            fault(format!("expected blanks around the comparison in {text}"))
        }
        () if !text.contains('.') || !text.chars().all(known) => {
            fault(format!("{text} is no name of a variable"))
        }
        () => Ok(text.clone()),
    }
}

fn op(word: &Word) -> Result<Op, Fault<'_>> {
    let found = Op::ALL.iter().find(|(_, text)| *text == word.text);
    let why = || format!("{} is no comparison; expected one of < <= = != >= >", word.text);
    found.map(|(op, _)| *op).ok_or_else(|| (Some(word), why()))
}

fn decimal(word: &Word) -> Result<Decimal, Fault<'_>> {
    let why = || format!("{} is no number; expected one without a unit", word.text);
    Decimal::parse(&word.text).ok_or_else(|| (Some(word), why()))
}

/// `FOR <seconds>`, and nothing behind it.
fn lasting(words: &[Word]) -> Result<Option<Duration>, Fault<'_>> {
    match words {
        [] => Ok(None),
        [word, ..] if !word.text.eq_ignore_ascii_case("FOR") => {
            Err((Some(word), format!("expected FOR <seconds> or nothing, found {}", word.text)))
        }
        [_, seconds] => time(seconds).map(Some),
        [word] => Err((Some(word), "FOR needs a number of seconds".to_owned())),
        [_, _, word, ..] => {
            Err((Some(word), format!("expected nothing behind FOR <seconds>, found {}", word.text)))
        }
    }
}

fn time(word: &Word) -> Result<Duration, Fault<'_>> {
    let seconds = value::int(&word.text).and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= MAX);
    let why = || format!("{} is no time; expected whole seconds, 600 for ten minutes", word.text);
    seconds.map(|n| Duration::from_secs(n.into())).ok_or_else(|| (Some(word), why()))
}

/// What is true of a full battery would end this host with the first flicker of the mains.
fn warn(entry: &mut Entry<'_>, ups: &Word, condition: &Condition) {
    let Condition::Variable { name, op, value } = condition else { return };
    let reserve = ["battery.charge", "battery.runtime"].contains(&name.as_str());
    let full = Decimal::parse("100").is_some_and(|full| op.holds(full, *value));
    let backwards = matches!(op, Op::Greater | Op::GreaterOrEqual);
    if reserve && backwards || name == "battery.charge" && full {
        let message = format!(
            "SHUTDOWNIF {} {condition} holds with a full battery: this host goes down as soon as \
             mains power fails",
            ups.text
        );
        entry.told.warn(ups.position, message);
    }
}

/// Arms the thresholds whose UPS is monitored, now that all lines are known.
pub(super) fn settle(draft: &mut Draft, told: &mut Told) {
    for (at, threshold) in std::mem::take(&mut draft.thresholds) {
        match draft.names.get(&threshold.ups) {
            None => {
                let message = unmonitored(draft, &threshold.ups);
                told.refuse(Refusal { at, message });
                continue;
            }
            Some(0) => {
                let ups = &threshold.ups;
                told.warn(at, format!("SHUTDOWNIF: {ups} has power value 0: this never counts"));
            }
            Some(_) => {}
        }
        draft.echo.push(armed(&threshold));
        draft.settings.thresholds.push(threshold);
    }
}

/// The line about a threshold that counts from now on.
pub(crate) fn armed(threshold: &Threshold) -> String {
    format!("Armed: {threshold} (line {})", threshold.line)
}

/// The usual reason: the host was left out.
fn unmonitored(draft: &Draft, ups: &str) -> String {
    let names: Vec<&str> = draft.names.keys().map(String::as_str).take(5).collect();
    let known = if names.is_empty() { "there is none".to_owned() } else { names.join(", ") };
    format!(
        "SHUTDOWNIF: no MONITOR line watches {ups}; expected a UPS as it is written there: {known}"
    )
}

#[cfg(test)]
mod tests;
