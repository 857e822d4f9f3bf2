//! A device in a thread of its own, so that a request it does not answer holds up nobody for long.
//!
//! Knows how long the loop waits for an answer and what it does meanwhile. The kernel gives up on a
//! request after five seconds; a device in trouble would stop the driver socket for five seconds a
//! report. Here a request that takes too long counts as unanswered, and until the thread is free
//! again every further one is refused at once. So one cycle waits once. A device that did answer, only
//! late, is slow and not in trouble: from then on it is given the time it takes.

use crate::incoming::Waiting;
use crate::transport::{Identity, Patience, Transport, TransportError};
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// A request, run in the device's thread.
type Job = Box<dyn FnOnce(&mut dyn Transport) + Send>;

/// How long a request took, if it was answered in the end.
type Took = Option<Duration>;

/// A device behind a thread. Dropping it ends the thread as soon as it is free.
pub struct Worker {
    identity: Identity,
    jobs: Sender<Job>,
    news: Waiting,
    /// Says when the request that took too long is over at last.
    overdue: Option<Receiver<Took>>,
    /// How long answers are waited for from now on.
    patience: Patience,
}

impl Worker {
    /// Moves a device into a thread of its own. `news` tells of its interrupt reports.
    pub fn new(device: impl Transport + Send + 'static, news: Waiting) -> io::Result<Self> {
        let identity = device.identity().clone();
        let (jobs, queue) = channel::<Job>();
        thread::Builder::new().name("device".to_string()).spawn(move || serve(device, &queue))?;
        Ok(Worker { identity, jobs, news, overdue: None, patience: Patience::STARTING })
    }

    /// Whether the thread is free, waiting for that as long as given.
    fn is_free(&mut self, wait: Duration) -> bool {
        let Some(over) = &self.overdue else { return true };
        match over.recv_timeout(wait) {
            Err(RecvTimeoutError::Timeout) => return false,
            Ok(Some(took)) => self.grant(took),
            Ok(None) | Err(RecvTimeoutError::Disconnected) => {}
        }
        self.overdue = None;
        true
    }

    /// Waits longer for readings than a late answer took.
    fn grant(&mut self, took: Duration) {
        let needed = (took + took / 4).min(Patience::STARTING.read);
        if needed > self.patience.read {
            self.patience.read = needed;
            log::warn!(
                "The UPS took {:.1} s for an answer; from now on its readings are waited for up to {:.1} s",
                took.as_secs_f64(),
                needed.as_secs_f64()
            );
        }
    }

    /// Runs a request in the device's thread. `queue` is how long it may wait for its turn, `answer`
    /// how long for its answer.
    fn ask<T: Send + 'static>(
        &mut self,
        queue: Duration,
        answer: Duration,
        request: impl FnOnce(&mut dyn Transport) -> Result<T, TransportError> + Send + 'static,
    ) -> Result<T, TransportError> {
        let late = || TransportError::NoValue("the device does not answer".to_string());
        if !self.is_free(queue) {
            return Err(late());
        }
        let (reply, result) = sync_channel(1);
        let (over, overdue) = sync_channel(1);
        if self.jobs.send(job(request, reply, over)).is_err() {
            return Err(ended());
        }
        match result.recv_timeout(answer) {
            Ok(result) => result,
            Err(RecvTimeoutError::Disconnected) => Err(ended()),
            Err(RecvTimeoutError::Timeout) => {
                self.overdue = Some(overdue);
                Err(late())
            }
        }
    }

    fn read<T: Send + 'static>(
        &mut self,
        request: impl FnOnce(&mut dyn Transport) -> Result<T, TransportError> + Send + 'static,
    ) -> Result<T, TransportError> {
        self.ask(Duration::ZERO, self.patience.read, request)
    }
}

fn ended() -> TransportError {
    TransportError::Gone("the device's thread has ended".to_string())
}

fn job<T: Send + 'static>(
    request: impl FnOnce(&mut dyn Transport) -> Result<T, TransportError> + Send + 'static,
    reply: SyncSender<Result<T, TransportError>>,
    over: SyncSender<Took>,
) -> Job {
    Box::new(move |device| {
        let begun = Instant::now();
        let result = request(device);
        let took = result.is_ok().then(|| begun.elapsed());
        // Nobody takes the answer of a request that was given up, nor asks how long one took that was not.
        let _ = reply.send(result);
        let _ = over.send(took);
    })
}

fn serve(mut device: impl Transport, jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        job(&mut device);
    }
}

impl Transport for Worker {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn has_news(&self) -> bool {
        self.news.any()
    }

    fn set_patience(&mut self, patience: Patience) {
        self.patience = patience;
    }

    fn report_descriptor(&mut self) -> Result<Vec<u8>, TransportError> {
        self.read(|device| device.report_descriptor())
    }

    fn get_feature(&mut self, id: u8, len: usize) -> Result<Vec<u8>, TransportError> {
        self.read(move |device| device.get_feature(id, len))
    }

    fn get_input(&mut self, id: u8, len: usize) -> Result<Vec<u8>, TransportError> {
        self.read(move |device| device.get_input(id, len))
    }

    fn set_feature(&mut self, report: &[u8]) -> Result<(), TransportError> {
        let report = report.to_vec();
        let wait = self.patience.write;
        self.ask(wait, wait, move |device| device.set_feature(&report))
    }

    fn indexed_string(&mut self, index: u8) -> Result<String, TransportError> {
        self.read(move |device| device.indexed_string(index))
    }

    fn pause(&mut self, time: Duration) {
        let _ = self.ask(time, time + self.patience.write, move |device| {
            device.pause(time);
            Ok(())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers only when the test lets it.
    struct Slow {
        identity: Identity,
        go: Receiver<()>,
        written: Vec<u8>,
    }

    impl Transport for Slow {
        fn identity(&self) -> &Identity {
            &self.identity
        }

        fn report_descriptor(&mut self) -> Result<Vec<u8>, TransportError> {
            Ok(self.written.clone())
        }

        fn get_feature(&mut self, id: u8, _len: usize) -> Result<Vec<u8>, TransportError> {
            self.go.recv().map_err(|_| TransportError::Io("test over".to_string()))?;
            Ok(vec![id, 1])
        }

        fn set_feature(&mut self, report: &[u8]) -> Result<(), TransportError> {
            self.written.extend(report);
            Ok(())
        }

        fn indexed_string(&mut self, _index: u8) -> Result<String, TransportError> {
            Ok(String::new())
        }

        fn pause(&mut self, _time: Duration) {}
    }

    fn slow() -> (Worker, Sender<()>) {
        let (go, wait) = channel();
        let device = Slow { identity: Identity::default(), go: wait, written: Vec::new() };
        (Worker::new(device, Waiting::default()).unwrap(), go)
    }

    fn unanswered<T>(result: Result<T, TransportError>) -> bool {
        matches!(result, Err(TransportError::NoValue(_)))
    }

    #[test]
    fn answers_come_through() {
        let (mut worker, go) = slow();
        go.send(()).unwrap();
        assert_eq!(worker.get_feature(6, 2), Ok(vec![6, 1]));
        assert_eq!(worker.set_feature(&[7, 8]), Ok(()));
        assert_eq!(worker.report_descriptor(), Ok(vec![7, 8]));
    }

    #[test]
    fn a_stuck_request_is_given_up_and_others_are_refused_until_it_is_over() {
        let (mut worker, go) = slow();
        worker.patience.read = Duration::from_millis(20);
        assert!(unanswered(worker.get_feature(6, 2)));
        assert!(unanswered(worker.report_descriptor()), "the thread is still busy");
        go.send(()).unwrap();
        assert_eq!(worker.set_feature(&[1]), Ok(()), "a write waits for its turn");
        worker.patience.read = Patience::STARTING.read;
        assert_eq!(worker.report_descriptor(), Ok(vec![1]));
    }

    #[test]
    fn a_device_that_answers_late_is_given_the_time_it_takes() {
        let (mut worker, go) = slow();
        let short = Patience { read: Duration::from_millis(20), ..Patience::SERVING };
        worker.set_patience(short);
        assert!(unanswered(worker.get_feature(6, 2)));
        thread::sleep(Duration::from_millis(60));
        go.send(()).unwrap();
        assert!(worker.is_free(Duration::from_secs(60)));
        assert!(worker.patience.read > Duration::from_millis(75), "{:?}", worker.patience);
        assert!(unanswered(worker.get_feature(6, 2)));
        drop(go);
        let before = worker.patience;
        assert!(worker.is_free(Duration::from_secs(60)));
        assert_eq!(worker.patience, before, "an error is no answer");
    }
}
