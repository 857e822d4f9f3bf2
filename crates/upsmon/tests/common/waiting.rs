//! Waiting in tests, always with an end, and signals.

use std::process::{Child, Command, Output};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up; generous, as machines can be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a program says until its end, which must come by itself.
pub fn output_of(child: Child) -> Output {
    let pid = child.id();
    let waiter = thread::spawn(move || child.wait_with_output().unwrap());
    if wait_until(|| waiter.is_finished().then_some(())).is_none() {
        kill(pid, "KILL");
        panic!("process {pid} does not end");
    }
    waiter.join().unwrap()
}

pub fn kill(pid: u32, name: &str) {
    let _ = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).output();
}

/// Asks again and again until there is an answer or patience ends.
pub fn wait_until<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        thread::sleep(Duration::from_millis(5));
    }
    None
}
