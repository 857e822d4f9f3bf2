//! The interrupt pipe of a claimed interface.
//!
//! Knows which endpoint it is, how much to ask of it, and what to make of what comes. The thread
//! sleeps until the device sends something or is told to end; it has nothing to look after in between.

use super::claim::Claim;
use crate::incoming::{Incoming, Sink};
use crate::reader::{self, Reader};
use nusb::descriptors::TransferType;
use nusb::transfer::{Buffer, Completion, Direction, In, Interrupt, TransferError};
use nusb::{Endpoint, Interface, MaybeFuture};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

/// Bit of an endpoint's address that says it is read.
const TO_HOST: u8 = 0x80;
/// Pause before a pipe that stalled is read again, lest one that always stalls keeps the thread busy.
const AFTER_STALL: Duration = Duration::from_millis(250);
/// How long the kernel may take to hand back a read that was called off.
const CALLED_OFF: Duration = Duration::from_secs(1);

/// An opened pipe.
pub struct Pipe {
    endpoint: Endpoint<Interrupt, In>,
    /// Most bytes taken of a report.
    size: usize,
    /// Let go after the endpoint.
    _claim: Claim,
}

/// The address of the endpoint with this number, or of the interface's first interrupt endpoint
/// that is read. Where NUT 2.8.5 takes number 1 whatever there is, this is what the device says.
fn address(interface: &Interface, number: Option<u8>) -> Option<u8> {
    if let Some(number) = number {
        return Some(TO_HOST | number);
    }
    let interface = interface.descriptor()?;
    let mut endpoints = interface.endpoints();
    endpoints
        .find(|e| e.transfer_type() == TransferType::Interrupt && e.direction() == Direction::In)
        .map(|endpoint| endpoint.address())
}

impl Pipe {
    /// Opens the pipe: the endpoint with that number, or the first. The text of an error says why
    /// there is none.
    pub fn open(claim: Claim, number: Option<u8>, size: usize) -> Result<Pipe, String> {
        let address =
            address(&claim.interface, number).ok_or("the interface has no interrupt endpoint")?;
        let endpoint = claim.interface.endpoint(address);
        let endpoint =
            endpoint.map_err(|error| format!("interrupt endpoint 0x{address:02x}: {error}"))?;
        // nusb divides by it.
        if endpoint.max_packet_size() == 0 {
            return Err(format!("interrupt endpoint 0x{address:02x} carries no bytes"));
        }
        Ok(Pipe { endpoint, size, _claim: claim })
    }

    /// Starts reading.
    pub fn start(self, sink: Sink) -> io::Result<Reader> {
        reader::spawn(move |stop| self.read(&sink, stop))
    }

    fn read(mut self, sink: &Sink, stop: &AtomicBool) {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        self.submit();
        while !stop.load(Ordering::Relaxed) {
            match self.endpoint.poll_next_complete(&mut context) {
                Poll::Pending => thread::park(),
                Poll::Ready(completion) => match judge(&completion, self.size) {
                    Came::Report(report) => {
                        // First the pipe: the device may have more to say.
                        self.submit();
                        sink.send(Incoming::Report(report));
                    }
                    Came::Nothing => self.submit(),
                    Came::Stall => self.recover(),
                    Came::End(reason) => {
                        sink.send(Incoming::Lost(reason));
                        break;
                    }
                },
            }
        }
        self.end();
    }

    /// Asks for a report. One that fills the last packet ends the transfer only if no more was asked
    /// for, so no more is asked for than the longest has.
    fn submit(&mut self) {
        let packet = self.endpoint.max_packet_size();
        self.endpoint.submit(Buffer::new(self.size.max(1).next_multiple_of(packet)));
    }

    fn recover(&mut self) {
        if let Err(error) = self.endpoint.clear_halt().wait() {
            log::debug!("clearing the stalled interrupt pipe: {error}");
        }
        thread::park_timeout(AFTER_STALL);
        self.submit();
    }

    /// The claim is held until nothing is under way any more.
    fn end(mut self) {
        self.endpoint.cancel_all();
        while self.endpoint.pending() > 0 {
            if self.endpoint.wait_next_complete(CALLED_OFF).is_none() {
                return;
            }
        }
    }
}

/// What came through the pipe.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Report(Vec<u8>),
    Nothing,
    /// The pipe has to be cleared.
    Stall,
    /// Nothing more will come, for this reason.
    End(String),
}

fn judge(completion: &Completion, size: usize) -> Came {
    let bytes = completion.buffer.get(..completion.actual_len.min(size)).unwrap_or_default();
    match completion.status {
        Ok(()) if bytes.is_empty() => Came::Nothing,
        Ok(()) => Came::Report(bytes.to_vec()),
        Err(TransferError::Stall) => Came::Stall,
        Err(TransferError::Disconnected) => Came::End("No such device".to_string()),
        Err(TransferError::Fault) => Came::End("Input/Output Error".to_string()),
        Err(error) => Came::End(error.to_string()),
    }
}

/// Wakes the reading thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(status: Result<(), TransferError>, bytes: &[u8]) -> Came {
        let buffer = Buffer::from(bytes.to_vec());
        judge(&Completion { buffer, actual_len: bytes.len(), status }, 4)
    }

    #[test]
    fn what_came_has_its_meaning() {
        assert_eq!(came(Ok(()), &[1, 2]), Came::Report(vec![1, 2]));
        assert_eq!(came(Ok(()), &[1, 2, 3, 4, 5]), Came::Report(vec![1, 2, 3, 4]), "interruptsize");
        assert_eq!(came(Ok(()), &[]), Came::Nothing);
        assert_eq!(came(Err(TransferError::Stall), &[]), Came::Stall);
        let gone = came(Err(TransferError::Disconnected), &[]);
        assert_eq!(gone, Came::End("No such device".to_string()));
        let fault = came(Err(TransferError::Fault), &[1]);
        assert_eq!(fault, Came::End("Input/Output Error".to_string()));
    }
}
