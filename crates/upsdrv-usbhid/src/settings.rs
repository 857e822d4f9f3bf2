//! What the administrator wants, read from the options.
//!
//! Knows defaults, limits and the complaints about bad values. The pattern options are `matching`'s,
//! the numbers that only the engine uses are read by the engine. Pure; files are named, not opened.

use crate::matching::Patterns;
use crate::source::Way;
use crate::usb::options::{UsbOptions, hex_index};
use nut_proto::number::leading_int;
use std::path::{Path, PathBuf};
use std::time::Duration;
use upsdrv::{Fatal, options::Options};

/// Most bytes taken of an interrupt report when nothing else is said (NUT 2.8.5).
pub const INTERRUPT_SIZE: usize = 512;

/// Where the device is to be looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On the USB ports.
    Hardware,
    /// In a recording.
    Recording {
        /// The recording.
        file: PathBuf,
        /// Where to note what is written to the device.
        writes: Option<PathBuf>,
    },
}

/// A recording that is to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordWish {
    /// Where to.
    pub file: PathBuf,
    /// Whether the serial number stays in it.
    pub keep_serial: bool,
}

/// Settings for finding, opening and keeping a device.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which devices are meant.
    pub patterns: Patterns,
    /// `productid` was given: unknown products of known makers will do.
    pub any_product: bool,
    /// The map to use, by name or pattern.
    pub subdriver: Option<String>,
    /// Any device will do; its map is empty.
    pub explore: bool,
    /// The HID interface to use in place of the map's.
    pub interface: Option<u8>,
    /// The way to the device, when given.
    pub way: Option<Way>,
    /// What only counts where the driver itself speaks USB.
    pub usb: UsbOptions,
    /// The interrupt pipe is not read.
    pub poll_only: bool,
    /// Most bytes taken of an interrupt report, when given.
    pub interrupt_size: Option<usize>,
    /// Rounds in a row without an interrupt report after which the device is opened anew; `None`
    /// for ever.
    pub tolerance: Option<u64>,
    /// Pause between a loss and the first attempt to reconnect.
    pub wait_before_reconnect: Duration,
    /// Where the device is.
    pub place: Place,
    /// The recording to take.
    pub record: Option<RecordWish>,
    /// What the log is to be told, as warnings.
    pub warnings: Vec<String>,
}

/// The folders that relative file names start from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Folder of ups.conf: for `port = replay:FILE`.
    pub conf: PathBuf,
    /// Folder the program was started in: for files given as options.
    pub start: PathBuf,
}

impl Settings {
    /// Reads the options. An error ends the program.
    pub fn read(options: &Options, folders: &Folders) -> Result<Settings, Fatal> {
        let mut warnings = Vec::new();
        let patterns = Patterns::from_options(|name| options.value(name))
            .map_err(|bad| Fatal::new(bad.to_string()))?;
        if options.has("explore") && options.value("vendorid").is_none() {
            return Err(Fatal::new("must specify \"vendorid\" when using \"explore\""));
        }
        if options.has("winhid") {
            let text = "winhid is only supported on WIN32 builds; ignoring option";
            warnings.push(text.to_string());
        }
        Ok(Settings {
            patterns,
            any_product: options.value("productid").is_some(),
            subdriver: subdriver(options)?,
            explore: options.has("explore"),
            interface: hex_index(options, "usb_hid_rep_index")?,
            way: way(options)?,
            usb: UsbOptions::read(options)?,
            poll_only: options.has("pollonly"),
            interrupt_size: interrupt_size(options)?,
            tolerance: tolerance(options, &mut warnings),
            wait_before_reconnect: seconds(options, "waitbeforereconnect"),
            place: place(options, folders, &mut warnings),
            record: options.value("record").map(|file| RecordWish {
                file: folders.start.join(file),
                keep_serial: options.has("record_serial"),
            }),
            warnings,
        })
    }
}

fn subdriver(options: &Options) -> Result<Option<String>, Fatal> {
    let Some(name) = options.value("subdriver") else { return Ok(None) };
    if options.value("vendorid").is_none() || options.value("productid").is_none() {
        return Err(Fatal::new(
            "When specifying a subdriver, 'vendorid' and 'productid' are mandatory.",
        ));
    }
    Ok(Some(name.to_string()))
}

/// The way to the device, if the user names one.
fn way(options: &Options) -> Result<Option<Way>, Fatal> {
    match options.value("transport").map(str::to_ascii_lowercase).as_deref() {
        None | Some("auto") => Ok(None),
        Some("hidraw") => Ok(Some(Way::Hidraw)),
        Some("usb") => Ok(Some(Way::Usb)),
        Some(other) => Err(Fatal::new(format!(
            "Error: invalid transport: {other} (known are auto, hidraw and usb)"
        ))),
    }
}

fn interrupt_size(options: &Options) -> Result<Option<usize>, Fatal> {
    let Some(text) = options.value("interruptsize") else { return Ok(None) };
    let number = leading_int(text);
    match usize::try_from(number) {
        Ok(size) if size > 0 => Ok(Some(size.min(usize::from(u16::MAX)))),
        _ => Err(Fatal::new(format!("Error: invalid interruptsize: {number}"))),
    }
}

fn tolerance(options: &Options, warnings: &mut Vec<String>) -> Option<u64> {
    const NAME: &str = "interrupt_pipe_no_events_tolerance";
    let text = options.value(NAME)?;
    match text.trim().parse::<i64>() {
        Ok(number) => u64::try_from(number).ok(),
        Err(_) => {
            warnings.push(format!("Invalid setting for {NAME}: '{text}', defaulting to -1"));
            None
        }
    }
}

fn seconds(options: &Options, name: &str) -> Duration {
    let number = options.value(name).map_or(0, leading_int);
    Duration::from_secs(u64::try_from(number).unwrap_or(0))
}

/// `port = replay:FILE` or the option `replay`; any other port but `auto` is pointed out.
fn place(options: &Options, folders: &Folders, warnings: &mut Vec<String>) -> Place {
    let writes = options.value("replay_writes").map(|file| folders.start.join(file));
    let recording = |folder: &Path, file| Place::Recording { file: folder.join(file), writes };
    if let Some(file) = options.value("replay") {
        return recording(&folders.start, file);
    }
    match options.port.strip_prefix("replay:") {
        Some(file) => recording(&folders.conf, file),
        None => {
            if options.port != "auto" {
                warnings.push(format!(
                    "port = {} is not used: USB devices are found by what they say of themselves \
                     (write port = auto to silence this)",
                    options.port
                ));
            }
            Place::Hardware
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(port: &str, given: &[(&str, Option<&str>)]) -> Result<Settings, Fatal> {
        let mut options = Options::with_port(port);
        given.iter().for_each(|(name, value)| options.set(name, *value));
        let folders = Folders { conf: "/conf".into(), start: "/start".into() };
        Settings::read(&options, &folders)
    }

    fn message(given: &[(&str, Option<&str>)]) -> String {
        read("auto", given).unwrap_err().message
    }

    #[test]
    fn nothing_given() {
        let settings = read("auto", &[]).unwrap();
        assert_eq!((settings.interrupt_size, settings.tolerance), (None, None));
        assert_eq!(settings.place, Place::Hardware);
        assert!(settings.warnings.is_empty() && !settings.any_product && !settings.poll_only);
    }

    #[test]
    fn bad_values_are_refused_in_nuts_words() {
        assert_eq!(message(&[("vendor", Some("("))]), "invalid regular expression: (");
        assert_eq!(message(&[("interruptsize", Some("-3x"))]), "Error: invalid interruptsize: -3");
        assert_eq!(
            message(&[("usb_hid_ep_in", Some("zz"))]),
            "nut_libusb_open: could not parse usb_hid_ep_in"
        );
        assert_eq!(
            message(&[("explore", None)]),
            "must specify \"vendorid\" when using \"explore\""
        );
        assert_eq!(
            message(&[("subdriver", Some("MGE"))]),
            "When specifying a subdriver, 'vendorid' and 'productid' are mandatory."
        );
    }

    #[test]
    fn some_bad_values_are_only_pointed_out() {
        let settings = read(
            "/dev/ttyS0",
            &[
                ("interrupt_pipe_no_events_tolerance", Some("x")),
                ("winhid", None),
                ("usb_hid_rep_index", Some("2")),
            ],
        )
        .unwrap();
        assert_eq!(settings.warnings.len(), 3, "{:?}", settings.warnings);
        let text = "winhid is only supported on WIN32 builds; ignoring option";
        assert_eq!(settings.warnings[0], text);
        assert_eq!(
            settings.warnings[1],
            "Invalid setting for interrupt_pipe_no_events_tolerance: 'x', defaulting to -1"
        );
        assert_eq!(settings.interface, Some(2));
    }

    #[test]
    fn the_way_is_named() {
        let way = |value| read("auto", &[("transport", Some(value))]).unwrap().way;
        assert_eq!(
            (way("usb"), way("HIDRAW"), way("auto")),
            (Some(Way::Usb), Some(Way::Hidraw), None)
        );
        assert_eq!(read("auto", &[]).unwrap().way, None);
        assert_eq!(
            message(&[("transport", Some("libusb"))]),
            "Error: invalid transport: libusb (known are auto, hidraw and usb)"
        );
    }

    #[test]
    fn recordings_are_found_from_the_right_folder() {
        let port = read("replay:ups.json", &[("replay_writes", Some("log"))]).unwrap();
        let recording = |file: &str, writes: Option<&str>| Place::Recording {
            file: file.into(),
            writes: writes.map(Into::into),
        };
        assert_eq!(port.place, recording("/conf/ups.json", Some("/start/log")));
        assert!(port.warnings.is_empty());
        let option = read("auto", &[("replay", Some("ups.json"))]).unwrap();
        assert_eq!(option.place, recording("/start/ups.json", None));
        let absolute = read("replay:/a/ups.json", &[]).unwrap();
        assert_eq!(absolute.place, recording("/a/ups.json", None));
    }
}
