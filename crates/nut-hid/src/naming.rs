//! Names of a device: maker, model and serial number as `ups.mfr`, `ups.model`, `ups.serial`.
//!
//! Knows each maker's habit of hiding things in its USB strings, and what else the strings give away
//! (firmware versions, the model family). Reading further strings and values is the caller's, through
//! [`Probe`].

use crate::convert::Memory;
use crate::models;

/// The USB strings of a device.
#[derive(Debug, Clone, Copy, Default)]
pub struct Strings<'a> {
    /// Vendor id.
    pub vid: u16,
    /// Manufacturer string.
    pub vendor: Option<&'a str>,
    /// Product string.
    pub product: Option<&'a str>,
    /// Serial number string.
    pub serial: Option<&'a str>,
}

/// What else naming may ask the device.
pub trait Probe {
    /// The string whose index stands at a path; `None` if there is none or it is empty.
    fn string_at(&mut self, path: &str) -> Option<String>;
    /// The value at a path.
    fn value_at(&mut self, path: &str) -> Option<f64>;
}

/// How a maker tells its names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Naming {
    /// By the USB strings.
    #[default]
    Plain,
    /// Eaton: by the product string and a model string, looked up in a table.
    Mge,
    /// APC: firmware versions stand in the product string.
    Apc,
    /// Belkin: strings may be blank or missing; the serial number has a second place.
    Belkin,
    /// Delta: the model is a string of its own.
    Delta,
}

/// What was found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Maker.
    pub mfr: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Other variables that the strings tell.
    pub others: Vec<(&'static str, String)>,
}

/// Dell's vendor id: its product strings are complete.
const DELL: u16 = 0x047c;

/// How much of APC's product string counts, in characters (NUT 2.8.5).
const APC_PRODUCT_LIMIT: usize = 63;

impl Naming {
    /// The rules of this name.
    pub fn find(name: &str) -> Option<Naming> {
        match name {
            "plain" => Some(Naming::Plain),
            "mge" => Some(Naming::Mge),
            "apc" => Some(Naming::Apc),
            "belkin" => Some(Naming::Belkin),
            "delta" => Some(Naming::Delta),
            _ => None,
        }
    }

    /// The names of a device; `maker` is the map's, for devices without a manufacturer string.
    pub fn names(
        self,
        strings: Strings<'_>,
        maker: Option<&str>,
        memory: &mut Memory,
        probe: &mut dyn Probe,
    ) -> Names {
        if self == Naming::Belkin {
            return belkin(strings, maker, probe);
        }
        let (model, others) = match self {
            Naming::Plain | Naming::Belkin => (strings.product.map(str::to_owned), Vec::new()),
            Naming::Mge => (mge_model(strings, memory, probe), Vec::new()),
            Naming::Apc => apc_model(strings.product.unwrap_or("unknown")),
            Naming::Delta => (delta_model(strings, probe), Vec::new()),
        };
        Names {
            mfr: strings.vendor.or(maker).map(str::to_owned),
            model,
            serial: strings.serial.map(str::to_owned),
            others,
        }
    }
}

fn mge_model(strings: Strings<'_>, memory: &mut Memory, probe: &mut dyn Probe) -> Option<String> {
    if strings.vid == DELL {
        return strings.product.map(str::to_owned);
    }
    let told = probe.string_at("UPS.PowerSummary.iModel");
    let rating = |probe: &mut dyn Probe| probe.value_at("UPS.Flow.[4].ConfigApparentPower");
    let model = told.or_else(|| rating(probe).map(|va| (va as i64).to_string()));
    let Some(model) = model else { return strings.product.map(str::to_owned) };
    let found = models::identify(strings.product.unwrap_or("unknown"), &model);
    memory.mge.model = found.clone();
    Some(found.name)
}

/// `Back-UPS RS 1500G FW:865.L6 .D USB FW:L6`: model, firmware, firmware of the USB part.
fn apc_model(product: &str) -> (Option<String>, Vec<(&'static str, String)>) {
    let product: String = product.chars().take(APC_PRODUCT_LIMIT).collect();
    let Some((model, firmware)) = product.split_once("FW:") else {
        return (Some(product), Vec::new());
    };
    let mut others = Vec::new();
    let main = match firmware.split_once("USB FW:") {
        Some((main, aux)) => {
            others.push(("ups.firmware.aux", aux.to_owned()));
            without_last(main)
        }
        None => firmware,
    };
    others.push(("ups.firmware", main.to_owned()));
    (Some(without_last(model).to_owned()), others)
}

/// Blanks in front of the maker do not count, and empty strings are none.
fn belkin(strings: Strings<'_>, maker: Option<&str>, probe: &mut dyn Probe) -> Names {
    let vendor = strings.vendor.map(|text| text.trim_start_matches(' '));
    let model = strings.product.filter(|text| !text.is_empty()).unwrap_or("unknown");
    let serial = strings.serial.map(str::to_owned);
    Names {
        mfr: vendor.filter(|text| !text.is_empty()).or(maker).map(str::to_owned),
        model: Some(model.to_owned()),
        serial: serial.or_else(|| probe.string_at("UPS.PowerSummary.iSerialNumber")),
        others: Vec::new(),
    }
}

fn delta_model(strings: Strings<'_>, probe: &mut dyn Probe) -> Option<String> {
    let told = probe.string_at("UPS.DeltaCustom.[1].DeltaModelName");
    told.or_else(|| strings.product.map(str::to_owned))
}

/// Without the one character that separates a part from the next.
fn without_last(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next_back();
    chars.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Family;

    struct Device(Option<&'static str>, Option<f64>);

    impl Probe for Device {
        fn string_at(&mut self, _: &str) -> Option<String> {
            self.0.map(str::to_owned)
        }
        fn value_at(&mut self, _: &str) -> Option<f64> {
            self.1
        }
    }

    fn strings(product: &str) -> Strings<'_> {
        Strings { product: Some(product), ..Strings::default() }
    }

    #[test]
    fn plain_names_are_the_strings() {
        let names = Naming::Plain.names(
            Strings { serial: Some("1"), ..strings("UT") },
            Some("CPS"),
            &mut Memory::default(),
            &mut Device(None, None),
        );
        assert_eq!(names.mfr.as_deref(), Some("CPS"));
        assert_eq!((names.model.as_deref(), names.serial.as_deref()), (Some("UT"), Some("1")));
    }

    #[test]
    fn eaton_models_come_from_two_strings() {
        for (product, mut device, name, family) in [
            ("3S", Device(Some("700"), None), "3S 700", Family::ThreeS),
            ("9SX", Device(None, None), "9SX", Family::Default),
            ("Eaton 5P", Device(None, Some(1150.9)), "5P 1150", Family::FiveP),
        ] {
            let mut memory = Memory::default();
            let names = Naming::Mge.names(strings(product), None, &mut memory, &mut device);
            assert_eq!(names.model.as_deref(), Some(name));
            assert_eq!(memory.mge.model.family, family, "{product}");
        }
        let dell = Strings { vid: DELL, ..strings("Dell UPS") };
        let mut probe = Device(Some("x"), None);
        let names = Naming::Mge.names(dell, None, &mut Memory::default(), &mut probe);
        assert_eq!(names.model.as_deref(), Some("Dell UPS"));
    }

    #[test]
    fn belkin_strings_may_be_blank() {
        let named = |vendor, product, serial| {
            let strings = Strings { vid: 0x50d, vendor, product, serial };
            let mut probe = Device(Some("7"), None);
            let memory = &mut Memory::default();
            let names = Naming::Belkin.names(strings, Some("Belkin"), memory, &mut probe);
            [names.mfr, names.model, names.serial].map(Option::unwrap)
        };
        assert_eq!(named(Some("  Emerson"), Some("GXT4"), Some("1")), ["Emerson", "GXT4", "1"]);
        assert_eq!(named(Some("  "), Some(""), None), ["Belkin", "unknown", "7"]);
        assert_eq!(named(None, None, None), ["Belkin", "unknown", "7"]);
    }

    #[test]
    fn delta_models_have_a_place_of_their_own() {
        let model = |told| {
            let mut device = Device(told, None);
            let memory = &mut Memory::default();
            Naming::Delta.names(strings("UPS"), None, memory, &mut device).model
        };
        assert_eq!(model(Some("RT-2K")).as_deref(), Some("RT-2K"));
        assert_eq!(model(None).as_deref(), Some("UPS"));
    }

    #[test]
    fn apc_firmware_is_cut_off_the_model() {
        for (product, model, firmware, aux) in [
            ("Back-UPS RS 1500G FW:865.L6 .D USB FW:L6", "Back-UPS RS 1500G", "865.L6 .D", "L6"),
            ("Back-UPS XS 1400U  FW:926.T2 .I USB FW:T2", "Back-UPS XS 1400U ", "926.T2 .I", "T2"),
            ("Back-UPS CS FW:9", "Back-UPS CS", "9", ""),
            ("Back-UPS", "Back-UPS", "", ""),
            ("FW:", "", "", ""),
        ] {
            let (found, others) = apc_model(product);
            assert_eq!(found.as_deref(), Some(model));
            let other = |name| others.iter().find(|o| o.0 == name).map_or("", |o| o.1.as_str());
            assert_eq!((other("ups.firmware"), other("ups.firmware.aux")), (firmware, aux));
        }
    }
}
