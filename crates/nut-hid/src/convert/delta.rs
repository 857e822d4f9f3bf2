//! Conversions of Delta: what kind of UPS it is.

use super::Function;

pub(super) const FUNCTIONS: &[Function] =
    &[Function::read("delta_ups_type_info", |value, _| ups_type(value as i64).map(str::to_owned))];

/// The kind stands in the low four bits; the device sets others besides.
fn ups_type(value: i64) -> Option<&'static str> {
    match value & 0xf {
        0 => Some("online"),
        1 | 3 => Some("offline"),
        2 | 4 => Some("line-interactive"),
        5 => Some("3-phase"),
        6 => Some("split-phase"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;

    #[test]
    fn the_low_bits_say_the_kind() {
        let mut bench = Bench::default();
        for (value, text) in [
            (0x00, Some("online")),
            (0x13, Some("offline")),
            (0x24, Some("line-interactive")),
            (0x05, Some("3-phase")),
            (0xf6, Some("split-phase")),
            (0x07, None),
        ] {
            assert_eq!(bench.read("delta_ups_type_info", value.into()).as_deref(), text, "{value}");
        }
    }
}
