//! The UPSes of this server: in the order clients are told, by name and by number.
//!
//! Names are found in any letter case. Pure.

use crate::action::{Time, UpsId};
use crate::config::Device;
use crate::mirror::Mirror;
use nut_proto::error::ErrorToken;
use std::cmp::Ordering;

/// All UPSes.
#[derive(Debug, Default)]
pub struct Devices {
    /// By number; the place of a deleted UPS stays empty.
    places: Vec<Option<Mirror>>,
    /// In the order of LIST UPS.
    order: Vec<UpsId>,
    /// Sorted by name without regard to letter case.
    by_name: Vec<UpsId>,
}

/// Compares names as NUT does: byte by byte, in lower case.
fn compare(a: &str, b: &str) -> Ordering {
    let lower = |text: &str, at: usize| text.as_bytes().get(at).map(u8::to_ascii_lowercase);
    let end = a.len().max(b.len());
    (0..end)
        .map(|at| lower(a, at).cmp(&lower(b, at)))
        .find(|o| o.is_ne())
        .unwrap_or(Ordering::Equal)
}

impl Devices {
    /// The UPS of this number.
    pub fn get_mut(&mut self, id: UpsId) -> Option<&mut Mirror> {
        self.places.get_mut(id.0)?.as_mut()
    }

    fn get(&self, id: UpsId) -> Option<&Mirror> {
        self.places.get(id.0)?.as_ref()
    }

    fn id(&self, name: &str) -> Result<UpsId, ErrorToken> {
        let named = |id: &UpsId| self.get(*id).map_or("", |mirror| &mirror.device.name);
        let found = self.by_name.binary_search_by(|id| compare(named(id), name));
        let at = found.map_err(|_| ErrorToken::UnknownUps)?;
        self.by_name.get(at).copied().ok_or(ErrorToken::UnknownUps)
    }

    /// The UPS of this name.
    pub fn find(&self, name: &str) -> Result<&Mirror, ErrorToken> {
        self.get(self.id(name)?).ok_or(ErrorToken::UnknownUps)
    }

    /// The UPS of this name, to be changed.
    pub fn find_mut(&mut self, name: &str) -> Result<&mut Mirror, ErrorToken> {
        let id = self.id(name)?;
        self.get_mut(id).ok_or(ErrorToken::UnknownUps)
    }

    /// The UPS of this name if its data may be read.
    pub fn available(&self, name: &str) -> Result<&Mirror, ErrorToken> {
        let mirror = self.find(name)?;
        mirror.available().map(|()| mirror)
    }

    /// As [`Devices::available`], to be changed.
    pub fn available_mut(&mut self, name: &str) -> Result<&mut Mirror, ErrorToken> {
        let mirror = self.find_mut(name)?;
        mirror.available().map(|()| mirror)
    }

    /// The numbers in the order of LIST UPS.
    pub fn ids(&self) -> Vec<UpsId> {
        self.order.clone()
    }

    /// All UPSes in the order of LIST UPS.
    pub fn iter(&self) -> impl Iterator<Item = &Mirror> {
        self.order.iter().filter_map(|&id| self.get(id))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Adds UPSes in front of the others, in the given order among themselves.
    pub fn add_in_front(&mut self, devices: Vec<Device>, now: Time) {
        let first = self.places.len();
        for (n, device) in devices.into_iter().enumerate() {
            let id = UpsId(first + n);
            self.places.push(Some(Mirror::new(id, device, now)));
            self.order.insert(n, id);
        }
        self.sort();
    }

    /// Takes a UPS away for good.
    pub fn remove(&mut self, id: UpsId) -> Option<Mirror> {
        let mirror = self.places.get_mut(id.0)?.take();
        self.order.retain(|&other| other != id);
        self.sort();
        mirror
    }

    fn sort(&mut self) {
        let mut by_name = self.order.clone();
        let named = |id: &UpsId| self.get(*id).map_or("", |mirror| &mirror.device.name);
        by_name.sort_by(|a, b| compare(named(a), named(b)));
        self.by_name = by_name;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str) -> Device {
        Device { name: name.into(), driver: "d".into(), desc: None }
    }

    #[test]
    fn names_are_found_in_any_case_and_new_ones_come_first() {
        let mut devices = Devices::default();
        devices.add_in_front(["b", "A", "c10", "c"].map(device).into(), Time::ZERO);
        devices.add_in_front(["new", "B2"].map(device).into(), Time::ZERO);
        let order: Vec<_> = devices.iter().map(|m| m.device.name.as_str()).collect();
        assert_eq!(order, ["new", "B2", "b", "A", "c10", "c"]);
        for (asked, found) in [("a", "A"), ("B", "b"), ("C10", "c10"), ("NEW", "new")] {
            assert_eq!(devices.find(asked).unwrap().device.name, found);
        }
        assert!(devices.find("c1").is_err());
        let id = devices.find("a").unwrap().id;
        assert!(devices.remove(id).is_some());
        assert!(devices.find("a").is_err() && devices.find("c").is_ok());
        assert!(devices.remove(id).is_none());
    }
}
