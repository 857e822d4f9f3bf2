//! Who is taken for a bus, and who is not. What a real one says is for the program's tests.

use super::*;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::thread;
use tokio::runtime;

const LONG: Duration = Duration::from_secs(30);

/// How a connection fails with one who says this and stays as long as we do.
fn failure(name: &str, answer: &'static str, patience: Duration) -> io::Error {
    let path = format!("upsmon-bus-{name}-{}", std::process::id());
    let path = std::env::temp_dir().join(path);
    let listener = UnixListener::bind(&path).unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        stream.read_to_end(&mut Vec::new())
    });
    let error = connect(&format!("unix:path=/nowhere/bus;unix:path={}", path.display()), patience);
    fs::remove_file(path).unwrap();
    let _ = server.join().unwrap();
    error
}

fn connect(addresses: &str, patience: Duration) -> io::Error {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Bus::connect(addresses, patience)).unwrap_err()
}

#[test]
fn what_is_no_bus_is_left() {
    let refused = failure("refused", "REJECTED EXTERNAL\r\n", LONG).to_string();
    assert!(refused.contains("rejected"), "{refused}");
    let garbled = failure("garbled", "HTTP/1.1 400 Bad Request\r\n", LONG);
    assert_ne!(garbled.kind(), ErrorKind::TimedOut, "{garbled}");
}

#[test]
fn a_mute_bus_is_left_too() {
    let mute = failure("mute", "", Duration::from_millis(50));
    assert_eq!(mute.to_string(), "no answer");
}

#[test]
fn nobody_listens_where_there_is_no_address() {
    assert_eq!(connect("", LONG).to_string(), "no address of a bus");
    assert_eq!(connect("unix:path=/nowhere/bus", LONG).kind(), ErrorKind::NotFound);
}

#[test]
fn sockets_are_found_by_path_and_by_name() {
    assert_eq!(place(STANDARD).unwrap(), "/run/dbus/system_bus_socket");
    assert_eq!(place(" unix:path=/run/bus").unwrap(), "/run/bus");
    assert_eq!(place("unix:abstract=c").unwrap(), "\0c");
    for other in
        ["", "unix:", "unix:path", "tcp:host=h,port=1", "unixexec:path=/bin/sh", "/run/bus"]
    {
        assert_eq!(place(other), None, "{other}");
    }
}
