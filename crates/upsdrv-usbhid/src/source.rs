//! Where a device comes from: the machine's USB ports, or a recording.
//!
//! Knows how to find, open and reopen a device in either place, and gives back the same thing for
//! both. Which device is wanted is the caller's word; what it says is for the engine.

use crate::hidraw::{OpenError, Opener};
use crate::incoming::{Incoming, News, Wake, queue};
use crate::reader::{self, Reader};
use crate::replay::Replay;
use crate::sysfs::{Candidate, candidates, devices_without_node};
use crate::transport::{Identity, Transport};
use crate::worker::{Patience, Worker};
use std::io;
use std::path::PathBuf;

/// What is wanted of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Most bytes taken of an interrupt report; `None` when none are wanted.
    pub interrupts: Option<usize>,
}

/// Says whether a device is wanted, and what of it.
pub type Wish<'a> = dyn Fn(&Identity) -> Option<Wanted> + 'a;

/// How a device is opened.
#[derive(Clone)]
pub struct Opening {
    /// How long answers are waited for.
    pub patience: Patience,
    /// Wakes the loop when an interrupt report is there.
    pub wake: Wake,
}

/// A device that was found and opened.
pub struct Link {
    /// The device, in a thread of its own.
    pub device: Worker,
    news: News,
    /// Ends with the link.
    _reader: Option<Reader>,
}

impl Link {
    /// What the device sent since the last call, oldest first.
    pub fn news(&self) -> Vec<Incoming> {
        self.news.take()
    }
}

/// Why there is no device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoDevice {
    /// None that is wanted is plugged in.
    NotFound,
    /// One is plugged in but cannot be opened.
    CannotOpen {
        /// Its vendor and product id.
        ids: (u16, u16),
        /// Its node.
        node: PathBuf,
        /// Why not.
        error: OpenError,
    },
    /// The machine has no thread or hidapi does not work.
    Failed(String),
}

impl NoDevice {
    /// The text for the administrator. `user` is the name of the effective user.
    pub fn text(&self, user: &str) -> String {
        match self {
            NoDevice::NotFound => "No matching HID UPS found".to_string(),
            NoDevice::Failed(reason) => format!("Can't look for USB devices: {reason}"),
            NoDevice::CannotOpen { ids: (vid, pid), node, error } => {
                let device = format!("[{vid:04x}:{pid:04x}] ({})", node.display());
                match error {
                    OpenError::Denied(reason) => format!(
                        "Can't open USB device {device}: {reason}. The driver runs as user {user}; \
                         install udev/90-nut-ups.rules (cargo xtask udev) and replug the UPS."
                    ),
                    OpenError::Failed(reason) => {
                        format!("Can't open USB device {device}: {reason}")
                    }
                }
            }
        }
    }
}

/// One of the two places.
pub enum Source {
    /// The machine's USB ports.
    Hardware(Hardware),
    /// A recording; there is exactly one device, whatever its interface number.
    Replay(Box<Replay>),
}

/// The machine's USB ports.
pub struct Hardware {
    sys: PathBuf,
    dev: PathBuf,
    /// Made when the first device is opened.
    opener: Option<Opener>,
}

impl Default for Hardware {
    fn default() -> Self {
        Hardware { sys: "/sys".into(), dev: "/dev".into(), opener: None }
    }
}

impl Source {
    /// Opens the first device that is wished for. One that cannot be opened is passed over; it is what
    /// the error tells about when no other is left.
    pub fn open(&mut self, wish: &Wish<'_>, opening: &Opening) -> Result<Link, NoDevice> {
        match self {
            Source::Hardware(hardware) => hardware.open(wish, opening),
            Source::Replay(replay) => open_replay(replay, wish, opening),
        }
    }

    /// Starts the clock of a recording's events; only the first call does.
    pub fn start(&mut self) {
        if let Source::Replay(replay) = self {
            replay.start();
        }
    }

    /// USB devices that are wished for but have no hidraw node, in the form `[0463:ffff]`.
    pub fn without_node(&self, wish: &Wish<'_>) -> Vec<String> {
        let Source::Hardware(hardware) = self else { return Vec::new() };
        devices_without_node(&hardware.sys)
            .iter()
            .filter(|identity| wish(identity).is_some())
            .map(|identity| format!("[{:04x}:{:04x}]", identity.vid, identity.pid))
            .collect()
    }
}

impl Hardware {
    fn open(&mut self, wish: &Wish<'_>, opening: &Opening) -> Result<Link, NoDevice> {
        let mut failure = NoDevice::NotFound;
        for candidate in candidates(&self.sys, &self.dev) {
            let Some(wanted) = wish(&candidate.identity) else { continue };
            match self.open_one(&candidate, wanted, opening) {
                Err(error) if failure == NoDevice::NotFound => failure = error,
                Err(_) => {}
                Ok(link) => return Ok(link),
            }
        }
        Err(failure)
    }

    fn open_one(
        &mut self,
        candidate: &Candidate,
        wanted: Wanted,
        opening: &Opening,
    ) -> Result<Link, NoDevice> {
        let cannot = |error| NoDevice::CannotOpen {
            ids: (candidate.identity.vid, candidate.identity.pid),
            node: candidate.node.clone(),
            error,
        };
        let opener = self.opener()?;
        let device = opener.device(candidate).map_err(cannot)?;
        let (sink, news) = queue(opening.wake.clone());
        let reader = match wanted.interrupts {
            Some(size) => {
                let pipe = opener.pipe(candidate).map_err(cannot)?;
                Some(reader::start(pipe, size, sink).map_err(no_thread)?)
            }
            None => None,
        };
        Ok(Link { device: worker(device, &news, opening)?, news, _reader: reader })
    }

    fn opener(&mut self) -> Result<&Opener, NoDevice> {
        let opener = match self.opener.take() {
            Some(opener) => opener,
            None => Opener::new().map_err(|error| NoDevice::Failed(error.to_string()))?,
        };
        Ok(self.opener.insert(opener))
    }
}

fn open_replay(replay: &mut Replay, wish: &Wish<'_>, opening: &Opening) -> Result<Link, NoDevice> {
    let wanted = wish(replay.identity()).ok_or(NoDevice::NotFound)?;
    let device = replay.open().ok_or(NoDevice::NotFound)?;
    let (sink, news) = queue(opening.wake.clone());
    if wanted.interrupts.is_some() {
        replay.listen(sink);
    }
    Ok(Link { device: worker(device, &news, opening)?, news, _reader: None })
}

fn worker(
    device: impl Transport + Send + 'static,
    news: &News,
    opening: &Opening,
) -> Result<Worker, NoDevice> {
    let mut worker = Worker::new(device, news.waiting()).map_err(no_thread)?;
    worker.patience = opening.patience;
    Ok(worker)
}

fn no_thread(error: io::Error) -> NoDevice {
    NoDevice::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Recording;
    use std::sync::Arc;

    fn opening() -> Opening {
        Opening { patience: Patience::STARTING, wake: Arc::new(|| {}) }
    }

    #[test]
    fn a_refusal_says_which_device_which_node_which_user_and_what_to_do() {
        let denied = NoDevice::CannotOpen {
            ids: (0x463, 0xffff),
            node: "/dev/hidraw0".into(),
            error: OpenError::Denied("Permission denied".to_string()),
        };
        assert_eq!(
            denied.text("nut"),
            "Can't open USB device [0463:ffff] (/dev/hidraw0): Permission denied. The driver runs \
             as user nut; install udev/90-nut-ups.rules (cargo xtask udev) and replug the UPS."
        );
        assert_eq!(NoDevice::NotFound.text("nut"), "No matching HID UPS found");
    }

    #[test]
    fn a_recording_is_opened_when_it_is_wanted() {
        let feature = [(1, vec![1, 2])].into();
        let replay = Replay::new(Recording { feature, ..Recording::default() });
        let mut source = Source::Replay(Box::new(replay));
        let refused = source.open(&|_| None, &opening()).err();
        assert_eq!(refused, Some(NoDevice::NotFound));
        let mut link =
            source.open(&|_| Some(Wanted { interrupts: Some(512) }), &opening()).ok().unwrap();
        assert_eq!(link.device.get_feature(1, 2), Ok(vec![1, 2]));
        assert_eq!(link.news(), []);
    }

    #[test]
    fn a_machine_without_devices_says_so() {
        let sys = PathBuf::from("/nonexistent");
        let mut source = Source::Hardware(Hardware { dev: sys.clone(), sys, opener: None });
        assert_eq!(
            source.open(&|_| Some(Wanted { interrupts: Some(512) }), &opening()).err(),
            Some(NoDevice::NotFound)
        );
        assert!(source.without_node(&|_| Some(Wanted { interrupts: Some(512) })).is_empty());
    }
}
