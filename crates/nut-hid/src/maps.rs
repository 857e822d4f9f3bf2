//! All device maps, and which of them a device belongs to.
//!
//! Knows the maps that come with the program, their order, and how a user's maps go in front of them.
//! Reading files is the caller's business.

use crate::map::{Base, Device, Map, MapText, Problem};

/// The part that all maps build on.
const COMMON: (&str, &str) = ("common.toml", include_str!("../maps/common.toml"));

/// The maps that come with the program, in the order in which they claim devices.
pub const BUILTIN: &[(&str, &str)] = &[
    ("explore.toml", include_str!("../maps/explore.toml")),
    ("mge.toml", include_str!("../maps/mge.toml")),
    ("apc.toml", include_str!("../maps/apc.toml")),
    ("arduino.toml", include_str!("../maps/arduino.toml")),
    ("belkin.toml", include_str!("../maps/belkin.toml")),
    ("cps.toml", include_str!("../maps/cps.toml")),
    ("delta_ups.toml", include_str!("../maps/delta_ups.toml")),
    ("ecoflow.toml", include_str!("../maps/ecoflow.toml")),
    ("ever.toml", include_str!("../maps/ever.toml")),
    ("idowell.toml", include_str!("../maps/idowell.toml")),
    ("legrand.toml", include_str!("../maps/legrand.toml")),
    ("liebert.toml", include_str!("../maps/liebert.toml")),
    ("openups.toml", include_str!("../maps/openups.toml")),
    ("powercom.toml", include_str!("../maps/powercom.toml")),
    ("powervar.toml", include_str!("../maps/powervar.toml")),
    ("salicru.toml", include_str!("../maps/salicru.toml")),
    ("tripplite.toml", include_str!("../maps/tripplite.toml")),
];

/// The tutorial for writing a map; not in use, but tested.
pub const EXAMPLE: (&str, &str) = ("example.toml", include_str!("../maps/example.toml"));

/// The maps in use.
#[derive(Debug, Clone, Default)]
pub struct Maps {
    base: Base,
    texts: Vec<MapText>,
    maps: Vec<Map>,
}

/// What the maps say to a device.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim<'a> {
    /// This map, by this entry.
    By(&'a Map, Device),
    /// The maker is known, the product is not. Worth telling the user.
    Unsupported(&'a Map),
    /// Nobody knows it.
    Unknown,
}

/// The part of a device's identity that claims are decided by.
#[derive(Debug, Clone, Copy, Default)]
pub struct Candidate<'a> {
    /// Vendor id.
    pub vid: u16,
    /// Product id.
    pub pid: u16,
    /// Manufacturer string, empty if there is none.
    pub vendor: &'a str,
    /// Product string, empty if there is none.
    pub product: &'a str,
    /// The user named the product id: an unknown product of a known maker will do.
    pub any_product: bool,
}

impl Maps {
    /// The maps that come with the program. They are tested, so that there are no problems with
    /// them; a map that had some would be left out.
    pub fn builtin() -> (Maps, Vec<Problem>) {
        let (base, mut problems) = match Base::parse(COMMON.0, COMMON.1) {
            Ok(base) => (base, Vec::new()),
            Err(problems) => (Base::default(), problems),
        };
        let mut maps = Maps { base, ..Maps::default() };
        for (file, text) in BUILTIN {
            match maps.read(file, text) {
                Ok((text, map)) => maps.insert(maps.maps.len(), text, map),
                Err(faults) => problems.extend(faults),
            }
        }
        (maps, problems)
    }

    /// Adds a user's map in front of all others: its USB ids are tried first. A map of the same
    /// maker that does not extend anything is replaced.
    pub fn add(&mut self, file: &str, text: &str) -> Result<&Map, Vec<Problem>> {
        let (text, map) = self.read(file, text)?;
        if text.extends().is_none() {
            let keep: Vec<bool> = self.maps.iter().map(|m| m.maker != map.maker).collect();
            retain(&mut self.maps, &keep);
            retain(&mut self.texts, &keep);
        }
        self.insert(0, text, map);
        self.maps.first().ok_or_else(Vec::new)
    }

    /// Reads and checks a map against the ones in use, without adding it.
    pub fn read(&self, file: &str, text: &str) -> Result<(MapText, Map), Vec<Problem>> {
        let text = MapText::parse(file, text).map_err(|problem| vec![problem])?;
        let text = match text.extends().map(str::to_owned) {
            None => text,
            Some(maker) => match self.texts.iter().find(|t| t.maker() == maker) {
                Some(base) => text.over(base),
                None => return Err(vec![self.no_such_base(file, &maker)]),
            },
        };
        let map = Map::build(file, &text, &self.base)?;
        Ok((text, map))
    }

    fn no_such_base(&self, file: &str, maker: &str) -> Problem {
        let known: Vec<_> = self.texts.iter().map(MapText::maker).collect();
        let message = format!("`extends` names `{maker}`; known are {}", known.join(", "));
        Problem { file: file.to_owned(), line: 0, message }
    }

    fn insert(&mut self, at: usize, text: MapText, map: Map) {
        self.texts.insert(at, text);
        self.maps.insert(at, map);
    }

    /// The standard usages and conversions.
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// All maps, in the order in which they claim devices.
    pub fn iter(&self) -> impl Iterator<Item = &Map> {
        self.maps.iter()
    }

    /// The map with this subdriver name (`MGE HID 1.58`).
    pub fn by_subdriver(&self, name: &str) -> Option<&Map> {
        self.maps.iter().find(|map| map.subdriver == name)
    }

    /// Whose device this is: the first map with an entry for it; failing that, if the user named the
    /// product id, the first with an entry for its vendor.
    pub fn claim(&self, who: Candidate<'_>) -> Claim<'_> {
        let fits = |d: &&Device| d.fits(who.vid, who.pid, who.vendor, who.product);
        for map in &self.maps {
            if let Some(device) = map.devices.iter().find(fits) {
                return Claim::By(map, device.clone());
            }
        }
        let knows_product =
            |map: &Map| map.devices.iter().any(|d| (d.vid, d.pid) == (who.vid, who.pid));
        let knows_vendor =
            |map: &Map| map.devices.iter().any(|d| d.fits_maker(who.vid, who.vendor, who.product));
        let refusal = |map: &'_ Map| map.refusal(who.vid, who.pid).cloned();
        let makers = || self.maps.iter().filter(|m| knows_vendor(m) && !knows_product(m));
        let taker = makers().find(|map| refusal(map).is_none());
        if let (true, Some(map)) = (who.any_product, taker) {
            return Claim::By(map, map.unknown_product(who.vid, who.pid));
        }
        let worth_a_word = |map: &&Map| {
            !map.quiet_vendors.contains(&who.vid) && refusal(map).is_none_or(|r| r.driver.is_some())
        };
        let loud = makers().find(worth_a_word);
        loud.map_or(Claim::Unknown, Claim::Unsupported)
    }
}

/// A vendor id that stands on many devices with another protocol too.
const PHOENIXTEC: u16 = 0x06da;
const NUTDRV_QX: &str =
    ". Please note that this Vendor ID is also known in devices supported by nutdrv_qx";

/// What to tell about a product that nobody knows, of a maker one knows.
pub fn unsupported_text(map: &Map, vid: u16, pid: u16) -> String {
    let brand = map.subdriver.split(" HID").next().unwrap_or(&map.maker);
    let maker = map.manufacturer.as_deref().unwrap_or(brand);
    if let Some(driver) = map.refusal(vid, pid).and_then(|refused| refused.driver.as_ref()) {
        return format!(
            "This {maker} device ({vid:04x}:{pid:04x}) is not supported by usbhid-ups. Please use \
             the '{driver}' driver instead."
        );
    }
    let others = if vid == PHOENIXTEC { NUTDRV_QX } else { "" };
    format!(
        "This {maker} device ({vid:04x}:{pid:04x}) is not (or perhaps not yet) supported by \
         usbhid-ups. Please make sure you have an up-to-date version. If this does not fix the \
         problem, try running the driver with the '-x productid={pid:04x}' option, or name a map \
         with '-x subdriver=...'{others}"
    )
}

fn retain<T>(items: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    items.retain(|_| keep.next().copied().unwrap_or(true));
}
