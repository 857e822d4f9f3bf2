//! Talking to another, running instance of a driver over its socket.
//!
//! Knows how to ask one thing and wait for its answer, for a bounded time. Which questions are asked
//! is for `instance` and `talk`. Blocking: used only before the main loop begins.

use nut_daemon::os::random_uuid;
use nut_proto::driver::{Message, Request};
use nut_proto::line::Framer;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// An open conversation; broadcasts are switched off in it.
pub(crate) struct Dialog {
    stream: UnixStream,
    framer: Framer,
}

impl Dialog {
    /// Connects. An error means that nobody listens there.
    pub(crate) fn open(path: &Path) -> io::Result<Dialog> {
        let mut stream = UnixStream::connect(path)?;
        stream.set_write_timeout(Some(Duration::from_secs(3)))?;
        stream.write_all(format!("{}\n", Request::NoBroadcast).as_bytes())?;
        Ok(Dialog { stream, framer: Framer::default() })
    }

    /// Runs a command there and gives the code of its TRACKING line.
    pub(crate) fn command(&mut self, name: &str, patience: Option<Duration>) -> io::Result<u8> {
        let (name, param) = (name.to_owned(), None);
        self.tracked(patience, |id| Request::InstCmd { name, param, tracking: Some(id) })
    }

    /// Sets a variable there and gives the code of its TRACKING line.
    pub(crate) fn set(&mut self, name: &str, value: &str, patience: Duration) -> io::Result<u8> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.tracked(Some(patience), |id| Request::Set { name, value, tracking: Some(id) })
    }

    fn tracked(
        &mut self,
        patience: Option<Duration>,
        request: impl FnOnce(String) -> Request,
    ) -> io::Result<u8> {
        let mine = random_uuid()?;
        self.send(&request(mine.clone()))?;
        let deadline = patience.map(|patience| Instant::now() + patience);
        loop {
            match self.receive(deadline)? {
                Some(Message::Tracking { id, code }) if id == mine => {
                    return code.parse().map_err(|_| io::ErrorKind::InvalidData.into());
                }
                _ => {}
            }
        }
    }

    /// Asks for everything: the lines of the dump, `DUMPDONE` left out.
    pub(crate) fn dump(&mut self, patience: Duration) -> io::Result<Vec<Message>> {
        self.send(&Request::DumpAll)?;
        let deadline = Some(Instant::now() + patience);
        let mut lines = Vec::new();
        loop {
            match self.receive(deadline)? {
                Some(Message::DumpDone) => return Ok(lines),
                Some(message) => lines.push(message),
                None => {}
            }
        }
    }

    fn send(&mut self, request: &Request) -> io::Result<()> {
        self.stream.write_all(format!("{request}\n").as_bytes())
    }

    /// The next line; none for one that means nothing.
    fn receive(&mut self, deadline: Option<Instant>) -> io::Result<Option<Message>> {
        loop {
            match self.framer.next_line() {
                Some(Ok(line)) => return Ok(Message::parse(&line.texts())),
                Some(Err(_)) => return Ok(None),
                None => self.fill(deadline)?,
            }
        }
    }

    fn fill(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(left)?;
        let mut buffer = [0u8; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => {
                self.framer.push(buffer.get(..n).unwrap_or_default());
                Ok(())
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(e) => Err(e),
        }
    }
}
