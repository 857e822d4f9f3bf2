//! A server on a loopback address that answers as the test says, and remembers what it was asked.

use crate::house::wait_until;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// How a server behaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Manner {
    /// As upsd.
    #[default]
    Good,
    /// Takes connections and questions, and says nothing.
    Mute,
    /// Answers every question with these bytes, without end.
    Lying(Vec<u8>),
    /// Refuses every login.
    Refusing,
    /// Has no primary.
    SecondariesOnly,
}

#[derive(Default)]
struct State {
    manner: Manner,
    /// `ups.status` by UPS; a UPS without one is unknown. Empty stands for old data.
    status: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
    /// Logins besides those of clients.
    others: u32,
    heard: Vec<String>,
    peers: Vec<TcpStream>,
}

/// The server; its threads end with the test's process.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    over: Arc<AtomicBool>,
}

impl Server {
    /// A server with one UPS `u`, on mains.
    pub fn start() -> Server {
        Server::at((Ipv4Addr::LOCALHOST, 0).into(), Arc::default())
    }

    fn at(address: SocketAddr, state: Arc<Mutex<State>>) -> Server {
        let listener = wait_until(|| TcpListener::bind(address).ok()).expect("a port");
        let address = listener.local_addr().unwrap();
        let server = Server { address, state, over: Arc::default() };
        server.set("u", "OL");
        let served = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if served.over.load(Ordering::SeqCst) {
                    return;
                }
                served.lock().peers.push(stream.try_clone().unwrap());
                let served = served.clone();
                thread::spawn(move || served.serve(stream));
            }
        });
        server
    }

    /// The identifier of a UPS of this server.
    pub fn ups(&self, name: &str) -> String {
        format!("{name}@127.0.0.1:{}", self.address.port())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn set(&self, ups: &str, status: &str) {
        self.lock().status.insert(ups.to_owned(), status.to_owned());
    }

    pub fn set_variable(&self, name: &str, value: &str) {
        self.lock().variables.insert(name.to_owned(), value.to_owned());
    }

    /// That many others are logged in.
    pub fn others(&self, number: u32) {
        self.lock().others = number;
    }

    pub fn behave(&self, manner: Manner) {
        self.lock().manner = manner;
    }

    /// Ends all connections.
    pub fn hang_up(&self) {
        for peer in self.lock().peers.drain(..) {
            let _ = peer.shutdown(Shutdown::Both);
        }
    }

    /// Ends all connections and takes no new ones.
    pub fn stop(&self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        self.hang_up();
        let refused = || TcpStream::connect(self.address).is_err().then_some(());
        wait_until(refused).expect("a closed port");
    }

    /// A new server at the old address, with the same UPSes.
    pub fn again(&self) -> Server {
        let status = self.lock().status.clone();
        let server = Server::at(self.address, Arc::clone(&self.state));
        server.lock().status = status;
        server
    }

    /// How often a line was heard that begins so.
    pub fn count(&self, beginning: &str) -> usize {
        self.lock().heard.iter().filter(|line| line.starts_with(beginning)).count()
    }

    /// Everything heard, polls left out.
    pub fn heard(&self) -> Vec<String> {
        let state = self.lock();
        state.heard.iter().filter(|line| !line.starts_with("GET ")).cloned().collect()
    }

    /// Waits until a line was heard that often.
    pub fn wait_for(&self, beginning: &str, times: usize) {
        let heard = wait_until(|| (self.count(beginning) >= times).then_some(()));
        assert!(heard.is_some(), "{beginning:?} was heard {} times", self.count(beginning));
    }

    fn serve(&self, stream: TcpStream) {
        let mut writer = stream.try_clone().unwrap();
        let _ = writer.set_nodelay(true);
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let manner = self.lock().manner.clone();
            let answer = self.answer(&line);
            let done = match manner {
                Manner::Mute => Ok(()),
                Manner::Lying(bytes) => return flood(&mut writer, &bytes),
                Manner::Refusing if line.starts_with("LOGIN") => {
                    writer.write_all(b"ERR ACCESS-DENIED\n")
                }
                Manner::SecondariesOnly
                    if line.starts_with("PRIMARY") || line.starts_with("MASTER") =>
                {
                    writer.write_all(b"ERR ACCESS-DENIED\n")
                }
                _ => writer.write_all(answer.as_bytes()),
            };
            if done.is_err() {
                return;
            }
        }
    }

    fn answer(&self, line: &str) -> String {
        let mut state = self.lock();
        state.heard.push(line.to_owned());
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["USERNAME" | "PASSWORD" | "LOGIN", _] => "OK\n".to_owned(),
            ["PRIMARY", _] => "OK PRIMARY-GRANTED\n".to_owned(),
            ["LOGOUT"] => "OK Goodbye\n".to_owned(),
            ["FSD", ups] => {
                let status = state.status.entry(ups.to_owned()).or_default();
                *status = format!("FSD {status}");
                "OK FSD-SET\n".to_owned()
            }
            ["GET", "NUMLOGINS", ups] => format!("NUMLOGINS {ups} {}\n", 1 + state.others),
            ["GET", "VAR", ups, "ups.status"] => match state.status.get(ups) {
                None => "ERR UNKNOWN-UPS\n".to_owned(),
                Some(status) if status.is_empty() => "ERR DATA-STALE\n".to_owned(),
                Some(status) => format!("VAR {ups} ups.status \"{status}\"\n"),
            },
            ["LIST", "UPS"] => {
                let rows = state.status.keys().map(|ups| format!("UPS {ups} \"no words\"\n"));
                list("UPS", rows.collect())
            }
            ["LIST", "CLIENT", ups] => {
                let rows = (1..=state.others).map(|n| format!("CLIENT {ups} 192.0.2.{n}\n"));
                list(&format!("CLIENT {ups}"), rows.collect())
            }
            ["LIST", "VAR", ups] => match state.status.get(ups) {
                None => "ERR UNKNOWN-UPS\n".to_owned(),
                Some(status) if status.is_empty() => "ERR DATA-STALE\n".to_owned(),
                Some(status) => {
                    let status = [("ups.status", status.as_str())].into_iter();
                    let others = state.variables.iter().map(|(n, v)| (n.as_str(), v.as_str()));
                    let rows = others.chain(status);
                    let rows = rows.map(|(name, value)| format!("VAR {ups} {name} \"{value}\"\n"));
                    list(&format!("VAR {ups}"), rows.collect())
                }
            },
            ["GET", "VAR", ups, name] => match state.variables.get(name) {
                None => "ERR VAR-NOT-SUPPORTED\n".to_owned(),
                Some(value) => format!("VAR {ups} {name} \"{value}\"\n"),
            },
            _ => "ERR UNKNOWN-COMMAND\n".to_owned(),
        }
    }
}

fn list(query: &str, rows: String) -> String {
    format!("BEGIN LIST {query}\n{rows}END LIST {query}\n")
}

fn flood(writer: &mut TcpStream, bytes: &[u8]) {
    while writer.write_all(bytes).is_ok() {}
}
