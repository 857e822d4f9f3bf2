//! `ups.conf`: global settings and one section per UPS.
//!
//! Knows the shape of the file, shared by drivers, upsdrvctl and upsd; each of them picks its own
//! keys and knows what they mean. Entries keep file order and position, so that a reader can apply
//! them one by one as NUT does or ask for the last one only.

use crate::number::leading_int;

use super::{Block, ConfLine, Diagnostic, Form, Position, Word, parse, sections, value};

/// Keys before the first section, those of all readers together. `debug_min` and `statepath` may be in any
/// letter case (NUT 2.8.5).
pub const GLOBAL_KEYS: &[&str] = &[
    "chroot",
    "debug_min",
    "driverpath",
    "group",
    "maxretry",
    "maxstartdelay",
    "nowait",
    "pollinterval",
    "retrydelay",
    "statepath",
    "synchronous",
    "user",
];

/// Keys of a section, those of all readers together; what else stands there are options of the driver.
/// `debug_min` may be in any letter case (NUT 2.8.5).
pub const SECTION_KEYS: &[&str] = &[
    "LIBUSB_DEBUG",
    "allow_killpower",
    "debug_min",
    "desc",
    "driver",
    "group",
    "ignorelb",
    "maxretry",
    "maxstartdelay",
    "nolock",
    "pollinterval",
    "port",
    "retrydelay",
    "sdcommands",
    "sddelay",
    "sdorder",
    "synchronous",
    "user",
];

/// What the key of a variable's first value begins with, and of a value that nothing changes; in any letter
/// case.
pub const PRESETS: [&str; 2] = ["default.", "override."];

/// Whether a key is one of these, but for letter case.
pub fn is_among(keys: &[&str], key: &str) -> bool {
    keys.iter().any(|known| known.eq_ignore_ascii_case(key))
}

/// One `key` or `key = value` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key as spelled in the file.
    pub key: String,
    /// The first word after `=`; none for a flag.
    pub value: Option<String>,
    /// Where the key stands.
    pub position: Position,
}

/// Entries in file order. Keys are compared exactly unless a method says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The file they stand in, for messages.
    pub file: String,
    /// All of them, also those that a later one replaces.
    pub entries: Vec<Entry>,
}

/// One UPS: all sections of that name together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The name between the brackets; letter case counts.
    pub name: String,
    /// Where its first header stands.
    pub position: Position,
    /// Its entries. None at all: NUT's drivers do not find such a section.
    pub settings: Settings,
}

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpsConf {
    /// What stands before the first section.
    pub global: Settings,
    /// The sections, in the order in which their first headers stand.
    pub sections: Vec<Section>,
}

impl UpsConf {
    /// Reads the file; `file` is its name for messages. Diagnostics come in file order.
    pub fn parse(file: &str, bytes: &[u8]) -> (UpsConf, Vec<Diagnostic>) {
        let (lines, mut diagnostics) = parse(file, bytes);
        let (blocks, more) = sections(file, lines);
        diagnostics.extend(more);
        let mut conf = UpsConf { global: Settings::new(file), sections: Vec::new() };
        for block in blocks {
            conf.add(file, block, &mut diagnostics);
        }
        diagnostics.sort_by_key(Diagnostic::position);
        (conf, diagnostics)
    }

    /// The section with this name, letter case counting.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.name == name)
    }

    fn add(&mut self, file: &str, block: Block, diagnostics: &mut Vec<Diagnostic>) {
        let settings = match &block.name {
            None => &mut self.global,
            Some(name) => self.open(file, name, block.position, diagnostics),
        };
        for line in &block.lines {
            settings.add(line, diagnostics);
        }
    }

    fn open(
        &mut self,
        file: &str,
        name: &str,
        position: Position,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> &mut Settings {
        let index = self.sections.iter().position(|s| s.name == name).unwrap_or_else(|| {
            diagnostics.extend(self.twin(file, name, position));
            let settings = Settings::new(file);
            self.sections.push(Section { name: name.to_owned(), position, settings });
            self.sections.len() - 1
        });
        match self.sections.get_mut(index) {
            Some(section) => &mut section.settings,
            None => &mut self.global,
        }
    }

    fn twin(&self, file: &str, name: &str, position: Position) -> Option<Diagnostic> {
        let twin = self.sections.iter().find(|s| s.name.eq_ignore_ascii_case(name))?;
        let (other, line) = (&twin.name, twin.position.line);
        let message = format!("[{name}] and [{other}] in line {line} differ in letter case only");
        Some(Diagnostic::warning(file, position, message))
    }
}

impl Settings {
    fn new(file: &str) -> Settings {
        Settings { file: file.to_owned(), entries: Vec::new() }
    }

    fn add(&mut self, line: &ConfLine, diagnostics: &mut Vec<Diagnostic>) {
        match line.form() {
            Form::Flag(key) => self.push(key, None, diagnostics),
            Form::Setting(key, values) => self.push(key, Some(values), diagnostics),
            Form::NoValue(key) => {
                let message =
                    format!("expected a value after `{} =`; the line is ignored", key.text);
                diagnostics.push(Diagnostic::error(&self.file, key.position, message));
            }
            Form::Other(words) => {
                let at = words.get(1).map_or(line.position(), |w| w.position);
                let message = "expected `=` after the first word; the line is ignored";
                diagnostics.push(Diagnostic::error(&self.file, at, message));
            }
        }
    }

    fn push(&mut self, key: &Word, values: Option<&[Word]>, diagnostics: &mut Vec<Diagnostic>) {
        let values = values.unwrap_or_default();
        if let Some(extra) = values.get(1) {
            let message = "expected one value; the rest is ignored: quote a value with blanks";
            diagnostics.push(Diagnostic::warning(&self.file, extra.position, message));
        }
        diagnostics.extend(self.twin(key));
        let value = values.first().map(|w| w.text.clone());
        self.entries.push(Entry { key: key.text.clone(), value, position: key.position });
    }

    /// `Port` after `port` is most likely meant to replace it, and does not.
    fn twin(&self, key: &Word) -> Option<Diagnostic> {
        let same = |e: &&Entry| e.key.eq_ignore_ascii_case(&key.text);
        let twin = self.entries.iter().rev().find(same).filter(|e| e.key != key.text)?;
        let (other, line) = (&twin.key, twin.position.line);
        let message =
            format!("`{}` and `{other}` in line {line} differ in letter case only", key.text);
        Some(Diagnostic::warning(&self.file, key.position, message))
    }

    /// The last entry with this key: the one that counts.
    pub fn last(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|e| e.key == key)
    }

    /// The same in any letter case, for the few keys NUT compares so (`debug_min`, `statepath`).
    pub fn last_any_case(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|e| e.key.eq_ignore_ascii_case(key))
    }

    /// The value that counts; none if the key is absent or a bare flag.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.entries.iter().rev().find(|e| e.key == key && e.value.is_some())?.value.as_deref()
    }

    /// Whether a flag is on. A flag given a word for no is off; NUT 2.8.5 switches it on, whatever the
    /// value, and so does any other word here, with a diagnostic.
    pub fn flag(&self, key: &str, diagnostics: &mut Vec<Diagnostic>) -> bool {
        let Some(entry) = self.last(key) else { return false };
        let Some(text) = &entry.value else { return true };
        let expected = || format!("expected `{key}` alone, or yes or no after it, found `{text}`");
        self.told(value::boolean(text), entry, expected, diagnostics).unwrap_or(true)
    }

    /// A whole number. `15x` is taken as 15 with a diagnostic; what does not begin with a number is
    /// none, with a diagnostic, and the caller's default holds.
    pub fn int(&self, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<i64> {
        let (entry, text) = self.wanted(key, "a whole number", diagnostics)?;
        let expected = || format!("expected a whole number after `{key} =`, found `{text}`");
        let leading = || {
            let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
            value::begins_with_digit(unsigned).then(|| leading_int(text))
        };
        self.told(value::int(text), entry, expected, diagnostics).or_else(leading)
    }

    /// Yes or no. Any other word is none, with a diagnostic, and the caller's default holds.
    pub fn bool(&self, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<bool> {
        let (entry, text) = self.wanted(key, "yes or no", diagnostics)?;
        let expected = || format!("expected yes or no after `{key} =`, found `{text}`");
        self.told(value::boolean(text), entry, expected, diagnostics)
    }

    fn wanted(
        &self,
        key: &str,
        what: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<(&Entry, &str)> {
        let entry = self.last(key)?;
        let expected = || format!("expected `{key} =` and {what}");
        let text = self.told(entry.value.as_deref(), entry, expected, diagnostics)?;
        Some((entry, text))
    }

    fn told<T>(
        &self,
        value: Option<T>,
        entry: &Entry,
        expected: impl Fn() -> String,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<T> {
        if value.is_none() {
            diagnostics.push(Diagnostic::error(&self.file, entry.position, expected()));
        }
        value
    }
}

#[cfg(test)]
mod tests;
