//! The thread that waits for a device's interrupt reports.
//!
//! Knows when to end: the device is gone, or nobody wants its reports any more. It has a handle of
//! its own on the device, so a slow request on the other one does not hold up a report. hidapi hands
//! out no descriptor for the loop to wait on; that is why there is a thread at all.

use crate::failure::reason;
use crate::incoming::{Incoming, Sink};
use hidapi::HidDevice;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};

/// How long one wait lasts, in milliseconds: the time the thread may take to notice that it is not
/// wanted any more. A report or an unplugging ends the wait at once.
const WAIT: i32 = 1000;

/// A running reader; dropping it ends the thread.
pub struct Reader {
    stop: Arc<AtomicBool>,
    thread: Thread,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.unpark();
    }
}

/// Starts a thread that reads until it is told to stop.
pub fn spawn(read: impl FnOnce(&AtomicBool) + Send + 'static) -> io::Result<Reader> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let thread =
        thread::Builder::new().name("interrupts".to_string()).spawn(move || read(&told))?;
    Ok(Reader { stop, thread: thread.thread().clone() })
}

/// Starts reading a hidraw node. `size` is the most bytes taken of a report.
pub fn start(pipe: HidDevice, size: usize, sink: Sink) -> io::Result<Reader> {
    spawn(move |stop| read(&pipe, size, &sink, stop))
}

fn read(pipe: &HidDevice, size: usize, sink: &Sink, stop: &AtomicBool) {
    let mut buffer = vec![0; size];
    while !stop.load(Ordering::Relaxed) {
        match pipe.read_timeout(&mut buffer, WAIT) {
            Ok(0) => {}
            Ok(length) => {
                let report = buffer.get(..length).unwrap_or_default();
                sink.send(Incoming::Report(report.to_vec()));
            }
            Err(error) => {
                let text = error.to_string();
                sink.send(Incoming::Lost(reason(&text).to_string()));
                return;
            }
        }
    }
}
