//! The names NUT defines for variables and commands.
//!
//! Knows whether a name is one of them. The list is data, in `data/names.toml`; it serves the linter
//! of maps, nothing that runs.

use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Deserialize)]
struct File {
    variables: Vec<String>,
    commands: Vec<String>,
}

/// The known names, indexes written as `n`.
#[derive(Debug, Clone, Default)]
pub struct Names {
    variables: BTreeSet<String>,
    commands: BTreeSet<String>,
}

impl Names {
    /// The list that comes with the program.
    pub fn load() -> Result<Names, toml::de::Error> {
        let file: File = toml::from_str(include_str!("../data/names.toml"))?;
        let all = |patterns: Vec<String>| patterns.iter().flat_map(|p| expand(p)).collect();
        Ok(Names { variables: all(file.variables), commands: all(file.commands) })
    }

    /// Whether a variable has a name NUT defines.
    pub fn is_variable(&self, name: &str) -> bool {
        is_unsettled(name) || self.variables.contains(&indexed(name))
    }

    /// Whether a command has a name NUT defines.
    pub fn is_command(&self, name: &str) -> bool {
        is_unsettled(name) || self.commands.contains(&indexed(name))
    }
}

/// Names outside any list, by their first part.
fn is_unsettled(name: &str) -> bool {
    name.starts_with("experimental.") || name.starts_with("unmapped.")
}

/// The name with its numbers written as `n`.
fn indexed(name: &str) -> String {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<_> = name.split('.').map(|p| if number(p) { "n" } else { p }).collect();
    parts.join(".")
}

/// Every text a pattern stands for: the first `{a,b}` is replaced by each choice, and so on.
fn expand(pattern: &str) -> Vec<String> {
    let parts = pattern.split_once('{').and_then(|(before, rest)| {
        let (choices, after) = rest.split_once('}')?;
        Some((before, choices, after))
    });
    match parts {
        None => vec![pattern.to_owned()],
        Some((before, choices, after)) => choices
            .split(',')
            .flat_map(|choice| expand(&format!("{before}{choice}{after}")))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_names() {
        assert_eq!(expand("a.{b,c}{,.d}"), ["a.b", "a.b.d", "a.c", "a.c.d"]);
        assert_eq!(expand("a{b"), ["a{b"]);
    }

    #[test]
    fn known_and_unknown_names() {
        let names = Names::load().unwrap();
        for known in ["ups.load", "outlet.2.status", "ambient.1.contacts.3.name", "unmapped.x"] {
            assert!(names.is_variable(known), "{known}");
        }
        assert!(!names.is_variable("ups.laod"));
        assert!(names.is_command("outlet.1.load.off") && !names.is_command("load.of"));
    }
}
