//! A light load on a server, and what it costs: latency, throughput, processor time.
//!
//! Knows that one request always gets the same number of bytes back, so nothing is parsed here.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::program::PATIENCE;

/// What a number of requests took.
pub struct Cost {
    /// How many requests were answered.
    pub requests: u32,
    /// Time from first to last.
    pub elapsed: Duration,
    /// Processor time of the server.
    pub cpu: Duration,
    /// Sorted times of the single requests; empty where they were not awaited one by one.
    pub times: Vec<Duration>,
}

impl Cost {
    /// The time that `share` (0 to 1) of the requests stayed within.
    pub fn within(&self, share: f64) -> Duration {
        let last = self.times.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        self.times.get(at).copied().unwrap_or_default()
    }

    /// Processor time of the server for one request.
    pub fn cpu_each(&self) -> Duration {
        self.cpu / self.requests.max(1)
    }
}

/// Reads the whole reply to one request: all that comes up to a line that begins with `END`.
///
/// # Panics
/// When the connection fails.
pub fn reply_to(address: SocketAddr, request: &str) -> Vec<u8> {
    let mut stream = connect(address);
    send(&mut stream, request);
    let mut reply = Vec::new();
    let mut chunk = [0; 65536];
    while !(reply.ends_with(b"\n") && last_line(&reply).starts_with(b"END ")) {
        let count = stream.read(&mut chunk).expect("a reply");
        reply.extend_from_slice(&chunk[..count]);
    }
    reply
}

/// Sends one request after another, each after the reply to the one before.
///
/// # Panics
/// When the connection fails.
pub fn one_by_one(
    address: SocketAddr,
    pid: u32,
    request: &str,
    size: usize,
    requests: u32,
) -> Cost {
    let mut stream = connect(address);
    let mut buffer = vec![0; size];
    let mut once = |stream: &mut TcpStream| {
        let start = Instant::now();
        send(stream, request);
        stream.read_exact(&mut buffer).expect("a reply");
        start.elapsed()
    };
    once(&mut stream);
    let (before, start) = (cpu_time(pid), Instant::now());
    let mut times: Vec<Duration> = (0..requests).map(|_| once(&mut stream)).collect();
    let (elapsed, cpu) = (start.elapsed(), cpu_time(pid) - before);
    times.sort();
    Cost { requests, elapsed, cpu, times }
}

/// Keeps `window` requests under way until all are answered.
///
/// # Panics
/// When the connection fails.
pub fn pipelined(
    address: SocketAddr,
    pid: u32,
    request: &str,
    size: usize,
    (requests, window): (u32, u32),
) -> Cost {
    let mut stream = connect(address);
    let batch = format!("{request}\n").repeat(window as usize);
    let mut buffer = vec![0; size * window as usize];
    let (before, start) = (cpu_time(pid), Instant::now());
    let mut answered = 0;
    stream.write_all(batch.as_bytes()).expect("sending");
    while answered < requests {
        // The next batch is under way while the replies to this one are read.
        stream.write_all(batch.as_bytes()).expect("sending");
        stream.read_exact(&mut buffer).expect("replies");
        answered += window;
    }
    stream.read_exact(&mut buffer).expect("replies");
    let (elapsed, cpu) = (start.elapsed(), cpu_time(pid) - before);
    Cost { requests: answered + window, elapsed, cpu, times: Vec::new() }
}

/// Opens connections that do nothing but stay, one after the other, each once the server has
/// answered the one before.
///
/// # Errors
/// How many there were when it failed, and why.
pub fn idle(address: SocketAddr, count: usize) -> Result<Vec<TcpStream>, String> {
    let mut streams = Vec::with_capacity(count);
    while streams.len() < count {
        let reached = streams.len();
        let opened = || {
            let mut stream = TcpStream::connect(address)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(b"NETVER\n")?;
            stream.read_exact(&mut [0; 4])?;
            Ok::<_, std::io::Error>(stream)
        };
        streams.push(opened().map_err(|e| format!("{reached} of {count} connections: {e}"))?);
    }
    Ok(streams)
}

/// Processor time that a process and its threads have used.
pub fn cpu_time(pid: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the server runs").flatten();
    let used = tasks.filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(used.sum())
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    stream.set_read_timeout(Some(PATIENCE)).expect("a deadline");
    stream
}

fn send(stream: &mut TcpStream, request: &str) {
    stream.write_all(format!("{request}\n").as_bytes()).expect("sending");
}

fn last_line(text: &[u8]) -> &[u8] {
    let body = text.strip_suffix(b"\n").unwrap_or(text);
    body.rsplit(|byte| *byte == b'\n').next().unwrap_or(body)
}
