//! One look-up: blocking, by the system's own resolver.
//!
//! Knows literal addresses, families and what the resolver's errors mean. Threads are for its parent.

use crate::errno::errno_text;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

/// Words of the C libraries (glibc's, then musl's) for names that have no address: EAI_NONAME,
/// EAI_NODATA, EAI_ADDRFAMILY. The standard library passes on the words only, never the number.
const NOT_FOUND: [&str; 5] = [
    "Name or service not known",
    "No address associated with hostname",
    "Address family for hostname not supported",
    "Name does not resolve",
    "Name has no usable address",
];

/// A kind of address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Whether an address is wanted, where `-4` or `-6` may ask for one family only.
pub fn wanted(family: Option<Family>, address: IpAddr) -> bool {
    match family {
        None => true,
        Some(Family::V4) => address.is_ipv4(),
        Some(Family::V6) => address.is_ipv6(),
    }
}

/// Why a host has no address. The text form is the reason alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LookupError {
    /// There is no such host, or it has no address of the wanted family.
    NotFound(String),
    /// Nobody could tell; asking again later may help.
    Temporary(String),
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LookupError::NotFound(why) | LookupError::Temporary(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for LookupError {}

/// What is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) host: String,
    /// Addresses of this family only.
    pub(super) family: Option<Family>,
}

/// Addresses, at least one, or why there are none.
pub(super) type Answer = Result<Vec<SocketAddr>, LookupError>;

/// The answer to a host that is an address; none where it is a name. The port is 0.
pub(super) fn literal(question: &Question) -> Option<Answer> {
    let address: IpAddr = question.host.parse().ok()?;
    Some(of_family(vec![SocketAddr::new(address, 0)], question.family))
}

/// Asks the system, for as long as that takes. Ports are 0.
pub(super) fn look_up(question: &Question) -> Answer {
    match (question.host.as_str(), 0).to_socket_addrs() {
        Ok(addresses) => of_family(addresses.collect(), question.family),
        Err(e) => Err(meaning(&e)),
    }
}

fn of_family(mut addresses: Vec<SocketAddr>, family: Option<Family>) -> Answer {
    addresses.retain(|address| wanted(family, address.ip()));
    match (addresses.is_empty(), family) {
        (false, _) => Ok(addresses),
        (true, Some(Family::V4)) => Err(LookupError::NotFound("No IPv4 address".to_owned())),
        (true, Some(Family::V6)) => Err(LookupError::NotFound("No IPv6 address".to_owned())),
        (true, None) => Err(LookupError::NotFound("No address".to_owned())),
    }
}

/// What is not known to be final counts as temporary.
fn meaning(error: &io::Error) -> LookupError {
    let text = errno_text(error);
    let (_, words) = text.rsplit_once(": ").unwrap_or_default();
    let words = if words.is_empty() { text.clone() } else { words.to_owned() };
    match error.kind() == ErrorKind::InvalidInput || NOT_FOUND.contains(&words.as_str()) {
        true => LookupError::NotFound(words),
        false => LookupError::Temporary(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(host: &str, family: Option<Family>) -> Question {
        Question { host: host.to_owned(), family }
    }

    #[test]
    fn addresses_are_no_names() {
        let known = |host, family| literal(&question(host, family));
        assert_eq!(known("127.0.0.1", None), Some(Ok(vec!["127.0.0.1:0".parse().unwrap()])));
        assert_eq!(known("::1", Some(Family::V6)), Some(Ok(vec!["[::1]:0".parse().unwrap()])));
        let none = LookupError::NotFound("No IPv4 address".to_owned());
        assert_eq!(known("::1", Some(Family::V4)), Some(Err(none)));
        assert_eq!(known("localhost", None), None);
    }

    #[test]
    fn the_system_is_asked_for_names() {
        let addresses = look_up(&question("localhost", None)).unwrap();
        assert!(addresses.iter().all(|address| address.ip().is_loopback()), "{addresses:?}");
        assert!(look_up(&question("x.invalid", None)).is_err());
        let no_name = look_up(&question("no\0name", None)).unwrap_err();
        assert!(matches!(no_name, LookupError::NotFound(_)), "{no_name:?}");
    }

    #[test]
    fn only_words_known_to_be_final_are_final() {
        let failed = |words| {
            meaning(&io::Error::other(format!("failed to lookup address information: {words}")))
        };
        let unknown = "Name or service not known";
        assert_eq!(failed(unknown), LookupError::NotFound(unknown.to_owned()));
        for words in ["Temporary failure in name resolution", "Try again", "System error"] {
            assert_eq!(failed(words), LookupError::Temporary(words.to_owned()));
        }
        let broken = meaning(&io::Error::from_raw_os_error(24));
        assert_eq!(broken, LookupError::Temporary("Too many open files".to_owned()));
    }
}
