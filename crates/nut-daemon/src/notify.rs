//! Telling the service manager how things stand (systemd's notification protocol).
//!
//! Silent where nobody listens: NUT 2.8.5 prints two lines then.

use sd_notify::NotifyState;
use std::time::Duration;

/// Says that the daemon is ready, and that this process is it.
pub fn ready() {
    ready_as(std::process::id());
}

/// Says that the daemon is ready, and which of its processes is the main one.
pub fn ready_as(main: u32) {
    send(&[NotifyState::Ready, NotifyState::MainPid(main)]);
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

/// What the service manager shows people about the daemon.
pub fn status(what: &str) {
    send(&[NotifyState::Status(what)]);
}

/// Asks for so much more time from now to start, reload or stop. It has to be asked for again before
/// that is over.
pub fn extend_timeout(by: Duration) {
    let text = format!("EXTEND_TIMEOUT_USEC={}", by.as_micros());
    send(&[NotifyState::Custom(&text)]);
}

/// A sign of life, due within [`watchdog_interval`].
pub fn watchdog() {
    send(&[NotifyState::Watchdog]);
}

/// How often the service manager wants a sign of life from this process, if at all. A program that
/// forks asks before: the answer is for the process that was started, whichever gives the signs.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(e) = sd_notify::notify(states) {
        log::debug!("could not notify the service manager: {e}");
    }
}
