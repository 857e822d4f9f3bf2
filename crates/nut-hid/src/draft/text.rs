//! The pieces of a drafted map in TOML: rows, quoted texts, numbers with their units.

use crate::format::Format;
use crate::map::{Access, Poll, Role, Row};

/// Unit codes of HID 1.11 (6.2.2.7) that power devices use, in the customary unit that values are
/// turned into.
const UNITS: [(u32, &str); 7] = [
    (0x00f0_d121, " V"),
    (0x0010_0001, " A"),
    (0x0000_d121, " W or VA"),
    (0x0000_f001, " Hz"),
    (0x0000_1001, " s"),
    (0x0001_0001, " K"),
    (0x0010_1001, " As"),
];

/// The unit after a number, if it is a known one.
pub(super) fn unit(code: u32) -> &'static str {
    UNITS.iter().find(|(known, _)| *known == code).map_or("", |(_, name)| name)
}

/// At most three decimals.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A row of a map for a field at `path`, meaning what `row` means.
pub(super) fn row(row: &Row, path: &str) -> String {
    let conversion = row.conversion.as_ref().map(|c| quoted(&c.name));
    let mut keys: Vec<(&str, String)> = Vec::new();
    match &row.role {
        Role::Reading { name, .. } | Role::Parameter { name, .. } => {
            keys.push(("name", quoted(name)))
        }
        Role::Command { name, .. } => keys.push(("command", quoted(name))),
        Role::Status => keys.push(("status", conversion.clone().unwrap_or_default())),
        Role::Alarm => keys.push(("alarm", conversion.clone().unwrap_or_default())),
    }
    keys.push(("path", quoted(path)));
    match &row.role {
        Role::Reading { format: Format::Fixed(n), .. } if conversion.is_none() => {
            keys.push(("format", format!("\"%.{n}f\"")));
        }
        Role::Parameter { initial, .. } => keys.push(("initial", quoted(initial))),
        Role::Command { value: Some(value), .. } => keys.push(("value", quoted(value))),
        _ => {}
    }
    if matches!(row.role, Role::Reading { .. } | Role::Command { .. }) {
        keys.extend(conversion.map(|name| ("convert", name)));
    }
    keys.extend(rest(row));
    let keys: Vec<String> =
        keys.into_iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("{{ {} }}", keys.join(", "))
}

fn rest(row: &Row) -> Vec<(&'static str, String)> {
    let poll = match row.poll {
        Poll::Full => None,
        Poll::Quick => Some("quick"),
        Poll::Once => Some("once"),
        Poll::AfterSet => Some("after-set"),
    };
    let mut keys: Vec<(&str, String)> = Vec::new();
    keys.extend(poll.map(|word| ("poll", quoted(word))));
    keys.extend(flags(row.access).map(|words| ("flags", quoted(&words))));
    keys.extend((row.max_len != 0).then(|| ("max_len", row.max_len.to_string())));
    keys.extend(row.choices.then(|| ("choices", "true".to_owned())));
    keys
}

fn flags(access: Access) -> Option<String> {
    let words = [(access.rw, "RW"), (access.string, "STRING"), (access.number, "NUMBER")];
    let words: Vec<&str> = words.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// A text as TOML has it. Control characters, which no good device sends, are left out.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", plain(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// A text without control characters, fit for a comment.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_have_units() {
        assert_eq!(
            [number(27.100), number(-1.0), number(0.0625), number(100.0)],
            ["27.1", "-1", "0.062", "100"]
        );
        assert_eq!((unit(0x00f0_d121), unit(0x1234)), (" V", ""));
    }

    #[test]
    fn a_strangers_text_stays_within_its_quotes() {
        assert_eq!(quoted("a \"b\" \\ c\n\u{7f}d"), "\"a \\\"b\\\" \\\\ cd\"");
    }
}
