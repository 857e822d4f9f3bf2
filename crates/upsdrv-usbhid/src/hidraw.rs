//! A real device, through the kernel's hidraw node.
//!
//! Knows how hidapi carries reports and how to open a node. Finding the node is for `sysfs`, reading
//! the interrupt pipe for `reader`, indexed strings for `strings`. Each call blocks until the
//! kernel's own time-out of five seconds: `worker` keeps that from the loop.

use crate::failure::{Errno, errno, reason, transfer_error};
use crate::missing::OpenError;
use crate::strings::UsbStrings;
use crate::sysfs::Candidate;
use crate::transport::{Identity, Transport, TransportError};
use hidapi::{HidApi, HidDevice, HidError, HidResult, MAX_REPORT_DESCRIPTOR_SIZE};
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Opens nodes. hidapi looks at every hidraw device of the machine when this is made, so it is made
/// once.
pub struct Opener(HidApi);

impl Opener {
    /// Prepares hidapi.
    pub fn new() -> HidResult<Self> {
        HidApi::new().map(Opener)
    }

    fn node(&self, node: &Path) -> Result<HidDevice, OpenError> {
        let path = CString::new(node.as_os_str().as_bytes())
            .map_err(|_| OpenError::Failed("Invalid argument".to_string()))?;
        self.0.open_path(&path).map_err(|error| open_error(&error))
    }

    /// Opens a device for requests, by its hidraw node.
    pub fn device(&self, candidate: &Candidate, node: &Path) -> Result<Hidraw, OpenError> {
        Ok(Hidraw {
            hid: self.node(node)?,
            strings: UsbStrings::new(candidate.usb_node.clone()),
            candidate: candidate.clone(),
        })
    }

    /// Opens the interrupt pipe of the same device: a handle of its own, for a thread of its own.
    pub fn pipe(&self, node: &Path) -> Result<HidDevice, OpenError> {
        self.node(node)
    }
}

fn open_error(error: &HidError) -> OpenError {
    let text = error.to_string();
    let why = reason(&text).to_string();
    match errno(&text) {
        Errno::Denied => OpenError::Denied(why),
        _ => OpenError::Failed(why),
    }
}

/// One opened device.
pub struct Hidraw {
    hid: HidDevice,
    strings: UsbStrings,
    candidate: Candidate,
}

impl Hidraw {
    fn failed(&self, error: &HidError) -> TransportError {
        transfer_error(&error.to_string(), || self.candidate.is_present())
    }

    /// Asks for a report with one of hidapi's calls; the first byte of the buffer says which.
    fn report(
        &self,
        id: u8,
        len: usize,
        call: impl FnOnce(&HidDevice, &mut [u8]) -> HidResult<usize>,
    ) -> Result<Vec<u8>, TransportError> {
        let mut buffer = vec![0; len.max(1)];
        buffer.iter_mut().take(1).for_each(|first| *first = id);
        let length = call(&self.hid, &mut buffer).map_err(|error| self.failed(&error))?;
        buffer.truncate(length);
        if buffer.is_empty() {
            return Err(TransportError::NoValue("empty answer".to_string()));
        }
        Ok(buffer)
    }
}

impl Transport for Hidraw {
    fn identity(&self) -> &Identity {
        &self.candidate.identity
    }

    fn report_descriptor(&mut self) -> Result<Vec<u8>, TransportError> {
        let mut buffer = vec![0; MAX_REPORT_DESCRIPTOR_SIZE];
        let length =
            self.hid.get_report_descriptor(&mut buffer).map_err(|error| self.failed(&error))?;
        buffer.truncate(length);
        Ok(buffer)
    }

    fn get_feature(&mut self, id: u8, len: usize) -> Result<Vec<u8>, TransportError> {
        self.report(id, len, HidDevice::get_feature_report)
    }

    fn get_input(&mut self, id: u8, len: usize) -> Result<Vec<u8>, TransportError> {
        self.report(id, len, HidDevice::get_input_report)
    }

    fn set_feature(&mut self, report: &[u8]) -> Result<(), TransportError> {
        self.hid.send_feature_report(report).map_err(|error| self.failed(&error))
    }

    fn indexed_string(&mut self, index: u8) -> Result<String, TransportError> {
        self.strings.get(index)
    }

    fn pause(&mut self, time: Duration) {
        thread::sleep(time);
    }
}
