//! A real device, through its USB node: for what the kernel gives no hidraw node.
//!
//! Knows the class requests that carry reports (USB HID 1.11, 7.2) and how the parts below work
//! together. Claiming is `claim`'s, the descriptors are `descriptors`', the interrupt pipe is `pipe`'s,
//! the user's numbers are `options`'. As with `hidraw`, `worker` keeps waits from the loop.

pub mod claim;
pub mod descriptors;
pub mod options;
pub mod pipe;

use crate::failure::of_transfer;
use crate::strings::UsbStrings;
use crate::sysfs::Candidate;
use crate::transport::{Identity, Transport, TransportError};
use claim::Claim;
use nusb::MaybeFuture;
use nusb::transfer::{ControlIn, ControlOut, ControlType, Recipient, TransferError};
use std::thread;
use std::time::Duration;

/// How long the device may take for an answer (NUT 2.8.5).
const TIMEOUT: Duration = Duration::from_secs(5);

const GET_REPORT: u8 = 1;
const SET_REPORT: u8 = 9;
const INPUT: u8 = 1;
const FEATURE: u8 = 3;

/// One opened device, its interface claimed.
pub struct UsbDevice {
    claim: Claim,
    strings: UsbStrings,
    candidate: Candidate,
    which: descriptors::Which,
    /// Read once.
    descriptor: Option<Vec<u8>>,
}

impl UsbDevice {
    /// The device behind a claimed interface. `which` says where its report descriptor is.
    pub fn new(claim: Claim, candidate: &Candidate, which: descriptors::Which) -> UsbDevice {
        UsbDevice {
            strings: UsbStrings::over(claim.device.clone()),
            claim,
            candidate: candidate.clone(),
            which,
            descriptor: None,
        }
    }

    fn failed(&self, error: TransferError) -> TransportError {
        of_transfer(error, || self.candidate.is_present())
    }

    /// A request that is answered with bytes; `value` is its two bytes, high one first.
    fn ask(
        &self,
        control_type: ControlType,
        request: u8,
        value: [u8; 2],
        length: usize,
    ) -> Result<Vec<u8>, TransportError> {
        let request = ControlIn {
            control_type,
            recipient: Recipient::Interface,
            request,
            value: u16::from_be_bytes(value),
            index: u16::from(self.candidate.identity.interface),
            length: u16::try_from(length).unwrap_or(u16::MAX),
        };
        let answer = self.claim.interface.control_in(request, TIMEOUT).wait();
        answer.map_err(|error| self.failed(error))
    }

    /// Without report ids a report has none on the wire, while those who ask count one.
    fn report(&self, kind: u8, id: u8, len: usize) -> Result<Vec<u8>, TransportError> {
        let unnumbered = usize::from(id == 0);
        let length = len.saturating_sub(unnumbered).max(1);
        let mut answer = self.ask(ControlType::Class, GET_REPORT, [kind, id], length)?;
        if answer.is_empty() {
            return Err(TransportError::NoValue("empty answer".to_string()));
        }
        if id == 0 {
            answer.insert(0, 0);
        }
        Ok(answer)
    }
}

impl Transport for UsbDevice {
    fn identity(&self) -> &Identity {
        &self.candidate.identity
    }

    fn report_descriptor(&mut self) -> Result<Vec<u8>, TransportError> {
        if let Some(bytes) = &self.descriptor {
            return Ok(bytes.clone());
        }
        let ask = |kind, index, length| {
            self.ask(ControlType::Standard, descriptors::GET_DESCRIPTOR, [kind, index], length)
        };
        let told = descriptors::told(&self.claim.device, &self.candidate.identity, &self.which);
        let bytes = descriptors::read(&self.which, told, ask)?;
        Ok(self.descriptor.insert(bytes).clone())
    }

    fn get_feature(&mut self, id: u8, len: usize) -> Result<Vec<u8>, TransportError> {
        self.report(FEATURE, id, len)
    }

    fn get_input(&mut self, id: u8, len: usize) -> Result<Vec<u8>, TransportError> {
        self.report(INPUT, id, len)
    }

    fn set_feature(&mut self, report: &[u8]) -> Result<(), TransportError> {
        let id = report.first().copied().unwrap_or(0);
        let data = if id == 0 { report.get(1..).unwrap_or_default() } else { report };
        let request = ControlOut {
            control_type: ControlType::Class,
            recipient: Recipient::Interface,
            request: SET_REPORT,
            value: u16::from_be_bytes([FEATURE, id]),
            index: u16::from(self.candidate.identity.interface),
            data,
        };
        let answer = self.claim.interface.control_out(request, TIMEOUT).wait();
        answer.map_err(|error| self.failed(error))
    }

    fn indexed_string(&mut self, index: u8) -> Result<String, TransportError> {
        self.strings.get(index)
    }

    fn pause(&mut self, time: Duration) {
        thread::sleep(time);
    }
}
