//! The language of definition files: variables, statuses, alarms and pauses.
//!
//! Bytes in, steps out; playing them is for `player`. Pure. A line that means nothing is passed over
//! and told (NUT 2.8.5 gives a name without value the value of the line before, and crashes on a
//! first `TIMER` without number).

use nut_proto::conf::{ConfLine, parse};
use nut_proto::number::leading_int;
use std::time::Duration;

/// One line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// `TIMER <seconds>`: a pause.
    Pause(Duration),
    /// `ALARM <words>`: one more alarm text.
    Alarm(String),
    /// `ALARM` alone: no alarm any more.
    NoAlarm,
    /// `ups.alarm: <words>`: this alarm and no other.
    OnlyAlarm(String),
    /// `ups.status: <words>`
    Status(String),
    /// `<name>: <words>`; an empty value deletes.
    Set(String, String),
}

/// Reads a file; remarks are complete lines for the log.
pub(crate) fn read(file: &str, bytes: &[u8]) -> (Vec<Step>, Vec<String>) {
    let (lines, diagnostics) = parse(file, bytes);
    let mut remarks: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    let mut steps = Vec::new();
    for line in &lines {
        match step(line) {
            Ok(Some(step)) => steps.push(step),
            Ok(None) => {}
            Err(why) => remarks.push(format!("{file}:{}: {why}", line.line)),
        }
    }
    (steps, remarks)
}

/// The step of a line; none for `driver.*`, which belongs to the kit.
fn step(line: &ConfLine) -> Result<Option<Step>, String> {
    let words = line.texts();
    let Some((&first, rest)) = words.split_first() else { return Ok(None) };
    if first.starts_with("TIMER") {
        return Ok(Some(pause(rest)));
    }
    if first.starts_with("ALARM") {
        let text = rest.join(" ");
        return Ok(Some(if rest.is_empty() { Step::NoAlarm } else { Step::Alarm(text) }));
    }
    let (name, value) = assignment(first, rest);
    match (name, value) {
        (name, _) if name.starts_with("driver.") => Ok(None),
        ("", _) => Err("expected a variable's name before `:`".to_owned()),
        (name, None) => Err(format!("expected `:` and a value after `{name}`")),
        ("ups.status", Some(value)) => Ok(Some(Step::Status(value))),
        ("ups.alarm", Some(value)) => Ok(Some(Step::OnlyAlarm(value))),
        (name, Some(value)) => Ok(Some(Step::Set(name.to_owned(), value))),
    }
}

/// Whole seconds; anything else is 0, a pause until the next round.
fn pause(rest: &[&str]) -> Step {
    let seconds = rest.first().map_or(0, |word| leading_int(word));
    Step::Pause(Duration::from_secs(u32::try_from(seconds).unwrap_or(0).into()))
}

/// The name before the first colon, and what stands behind it, with or without a blank. A name with
/// a colon and nothing behind it has an empty value; one without has none.
fn assignment<'a>(first: &'a str, rest: &[&str]) -> (&'a str, Option<String>) {
    let Some((name, glued)) = first.split_once(':') else {
        return (first, (!rest.is_empty()).then(|| rest.join(" ")));
    };
    let glued = Some(glued).filter(|text| !text.is_empty());
    let words: Vec<&str> = glued.into_iter().chain(rest.iter().copied()).collect();
    (name, Some(words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_mean_what_they_mean_in_nut() {
        let set = |name: &str, value: &str| Step::Set(name.to_owned(), value.to_owned());
        let text = "# comment\n\
                    ups.mfr: \"ACME # 1\"\n\
                    ups.status: OL CHRG\n\
                    battery.charge: 90 # percent\n\
                    a.b = c\n\
                    x:1\n\
                    driver.state: x\n\
                    gone: \"\"\n\
                    also.gone:\n\
                    ups.status:\n\
                    TIMER 3\n\
                    ALARM two  words\n\
                    ALARM\n\
                    ups.alarm: one\n";
        let text = text.replace("# 1", "\\# 1");
        let (steps, remarks) = read("f", text.as_bytes());
        assert_eq!(
            steps,
            [
                set("ups.mfr", "ACME # 1"),
                Step::Status("OL CHRG".into()),
                set("battery.charge", "90"),
                set("a.b", "= c"),
                set("x", "1"),
                set("gone", ""),
                set("also.gone", ""),
                Step::Status(String::new()),
                Step::Pause(Duration::from_secs(3)),
                Step::Alarm("two words".into()),
                Step::NoAlarm,
                Step::OnlyAlarm("one".into()),
            ]
        );
        assert!(remarks.is_empty(), "{remarks:?}");
    }

    #[test]
    fn nonsense_is_told_and_passed_over() {
        let (steps, remarks) = read("f", b"TIMER\nTIMER x\nlonely\n: 5\na: \"b # c\"\nd: 1\n");
        let at_once = Step::Pause(Duration::ZERO);
        assert_eq!(steps, [at_once.clone(), at_once, Step::Set("d".into(), "1".into())]);
        assert_eq!(remarks.len(), 3);
        assert!(remarks.contains(&"f:3: expected `:` and a value after `lonely`".to_owned()));
        assert!(remarks.contains(&"f:4: expected a variable's name before `:`".to_owned()));
    }
}
