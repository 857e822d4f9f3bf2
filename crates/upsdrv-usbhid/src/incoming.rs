//! What a device sends of its own accord, on its way from a reader thread to the loop.
//!
//! Knows the queue and that the loop must be woken. Who fills it is the business of `reader` and
//! `replay`; what a report means is the engine's.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// News from a connected device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// An interrupt report, the id in front where the device uses ids.
    Report(Vec<u8>),
    /// The interrupt pipe is closed, for this reason; nothing follows.
    Lost(String),
}

/// Wakes the loop that empties the queue.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// The end a reader thread holds.
#[derive(Clone)]
pub struct Sink {
    queue: Sender<Incoming>,
    wake: Wake,
}

impl Sink {
    /// Puts news into the queue and wakes the loop. Whether anybody still listens is not told: a
    /// reader learns from its own stop flag.
    pub fn send(&self, news: Incoming) {
        if self.queue.send(news).is_ok() {
            (self.wake)();
        }
    }
}

/// A new queue; `wake` is called after each piece of news.
pub fn queue(wake: Wake) -> (Sink, Receiver<Incoming>) {
    let (queue, receiver) = channel();
    (Sink { queue, wake }, receiver)
}
