//! Addresses of hosts, looked up off the loop.
//!
//! Knows how to look a name up and how many look-ups may run at once: each on a thread of its own, so
//! that a name whose server hangs holds up no other one. Who asks for one name while it is being
//! looked up gets the same answer. When to ask, and which address to use, is for the caller.

mod lookup;

use crate::reactor::Waker;
use lookup::{Answer, Question, literal, look_up};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, mem, thread};

pub use lookup::{Family, LookupError, wanted};

/// Look-ups that may run at once.
const THREADS: usize = 8;

/// Looks names up for callers known by a key. Dropping it waits for nobody.
pub struct Resolver<K> {
    shared: Arc<Shared>,
    /// Who waits for which answer.
    askers: Vec<Asker<K>>,
    /// Answers that needed no look-up.
    ready: Vec<(K, Answer)>,
}

struct Asker<K> {
    key: K,
    question: Question,
    port: u16,
}

/// What the loop and the threads share.
struct Shared {
    work: Mutex<Work>,
    waker: Waker,
    look_up: Box<dyn Fn(&Question) -> Answer + Send + Sync>,
}

#[derive(Default)]
struct Work {
    /// Questions that no thread has taken up yet.
    queue: VecDeque<Question>,
    /// Questions that a thread is busy with, one a thread.
    running: Vec<Question>,
    done: Vec<(Question, Answer)>,
}

impl<K: PartialEq> Resolver<K> {
    /// A resolver that wakes the loop when [`Resolver::take`] has something to give.
    pub fn new(waker: Waker) -> Resolver<K> {
        Resolver::with(waker, look_up)
    }

    fn with(
        waker: Waker,
        look_up: impl Fn(&Question) -> Answer + Send + Sync + 'static,
    ) -> Resolver<K> {
        let shared = Shared { work: Mutex::default(), waker, look_up: Box::new(look_up) };
        Resolver { shared: Arc::new(shared), askers: Vec::new(), ready: Vec::new() }
    }

    /// Asks for the addresses of a host, of one family or of both, to be given with this port. A key
    /// that still waits for an answer stays with its older question.
    pub fn ask(&mut self, key: K, host: &str, port: u16, family: Option<Family>) {
        if self.waits(&key) {
            return;
        }
        let question = Question { host: host.to_owned(), family };
        if let Some(answer) = literal(&question) {
            self.ready.push((key, with_port(answer, port)));
            self.shared.wake();
            return;
        }
        self.askers.push(Asker { key, question: question.clone(), port });
        Shared::begin(&self.shared, question);
    }

    /// Whether this key still waits for an answer.
    pub fn waits(&self, key: &K) -> bool {
        self.ready.iter().any(|(ready, _)| ready == key)
            || self.askers.iter().any(|asker| asker.key == *key)
    }

    /// Wants no answer for this key any more; it may ask anew at once.
    pub fn forget(&mut self, key: &K) {
        self.ready.retain(|(ready, _)| ready != key);
        self.askers.retain(|asker| asker.key != *key);
    }

    /// The answers that have come since the last call: addresses in the system's order of
    /// preference, at least one, or why there are none.
    pub fn take(&mut self) -> Vec<(K, Result<Vec<SocketAddr>, LookupError>)> {
        let mut answers = mem::take(&mut self.ready);
        let done = mem::take(&mut self.shared.work().done);
        for (question, answer) in done {
            let (asked, others) =
                mem::take(&mut self.askers).into_iter().partition(|a| a.question == question);
            self.askers = others;
            let asked: Vec<Asker<K>> = asked;
            answers.extend(asked.into_iter().map(|a| (a.key, with_port(answer.clone(), a.port))));
        }
        answers
    }
}

impl<K> fmt::Debug for Resolver<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").field("waiting", &self.askers.len()).finish_non_exhaustive()
    }
}

impl<K> Drop for Resolver<K> {
    fn drop(&mut self) {
        // Threads end with the question they are at; the process's end does not wait for them.
        self.shared.work().queue.clear();
    }
}

fn with_port(answer: Answer, port: u16) -> Answer {
    let mut addresses = answer?;
    addresses.iter_mut().for_each(|address| address.set_port(port));
    Ok(addresses)
}

impl Shared {
    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        // An error means that the loop is gone, and with it whoever wants to know.
        let _ = self.waker.wake();
    }

    /// Looks a question up, now or when a thread is free, unless that is under way already.
    fn begin(shared: &Arc<Shared>, question: Question) {
        let mut work = shared.work();
        if work.queue.contains(&question) || work.running.contains(&question) {
            return;
        }
        if work.running.len() >= THREADS {
            return work.queue.push_back(question);
        }
        let (mine, first) = (shared.clone(), question.clone());
        let name = "resolver".to_owned();
        match thread::Builder::new().name(name).spawn(move || mine.serve(first)) {
            Ok(_) => work.running.push(question),
            Err(_) if !work.running.is_empty() => work.queue.push_back(question),
            Err(e) => {
                work.done.push((question, Err(LookupError::Temporary(e.to_string()))));
                shared.wake();
            }
        }
    }

    /// The life of a thread: a question, then whatever waits meanwhile.
    fn serve(&self, first: Question) {
        let mut next = Some(first);
        while let Some(question) = next {
            let answer = (self.look_up)(&question);
            next = self.finish(question, answer);
            self.wake();
        }
    }

    /// Hands in an answer; gives the next question.
    fn finish(&self, question: Question, answer: Answer) -> Option<Question> {
        let mut work = self.work();
        work.running.retain(|running| *running != question);
        work.done.push((question, answer));
        let next = work.queue.pop_front();
        work.running.extend(next.clone());
        next
    }
}

#[cfg(test)]
mod tests;
