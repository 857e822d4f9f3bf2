//! What the operating system means by an error.

use nix::errno::Errno;
use std::io;

/// The operating system's words for an error, without Rust's `(os error n)`.
pub fn errno_text(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => Errno::from_raw(code).desc().to_owned(),
        None => error.to_string(),
    }
}

/// Whether descriptors have run out, in this process or in the system.
pub fn is_out_of_descriptors(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw);
    matches!(errno, Some(Errno::EMFILE | Errno::ENFILE))
}
