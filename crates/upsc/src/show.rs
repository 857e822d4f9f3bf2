//! upsc's output: lists and single values as text or JSON.
//!
//! Knows the layouts of NUT 2.8.5, which scripts compare. Where the rows come from is for the
//! program. Pure.

use serde_json::Value;

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A line a row.
    Text,
    /// One JSON document, all values strings.
    Json,
}

impl Layout {
    /// Names: a line each, or an array.
    pub fn names<'a>(self, names: impl IntoIterator<Item = &'a str>) -> String {
        match self {
            Layout::Text => names.into_iter().map(|name| format!("{name}\n")).collect(),
            Layout::Json => collection('[', names.into_iter().map(string), ']'),
        }
    }

    /// Names with a text each: `name: text` lines, or an object.
    pub fn pairs<'a>(self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let pairs = pairs.into_iter();
        match self {
            Layout::Text => pairs.map(|(name, text)| format!("{name}: {text}\n")).collect(),
            Layout::Json => {
                let members =
                    pairs.map(|(name, text)| format!("{}: {}", string(name), string(text)));
                collection('{', members, '}')
            }
        }
    }

    /// One value.
    pub fn value(self, value: &str) -> String {
        match self {
            Layout::Text => format!("{value}\n"),
            Layout::Json => format!("{}\n", string(value)),
        }
    }

    /// What standard output gets of a failure. `listing` is the failure of a list of variables,
    /// which has a layout of its own.
    pub fn failure(self, text: &str, listing: bool) -> String {
        match self {
            Layout::Text => String::new(),
            Layout::Json if listing => self.pairs([("error", text)]),
            Layout::Json => format!("{{\"error\": {}}}\n", string(text)),
        }
    }
}

/// Members two blanks in, one a line; an empty collection has one empty line.
fn collection(open: char, members: impl Iterator<Item = String>, close: char) -> String {
    let members: Vec<String> = members.map(|member| format!("  {member}")).collect();
    format!("{open}\n{}\n{close}\n", members.join(",\n"))
}

fn string(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lines_or_an_array() {
        assert_eq!(Layout::Text.names(["a", "b"]), "a\nb\n");
        assert_eq!(Layout::Json.names(["a", "b"]), "[\n  \"a\",\n  \"b\"\n]\n");
        assert_eq!(Layout::Text.names([]), "");
        assert_eq!(Layout::Json.names([]), "[\n\n]\n");
    }

    #[test]
    fn pairs_are_lines_or_an_object_in_the_servers_order() {
        let pairs = [("ups.status", "OL"), ("battery.charge", "")];
        assert_eq!(Layout::Text.pairs(pairs), "ups.status: OL\nbattery.charge: \n");
        assert_eq!(
            Layout::Json.pairs(pairs),
            "{\n  \"ups.status\": \"OL\",\n  \"battery.charge\": \"\"\n}\n"
        );
        assert_eq!(Layout::Json.pairs([]), "{\n\n}\n");
    }

    #[test]
    fn values_are_escaped_for_json_only() {
        let value = "quo\"te \\ \u{7f}";
        assert_eq!(Layout::Text.value(value), format!("{value}\n"));
        assert_eq!(Layout::Json.value(value), "\"quo\\\"te \\\\ \u{7f}\"\n");
    }

    #[test]
    fn failures_go_to_standard_output_in_json_only() {
        let text = "invalid hostname.\nRequired format: [hostname[:port]]";
        assert_eq!(Layout::Text.failure(text, true), "");
        assert_eq!(
            Layout::Json.failure(text, false),
            "{\"error\": \"invalid hostname.\\nRequired format: [hostname[:port]]\"}\n"
        );
        assert_eq!(Layout::Json.failure("Data stale", true), "{\n  \"error\": \"Data stale\"\n}\n");
    }
}
