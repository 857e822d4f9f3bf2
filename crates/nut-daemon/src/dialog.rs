//! Talking to a running driver over its socket, for a bounded time.
//!
//! Knows how to ask one thing and wait for its answer. Which questions are asked is for drivers
//! (about an older instance of themselves) and for upsdrvctl. Blocking: not for a main loop.

use crate::os::random_uuid;
use nut_proto::driver::{Message, Request};
use nut_proto::line::Framer;
use nut_proto::status;
use socket2::{Domain, SockAddr, Socket, Type};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a driver may take to accept a connection, or bytes.
const WRITE_TIME: Duration = Duration::from_secs(3);

/// What a driver says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signs {
    /// Its process, if it said so.
    pub pid: Option<i64>,
    /// Its `ups.status`, if it has one and said so.
    pub status: Option<String>,
}

/// Connects to a daemon's socket, for at most so long; as long may each writing last. An error means
/// that nobody listens there, or that it has not taken connections for long.
pub fn connect(path: &Path, patience: Duration) -> io::Result<UnixStream> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // Bounds the connecting too.
    socket.set_write_timeout(Some(patience))?;
    socket.connect(&SockAddr::unix(path)?)?;
    Ok(UnixStream::from(OwnedFd::from(socket)))
}

/// An open conversation; broadcasts are switched off in it.
#[derive(Debug)]
pub struct Dialog {
    stream: UnixStream,
    framer: Framer,
}

impl Dialog {
    /// Connects. An error means that nobody listens there, or that a driver hangs and has not taken
    /// connections for long.
    pub fn open(path: &Path) -> io::Result<Dialog> {
        let mut stream = connect(path, WRITE_TIME)?;
        stream.write_all(format!("{}\n", Request::NoBroadcast).as_bytes())?;
        Ok(Dialog { stream, framer: Framer::default() })
    }

    /// Runs a command there and gives the code of its TRACKING line.
    pub fn command(&mut self, name: &str, patience: Option<Duration>) -> io::Result<u8> {
        let (name, param) = (name.to_owned(), None);
        self.tracked(patience, |id| Request::InstCmd { name, param, tracking: Some(id) })
    }

    /// Sets a variable there and gives the code of its TRACKING line.
    pub fn set(&mut self, name: &str, value: &str, patience: Duration) -> io::Result<u8> {
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
    pub fn dump(&mut self, patience: Duration) -> io::Result<Vec<Message>> {
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

    /// Asks for a sign of life, the process and the status. An error means that there was no sign.
    pub fn signs(&mut self, patience: Duration) -> io::Result<Signs> {
        for request in [Request::Ping, Request::GetPid, Request::DumpStatus] {
            self.send(&request)?;
        }
        let deadline = Some(Instant::now() + patience);
        let (mut alive, mut signs) = (false, Signs::default());
        loop {
            match self.receive(deadline) {
                Ok(Some(Message::Pong)) => alive = true,
                Ok(Some(Message::Pid(pid))) => signs.pid = Some(pid),
                Ok(Some(Message::SetInfo { name, value })) if name == status::VARIABLE => {
                    signs.status = Some(value);
                }
                Ok(Some(Message::DumpDone)) => return Ok(signs),
                Ok(_) => {}
                Err(_) if alive => return Ok(signs),
                Err(e) => return Err(e),
            }
        }
    }

    /// Waits until the driver ends the conversation. False when it did not in time.
    pub fn await_end(&mut self, patience: Duration) -> bool {
        let deadline = Some(Instant::now() + patience);
        loop {
            if let Err(e) = self.receive(deadline) {
                return !is_timeout(&e);
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

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use std::thread;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// A driver that says this to whatever comes, then waits for the other side to leave.
    fn driver(name: &str, says: &'static str) -> Dialog {
        let name = format!("walnut-dialog-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(says.as_bytes()).unwrap();
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let dialog = Dialog::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        dialog
    }

    #[test]
    fn signs_are_found_among_broadcasts() {
        let says =
            "SETINFO ups.load \"1\"\nPONG\nPID 7\nSETINFO ups.status \"OL \\\"x\\\"\"\nDUMPDONE\n";
        let signs = driver("signs", says).signs(PATIENCE).unwrap();
        assert_eq!(signs, Signs { pid: Some(7), status: Some("OL \"x\"".into()) });
    }

    #[test]
    fn a_driver_that_only_lives_gives_that_sign() {
        assert_eq!(driver("pong", "PONG\n").signs(PATIENCE).unwrap(), Signs::default());
        let error = driver("mute", "PID 7\n").signs(PATIENCE).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn the_end_of_a_conversation_is_seen() {
        assert!(driver("end", "TRACKING x 0\n").await_end(PATIENCE));
    }

    #[test]
    fn a_driver_that_takes_no_connections_any_more_is_given_up() {
        let path = std::env::temp_dir().join(format!("walnut-dialog-full-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let hung = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        hung.bind(&SockAddr::unix(&path).unwrap()).unwrap();
        hung.listen(0).unwrap();
        let waiting: Vec<_> =
            (0..4).map(|_| Dialog::open(&path)).take_while(Result::is_ok).collect();
        assert!(waiting.len() < 4, "the last one is refused");
        std::fs::remove_file(&path).unwrap();
    }
}
