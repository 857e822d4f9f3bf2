//! The event loop: sockets, output queues, signals and wake-ups behind one call.
//!
//! The reactor owns every socket of a daemon, so that a core only sees events and ids. It reads each
//! ready connection once a turn (nobody starves), writes what a turn queued in one piece, holds back
//! a connection that does not read its answers, and pauses a listener when descriptors run out.
//! What the bytes mean, and time-outs of a protocol, are for the caller.

mod conn;
mod listener;
mod slab;

use conn::{Conn, Held, READ_SIZE, ReadOutcome, Stream};
use listener::{Listener, no_delay};
use mio::{Interest, Poll, Token};
use signal_hook_mio::v1_0::Signals;
use slab::Slab;
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use listener::Peer;
pub use slab::Id;

const SIGNALS: Token = Token(0);
const WAKER: Token = Token(1);
const FIRST: usize = 2;

/// How long a closing connection may take to accept its last bytes.
const CLOSING_TIME: Duration = Duration::from_secs(5);
/// How long a listener rests after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);
/// Connections taken in one turn, before their owner can refuse any: so many descriptors have to be
/// kept free beyond those of the connections that are wanted.
pub const ACCEPTS_PER_TURN: usize = 64;

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A connection came in.
    Opened {
        /// Where it came in.
        listener: Id,
        /// The new connection.
        conn: Id,
        /// Who it is.
        peer: Peer,
    },
    /// A connection begun by [`Reactor::connect_tcp`] is made.
    Connected {
        /// Which one.
        conn: Id,
    },
    /// Bytes came, at most 16 KiB at a time.
    Data {
        /// From where.
        conn: Id,
        /// The bytes, never empty.
        bytes: Vec<u8>,
    },
    /// Everything queued for a connection that was held is written.
    Drained {
        /// Which one.
        conn: Id,
    },
    /// A connection ended; its id means nothing any more.
    Closed {
        /// Which one.
        conn: Id,
        /// Why.
        reason: Closed,
    },
    /// Accepting failed (mostly for want of descriptors); the listener rests for a second.
    AcceptFailed {
        /// Which one.
        listener: Id,
        /// Why.
        error: io::Error,
    },
    /// A signal came.
    Signal(i32),
    /// A [`Waker`] was used.
    Woken,
}

/// Why a connection ended.
#[derive(Debug)]
pub enum Closed {
    /// The peer closed or shut its side; all it sent was delivered.
    Eof,
    /// The connection broke, or could not be made.
    Error(io::Error),
    /// The peer left more unread than the output limit.
    Overflow,
}

/// Makes [`Reactor::wait`] return from another thread.
#[derive(Debug, Clone)]
pub struct Waker(Arc<mio::Waker>);

impl Waker {
    /// Wakes the loop. An error means that the loop is gone.
    pub fn wake(&self) -> io::Result<()> {
        self.0.wake()
    }
}

#[derive(Debug)]
enum Entry {
    Listener(Listener),
    Conn(Conn),
}

/// Owner of all sockets of a daemon. See the module's words.
pub struct Reactor {
    poll: Poll,
    ready: mio::Events,
    signals: Signals,
    waker: Waker,
    entries: Slab<Entry>,
    /// Connections with queued output.
    dirty: Vec<Id>,
    /// Connections and listeners that may have more, without a new event from the kernel.
    readable: Vec<Id>,
    /// When to look at connections that take long to close and at listeners that rest; soonest first.
    deadlines: BTreeSet<(Instant, Id)>,
    /// Connections that may still be taken in this turn.
    accepts: usize,
    /// What a call outside of `wait` found out.
    events: Vec<Event>,
    buffer: Vec<u8>,
}

impl Reactor {
    /// A reactor that reports these signals (numbers as in [`crate::signals`]).
    pub fn new(signals: &[i32]) -> io::Result<Reactor> {
        let poll = Poll::new()?;
        let mut signals = Signals::new(signals)?;
        poll.registry().register(&mut signals, SIGNALS, Interest::READABLE)?;
        let waker = Waker(Arc::new(mio::Waker::new(poll.registry(), WAKER)?));
        Ok(Reactor {
            poll,
            ready: mio::Events::with_capacity(1024),
            signals,
            waker,
            entries: Slab::new(),
            dirty: Vec::new(),
            readable: Vec::new(),
            deadlines: BTreeSet::new(),
            accepts: 0,
            events: Vec::new(),
            buffer: vec![0; READ_SIZE],
        })
    }

    /// A handle that wakes [`Reactor::wait`] from another thread.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Listens on a TCP address; tells the address with the port the kernel chose for port 0.
    pub fn listen_tcp(&mut self, addr: SocketAddr) -> io::Result<(Id, SocketAddr)> {
        let (listener, bound) = Listener::tcp(addr)?;
        Ok((self.add_listener(listener)?, bound))
    }

    /// Listens on a Unix socket file of this mode. An old file of that name is taken away.
    pub fn listen_unix(&mut self, path: &Path, mode: u32) -> io::Result<Id> {
        let listener = Listener::unix(path, mode)?;
        self.add_listener(listener)
    }

    fn add_listener(&mut self, mut listener: Listener) -> io::Result<Id> {
        let token = Token(self.entries.next_id().index + FIRST);
        self.poll.registry().register(listener.source(), token, Interest::READABLE)?;
        Ok(self.entries.insert(Entry::Listener(listener)))
    }

    /// Connects to a Unix socket; done when this returns.
    pub fn connect_unix(&mut self, path: &Path) -> io::Result<Id> {
        let stream = mio::net::UnixStream::connect(path)?;
        self.add_conn(Stream::Unix(stream), false)
    }

    /// Takes over a connection that was made elsewhere, such as one half of a pair.
    pub fn adopt_unix(&mut self, stream: std::os::unix::net::UnixStream) -> io::Result<Id> {
        stream.set_nonblocking(true)?;
        self.add_conn(Stream::Unix(mio::net::UnixStream::from_std(stream)), false)
    }

    /// Begins a TCP connection. [`Event::Connected`] or [`Event::Closed`] follows.
    pub fn connect_tcp(&mut self, addr: SocketAddr) -> io::Result<Id> {
        let stream = mio::net::TcpStream::connect(addr)?;
        self.add_conn(Stream::Tcp(stream), true)
    }

    fn add_conn(&mut self, mut stream: Stream, connecting: bool) -> io::Result<Id> {
        let token = Token(self.entries.next_id().index + FIRST);
        stream.register(self.poll.registry(), token)?;
        Ok(self.entries.insert(Entry::Conn(Conn::new(stream, connecting))))
    }

    /// Queues bytes for a connection; they leave at the next [`Reactor::wait`], in one piece with
    /// whatever else is queued. Unknown ids are ignored: the connection has just ended.
    pub fn send(&mut self, id: Id, bytes: &[u8]) {
        self.enqueue(id, bytes.len(), |conn| conn.queue(bytes));
    }

    /// As [`Reactor::send`], without a copy where nothing else is queued.
    pub fn send_owned(&mut self, id: Id, bytes: Vec<u8>) {
        self.enqueue(id, bytes.len(), |conn| conn.queue_owned(bytes));
    }

    fn enqueue(&mut self, id: Id, len: usize, queue: impl FnOnce(&mut Conn)) {
        let Some(Entry::Conn(conn)) = self.entries.get_mut(id) else { return };
        if conn.closing || len == 0 {
            return;
        }
        if !conn.has_room(len) {
            return self.end(id, Closed::Overflow);
        }
        queue(conn);
        if !std::mem::replace(&mut conn.dirty, true) {
            self.dirty.push(id);
        }
    }

    /// Limits the queued output of a connection, in bytes. More than that ends it.
    pub fn set_limit(&mut self, id: Id, bytes: usize) {
        if let Some(Entry::Conn(conn)) = self.entries.get_mut(id) {
            conn.set_limit(bytes);
        }
    }

    /// Reads no more from a connection. [`Event::Drained`] tells when its queue is written; reading
    /// goes on at [`Reactor::resume`].
    pub fn hold(&mut self, id: Id) {
        let Some(Entry::Conn(conn)) = self.entries.get_mut(id) else { return };
        conn.held = Held::UntilDrained;
        self.tell_drained(id);
    }

    /// Reads from a held connection again.
    pub fn resume(&mut self, id: Id) {
        let Some(Entry::Conn(conn)) = self.entries.get_mut(id) else { return };
        conn.held = Held::No;
        self.mark_readable(id);
    }

    fn tell_drained(&mut self, id: Id) {
        let Some(Entry::Conn(conn)) = self.entries.get_mut(id) else { return };
        if conn.held == Held::UntilDrained && conn.queued() == 0 {
            conn.held = Held::Drained;
            self.events.push(Event::Drained { conn: id });
        }
    }

    /// Closes a connection when its queue is written, or after five seconds. No event follows.
    pub fn close(&mut self, id: Id) {
        let Some(Entry::Conn(conn)) = self.entries.get_mut(id) else { return };
        conn.closing = true;
        self.flush_one(id);
        if self.entries.get_mut(id).is_some() {
            self.deadlines.insert((Instant::now() + CLOSING_TIME, id));
        }
    }

    /// Closes a connection or a listener now. No event follows.
    pub fn abort(&mut self, id: Id) {
        match self.entries.remove(id) {
            Some(Entry::Conn(mut conn)) => self.deregister(conn.stream.source()),
            Some(Entry::Listener(mut listener)) => self.deregister(listener.source()),
            None => {}
        }
    }

    fn deregister(&self, source: &mut dyn mio::event::Source) {
        // Dropping the descriptor does the same; an error changes nothing.
        let _ = self.poll.registry().deregister(source);
    }

    fn end(&mut self, id: Id, reason: Closed) {
        self.abort(id);
        self.events.push(Event::Closed { conn: id, reason });
    }

    /// Writes queued output now, as far as the kernel takes it.
    pub fn flush(&mut self) {
        for id in std::mem::take(&mut self.dirty) {
            self.flush_one(id);
        }
    }

    fn flush_one(&mut self, id: Id) {
        let Some(Entry::Conn(conn)) = self.entries.get_mut(id) else { return };
        conn.dirty = false;
        if conn.connecting {
            return;
        }
        let was_congested = conn.congested();
        if let Err(error) = conn.flush() {
            let silent = conn.closing;
            self.abort(id);
            if !silent {
                self.events.push(Event::Closed { conn: id, reason: Closed::Error(error) });
            }
        } else if conn.closing && conn.queued() == 0 {
            self.abort(id);
        } else if conn.held != Held::No {
            self.tell_drained(id);
        } else if was_congested && !conn.congested() {
            self.mark_readable(id);
        }
    }

    fn mark_readable(&mut self, id: Id) {
        let flag = match self.entries.get_mut(id) {
            Some(Entry::Conn(conn)) => &mut conn.readable,
            Some(Entry::Listener(listener)) => &mut listener.readable,
            None => return,
        };
        if !std::mem::replace(flag, true) {
            self.readable.push(id);
        }
    }

    /// Writes what is queued, waits for at most `timeout` (none: without limit) and tells what
    /// happened. An empty answer means that the time is over, or that a signal came whose event
    /// is still to follow. Errors come from the poll itself.
    pub fn wait(&mut self, timeout: Option<Duration>) -> io::Result<Vec<Event>> {
        self.flush();
        self.expire(Instant::now());
        let timeout = self.bounded(timeout);
        let mut ready = std::mem::replace(&mut self.ready, mio::Events::with_capacity(0));
        let polled = self.poll.poll(&mut ready, timeout);
        for event in &ready {
            self.note(event);
        }
        self.ready = ready;
        match polled {
            Err(e) if e.kind() != io::ErrorKind::Interrupted => return Err(e),
            _ => {}
        }
        self.accepts = ACCEPTS_PER_TURN;
        for id in std::mem::take(&mut self.readable) {
            self.read_one(id);
        }
        Ok(std::mem::take(&mut self.events))
    }

    /// The time to wait, given what is already known and what falls due.
    fn bounded(&self, timeout: Option<Duration>) -> Option<Duration> {
        if !self.events.is_empty() || !self.readable.is_empty() {
            return Some(Duration::ZERO);
        }
        let next = self.deadlines.first();
        let until = next.map(|(at, _)| at.saturating_duration_since(Instant::now()));
        timeout.into_iter().chain(until).min()
    }

    /// Ends connections that took too long to close; wakes listeners that have rested.
    fn expire(&mut self, now: Instant) {
        while let Some(&(due, id)) = self.deadlines.first().filter(|(due, _)| *due <= now) {
            self.deadlines.remove(&(due, id));
            match self.entries.get_mut(id) {
                Some(Entry::Conn(_)) => self.abort(id),
                Some(Entry::Listener(listener)) => {
                    listener.paused_until = None;
                    self.mark_readable(id);
                }
                None => {}
            }
        }
    }

    /// Takes in one event of the kernel.
    fn note(&mut self, event: &mio::event::Event) {
        match event.token() {
            SIGNALS => {
                let signals: Vec<i32> = self.signals.pending().collect();
                self.events.extend(signals.into_iter().map(Event::Signal));
            }
            WAKER => self.events.push(Event::Woken),
            Token(n) => {
                if let Some(id) = self.entries.id_at(n - FIRST) {
                    self.note_entry(id, event);
                }
            }
        }
    }

    fn note_entry(&mut self, id: Id, event: &mio::event::Event) {
        if let Some(Entry::Conn(conn)) = self.entries.get_mut(id) {
            conn.read_closed |= event.is_read_closed() || event.is_error();
            if conn.connecting && !self.finish_connect(id) {
                return;
            }
            if event.is_writable() {
                self.flush_one(id);
            }
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.mark_readable(id);
        }
    }

    /// True when the connection is made.
    fn finish_connect(&mut self, id: Id) -> bool {
        let Some(Entry::Conn(conn)) = self.entries.get_mut(id) else { return false };
        match conn.finish_connect() {
            Ok(false) => false,
            Ok(true) => {
                conn.connecting = false;
                no_delay(&conn.stream);
                self.events.push(Event::Connected { conn: id });
                true
            }
            Err(error) => {
                self.end(id, Closed::Error(error));
                false
            }
        }
    }

    fn read_one(&mut self, id: Id) {
        match self.entries.get_mut(id) {
            Some(Entry::Conn(conn)) => {
                conn.readable = false;
                if !conn.closing && conn.held == Held::No && !conn.congested() {
                    self.read_conn(id);
                }
            }
            Some(Entry::Listener(listener)) => {
                listener.readable = false;
                if listener.paused_until.is_none() {
                    self.accept(id);
                }
            }
            None => {}
        }
    }

    fn read_conn(&mut self, id: Id) {
        let Some(Entry::Conn(conn)) = self.entries.get_mut(id) else { return };
        match conn.read(&mut self.buffer) {
            Ok(ReadOutcome::Bytes(bytes, more)) => {
                self.events.push(Event::Data { conn: id, bytes });
                if more {
                    self.mark_readable(id);
                }
            }
            Ok(ReadOutcome::Nothing) => {}
            Ok(ReadOutcome::Eof) => self.eof(id),
            Err(error) => self.end(id, Closed::Error(error)),
        }
    }

    /// The peer will send no more: it still gets what is queued for it.
    fn eof(&mut self, id: Id) {
        self.events.push(Event::Closed { conn: id, reason: Closed::Eof });
        self.close(id);
    }

    fn accept(&mut self, id: Id) {
        while self.accepts > 0 {
            self.accepts -= 1;
            let Some(Entry::Listener(listener)) = self.entries.get_mut(id) else { return };
            match listener.accept() {
                Ok(Some((stream, peer))) => self.opened(id, stream, peer),
                Ok(None) => return,
                Err(error) => return self.rest(id, error),
            }
        }
        self.mark_readable(id);
    }

    fn opened(&mut self, listener: Id, stream: Stream, peer: Peer) {
        match self.add_conn(stream, false) {
            Ok(conn) => self.events.push(Event::Opened { listener, conn, peer }),
            Err(error) => self.events.push(Event::AcceptFailed { listener, error }),
        }
    }

    fn rest(&mut self, id: Id, error: io::Error) {
        let until = Instant::now() + ACCEPT_PAUSE;
        if let Some(Entry::Listener(listener)) = self.entries.get_mut(id) {
            listener.paused_until = Some(until);
        }
        self.deadlines.insert((until, id));
        self.events.push(Event::AcceptFailed { listener: id, error });
    }
}

#[cfg(test)]
mod tests;
