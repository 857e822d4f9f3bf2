//! Finding the UPS: at the start, and again after it was lost.
//!
//! Knows what makes a device the right one: the user's patterns, a map that takes it, the interface,
//! and after a loss that it is the same device. Opening is `source`'s; what becomes of the device is
//! `driver`'s.

use crate::hardware::Hardware;
use crate::matching::same_device;
use crate::missing::NoDevice;
use crate::recording::parse;
use crate::replay::Replay;
use crate::selection::{Choice, Selection};
use crate::settings::{Folders, Place, Settings};
use crate::source::{Link, Opening, Source, Wanted, Way};
use crate::transport::{Identity, Patience};
use crate::usermaps;
use nut_daemon::errno::errno_text;
use nut_daemon::privileges;
use nut_hid::map::{Device, Map, Quirk};
use nut_hid::maps::Maps;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use upsdrv::context::Wake;
use upsdrv::{Context, Fatal};

/// All it takes to find the UPS.
pub struct Finder {
    /// The user's settings.
    pub settings: Settings,
    selection: Selection,
    source: Box<dyn Source>,
    wake: Wake,
}

/// The UPS as it was found first.
pub struct Found {
    /// The connection.
    pub link: Link,
    /// Its map.
    pub map: Map,
    /// The entry of the map that claimed it.
    pub entry: Device,
}

impl Finder {
    /// Reads settings, maps and the recording, if one is to be played. An error ends the program.
    pub fn new(ctx: &Context, folders: &Folders) -> Result<Finder, Fatal> {
        Finder::over(ctx, folders, source)
    }

    /// The same for devices that come from elsewhere.
    pub fn over(
        ctx: &Context,
        folders: &Folders,
        source: impl FnOnce(&Settings) -> Result<Box<dyn Source>, Fatal>,
    ) -> Result<Finder, Fatal> {
        let settings = Settings::read(&ctx.options, folders)?;
        settings.warnings.iter().for_each(|warning| log::warn!("{warning}"));
        let selection = Selection::new(maps(&folders.conf), &settings)?;
        let source = source(&settings)?;
        Ok(Finder { settings, selection, source, wake: ctx.waker() })
    }

    /// Finds and opens the UPS. An error ends the program.
    pub fn first(&mut self) -> Result<Found, Fatal> {
        let result = {
            let told = RefCell::new(BTreeSet::new());
            let tell = |text: String| {
                if told.borrow_mut().insert(text.clone()) {
                    log::warn!("{text}");
                }
            };
            let wish = |who: &Identity| wanted(&self.settings, &self.selection, who, &tell);
            self.source.open(&wish, &self.opening(Patience::STARTING))
        };
        let link = result.map_err(|none| self.fatal(&none))?;
        match self.selection.choose(link.device.identity()) {
            Choice::Map(map, entry) => Ok(Found { map: map.clone(), entry, link }),
            Choice::Unsupported(_) | Choice::No => Err(self.fatal(&NoDevice::NotFound)),
        }
    }

    /// Finds and opens the same UPS again.
    pub fn again(&mut self, lost: &Identity) -> Result<Link, NoDevice> {
        let wish = |who: &Identity| {
            let same = same_device(lost, who);
            same.then(|| wanted(&self.settings, &self.selection, who, &silent)).flatten()
        };
        self.source.open(&wish, &self.opening(Patience::SERVING))
    }

    /// Starts the clock of a recording's events.
    pub fn start(&mut self) {
        self.source.start();
    }

    fn opening(&self, patience: Patience) -> Opening {
        Opening { patience, wake: self.wake.clone() }
    }

    /// The end of the program, and hints about what might be the matter.
    fn fatal(&self, none: &NoDevice) -> Fatal {
        if *none == NoDevice::NotFound {
            self.tell_of_taken_devices();
        }
        Fatal::new(none.text(&user()))
    }

    /// Says what might be the matter with a UPS that stays away. One that is just not there needs no
    /// words.
    pub fn tell(&self, none: &NoDevice) {
        match none {
            NoDevice::NotFound => self.tell_of_taken_devices(),
            _ => log::warn!("{}", none.text(&user())),
        }
    }

    /// Says which options have no effect this way.
    pub fn tell_of_idle_options(&self, way: Way) {
        let idle = self.settings.usb.given();
        if way == Way::Hidraw && !idle.is_empty() {
            log::warn!(
                target: "notice",
                "No effect through hidraw, where the kernel's HID driver decides (transport=usb \
                 makes them count): {}",
                idle.join(", ")
            );
        }
    }

    fn tell_of_taken_devices(&self) {
        let wish = |who: &Identity| wanted(&self.settings, &self.selection, who, &silent);
        for ids in self.source.without_node(&wish) {
            log::warn!(
                "USB device {ids} is plugged in but has no hidraw node: another driver has \
                 detached it from the kernel's, as NUT's own usbhid-ups does, or the kernel has \
                 none for it. Stop that one and replug the UPS, or use transport=usb."
            );
        }
    }
}

/// Whom the driver runs as.
fn user() -> String {
    privileges::current().map_or_else(|| "(unknown)".to_string(), |user| user.name)
}

/// Tells nobody.
fn silent(_: String) {}

/// Whether a device is the right one. `tell` is given a word about each that is not supported yet; a
/// device is asked about for each of its interfaces, and more than once.
fn wanted(
    settings: &Settings,
    selection: &Selection,
    who: &Identity,
    tell: &dyn Fn(String),
) -> Option<Wanted> {
    if !settings.patterns.match_device(who) {
        return None;
    }
    match selection.choose(who) {
        Choice::Map(_, entry) => {
            let interface = settings.interface.unwrap_or(entry.interface);
            let right = settings.place != Place::Hardware || who.interface == interface;
            right.then(|| of(settings, &entry, who))
        }
        Choice::Unsupported(text) => {
            tell(text);
            None
        }
        Choice::No => None,
    }
}

/// What is wanted of a device with this entry.
fn of(settings: &Settings, entry: &Device, who: &Identity) -> Wanted {
    Wanted {
        interrupts: !settings.poll_only && !entry.has(Quirk::NoInterrupts),
        interrupt_size: settings.interrupt_size.or(entry.interrupt_size),
        second_descriptor: entry.second_descriptor_at == Some(who.bcd_device),
    }
}

/// The maps that come with the program, and the user's in front of them.
fn maps(conf: &Path) -> Maps {
    let (mut maps, problems) = Maps::builtin();
    problems.iter().for_each(|problem| log::error!("{problem}"));
    for complaint in usermaps::add(&mut maps, &conf.join(usermaps::FOLDER)) {
        log::error!("{complaint}");
    }
    maps
}

fn source(settings: &Settings) -> Result<Box<dyn Source>, Fatal> {
    let Place::Recording { file, writes } = &settings.place else {
        return Ok(Box::new(Hardware::new(settings.way, settings.usb.clone())));
    };
    let about =
        |file: &Path, error: &str| Fatal::new(format!("Can't replay {}: {error}", file.display()));
    let bytes = fs::read(file).map_err(|error| about(file, &errno_text(&error)))?;
    let recording = parse(&bytes)
        .map_err(|bad| Fatal::new(format!("Can't replay {}:{bad}", file.display())))?;
    let mut replay = Replay::new(recording);
    if let Some(writes) = writes {
        replay.log_writes(writes).map_err(|error| about(writes, &errno_text(&error)))?;
    }
    Ok(Box::new(replay))
}

#[cfg(test)]
mod tests {
    use super::*;
    use upsdrv::options::Options;

    /// What is wanted of an Eaton with this release number and interface, and what is told of others.
    fn ask(given: &[(&str, &str)], who: &Identity) -> (Option<Wanted>, usize) {
        let mut options = Options::with_port("auto");
        given.iter().for_each(|(name, value)| options.set(name, Some(value)));
        let folders = Folders { conf: "/".into(), start: "/".into() };
        let settings = Settings::read(&options, &folders).unwrap();
        let selection = Selection::new(Maps::builtin().0, &settings).unwrap();
        let told = RefCell::new(0);
        let wanted = wanted(&settings, &selection, who, &|_| *told.borrow_mut() += 1);
        (wanted, told.into_inner())
    }

    fn eaton() -> Identity {
        Identity { vid: 0x463, pid: 0xffff, bcd_device: 0x100, ..Identity::default() }
    }

    #[test]
    fn the_interface_is_the_maps_or_the_users() {
        let second = Identity { interface: 1, ..eaton() };
        assert!(ask(&[], &eaton()).0.is_some() && ask(&[], &second).0.is_none());
        let users = [("usb_hid_rep_index", "1")];
        assert!(ask(&users, &eaton()).0.is_none() && ask(&users, &second).0.is_some());
    }

    #[test]
    fn the_second_descriptor_is_wanted_of_some_eatons_however_the_map_was_chosen() {
        let new = Identity { bcd_device: 0x202, ..eaton() };
        let second = |given: &[_], who: &_| ask(given, who).0.unwrap().second_descriptor;
        let forced = [("vendorid", "0463"), ("productid", "ffff"), ("subdriver", "mge")];
        assert!(!second(&[], &eaton()) && second(&[], &new) && second(&forced, &new));
    }

    #[test]
    fn interrupt_reports_are_wanted_as_the_user_says() {
        let of = |given| ask(given, &eaton()).0.unwrap();
        assert!(of(&[]).interrupts && !of(&[("pollonly", "")]).interrupts);
        assert_eq!(of(&[("interruptsize", "8")]).interrupt_size, Some(8));
    }

    #[test]
    fn a_product_that_is_not_known_yet_is_told() {
        let unknown = Identity { vid: 0x51d, pid: 0x99, ..Identity::default() };
        assert_eq!(ask(&[], &unknown), (None, 1));
        assert_eq!(ask(&[("vendorid", "0463")], &unknown), (None, 0), "not meant");
    }
}
