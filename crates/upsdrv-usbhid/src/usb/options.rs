//! What the user decides about the USB device itself.
//!
//! Knows the options that only make sense where the driver and not the kernel speaks USB, and how a
//! number in them is written (NUT 2.8.5). Pure.

use nut_hid::hex::digits;
use upsdrv::{Fatal, options::Options};

/// Numbers to use in place of what the device or its map says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsbOptions {
    /// Index of the configuration whose descriptor is looked at.
    pub config_index: Option<u8>,
    /// Index of the HID and report descriptors.
    pub desc_index: Option<u8>,
    /// Number of the interrupt endpoint that is read.
    pub ep_in: Option<u8>,
    /// Number of the endpoint for output reports. None are ever sent.
    pub ep_out: Option<u8>,
    /// The alternate setting to choose.
    pub alt_setting: Option<u8>,
    /// A busy interface is passed over.
    pub allow_duplicates: bool,
}

impl UsbOptions {
    /// Reads the options. An error ends the program.
    pub fn read(options: &Options) -> Result<UsbOptions, Fatal> {
        Ok(UsbOptions {
            config_index: hex_index(options, "usb_config_index")?,
            desc_index: hex_index(options, "usb_hid_desc_index")?,
            ep_in: hex_index(options, "usb_hid_ep_in")?,
            ep_out: hex_index(options, "usb_hid_ep_out")?,
            alt_setting: alt_setting(options)?,
            allow_duplicates: options.has("allow_duplicates"),
        })
    }

    /// The names of those that were given.
    pub fn given(&self) -> Vec<&'static str> {
        let all = [
            ("usb_config_index", self.config_index.is_some()),
            ("usb_hid_desc_index", self.desc_index.is_some()),
            ("usb_hid_ep_in", self.ep_in.is_some()),
            ("usb_hid_ep_out", self.ep_out.is_some()),
            ("usb_set_altinterface", self.alt_setting.is_some()),
            ("allow_duplicates", self.allow_duplicates),
        ];
        all.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }
}

/// A number in hexadecimal digits, `0x` in front or not.
pub fn hex_index(options: &Options, name: &str) -> Result<Option<u8>, Fatal> {
    let Some(text) = options.value(name) else { return Ok(None) };
    u8::from_str_radix(digits(text), 16).map(Some).map_err(|_| unreadable(name))
}

/// A decimal number; without one, setting 0.
fn alt_setting(options: &Options) -> Result<Option<u8>, Fatal> {
    const NAME: &str = "usb_set_altinterface";
    match options.value(NAME) {
        Some(text) => text.trim().parse().map(Some).map_err(|_| unreadable(NAME)),
        None => Ok(options.has(NAME).then_some(0)),
    }
}

fn unreadable(name: &str) -> Fatal {
    Fatal::new(format!("nut_libusb_open: could not parse {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[(&str, Option<&str>)]) -> Result<UsbOptions, Fatal> {
        let mut options = Options::with_port("auto");
        given.iter().for_each(|(name, value)| options.set(name, *value));
        UsbOptions::read(&options)
    }

    #[test]
    fn numbers_are_hexadecimal() {
        let options = read(&[
            ("usb_config_index", Some("0x1")),
            ("usb_hid_desc_index", Some("a")),
            ("usb_hid_ep_in", Some("4")),
            ("usb_hid_ep_out", Some("0X05")),
        ])
        .unwrap();
        assert_eq!((options.config_index, options.desc_index), (Some(1), Some(10)));
        assert_eq!((options.ep_in, options.ep_out), (Some(4), Some(5)));
        assert_eq!(
            options.given(),
            ["usb_config_index", "usb_hid_desc_index", "usb_hid_ep_in", "usb_hid_ep_out"]
        );
        assert_eq!(read(&[]).unwrap(), UsbOptions::default());
    }

    #[test]
    fn what_is_no_number_ends_the_program() {
        let numbers = ["usb_config_index", "usb_hid_desc_index", "usb_hid_ep_in", "usb_hid_ep_out"];
        for name in numbers.into_iter().chain(["usb_set_altinterface"]) {
            for text in ["zz", "", "100000"] {
                let error = read(&[(name, Some(text))]).unwrap_err();
                assert_eq!(error.message, format!("nut_libusb_open: could not parse {name}"));
            }
        }
    }

    #[test]
    fn the_alternate_setting_may_do_without_a_number() {
        assert_eq!(read(&[("usb_set_altinterface", None)]).unwrap().alt_setting, Some(0));
        assert_eq!(read(&[("usb_set_altinterface", Some("2"))]).unwrap().alt_setting, Some(2));
        assert_eq!(read(&[]).unwrap().alt_setting, None);
    }
}
