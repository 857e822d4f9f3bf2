//! The reactor against real sockets of this process.

use super::*;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};

const PATIENCE: Duration = Duration::from_secs(20);

fn reactor() -> (Reactor, SocketAddr) {
    let mut reactor = Reactor::new(&[]).unwrap();
    let (_, addr) = reactor.listen_tcp((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    (reactor, addr)
}

/// Turns the reactor until `done` has seen what it wants, and gives what it returned.
fn until<T>(reactor: &mut Reactor, mut done: impl FnMut(&mut Reactor, Event) -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        for event in reactor.wait(Some(Duration::from_millis(100))).unwrap() {
            if let Some(value) = done(reactor, event) {
                return value;
            }
        }
    }
    panic!("nothing came within {PATIENCE:?}");
}

fn opened(reactor: &mut Reactor) -> Id {
    until(reactor, |_, event| match event {
        Event::Opened { conn, .. } => Some(conn),
        _ => None,
    })
}

#[test]
fn half_closed_clients_get_their_answers() {
    let (mut reactor, addr) = reactor();
    let mut client = TcpStream::connect(addr).unwrap();
    client.write_all(b"VER\nVER\n").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut seen = Vec::new();
    until(&mut reactor, |reactor, event| match event {
        Event::Data { conn, bytes } => {
            seen.extend_from_slice(&bytes);
            reactor.send(conn, b"1\n");
            reactor.send(conn, b"2\n");
            None
        }
        Event::Closed { reason: Closed::Eof, .. } => Some(()),
        _ => None,
    });
    reactor.flush();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!((seen.as_slice(), answer.as_str()), (b"VER\nVER\n".as_slice(), "1\n2\n"));
}

#[test]
fn a_client_that_does_not_read_is_held_back_then_served_whole() {
    let (mut reactor, addr) = reactor();
    let mut client = TcpStream::connect(addr).unwrap();
    let id = opened(&mut reactor);
    let block = vec![b'x'; 4 * 1024 * 1024];
    reactor.send(id, &block);
    client.write_all(b"more?\n").unwrap();
    for _ in 0..5 {
        let events = reactor.wait(Some(Duration::from_millis(20))).unwrap();
        assert!(events.is_empty(), "a congested connection is not read: {events:?}");
    }
    let reader = std::thread::spawn(move || {
        let mut got = vec![0; 4 * 1024 * 1024];
        client.read_exact(&mut got).unwrap();
        client
    });
    let bytes = until(&mut reactor, |_, event| match event {
        Event::Data { bytes, .. } => Some(bytes),
        _ => None,
    });
    assert_eq!(bytes, b"more?\n");
    reader.join().unwrap();
}

#[test]
fn a_held_client_is_read_when_its_owner_wants_to() {
    let (mut reactor, addr) = reactor();
    let mut client = TcpStream::connect(addr).unwrap();
    let id = opened(&mut reactor);
    reactor.send(id, b"answer\n");
    reactor.hold(id);
    client.write_all(b"more?\n").unwrap();
    let mut seen = Vec::new();
    until(&mut reactor, |reactor, event| {
        reactor.resume(id);
        seen.push(event);
        (seen.len() == 2).then_some(())
    });
    assert!(matches!(&seen[0], Event::Drained { conn } if *conn == id), "{seen:?}");
    assert!(matches!(&seen[1], Event::Data { bytes, .. } if bytes == b"more?\n"), "{seen:?}");
}

#[test]
fn a_connection_closed_behind_its_answer_leaves_nothing_to_look_at() {
    let (mut reactor, addr) = reactor();
    let mut client = TcpStream::connect(addr).unwrap();
    let id = opened(&mut reactor);
    reactor.send(id, b"OK Goodbye\n");
    reactor.close(id);
    assert!(reactor.deadlines.is_empty() && reactor.entries.get_mut(id).is_none());
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "OK Goodbye\n");
}

#[test]
fn an_overfull_queue_ends_only_its_connection() {
    let (mut reactor, addr) = reactor();
    let _deaf = TcpStream::connect(addr).unwrap();
    let id = opened(&mut reactor);
    reactor.set_limit(id, 1000);
    reactor.send(id, &[0; 1001]);
    let ended = until(&mut reactor, |_, event| match event {
        Event::Closed { conn, reason: Closed::Overflow } => Some(conn),
        _ => None,
    });
    assert_eq!(ended, id);
    let _other = TcpStream::connect(addr).unwrap();
    opened(&mut reactor);
}

#[test]
fn outgoing_connections_are_told_when_they_stand_or_fail() {
    let (mut reactor, addr) = reactor();
    let good = reactor.connect_tcp(addr).unwrap();
    let made = until(&mut reactor, |_, event| match event {
        Event::Connected { conn } => Some(conn),
        _ => None,
    });
    assert_eq!(made, good);
    let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let nobody = free.local_addr().unwrap();
    drop(free);
    let bad = reactor.connect_tcp(nobody).unwrap();
    let ended = until(&mut reactor, |_, event| match event {
        Event::Closed { conn, reason: Closed::Error(_) } => Some(conn),
        _ => None,
    });
    assert_eq!(ended, bad);
}

#[test]
fn half_a_pair_is_a_connection_like_others() {
    let mut reactor = Reactor::new(&[]).unwrap();
    let (mine, mut other) = std::os::unix::net::UnixStream::pair().unwrap();
    let id = reactor.adopt_unix(mine).unwrap();
    other.write_all(b"?").unwrap();
    let heard = until(&mut reactor, |_, event| match event {
        Event::Data { conn, bytes } => Some((conn, bytes)),
        _ => None,
    });
    assert_eq!(heard, (id, b"?".to_vec()));
    reactor.send(id, b"!");
    reactor.flush();
    let mut answer = [0];
    other.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"!");
    drop(other);
    until(&mut reactor, |_, event| matches!(event, Event::Closed { .. }).then_some(()));
}

#[test]
fn wakers_and_signals_reach_the_loop() {
    let mut reactor = Reactor::new(&[crate::signals::USR2]).unwrap();
    let waker = reactor.waker();
    std::thread::spawn(move || waker.wake().unwrap());
    until(&mut reactor, |_, event| matches!(event, Event::Woken).then_some(()));
    nix::sys::signal::raise(nix::sys::signal::Signal::SIGUSR2).unwrap();
    let number = until(&mut reactor, |_, event| match event {
        Event::Signal(n) => Some(n),
        _ => None,
    });
    assert_eq!(number, crate::signals::USR2);
}

#[test]
fn large_input_comes_in_pieces_and_in_order() {
    let (mut reactor, addr) = reactor();
    let mut client = TcpStream::connect(addr).unwrap();
    let sent: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
    let copy = sent.clone();
    let writer = std::thread::spawn(move || client.write_all(&copy).unwrap());
    let mut got = Vec::new();
    until(&mut reactor, |_, event| match event {
        Event::Data { bytes, .. } => {
            assert!(bytes.len() <= READ_SIZE);
            got.extend_from_slice(&bytes);
            None
        }
        Event::Closed { .. } => Some(()),
        _ => None,
    });
    writer.join().unwrap();
    assert!(got == sent);
}
