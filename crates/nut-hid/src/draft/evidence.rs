//! What other makers mean by a standard path.
//!
//! Knows which rows of the maps may speak for a stranger's device, and how far a path may differ from
//! theirs. How a draft is written down is the parent's business. Pure.

use crate::map::{Map, Role, Row};
use crate::maps::Maps;
use crate::path::Path;
use crate::usage::Usage;

/// Rows that say something about devices of any maker.
pub(super) struct Evidence<'a> {
    rows: Vec<&'a Row>,
}

/// A row that fits a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meaning<'a> {
    pub(super) row: &'a Row,
    /// The path is not the row's own, only like it.
    pub(super) by_likeness: bool,
}

impl<'a> Evidence<'a> {
    /// All rows on standard usages whose conversion is not one maker's own. A map that knows the
    /// device is not asked: who wants to change that one extends it.
    pub(super) fn gather(maps: &'a Maps, own: Option<&Map>) -> Evidence<'a> {
        let speaks = |row: &&Row| {
            let shared = row.conversion.as_ref().is_none_or(|c| maps.base().is_shared(c));
            shared && is_standard(&row.path) && is_settled(row)
        };
        let others = maps.iter().filter(|map| own.is_none_or(|own| own.maker != map.maker));
        Evidence { rows: others.flat_map(|map| &map.rows).filter(speaks).collect() }
    }

    /// What a field at this path means: by the rows for this very path; failing these by those for a
    /// like one, as long as they agree.
    pub(super) fn meanings(&self, path: &Path) -> Vec<Meaning<'a>> {
        let exact = self.votes(|row| row.path == *path);
        if !exact.is_empty() {
            return one_reading(exact).map(|row| Meaning { row, by_likeness: false }).collect();
        }
        let like = [without_first as fn(&Path) -> Vec<Usage>, without_indexes, last_two];
        let agreed = like.iter().find_map(|shape| self.agreed(*shape, path));
        agreed.map(|row| Meaning { row, by_likeness: true }).into_iter().collect()
    }

    /// The one thing that all rows of like paths read, if it is one.
    fn agreed(&self, shape: fn(&Path) -> Vec<Usage>, path: &Path) -> Option<&'a Row> {
        let wanted = shape(path);
        let like = |row: &Row| reads(row) && shape(&row.path) == wanted;
        match self.votes(like).as_slice() {
            [(row, _)] if is_standard(path) => Some(row),
            _ => None,
        }
    }

    /// The rows that fit, one for each thing they are for, with the number of rows that say so.
    fn votes(&self, fits: impl Fn(&Row) -> bool) -> Vec<(&'a Row, usize)> {
        let mut votes: Vec<(&Row, usize)> = Vec::new();
        for row in self.rows.iter().filter(|row| fits(row)) {
            match votes.iter_mut().find(|(other, _)| is_for_the_same(other, row)) {
                Some((_, count)) => *count += 1,
                None => votes.push((row, 1)),
            }
        }
        votes
    }
}

/// A field has one reading: the one that most maps say.
fn one_reading(votes: Vec<(&Row, usize)>) -> impl Iterator<Item = &Row> {
    let readings = votes.iter().filter(|(row, _)| reads(row));
    let most = readings.map(|(_, count)| *count).max().unwrap_or(0);
    let best = votes.iter().position(|(row, count)| reads(row) && *count == most);
    let keep = move |(n, (row, _)): &(usize, (&Row, usize))| !reads(row) || Some(*n) == best;
    votes.into_iter().enumerate().filter(keep).map(|(_, (row, _))| row)
}

/// Whether a row takes a value from the device, and does not only write or keep one.
fn reads(row: &Row) -> bool {
    matches!(row.role, Role::Reading { .. } | Role::Status)
}

fn is_for_the_same(a: &Row, b: &Row) -> bool {
    let table = |row: &Row| row.conversion.as_ref().map(|c| c.name.clone());
    match (&a.role, &b.role) {
        (Role::Status, Role::Status) => table(a) == table(b),
        (Role::Reading { .. }, Role::Reading { .. })
        | (Role::Parameter { .. }, Role::Parameter { .. })
        | (Role::Command { .. }, Role::Command { .. }) => a.name() == b.name(),
        _ => false,
    }
}

/// Alarms are sentences of one maker, and some names are no promise.
fn is_settled(row: &Row) -> bool {
    let loose = |name: &str| name.starts_with("unmapped.") || name.starts_with("experimental.");
    row.role != Role::Alarm && !row.name().is_some_and(loose)
}

/// Whether all usages are those of the power device and battery system pages.
pub(super) fn is_standard(path: &Path) -> bool {
    let standard =
        |usage: &Usage| matches!(usage.page(), 0x84 | 0x85) || usage.as_index().is_some();
    path.0.iter().all(standard)
}

/// A device that has only one of a thing often does not number it.
fn without_first(path: &Path) -> Vec<Usage> {
    path.0.iter().copied().filter(|usage| usage.as_index() != Some(1)).collect()
}

fn without_indexes(path: &Path) -> Vec<Usage> {
    path.0.iter().copied().filter(|usage| usage.as_index().is_none()).collect()
}

fn last_two(path: &Path) -> Vec<Usage> {
    let mut usages = without_indexes(path);
    usages.drain(..usages.len().saturating_sub(2));
    usages
}
