//! `upsd.users`: one section per user.
//!
//! Knows the settings and what an upsmon role stands for. Sections that NUT 2.8.5 would add to the
//! user before them - a name that comes twice, a header that is none - have no effect here: rights
//! must not go to somebody else by a slip. Pure.

use crate::users::{User, Users};
use nut_proto::conf::{Block, ConfLine, Diagnostic, Position, Word, parse, sections};

/// Reads the file; `file` is its name for messages.
pub fn read_users(file: &str, bytes: &[u8]) -> (Users, Vec<Diagnostic>) {
    let (lines, mut diagnostics) = parse(file, bytes);
    let (blocks, more) = sections(file, lines);
    diagnostics.extend(more);
    let mut reader = Reader { file, users: Users::default(), diagnostics };
    for block in &blocks {
        reader.section(block);
    }
    reader.diagnostics.sort_by_key(Diagnostic::position);
    (reader.users, reader.diagnostics)
}

struct Reader<'a> {
    file: &'a str,
    users: Users,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn section(&mut self, block: &Block) {
        // What stands before the first section belongs to nobody.
        let Some(name) = block.name.as_deref() else { return };
        if !self.users.add(name) {
            let message = format!("Ignoring duplicate user {name} and the settings below it");
            self.error(block.position, message);
            return;
        }
        for line in &block.lines {
            self.setting(name, line);
        }
    }

    fn setting(&mut self, user: &str, line: &ConfLine) {
        let (key, values) = match line.words.as_slice() {
            [first, ..] if first.text.eq_ignore_ascii_case("user") => return,
            [key, equals, values @ ..] if equals.text == "=" && !values.is_empty() => (key, values),
            [key, values @ ..] if is(key, "upsmon") && !values.is_empty() => (key, values),
            _ => {
                let message = format!("expected `setting = value`, found `{}`", line.joined());
                return self.warn(line.position(), message);
            }
        };
        let values: Vec<&str> = values.iter().map(|word| word.text.as_str()).collect();
        self.apply(user, key, &values);
    }

    fn apply(&mut self, name: &str, key: &Word, values: &[&str]) {
        let Some(user) = self.users.get_mut(name) else { return };
        let complaint = match SETTINGS.iter().find(|(known, _)| is(key, known)) {
            Some((_, take)) => take(user, name, values),
            None if is(key, "allowfrom") => {
                Some("allowfrom in upsd.users is no longer used".to_owned())
            }
            None => Some(format!("Unrecognized user setting {}", key.text)),
        };
        if let Some(message) = complaint {
            self.warn(key.position, message);
        }
    }

    fn warn(&mut self, at: Position, message: String) {
        self.diagnostics.push(Diagnostic::warning(self.file, at, message));
    }

    fn error(&mut self, at: Position, message: String) {
        self.diagnostics.push(Diagnostic::error(self.file, at, message));
    }
}

/// A setting's effect: the user, their name, the values. It returns a complaint.
type Take = fn(&mut User, &str, &[&str]) -> Option<String>;

/// Every setting of a user.
const SETTINGS: &[(&str, Take)] = &[
    ("password", |user, name, values| password(user, name, first(values))),
    ("actions", |user, _, values| add(&mut user.actions, values)),
    ("instcmds", |user, _, values| add(&mut user.instcmds, values)),
    ("upsmon", |user, _, values| role(user, first(values))),
];

/// The names of all settings.
pub fn keywords() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().map(|(keyword, _)| *keyword)
}

fn first<'a>(values: &[&'a str]) -> &'a str {
    values.first().copied().unwrap_or_default()
}

fn is(word: &Word, text: &str) -> bool {
    word.text.eq_ignore_ascii_case(text)
}

fn password(user: &mut User, name: &str, password: &str) -> Option<String> {
    if user.password.is_some() {
        return Some(format!("Ignoring duplicate password for {name}"));
    }
    user.password = Some(password.to_owned());
    None
}

fn add(list: &mut Vec<String>, values: &[&str]) -> Option<String> {
    list.extend(values.iter().map(|&value| value.to_owned()));
    None
}

fn role(user: &mut User, role: &str) -> Option<String> {
    let actions: &[&str] = match role.to_ascii_lowercase().as_str() {
        "primary" | "master" => &["LOGIN", "MASTER", "FSD"],
        "secondary" | "slave" => &["LOGIN"],
        _ => return Some(format!("Unknown upsmon type {role}")),
    };
    add(&mut user.actions, actions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::Permission::{Fsd, Login, Primary, Set};

    fn read(text: &str) -> (Users, Vec<String>) {
        let (users, found) = read_users("upsd.users", text.as_bytes());
        (users, found.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn settings_and_roles() {
        let (users, found) = read(
            "password = nobody\n[admin]\npassword=\"se cret\"\nActions = SET FSD\n\
             instcmds = ALL\n[mon]\npassword = m\nupsmon = Primary\n[sec]\npassword = s\n\
             upsmon slave x\nuser old\n",
        );
        assert_eq!(found, Vec::<String>::new());
        assert_eq!(users.len(), 3);
        assert!(users.permit("admin", "se cret", Set).is_ok());
        assert!(users.permit_command("admin", "se cret", "x.y").is_ok());
        for permission in [Login, Primary, Fsd] {
            assert!(users.permit("mon", "m", permission).is_ok(), "{permission:?}");
            assert_eq!(users.permit("sec", "s", permission).is_ok(), permission == Login);
        }
    }

    #[test]
    fn rights_never_go_to_the_user_before() {
        let (users, found) = read(
            "[low]\npassword = l\n[my user]\nactions = SET\n[low]\nactions = FSD\n\
             \"[a b]\"\npassword = p\n",
        );
        assert!(users.permit("low", "l", Set).is_err());
        assert!(users.permit("low", "l", Fsd).is_err());
        assert_eq!(users.len(), 2);
        assert!(found.iter().any(|line| line.starts_with("upsd.users:3:1:")), "{found:?}");
        let duplicate = "upsd.users:5:1: Ignoring duplicate user low and the settings below it";
        assert!(found.iter().any(|line| line == duplicate), "{found:?}");
    }

    #[test]
    fn oddities_are_told() {
        let (users, found) = read(
            "[u]\npassword = a\npassword = b\nupsmon tertiary\nallowfrom = all\ncolour = red\n\
             actions SET\n",
        );
        assert!(users.permit("u", "a", Login).is_err());
        let expected = [
            "upsd.users:3:1: Ignoring duplicate password for u",
            "upsd.users:4:1: Unknown upsmon type tertiary",
            "upsd.users:5:1: allowfrom in upsd.users is no longer used",
            "upsd.users:6:1: Unrecognized user setting colour",
            "upsd.users:7:1: expected `setting = value`, found `actions SET`",
        ];
        assert_eq!(found, expected);
    }
}
