//! Usages: the numbers a report descriptor speaks, and the names people give them.
//!
//! Knows how names and codes map onto each other when several tables are searched in turn. The
//! tables themselves are data: the standard ones in `maps/common.toml`, a maker's in its map.

use std::fmt;

/// A usage with its page in front (`page << 16 | id`), or an index node `[n]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Usage(pub u32);

impl Usage {
    /// The page of index nodes. The HID usage tables write `Flow [4]` as a collection number; a
    /// path carries it as a usage on this page, as in NUT 2.8.5.
    const INDEX_PAGE: u16 = 0x00ff;

    /// The usage `id` on `page`.
    pub fn new(page: u16, id: u16) -> Usage {
        Usage(u32::from(page) << 16 | u32::from(id))
    }

    /// The index node `[n]`.
    pub fn index(n: u16) -> Usage {
        Usage::new(Usage::INDEX_PAGE, n)
    }

    /// The page.
    pub fn page(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The number of an index node.
    pub fn as_index(self) -> Option<u16> {
        (self.page() == Usage::INDEX_PAGE).then_some(self.0 as u16)
    }
}

impl fmt::LowerHex for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// Names for usages; the first entry of a name, and of a code, counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsageTable {
    entries: Vec<(Usage, String)>,
}

impl UsageTable {
    /// A table in the order given.
    pub fn new(entries: Vec<(Usage, String)>) -> UsageTable {
        UsageTable { entries }
    }

    /// This table, with `other` searched after it.
    pub fn then(mut self, other: &UsageTable) -> UsageTable {
        self.entries.extend(other.entries.iter().cloned());
        self
    }

    /// The usage of a name, in any letter case.
    pub fn code(&self, name: &str) -> Option<Usage> {
        self.entries.iter().find(|(_, n)| n.eq_ignore_ascii_case(name)).map(|(code, _)| *code)
    }

    /// The name of a usage.
    pub fn name(&self, code: Usage) -> Option<&str> {
        self.entries.iter().find(|(c, _)| *c == code).map(|(_, name)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_entry_counts() {
        let vendor = UsageTable::new(vec![(Usage(0xffff_0000), "Undefined".into())]);
        let standard = UsageTable::new(vec![
            (Usage(0x0084_0000), "Undefined".into()),
            (Usage(0x0084_0004), "UPS".into()),
        ]);
        let both = vendor.then(&standard);
        assert_eq!(both.code("undefined"), Some(Usage(0xffff_0000)));
        assert_eq!(both.name(Usage(0x0084_0000)), Some("Undefined"));
        assert_eq!(both.code("ups"), Some(Usage::new(0x84, 4)));
        assert_eq!(both.code("nothing"), None);
    }

    #[test]
    fn index_nodes_have_a_page_of_their_own() {
        assert_eq!(Usage::index(4), Usage(0x00ff_0004));
        assert_eq!(Usage::index(4).as_index(), Some(4));
        assert_eq!(Usage::new(0x84, 4).as_index(), None);
    }
}
