//! The variables and commands of one UPS, and the driver's lines about them.
//!
//! The same table serves a driver's state and upsd's mirror of it. It knows how names compare and
//! sort and when a change is a change; who is told of it is for others. Pure.

use crate::driver::Message;
use crate::variable::{Flags, Variable};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

impl Variable {
    /// The lines that describe this variable in a dump: SETINFO, enums, ranges, SETAUX, SETFLAGS.
    pub fn messages(&self) -> impl Iterator<Item = Message> + '_ {
        let name = || self.name.clone();
        let set = Message::SetInfo { name: name(), value: self.value.clone() };
        let enums =
            self.enums.iter().map(move |v| Message::AddEnum { name: name(), value: v.clone() });
        let ranges =
            self.ranges.iter().map(move |&range| Message::AddRange { name: name(), range });
        let aux = (self.aux != 0).then(|| Message::SetAux { name: name(), aux: self.aux });
        let flags = (self.flags != Flags::default())
            .then(|| Message::SetFlags { name: name(), flags: self.flags });
        std::iter::once(set).chain(enums).chain(ranges).chain(aux).chain(flags)
    }
}

/// Why a message about a variable could not be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The variable does not exist.
    NoSuchVariable,
    /// The range's lower end is above its upper end.
    EmptyRange,
}

/// Variables and commands of one UPS, sorted without regard to letter case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    variables: BTreeMap<String, Variable>,
    commands: BTreeMap<String, String>,
}

/// The key under which a name is kept: NUT compares and sorts names in lower case.
fn key(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

impl Variables {
    /// The variable of this name, in any letter case.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.variables.get(key(name).as_ref())
    }

    /// The value of the variable of this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.get(name).map(|v| v.value.as_str())
    }

    /// All variables, in NUT's order.
    pub fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.variables.values()
    }

    /// All commands, in NUT's order and in their own spelling.
    pub fn commands(&self) -> impl Iterator<Item = &str> {
        self.commands.values().map(String::as_str)
    }

    /// Whether the command is offered, in any letter case.
    pub fn has_command(&self, name: &str) -> bool {
        self.commands.contains_key(key(name).as_ref())
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.variables.clear();
        self.commands.clear();
    }

    /// Applies one line of the driver protocol. True when it changed something; lines that are not
    /// about variables or commands change nothing.
    pub fn apply(&mut self, message: &Message) -> Result<bool, Refused> {
        match message {
            Message::SetInfo { name, value } => Ok(self.set(name, value)),
            Message::DelInfo { name } => Ok(self.variables.remove(key(name).as_ref()).is_some()),
            Message::AddEnum { name, value } => {
                let list = &mut self.existing(name)?.enums;
                Ok(push_new(list, value.clone()))
            }
            Message::DelEnum { name, value } => {
                Ok(remove_item(&mut self.existing(name)?.enums, value))
            }
            Message::AddRange { range, .. } if range.min > range.max => Err(Refused::EmptyRange),
            Message::AddRange { name, range } => {
                Ok(push_new(&mut self.existing(name)?.ranges, *range))
            }
            Message::DelRange { name, range } => {
                Ok(remove_item(&mut self.existing(name)?.ranges, range))
            }
            Message::SetAux { name, aux } => Ok(replace(&mut self.existing(name)?.aux, *aux)),
            Message::SetFlags { name, flags } => {
                Ok(replace(&mut self.existing(name)?.flags, *flags))
            }
            Message::AddCmd { name } => Ok(self.add_command(name)),
            Message::DelCmd { name } => Ok(self.commands.remove(key(name).as_ref()).is_some()),
            _ => Ok(false),
        }
    }

    fn set(&mut self, name: &str, value: &str) -> bool {
        match self.variables.entry(key(name).into_owned()) {
            Entry::Vacant(entry) => {
                let variable =
                    Variable { name: name.into(), value: value.into(), ..Variable::default() };
                entry.insert(variable);
                true
            }
            Entry::Occupied(mut entry) => replace(&mut entry.get_mut().value, value.to_owned()),
        }
    }

    fn add_command(&mut self, name: &str) -> bool {
        match self.commands.entry(key(name).into_owned()) {
            Entry::Vacant(entry) => {
                entry.insert(name.to_owned());
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    fn existing(&mut self, name: &str) -> Result<&mut Variable, Refused> {
        self.variables.get_mut(key(name).as_ref()).ok_or(Refused::NoSuchVariable)
    }
}

fn replace<T: PartialEq>(place: &mut T, value: T) -> bool {
    let changed = *place != value;
    if changed {
        *place = value;
    }
    changed
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) -> bool {
    let new = !list.contains(&item);
    if new {
        list.push(item);
    }
    new
}

fn remove_item<T: PartialEq>(list: &mut Vec<T>, item: &T) -> bool {
    let before = list.len();
    list.retain(|i| i != item);
    list.len() != before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variable::{Flags, Range};

    fn set(name: &str, value: &str) -> Message {
        Message::SetInfo { name: name.into(), value: value.into() }
    }

    #[test]
    fn names_compare_without_case_and_sort_as_nut_sorts() {
        let mut vars = Variables::default();
        for name in ["outlet.2.x", "outlet.10.x", "Outlet.1.x", "battery_x", "batteryx"] {
            assert_eq!(vars.apply(&set(name, "1")), Ok(true));
        }
        assert_eq!(vars.apply(&set("OUTLET.1.X", "1")), Ok(false));
        let names: Vec<_> = vars.iter().map(|v| v.name.as_str()).collect();
        assert_eq!(names, ["battery_x", "batteryx", "Outlet.1.x", "outlet.10.x", "outlet.2.x"]);
    }

    #[test]
    fn a_change_of_case_is_a_change() {
        let mut vars = Variables::default();
        vars.apply(&set("ups.id", "name")).unwrap();
        assert_eq!(vars.apply(&set("ups.id", "NAME")), Ok(true));
        assert_eq!(vars.value("ups.id"), Some("NAME"));
    }

    #[test]
    fn attributes_need_their_variable() {
        let mut vars = Variables::default();
        let aux = Message::SetAux { name: "ups.id".into(), aux: 8 };
        assert_eq!(vars.apply(&aux), Err(Refused::NoSuchVariable));
        let range = Message::AddRange { name: "x".into(), range: Range { min: 2, max: 1 } };
        assert_eq!(vars.apply(&range), Err(Refused::EmptyRange));
    }

    #[test]
    fn a_variable_is_dumped_in_nuts_order() {
        let mut vars = Variables::default();
        let name = || "input.transfer.low".to_owned();
        let flags = Flags::RW_STRING;
        let messages = [
            set("input.transfer.low", "180"),
            Message::AddEnum { name: name(), value: "170".into() },
            Message::AddRange { name: name(), range: Range { min: 160, max: 200 } },
            Message::SetAux { name: name(), aux: 3 },
            Message::SetFlags { name: name(), flags },
        ];
        for message in messages.iter().rev().chain(&messages) {
            let _ = vars.apply(message);
        }
        let dumped: Vec<_> = vars.get("input.transfer.low").unwrap().messages().collect();
        assert_eq!(dumped, messages);
    }
}
