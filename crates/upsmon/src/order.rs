//! The closed list of what the root process may be told to do.
//!
//! Each order is one byte, without any argument: what it means, root read from the file before the
//! monitor came to be. Knows the bytes and which order may follow which; doing it is for `powers`. Pure.

use std::fmt;

/// What the monitor asks of the root process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Order {
    /// Tell the service manager that this host goes down.
    Announce,
    /// Write POWERDOWNFLAG.
    WriteFlag,
    /// Run SHUTDOWNCMD. NUT 2.8.5 has this one only, of the same byte, and writes the flag with it.
    Shutdown,
}

/// What the root process tells of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Done; of the shutdown command: it ended with status 0.
    Done,
    /// It failed; of the shutdown command: its wait status was not 0, or it could not be started.
    Failed,
    /// Not an order that may be given now.
    Refused,
}

impl Order {
    /// All of them, with their bytes.
    const BYTES: [(Order, u8); 3] =
        [(Order::Shutdown, 1), (Order::WriteFlag, 2), (Order::Announce, 3)];

    /// The byte that stands for it.
    pub fn byte(self) -> u8 {
        Order::BYTES.iter().find(|(order, _)| *order == self).map_or(0, |(_, byte)| *byte)
    }

    /// The order of this byte, if there is one.
    pub fn from_byte(byte: u8) -> Option<Order> {
        Order::BYTES.iter().find(|(_, known)| *known == byte).map(|(order, _)| *order)
    }
}

impl Outcome {
    const BYTES: [(Outcome, u8); 3] =
        [(Outcome::Done, b'd'), (Outcome::Failed, b'f'), (Outcome::Refused, b'r')];

    /// The byte that stands for it.
    pub fn byte(self) -> u8 {
        Outcome::BYTES.iter().find(|(outcome, _)| *outcome == self).map_or(0, |(_, byte)| *byte)
    }

    /// The outcome of this byte, if there is one.
    pub fn from_byte(byte: u8) -> Option<Outcome> {
        Outcome::BYTES.iter().find(|(_, known)| *known == byte).map(|(outcome, _)| *outcome)
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Order::Announce => "word to the service manager",
            Order::WriteFlag => "power down flag",
            Order::Shutdown => "shutdown command",
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Done => "done",
            Outcome::Failed => "failed",
            Outcome::Refused => "refused",
        })
    }
}

/// The root side's memory: an order is done once, and none after the shutdown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Orders {
    done: Vec<Order>,
}

impl Orders {
    /// Whether a byte is an order that may be done now; from then on it may not again.
    pub fn admit(&mut self, byte: u8) -> Option<Order> {
        let order = Order::from_byte(byte)?;
        if self.done.contains(&order) || self.done.contains(&Order::Shutdown) {
            return None;
        }
        self.done.push(order);
        Some(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_bytes_are_orders_and_each_once() {
        let mut orders = Orders::default();
        let admitted: Vec<u8> = (0..=255).filter(|&byte| orders.admit(byte).is_some()).collect();
        assert_eq!(admitted, [1], "the shutdown is the last order");
        let mut orders = Orders::default();
        let admitted: Vec<_> = [3, 2, 2, 0, 200, 1, 1, 2].map(|byte| orders.admit(byte)).to_vec();
        let expected = [Some(Order::Announce), Some(Order::WriteFlag), None, None, None];
        assert_eq!(admitted[..5], expected);
        assert_eq!(admitted[5..], [Some(Order::Shutdown), None, None]);
    }

    #[test]
    fn bytes_read_back() {
        for order in [Order::Announce, Order::WriteFlag, Order::Shutdown] {
            assert_eq!(Order::from_byte(order.byte()), Some(order));
        }
        for outcome in [Outcome::Done, Outcome::Failed, Outcome::Refused] {
            assert_eq!(Outcome::from_byte(outcome.byte()), Some(outcome));
        }
    }
}
