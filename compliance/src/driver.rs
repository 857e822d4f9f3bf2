//! A scripted driver: it serves one driver socket, dumps its device and keeps what upsd says.
//!
//! Stands only for hardware and the program that reads it. It answers DUMPALL and PING by
//! itself; SET and INSTCMD are left to the case, which reads them with
//! [`Driver::next_request`] and answers with [`Driver::send`].

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

use crate::device::Device;
use crate::program::{PATIENCE, wait_until};

/// A running scripted driver; it disappears with the value.
pub struct Driver {
    socket: PathBuf,
    shared: Arc<Shared>,
}

struct Shared {
    device: Mutex<Device>,
    requests: Mutex<VecDeque<String>>,
    arrived: Condvar,
    peers: Mutex<Vec<UnixStream>>,
    mute: Mutex<bool>,
}

impl Driver {
    /// Serves `device` at `socket`.
    ///
    /// # Panics
    /// When the socket cannot be made.
    pub fn start(socket: &Path, device: Device) -> Driver {
        let _ = std::fs::remove_file(socket);
        let listener = UnixListener::bind(socket).expect("a driver socket");
        let shared = Arc::new(Shared {
            device: Mutex::new(device),
            requests: Mutex::default(),
            arrived: Condvar::new(),
            peers: Mutex::default(),
            mute: Mutex::new(false),
        });
        let acceptor = Arc::clone(&shared);
        // The thread ends with the process; a case's drivers are few.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let peer = Arc::clone(&acceptor);
                peer.locked(&peer.peers).push(stream.try_clone().expect("a handle"));
                thread::spawn(move || peer.serve(stream));
            }
        });
        Driver { socket: socket.to_path_buf(), shared }
    }

    /// Sends lines to every connected server.
    pub fn send(&self, text: &str) {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(|line| {
            self.send_bytes(line.as_bytes());
        });
    }

    /// Sends one line of bytes to every connected server, adding the LF.
    pub fn send_bytes(&self, line: &[u8]) {
        for mut peer in self.shared.locked(&self.shared.peers).iter() {
            // A server that has gone is not the driver's trouble.
            let _ = peer.write_all(&[line, b"\n"].concat());
        }
    }

    /// The next line from upsd other than DUMPALL and PING.
    ///
    /// # Panics
    /// When none comes within [`PATIENCE`].
    pub fn next_request(&self) -> String {
        let guard = self.shared.locked(&self.shared.requests);
        let waited = self.shared.arrived.wait_timeout_while(guard, PATIENCE, |q| q.is_empty());
        let (mut queue, _) = waited.expect("no thread panics while holding it");
        queue.pop_front().expect("upsd sent the driver nothing")
    }

    /// From now on the driver neither answers PING nor DUMPALL.
    pub fn mute(&self, silent: bool) {
        *self.shared.locked(&self.shared.mute) = silent;
    }

    /// What a later DUMPALL is answered with.
    pub fn becomes(&self, device: Device) {
        *self.shared.locked(&self.shared.device) = device;
    }

    /// Closes every connection, as a driver that died would; upsd may connect again.
    pub fn hang_up(&self) {
        self.wait_connected();
        for peer in self.shared.locked(&self.shared.peers).drain(..) {
            let _ = peer.shutdown(Shutdown::Both);
        }
    }

    /// Removes the socket file and hangs up: the driver is gone for good.
    pub fn vanish(&self) {
        let _ = std::fs::remove_file(&self.socket);
        self.hang_up();
    }

    fn wait_connected(&self) {
        let connected = || (!self.shared.locked(&self.shared.peers).is_empty()).then_some(());
        wait_until("connection from upsd", connected).unwrap_or_else(|why| panic!("{why}"));
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.socket);
        for peer in self.shared.locked(&self.shared.peers).drain(..) {
            let _ = peer.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn locked<'a, T>(&self, mutex: &'a Mutex<T>) -> MutexGuard<'a, T> {
        mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn serve(&self, stream: UnixStream) {
        let Ok(mut writer) = stream.try_clone() else { return };
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let silent = *self.locked(&self.mute);
            let answer = match line.as_str() {
                "DUMPALL" | "PING" if silent => continue,
                "DUMPALL" => self.locked(&self.device).dump(),
                "PING" => "PONG\n".to_string(),
                _ => {
                    self.locked(&self.requests).push_back(line);
                    self.arrived.notify_all();
                    continue;
                }
            };
            if writer.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}
