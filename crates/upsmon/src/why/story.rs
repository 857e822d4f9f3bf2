//! What was recorded, taken apart into troubles, and told.
//!
//! A trouble begins when something begins to be wrong with any UPS or this host, and ends when nothing
//! is any more, or when upsmon ends. Lost contact alone is a trouble, but no outage. Pure.

use super::spell::{Spell, spells};
use crate::record::Entry;
use crate::timeline::{Row, layout};
use nut_daemon::clock::WallTime;

/// What `upsmon --why` was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// The last outage.
    Outage,
    /// The last outage in which this host was told to go down.
    Shutdown,
    /// Everything that is kept.
    All,
}

/// Everything that is kept, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    entries: Vec<Entry>,
    spells: Vec<Spell>,
    /// Lines that could not be read.
    broken: usize,
}

/// How moments are written: the clock's zone is not known here.
#[derive(Clone, Copy)]
pub struct Times<'a> {
    /// Date and time of a moment.
    pub text: &'a dyn Fn(WallTime) -> String,
    /// What times these are, such as `local time, CET`.
    pub zone: &'a str,
}

impl Story {
    /// Reads the files, oldest first. Lines that cannot be read are passed over.
    pub fn read(files: &[Vec<u8>]) -> Story {
        let lines = files.iter().flat_map(|file| file.split(|&b| b == b'\n'));
        let parsed: Vec<_> = lines.filter(|line| !line.is_empty()).map(Entry::parse).collect();
        let broken = parsed.iter().filter(|entry| entry.is_none()).count();
        let entries: Vec<Entry> = parsed.into_iter().flatten().collect();
        Story { spells: spells(&entries), entries, broken }
    }

    /// Whether nothing at all was recorded.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The text that answers.
    pub fn tell(&self, wish: Wish, times: Times<'_>) -> String {
        let mut text = match wish {
            Wish::All => self.everything(times),
            Wish::Outage => self.outage(times),
            Wish::Shutdown => self.shutdown(times),
        };
        if self.broken > 0 {
            text += &format!("{} line(s) of the record cannot be read.\n", self.broken);
        }
        text
    }

    fn outage(&self, times: Times<'_>) -> String {
        let last = self.spells.iter().rfind(|spell| spell.is_outage);
        let Some(last) = last else { return self.nothing("no outage", times) };
        let mut text = format!("The last outage. {}\n\n", times.line());
        text += &self.table(std::slice::from_ref(last), last.first..=last.last, times);
        text += &format!("\n{}\n", self.end(last));
        let down = self.spells.iter().rfind(|spell| spell.is_shutdown);
        if let Some(down) = down.filter(|down| *down != last) {
            let at = self.time(down.first, times);
            text += &format!(
                "The last shutdown of this host was in the outage of {at}; upsmon --why shutdown tells it.\n"
            );
        }
        text
    }

    fn shutdown(&self, times: Times<'_>) -> String {
        let last = self.spells.iter().rfind(|spell| spell.is_shutdown);
        let Some(last) = last else { return self.nothing("no shutdown of this host", times) };
        let table = self.table(std::slice::from_ref(last), last.first..=last.last, times);
        format!("The last shutdown of this host. {}\n\n{table}\n{}\n", times.line(), self.end(last))
    }

    fn everything(&self, times: Times<'_>) -> String {
        let Some(last) = self.entries.len().checked_sub(1) else {
            return self.nothing("nothing", times);
        };
        let table = self.table(&self.spells, 0..=last, times);
        format!("Everything that is kept. {}\n\n{table}", times.line())
    }

    fn nothing(&self, what: &str, times: Times<'_>) -> String {
        match self.entries.is_empty() {
            true => format!("There is {what} on record: nothing was recorded yet.\n"),
            false => {
                let since = self.time(0, times);
                format!("There is {what} on record, which begins {since} ({}).\n", times.zone)
            }
        }
    }

    fn time(&self, place: usize, times: Times<'_>) -> String {
        self.entries.get(place).map_or_else(String::new, |entry| (times.text)(entry.at))
    }

    /// How a trouble ended.
    fn end(&self, spell: &Spell) -> &'static str {
        match (spell.is_shutdown, spell.is_over) {
            (true, _) => "This host was told to go down.",
            (false, true) => "It ended without a shutdown of this host.",
            (false, false) => "This is where the record ends: it may still go on.",
        }
    }

    fn table(
        &self,
        spells: &[Spell],
        places: std::ops::RangeInclusive<usize>,
        times: Times<'_>,
    ) -> String {
        let rows: Vec<Row> = places.filter_map(|place| self.row(spells, place, times)).collect();
        layout("time", &rows)
    }

    fn row(&self, spells: &[Spell], place: usize, times: Times<'_>) -> Option<Row> {
        let Entry { at, record } = self.entries.get(place)?;
        let spell = spells.iter().find(|spell| (spell.first..=spell.last).contains(&place));
        let begun = spell.and_then(|spell| self.entries.get(spell.first)).map(|entry| entry.at);
        Some(Row {
            time: (times.text)(*at),
            since: begun.map(|begun| at.0.saturating_sub(begun.0)),
            ups: record.ups.clone(),
            what: record.what.clone(),
            why: record.why.clone(),
        })
    }
}

impl Times<'_> {
    fn line(&self) -> String {
        format!("Times are {}; seconds count from its beginning.", self.zone)
    }
}
