//! The listening sockets: opening them by address or name, trying again, and following a reload.
//!
//! Names are looked up at the start and at a reload only, since a look-up may take long; what is
//! tried again are addresses. What to listen on and what may fail is decided by `listen`.

use crate::config::Listen;
use crate::listen::plan;
use nut_daemon::errno::errno_text;
use nut_daemon::reactor::{Id, Reactor};
use nut_daemon::resolver::{Family, wanted};
use std::fs;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

/// A LISTEN line and its addresses; none where its name could not be looked up.
#[derive(Debug)]
struct Place {
    listen: Listen,
    addresses: Vec<Address>,
}

/// An address and the socket that serves it; none as long as it fails.
#[derive(Debug)]
struct Address {
    address: SocketAddr,
    socket: Option<Id>,
}

/// All of them.
#[derive(Debug)]
pub struct Listeners {
    family: Option<Family>,
    places: Vec<Place>,
}

/// A name or port that means nothing; NUT's text.
#[derive(Debug)]
pub struct Unresolved {
    address: String,
    reason: String,
}

impl std::fmt::Display for Unresolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "getaddrinfo('{}'): {}", self.address, self.reason)
    }
}

impl Listeners {
    /// Opens what the configuration asks for. Each success and each failure is logged; a name that
    /// cannot be resolved is an error.
    pub fn open(
        reactor: &mut Reactor,
        configured: &[Listen],
        family: Option<Family>,
    ) -> Result<Listeners, Unresolved> {
        let mut listeners = Listeners { family, places: Vec::new() };
        for listen in plan(configured, family) {
            let addresses = resolve(&listen, family)?;
            listeners.places.push(Place::open(reactor, listen, addresses));
        }
        Ok(listeners)
    }

    /// How many sockets listen.
    pub fn count(&self) -> usize {
        self.places.iter().flat_map(Place::sockets).count()
    }

    /// The lines that have no socket.
    pub fn failed(&self) -> Vec<Listen> {
        let failed = self.places.iter().filter(|place| !place.listens());
        failed.map(|place| place.listen.clone()).collect()
    }

    /// Tries the addresses that failed again, in silence unless a line begins to listen.
    pub fn retry(&mut self, reactor: &mut Reactor) {
        self.places.iter_mut().for_each(|place| place.retry(reactor));
    }

    /// Follows a changed configuration: closes what is gone, opens what is new. A failure is logged;
    /// an address is tried again later, a name that cannot be looked up at the next reload.
    pub fn change(&mut self, reactor: &mut Reactor, configured: &[Listen]) {
        let planned = plan(configured, self.family);
        for place in &self.places {
            if !planned.contains(&place.listen) {
                log::info!("no longer listening on {}", shown(&place.listen));
                place.sockets().for_each(|id| reactor.abort(id));
            }
        }
        self.places.retain(|place| planned.contains(&place.listen) && !place.addresses.is_empty());
        for listen in planned {
            if !self.places.iter().any(|place| place.listen == listen) {
                let addresses = resolve(&listen, self.family).unwrap_or_else(|unresolved| {
                    log::error!("not listening on {}: {unresolved}", shown(&listen));
                    Vec::new()
                });
                self.places.push(Place::open(reactor, listen, addresses));
            }
        }
    }
}

impl Place {
    /// Listens on every address of a line; NUT takes the first that works.
    fn open(reactor: &mut Reactor, listen: Listen, addresses: Vec<SocketAddr>) -> Place {
        let several = addresses.len() > 1;
        let unbound = |address| Address { address, socket: None };
        let mut place = Place { listen, addresses: addresses.into_iter().map(unbound).collect() };
        for Address { address, socket } in &mut place.addresses {
            match bind(reactor, &place.listen, *address) {
                Ok(id) => *socket = Some(id),
                Err(e) => complain(&place.listen, *address, several, &e),
            }
        }
        place.announce();
        place
    }

    fn retry(&mut self, reactor: &mut Reactor) {
        let listened = self.listens();
        for missing in self.addresses.iter_mut().filter(|address| address.socket.is_none()) {
            missing.socket = bind(reactor, &self.listen, missing.address).ok();
        }
        if !listened {
            self.announce();
        }
    }

    fn announce(&self) {
        if self.listens() {
            log::info!("listening on {}", shown(&self.listen));
        }
    }

    fn sockets(&self) -> impl Iterator<Item = Id> {
        self.addresses.iter().filter_map(|address| address.socket)
    }

    fn listens(&self) -> bool {
        self.sockets().next().is_some()
    }
}

fn shown(listen: &Listen) -> String {
    format!("{} port {}", listen.address, listen.port)
}

fn bind(reactor: &mut Reactor, listen: &Listen, address: SocketAddr) -> io::Result<Id> {
    let (id, bound) = reactor.listen_tcp(address)?;
    nut_daemon::debug!(1, "{} is bound as {bound}", shown(listen));
    Ok(id)
}

fn complain(listen: &Listen, address: SocketAddr, several: bool, error: &io::Error) {
    let reason = errno_text(error);
    let which = if several { format!(" ({})", address.ip()) } else { String::new() };
    log::error!("not listening on {}{which}: {reason}", shown(listen));
}

/// The socket addresses of a LISTEN line, those of the unwanted family left out.
fn resolve(listen: &Listen, family: Option<Family>) -> Result<Vec<SocketAddr>, Unresolved> {
    let unresolved =
        |reason: &str| Unresolved { address: listen.address.clone(), reason: reason.to_owned() };
    let port =
        port(&listen.port).ok_or_else(|| unresolved("Servname not supported for ai_socktype"))?;
    let found: Vec<SocketAddr> = if listen.address == "*" {
        vec![(Ipv6Addr::UNSPECIFIED, port).into(), (Ipv4Addr::UNSPECIFIED, port).into()]
    } else {
        (listen.address.as_str(), port)
            .to_socket_addrs()
            .map_err(|e| unresolved(gai_text(&e.to_string())))?
            .collect()
    };
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if wanted(family, address.ip()) && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(unresolved("Address family for hostname not supported"));
    }
    Ok(addresses)
}

/// The resolver's words without Rust's introduction.
fn gai_text(text: &str) -> &str {
    text.strip_prefix("failed to lookup address information: ").unwrap_or(text)
}

/// A port by number or by its name in /etc/services.
fn port(text: &str) -> Option<u16> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    named_port(&fs::read_to_string("/etc/services").ok()?, text)
}

fn named_port(services: &str, name: &str) -> Option<u16> {
    services.lines().find_map(|line| {
        let mut words = line.split('#').next()?.split_ascii_whitespace();
        let (service, port) = (words.next()?, words.next()?.strip_suffix("/tcp")?);
        let known = service == name || words.any(|alias| alias == name);
        known.then(|| port.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_by_number_and_name() {
        let services = "# comment\nhttp\t80/tcp www # web\ndomain 53/udp\nnut 3493/tcp\n";
        assert_eq!(named_port(services, "www"), Some(80));
        assert_eq!(named_port(services, "nut"), Some(3493));
        assert_eq!(named_port(services, "domain"), None);
        assert_eq!((port("0"), port("65535"), port("99999")), (Some(0), Some(65535), None));
    }

    #[test]
    fn unusable_lines_are_told_in_the_resolvers_words() {
        let listen =
            |address: &str, port: &str| Listen { address: address.into(), port: port.into() };
        let text = |l: Listen, family| resolve(&l, family).unwrap_err().to_string();
        assert_eq!(
            text(listen("127.0.0.1", "3493"), Some(Family::V6)),
            "getaddrinfo('127.0.0.1'): Address family for hostname not supported"
        );
        assert_eq!(
            text(listen("127.0.0.1", "99999"), None),
            "getaddrinfo('127.0.0.1'): Servname not supported for ai_socktype"
        );
        let both = resolve(&listen("*", "1"), None).unwrap();
        assert_eq!(
            both.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["[::]:1", "0.0.0.0:1"]
        );
    }
}
