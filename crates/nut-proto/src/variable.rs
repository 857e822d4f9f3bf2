//! One variable of a UPS: value, access, type, enumerations and ranges.
//!
//! Data only; [`crate::variables`] keeps them and [`crate::driver`] has the lines about them. Pure.

/// Access and type of a variable, as `SETFLAGS` carries them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    /// Clients may set it.
    pub rw: bool,
    /// A text, of at most `aux` bytes.
    pub string: bool,
    /// A number.
    pub number: bool,
}

impl Flags {
    /// Writable text.
    pub const RW_STRING: Flags = Flags { rw: true, string: true, number: false };
    /// Writable number.
    pub const RW_NUMBER: Flags = Flags { rw: true, string: false, number: true };

    /// The flags in NUT's fixed order.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        [(self.rw, "RW"), (self.string, "STRING"), (self.number, "NUMBER")]
            .into_iter()
            .filter_map(|(set, word)| set.then_some(word))
    }

    /// Flags from words in any letter case; words that are no flag are passed over.
    pub fn from_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Flags {
        let mut flags = Flags::default();
        for word in words {
            match word.to_ascii_uppercase().as_str() {
                "RW" => flags.rw = true,
                "STRING" => flags.string = true,
                "NUMBER" => flags.number = true,
                _ => {}
            }
        }
        flags
    }
}

/// A range of whole numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Lowest allowed value.
    pub min: i64,
    /// Highest allowed value.
    pub max: i64,
}

/// One variable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variable {
    /// Name in the spelling of its first use.
    pub name: String,
    /// Present value, not encoded.
    pub value: String,
    /// Access and type.
    pub flags: Flags,
    /// Greatest length of a text, in bytes; 0 when none was given.
    pub aux: i64,
    /// Allowed values, in the order the driver named them.
    pub enums: Vec<String>,
    /// Allowed ranges, in the order the driver named them.
    pub ranges: Vec<Range>,
}
