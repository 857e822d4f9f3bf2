//! How numbers and bytes are spelled in a recording.
//!
//! Knows hex text in both directions, and keys that are numbers. Reading is lenient about letter
//! case, blanks and `0x`; writing is not. Pure.

use nut_hid::hex::{bytes, digits, prefixed};
use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;

/// A 16-bit number written as four hex digits; read with or without `0x`, or as a plain number.
#[derive(Clone, Copy)]
pub(super) struct HexNumber(pub u16);

/// Bytes written as hex digits.
pub(super) struct HexBytes(pub Vec<u8>, pub Style);

/// How bytes are written.
#[derive(Clone, Copy)]
pub(super) enum Style {
    /// `0584`
    Solid,
    /// `05 84`
    Spaced,
}

/// A report id or string index used as a key or in a list: `0x06` or `6`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub id: u8,
    decimal: bool,
}

impl Key {
    pub(super) fn hex(id: u8) -> Self {
        Key { id, decimal: false }
    }

    pub(super) fn decimal(id: u8) -> Self {
        Key { id, decimal: true }
    }
}

/// Lower-case hex digits, two a byte, with `between` between the bytes.
pub(super) fn hex(bytes: &[u8], between: &str) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between)
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = HexNumber;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("up to four hex digits in quotes, as \"0463\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<HexNumber, E> {
        u16::from_str_radix(digits(text), 16)
            .map(HexNumber)
            .map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<HexNumber, E> {
        u16::try_from(number)
            .map(HexNumber)
            .map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }
}

impl<'de> Deserialize<'de> for HexNumber {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(NumberVisitor)
    }
}

impl Serialize for HexNumber {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:04x}", self.0))
    }
}

struct BytesVisitor;

impl Visitor<'_> for BytesVisitor {
    type Value = HexBytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes as pairs of hex digits, as \"06 64 00\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<HexBytes, E> {
        bytes(text)
            .map(|bytes| HexBytes(bytes, Style::Spaced))
            .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(BytesVisitor)
    }
}

impl Serialize for HexBytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let between = match self.1 {
            Style::Solid => "",
            Style::Spaced => " ",
        };
        to.serialize_str(&hex(&self.0, between))
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number from 0 to 255 in quotes, as \"0x06\" or \"6\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Key, E> {
        match prefixed(text) {
            Some(text) => u8::from_str_radix(text, 16).map(Key::hex),
            None => text.parse().map(Key::decimal),
        }
        .map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(KeyVisitor)
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.decimal {
            to.collect_str(&self.id)
        } else {
            to.collect_str(&format_args!("{:#04x}", self.id))
        }
    }
}
