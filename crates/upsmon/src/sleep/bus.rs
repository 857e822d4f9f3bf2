//! One connection to a message bus: messages there and back, descriptors with them.
//!
//! Knows the socket, how to be let in, and where a message ends among the bytes. Blocks, but never for
//! longer than it is told. What is said is for `login1`.

use super::address::Address;
use super::message::{Malformed, Message, length};
use nut_daemon::descriptors;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::time::{Duration, Instant};

/// How long the bus may take to let us in, or to accept bytes.
const PATIENCE: Duration = Duration::from_secs(10);
/// A longer message than this is none of ours, and is passed over.
const LONGEST: usize = 64 * 1024;
/// Bytes asked for by one read.
const READ_SIZE: usize = 4096;
/// Says who we are by the socket itself; asks for descriptors; begins.
const GREETING: &[u8] = b"\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n";
/// How the bus answers each of them if it agrees.
const AGREED: [&[u8]; 3] = [b"DATA", b"OK ", b"AGREE_UNIX_FD"];

/// The connection.
#[derive(Debug)]
pub struct Bus {
    stream: UnixStream,
    /// What has come, up to here not taken.
    bytes: Vec<u8>,
    descriptors: VecDeque<OwnedFd>,
    /// So many bytes that come next belong to a message nobody wants.
    skip: usize,
}

impl Bus {
    /// Connects to the first of these addresses where somebody listens, and is let in. Errors: nobody
    /// listens, or what does is no bus for us.
    pub fn connect(addresses: &[Address]) -> io::Result<Bus> {
        let mut error = io::Error::new(ErrorKind::NotFound, "no address of a bus");
        for address in addresses {
            match connect(address) {
                Ok(stream) => return Bus::greet(stream),
                Err(e) => error = e,
            }
        }
        Err(error)
    }

    fn greet(stream: UnixStream) -> io::Result<Bus> {
        stream.set_write_timeout(Some(PATIENCE))?;
        let (bytes, descriptors) = (Vec::new(), VecDeque::new());
        let mut bus = Bus { stream, bytes, descriptors, skip: 0 };
        bus.stream.write_all(GREETING)?;
        let until = Instant::now() + PATIENCE;
        for agreed in AGREED {
            let line = bus.line(until)?;
            if !line.starts_with(agreed) {
                let text = format!("the bus says {}", String::from_utf8_lossy(&line).trim_end());
                return Err(io::Error::new(ErrorKind::PermissionDenied, text));
            }
        }
        Ok(bus)
    }

    fn line(&mut self, until: Instant) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
                return Ok(self.bytes.drain(..=end).collect());
            }
            if self.bytes.len() > READ_SIZE {
                return Err(Malformed.into());
            }
            if !self.read(until)? {
                return Err(ErrorKind::TimedOut.into());
            }
        }
    }

    /// Sends a message, and these descriptors, as many as it says, with it.
    pub fn send(&mut self, message: &Message, with: &[BorrowedFd<'_>]) -> io::Result<()> {
        let bytes = message.encode();
        let taken =
            if with.is_empty() { 0 } else { descriptors::send(&self.stream, &bytes, with)? };
        self.stream.write_all(bytes.get(taken..).unwrap_or_default())
    }

    /// The next message and the descriptors with it; none if the time is over before.
    pub fn receive(&mut self, until: Instant) -> io::Result<Option<(Message, Vec<OwnedFd>)>> {
        loop {
            while let Some(bytes) = self.cut()? {
                if let Ok(message) = Message::decode(&bytes) {
                    let count = self.descriptors.len().min(message.descriptors as usize);
                    return Ok(Some((message, self.descriptors.drain(..count).collect())));
                }
                // A stranger may send what is not understood here; it takes its descriptors along.
                self.descriptors.clear();
            }
            if !self.read(until)? {
                return Ok(None);
            }
        }
    }

    /// The bytes of the next message, if they are all there.
    fn cut(&mut self) -> io::Result<Option<Vec<u8>>> {
        let skipped = self.skip.min(self.bytes.len());
        self.bytes.drain(..skipped);
        self.skip -= skipped;
        match length(&self.bytes)? {
            Some(length) if length > LONGEST => {
                self.skip = length;
                self.descriptors.clear();
                self.cut()
            }
            Some(length) if length <= self.bytes.len() => {
                Ok(Some(self.bytes.drain(..length).collect()))
            }
            _ => Ok(None),
        }
    }

    /// Waits for bytes; false if the time is over or a signal came.
    fn read(&mut self, until: Instant) -> io::Result<bool> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        self.stream.set_read_timeout(Some(left))?;
        let mut buffer = [0; READ_SIZE];
        match descriptors::receive(&self.stream, &mut buffer) {
            Ok((0, _)) => Err(ErrorKind::UnexpectedEof.into()),
            Ok((count, descriptors)) => {
                self.bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
                self.descriptors.extend(descriptors);
                Ok(true)
            }
            Err(e) if is_pause(&e) => Ok(false),
            Err(e) => Err(e),
        }
    }
}

fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

fn connect(address: &Address) -> io::Result<UnixStream> {
    match address {
        Address::Path(path) => UnixStream::connect(path),
        Address::Abstract(name) => UnixStream::connect_addr(&SocketAddr::from_abstract_name(name)?),
    }
}

impl From<Malformed> for io::Error {
    fn from(malformed: Malformed) -> io::Error {
        io::Error::new(ErrorKind::InvalidData, malformed)
    }
}

#[cfg(test)]
mod tests;
