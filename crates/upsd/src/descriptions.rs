//! Texts about variables and commands, from the file `cmdvartab`.
//!
//! Knows the file's two kinds of lines and how a name is looked up. Reading the file is for `files`.
//! Pure. Source of the facts: NUT 2.8.5.

use nut_proto::line::{Parsed, parse};
use std::collections::HashMap;

/// What DESC and CMDDESC say when there is no text.
pub const UNAVAILABLE: &str = "Description unavailable";

/// The texts, by lower-case name.
#[derive(Debug, Default)]
pub struct Descriptions {
    variables: HashMap<String, String>,
    commands: HashMap<String, String>,
}

impl Descriptions {
    /// Reads the file's bytes. Lines that are neither VARDESC nor CMDDESC are passed over; of two
    /// entries for a name the later one counts.
    pub fn read(file: &[u8]) -> Descriptions {
        let mut descriptions = Descriptions::default();
        // A last line without its line feed counts too.
        let text = [file, b"\n"].concat();
        let mut rest = text.as_slice();
        loop {
            let consumed = match parse(rest) {
                Parsed::Line(line, consumed) => {
                    descriptions.take_line(&line.texts());
                    consumed
                }
                Parsed::Unbalanced { consumed, .. } => consumed,
                Parsed::Incomplete => return descriptions,
            };
            rest = rest.get(consumed..).unwrap_or_default();
        }
    }

    fn take_line(&mut self, words: &[&str]) {
        let (table, name, text) = match words {
            ["VARDESC", name, text, ..] => (&mut self.variables, name, text),
            ["CMDDESC", name, text, ..] => (&mut self.commands, name, text),
            _ => return,
        };
        table.insert(name.to_ascii_lowercase(), (*text).to_owned());
    }

    /// The text about a variable.
    pub fn variable(&self, name: &str) -> &str {
        look_up(&self.variables, name)
    }

    /// The text about an instant command.
    pub fn command(&self, name: &str) -> &str {
        look_up(&self.commands, name)
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.variables.len() + self.commands.len()
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A repeater's names are those of the device behind it with `upstream.` in front; NUT minds the
/// case of that prefix.
fn look_up<'a>(table: &'a HashMap<String, String>, name: &str) -> &'a str {
    let name = name.strip_prefix("upstream.").unwrap_or(name);
    table.get(&name.to_ascii_lowercase()).map_or(UNAVAILABLE, String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_in_any_case_and_the_later_one_counts() {
        let file = b"# comment\nVARDESC ups.status \"old\"\nVARDESC UPS.status \"UPS status\"\n\
            vardesc ups.load \"no\"\nCMDDESC load.off \"Turn off\" x\nCMDDESC short\nBAD \"a # b\"\n\
            CMDDESC load.on \"Turn on\"";
        let texts = Descriptions::read(file);
        assert_eq!(texts.variable("Ups.Status"), "UPS status");
        assert_eq!(texts.variable("upstream.ups.status"), "UPS status");
        assert_eq!(texts.variable("Upstream.ups.status"), UNAVAILABLE);
        assert_eq!(texts.variable("ups.load"), UNAVAILABLE);
        assert_eq!(texts.command("load.off"), "Turn off");
        assert_eq!(texts.command("load.on"), "Turn on");
        assert_eq!(texts.command("ups.status"), UNAVAILABLE);
        assert_eq!(texts.len(), 3);
    }
}
