//! NUT servers on the network, by the old method: connect, and ask for the list of UPSes.
//!
//! Knows how many to ask at once and in which order to tell. Which addresses, is `ranges`'s business.

use crate::found::{Bus, Found};
use nut_daemon::server::Server;
use nut_proto::request::List;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The port that goes without saying.
pub const PORT: u16 = 3493;

/// How to ask.
#[derive(Debug, Clone, Copy)]
pub struct Asking {
    /// The servers' port.
    pub port: u16,
    /// How long a connection may be in the making.
    pub patience: Duration,
    /// How many are asked at once.
    pub threads: usize,
}

/// The UPSes of all servers among these addresses, in order of the addresses.
pub fn scan(addresses: impl Iterator<Item = IpAddr> + Send, asking: Asking) -> Vec<Found> {
    let queue = Mutex::new(addresses.enumerate());
    let results = Mutex::new(Vec::new());
    let work = || {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((n, address)) = next else { return };
            let found = ask(address, asking);
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            results.extend(found.map(|upses| (n, address, upses)));
        }
    };
    thread::scope(|scope| {
        // Where the system gives no further thread, those there are do the work.
        let helpers = asking.threads.saturating_sub(1);
        for _ in 0..helpers {
            let full =
                queue.lock().unwrap_or_else(PoisonError::into_inner).size_hint().1 == Some(0);
            if full || thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(n, ..)| *n);
    let of_one = |(_, address, upses): (usize, IpAddr, Vec<String>)| {
        upses.into_iter().map(move |ups| found(&ups, address, asking.port))
    };
    results.into_iter().flat_map(of_one).collect()
}

/// The names of a server's UPSes; none if nothing there speaks as one.
fn ask(address: IpAddr, asking: Asking) -> Option<Vec<String>> {
    let at = SocketAddr::new(address, asking.port);
    let mut server = Server::connect_to([at], Some(asking.patience)).ok()??;
    let rows = server.list(List::Ups).ok()?;
    Some(rows.into_iter().filter_map(|row| row.into_iter().next()).collect())
}

fn found(ups: &str, address: IpAddr, port: u16) -> Found {
    let host = match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    };
    let port = if port == PORT { String::new() } else { format!(":{port}") };
    let settings = Vec::new();
    Found { bus: Bus::Nut, driver: "dummy-ups", port: format!("{ups}@{host}{port}"), settings }
}
