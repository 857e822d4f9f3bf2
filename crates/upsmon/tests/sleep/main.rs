//! Sleep as logind announces it: a real message bus of the test's own, on it a logind that obeys the
//! test.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod listening;
mod logind;
mod private_bus;

use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up; generous, as machines can be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until this gives something.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = look() {
            return value;
        }
        assert!(Instant::now() < until, "{what} did not come within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(5));
    }
}
