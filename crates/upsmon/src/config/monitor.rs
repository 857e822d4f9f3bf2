//! `MONITOR`: one UPS to be watched.
//!
//! An entry is kept wherever NUT keeps it, even where no poll can ever succeed: its power value counts,
//! and somebody is told that it cannot be reached. Pure.

use super::Fatal;
use super::entry::{Entry, Refusal, Taken};
use super::number::begins_with_number;
use crate::settings::{Role, UpsSettings};
use nut_proto::conf::Word;
use nut_proto::number::leading_int;
use nut_proto::spec::{UPS_FORM, UpsSpec};

/// What stands behind the keyword.
pub(super) const FORM: &str =
    "<ups>[@<host>[:<port>]] <power value> <user> <password> primary|secondary";

/// Takes the line as one UPS more.
pub(super) fn take(entry: &mut Entry<'_>) -> Taken {
    if entry.values.len() == 4 {
        return Err(old_style(entry));
    }
    let [name, power, user, password, role] = entry.values()?;
    let power_value = power_value(entry, name, power)?;
    if entry.draft.names.contains_key(&name.text) {
        return Err(duplicate(entry, name));
    }
    entry.draft.names.insert(name.text.clone(), power_value);
    let ups = UpsSettings {
        name: name.text.clone(),
        spec: spec(entry, name),
        power_value,
        user: user.text.clone(),
        password: password.text.clone(),
        role: self::role(entry, password, role),
    };
    entry.draft.echo.push(watched(&ups));
    entry.draft.settings.ups.push(ups);
    Ok(())
}

/// NUT's line about a UPS that is watched from now on.
pub(crate) fn watched(ups: &UpsSettings) -> String {
    match ups.power_value {
        0 => format!("UPS: {} (monitoring only)", ups.name),
        n => format!("UPS: {} ({}) (power value {n})", ups.name, ups.role),
    }
}

/// Without a user: NUT does not start with such a file.
fn old_style(entry: &mut Entry<'_>) -> Refusal {
    entry.draft.fatal = Some(Fatal::OldStyleMonitor);
    let message = format!(
        "Unable to use old-style MONITOR line without a username. Convert it and add a username to \
         upsd.users - see the documentation; expected {}",
        entry.directive.shape()
    );
    Refusal { at: entry.line.position(), message }
}

fn power_value(entry: &mut Entry<'_>, name: &Word, power: &Word) -> Result<u32, Refusal> {
    let (ups, text) = (&name.text, &power.text);
    let expected = "expected how many supplies of this host it feeds, 0 to watch it only";
    let value = u32::try_from(leading_int(text)).map_err(|_| {
        let message = format!("UPS [{ups}]: ignoring invalid power value [{text}]; {expected}");
        entry.refusal(power, message)
    })?;
    if !begins_with_number(text) {
        let message = format!("UPS [{ups}]: power value [{text}] counts as 0; {expected}");
        entry.told.error(power.position, message);
    } else if text.parse() != Ok(value) {
        let message = format!("UPS [{ups}]: power value [{text}] counts as {value}; {expected}");
        entry.told.warn(power.position, message);
    }
    Ok(value)
}

/// The first one counts. NUT goes by the last one at a reload.
fn duplicate(entry: &Entry<'_>, name: &Word) -> Refusal {
    let message = format!("Warning: ignoring duplicate UPS [{}]; the first line counts", name.text);
    entry.refusal(name, message)
}

fn spec(entry: &mut Entry<'_>, name: &Word) -> Option<UpsSpec> {
    UpsSpec::parse(&name.text)
        .map_err(|why| {
            let message = format!(
                "Error: unable to split UPS name [{}]: {why}; it will never be reached. {UPS_FORM}",
                name.text
            );
            entry.told.error(name.position, message);
        })
        .ok()
}

/// Any other word is a secondary, as in NUT: it shuts down on its own, but late. The word is not
/// shown where it might be part of a password.
fn role(entry: &mut Entry<'_>, password: &Word, role: &Word) -> Role {
    if let Some(role) = role_of(&role.text) {
        return role;
    }
    let may_be_password = entry.values.len() > 5 || role_of(&password.text).is_some();
    let found = if may_be_password { String::new() } else { format!(" [{}]", role.text) };
    let message = format!(
        "the type{found} is not known and counts as secondary; expected primary or secondary as the \
         fifth value"
    );
    entry.told.error(role.position, message);
    Role::Secondary
}

fn role_of(word: &str) -> Option<Role> {
    match word.to_ascii_lowercase().as_str() {
        "primary" | "master" => Some(Role::Primary),
        "secondary" | "slave" => Some(Role::Secondary),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
