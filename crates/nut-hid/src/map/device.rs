//! The devices of a map: USB ids and what is peculiar about each.

/// One USB id of a map.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Device {
    /// Vendor id.
    pub vid: u16,
    /// Product id.
    pub pid: u16,
    /// What is sold under it.
    pub about: String,
    /// Only if the vendor or product string contains this text.
    pub if_named: Option<String>,
    /// Only if the vendor string contains this text.
    pub if_vendor: Option<String>,
    /// Number of the HID interface.
    pub interface: u8,
    /// Models, by the beginning of the product string, that answer only when asked for reports of a
    /// fixed size.
    pub max_report_for: Vec<String>,
    /// What has to be done differently.
    pub quirks: Vec<Quirk>,
    /// Factors that conversions multiply with, by name.
    pub factors: Vec<(String, f64)>,
    /// `bcdDevice` of firmware whose whole report descriptor is the second one.
    pub second_descriptor_at: Option<u16>,
    /// Number of bytes to ask from the interrupt pipe.
    pub interrupt_size: Option<usize>,
    /// Line in the map file, from 1.
    pub line: usize,
}

/// A USB id that a map never takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Vendor id.
    pub vid: u16,
    /// Product id.
    pub pid: u16,
    /// The NUT driver it belongs to; `None` if it is no UPS at all.
    pub driver: Option<String>,
}

/// What has to be done differently for a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quirk {
    /// The interrupt pipe is not used.
    NoInterrupts,
    /// Only the interrupt pipe is used.
    InterruptOnly,
    /// Readings may have the wrong scale; the maker's conversions find out.
    AutoScale,
    /// Report 0x54 must not be read.
    SkipReport84,
}

impl Device {
    /// Whether something has to be done differently.
    pub fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    /// A factor by name; 1 if the map gives none.
    pub fn factor(&self, name: &str) -> f64 {
        self.factors.iter().find(|(n, _)| n == name).map_or(1.0, |(_, factor)| *factor)
    }

    /// Whether this entry is for a device with these ids and strings.
    pub fn fits(&self, vid: u16, pid: u16, vendor: &str, product: &str) -> bool {
        self.pid == pid && self.fits_maker(vid, vendor, product)
    }

    /// Whether this entry is for a product of this maker.
    pub fn fits_maker(&self, vid: u16, vendor: &str, product: &str) -> bool {
        let named =
            |text: &String| vendor.contains(text.as_str()) || product.contains(text.as_str());
        self.vid == vid
            && self.if_named.as_ref().is_none_or(named)
            && self.if_vendor.as_ref().is_none_or(|text| vendor.contains(text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_can_decide() {
        let aeg = Device { vid: 1, pid: 2, if_named: Some("AEG".into()), ..Device::default() };
        assert!(aeg.fits(1, 2, "AEG POWER", ""));
        assert!(aeg.fits(1, 2, "", "AEG PROTECT"));
        assert!(!aeg.fits(1, 2, "", "UPS"));
        assert!(!aeg.fits(1, 3, "AEG", ""));
        let kstar = Device { vid: 1, pid: 2, if_vendor: Some("KSTAR".into()), ..Device::default() };
        assert!(!kstar.fits(1, 2, "", "KSTAR"));
    }
}
