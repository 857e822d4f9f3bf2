//! Telling the service manager how things stand (systemd's notification protocol).
//!
//! Silent where nobody listens: NUT 2.8.5 prints two lines then.

use sd_notify::NotifyState;
use std::time::Duration;

/// Says that the daemon is ready, and which process it is.
pub fn ready() {
    send(&[NotifyState::Ready, NotifyState::MainPid(std::process::id())]);
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

/// A sign of life, due within [`watchdog_interval`].
pub fn watchdog() {
    send(&[NotifyState::Watchdog]);
}

/// How often the service manager wants a sign of life from this process, if at all.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(e) = sd_notify::notify(states) {
        log::debug!("could not notify the service manager: {e}");
    }
}
