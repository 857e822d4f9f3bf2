//! Listening sockets: how they are opened, and accepting from them.

use super::conn::Stream;
use mio::event::Source;
use mio::net::{TcpListener, UnixListener};
use socket2::{Domain, Socket, Type};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Instant;

/// Connections the kernel keeps waiting until they are accepted.
const BACKLOG: i32 = 1024;

/// Who connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A TCP client and its address.
    Ip(SocketAddr),
    /// Somebody on this machine, over a Unix socket.
    Unix,
}

#[derive(Debug)]
enum Socketed {
    Tcp(TcpListener),
    Unix(UnixListener),
}

#[derive(Debug)]
pub(super) struct Listener {
    socket: Socketed,
    /// Set after a failed accept: no further try before this moment.
    pub(super) paused_until: Option<Instant>,
    /// Listed among the listeners to accept from.
    pub(super) readable: bool,
}

impl Listener {
    /// Listens on a TCP address with SO_REUSEADDR; an IPv6 socket takes IPv6 only, as NUT's.
    pub(super) fn tcp(addr: SocketAddr) -> io::Result<(Listener, SocketAddr)> {
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        if addr.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_nonblocking(true)?;
        socket.bind(&addr.into())?;
        socket.listen(BACKLOG)?;
        let listener = TcpListener::from_std(socket.into());
        let bound = listener.local_addr()?;
        Ok((Listener::new(Socketed::Tcp(listener)), bound))
    }

    /// Listens on a Unix socket, taking away an old file of that name, and sets the file's mode.
    pub(super) fn unix(path: &Path, mode: u32) -> io::Result<Listener> {
        match fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        Ok(Listener::new(Socketed::Unix(listener)))
    }

    fn new(socket: Socketed) -> Listener {
        Listener { socket, paused_until: None, readable: false }
    }

    pub(super) fn source(&mut self) -> &mut dyn Source {
        match &mut self.socket {
            Socketed::Tcp(s) => s,
            Socketed::Unix(s) => s,
        }
    }

    /// Takes one waiting connection, or none. A client that gave up meanwhile is passed over.
    pub(super) fn accept(&self) -> io::Result<Option<(Stream, Peer)>> {
        loop {
            let accepted = match &self.socket {
                Socketed::Tcp(s) => s.accept().map(|(s, a)| (Stream::Tcp(s), Peer::Ip(a))),
                Socketed::Unix(s) => s.accept().map(|(s, _)| (Stream::Unix(s), Peer::Unix)),
            };
            match accepted {
                Ok(pair) => {
                    no_delay(&pair.0);
                    return Ok(Some(pair));
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(e) if passing(&e) => {}
                Err(e) => return Err(e),
            }
        }
    }
}

/// Answers leave at once; a failure here only costs time.
pub(super) fn no_delay(stream: &Stream) {
    if let Stream::Tcp(stream) = stream {
        let _ = stream.set_nodelay(true);
    }
}

fn passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted)
}
