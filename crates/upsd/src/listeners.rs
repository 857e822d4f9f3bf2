//! The listening sockets: opening them by address or name, trying again, and following a reload.
//!
//! What to listen on and what may fail is decided by `listen`.

use crate::config::Listen;
use crate::listen::{Family, plan, wanted};
use nut_daemon::errno::errno_text;
use nut_daemon::reactor::{Id, Reactor};
use std::fs;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

/// A LISTEN line and the sockets that serve it; none as long as it fails.
#[derive(Debug)]
struct Place {
    listen: Listen,
    sockets: Vec<Id>,
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
            let sockets = bind(reactor, &listen, &addresses, true);
            listeners.places.push(Place { listen, sockets });
        }
        Ok(listeners)
    }

    /// How many sockets listen.
    pub fn count(&self) -> usize {
        self.places.iter().map(|place| place.sockets.len()).sum()
    }

    /// The lines that have no socket.
    pub fn failed(&self) -> Vec<Listen> {
        let failed = self.places.iter().filter(|place| place.sockets.is_empty());
        failed.map(|place| place.listen.clone()).collect()
    }

    /// Tries the failed ones again, in silence unless it works.
    pub fn retry(&mut self, reactor: &mut Reactor) {
        for place in self.places.iter_mut().filter(|place| place.sockets.is_empty()) {
            if let Ok(addresses) = resolve(&place.listen, self.family) {
                place.sockets = bind(reactor, &place.listen, &addresses, false);
            }
        }
    }

    /// Follows a changed configuration: closes what is gone, opens what is new. A failure is logged
    /// and tried again later.
    pub fn change(&mut self, reactor: &mut Reactor, configured: &[Listen]) {
        let planned = plan(configured, self.family);
        for place in &self.places {
            if !planned.contains(&place.listen) {
                log::info!("no longer listening on {}", shown(&place.listen));
                place.sockets.iter().for_each(|&id| reactor.abort(id));
            }
        }
        self.places.retain(|place| planned.contains(&place.listen));
        for listen in planned {
            if !self.places.iter().any(|place| place.listen == listen) {
                let sockets = match resolve(&listen, self.family) {
                    Ok(addresses) => bind(reactor, &listen, &addresses, true),
                    Err(unresolved) => {
                        log::error!("not listening on {}: {unresolved}", shown(&listen));
                        Vec::new()
                    }
                };
                self.places.push(Place { listen, sockets });
            }
        }
    }
}

fn shown(listen: &Listen) -> String {
    format!("{} port {}", listen.address, listen.port)
}

/// Listens on every address of a line; NUT takes the first that works.
fn bind(reactor: &mut Reactor, listen: &Listen, addresses: &[SocketAddr], loud: bool) -> Vec<Id> {
    let mut sockets = Vec::new();
    for &address in addresses {
        match reactor.listen_tcp(address) {
            Ok((id, bound)) => {
                nut_daemon::debug!(1, "{} is bound as {bound}", shown(listen));
                sockets.push(id);
            }
            Err(e) if loud => complain(listen, address, addresses.len(), &e),
            Err(_) => {}
        }
    }
    if !sockets.is_empty() {
        log::info!("listening on {}", shown(listen));
    }
    sockets
}

fn complain(listen: &Listen, address: SocketAddr, candidates: usize, error: &io::Error) {
    let reason = errno_text(error);
    let which = if candidates > 1 { format!(" ({})", address.ip()) } else { String::new() };
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
