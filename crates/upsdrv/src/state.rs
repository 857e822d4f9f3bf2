//! The variables and commands of a driver, and who must hear of a change.
//!
//! Every mutation that changes something queues the line for the connected clients; the loop takes
//! the queue with [`DriverState::take_broadcasts`]. Knows `override.` (a variable that nothing may
//! change any more) and data freshness. Composing `ups.status` is `status`'s business. Pure.

use nut_proto::driver::Message;
use nut_proto::variable::{Flags, Range, Variable};
use nut_proto::variables::{Refused, Variables};
use std::collections::BTreeSet;

/// Everything a driver publishes.
#[derive(Debug, Default)]
pub struct DriverState {
    variables: Variables,
    /// Lower-case names set by `override.`; value, flags and existence are fixed.
    immutable: BTreeSet<String>,
    fresh: bool,
    broadcasts: Vec<Message>,
}

impl DriverState {
    /// The variable of this name, in any letter case.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.variables.get(name)
    }

    /// The value of the variable of this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.variables.value(name)
    }

    /// All variables in NUT's order.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.variables.iter()
    }

    /// All commands in NUT's order.
    pub fn commands(&self) -> impl Iterator<Item = &str> {
        self.variables.commands()
    }

    /// Whether this command is announced, in any letter case.
    pub fn has_command(&self, name: &str) -> bool {
        self.variables.has_command(name)
    }

    /// Creates or replaces a variable. An immutable one keeps its value.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        if !self.is_immutable(name) {
            self.apply(Message::SetInfo { name: name.into(), value: value.into() });
        }
    }

    /// Sets a variable for good, as `override.<name>` does: nothing changes or deletes it any more,
    /// except this call again.
    pub fn set_immutable(&mut self, name: &str, value: impl Into<String>) {
        self.apply(Message::SetInfo { name: name.into(), value: value.into() });
        self.immutable.insert(name.to_ascii_lowercase());
    }

    /// Whether `override.` fixed this variable.
    pub fn is_immutable(&self, name: &str) -> bool {
        self.immutable.contains(&name.to_ascii_lowercase())
    }

    /// Removes a variable with its enumeration and ranges.
    pub fn delete(&mut self, name: &str) {
        if !self.is_immutable(name) {
            self.apply(Message::DelInfo { name: name.into() });
        }
    }

    /// Replaces the flags of an existing variable.
    pub fn set_flags(&mut self, name: &str, flags: Flags) {
        if !self.is_immutable(name) {
            self.apply(Message::SetFlags { name: name.into(), flags });
        }
    }

    /// Sets the greatest length of a text variable, in bytes.
    pub fn set_aux(&mut self, name: &str, aux: i64) {
        self.apply(Message::SetAux { name: name.into(), aux });
    }

    /// Adds an allowed value to an existing variable.
    pub fn add_enum(&mut self, name: &str, value: impl Into<String>) {
        self.apply(Message::AddEnum { name: name.into(), value: value.into() });
    }

    /// Removes an allowed value.
    pub fn delete_enum(&mut self, name: &str, value: impl Into<String>) {
        self.apply(Message::DelEnum { name: name.into(), value: value.into() });
    }

    /// Adds an allowed range, both ends included. An empty range is refused and reported.
    pub fn add_range(&mut self, name: &str, min: i64, max: i64) -> Result<(), Refused> {
        self.try_apply(Message::AddRange { name: name.into(), range: Range { min, max } })
    }

    /// Announces an instant command.
    pub fn add_command(&mut self, name: &str) {
        self.apply(Message::AddCmd { name: name.into() });
    }

    /// Withdraws an instant command.
    pub fn delete_command(&mut self, name: &str) {
        self.apply(Message::DelCmd { name: name.into() });
    }

    /// The readings are good.
    pub fn data_ok(&mut self) {
        if !std::mem::replace(&mut self.fresh, true) {
            self.broadcasts.push(Message::DataOk);
        }
    }

    /// The device is lost; drivers start in this state.
    pub fn data_stale(&mut self) {
        if std::mem::replace(&mut self.fresh, false) {
            self.broadcasts.push(Message::DataStale);
        }
    }

    /// Whether the readings are good.
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// The lines that connected clients must hear, oldest first; empties the queue.
    pub fn take_broadcasts(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.broadcasts)
    }

    /// The answer to DUMPALL: `DATASTALE` first or `DATAOK` last, then `DUMPDONE`.
    pub fn dump(&self) -> Vec<Message> {
        let variables = self.variables.iter().flat_map(|v| v.messages());
        let commands = self.commands().map(|name| Message::AddCmd { name: name.into() });
        self.framed(variables.chain(commands).collect())
    }

    /// The answer to DUMPVALUE: the lines of one variable, framed as a dump is.
    pub fn dump_value(&self, name: &str) -> Vec<Message> {
        let lines = self.get(name).map(|v| v.messages().collect()).unwrap_or_default();
        self.framed(lines)
    }

    fn framed(&self, lines: Vec<Message>) -> Vec<Message> {
        let before = (!self.fresh).then_some(Message::DataStale);
        let after = self.fresh.then_some(Message::DataOk);
        let end = std::iter::once(Message::DumpDone);
        before.into_iter().chain(lines).chain(after).chain(end).collect()
    }

    /// Applies and queues; what concerns a missing variable changes nothing.
    fn apply(&mut self, message: Message) {
        let _ = self.try_apply(message);
    }

    fn try_apply(&mut self, message: Message) -> Result<(), Refused> {
        if self.variables.apply(&message)? {
            self.broadcasts.push(message);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(messages: Vec<Message>) -> Vec<String> {
        messages.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn only_changes_are_told() {
        let mut state = DriverState::default();
        state.set("ups.load", "4");
        state.set("ups.load", "4");
        state.set_flags("ups.load", Flags::default());
        state.add_command("load.off");
        state.add_command("load.off");
        state.data_ok();
        state.data_ok();
        let told = lines(state.take_broadcasts());
        assert_eq!(told, ["SETINFO ups.load \"4\"", "ADDCMD load.off", "DATAOK"]);
        assert!(state.take_broadcasts().is_empty());
    }

    #[test]
    fn an_override_stands() {
        let mut state = DriverState::default();
        state.set_immutable("battery.charge.low", "30");
        state.set("battery.charge.low", "20");
        state.delete("battery.charge.low");
        state.set_flags("battery.charge.low", Flags::RW_STRING);
        assert_eq!(state.value("battery.charge.low"), Some("30"));
        assert_eq!(lines(state.take_broadcasts()), ["SETINFO battery.charge.low \"30\""]);
    }

    #[test]
    fn a_dump_is_framed_by_freshness() {
        let mut state = DriverState::default();
        state.set("ups.status", "OL");
        state.add_command("load.off");
        assert_eq!(
            lines(state.dump()),
            ["DATASTALE", "SETINFO ups.status \"OL\"", "ADDCMD load.off", "DUMPDONE"]
        );
        state.data_ok();
        assert_eq!(
            lines(state.dump_value("ups.status")),
            ["SETINFO ups.status \"OL\"", "DATAOK", "DUMPDONE"]
        );
        assert_eq!(lines(state.dump_value("nothing")), ["DATAOK", "DUMPDONE"]);
    }
}
