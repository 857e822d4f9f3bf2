//! What the engine asks of a connected device, and who that device is.
//!
//! Knows the contract between the engine and whatever carries reports: real hardware, a recording,
//! a test vector. Leaves to the implementations how a report is fetched, and to the engine what it
//! means. Interrupt reports do not pass through here: whoever reads them hands their bytes to the
//! engine.

use std::fmt;
use std::time::Duration;

/// Who the device says it is, and where it is plugged in.
///
/// Strings are as the device gave them (no trimming); `None` when the device has none or it could
/// not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// USB vendor id.
    pub vid: u16,
    /// USB product id.
    pub pid: u16,
    /// Device release number, binary coded decimal (`bcdDevice`).
    pub bcd_device: u16,
    /// Manufacturer string (`iManufacturer`).
    pub vendor: Option<String>,
    /// Product string (`iProduct`).
    pub product: Option<String>,
    /// Serial number string (`iSerialNumber`).
    pub serial: Option<String>,
    /// Number of the HID interface on the device.
    pub interface: u8,
    /// Bus number as NUT shows it: three decimal digits, `None` when unknown.
    pub bus: Option<String>,
    /// Device address on the bus: three decimal digits, `None` when unknown.
    pub device: Option<String>,
    /// Port number on its hub: three decimal digits, `None` when unknown.
    pub port: Option<String>,
}

/// Why a transfer gave no result. Each kind has its own consequence for the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransportError {
    /// The device is gone or may no longer be used (ENODEV, ESHUTDOWN, ENXIO, ENOENT, EACCES,
    /// EPERM): drop the connection and reconnect.
    Gone(String),
    /// Another driver took the device (EBUSY): log it, drop the connection and reconnect.
    Busy(String),
    /// The device is there but has nothing to say (a stalled request, a time-out, an overflow, a
    /// string index 0): skip this reading.
    NoValue(String),
    /// The transfer went wrong on the way (EIO, EPROTO, EILSEQ): skip this reading and count it.
    Io(String),
}

impl TransportError {
    /// Whether the connection has to be made anew.
    pub fn is_lost(&self) -> bool {
        matches!(self, TransportError::Gone(_) | TransportError::Busy(_))
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (TransportError::Gone(text)
        | TransportError::Busy(text)
        | TransportError::NoValue(text)
        | TransportError::Io(text)) = self;
        f.write_str(text)
    }
}

impl std::error::Error for TransportError {}

/// How long answers are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a reading.
    pub read: Duration,
    /// For a write: somebody waits for its outcome, and a wrong one is worse than a late one.
    pub write: Duration,
}

impl Patience {
    /// While nobody is served yet: longer than the kernel's own five seconds.
    pub const STARTING: Patience =
        Patience { read: Duration::from_secs(6), write: Duration::from_secs(6) };
    /// While clients wait on the driver socket.
    pub const SERVING: Patience =
        Patience { read: Duration::from_secs(1), write: Duration::from_secs(6) };
}

/// A connected device. One instance is one opened device: after [`TransportError::Gone`] or
/// [`TransportError::Busy`] it is dropped and another one is opened.
pub trait Transport {
    /// Who the device is; does not change during a connection and costs no transfer.
    fn identity(&self) -> &Identity;

    /// Whether an interrupt report is waiting to be handed to the engine: a walk makes way for it.
    fn has_news(&self) -> bool {
        false
    }

    /// Says how long answers are waited for from now on. Means nothing to what answers at once.
    fn set_patience(&mut self, _patience: Patience) {}

    /// The report descriptor of the HID interface, as long as the device gave it.
    fn report_descriptor(&mut self) -> Result<Vec<u8>, TransportError>;

    /// Reads feature report `id` (class request GET_REPORT, type Feature).
    ///
    /// `len` is the number of bytes to ask for, the id in front included. The answer begins with
    /// the id too (0 for a device without report ids) and may be shorter or longer than `len`.
    fn get_feature(&mut self, id: u8, len: usize) -> Result<Vec<u8>, TransportError>;

    /// Reads input report `id` on request (class request GET_REPORT, type Input), as `get_feature`
    /// does. Only a recording needs it: readings take input reports as they arrive by themselves.
    fn get_input(&mut self, _id: u8, _len: usize) -> Result<Vec<u8>, TransportError> {
        Err(TransportError::NoValue("input reports are not read on request".to_string()))
    }

    /// Writes a feature report (class request SET_REPORT, type Feature). `report` begins with the
    /// id (0 for a device without report ids) and is sent whole.
    fn set_feature(&mut self, report: &[u8]) -> Result<(), TransportError>;

    /// The string with this index (GET_DESCRIPTOR on the device), as plain text: code units whose
    /// high byte is not zero become `?`, others keep their low byte as a Latin-1 character.
    fn indexed_string(&mut self, index: u8) -> Result<String, TransportError>;

    /// Lets this much time pass between two writes that belong together (composite commands need
    /// 125 ms). Recordings and tests return at once.
    fn pause(&mut self, time: Duration);
}
