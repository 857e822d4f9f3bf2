//! Changing a map by another: how a user's file adds to or overrides a maker's map.
//!
//! The rule: with `extends = "mge"` the file starts from that map. Its usages and lookups are searched
//! first. A row takes the place of the base rows it is about: rows of the same variable or command,
//! or status rows (alarm rows) with the same path; what the base does not have is added at the end.
//! `remove` leaves variables and commands out. Only the file's own USB ids count.

use super::text::{MapText, RowText};
use toml::Spanned;

impl MapText {
    /// This map with `base` under it. Base rows have no line in this file; they count as line 1.
    pub fn over(mut self, base: &MapText) -> MapText {
        let own = std::mem::take(&mut self.mappings);
        self.mappings = merge(&base.mappings, own, &self.remove);
        self.usages.extend(base.usages.iter().cloned());
        for (name, table) in &base.lookups {
            self.lookups.entry(name.clone()).or_insert_with(|| table.clone());
        }
        self.subdriver = self.subdriver.or_else(|| base.subdriver.clone());
        self.manufacturer = self.manufacturer.or_else(|| base.manufacturer.clone());
        self.naming = self.naming.or_else(|| base.naming.clone());
        self.fixup = self.fixup.or_else(|| base.fixup.clone());
        self.origin = self.origin.or_else(|| base.origin.clone());
        self
    }
}

/// Base rows, replaced in place by the own rows about the same thing; then the other own rows.
fn merge(
    base: &[Spanned<RowText>],
    own: Vec<Spanned<RowText>>,
    remove: &[Spanned<String>],
) -> Vec<Spanned<RowText>> {
    let removed = |row: &RowText| {
        let name = row.name.as_ref().or(row.command.as_ref());
        name.is_some_and(|name| remove.iter().any(|r| r.get_ref() == name))
    };
    let mut rest: Vec<Option<Spanned<RowText>>> = own.into_iter().map(Some).collect();
    let mut placed: Vec<Spanned<RowText>> = Vec::new();
    for row in base.iter().filter(|row| !removed(row.get_ref())) {
        let about = |slot: &&mut Option<Spanned<RowText>>| {
            slot.as_ref().is_some_and(|own| is_about_same(own.get_ref(), row.get_ref()))
        };
        let replacing: Vec<_> = rest.iter_mut().filter(about).filter_map(Option::take).collect();
        let replaced = |own: &Spanned<RowText>| is_about_same(own.get_ref(), row.get_ref());
        let earlier = placed.iter().any(|p| p.span().start > 0 && replaced(p));
        if replacing.is_empty() && !earlier {
            placed.push(Spanned::new(0..0, row.get_ref().clone()));
        }
        placed.extend(replacing);
    }
    placed.extend(rest.into_iter().flatten());
    placed
}

fn is_about_same(a: &RowText, b: &RowText) -> bool {
    let same = |x: &Option<String>, y: &Option<String>| x.is_some() && x == y;
    let place = a.path.eq_ignore_ascii_case(&b.path);
    let both = |x: &Option<String>, y: &Option<String>| x.is_some() && y.is_some() && place;
    same(&a.name, &b.name)
        || same(&a.command, &b.command)
        || both(&a.status, &b.status)
        || both(&a.alarm, &b.alarm)
}
