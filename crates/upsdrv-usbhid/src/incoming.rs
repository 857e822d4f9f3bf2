//! What a device sends of its own accord, on its way from a reader thread to the loop.
//!
//! Knows the queue and that the loop must be woken. Who fills it is the business of `reader` and
//! `replay`; what a report means is the engine's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// News from a connected device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// An interrupt report, the id in front where the device uses ids.
    Report(Vec<u8>),
    /// The interrupt pipe is closed, for this reason; nothing follows.
    Lost(String),
}

impl Incoming {
    fn reports(&self) -> usize {
        usize::from(matches!(self, Incoming::Report(_)))
    }
}

/// Wakes the loop that empties the queue.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Says whether reports wait, without taking them. The end of the pipe is nothing to make way for: a
/// device that is gone says so to whoever asks it, and one that is not answers.
#[derive(Debug, Clone, Default)]
pub struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    /// Whether a report waits.
    pub fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

/// The end a reader thread holds.
#[derive(Clone)]
pub struct Sink {
    queue: Sender<Incoming>,
    waiting: Waiting,
    wake: Wake,
}

impl Sink {
    /// Puts news into the queue and wakes the loop. Whether anybody still listens is not told: a
    /// reader learns from its own stop flag.
    pub fn send(&self, news: Incoming) {
        self.waiting.0.fetch_add(news.reports(), Ordering::Relaxed);
        if self.queue.send(news).is_ok() {
            (self.wake)();
        }
    }
}

/// The end the loop holds.
#[derive(Debug)]
pub struct News {
    queue: Receiver<Incoming>,
    waiting: Waiting,
}

impl News {
    /// What came since the last call, oldest first.
    pub fn take(&self) -> Vec<Incoming> {
        let news: Vec<Incoming> = self.queue.try_iter().collect();
        let reports = news.iter().map(Incoming::reports).sum();
        self.waiting.0.fetch_sub(reports, Ordering::Relaxed);
        news
    }

    /// A way to ask whether a report waits.
    pub fn waiting(&self) -> Waiting {
        self.waiting.clone()
    }
}

/// A new queue; `wake` is called after each piece of news.
pub fn queue(wake: Wake) -> (Sink, News) {
    let (sender, receiver) = channel();
    let waiting = Waiting::default();
    let sink = Sink { queue: sender, waiting: waiting.clone(), wake };
    (sink, News { queue: receiver, waiting })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn news_waits_wakes_and_is_taken_once() {
        let woken = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&woken);
        let (sink, news) = queue(Arc::new(move || flag.store(true, Ordering::Relaxed)));
        let waiting = news.waiting();
        assert!(!waiting.any());
        sink.send(Incoming::Report(vec![1]));
        assert!(waiting.any() && woken.load(Ordering::Relaxed));
        assert_eq!(news.take(), [Incoming::Report(vec![1])]);
        assert!(!waiting.any() && news.take().is_empty());
        sink.send(Incoming::Lost(String::new()));
        assert!(!waiting.any(), "no walk is broken off for it");
        assert_eq!(news.take(), [Incoming::Lost(String::new())]);
    }
}
