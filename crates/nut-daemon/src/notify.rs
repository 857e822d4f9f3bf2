//! Telling the service manager how things stand (systemd's notification protocol).
//!
//! Silent where nobody listens: NUT 2.8.5 prints two lines then. A service manager that hangs must not
//! hold a daemon up: it loses what it takes no room for.

use sd_notify::NotifyState;
use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// How long the service manager may take to make room for what it is told once.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often signs of life are given at most.
const SHORTEST: Duration = Duration::from_millis(20);

/// Says that the daemon is ready, and that this process is it.
pub fn ready() {
    ready_as(std::process::id());
}

/// Says that the daemon is ready, and which of its processes is the main one.
pub fn ready_as(main: u32) {
    send(&[NotifyState::Ready, NotifyState::MainPid(main)]);
}

/// Says that the daemon is reading its configuration again; [`ready`] must follow.
pub fn reloading() {
    let now = NotifyState::monotonic_usec_now();
    send(&[NotifyState::Reloading].into_iter().chain(now.ok()).collect::<Vec<_>>());
}

/// Says that the daemon is going down, and why.
pub fn stopping(why: &str) {
    send(&[NotifyState::Status(why), NotifyState::Stopping]);
}

/// What the service manager shows people about the daemon.
pub fn status(what: &str) {
    send(&[NotifyState::Status(what)]);
}

/// Asks for so much more time from now to start, reload or stop. It has to be asked for again before
/// that is over.
pub fn extend_timeout(by: Duration) {
    let text = format!("EXTEND_TIMEOUT_USEC={}", by.as_micros());
    send(&[NotifyState::Custom(&text)]);
}

/// A sign of life, due within [`watchdog_interval`]; another one follows, so that it waits for nothing.
pub fn watchdog() {
    send_within(&[NotifyState::Watchdog], None);
}

/// How often the service manager wants a sign of life from this process, if at all. A program that
/// forks asks before: the answer is for the process that was started, whichever gives the signs.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().and_then(usable)
}

/// Without end and without any time are no wishes; a wish for less than [`SHORTEST`] would keep a
/// daemon busy with nothing else.
fn usable(wish: Duration) -> Option<Duration> {
    let unset = wish.is_zero() || wish == Duration::from_micros(u64::MAX);
    (!unset).then_some(wish.max(SHORTEST))
}

fn send(states: &[NotifyState<'_>]) {
    send_within(states, Some(PATIENCE));
}

fn send_within(states: &[NotifyState<'_>], patience: Option<Duration>) {
    let Some(address) = env::var_os("NOTIFY_SOCKET") else { return };
    let text: String = states.iter().map(|state| format!("{state}\n")).collect();
    if let Err(e) = deliver(&address, text.as_bytes(), patience) {
        log::debug!("could not notify the service manager: {e}");
    }
}

/// Sends a datagram to a path, or to an abstract name (`@` first). Waits for room for this long, or not
/// at all.
fn deliver(address: &OsStr, bytes: &[u8], patience: Option<Duration>) -> io::Result<()> {
    let address = match address.as_bytes().split_first() {
        Some((b'@', name)) => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(address)?,
    };
    let socket = UnixDatagram::unbound()?;
    match patience {
        Some(_) => socket.set_write_timeout(patience)?,
        None => socket.set_nonblocking(true)?,
    }
    socket.send_to_addr(bytes, &address)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket that is full: nobody reads what it was sent.
    fn full(name: &str) -> (UnixDatagram, String) {
        let name = format!("walnut-notify-{name}-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let manager = UnixDatagram::bind_addr(&address).unwrap();
        let name = format!("@{name}");
        while deliver(OsStr::new(&name), b"WATCHDOG=1\n", None).is_ok() {}
        (manager, name)
    }

    #[test]
    fn words_arrive() {
        let (manager, name) = full("words");
        let mut buffer = [0; 64];
        let got = manager.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..got], b"WATCHDOG=1\n");
        assert!(deliver(OsStr::new(&name), b"READY=1\n", Some(PATIENCE)).is_ok());
    }

    #[test]
    fn a_manager_that_hangs_holds_nobody_up() {
        let (_manager, name) = full("hangs");
        for patience in [None, Some(Duration::from_millis(20))] {
            let error = deliver(OsStr::new(&name), b"READY=1\n", patience).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        }
    }

    #[test]
    fn no_wish_keeps_a_daemon_busy() {
        let micros = Duration::from_micros;
        assert_eq!([0, u64::MAX].map(|wish| usable(micros(wish))), [None, None]);
        assert_eq!(usable(micros(1)), Some(SHORTEST));
        assert_eq!(usable(micros(30_000_000)), Some(micros(30_000_000)));
    }

    #[test]
    fn places_where_nobody_listens_are_errors() {
        for address in ["", "@", "/nowhere/notify", "vsock:2:9999"] {
            assert!(deliver(OsStr::new(address), b"READY=1\n", None).is_err(), "{address}");
        }
    }
}
