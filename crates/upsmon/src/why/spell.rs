//! Where in a record troubles begin and end. Pure.

use crate::notices::Kind;
use crate::record::{Entry, Step};
use std::collections::BTreeSet;

/// One trouble: places in the record, first and last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spell {
    pub(super) first: usize,
    pub(super) last: usize,
    /// More than lost contact.
    pub(super) is_outage: bool,
    /// Orders were given.
    pub(super) is_shutdown: bool,
    /// Nothing is wrong any more, or upsmon ended.
    pub(super) is_over: bool,
}

/// What can be wrong with a UPS, or with this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    Silence,
    Battery,
    Forced,
    Verdict,
    Leaving,
}

/// What a step does to troubles.
enum Effect {
    Begins(Trouble),
    Ends(&'static [Trouble]),
    /// Of this UPS.
    EndsAll,
    /// Of every UPS and this host: nothing is known any more.
    EndsEverything,
    Nothing,
}

fn effect(step: Step) -> Effect {
    match step {
        Step::Notice(Kind::CommBad) => Effect::Begins(Trouble::Silence),
        Step::Notice(Kind::CommOk) => Effect::Ends(&[Trouble::Silence]),
        Step::Notice(Kind::OnBattery) => Effect::Begins(Trouble::Battery),
        Step::Notice(Kind::Online) => Effect::Ends(&[Trouble::Battery]),
        Step::Notice(Kind::ForcedShutdown) | Step::SetFsd => Effect::Begins(Trouble::Forced),
        Step::Waiting | Step::Critical => Effect::Begins(Trouble::Verdict),
        Step::Fine => Effect::Ends(&[Trouble::Verdict, Trouble::Forced]),
        Step::Supplies | Step::Asked => Effect::Begins(Trouble::Leaving),
        Step::Cancel => Effect::Ends(&[Trouble::Leaving]),
        Step::Forgotten => Effect::EndsAll,
        Step::Start | Step::Stop | Step::Notice(Kind::SuspendFinished) => Effect::EndsEverything,
        _ => Effect::Nothing,
    }
}

/// The troubles of a record, oldest first.
pub(super) fn spells(entries: &[Entry]) -> Vec<Spell> {
    let mut finder = Finder::default();
    for (place, entry) in entries.iter().enumerate() {
        finder.take(place, entry);
    }
    finder.found.extend(finder.open);
    finder.found
}

#[derive(Default)]
struct Finder {
    wrong: BTreeSet<(String, Trouble)>,
    open: Option<Spell>,
    found: Vec<Spell>,
}

impl Finder {
    fn take(&mut self, place: usize, entry: &Entry) {
        let Entry { record, .. } = entry;
        match effect(record.step) {
            Effect::Begins(trouble) => self.begin(place, &record.ups, trouble),
            Effect::Ends(troubles) => self
                .wrong
                .retain(|(ups, trouble)| *ups != record.ups || !troubles.contains(trouble)),
            Effect::EndsAll => self.wrong.retain(|(ups, _)| *ups != record.ups),
            Effect::EndsEverything => self.wrong.clear(),
            Effect::Nothing => {}
        }
        match &mut self.open {
            Some(spell) => {
                spell.last = place;
                spell.is_shutdown |= record.step == Step::Order;
                spell.is_over = self.wrong.is_empty();
            }
            None => self.come_back(place, record.step),
        }
        if self.wrong.is_empty() {
            self.found.extend(self.open.take());
        }
    }

    fn begin(&mut self, place: usize, ups: &str, trouble: Trouble) {
        self.wrong.insert((ups.to_owned(), trouble));
        let fresh = Spell {
            first: place,
            last: place,
            is_outage: false,
            is_shutdown: false,
            is_over: false,
        };
        self.open.get_or_insert(fresh).is_outage |= trouble != Trouble::Silence;
    }

    /// The next start tells when a host that went down was up again.
    fn come_back(&mut self, place: usize, step: Step) {
        let last = self.found.last_mut().filter(|spell| spell.is_shutdown);
        if let Some(last) = last.filter(|last| step == Step::Start && last.last + 1 == place) {
            last.last = place;
        }
    }
}
