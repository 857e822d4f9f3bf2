//! The TCP connections a driver part asked for, on the reactor.
//!
//! Knows which link is which connection. What travels on them is for the driver part.

use crate::driver::{Link, LinkEvent};
use nut_daemon::errno::errno_text;
use nut_daemon::reactor::{Closed, Event, Id, Reactor};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// The open links.
#[derive(Debug, Default)]
pub(crate) struct Links {
    ids: BTreeMap<Link, Id>,
}

impl Links {
    /// Opens a connection; what cannot even begin is told as an event at once.
    pub(crate) fn connect(
        &mut self,
        reactor: &mut Reactor,
        link: Link,
        address: SocketAddr,
    ) -> Option<LinkEvent> {
        self.disconnect(reactor, link);
        match reactor.connect_tcp(address) {
            Ok(id) => {
                self.ids.insert(link, id);
                None
            }
            Err(e) => Some(LinkEvent::Closed(errno_text(&e))),
        }
    }

    pub(crate) fn send(&self, reactor: &mut Reactor, link: Link, bytes: &[u8]) {
        if let Some(&id) = self.ids.get(&link) {
            reactor.send(id, bytes);
        }
    }

    pub(crate) fn disconnect(&mut self, reactor: &mut Reactor, link: Link) {
        if let Some(id) = self.ids.remove(&link) {
            reactor.close(id);
        }
    }

    /// Turns an event of the reactor into one of a link, or gives it back.
    pub(crate) fn translate(&mut self, event: Event) -> Result<(Link, LinkEvent), Event> {
        let id = match &event {
            Event::Connected { conn } | Event::Data { conn, .. } | Event::Closed { conn, .. } => {
                *conn
            }
            _ => return Err(event),
        };
        let Some(link) = self.ids.iter().find(|(_, known)| **known == id).map(|(link, _)| *link)
        else {
            return Err(event);
        };
        Ok((
            link,
            match event {
                Event::Data { bytes, .. } => LinkEvent::Data(bytes),
                Event::Closed { reason, .. } => {
                    self.ids.remove(&link);
                    LinkEvent::Closed(why(&reason))
                }
                _ => LinkEvent::Connected,
            },
        ))
    }
}

fn why(reason: &Closed) -> String {
    match reason {
        Closed::Error(e) => errno_text(e),
        Closed::Eof => "Server disconnected".to_owned(),
        Closed::Overflow => "Server does not read".to_owned(),
    }
}
