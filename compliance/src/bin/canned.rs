//! A server that parses nothing: it answers every line feed with the same bytes.
//!
//! The yardstick for `cargo xtask bench`: what reading requests and writing replies costs when
//! nothing else is done. Arguments: address, and the file that holds the reply.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(address), Some(file)) = (args.next(), args.next()) else {
        eprintln!("usage: canned ADDRESS:PORT FILE");
        std::process::exit(2);
    };
    let reply = std::fs::read(&file).expect("the reply");
    let listener = TcpListener::bind(&address).expect("a free address");
    for stream in listener.incoming().flatten() {
        let reply = reply.clone();
        thread::spawn(move || serve(stream, &reply));
    }
}

fn serve(mut stream: TcpStream, reply: &[u8]) {
    let _ = stream.set_nodelay(true);
    let mut input = [0; 4096];
    let mut output = Vec::new();
    while let Ok(count @ 1..) = stream.read(&mut input) {
        output.clear();
        let requests = input[..count].iter().filter(|byte| **byte == b'\n').count();
        (0..requests).for_each(|_| output.extend_from_slice(reply));
        if stream.write_all(&output).is_err() {
            return;
        }
    }
}
