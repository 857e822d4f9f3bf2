//! A connection with a scripted bus at its other end.

use super::super::message::{Purpose, Value};
use super::*;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::thread;

const LONG: Duration = Duration::from_secs(30);

/// A bus that answers the greeting so, and then says these pieces, each by itself.
fn bus(name: &str, answer: &'static str, pieces: Vec<Vec<u8>>) -> io::Result<Bus> {
    let path = format!("upsmon-bus-{name}-{}", std::process::id());
    let path = std::env::temp_dir().join(path);
    let listener = UnixListener::bind(&path)?;
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut greeting = vec![0; GREETING.len()];
        stream.read_exact(&mut greeting).unwrap();
        assert_eq!(greeting, GREETING);
        stream.write_all(answer.as_bytes()).unwrap();
        let (writer, _reader) = UnixStream::pair().unwrap();
        for piece in pieces {
            descriptors::send(&stream, &piece, &[writer.as_fd()]).unwrap();
        }
    });
    let bus = Bus::connect(&[Address::Path("/nowhere/bus".into()), Address::Path(path.clone())]);
    std::fs::remove_file(path)?;
    server.join().unwrap();
    bus
}

const WELCOME: &str = "DATA\r\nOK 1234deadbeef\r\nAGREE_UNIX_FD\r\n";

fn signal(member: &str, descriptors: u32) -> Message {
    let (purpose, member) = (Purpose::Signal, member.to_owned());
    Message { purpose, serial: 1, member, descriptors, ..Message::default() }
}

fn received(bus: &mut Bus) -> (String, usize) {
    let (message, descriptors) = bus.receive(Instant::now() + LONG).unwrap().unwrap();
    (message.member, descriptors.len())
}

#[test]
fn messages_come_whole_however_they_are_cut_and_with_their_descriptors() {
    let (first, second) = (signal("First", 1).encode(), signal("Second", 0).encode());
    let rest = [&first[7..], &second[..5]].concat();
    let pieces = vec![first[..7].to_vec(), rest, second[5..].to_vec()];
    let mut bus = bus("cut", WELCOME, pieces).unwrap();
    assert_eq!(received(&mut bus), ("First".to_owned(), 1));
    assert_eq!(received(&mut bus), ("Second".to_owned(), 0));
    let end = bus.receive(Instant::now() + LONG).unwrap_err();
    assert_eq!(end.kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn strange_and_overlong_messages_are_passed_over() {
    let long = Message { body: vec![Value::Text("x".repeat(LONGEST))], ..signal("Long", 1) };
    let mut strange = signal("Strange", 1).encode();
    // Its only field is of a type that there is not.
    strange[18] = b'?';
    let pieces = vec![[long.encode(), strange, signal("Good", 0).encode()].concat()];
    let mut bus = bus("strange", WELCOME, pieces).unwrap();
    assert_eq!(received(&mut bus), ("Good".to_owned(), 0));
}

#[test]
fn what_is_no_bus_is_left() {
    let garbage = vec![b"HTTP/1.1 400 Bad Request\r\n".to_vec()];
    let mut garbled = bus("garbled", WELCOME, garbage).unwrap();
    let error = garbled.receive(Instant::now() + LONG).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    let refused = bus("refused", "DATA\r\nREJECTED EXTERNAL\r\n", Vec::new()).unwrap_err();
    assert_eq!(refused.to_string(), "the bus says REJECTED EXTERNAL");
    let ended = bus("ended", "DATA\r\n", Vec::new()).unwrap_err();
    assert_eq!(ended.kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn time_that_is_over_is_no_error() {
    let (stream, _other) = UnixStream::pair().unwrap();
    let mut bus = Bus { stream, bytes: Vec::new(), descriptors: VecDeque::new(), skip: 0 };
    assert!(bus.receive(Instant::now()).unwrap().is_none());
    assert!(bus.receive(Instant::now() + Duration::from_millis(5)).unwrap().is_none());
}

#[test]
fn nobody_listens_where_there_is_no_address() {
    assert_eq!(Bus::connect(&[]).unwrap_err().to_string(), "no address of a bus");
}
