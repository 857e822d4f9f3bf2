//! The report descriptor: which one, how long, and how it is read.
//!
//! Knows the two ways to its length and which of them is believed (NUT 2.8.5): what the device says
//! in its configuration is right on some devices where the answer to a request is not. The requests
//! themselves are the caller's. Pure, but for [`told`].

use crate::transport::{Identity, TransportError};
use nusb::Device;
use nut_hid::descriptor::{self, MAX_DESCRIPTOR};

/// Standard request for a descriptor (USB 2.0, 9.4.3).
pub const GET_DESCRIPTOR: u8 = 6;
/// Type of the HID descriptor, which holds the length of the report descriptor (USB HID 1.11, 7.1).
const HID: u8 = 0x21;
const REPORT: u8 = 0x22;
/// Bytes of a HID descriptor that has one class descriptor.
const HID_LENGTH: usize = 9;

/// Where the report descriptor is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Which {
    /// Index of the configuration in whose descriptor its length stands.
    pub config_index: u8,
    /// Its own index.
    pub index: u8,
    /// The answer to a request is believed, not the configuration: that one speaks of the
    /// descriptor with index 0.
    pub believe_answer: bool,
}

/// The length that stands in the configuration, beside the interface.
pub fn told(device: &Device, who: &Identity, which: &Which) -> Option<usize> {
    let configuration = device.configurations().nth(usize::from(which.config_index))?;
    let interface = configuration
        .interface_alt_settings()
        .find(|interface| interface.interface_number() == who.interface)?;
    let hid = interface.descriptors().find(|extra| extra.descriptor_type() == HID)?;
    length(hid.as_bytes())
}

/// The length in a HID descriptor, if it is a whole one.
fn length(hid: &[u8]) -> Option<usize> {
    match hid {
        [_, HID, _, _, _, _, _, low, high, ..] => {
            Some(usize::from(u16::from_le_bytes([*low, *high])))
        }
        _ => None,
    }
}

/// The lengths to try, the one that is believed first.
fn lengths(which: &Which, told: Option<usize>, answered: Option<usize>) -> Vec<usize> {
    let both = if which.believe_answer { [answered, told] } else { [told, answered] };
    let mut lengths: Vec<usize> = both.into_iter().flatten().collect();
    lengths.dedup();
    lengths.retain(|&length| length > 0 && length <= MAX_DESCRIPTOR);
    lengths
}

/// Reads the report descriptor. `ask` asks the device for a descriptor by type, index and length. A
/// short answer is taken as it is; one that declares nothing is asked for with the other length.
///
/// # Errors
/// When the device tells no usable length, or does not give the descriptor.
pub fn read(
    which: &Which,
    told: Option<usize>,
    mut ask: impl FnMut(u8, u8, usize) -> Result<Vec<u8>, TransportError>,
) -> Result<Vec<u8>, TransportError> {
    let answered = match ask(HID, which.index, HID_LENGTH) {
        Ok(bytes) => length(&bytes),
        Err(error) if error.is_lost() => return Err(error),
        Err(error) => {
            log::debug!("Unable to get HID descriptor ({error})");
            None
        }
    };
    let none = || TransportError::NoValue("Unable to retrieve any HID descriptor".to_string());
    let mut result = Err(none());
    for length in lengths(which, told, answered) {
        result = ask(REPORT, which.index, length);
        match &result {
            Ok(bytes) if descriptor::parse(bytes).fields.is_empty() => {}
            Ok(_) => break,
            Err(error) if error.is_lost() => break,
            Err(error) => log::debug!("Unable to get Report descriptor ({error})"),
        }
    }
    result
}

/// Length in bytes of the longest interrupt report of a device with this report descriptor, the id
/// included where there is one; nothing without any.
pub fn longest_input(descriptor: &[u8]) -> Option<usize> {
    let descriptor = descriptor::parse(descriptor);
    let id = usize::from(!descriptor.report_lengths.contains_key(&0));
    Some(descriptor.longest_input).filter(|&length| length > 0).map(|length| length + id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A charge in percent, as report 6 of both kinds; a state of two bytes as input report 7.
    const GOOD: &[u8] = &[
        0x05, 0x84, 0x09, 0x04, 0xa1, 0x01, 0x85, 0x06, 0x05, 0x85, 0x09, 0x66, 0x75, 0x08, 0x95,
        0x01, 0x15, 0x00, 0x26, 0xff, 0x00, 0xb1, 0x02, 0x09, 0x66, 0x81, 0x02, 0x85, 0x07, 0x75,
        0x10, 0x09, 0x68, 0x81, 0x02, 0xc0,
    ];

    fn hid(length: u8) -> Vec<u8> {
        vec![9, HID, 0x10, 1, 0, 1, REPORT, length, 0]
    }

    /// Type, index and length of a descriptor that was asked for.
    type Asked = (u8, u8, usize);

    /// What is read from a device that answers so, and what it was asked for.
    fn run(
        which: Which,
        told: Option<usize>,
        answered: Result<Vec<u8>, TransportError>,
        report: impl Fn(usize) -> Result<Vec<u8>, TransportError>,
    ) -> (Result<Vec<u8>, TransportError>, Vec<Asked>) {
        let mut asked = Vec::new();
        let result = read(&which, told, |kind, index, length| {
            asked.push((kind, index, length));
            if kind == HID { answered.clone() } else { report(length) }
        });
        (result, asked)
    }

    fn stall() -> TransportError {
        TransportError::NoValue("Pipe error".to_string())
    }

    #[test]
    fn the_configuration_is_believed_and_the_answer_on_some_eatons() {
        let whole = |length: usize| Ok(GOOD[..length.min(GOOD.len())].to_vec());
        let (result, asked) = run(Which::default(), Some(36), Ok(hid(30)), whole);
        assert_eq!((result, asked), (Ok(GOOD.to_vec()), vec![(HID, 0, 9), (REPORT, 0, 36)]));
        let second = Which { index: 1, believe_answer: true, ..Which::default() };
        let (_, asked) = run(second, Some(20), Ok(hid(36)), whole);
        assert_eq!(asked, [(HID, 1, 9), (REPORT, 1, 36)]);
    }

    #[test]
    fn one_way_is_enough() {
        let whole = |_| Ok(GOOD.to_vec());
        assert!(run(Which::default(), None, Ok(hid(36)), whole).0.is_ok());
        assert!(run(Which::default(), Some(36), Err(stall()), whole).0.is_ok());
        assert!(run(Which::default(), Some(36), Ok(vec![4, HID]), whole).0.is_ok());
        assert!(run(Which::default(), None, Err(stall()), whole).0.is_err());
        let too_long = run(Which::default(), Some(6145), Err(stall()), whole);
        assert_eq!((too_long.0.is_err(), too_long.1.len()), (true, 1));
    }

    #[test]
    fn a_descriptor_that_says_nothing_is_read_with_the_other_length() {
        let (result, asked) =
            run(Which::default(), Some(3), Ok(hid(36)), |length| Ok(GOOD[..length].to_vec()));
        assert_eq!(result, Ok(GOOD.to_vec()));
        assert_eq!(asked.len(), 3);
        let short = run(Which::default(), Some(99), Ok(hid(99)), |_| Ok(GOOD.to_vec()));
        assert_eq!((short.0, short.1.len()), (Ok(GOOD.to_vec()), 2), "a short answer will do");
        let gone = || TransportError::Gone("No such device".to_string());
        assert_eq!(run(Which::default(), Some(36), Err(gone()), |_| Err(gone())).0, Err(gone()));
    }

    #[test]
    fn the_longest_interrupt_report_counts_its_id() {
        assert_eq!(longest_input(GOOD), Some(3));
        let unnumbered: Vec<u8> = [&GOOD[..6], &GOOD[8..27], &GOOD[29..]].concat();
        assert_eq!(longest_input(&unnumbered), Some(3), "one byte and two in the same report");
        assert_eq!(longest_input(&[]), None);
    }
}
