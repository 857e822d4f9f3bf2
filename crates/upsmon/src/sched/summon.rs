//! Beginning the timer daemon, exactly once however many ask for it at a time.
//!
//! The process that is begun takes the lock itself and keeps it for its life: who does not get it ends
//! again at once. So nobody but a daemon ever holds the lock, and the kernel frees it when that one
//! ends, however it ends. What the daemon does then is for `daemon`.

use super::config::Place;
use super::daemon::Daemon;
use super::seat::Seat;
use nut_daemon::background::{Birth, Detached, beget};
use nut_daemon::errno::errno_text;
use nut_daemon::reactor::Reactor;
use nut_daemon::{limits, logging, signals};

const SIGNALS: [i32; 5] = [signals::CHLD, signals::HUP, signals::TERM, signals::INT, signals::QUIT];
/// Exit status of a daemon that found another one.
const BUSY: u8 = 75;
/// What others may not do with files made by the daemon and its scripts, as in NUT.
const UMASK: u32 = 0o007;

/// What became of the wish for a daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summoned {
    /// It listens.
    Ready,
    /// Another one is there, or is just beginning.
    Busy,
}

/// Begins a daemon. The complaint is the last word on why there can be none; the daemon has told more.
pub fn summon(place: &Place) -> Result<Summoned, String> {
    match beget(|detached| become_daemon(place, detached)) {
        Ok(Birth::Ready) => Ok(Summoned::Ready),
        Ok(Birth::Ended(status)) if status == i32::from(BUSY) => Ok(Summoned::Busy),
        Ok(Birth::Ended(_)) => {
            Err("Unable to connect to daemon and unable to start daemon".to_owned())
        }
        Err(e) => Err(format!("Unable to enter background: {}", errno_text(&e))),
    }
}

/// The life of the new process; gives its exit status.
fn become_daemon(place: &Place, detached: Detached) -> u8 {
    limits::set_umask(UMASK);
    match begin(place, detached) {
        Ok(None) => BUSY,
        Ok(Some(daemon)) => daemon.run(),
        Err(complaint) => {
            log::error!("{complaint}");
            1
        }
    }
}

/// None where there is a daemon already.
fn begin(place: &Place, detached: Detached) -> Result<Option<Daemon>, String> {
    let system = |e| format!("Unable to begin a timer daemon: {}", errno_text(&e));
    let mut reactor = Reactor::new(&SIGNALS).map_err(system)?;
    let Some(seat) = Seat::take(place, &mut reactor)? else { return Ok(None) };
    let daemon = Daemon::new(reactor, seat, &place.script);
    if logging::debug() > 0 {
        detached.ready_with_stderr().map_err(system)?;
    } else {
        detached.ready_in_silence().map_err(system)?;
        logging::to_syslog_only();
    }
    nut_daemon::debug!(1, "Timer daemon started");
    Ok(Some(daemon))
}
