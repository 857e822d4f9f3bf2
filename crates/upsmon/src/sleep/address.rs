//! Where the system bus is, from the text that D-Bus has for it.
//!
//! Knows addresses of Unix sockets, the only ones a system bus has. Pure.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// The system bus where nothing else is said.
pub const STANDARD: &str = "unix:path=/run/dbus/system_bus_socket";

/// Where a bus listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A socket file.
    Path(PathBuf),
    /// A name in Linux's abstract space.
    Abstract(Vec<u8>),
}

/// The addresses in a text such as `unix:path=/run/bus;unix:abstract=bus,guid=1f`, in their order.
/// Those of other kinds are left out.
pub fn parse(text: &str) -> Vec<Address> {
    text.split(';').filter_map(one).collect()
}

fn one(text: &str) -> Option<Address> {
    let keys = text.trim().strip_prefix("unix:")?;
    keys.split(',').filter_map(|pair| pair.split_once('=')).find_map(|(key, value)| match key {
        "path" => Some(Address::Path(OsString::from_vec(unescape(value)?).into())),
        "abstract" => Some(Address::Abstract(unescape(value)?)),
        _ => None,
    })
}

/// `%20` and the like.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        plain.push(if byte == b'%' {
            hex(bytes.next()?)? << 4 | hex(bytes.next()?)?
        } else {
            byte
        });
    }
    Some(plain)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_found_by_path_and_by_name() {
        let text = "tcp:host=h,port=1;unix:path=/run/a%20b,guid=0f; unix:guid=1,abstract=c%2cd";
        let known = [Address::Path("/run/a b".into()), Address::Abstract(b"c,d".to_vec())];
        assert_eq!(parse(text), known);
        assert_eq!(parse(STANDARD), [Address::Path("/run/dbus/system_bus_socket".into())]);
    }

    #[test]
    fn what_is_no_address_is_left_out() {
        for text in ["", ";;", "unix:", "unix:path", "unix:path=%2", "unix:path=%zz", "path=/a"] {
            assert_eq!(parse(text), [], "{text}");
        }
    }
}
