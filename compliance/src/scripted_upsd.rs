//! A server whose answers the case decides: it stands for hardware that no driver can play and
//! for servers that lie, hang or leave, and it keeps every line in order.
//!
//! By itself it answers as upsd does to a client that may do everything. A case changes
//! variables while it runs, gives other answers to requests, or takes the server down.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use crate::program::wait_until;
use crate::wire::Record;

/// How a request is answered in place of the usual reply.
#[derive(Clone, Debug)]
pub enum Answer {
    /// With this line.
    Line(&'static str),
    /// With these bytes as they are, and no LF after them.
    Bytes(Vec<u8>),
    /// Not at all.
    Silence,
    /// By closing the connection.
    Close,
}

/// A running scripted server; it disappears with the value.
pub struct ScriptedUpsd {
    shared: Arc<Shared>,
}

struct Shared {
    address: Ipv4Addr,
    state: Mutex<State>,
    story: Option<PathBuf>,
}

#[derive(Default)]
struct State {
    variables: BTreeMap<(String, String), String>,
    logins: BTreeMap<String, u32>,
    answers: Vec<(String, Answer)>,
    records: Vec<Record>,
    peers: Vec<TcpStream>,
    down: bool,
    listening: bool,
    over: bool,
}

impl ScriptedUpsd {
    /// Listens on port 3493 of `address`; the UPS `u` is there and on line.
    ///
    /// # Panics
    /// When the address cannot be had.
    pub fn start(address: Ipv4Addr) -> ScriptedUpsd {
        ScriptedUpsd::with_story(address, None)
    }

    /// The same; each request that is neither a reading nor a goodbye is also appended to the file
    /// `story` as `wire <request>` at the moment it arrives.
    ///
    /// # Panics
    /// As [`ScriptedUpsd::start`].
    pub fn with_story(address: Ipv4Addr, story: Option<&Path>) -> ScriptedUpsd {
        let story = story.map(Path::to_path_buf);
        let shared = Arc::new(Shared { address, state: Mutex::default(), story });
        let server = ScriptedUpsd { shared };
        server.status("u", "OL");
        let acceptor = Arc::clone(&server.shared);
        thread::spawn(move || acceptor.accept());
        server.up();
        server
    }

    /// Gives a UPS this status; the UPS appears with its first one.
    pub fn status(&self, ups: &str, status: &str) {
        self.set(ups, &[("ups.status", status)]);
    }

    /// Gives a UPS several values at one moment; an empty one takes the variable away.
    pub fn set(&self, ups: &str, values: &[(&str, &str)]) {
        let mut state = self.shared.locked();
        for (name, value) in values {
            let key = (ups.to_string(), name.to_string());
            match value.is_empty() {
                true => state.variables.remove(&key),
                false => state.variables.insert(key, value.to_string()),
            };
        }
    }

    /// How many clients are said to be logged in, until the case says otherwise (at first 1).
    pub fn logins(&self, ups: &str, count: u32) {
        self.shared.locked().logins.insert(ups.to_string(), count);
    }

    /// Answers every request that begins with `request` otherwise from now on.
    pub fn answers(&self, request: &str, answer: Answer) {
        let mut state = self.shared.locked();
        state.answers.retain(|(known, _)| known != request);
        state.answers.insert(0, (request.to_string(), answer));
    }

    /// Answers as usual again.
    pub fn behaves(&self) {
        self.shared.locked().answers.clear();
    }

    /// Closes every connection and refuses new ones.
    pub fn down(&self) {
        self.shared.locked().down = true;
        self.wait_listening(false);
        self.hang_up();
    }

    /// Listens again.
    pub fn up(&self) {
        self.shared.locked().down = false;
        self.wait_listening(true);
    }

    /// Closes every connection; clients may connect again.
    pub fn hang_up(&self) {
        for peer in self.shared.locked().peers.drain(..) {
            let _ = peer.shutdown(Shutdown::Both);
        }
    }

    /// The n-th connection's lines so far, counted from 0; none if there was no such one.
    pub fn record(&self, number: usize) -> Vec<String> {
        self.shared.locked().records.get(number).map(Record::lines).unwrap_or_default()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.shared.locked().records.len()
    }

    fn wait_listening(&self, wanted: bool) {
        let reached = || (self.shared.locked().listening == wanted).then_some(());
        let address = self.shared.address;
        wait_until(&format!("a server that starts or ends at {address}"), reached)
            .unwrap_or_else(|why| panic!("{why}"));
    }
}

impl Drop for ScriptedUpsd {
    fn drop(&mut self) {
        self.shared.locked().over = true;
        self.hang_up();
    }
}

impl Shared {
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn accept(self: Arc<Self>) {
        let mut listener: Option<TcpListener> = None;
        while !self.locked().over {
            match (self.locked().down, &listener) {
                (true, _) => listener = None,
                (false, None) => listener = listen(self.address),
                _ => {}
            }
            self.locked().listening = listener.is_some();
            let arrived = listener.as_ref().and_then(|listener| listener.accept().ok());
            match arrived {
                Some((stream, _)) => self.welcome(stream),
                None => thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn welcome(self: &Arc<Self>, stream: TcpStream) {
        let number = {
            let mut state = self.locked();
            state.records.push(Record::default());
            state.peers.push(stream.try_clone().expect("a handle"));
            state.records.len() - 1
        };
        stream.set_nonblocking(false).expect("a blocking stream");
        let peer = Arc::clone(self);
        thread::spawn(move || peer.serve(stream, number));
    }

    fn serve(&self, stream: TcpStream, number: usize) {
        let Ok(mut writer) = stream.try_clone() else { return };
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            self.tell(&line);
            let Some(bytes) = self.answered(number, &line) else { break };
            if writer.write_all(&bytes).is_err() || line == "LOGOUT" {
                break;
            }
        }
        let _ = writer.shutdown(Shutdown::Both);
        self.locked().records[number].close();
    }

    /// Notes the request and its answer at one moment; the bytes are still to be sent. `None`
    /// closes the connection.
    fn answered(&self, number: usize, line: &str) -> Option<Vec<u8>> {
        let mut state = self.locked();
        let special = state.answers.iter().find(|(start, _)| line.starts_with(start));
        let answer = special.map(|(_, answer)| answer.clone());
        state.records[number].request(line);
        match answer {
            Some(Answer::Silence) => Some(Vec::new()),
            Some(Answer::Close) => None,
            Some(Answer::Bytes(bytes)) => Some(bytes),
            Some(Answer::Line(text)) => Some(state.say(number, text)),
            None => {
                let text = state.usual(line);
                Some(state.say(number, &text))
            }
        }
    }

    fn tell(&self, line: &str) {
        let told = !line.starts_with("GET VAR") && line != "LOGOUT";
        let Some(story) = self.story.as_ref().filter(|_| told) else { return };
        let file = OpenOptions::new().append(true).create(true).open(story);
        let written = file.and_then(|mut file| file.write_all(format!("wire {line}\n").as_bytes()));
        written.unwrap_or_else(|e| panic!("{}: {e}", story.display()));
    }
}

impl State {
    fn say(&mut self, number: usize, text: &str) -> Vec<u8> {
        self.records[number].reply(text);
        format!("{text}\n").into_bytes()
    }

    /// What upsd says to a client that may do everything.
    fn usual(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        let ups = words.iter().rev().find(|name| self.knows(name)).copied();
        match (words.as_slice(), ups) {
            (["STARTTLS"], _) => "ERR FEATURE-NOT-CONFIGURED".into(),
            (["USERNAME" | "PASSWORD", _], _) => "OK".into(),
            (["LOGOUT"], _) => "OK Goodbye".into(),
            (["GET", "VAR", ups, name], Some(_)) => self.value(ups, name),
            (["LOGIN", _], Some(_)) => "OK".into(),
            (["PRIMARY", _], Some(_)) => "OK PRIMARY-GRANTED".into(),
            (["MASTER", _], Some(_)) => "OK MASTER-GRANTED".into(),
            (["FSD", ups], Some(_)) => self.force(ups),
            (["GET", "NUMLOGINS", ups], Some(_)) => {
                format!("NUMLOGINS {ups} {}", self.logins.get(*ups).copied().unwrap_or(1))
            }
            (["GET", ..] | ["LOGIN" | "PRIMARY" | "MASTER" | "FSD", _], None) => {
                "ERR UNKNOWN-UPS".into()
            }
            _ => "ERR UNKNOWN-COMMAND".into(),
        }
    }

    fn knows(&self, ups: &str) -> bool {
        self.variables.keys().any(|(known, _)| known == ups)
    }

    fn value(&self, ups: &str, name: &str) -> String {
        match self.variables.get(&(ups.to_string(), name.to_string())) {
            Some(value) => {
                let quoted = value.replace('\\', r"\\").replace('"', "\\\"");
                format!("VAR {ups} {name} \"{quoted}\"")
            }
            None => "ERR VAR-NOT-SUPPORTED".into(),
        }
    }

    /// The forced shutdown stands before whatever the status is; here for the present one only.
    fn force(&mut self, ups: &str) -> String {
        let status = self.variables.entry((ups.to_string(), "ups.status".into())).or_default();
        *status = format!("FSD {status}");
        "OK FSD-SET".into()
    }
}

fn listen(address: Ipv4Addr) -> Option<TcpListener> {
    match TcpListener::bind((address, 3493)) {
        Ok(listener) => {
            listener.set_nonblocking(true).expect("a listener that does not wait");
            Some(listener)
        }
        Err(e) if e.kind() == ErrorKind::AddrInUse => None,
        Err(e) => panic!("{address}: {e}"),
    }
}
