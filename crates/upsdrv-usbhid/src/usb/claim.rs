//! Taking a USB interface from the kernel's driver, and giving it back.
//!
//! Knows how often that is tried, how NUT words a refusal, and when the interface has been given
//! back: the kernel's driver is bound to it again once the last holder has let go.

use super::options::UsbOptions;
use crate::missing::OpenError;
use crate::sysfs::Candidate;
use nusb::{Device, Error, ErrorKind, Interface, MaybeFuture};
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// How often an interface is asked for (NUT 2.8.5).
const TRIES: u8 = 4;
/// The time between two tries: whoever is leaving may do so meanwhile.
const BETWEEN: Duration = Duration::from_millis(100);

/// A claimed interface. Clones hold it together; fields are let go in the order they stand in.
#[derive(Clone)]
pub struct Claim {
    /// The interface.
    pub interface: Interface,
    /// The device it belongs to.
    pub device: Device,
    _held: Sender<()>,
}

/// Tells when the last holder of a claim has let go.
pub struct GivenBack(Receiver<()>);

impl GivenBack {
    /// Waits for that, as long as given.
    pub fn wait(&self, time: Duration) {
        // Nothing is ever sent: the channel only ends.
        let _ = self.0.recv_timeout(time);
    }
}

/// Opens the device's node and claims the interface. `desc_index` is only told.
pub fn claim(
    candidate: &Candidate,
    node: &Path,
    options: &UsbOptions,
    desc_index: u8,
) -> Result<(Claim, GivenBack), OpenError> {
    let number = candidate.identity.interface;
    let device = open(node)?;
    let interface = interface(&device, number).map_err(|error| OpenError::Unclaimed {
        place: format!("{}/{number}/{desc_index}", options.config_index.unwrap_or(0)),
        reason: reason(&error),
        busy: error.kind() == ErrorKind::Busy,
    })?;
    if let Some(setting) = options.alt_setting {
        set_alternate(&interface, setting);
    }
    let (held, given_back) = channel();
    Ok((Claim { interface, device, _held: held }, GivenBack(given_back)))
}

fn open(node: &Path) -> Result<Device, OpenError> {
    let file = OpenOptions::new().read(true).write(true).open(node).map_err(|error| {
        let why = nut_daemon::errno::errno_text(&error);
        match error.kind() {
            io::ErrorKind::PermissionDenied => OpenError::Denied(why),
            _ => OpenError::Failed(why),
        }
    })?;
    Device::from_fd(file.into()).wait().map_err(|error| OpenError::Failed(error.to_string()))
}

/// The kernel's driver is detached and bound again later; an interface that another program holds
/// stays with that one.
fn interface(device: &Device, number: u8) -> Result<Interface, Error> {
    let mut result = device.detach_and_claim_interface(number).wait();
    for _ in 1..TRIES {
        if !result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Busy) {
            break;
        }
        thread::sleep(BETWEEN);
        result = device.detach_and_claim_interface(number).wait();
    }
    result
}

fn set_alternate(interface: &Interface, setting: u8) {
    let number = interface.interface_number();
    log::warn!(
        target: "notice",
        "nut_usb_set_altinterface: calling libusb_set_interface_alt_setting(udev, {number}, \
         {setting})"
    );
    if let Err(error) = interface.set_alt_setting(setting).wait() {
        log::warn!("nut_usb_set_altinterface: {}", reason(&error));
    }
}

/// The reason in the words of libusb 1.0.
fn reason(error: &Error) -> String {
    let text = match error.kind() {
        ErrorKind::Busy => "Resource busy",
        ErrorKind::PermissionDenied => "Access denied (insufficient permissions)",
        ErrorKind::NotFound => "Entity not found",
        ErrorKind::Disconnected => "No such device (it may have been disconnected)",
        _ => return error.to_string(),
    };
    text.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_cannot_be_opened_says_why() {
        assert_eq!(
            open(Path::new("/nonexistent/001")).err(),
            Some(OpenError::Failed("No such file or directory".to_string()))
        );
    }

    #[test]
    fn a_claim_counts_as_given_back_when_the_last_holder_is_gone() {
        let (held, given_back) = channel();
        let given_back = GivenBack(given_back);
        let other: Sender<()> = held.clone();
        drop(held);
        let thread = thread::spawn(move || drop(other));
        given_back.wait(Duration::from_secs(60));
        thread.join().unwrap();
    }
}
