//! Descriptors that travel over a Unix socket, beside bytes.
//!
//! Knows how the kernel hands them over. To which of the bytes they belong is for the caller.

use crate::os;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

/// Reads bytes, as many as there are and have room, and the descriptors with them. No bytes: the peer
/// will send no more. Errors: those of a read.
pub fn receive(stream: &UnixStream, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
    os::receive(stream, buffer)
}

/// Writes bytes, at least one, with these descriptors, which stay open here; tells how many bytes
/// were taken. Errors: those of a write.
pub fn send(stream: &UnixStream, bytes: &[u8], with: &[BorrowedFd<'_>]) -> io::Result<usize> {
    let with: Vec<RawFd> = with.iter().map(AsRawFd::as_raw_fd).collect();
    let message = [ControlMessage::ScmRights(&with)];
    let bytes = [IoSlice::new(bytes)];
    Ok(sendmsg::<()>(stream.as_raw_fd(), &bytes, &message, MsgFlags::MSG_NOSIGNAL, None)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::fd::AsFd;

    #[test]
    fn a_descriptor_arrives_and_is_the_same_file() {
        let (here, there) = UnixStream::pair().unwrap();
        let (mut reader, writer) = UnixStream::pair().unwrap();
        assert_eq!(send(&here, b"hello", &[writer.as_fd()]).unwrap(), 5);
        drop(writer);
        let mut buffer = [0; 16];
        let (count, mut descriptors) = receive(&there, &mut buffer).unwrap();
        assert_eq!((&buffer[..count], descriptors.len()), (&b"hello"[..], 1));
        let mut writer = UnixStream::from(descriptors.remove(0));
        writer.write_all(b"through").unwrap();
        drop(writer);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "through");
    }

    #[test]
    fn bytes_alone_and_the_end_arrive_too() {
        let (mut here, there) = UnixStream::pair().unwrap();
        here.write_all(b"ab").unwrap();
        let mut buffer = [0; 1];
        assert_eq!(receive(&there, &mut buffer).unwrap().0, 1);
        assert_eq!(receive(&there, &mut buffer).unwrap().0, 1);
        drop(here);
        let (count, descriptors) = receive(&there, &mut buffer).unwrap();
        assert_eq!((count, descriptors.len()), (0, 0));
    }
}
