//! What a failed transfer means, told from the text hidapi gives or the error nusb gives.
//!
//! Knows the forms in which hidapi's pure-Rust backend words an error number, and what each number
//! means for the engine. Pure.
//!
//! hidapi keeps no error number: a failed ioctl reads `hidapi error: ioctl (GFEATURE): EPIPE: Broken
//! pipe`, a failed open ends in `(os error 13)`. A text that names no number counts as an answer that
//! did not come; whether the device is still there is then looked up in sysfs.

use crate::transport::TransportError;
use nusb::transfer::TransferError;
use std::io;

/// An error number of the kernel, as far as it makes a difference here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errno {
    /// The device or its node is gone: ENODEV, ENXIO, ESHUTDOWN, ENOENT.
    Gone,
    /// The rights are missing: EACCES, EPERM.
    Denied,
    /// Somebody else has it: EBUSY.
    Busy,
    /// The transfer went wrong on the way: EIO, EPROTO, EILSEQ.
    Transfer,
    /// Anything else, a stalled request (EPIPE) or a time-out (ETIMEDOUT) above all.
    Other,
}

/// Names and Linux numbers of those that make a difference.
const NUMBERS: [(&str, u32, Errno); 10] = [
    ("EPERM", 1, Errno::Denied),
    ("ENOENT", 2, Errno::Gone),
    ("EIO", 5, Errno::Transfer),
    ("ENXIO", 6, Errno::Gone),
    ("EACCES", 13, Errno::Denied),
    ("EBUSY", 16, Errno::Busy),
    ("ENODEV", 19, Errno::Gone),
    ("EPROTO", 71, Errno::Transfer),
    ("EILSEQ", 84, Errno::Transfer),
    ("ESHUTDOWN", 108, Errno::Gone),
];

/// The error number in a text of hidapi's.
pub fn errno(text: &str) -> Errno {
    if text.contains("device disconnected") {
        return Errno::Gone;
    }
    let number = text
        .rsplit_once("(os error ")
        .and_then(|(_, tail)| tail.strip_suffix(')')?.parse::<u32>().ok());
    let named = |name: &str| text.split(": ").any(|part| part == name);
    NUMBERS
        .iter()
        .find(|(name, code, _)| number == Some(*code) || named(name))
        .map_or(Errno::Other, |(_, _, errno)| *errno)
}

/// The reason in a text of hidapi's, in the kernel's words: `Permission denied`.
pub fn reason(text: &str) -> &str {
    let text = text.rsplit_once(" (os error ").map_or(text, |(head, _)| head);
    text.rsplit_once(": ").map_or(text, |(_, reason)| reason)
}

/// What a failed transfer means. `present` says whether the kernel still knows the device; it is
/// asked only when the text does not tell.
pub fn transfer_error(text: &str, present: impl Fn() -> bool) -> TransportError {
    let reason = reason(text).to_string();
    match errno(text) {
        Errno::Gone | Errno::Denied => TransportError::Gone(reason),
        Errno::Busy => TransportError::Busy(reason),
        Errno::Transfer if present() => TransportError::Io(reason),
        Errno::Other if present() => TransportError::NoValue(reason),
        Errno::Transfer | Errno::Other => TransportError::Gone("No such device".to_string()),
    }
}

/// What a transfer that failed over the USB node means. `present` as above.
pub fn of_transfer(error: TransferError, present: impl Fn() -> bool) -> TransportError {
    let text = match error {
        TransferError::Disconnected => return TransportError::Gone("No such device".to_string()),
        TransferError::Stall => "Pipe error".to_string(),
        // The way nusb ends a request that takes too long.
        TransferError::Cancelled => "Operation timed out".to_string(),
        TransferError::Fault => "EPROTO: Input/Output Error".to_string(),
        TransferError::Unknown(number) => kernel_text(number),
        TransferError::InvalidArgument => error.to_string(),
    };
    transfer_error(&text, present)
}

fn kernel_text(number: u32) -> String {
    io::Error::from_raw_os_error(i32::try_from(number).unwrap_or(0)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> TransportError {
        transfer_error(text, || true)
    }

    #[test]
    fn each_number_has_its_meaning() {
        let stall = of("hidapi error: ioctl (GFEATURE): EPIPE: Broken pipe");
        assert_eq!(stall, TransportError::NoValue("Broken pipe".to_string()));
        let slow = of("hidapi error: ioctl (GFEATURE): ETIMEDOUT: Connection timed out");
        assert_eq!(slow, TransportError::NoValue("Connection timed out".to_string()));
        let gone = of("hidapi error: ioctl (GFEATURE): ENODEV: No such device");
        assert_eq!(gone, TransportError::Gone("No such device".to_string()));
        let protocol = of("hidapi error: ioctl (GFEATURE): EPROTO: Protocol error");
        assert_eq!(protocol, TransportError::Io("Protocol error".to_string()));
        assert!(matches!(of("EBUSY: Device or resource busy"), TransportError::Busy(_)));
        assert!(
            of("Input/output error (os error 5)")
                == TransportError::Io("Input/output error".into())
        );
        assert!(of("hidapi error: unexpected poll error (device disconnected)").is_lost());
    }

    #[test]
    fn an_open_error_names_its_number() {
        let text = "hidapi error: failed to open device with path /dev/hidraw0: \
                    Permission denied (os error 13)";
        assert_eq!(errno(text), Errno::Denied);
        assert_eq!(reason(text), "Permission denied");
    }

    #[test]
    fn a_device_that_vanished_is_lost_whatever_the_text() {
        for text in ["Failed to send all data: only sent 1 out of 2 bytes", "EIO: x", ""] {
            assert!(transfer_error(text, || false).is_lost(), "{text}");
            assert!(!transfer_error(text, || true).is_lost(), "{text}");
        }
    }

    #[test]
    fn a_failed_usb_transfer_has_the_same_meanings() {
        let of = |error| of_transfer(error, || true);
        let none = |text: &str| TransportError::NoValue(text.to_string());
        assert_eq!(of(TransferError::Stall), none("Pipe error"));
        assert_eq!(of(TransferError::Cancelled), none("Operation timed out"));
        assert_eq!(of(TransferError::Fault), TransportError::Io("Input/Output Error".to_string()));
        assert!(matches!(of(TransferError::Disconnected), TransportError::Gone(_)));
        assert!(matches!(of(TransferError::Unknown(16)), TransportError::Busy(_)));
        assert!(matches!(of(TransferError::Unknown(1)), TransportError::Gone(_)));
        assert!(matches!(of(TransferError::Unknown(5)), TransportError::Io(_)));
        assert!(matches!(of(TransferError::InvalidArgument), TransportError::NoValue(_)));
        assert!(of_transfer(TransferError::Fault, || false).is_lost(), "unplugged meanwhile");
    }
}
