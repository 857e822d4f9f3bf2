//! USB strings by index, which hidraw does not offer.
//!
//! Knows the standard request for them (USB 2.0, 9.4.3 and 9.6.7) and the device node it goes
//! through. The request is addressed to the device, so no interface is claimed and the kernel's HID
//! driver stays where it is. A device whose strings hang is left alone for a while: all its other
//! requests wait behind this one.

use crate::sysfs::plain;
use crate::transport::TransportError;
use nusb::MaybeFuture;
use nusb::transfer::{ControlIn, ControlType, Recipient, TransferError};
use std::fs::OpenOptions;
use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

const GET_DESCRIPTOR: u8 = 6;
const STRING: u8 = 3;
/// Language used when the device's list of languages does not settle it: English (United States).
const ENGLISH: u16 = 0x0409;
/// Each string is asked for three times with 50 ms between (NUT 2.8.5), but once if it hangs.
const TRIES: u8 = 3;
const BETWEEN: Duration = Duration::from_millis(50);
/// Shorter than the loop waits for a reading, so that the next one finds the device free.
const TIMEOUT: Duration = Duration::from_millis(800);
/// How long no string is asked for after one has hung.
const LEFT_ALONE: Duration = Duration::from_secs(60);
/// Room for the longest string descriptor there is.
const LENGTH: u16 = 255;

/// The strings of one device; its node is opened when the first one is asked for.
pub struct UsbStrings {
    node: Option<PathBuf>,
    open: Option<Open>,
    /// Set once opening failed, so that it is told once and not tried for every string.
    failed: bool,
    /// When a string was given up last.
    hung: Option<Instant>,
}

struct Open {
    device: nusb::Device,
    /// Asked for with the first string.
    language: Option<u16>,
}

/// Why a string could not be read.
enum Unread {
    /// The device did not answer in time.
    Hung,
    /// Anything else.
    Failed(TransportError),
}

fn no_value(reason: &str) -> TransportError {
    TransportError::NoValue(reason.to_string())
}

impl UsbStrings {
    /// The strings of the device behind this node of `/dev/bus/usb`.
    pub fn new(node: Option<PathBuf>) -> Self {
        UsbStrings { node, open: None, failed: false, hung: None }
    }

    /// The strings of a device that is open already.
    pub fn over(device: nusb::Device) -> Self {
        let open = Some(Open { device, language: None });
        UsbStrings { node: None, open, failed: false, hung: None }
    }

    /// The string with this index.
    pub fn get(&mut self, index: u8) -> Result<String, TransportError> {
        if index == 0 {
            return Err(no_value("string index 0"));
        }
        if self.hung.is_some_and(|hung| hung.elapsed() < LEFT_ALONE) {
            return Err(no_value("the device's strings hung a short while ago"));
        }
        match self.device()?.string(index) {
            Ok(text) => Ok(text),
            Err(Unread::Hung) => {
                self.hung = Some(Instant::now());
                Err(no_value("the device does not answer"))
            }
            Err(Unread::Failed(error)) => Err(error),
        }
    }

    fn device(&mut self) -> Result<&mut Open, TransportError> {
        if self.open.is_none() && !self.failed {
            self.open = self.connect();
            self.failed = self.open.is_none();
        }
        self.open.as_mut().ok_or_else(|| no_value("the device's strings cannot be read"))
    }

    fn connect(&self) -> Option<Open> {
        let node = self.node.as_ref()?;
        let device =
            OpenOptions::new().read(true).write(true).open(node).and_then(|file| {
                nusb::Device::from_fd(file.into()).wait().map_err(io::Error::other)
            });
        match device {
            Ok(device) => Some(Open { device, language: None }),
            Err(error) => {
                log::warn!(
                    "Can't open {} to read the strings of the device: {error}. \
                     Some variables will be empty.",
                    node.display()
                );
                None
            }
        }
    }
}

impl Open {
    fn string(&mut self, index: u8) -> Result<String, Unread> {
        let language = self.language()?;
        self.descriptor(index, language).map(|units| plain(units.into_iter()))
    }

    fn language(&mut self) -> Result<u16, Unread> {
        if let Some(language) = self.language {
            return Ok(language);
        }
        let language = match self.descriptor(0, 0) {
            Ok(units) if units.len() == 1 => units.first().copied().unwrap_or(ENGLISH),
            Err(Unread::Hung) => return Err(Unread::Hung),
            _ => ENGLISH,
        };
        Ok(*self.language.insert(language))
    }

    /// The code units of a string descriptor.
    fn descriptor(&self, index: u8, language: u16) -> Result<Vec<u16>, Unread> {
        let mut result = self.ask(index, language);
        for _ in 1..TRIES {
            match &result {
                Err(Unread::Failed(error)) if !error.is_lost() => {}
                _ => break,
            }
            thread::sleep(BETWEEN);
            result = self.ask(index, language);
        }
        result
    }

    fn ask(&self, index: u8, language: u16) -> Result<Vec<u16>, Unread> {
        let request = ControlIn {
            control_type: ControlType::Standard,
            recipient: Recipient::Device,
            request: GET_DESCRIPTOR,
            value: u16::from_be_bytes([STRING, index]),
            index: language,
            length: LENGTH,
        };
        let answer = self.device.control_in(request, TIMEOUT).wait().map_err(unread)?;
        code_units(&answer).ok_or_else(|| Unread::Failed(no_value("not a string descriptor")))
    }
}

fn unread(error: TransferError) -> Unread {
    let text = error.to_string();
    Unread::Failed(match error {
        // The way nusb ends a request that takes too long.
        TransferError::Cancelled => return Unread::Hung,
        TransferError::Disconnected => TransportError::Gone(text),
        TransferError::Fault => TransportError::Io(text),
        _ => TransportError::NoValue(text),
    })
}

/// The code units in a string descriptor: length, type, then two bytes a unit. `None` when it is
/// something else; a shorter answer than its first byte promises is taken as far as it goes.
fn code_units(descriptor: &[u8]) -> Option<Vec<u16>> {
    let [length, STRING, ..] = descriptor else { return None };
    let body = descriptor.get(2..descriptor.len().min(usize::from(*length)))?;
    let pairs = body.chunks_exact(2).filter_map(|pair| pair.try_into().ok());
    Some(pairs.map(u16::from_le_bytes).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_descriptor_is_taken_apart() {
        assert_eq!(code_units(&[6, 3, b'8', 0, b'5', 0]), Some(vec![0x38, 0x35]));
        assert_eq!(code_units(&[6, 3, b'8', 0, b'5']), Some(vec![0x38]), "cut short");
        assert_eq!(code_units(&[4, 3, 9, 4, 7, 4]), Some(vec![0x409]), "more than promised");
        assert_eq!(code_units(&[2, 3]), Some(vec![]));
        for bad in [&[][..], &[4], &[1, 3, 0], &[4, 2, 9, 4], &[0, 3]] {
            assert_eq!(code_units(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_node_that_cannot_be_opened_gives_no_strings() {
        for node in [None, Some(PathBuf::from("/nonexistent/001"))] {
            let mut strings = UsbStrings::new(node);
            assert!(matches!(strings.get(1), Err(TransportError::NoValue(_))));
            assert!(matches!(strings.get(0), Err(TransportError::NoValue(_))));
        }
    }
}
