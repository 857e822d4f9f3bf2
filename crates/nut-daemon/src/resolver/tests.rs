//! The resolver with look-ups that answer, fail and hang as they are told.

use super::*;
use crate::reactor::{Event, Reactor};
use std::sync::Condvar;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// Names that begin with `hang` are not answered before the gate opens.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
    asked: AtomicUsize,
}

impl Gate {
    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    fn look_up(&self, question: &Question) -> Answer {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if question.host.starts_with("hang") {
            let open = self.open.lock().unwrap();
            drop(self.opened.wait_while(open, |open| !*open).unwrap());
        }
        Ok(vec![([127, 0, 0, 1], 0).into()])
    }
}

struct Bench {
    reactor: Reactor,
    resolver: Resolver<u32>,
    gate: Arc<Gate>,
}

impl Bench {
    fn new() -> Bench {
        let reactor = Reactor::new(&[]).unwrap();
        let gate = Arc::new(Gate::default());
        let mine = gate.clone();
        let resolver = Resolver::with(reactor.waker(), move |question| mine.look_up(question));
        Bench { reactor, resolver, gate }
    }

    /// Waits for so many answers, by the waker alone; gives the keys in order.
    fn answers(&mut self, wanted: usize) -> Vec<u32> {
        let end = Instant::now() + PATIENCE;
        let mut keys = Vec::new();
        while keys.len() < wanted {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "only {keys:?} were answered");
            let events = self.reactor.wait(Some(left)).unwrap();
            if events.iter().any(|event| matches!(event, Event::Woken)) {
                keys.extend(self.resolver.take().into_iter().map(|(key, _)| key));
            }
        }
        keys.sort_unstable();
        keys
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.gate.open();
    }
}

#[test]
fn literal_addresses_answer_at_once_and_wake_the_loop() {
    let mut bench = Bench::new();
    bench.resolver.ask(1, "::1", 3493, None);
    assert_eq!(bench.resolver.take(), [(1, Ok(vec!["[::1]:3493".parse().unwrap()]))]);
    bench.resolver.ask(2, "127.0.0.1", 1, None);
    assert_eq!(bench.answers(1), [2]);
    assert_eq!(bench.gate.asked.load(Ordering::SeqCst), 0);
}

#[test]
fn names_come_with_the_port_of_each_asker() {
    let mut resolver = Resolver::new(Reactor::new(&[]).unwrap().waker());
    resolver.ask("a", "localhost", 5, None);
    let end = Instant::now() + PATIENCE;
    while resolver.waits(&"a") && Instant::now() < end {
        for (key, answer) in resolver.take() {
            let ports: Vec<u16> = answer.unwrap().iter().map(SocketAddr::port).collect();
            assert!(key == "a" && !ports.is_empty() && ports.iter().all(|port| *port == 5));
        }
        thread::sleep(Duration::from_millis(5));
    }
    assert!(!resolver.waits(&"a"));
}

#[test]
fn names_that_hang_hold_up_nobody_as_long_as_a_thread_is_free() {
    let mut bench = Bench::new();
    for n in 1..THREADS as u32 {
        bench.resolver.ask(n, &format!("hang{n}"), 1, None);
    }
    for n in 100..200 {
        bench.resolver.ask(n, &format!("good{n}"), 1, None);
    }
    assert_eq!(bench.answers(100), (100..200).collect::<Vec<_>>());
    assert!((1..THREADS as u32).all(|n| bench.resolver.waits(&n)));
}

#[test]
fn with_all_threads_busy_questions_wait_their_turn() {
    let mut bench = Bench::new();
    for n in 1..=THREADS as u32 {
        bench.resolver.ask(n, &format!("hang{n}"), 1, None);
    }
    bench.resolver.ask(100, "good", 1, None);
    assert_eq!(bench.resolver.shared.work().queue.len(), 1);
    bench.gate.open();
    assert_eq!(bench.answers(THREADS + 1), [1, 2, 3, 4, 5, 6, 7, 8, 100]);
}

#[test]
fn one_name_is_one_look_up_however_many_ask_and_how_often() {
    let mut bench = Bench::new();
    for n in (0..50).chain(0..50) {
        bench.resolver.ask(n, "hang", 1, None);
    }
    bench.resolver.ask(0, "another", 1, None);
    bench.gate.open();
    assert_eq!(bench.answers(50), (0..50).collect::<Vec<_>>());
    assert_eq!(bench.gate.asked.load(Ordering::SeqCst), 1);
}

#[test]
fn who_is_forgotten_can_ask_for_another_name() {
    let mut bench = Bench::new();
    bench.resolver.ask(1, "hang", 1, None);
    bench.resolver.forget(&1);
    assert!(!bench.resolver.waits(&1));
    bench.resolver.ask(1, "good", 1, None);
    assert_eq!(bench.answers(1), [1]);
    bench.resolver.ask(2, "hang", 1, None);
    bench.gate.open();
    assert_eq!(bench.answers(1), [2]);
}

#[test]
fn dropping_waits_for_nobody() {
    let mut bench = Bench::new();
    for n in 0..100 {
        bench.resolver.ask(n, &format!("hang{n}"), 1, None);
    }
    let gate = bench.gate.clone();
    bench.resolver = Resolver::new(bench.reactor.waker());
    assert!(!*gate.open.lock().unwrap(), "nothing had to end for that");
}
