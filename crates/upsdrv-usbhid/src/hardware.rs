//! The machine's USB ports: finding devices there and opening them one way or the other.
//!
//! Knows which way is taken to a device, and that a device found again is reached the same way as
//! before. What sysfs says is `sysfs`'s, opening a node is `hidraw`'s and `usb`'s.

use crate::hidraw::Opener;
use crate::incoming::queue;
use crate::missing::{NoDevice, OpenError};
use crate::reader;
use crate::settings::INTERRUPT_SIZE;
use crate::source::{Link, Opening, Source, Wanted, Way, Wish, no_thread, worker};
use crate::sysfs::{Candidate, candidates};
use crate::transport::Transport;
use crate::usb::UsbDevice;
use crate::usb::claim::{Claim, claim};
use crate::usb::descriptors::{Which, longest_input};
use crate::usb::options::UsbOptions;
use crate::usb::pipe::Pipe;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long the kernel and udev may take to make the hidraw node of a device that was just plugged
/// in. Only a device that has none when the program starts is waited for.
const SETTLING: Duration = Duration::from_millis(1500);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// The machine's USB ports.
pub struct Hardware {
    sys: PathBuf,
    dev: PathBuf,
    /// The way that the user wants.
    way: Option<Way>,
    usb: UsbOptions,
    /// The way that was taken. A device that comes back may be there before its hidraw node is;
    /// it is not to be taken from the kernel for that.
    taken: Option<Way>,
    /// Length of its longest interrupt report, once its descriptor was read.
    longest: Option<usize>,
    /// Made when the first hidraw node is opened.
    opener: Option<Opener>,
}

/// The way to take to an interface; none where it cannot be reached the way that is wanted.
fn way(wish: Option<Way>, has_node: bool, second_descriptor: bool) -> Option<Way> {
    match wish {
        Some(Way::Hidraw) => has_node.then_some(Way::Hidraw),
        Some(way) => Some(way),
        None if has_node && !second_descriptor => Some(Way::Hidraw),
        None => Some(Way::Usb),
    }
}

impl Hardware {
    /// The ports of this machine. `way` is the user's wish.
    pub fn new(way: Option<Way>, usb: UsbOptions) -> Hardware {
        Hardware {
            sys: "/sys".into(),
            dev: "/dev".into(),
            way,
            usb,
            taken: None,
            longest: None,
            opener: None,
        }
    }

    fn wished_way(&self) -> Option<Way> {
        self.way.or(self.taken)
    }

    fn ends_the_search(&self, error: &NoDevice) -> bool {
        let NoDevice::CannotOpen { error: OpenError::Unclaimed { busy, .. }, .. } = error else {
            return false;
        };
        !(*busy && self.usb.allow_duplicates)
    }

    /// The candidates, once those that are wished for have had the time to get their nodes.
    fn settled(&self, wish: &Wish<'_>) -> Vec<Candidate> {
        let start = Instant::now();
        loop {
            let found = candidates(&self.sys, &self.dev);
            let waits = self.wished_way().is_none()
                && start.elapsed() < SETTLING
                && found
                    .iter()
                    .any(|c| c.node.is_none() && c.is_hid() && wish(&c.identity).is_some());
            if !waits {
                return found;
            }
            thread::sleep(BETWEEN_LOOKS);
        }
    }

    fn open_one(
        &mut self,
        candidate: &Candidate,
        wanted: Wanted,
        opening: &Opening,
    ) -> Result<Link, NoDevice> {
        let way = way(self.wished_way(), candidate.node.is_some(), wanted.second_descriptor);
        match (way, &candidate.node, &candidate.usb_node) {
            (Some(Way::Hidraw), Some(node), _) => {
                self.open_hidraw(candidate, node, wanted, opening)
            }
            (Some(Way::Usb), _, Some(node)) => self.open_usb(candidate, node, wanted, opening),
            _ => Err(NoDevice::NotFound),
        }
    }

    fn open_hidraw(
        &mut self,
        candidate: &Candidate,
        node: &Path,
        wanted: Wanted,
        opening: &Opening,
    ) -> Result<Link, NoDevice> {
        let cannot = |error| NoDevice::cannot_open(&candidate.identity, node.to_path_buf(), error);
        let opener = self.opener()?;
        let device = opener.device(candidate, node).map_err(cannot)?;
        let (sink, news) = queue(opening.wake.clone());
        let reader = match wanted.interrupts {
            true => {
                let size = wanted.interrupt_size.unwrap_or(INTERRUPT_SIZE);
                let pipe = opener.pipe(node).map_err(cannot)?;
                Some(reader::start(pipe, size, sink).map_err(no_thread)?)
            }
            false => None,
        };
        Ok(Link::new(worker(device, &news, opening)?, Way::Hidraw, news, reader))
    }

    fn open_usb(
        &mut self,
        candidate: &Candidate,
        node: &Path,
        wanted: Wanted,
        opening: &Opening,
    ) -> Result<Link, NoDevice> {
        let cannot = |error| NoDevice::cannot_open(&candidate.identity, node.to_path_buf(), error);
        let which = self.which(wanted);
        let (claim, given_back) = claim(candidate, node, &self.usb, which.index).map_err(cannot)?;
        let mut device = UsbDevice::new(claim.clone(), candidate, which);
        let (sink, news) = queue(opening.wake.clone());
        let reader = match self.pipe(claim, wanted, &mut device) {
            Some(pipe) => Some(pipe.start(sink).map_err(no_thread)?),
            None => None,
        };
        let device = worker(device, &news, opening)?;
        Ok(Link::new(device, Way::Usb, news, reader).claimed(given_back))
    }

    fn which(&self, wanted: Wanted) -> Which {
        Which {
            config_index: self.usb.config_index.unwrap_or(0),
            index: self.usb.desc_index.unwrap_or(u8::from(wanted.second_descriptor)),
            believe_answer: wanted.second_descriptor,
        }
    }

    /// The interrupt pipe, if it is wanted and there is one.
    fn pipe(&mut self, claim: Claim, wanted: Wanted, device: &mut UsbDevice) -> Option<Pipe> {
        if !wanted.interrupts {
            return None;
        }
        let size = wanted.interrupt_size.unwrap_or_else(|| self.longest_report(device));
        match Pipe::open(claim, self.usb.ep_in, size) {
            Ok(pipe) => Some(pipe),
            Err(reason) => {
                log::warn!("The interrupt pipe is not used: {reason}");
                None
            }
        }
    }

    /// A mute device must hold up nobody when it is opened again, so it is asked once only.
    fn longest_report(&mut self, device: &mut UsbDevice) -> usize {
        if self.longest.is_none() {
            let descriptor = device.report_descriptor().ok();
            let longest = descriptor.and_then(|bytes| longest_input(&bytes));
            self.longest = Some(longest.unwrap_or(INTERRUPT_SIZE));
        }
        self.longest.unwrap_or(INTERRUPT_SIZE)
    }

    fn opener(&mut self) -> Result<&Opener, NoDevice> {
        let opener = match self.opener.take() {
            Some(opener) => opener,
            None => Opener::new().map_err(|error| NoDevice::Failed(error.to_string()))?,
        };
        Ok(self.opener.insert(opener))
    }
}

impl Source for Hardware {
    /// An interface that somebody else holds ends the search unless the user allows duplicates (NUT
    /// 2.8.5).
    fn open(&mut self, wish: &Wish<'_>, opening: &Opening) -> Result<Link, NoDevice> {
        let mut failure = NoDevice::NotFound;
        for candidate in self.settled(wish) {
            let Some(wanted) = wish(&candidate.identity) else { continue };
            match self.open_one(&candidate, wanted, opening) {
                Ok(link) => {
                    self.taken = Some(link.way);
                    return Ok(link);
                }
                Err(error) if self.ends_the_search(&error) => return Err(error),
                Err(error) if failure == NoDevice::NotFound => failure = error,
                Err(_) => {}
            }
        }
        Err(failure)
    }

    fn without_node(&self, wish: &Wish<'_>) -> Vec<String> {
        if self.wished_way() != Some(Way::Hidraw) {
            return Vec::new();
        }
        let found = candidates(&self.sys, &self.dev);
        let missing = found.iter().filter(|c| c.node.is_none()).map(|c| &c.identity);
        let wished = missing.filter(|identity| wish(identity).is_some());
        wished.map(|who| format!("[{:04x}:{:04x}]", who.vid, who.pid)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Patience;
    use std::sync::Arc;

    #[test]
    fn hidraw_is_taken_where_it_offers_all_there_is() {
        assert_eq!(way(None, true, false), Some(Way::Hidraw));
        assert_eq!(way(None, false, false), Some(Way::Usb), "no node");
        assert_eq!(way(None, true, true), Some(Way::Usb), "the node has the reduced descriptor");
    }

    #[test]
    fn the_users_word_counts() {
        assert_eq!(way(Some(Way::Usb), true, false), Some(Way::Usb));
        assert_eq!(way(Some(Way::Hidraw), true, true), Some(Way::Hidraw));
        assert_eq!(way(Some(Way::Hidraw), false, false), None);
    }

    #[test]
    fn a_busy_interface_ends_the_search_unless_duplicates_are_allowed() {
        let unclaimed = |busy| NoDevice::CannotOpen {
            ids: (0x463, 0xffff),
            node: PathBuf::new(),
            error: OpenError::Unclaimed { place: String::new(), reason: String::new(), busy },
        };
        let hardware = |allow_duplicates| {
            Hardware::new(None, UsbOptions { allow_duplicates, ..UsbOptions::default() })
        };
        assert!(hardware(false).ends_the_search(&unclaimed(true)));
        assert!(!hardware(true).ends_the_search(&unclaimed(true)));
        assert!(hardware(true).ends_the_search(&unclaimed(false)));
        assert!(!hardware(false).ends_the_search(&NoDevice::NotFound));
    }

    #[test]
    fn the_second_descriptor_is_believed_by_request_and_the_user_may_name_another() {
        let wanted = |second_descriptor| Wanted { second_descriptor, ..Wanted::default() };
        let mut hardware = Hardware::new(None, UsbOptions::default());
        assert_eq!(hardware.which(wanted(false)), Which::default());
        let second = Which { index: 1, believe_answer: true, ..Which::default() };
        assert_eq!(hardware.which(wanted(true)), second);
        hardware.usb.desc_index = Some(2);
        hardware.usb.config_index = Some(1);
        let named = Which { config_index: 1, index: 2, believe_answer: false };
        assert_eq!(hardware.which(wanted(false)), named);
    }

    #[test]
    fn a_machine_without_devices_says_so() {
        let nowhere = PathBuf::from("/nonexistent");
        let mut hardware = Hardware::new(None, UsbOptions::default());
        (hardware.sys, hardware.dev) = (nowhere.clone(), nowhere);
        let wish = |_: &_| Some(Wanted::default());
        let opening = Opening { patience: Patience::STARTING, wake: Arc::new(|| {}) };
        assert_eq!(hardware.open(&wish, &opening).err(), Some(NoDevice::NotFound));
        assert!(hardware.without_node(&wish).is_empty());
    }
}
