//! A blocking connection to upsd: what a short-lived client needs around a session.
//!
//! Knows addresses, time-outs and how to part. What goes over the connection is the session's.
//! Nothing is said about TLS: see [`nut_proto::client`]. Not for a main loop.

mod error;

use crate::debug;
use nut_proto::client::{Answer, Failure, Session};
use nut_proto::request::{Get, List, Request};
use nut_proto::spec::HostSpec;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

pub use error::Error;

/// How long each line of an answer may take (NUT 2.8.5).
const LINE_TIME: Duration = Duration::from_secs(5);
/// How long the farewell may take. NUT 2.8.5 gives it as long as any other answer.
const FAREWELL_TIME: Duration = Duration::from_secs(1);
/// Questions that are sent before their answers are read: few enough for any socket buffer.
const BATCH: usize = 64;

/// A connection. Dropping it says LOGOUT, unless the server is known to be gone.
#[derive(Debug)]
pub struct Server {
    stream: TcpStream,
    session: Session,
}

impl Server {
    /// Connects to the first address of the host that lets us, giving each at most `patience`; none
    /// means as long as the system tries.
    pub fn connect(at: &HostSpec, patience: Option<Duration>) -> Result<Server, Error> {
        let addresses = (at.host.as_str(), at.port).to_socket_addrs();
        let addresses = addresses.map_err(|_| Error::NoSuchHost(at.host.clone()))?;
        let found = Server::connect_to(addresses, patience)?;
        found.ok_or_else(|| Error::NoSuchHost(at.host.clone()))
    }

    /// Connects to the first of these addresses that lets us, giving each at most `patience`. None
    /// where there are no addresses; the error is the last one's.
    pub fn connect_to(
        addresses: impl IntoIterator<Item = SocketAddr>,
        patience: Option<Duration>,
    ) -> Result<Option<Server>, Error> {
        let mut failure = None;
        for address in addresses {
            debug!(2, "connecting to {address}");
            match open(address, patience) {
                Ok(stream) => return Ok(Some(Server { stream, session: Session::default() })),
                Err(e) => failure = Some(e),
            }
        }
        failure.map_or(Ok(None), Err)
    }

    /// The two ends of the connection: ours, and the server's.
    pub fn ends(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.stream.local_addr()?, self.stream.peer_addr()?))
    }

    /// Whether further questions make sense.
    pub fn is_usable(&self) -> bool {
        self.session.in_step()
    }

    /// Puts a question and waits for its answer.
    pub fn ask(&mut self, request: Request<'_>) -> Result<Answer, Error> {
        self.send(&[request])?;
        self.answer(LINE_TIME)
    }

    /// Puts many questions at once; their answers, in order. Fewer where sending fails: the last one
    /// then tells why.
    pub fn ask_all(&mut self, requests: &[Request<'_>]) -> Vec<Result<Answer, Error>> {
        let mut answers = Vec::with_capacity(requests.len());
        for batch in requests.chunks(BATCH) {
            match self.send(batch) {
                Ok(()) => answers.extend(batch.iter().map(|_| self.answer(LINE_TIME))),
                Err(e) => {
                    answers.push(Err(e));
                    break;
                }
            }
        }
        answers
    }

    /// The answer to GET, as its one value.
    pub fn get(&mut self, get: Get<'_>) -> Result<String, Error> {
        value(self.ask(Request::Get(get))?)
    }

    /// The answer to LIST.
    pub fn list(&mut self, list: List<'_>) -> Result<Vec<Vec<String>>, Error> {
        rows(self.ask(Request::List(list))?)
    }

    fn send(&mut self, requests: &[Request<'_>]) -> Result<(), Error> {
        let bytes: Vec<u8> = requests.iter().flat_map(|r| self.session.ask(*r)).collect();
        self.stream.write_all(&bytes).map_err(|e| {
            self.session.disconnect();
            Error::Write(e)
        })
    }

    fn answer(&mut self, line_time: Duration) -> Result<Answer, Error> {
        let mut deadline = Instant::now() + line_time;
        loop {
            if let Some(answer) = self.session.answer() {
                return answer.map_err(Error::Server);
            }
            if self.receive(deadline)? {
                deadline = Instant::now() + line_time;
            }
        }
    }

    /// Reads once; true when some line got whole. The end of the connection, and of our patience,
    /// are told to the session, which knows what they leave unanswered.
    fn receive(&mut self, deadline: Instant) -> Result<bool, Error> {
        let mut buffer = [0; 16 * 1024];
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            self.session.disconnect();
            return Ok(false);
        }
        let result = self.stream.set_read_timeout(Some(left));
        match result.and_then(|()| self.stream.read(&mut buffer)) {
            Ok(0) => self.session.disconnect(),
            Ok(n) => {
                let bytes = buffer.get(..n).unwrap_or_default();
                self.session.receive(bytes);
                return Ok(bytes.contains(&b'\n'));
            }
            Err(e) if is_timeout(&e) || e.kind() == ErrorKind::Interrupted => {}
            Err(e) => {
                self.session.disconnect();
                return Err(Error::Read(e));
            }
        }
        Ok(false)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.is_usable() && self.send(&[Request::Logout]).is_ok() {
            let goodbye = self.answer(FAREWELL_TIME);
            debug!(2, "farewell: {goodbye:?}");
        }
    }
}

fn open(address: SocketAddr, patience: Option<Duration>) -> Result<TcpStream, Error> {
    let connected = match patience {
        Some(time) => TcpStream::connect_timeout(&address, time),
        None => TcpStream::connect(address),
    };
    let stream = connected.map_err(|e| match is_timeout(&e) {
        true => Error::TimedOut(address.ip()),
        false => Error::Connect(e),
    })?;
    // Questions leave at once and a server that takes none is given up; failing that, it only takes
    // longer.
    let _ = stream.set_nodelay(true);
    let _ = stream.set_write_timeout(Some(LINE_TIME));
    Ok(stream)
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

/// The one value of an answer to GET; several words of it, as TYPE has them, joined by blanks.
pub fn value(answer: Answer) -> Result<String, Error> {
    match answer {
        Answer::Value(words) => Ok(words.join(" ")),
        _ => Err(Failure::Protocol.into()),
    }
}

/// The rows of an answer to LIST.
pub fn rows(answer: Answer) -> Result<Vec<Vec<String>>, Error> {
    match answer {
        Answer::Rows(rows) => Ok(rows),
        _ => Err(Failure::Protocol.into()),
    }
}
