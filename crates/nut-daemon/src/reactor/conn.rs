//! One connection: its stream and the bytes that wait to be written.
//!
//! Knows how to read once, to write what is queued and when the queue is too long. When to do so is
//! the reactor's business.

use mio::event::Source;
use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};
use std::io::{self, Read, Write};

/// Bytes asked for by one read.
pub(super) const READ_SIZE: usize = 16 * 1024;
/// Queued output above which a connection is not read any further, in bytes.
const CONGESTED: usize = 256 * 1024;
/// Default limit of queued output, in bytes.
const DEFAULT_LIMIT: usize = 16 * 1024 * 1024;

/// A TCP or Unix stream.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    fn io(&mut self) -> &mut dyn ReadWrite {
        match self {
            Stream::Tcp(s) => s,
            Stream::Unix(s) => s,
        }
    }

    pub(super) fn source(&mut self) -> &mut dyn Source {
        match self {
            Stream::Tcp(s) => s,
            Stream::Unix(s) => s,
        }
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(self.source(), token, Interest::READABLE | Interest::WRITABLE)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        match self {
            Stream::Tcp(s) => s.take_error(),
            Stream::Unix(s) => s.take_error(),
        }
    }
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

/// What one read gave.
#[derive(Debug)]
pub(super) enum ReadOutcome {
    /// Bytes, and whether there may be more.
    Bytes(Vec<u8>, bool),
    /// Nothing now.
    Nothing,
    /// The peer will send no more.
    Eof,
}

/// Whether a connection is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    No,
    /// Not read; its owner will be told when the queue is written.
    UntilDrained,
    /// Not read; its owner was told.
    Drained,
}

#[derive(Debug)]
pub(super) struct Conn {
    pub(super) stream: Stream,
    queue: Vec<u8>,
    /// Bytes of the queue already written.
    written: usize,
    limit: usize,
    /// A TCP connection that is still being made.
    pub(super) connecting: bool,
    /// The peer has shut its side; what is left can be read without a new event.
    pub(super) read_closed: bool,
    /// No more reading: closes when the queue is empty.
    pub(super) closing: bool,
    /// Whether its owner wants it read.
    pub(super) held: Held,
    /// Listed among the connections with output to flush.
    pub(super) dirty: bool,
    /// Listed among the connections to read.
    pub(super) readable: bool,
}

impl Conn {
    pub(super) fn new(stream: Stream, connecting: bool) -> Conn {
        Conn {
            stream,
            queue: Vec::new(),
            written: 0,
            limit: DEFAULT_LIMIT,
            connecting,
            read_closed: false,
            closing: false,
            held: Held::No,
            dirty: false,
            readable: false,
        }
    }

    pub(super) fn set_limit(&mut self, bytes: usize) {
        self.limit = bytes;
    }

    /// Reads once. Interruptions are retried.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<ReadOutcome> {
        loop {
            match self.stream.io().read(buffer) {
                Ok(0) => return Ok(ReadOutcome::Eof),
                Ok(n) => {
                    let more = n == buffer.len() || self.read_closed;
                    let bytes = buffer.get(..n).unwrap_or_default().to_vec();
                    return Ok(ReadOutcome::Bytes(bytes, more));
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(ReadOutcome::Nothing),
                Err(e) => return Err(e),
            }
        }
    }

    /// Whether so many bytes more keep the queue within its limit.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.queued() + bytes <= self.limit
    }

    /// Queues a copy of bytes.
    pub(super) fn queue(&mut self, bytes: &[u8]) {
        self.queue.extend_from_slice(bytes);
    }

    /// Queues bytes, as they are where the queue is empty.
    pub(super) fn queue_owned(&mut self, bytes: Vec<u8>) {
        if self.queued() == 0 && bytes.len() > self.queue.capacity() {
            self.queue = bytes;
            self.written = 0;
        } else {
            self.queue(&bytes);
        }
    }

    pub(super) fn queued(&self) -> usize {
        self.queue.len() - self.written
    }

    pub(super) fn congested(&self) -> bool {
        self.queued() > CONGESTED
    }

    /// Writes as much of the queue as the kernel takes.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while self.queued() > 0 {
            let rest = self.queue.get(self.written..).unwrap_or_default();
            match self.stream.io().write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => self.written += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) => return Err(e),
            }
        }
        self.compact();
        Ok(())
    }

    /// Forgets written bytes, and memory that one large answer needed.
    fn compact(&mut self) {
        if self.queued() == 0 {
            match self.queue.capacity() {
                0..=READ_SIZE => self.queue.clear(),
                _ => self.queue = Vec::new(),
            }
            self.written = 0;
        } else if self.written > self.queue.len() / 2 {
            self.queue.drain(..self.written);
            self.written = 0;
        }
    }

    /// Whether a connection in the making is made now. An error means it failed.
    pub(super) fn finish_connect(&mut self) -> io::Result<bool> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        let Stream::Tcp(stream) = &self.stream else { return Ok(true) };
        match stream.peer_addr() {
            Ok(_) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(e) => Err(e),
        }
    }
}
