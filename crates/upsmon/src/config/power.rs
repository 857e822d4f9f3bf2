//! Whether the UPSes of a file can ever feed its host enough. Pure.

use crate::settings::Settings;
use std::fmt;

/// All UPSes together are worth less than MINSUPPLIES: this host would go down at once.
///
/// The text form is NUT's block at a start, without its last line feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Insufficient {
    /// Power values of all UPSes.
    pub sum: u32,
    /// MINSUPPLIES
    pub minimum: u32,
}

/// Adds up the power values. A start and a reload with less than MINSUPPLIES must not be.
pub fn power_check(settings: &Settings) -> Result<(), Insufficient> {
    let (sum, minimum) = (settings.power_values(), settings.min_supplies);
    if sum < minimum { Err(Insufficient { sum, minimum }) } else { Ok(()) }
}

impl Insufficient {
    /// In one line, NUT's words at a reload.
    pub fn in_a_line(self) -> String {
        let Insufficient { sum, minimum } = self;
        format!("total power value ({sum}) less than MINSUPPLIES ({minimum})")
    }
}

impl fmt::Display for Insufficient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\nFatal error: insufficient power configured!\n\n\
             Sum of power values........: {}\nMinimum value (MINSUPPLIES): {}\n\n\
             Edit your upsmon.conf and change the values.",
            self.sum, self.minimum
        )
    }
}
