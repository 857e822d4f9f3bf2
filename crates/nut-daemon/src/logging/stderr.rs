//! Standard error, where nobody may be reading.
//!
//! A pipe whose reader hangs would stop the program at its next word. Here a line waits a moment for
//! room; after that lines are left out, and counted, until there is room again.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How long the first line waits for room.
const PATIENCE: Duration = Duration::from_secs(1);
/// What a pipe that has room takes without waiting, in bytes.
const PIECE: usize = 4096;

/// Lines for standard error.
#[derive(Debug, Default)]
pub(super) struct Stderr {
    /// How many lines were left out since the last one that was not.
    lost: Mutex<u64>,
}

impl Stderr {
    /// Writes a line; its end is added.
    pub(super) fn line(&self, text: &str) {
        if let Ok(mut lost) = self.lost.lock() {
            put(&mut io::stderr().lock(), text, PATIENCE, &mut lost);
        }
    }
}

fn put(out: &mut (impl Write + AsFd), text: &str, patience: Duration, lost: &mut u64) {
    let patience = if *lost == 0 { patience } else { Duration::ZERO };
    if *lost > 0 && has_room(out, patience) {
        // One of them may have been cut off.
        let _ = writeln!(out, "\n{lost} message(s) are left out here: nobody read them");
        *lost = 0;
    }
    for piece in format!("{text}\n").as_bytes().chunks(PIECE) {
        if *lost > 0 || !has_room(out, patience) {
            *lost += 1;
            return;
        }
        // Nowhere to complain if standard error is gone.
        let _ = out.write_all(piece);
    }
}

fn has_room(out: &impl AsFd, patience: Duration) -> bool {
    let end = Instant::now() + patience;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        let mut fds = [PollFd::new(out.as_fd(), PollFlags::POLLOUT)];
        match poll(&mut fds, timeout) {
            Ok(0) => return false,
            Err(nix::errno::Errno::EINTR) if !left.is_zero() => {}
            Err(nix::errno::Errno::EINTR) => return false,
            // One that is broken says so when it is written to.
            _ => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::fcntl::OFlag;
    use nix::unistd::pipe2;
    use std::fs::File;
    use std::io::Read;

    #[test]
    fn lines_that_find_no_room_are_counted_and_the_rest_arrives() {
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC).unwrap();
        let (mut reader, mut writer) = (File::from(reader), File::from(writer));
        let mut lost = 0;
        let mut put = |text: &str| {
            super::put(&mut writer, text, Duration::from_millis(1), &mut lost);
            lost
        };
        let long = "x".repeat(10_000);
        let mut written = 0;
        while put(&long) == 0 {
            written += 1;
        }
        assert!((1..100).contains(&written), "{written}");
        assert_eq!(put("short"), 2);
        let mut buffer = vec![0; 200_000];
        assert!(reader.read(&mut buffer).unwrap() > long.len());
        assert_eq!(put("again"), 0);
        drop(writer);
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        let told = "\n2 message(s) are left out here: nobody read them\nagain\n";
        assert!(rest.ends_with(told), "{rest}");
    }
}
