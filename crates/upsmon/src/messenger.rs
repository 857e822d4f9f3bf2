//! The monitor's way to the one who may act: the root process, or itself.
//!
//! Hands orders over and tells which outcome belongs to which. Outcomes come back in the order of the
//! orders.

use crate::order::{Order, Outcome};
use crate::powers::Powers;
use crate::settings::Settings;
use nut_daemon::reactor::{Id, Reactor};
use nut_daemon::split::Link;
use std::collections::VecDeque;
use std::io;

/// What became of an order.
pub type Told = (Order, Outcome);

/// See the module's words.
#[derive(Debug)]
pub struct Messenger {
    way: Way,
    /// Orders without an outcome yet.
    waiting: VecDeque<Order>,
}

#[derive(Debug)]
enum Way {
    Parent(Id),
    Own(Powers),
    Lost,
}

impl Messenger {
    /// The root process at the other end of a link, which the reactor takes over.
    pub fn parent(reactor: &mut Reactor, link: Link) -> io::Result<Messenger> {
        let id = reactor.adopt_unix(link.into())?;
        Ok(Messenger { way: Way::Parent(id), waiting: VecDeque::new() })
    }

    /// This process itself.
    pub fn own(powers: Powers) -> Messenger {
        Messenger { way: Way::Own(powers), waiting: VecDeque::new() }
    }

    /// Whether this connection is the one to the root process.
    pub fn is(&self, conn: Id) -> bool {
        matches!(self.way, Way::Parent(id) if id == conn)
    }

    /// Gives an order; tells the outcome if it is known at once.
    pub fn give(&mut self, reactor: &mut Reactor, order: Order) -> Option<Told> {
        self.waiting.push_back(order);
        let outcome = match &mut self.way {
            Way::Parent(id) => {
                reactor.send(*id, &[order.byte()]);
                None
            }
            Way::Own(powers) => powers.take(order.byte()),
            Way::Lost => Some(Outcome::Failed),
        };
        outcome.and_then(|outcome| self.told(outcome))
    }

    /// The root process has answered.
    pub fn on_data(&mut self, bytes: &[u8]) -> Vec<Told> {
        let outcomes = bytes.iter().filter_map(|&byte| Outcome::from_byte(byte));
        outcomes.filter_map(|outcome| self.told(outcome)).collect()
    }

    /// Some child of this process has ended (SIGCHLD).
    pub fn on_child(&mut self) -> Option<Told> {
        let Way::Own(powers) = &mut self.way else { return None };
        let outcome = powers.on_child()?;
        self.told(outcome)
    }

    /// What orders mean from now on, where this process carries them out itself; a root process goes
    /// by what it read at the start.
    pub fn redefine(&mut self, settings: &Settings) {
        if let Way::Own(powers) = &mut self.way {
            powers.redefine(settings);
        }
    }

    /// The connection to the root process has ended: what waits has failed, and so will the rest.
    pub fn on_lost(&mut self) -> Vec<Told> {
        self.way = Way::Lost;
        self.waiting.drain(..).map(|order| (order, Outcome::Failed)).collect()
    }

    fn told(&mut self, outcome: Outcome) -> Option<Told> {
        self.waiting.pop_front().map(|order| (order, outcome))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::powers::Holder;

    fn reactor() -> Reactor {
        Reactor::new(&[]).unwrap()
    }

    #[test]
    fn in_one_process_outcomes_are_there_at_once() {
        let mut reactor = reactor();
        let mut messenger = Messenger::own(Powers::new(Holder::Mono, None, None));
        let told = messenger.give(&mut reactor, Order::Announce);
        assert_eq!(told, Some((Order::Announce, Outcome::Done)));
        let told = messenger.give(&mut reactor, Order::Shutdown);
        assert_eq!(told, Some((Order::Shutdown, Outcome::Failed)), "no command");
        let told = messenger.give(&mut reactor, Order::Shutdown);
        assert_eq!(told, Some((Order::Shutdown, Outcome::Refused)));
        assert_eq!(messenger.on_child(), None);
    }

    #[test]
    fn outcomes_belong_to_the_oldest_orders_and_the_lost_ones_have_failed() {
        let mut reactor = reactor();
        let mut messenger =
            Messenger { way: Way::Lost, waiting: [Order::Announce, Order::Shutdown].into() };
        assert_eq!(messenger.on_data(b"?d"), [(Order::Announce, Outcome::Done)]);
        assert_eq!(messenger.on_lost(), [(Order::Shutdown, Outcome::Failed)]);
        assert_eq!(messenger.on_data(b"d"), [], "nobody asked");
        let told = messenger.give(&mut reactor, Order::WriteFlag);
        assert_eq!(told, Some((Order::WriteFlag, Outcome::Failed)));
    }
}
