//! Where a device comes from, and what an opened one is made of.
//!
//! Knows what there is to ask of the machine's USB ports (`hardware`) and of a recording (`replay`)
//! alike. Which device is wanted is the caller's word; what it says is for the engine.

use crate::incoming::{Incoming, News, Wake};
use crate::missing::NoDevice;
use crate::reader::Reader;
use crate::transport::{Identity, Patience, Transport};
use crate::usb::claim::GivenBack;
use crate::worker::Worker;
use std::io;
use std::time::Duration;

/// What is wanted of a device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Whether its interrupt reports are read.
    pub interrupts: bool,
    /// Most bytes taken of one, if the user or the map says so.
    pub interrupt_size: Option<usize>,
    /// Its whole report descriptor is the second one, which hidraw does not offer.
    pub second_descriptor: bool,
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

/// The way to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The kernel's hidraw node; the kernel's HID driver stays in charge.
    Hidraw,
    /// The node of the USB device; the interface is claimed.
    Usb,
    /// A recording.
    Recording,
}

impl Way {
    /// As `driver.version.usb` shows it.
    pub fn text(self) -> &'static str {
        match self {
            Way::Hidraw => "hidapi (hidraw)",
            Way::Usb => "nusb (usbfs)",
            Way::Recording => "recording",
        }
    }
}

/// How long a claim may take to be given back when a link is dropped: whoever opens the device next
/// shall find it free, and nobody shall be kept waiting.
const GIVING_BACK: Duration = Duration::from_secs(1);
/// The same at the end of the program: longer than a request under way can last.
const GIVING_BACK_FOR_GOOD: Duration = Duration::from_secs(6);

/// A device that was found and opened. Fields are let go in the order they stand in.
pub struct Link {
    /// The device.
    pub device: Box<dyn Transport>,
    /// How it is reached.
    pub way: Way,
    news: News,
    _reader: Option<Reader>,
    /// The claim on its interface, if there is one.
    claim: Option<ClaimEnd>,
}

/// Waits for the claim to be given back when dropped.
struct ClaimEnd {
    given_back: GivenBack,
    wait: Duration,
}

impl Drop for ClaimEnd {
    fn drop(&mut self) {
        self.given_back.wait(self.wait);
    }
}

impl Link {
    /// Joins the parts.
    pub fn new(
        device: impl Transport + 'static,
        way: Way,
        news: News,
        reader: Option<Reader>,
    ) -> Link {
        Link { device: Box::new(device), way, news, _reader: reader, claim: None }
    }

    /// The link waits for this when it is dropped.
    pub fn claimed(mut self, given_back: GivenBack) -> Link {
        self.claim = Some(ClaimEnd { given_back, wait: GIVING_BACK });
        self
    }

    /// Ends the link, at the end of the program: the kernel's driver is to be in charge again.
    pub fn close(mut self) {
        if let Some(claim) = &mut self.claim {
            claim.wait = GIVING_BACK_FOR_GOOD;
        }
    }

    /// What the device sent since the last call, oldest first.
    pub fn news(&self) -> Vec<Incoming> {
        self.news.take()
    }
}

/// A place where the device may be.
pub trait Source {
    /// Opens the first device that is wished for. One that cannot be opened is passed over; it is what
    /// the error tells about when no other is left.
    fn open(&mut self, wish: &Wish<'_>, opening: &Opening) -> Result<Link, NoDevice>;

    /// Starts the clock of what is to happen to the device, if that is laid down; only the first call
    /// does.
    fn start(&mut self) {}

    /// Devices that are wished for and cannot be reached for want of a hidraw node, in the form
    /// `[0463:ffff]`.
    fn without_node(&self, _wish: &Wish<'_>) -> Vec<String> {
        Vec::new()
    }
}

/// Gives a device its thread.
pub fn worker(
    device: impl Transport + Send + 'static,
    news: &News,
    opening: &Opening,
) -> Result<Worker, NoDevice> {
    let mut worker = Worker::new(device, news.waiting()).map_err(no_thread)?;
    worker.set_patience(opening.patience);
    Ok(worker)
}

/// The machine has no thread left.
pub fn no_thread(error: io::Error) -> NoDevice {
    NoDevice::Failed(error.to_string())
}
