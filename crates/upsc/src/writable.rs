//! upsrw's listing: the variables that can be set, and to what.
//!
//! Knows NUT 2.8.5's layout and which questions a variable's type raises. Asking them is for the
//! program. Pure.

use nut_proto::number::leading_int;
use std::fmt::Write;

/// What NUT prints where a server has no description.
pub const NO_DESCRIPTION: &str = "Description unavailable";

/// The words of a GET TYPE answer that matter here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TypeWords {
    /// It has a list of allowed values.
    pub enumerated: bool,
    /// It has ranges of allowed values.
    pub ranged: bool,
    /// It is a text of at most so many bytes.
    pub text: Option<i64>,
    /// It is a number.
    pub number: bool,
}

impl TypeWords {
    /// Reads the words behind the echo. Words that are not known are passed over.
    pub fn parse(words: &str) -> TypeWords {
        let mut found = TypeWords::default();
        for word in words.split_ascii_whitespace() {
            let word = word.to_ascii_uppercase();
            match word.as_str() {
                "ENUM" => found.enumerated = true,
                "RANGE" => found.ranged = true,
                "NUMBER" => found.number = true,
                _ => {
                    found.text = word.strip_prefix("STRING:").map(leading_int).or(found.text);
                }
            }
        }
        found
    }
}

/// To what a variable can be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Any text of at most so many bytes.
    Text(i64),
    /// Any number.
    Number,
    /// A number in one of these ranges, both ends included.
    Ranges(Vec<(String, String)>),
    /// One of these values; with their greatest length where they are texts.
    Values(Option<i64>, Vec<String>),
    /// The server did not say.
    Unknown,
}

/// A variable that can be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writable {
    /// Its name.
    pub name: String,
    /// Its present value.
    pub value: String,
    /// What it is, in words.
    pub description: String,
    /// What it can be set to.
    pub choice: Choice,
}

/// The listing.
pub fn show(variables: &[Writable]) -> String {
    variables.iter().map(show_one).collect()
}

fn show_one(variable: &Writable) -> String {
    let Writable { name, value, description, choice } = variable;
    let body = match choice {
        Choice::Text(most) => format!("Type: STRING\nMaximum length: {most}\nValue: {value}\n"),
        Choice::Number => format!("Type: NUMBER\nValue: {value}\n"),
        Choice::Ranges(ranges) => format!("Type: RANGE NUMBER\n{}", show_ranges(ranges, value)),
        Choice::Values(Some(most), values) => {
            format!("Type: ENUM STRING\nMaximum length: {most}\n{}", show_values(values, value))
        }
        Choice::Values(None, values) => {
            format!("Type: ENUM NUMBER\n{}", show_values(values, value))
        }
        Choice::Unknown => "Unknown type\n".to_owned(),
    };
    format!("[{name}]\n{description}\n{body}\n")
}

fn show_ranges(ranges: &[(String, String)], value: &str) -> String {
    let now = leading_int(value);
    options(ranges.iter().map(|(min, max)| {
        let inside = (leading_int(min)..=leading_int(max)).contains(&now);
        (format!("{min}-{max}"), inside)
    }))
}

fn show_values(values: &[String], value: &str) -> String {
    options(values.iter().map(|option| (option.clone(), option == value)))
}

fn options(options: impl Iterator<Item = (String, bool)>) -> String {
    options.fold(String::new(), |mut out, (text, selected)| {
        // Writing into memory cannot fail.
        let _ = writeln!(out, "Option: \"{text}\"{}", if selected { " SELECTED" } else { "" });
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str, choice: Choice) -> String {
        show(&[Writable {
            name: "a.b".into(),
            value: value.into(),
            description: "What it is".into(),
            choice,
        }])
    }

    #[test]
    fn each_choice_has_its_block() {
        assert_eq!(
            shown("x", Choice::Text(8)),
            "[a.b]\nWhat it is\nType: STRING\nMaximum length: 8\nValue: x\n\n"
        );
        assert_eq!(shown("5", Choice::Number), "[a.b]\nWhat it is\nType: NUMBER\nValue: 5\n\n");
        assert_eq!(
            shown(
                "95.5",
                Choice::Ranges(vec![("80".into(), "90".into()), ("91".into(), "100".into())])
            ),
            "[a.b]\nWhat it is\nType: RANGE NUMBER\nOption: \"80-90\"\nOption: \"91-100\" SELECTED\n\n"
        );
        let values = || vec!["on".to_owned(), "off".to_owned()];
        assert_eq!(
            shown("off", Choice::Values(Some(3), values())),
            "[a.b]\nWhat it is\nType: ENUM STRING\nMaximum length: 3\nOption: \"on\"\nOption: \
             \"off\" SELECTED\n\n"
        );
        assert_eq!(
            shown("OFF", Choice::Values(None, values())),
            "[a.b]\nWhat it is\nType: ENUM NUMBER\nOption: \"on\"\nOption: \"off\"\n\n"
        );
        assert_eq!(shown("x", Choice::Unknown), "[a.b]\nWhat it is\nUnknown type\n\n");
    }

    #[test]
    fn nothing_to_set_prints_nothing() {
        assert_eq!(show(&[]), "");
    }

    #[test]
    fn type_words_are_read_in_any_order() {
        let ranged = TypeWords { ranged: true, number: true, ..TypeWords::default() };
        assert_eq!(TypeWords::parse("RW RANGE NUMBER"), ranged);
        let text = TypeWords { enumerated: true, text: Some(16), ..TypeWords::default() };
        assert_eq!(TypeWords::parse("STRING:16 enum RW NEWWORD"), text);
        assert_eq!(TypeWords::parse(""), TypeWords::default());
    }
}
