//! Who may do what: the users of upsd.users and the decision about each of their wishes.
//!
//! Names and passwords count letter by letter; actions and commands do not mind letter case (NUT
//! 2.8.5). Reading the file is for `config`. Pure.

use std::collections::HashMap;

/// What an `actions` line or an upsmon role permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are the words of upsd.users
pub enum Permission {
    Login,
    Primary,
    Fsd,
    Set,
}

impl Permission {
    /// The word of `actions` for it.
    pub fn word(self) -> &'static str {
        self.words().first().copied().unwrap_or_default()
    }

    /// The words of `actions` that grant it: PRIMARY is also spelled MASTER.
    fn words(self) -> &'static [&'static str] {
        match self {
            Permission::Login => &["LOGIN"],
            Permission::Primary => &["PRIMARY", "MASTER"],
            Permission::Fsd => &["FSD"],
            Permission::Set => &["SET"],
        }
    }
}

/// Why somebody may not do something; the text form is for the log, never for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such user, or one without a password.
    UnknownUser,
    /// The password is wrong.
    WrongPassword,
    /// The user is right but lacks the permission.
    NotPermitted,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Refusal::UnknownUser => "unknown user",
            Refusal::WrongPassword => "wrong password",
            Refusal::NotPermitted => "not permitted by upsd.users",
        })
    }
}

/// One section of upsd.users.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct User {
    /// None: this user can never authenticate.
    pub password: Option<String>,
    /// Words of `actions` lines, and those an upsmon role stands for.
    pub actions: Vec<String>,
    /// Words of `instcmds` lines.
    pub instcmds: Vec<String>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Passwords stay out of logs and test output.
        f.debug_struct("User")
            .field("actions", &self.actions)
            .field("instcmds", &self.instcmds)
            .finish_non_exhaustive()
    }
}

impl User {
    fn has_action(&self, permission: Permission) -> bool {
        let granted = |word: &String| {
            permission.words().iter().any(|granting| granting.eq_ignore_ascii_case(word))
        };
        self.actions.iter().any(granted)
    }

    fn has_command(&self, command: &str) -> bool {
        let granted =
            |word: &String| word.eq_ignore_ascii_case("ALL") || word.eq_ignore_ascii_case(command);
        self.instcmds.iter().any(granted)
    }
}

/// All users.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Users {
    users: HashMap<String, User>,
}

impl Users {
    /// Adds a user; false if the name is taken.
    pub fn add(&mut self, name: &str) -> bool {
        let free = !self.users.contains_key(name);
        if free {
            self.users.insert(name.to_owned(), User::default());
        }
        free
    }

    /// The user of this name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut User> {
        self.users.get_mut(name)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Whether these credentials permit an action.
    pub fn permit(&self, name: &str, password: &str, what: Permission) -> Result<(), Refusal> {
        let user = self.authenticate(name, password)?;
        user.has_action(what).then_some(()).ok_or(Refusal::NotPermitted)
    }

    /// Whether these credentials permit an instant command; actions do not matter for it.
    pub fn permit_command(&self, name: &str, password: &str, cmd: &str) -> Result<(), Refusal> {
        let user = self.authenticate(name, password)?;
        user.has_command(cmd).then_some(()).ok_or(Refusal::NotPermitted)
    }

    fn authenticate(&self, name: &str, password: &str) -> Result<&User, Refusal> {
        let user = self.users.get(name).ok_or(Refusal::UnknownUser)?;
        let expected = user.password.as_deref().ok_or(Refusal::UnknownUser)?;
        if same_text(expected, password) { Ok(user) } else { Err(Refusal::WrongPassword) }
    }
}

/// Compares without telling by its duration where the texts differ.
fn same_text(a: &str, b: &str) -> bool {
    let difference = a.bytes().zip(b.bytes()).fold(0u8, |acc, (x, y)| acc | (x ^ y));
    a.len() == b.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users() -> Users {
        let mut users = Users::default();
        for (name, password) in [("admin", Some("secret")), ("nobody", None), ("empty", Some(""))] {
            assert!(users.add(name));
            users.get_mut(name).unwrap().password = password.map(str::to_owned);
        }
        let admin = users.get_mut("admin").unwrap();
        admin.actions = vec!["set".into(), "MASTER".into()];
        admin.instcmds = vec!["test.battery.start".into()];
        users.get_mut("empty").unwrap().instcmds = vec!["all".into()];
        users
    }

    #[test]
    fn names_and_passwords_count_exactly() {
        let permit = |name, password| users().permit(name, password, Permission::Set);
        assert_eq!(permit("admin", "secret"), Ok(()));
        assert_eq!(permit("Admin", "secret"), Err(Refusal::UnknownUser));
        assert_eq!(permit("admin", "Secret"), Err(Refusal::WrongPassword));
        assert_eq!(permit("admin", "secretx"), Err(Refusal::WrongPassword));
        assert_eq!(permit("nobody", ""), Err(Refusal::UnknownUser));
        assert_eq!(permit("empty", ""), Err(Refusal::NotPermitted));
    }

    #[test]
    fn master_is_primary_and_commands_need_no_action() {
        let users = users();
        assert_eq!(users.permit("admin", "secret", Permission::Primary), Ok(()));
        assert_eq!(users.permit("admin", "secret", Permission::Fsd), Err(Refusal::NotPermitted));
        assert_eq!(users.permit_command("admin", "secret", "TEST.battery.start"), Ok(()));
        let refused = users.permit_command("admin", "secret", "load.off");
        assert_eq!(refused, Err(Refusal::NotPermitted));
        assert_eq!(users.permit_command("empty", "", "load.off"), Ok(()));
    }
}
