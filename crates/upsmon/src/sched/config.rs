//! upssched.conf, read into the steps to take for an event, in file order.
//!
//! Knows the directives of NUT 2.8.5 and what its reader says about a wrong line; a line that cannot be
//! understood takes no step, and the others do. Opening the file is for `startup`, taking the steps for
//! `handle`. Pure.

use super::event::Event;
use super::wire::seconds;
use crate::notices::Kind;
use nut_proto::conf::value::int;
use nut_proto::conf::{ConfLine, Diagnostic, Word, parse};

/// How NUT begins its complaint about a line.
const INVALID: &str = "invalid directive";

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The lines with AT, in file order.
    pub steps: Vec<Step>,
    /// What holds at the end of the file.
    pub place: Place,
    /// DEBUG_MIN: the lowest debug level.
    pub debug_min: Option<u32>,
    /// Why no step may be taken at all.
    pub refusal: Option<Diagnostic>,
}

/// CMDSCRIPT, PIPEFN and LOCKFN; empty where not set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// A text for the shell, to which the argument is added as one word.
    pub script: String,
    /// The daemon's socket.
    pub pipe: String,
    /// The file whose lock the daemon holds.
    pub lock: String,
}

/// `AT <notifytype> <upsname> <command> ...`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// For events of this NOTIFYTYPE, in any letter case.
    pub kind: String,
    /// For events of this UPS; `*` for all, and for those about no UPS.
    pub ups: String,
    /// What to do.
    pub command: Command,
    /// What holds at this line.
    pub place: Place,
}

/// What an AT line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// START-TIMER, START-TIMER-SHARED
    Start {
        /// The timer's name, and CMDSCRIPT's argument.
        name: String,
        /// When it fires.
        seconds: u64,
        /// Whether a running timer of that name takes the event in.
        shared: bool,
    },
    /// CANCEL-TIMER, CANCEL-TIMER-MATCHED
    Cancel {
        /// The timer's name.
        name: String,
        /// CMDSCRIPT's argument if there is no such timer; empty for nothing.
        late: String,
        /// Whether only timers of the event's UPS are meant.
        matched: bool,
    },
    /// EXECUTE: CMDSCRIPT's argument.
    Execute(String),
}

impl Step {
    /// Whether the line is for this event.
    pub fn applies_to(&self, event: &Event) -> bool {
        let is_ups = self.ups == "*" || self.ups == event.ups;
        is_ups && self.kind.eq_ignore_ascii_case(&event.kind)
    }
}

/// Reads the file; `file` is its name for messages.
pub fn read(file: &str, bytes: &[u8]) -> (Config, Vec<Diagnostic>) {
    let (lines, diagnostics) = parse(file, bytes);
    let mut reader = Reader { file, config: Config::default(), diagnostics };
    for line in &lines {
        reader.take(line);
    }
    reader.diagnostics.sort_by_key(Diagnostic::position);
    (reader.config, reader.diagnostics)
}

/// What a line does.
type Take = fn(&mut Reader<'_>, &ConfLine);

/// Every directive; DEBUG_MIN may be in small letters.
const DIRECTIVES: &[(&str, Take)] = &[
    ("CMDSCRIPT", |reader, line| reader.place(line, |place| &mut place.script)),
    ("PIPEFN", |reader, line| reader.place(line, |place| &mut place.pipe)),
    ("LOCKFN", |reader, line| reader.place(line, |place| &mut place.lock)),
    (DEBUG_MIN, |reader, line| reader.debug_min(line)),
    ("AT", |reader, line| reader.at(line)),
];

const DEBUG_MIN: &str = "DEBUG_MIN";

/// The keywords of all directives.
pub fn keywords() -> impl Iterator<Item = &'static str> {
    DIRECTIVES.iter().map(|(keyword, _)| *keyword)
}

struct Reader<'a> {
    file: &'a str,
    config: Config,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn take(&mut self, line: &ConfLine) {
        let words = line.texts();
        let keyword = words.first().copied().unwrap_or_default();
        let any_case = keyword.eq_ignore_ascii_case(DEBUG_MIN);
        let keyword = if any_case { DEBUG_MIN } else { keyword };
        match DIRECTIVES.iter().find(|(known, _)| *known == keyword) {
            Some((_, take)) => take(self, line),
            None => self.invalid(line, "unknown keyword"),
        }
    }

    fn place(&mut self, line: &ConfLine, part: fn(&mut Place) -> &mut String) {
        match line.texts().get(1) {
            Some(text) if !text.is_empty() => {
                (*text).clone_into(part(&mut self.config.place));
            }
            _ => self.invalid(line, "expected a name"),
        }
    }

    fn invalid(&mut self, line: &ConfLine, why: &str) {
        let message = format!("{INVALID} {}: {why}", line.joined());
        self.diagnostics.push(Diagnostic::error(self.file, line.position(), message));
    }

    fn warn(&mut self, word: &Word, message: String) {
        self.diagnostics.push(Diagnostic::warning(self.file, word.position, message));
    }

    fn debug_min(&mut self, line: &ConfLine) {
        let level = line.texts().get(1).and_then(|level| int(level));
        match level.and_then(|n| u32::try_from(n).ok()) {
            Some(level) => self.config.debug_min = self.config.debug_min.max(Some(level)),
            None => self.invalid(line, "expected a debug level"),
        }
    }

    /// NUT takes steps while it reads: what they need has to stand before the first one, whether or not
    /// that is for the event at hand.
    fn at(&mut self, line: &ConfLine) {
        if line.words.len() < 5 {
            return self.invalid(line, "expected AT <notifytype> <upsname> <command> <word>");
        }
        if let Some(missing) = self.config.place.missing() {
            let refusal = Diagnostic::error(self.file, line.position(), missing);
            self.config.refusal.get_or_insert(refusal);
            return;
        }
        let [_, kind, ups, command, rest @ ..] = line.words.as_slice() else { return };
        match read_command(&command.text, rest) {
            Ok((command, used)) => {
                self.doubt(kind, &command, rest, used);
                let (kind, ups) = (kind.text.clone(), ups.text.clone());
                let place = self.config.place.clone();
                self.config.steps.push(Step { kind, ups, command, place });
            }
            Err(why) => self.invalid(line, &why),
        }
    }

    /// What is taken, but perhaps not as it was meant.
    fn doubt(&mut self, kind: &Word, command: &Command, rest: &[Word], used: usize) {
        if Kind::from_word(&kind.text).is_none() {
            self.warn(kind, format!("upsmon has no NOTIFYTYPE {}", kind.text));
        }
        if let (Command::Start { seconds, .. }, Some(word)) = (command, rest.get(1)) {
            if word.text.bytes().any(|b| !b.is_ascii_digit()) {
                self.warn(word, format!("{} is taken for {seconds} seconds", word.text));
            }
        }
        if let Some(word) = rest.get(used) {
            self.warn(word, "this word and any further ones have no effect".to_owned());
        }
    }
}

impl Place {
    /// What a step may not do without, in NUT's words; `PIPEFN and LOCKFN` in ours.
    fn missing(&self) -> Option<String> {
        let names = [("CMDSCRIPT", &self.script), ("PIPEFN", &self.pipe), ("LOCKFN", &self.lock)];
        match names.into_iter().find(|(_, text)| text.is_empty()) {
            Some((name, _)) => {
                Some(format!("{name} must be set before any ATs in the config file!"))
            }
            None if self.pipe == self.lock => {
                Some("PIPEFN and LOCKFN must be different files!".to_owned())
            }
            None => None,
        }
    }
}

/// The command, and how many of the words behind its own it uses.
fn read_command(word: &str, rest: &[Word]) -> Result<(Command, usize), String> {
    let text = |n: usize| rest.get(n).map(|w| w.text.clone()).unwrap_or_default();
    let first = text(0);
    let named = |what: &str| if first.is_empty() { Err(what.to_owned()) } else { Ok(()) };
    match word {
        "START-TIMER" | "START-TIMER-SHARED" => {
            named("expected a timer's name")?;
            let expected =
                "expected a number of seconds behind the timer's name; no timer is started";
            let seconds = seconds(&text(1)).ok_or(expected)?;
            Ok((Command::Start { name: first, seconds, shared: word != "START-TIMER" }, 2))
        }
        "CANCEL-TIMER" | "CANCEL-TIMER-MATCHED" => {
            named("expected a timer's name")?;
            let matched = word != "CANCEL-TIMER";
            Ok((Command::Cancel { name: first, late: text(1), matched }, 2))
        }
        "EXECUTE" => {
            named("Empty EXECUTE command argument")?;
            Ok((Command::Execute(first), 1))
        }
        _ => Err(format!(
            "Invalid command: {word}; expected START-TIMER, START-TIMER-SHARED, CANCEL-TIMER, \
             CANCEL-TIMER-MATCHED or EXECUTE"
        )),
    }
}

#[cfg(test)]
mod tests;
