//! One event, as upsmon tells it. Pure.

/// What happened, to which UPS, in which words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Event {
    /// NOTIFYTYPE
    pub kind: String,
    /// UPSNAME, as upsmon's MONITOR line has it; empty where it is about no UPS.
    pub ups: String,
    /// NOTIFYMSG; empty where upsmon gave none.
    pub message: String,
}

impl Event {
    /// Whether the event is among those that a later one means. That one's empty words mean any.
    pub fn is_meant_by(&self, other: &Event) -> bool {
        let fits = |wanted: &str, mine: &str| wanted.is_empty() || wanted == mine;
        fits(&other.kind, &self.kind) && fits(&other.ups, &self.ups)
    }
}
