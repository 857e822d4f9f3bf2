//! Times a UPS's reports inside the guest of `cargo xtask vm`.
//!
//! `vm-probe HIDRAW SOCKET` reads the same hidraw node as the driver and listens on the driver's
//! socket. After each report it prints `latency_us N`: the time until the next `SETINFO ups.status`
//! line. It prints `ready` when it listens, and ends when killed.
//! `vm-probe SOCKET` prints each such line as `status WORDS`, for a watcher outside the guest.

// It speaks to a person, or to a test that reads its output.
#![allow(clippy::print_stdout)]

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Instant;

enum Seen {
    Report(Instant),
    Status(Instant),
}

/// Reports as the kernel hands them out.
fn reports(mut node: File, seen: &Sender<Seen>) -> io::Result<()> {
    let mut report = [0; 64];
    while node.read(&mut report)? > 0 {
        if seen.send(Seen::Report(Instant::now())).is_err() {
            break;
        }
    }
    Ok(())
}

/// Hands on the status lines that the driver sends from the end of its dump on; ends when that fails.
fn status_lines(socket: UnixStream, mut show: impl FnMut(&str) -> bool) -> io::Result<()> {
    let mut dumped = false;
    for line in BufReader::new(socket).lines() {
        let line = line?;
        if line == "DUMPDONE" {
            dumped = true;
            println!("ready");
        } else if dumped && !line.strip_prefix("SETINFO ups.status ").is_none_or(&mut show) {
            break;
        }
    }
    Ok(())
}

/// A connection to the driver that has asked for everything.
fn connect(socket: &str) -> io::Result<UnixStream> {
    let mut socket = UnixStream::connect(socket)?;
    socket.write_all(b"DUMPALL\n")?;
    Ok(socket)
}

/// Prints each status line.
fn watch(socket: &str) -> io::Result<()> {
    status_lines(connect(socket)?, |status| {
        println!("status {}", status.trim_matches('"'));
        true
    })
}

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let (node, socket) = match (args.next(), args.next()) {
        (Some(node), Some(socket)) => (node, socket),
        (Some(socket), None) => return watch(&socket),
        _ => return Err(io::Error::other("usage: vm-probe [HIDRAW] SOCKET")),
    };
    let node = File::open(node)?;
    let socket = connect(&socket)?;
    let (seen, events) = channel();
    let of_reports = seen.clone();
    thread::spawn(move || reports(node, &of_reports));
    thread::spawn(move || {
        status_lines(socket, |_| seen.send(Seen::Status(Instant::now())).is_ok())
    });
    let mut pending: Option<Instant> = None;
    for event in events {
        match event {
            Seen::Report(at) => pending = Some(at),
            Seen::Status(at) => {
                if let Some(reported) = pending.take() {
                    println!("latency_us {}", at.saturating_duration_since(reported).as_micros());
                }
            }
        }
    }
    Ok(())
}
