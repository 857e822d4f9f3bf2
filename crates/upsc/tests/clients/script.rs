//! A server that says what a test wants, on a loopback port of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

/// Closes the connection in the place of a reply.
pub const CLOSE: &str = "\0close";
/// No reply at all.
pub const SILENCE: &str = "";

/// What a server says to a line; lines that are not named get `ERR UNKNOWN-COMMAND`.
pub type Lines = &'static [(&'static str, &'static str)];

/// A running server; it ends with the test.
pub struct Script {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Script {
    pub fn start(lines: Lines) -> Script {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::default();
        let ears = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let ears = Arc::clone(&ears);
                thread::spawn(move || serve(stream, lines, &ears));
            }
        });
        Script { address, heard }
    }

    /// `<ups>@127.0.0.1:<port>`
    pub fn ups(&self, ups: &str) -> String {
        format!("{ups}@{}", self.address)
    }

    /// `127.0.0.1:<port>`
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Every line it was told so far.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, lines: Lines, heard: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    while matches!(reader.read_line(&mut line), Ok(n) if n > 0) {
        let asked = line.trim_end_matches('\n').to_owned();
        heard.lock().unwrap().push(asked.clone());
        line.clear();
        let reply = lines.iter().find(|(request, _)| *request == asked).map(|(_, reply)| *reply);
        let reply = match (asked.as_str(), reply) {
            (_, Some(CLOSE)) => return,
            ("LOGOUT", None) => "OK Goodbye\n",
            (_, reply) => reply.unwrap_or("ERR UNKNOWN-COMMAND\n"),
        };
        if stream.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs a program to its end with this text on standard input.
pub fn run(program: &str, args: &[&str], input: &str) -> Ended {
    let mut child = Command::new(program)
        .args(args)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that asks nothing may be gone before it is told anything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    Ended {
        code: status.code().unwrap(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// Success with this on standard output and nothing on standard error.
pub fn says(out: &str) -> Ended {
    Ended { code: 0, out: out.to_owned(), err: String::new() }
}

/// Failure with this on standard error and nothing on standard output.
pub fn fails(err: &str) -> Ended {
    Ended { code: 1, out: String::new(), err: err.to_owned() }
}
