//! Plays a script over a connection and reports every line that came back otherwise.
//!
//! Knows sockets and deadlines; the language is in `script`, the comparison in `line`. A
//! difference does not stop the script, so one run shows all of them.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::driver::Driver;
use crate::line::{self, Ids};
use crate::maker::Maker;
use crate::program::{PATIENCE, wait_until};
use crate::script::{self, Step};

/// A client's connection to a server or a driver.
pub struct Talk<'a> {
    stream: Stream,
    buffer: Vec<u8>,
    maker: Maker,
    driver: Option<&'a Driver>,
    ids: Ids,
    report: String,
    faults: usize,
    last_sent: Vec<u8>,
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// What one attempt to read a line gave.
enum Got {
    Line(Vec<u8>),
    End(Vec<u8>),
    Silence(Vec<u8>),
}

impl<'a> Talk<'a> {
    /// Connects to a server of `maker`; `driver` is the one that `drv` lines speak for.
    ///
    /// # Panics
    /// When the connection is refused.
    pub fn tcp(address: SocketAddr, maker: Maker, driver: Option<&'a Driver>) -> Talk<'a> {
        let stream = TcpStream::connect(address).unwrap_or_else(|e| panic!("{address}: {e}"));
        stream.set_nodelay(true).expect("no delay");
        Talk::new(Stream::Tcp(stream), maker, driver)
    }

    /// Connects to a driver's socket.
    ///
    /// # Panics
    /// When that does not work within [`PATIENCE`].
    pub fn unix(path: &Path, maker: Maker) -> Talk<'static> {
        let what = path.display().to_string();
        let stream = wait_until(&what, || UnixStream::connect(path).ok());
        Talk::new(Stream::Unix(stream.unwrap_or_else(|why| panic!("{why}"))), maker, None)
    }

    fn new(stream: Stream, maker: Maker, driver: Option<&'a Driver>) -> Talk<'a> {
        let talk = Talk {
            stream,
            buffer: Vec::new(),
            maker,
            driver,
            ids: Ids::new(),
            report: String::new(),
            faults: 0,
            last_sent: Vec::new(),
        };
        talk.set_timeout(PATIENCE);
        talk
    }

    /// Plays a script (see [`crate::script`]).
    ///
    /// # Panics
    /// When anything differed, with the whole conversation.
    pub fn says(&mut self, text: &str) -> &mut Self {
        for step in script::parse(text, self.maker) {
            self.play(&step);
        }
        assert!(self.faults == 0, "{} line(s) differ:\n{}", self.faults, self.report);
        self
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// When the connection does not take them.
    pub fn send(&mut self, bytes: &[u8]) {
        let result = match &mut self.stream {
            Stream::Tcp(stream) => stream.write_all(bytes),
            Stream::Unix(stream) => stream.write_all(bytes),
        };
        result.unwrap_or_else(|e| panic!("sending: {e}; so far:\n{}", self.report));
        self.last_sent = bytes.to_vec();
    }

    /// Receives one line, without its LF.
    ///
    /// # Panics
    /// When no whole line comes.
    pub fn line(&mut self) -> String {
        match self.receive() {
            Got::Line(line) => line::shown(&line),
            Got::End(rest) => panic!("the connection ended after {:?}", line::shown(&rest)),
            Got::Silence(rest) => panic!("no whole line came, only {:?}", line::shown(&rest)),
        }
    }

    /// Receives lines up to and including `last`.
    ///
    /// # Panics
    /// When it does not come.
    pub fn lines_to(&mut self, last: &str) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut lines: Vec<String> = Vec::new();
        while lines.last().is_none_or(|line| line != last) {
            assert!(Instant::now() < deadline, "no {last:?} among:\n{}", lines.join("\n"));
            lines.push(self.line());
        }
        lines
    }

    /// Sends one request and returns the one line that answers it.
    pub fn ask(&mut self, request: &str) -> String {
        self.send(format!("{request}\n").as_bytes());
        self.line()
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Send(batch) => self.play_send(batch),
            Step::Receive(expected) => self.play_receive(expected),
            Step::ReceiveSoon(expected) => self.play_receive_soon(expected),
            Step::DriverSends(text) => {
                let bytes = line::to_send(text, &self.ids);
                self.note("drv>", text);
                self.the_driver().send_bytes(&bytes);
            }
            Step::DriverReceives(expected) => {
                let got = self.the_driver().next_request();
                self.compare("drv<", expected, got.as_bytes());
            }
            Step::HalfClose => {
                self.note("half-close", "");
                let result = match &self.stream {
                    Stream::Tcp(stream) => stream.shutdown(Shutdown::Write),
                    Stream::Unix(stream) => stream.shutdown(Shutdown::Write),
                };
                result.expect("shutting the sending side");
            }
            Step::Closed => match self.receive() {
                Got::End(rest) if rest.is_empty() => self.note("closed", ""),
                Got::End(rest) | Got::Line(rest) | Got::Silence(rest) => {
                    self.fault("closed", &format!("not closed, but {:?}", line::shown(&rest)));
                }
            },
        }
    }

    fn play_send(&mut self, batch: &[(String, bool)]) {
        let mut bytes = Vec::new();
        for (text, line_feed) in batch {
            self.note(if *line_feed { ">" } else { "+" }, text);
            bytes.extend(line::to_send(text, &self.ids));
            bytes.extend(line_feed.then_some(b'\n'));
        }
        self.send(&bytes);
    }

    fn play_receive(&mut self, expected: &str) {
        match self.receive() {
            Got::Line(got) => self.compare("<", expected, &got),
            Got::End(rest) => {
                self.fault(&format!("< {expected}"), &format!("end after {:?}", line::shown(&rest)))
            }
            Got::Silence(rest) => {
                self.fault(&format!("< {expected}"), &format!("only {:?}", line::shown(&rest)));
                panic!("nothing more came:\n{}", self.report);
            }
        }
    }

    fn play_receive_soon(&mut self, expected: &str) {
        let request = self.last_sent.clone();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let Got::Line(got) = self.receive() else { panic!("no answer:\n{}", self.report) };
            let same = line::matches(expected, &got, &mut self.ids);
            if same || Instant::now() > deadline {
                return self.compare("<~", expected, &got);
            }
            std::thread::sleep(Duration::from_millis(20));
            self.send(&request);
        }
    }

    fn compare(&mut self, mark: &str, expected: &str, got: &[u8]) {
        match line::matches(expected, got, &mut self.ids) {
            true => self.note(mark, expected),
            false => self.fault(&format!("{mark} {expected}"), &line::shown(got)),
        }
    }

    fn note(&mut self, mark: &str, text: &str) {
        self.report += &format!("    {mark} {text}\n");
    }

    fn fault(&mut self, expected: &str, got: &str) {
        self.faults += 1;
        self.report += &format!("  - {expected}\n  + {got}\n");
    }

    fn the_driver(&self) -> &'a Driver {
        self.driver.expect("a script with drv lines needs a scripted driver")
    }

    fn receive(&mut self) -> Got {
        loop {
            if let Some(at) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.buffer.drain(..=at).collect();
                line.pop();
                return Got::Line(line);
            }
            let mut chunk = [0; 65536];
            let result = match &mut self.stream {
                Stream::Tcp(stream) => stream.read(&mut chunk),
                Stream::Unix(stream) => stream.read(&mut chunk),
            };
            match result {
                Ok(0) => return Got::End(std::mem::take(&mut self.buffer)),
                Ok(count) => self.buffer.extend(&chunk[..count]),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::ConnectionReset => {
                    return Got::End(std::mem::take(&mut self.buffer));
                }
                Err(_) => return Got::Silence(std::mem::take(&mut self.buffer)),
            }
        }
    }

    fn set_timeout(&self, patience: Duration) {
        let result = match &self.stream {
            Stream::Tcp(stream) => stream.set_read_timeout(Some(patience)),
            Stream::Unix(stream) => stream.set_read_timeout(Some(patience)),
        };
        result.expect("a deadline");
    }
}
