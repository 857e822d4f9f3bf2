//! The connection to the system's log: one datagram a message.
//!
//! It is kept, so that a daemon in a chroot goes on logging, and made anew where syslog was started
//! again. A syslog that is away or full loses the message: logging never holds up.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

#[derive(Debug)]
pub(super) struct Syslog {
    path: PathBuf,
    socket: Option<UnixDatagram>,
}

impl Syslog {
    /// The log that listens on this socket file; not connected yet.
    pub(super) fn at(path: impl Into<PathBuf>) -> Syslog {
        Syslog { path: path.into(), socket: None }
    }

    /// Connects, unless it is connected.
    pub(super) fn open(&mut self) {
        if self.socket.is_none() {
            self.socket = self.connect();
        }
    }

    /// Sends a message.
    pub(super) fn send(&mut self, message: &[u8]) {
        if !self.try_send(message) {
            self.socket = self.connect();
            self.try_send(message);
        }
    }

    fn try_send(&self, message: &[u8]) -> bool {
        self.socket.as_ref().is_some_and(|socket| socket.send(message).is_ok())
    }

    fn connect(&self) -> Option<UnixDatagram> {
        let socket = UnixDatagram::unbound().ok()?;
        socket.set_nonblocking(true).ok()?;
        socket.connect(&self.path).ok()?;
        Some(socket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(daemon: &UnixDatagram) -> Option<Vec<u8>> {
        let mut buffer = [0; 64];
        let length = daemon.recv(&mut buffer).ok()?;
        buffer.get(..length).map(<[u8]>::to_vec)
    }

    fn daemon(path: &PathBuf) -> UnixDatagram {
        let _ = std::fs::remove_file(path);
        let daemon = UnixDatagram::bind(path).unwrap();
        daemon.set_nonblocking(true).unwrap();
        daemon
    }

    #[test]
    fn the_connection_outlives_its_path_and_a_new_daemon_is_found() {
        let path = std::env::temp_dir().join(format!("walnut-syslog-{}", std::process::id()));
        let mut syslog = Syslog::at(&path);
        syslog.send(b"lost");
        let first = daemon(&path);
        syslog.open();
        std::fs::remove_file(&path).unwrap();
        syslog.send(b"one");
        assert_eq!(received(&first).unwrap(), b"one");
        drop(first);
        let second = daemon(&path);
        syslog.send(b"two");
        assert_eq!(received(&second).unwrap(), b"two");
        std::fs::remove_file(&path).unwrap();
    }
}
