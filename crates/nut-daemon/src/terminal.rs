//! Asking a person for a password, without showing it.
//!
//! The terminal is asked where there is one; else the question goes to standard error and the answer
//! comes from standard input, as NUT's tools do it.

use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};

/// Asks for a password. An error of kind `UnexpectedEof` means that there was no answer.
pub fn read_password(prompt: &str) -> io::Result<String> {
    match OpenOptions::new().read(true).write(true).open("/dev/tty") {
        Ok(tty) => from_terminal(prompt, &tty),
        Err(_) => {
            io::stderr().lock().write_all(prompt.as_bytes())?;
            read_line(io::stdin().lock())
        }
    }
}

/// Reads one line, without its line feed.
pub fn read_line(mut from: impl BufRead) -> io::Result<String> {
    let mut bytes = Vec::new();
    if from.read_until(b'\n', &mut bytes)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn from_terminal(prompt: &str, mut tty: &File) -> io::Result<String> {
    let silence = Silence::begin(tty)?;
    tty.write_all(prompt.as_bytes())?;
    let password = read_line(BufReader::new(tty));
    drop(silence);
    tty.write_all(b"\n")?;
    password
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Silence<'a> {
    tty: &'a File,
    before: Termios,
}

impl Silence<'_> {
    fn begin(tty: &File) -> io::Result<Silence<'_>> {
        let before = tcgetattr(tty)?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO);
        tcsetattr(tty, SetArg::TCSAFLUSH, &silent)?;
        Ok(Silence { tty, before })
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        // A terminal that went away needs no echo.
        let _ = tcsetattr(self.tty, SetArg::TCSAFLUSH, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_the_line_feed_and_an_empty_one_is_not_the_end() {
        assert_eq!(read_line(&b"secret\nmore"[..]).unwrap(), "secret");
        assert_eq!(read_line(&b"secret"[..]).unwrap(), "secret");
        assert_eq!(read_line(&b"\n"[..]).unwrap(), "");
        let end = read_line(&b""[..]).unwrap_err();
        assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof);
    }
}
