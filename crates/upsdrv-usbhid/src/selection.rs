//! Which map a device gets, if any.
//!
//! Knows the three ways to come by a map: a map claims the device, the user names one, or (to explore
//! a device) an empty one is taken. What is in a map is nut-hid's, and whether the user means this
//! device at all is `matching`'s. Pure.

use crate::matching::Pattern;
use crate::settings::Settings;
use crate::transport::Identity;
use nut_hid::map::{Device, Map, Quirk};
use nut_hid::maps::{Candidate, Claim, Maps, unsupported_text};
use upsdrv::Fatal;

/// The map of `explore`: nothing is known about any device.
const EXPLORE: &str = "EXPLORE HID 0.2";

/// The maps in use and how one of them is chosen.
pub struct Selection {
    maps: Maps,
    how: How,
}

enum How {
    Claims { any_product: bool },
    Named(Box<Map>),
}

/// What becomes of a device.
#[derive(Debug, PartialEq)]
pub enum Choice<'a> {
    /// It gets this map, by this entry.
    Map(&'a Map, Device),
    /// Its maker is known, it is not; the text tells the user.
    Unsupported(String),
    /// It is none of ours.
    No,
}

impl Selection {
    /// Decides how to choose. An error ends the program.
    pub fn new(maps: Maps, settings: &Settings) -> Result<Selection, Fatal> {
        let how = match &settings.subdriver {
            Some(name) => How::Named(Box::new(named(&maps, name)?.clone())),
            None if settings.explore => How::Named(Box::new(named(&maps, EXPLORE)?.clone())),
            None => How::Claims { any_product: settings.any_product },
        };
        Ok(Selection { maps, how })
    }

    /// What becomes of this device. A map that the user named takes any.
    pub fn choose(&self, who: &Identity) -> Choice<'_> {
        match &self.how {
            How::Named(map) => Choice::Map(map, unclaimed(map, who)),
            How::Claims { any_product } => match self.maps.claim(candidate(who, *any_product)) {
                Claim::By(map, device) => Choice::Map(map, device),
                Claim::Unsupported(map) => {
                    Choice::Unsupported(unsupported_text(map, who.vid, who.pid))
                }
                Claim::Unknown => Choice::No,
            },
        }
    }
}

/// The entry of a device that no map was asked to claim: without what claiming it would bring along
/// (NUT 2.8.5). Which descriptor is the whole one, and which report the device does not survive, are
/// no matters of claiming.
fn unclaimed(map: &Map, who: &Identity) -> Device {
    let known = map.devices.iter().find(|entry| (entry.vid, entry.pid) == (who.vid, who.pid));
    let fragile = known.is_some_and(|entry| entry.has(Quirk::SkipReport84));
    Device {
        vid: who.vid,
        pid: who.pid,
        second_descriptor_at: known.and_then(|entry| entry.second_descriptor_at),
        quirks: if fragile { vec![Quirk::SkipReport84] } else { Vec::new() },
        ..Device::default()
    }
}

fn candidate(who: &Identity, any_product: bool) -> Candidate<'_> {
    Candidate {
        vid: who.vid,
        pid: who.pid,
        vendor: who.vendor.as_deref().unwrap_or_default(),
        product: who.product.as_deref().unwrap_or_default(),
        any_product,
    }
}

/// The map that `subdriver` means: the name itself, else a pattern for the whole name, else one for
/// its beginning.
fn named<'a>(maps: &'a Maps, wish: &str) -> Result<&'a Map, Fatal> {
    let pattern = |text: &str| Pattern::new(text).map_err(|bad| Fatal::new(bad.to_string()));
    let (whole, beginning) = (pattern(wish)?, pattern(&format!("{wish}.*"))?);
    maps.by_subdriver(wish)
        .or_else(|| maps.iter().find(|map| whole.matches(&map.subdriver)))
        .or_else(|| maps.iter().find(|map| beginning.matches(&map.subdriver)))
        .ok_or_else(|| {
            Fatal::new(format!("Configuration requested subdriver '{wish}' but none matched"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Folders;
    use upsdrv::options::Options;

    fn selection(given: &[(&str, Option<&str>)]) -> Result<Selection, Fatal> {
        let mut options = Options::with_port("auto");
        given.iter().for_each(|(name, value)| options.set(name, *value));
        let folders = Folders { conf: "/".into(), start: "/".into() };
        let (maps, problems) = Maps::builtin();
        assert_eq!(problems, []);
        Selection::new(maps, &Settings::read(&options, &folders)?)
    }

    /// The subdriver that a device gets, or what is told about it.
    fn chosen(given: &[(&str, Option<&str>)], vid: u16, pid: u16) -> String {
        let selection = selection(given).unwrap();
        match selection.choose(&Identity { vid, pid, ..Identity::default() }) {
            Choice::Map(map, device) => {
                assert_eq!((device.vid, device.pid), (vid, pid));
                map.subdriver.clone()
            }
            Choice::Unsupported(text) => text,
            Choice::No => "-".to_string(),
        }
    }

    fn named_as(name: &str) -> String {
        let given = [("vendorid", Some("1")), ("productid", Some("2")), ("subdriver", Some(name))];
        chosen(&given, 1, 2)
    }

    #[test]
    fn maps_claim_what_they_know() {
        assert_eq!(chosen(&[], 0x463, 0xffff), "MGE HID 1.58");
        assert_eq!(chosen(&[], 0x51d, 2), "APC HID 0.101");
        assert_eq!(chosen(&[], 1, 2), "-");
        assert!(chosen(&[], 0x51d, 0x99).starts_with("This APC device (051d:0099) is not"));
        assert_eq!(chosen(&[("productid", Some(".*"))], 0x51d, 0x99), "APC HID 0.101");
    }

    #[test]
    fn the_user_may_name_a_map_in_three_ways() {
        for name in ["MGE HID 1.58", "mge hid 1...", "(MGE|APC).*8", "mge", "mge hid"] {
            assert_eq!(named_as(name), "MGE HID 1.58", "{name}");
        }
    }

    #[test]
    fn a_named_map_leaves_out_what_belongs_to_a_claim() {
        let given =
            [("vendorid", Some("1")), ("productid", Some("2")), ("subdriver", Some("tripplite"))];
        let selection = selection(&given).unwrap();
        for (pid, quirks) in [(0x1330, vec![Quirk::SkipReport84]), (0x3016, vec![])] {
            let who = Identity { vid: 0x09ae, pid, ..Identity::default() };
            let Choice::Map(_, device) = selection.choose(&who) else { panic!("{pid:04x}") };
            assert_eq!((device.quirks, device.factors), (quirks, vec![]), "{pid:04x}");
        }
    }

    #[test]
    fn exploring_takes_any_device_and_knows_nothing() {
        assert_eq!(chosen(&[("explore", None), ("vendorid", Some(".*"))], 1, 2), "EXPLORE HID 0.2");
    }
}
