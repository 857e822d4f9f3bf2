//! Conversions of Legrand: readings of Keor SP with a wrong exponent.
//!
//! Knows by which power of ten each is too small. The same readings of Keor PDU stand on other paths
//! and are right.

use super::Function;
use crate::format::fixed;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::read("legrand_times10_info", |value, _| fixed(value * 10.0, 1)),
    Function::read("legrand_times100k_info", |value, _| fixed(value * 1e5, 1)),
    Function::read("legrand_times1M_info", |value, _| fixed(value * 1e6, 1)),
    Function::read("legrand_times10M_info", |value, _| fixed(value * 1e7, 1)),
];

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;

    #[test]
    fn exponents_are_repaired() {
        let mut bench = Bench::default();
        for (name, value, text) in [
            ("legrand_times10_info", 27.6, "276.0"),
            ("legrand_times100k_info", 0.000_271, "27.1"),
            ("legrand_times1M_info", 0.000_230_4, "230.4"),
            ("legrand_times10M_info", 0.000_023, "230.0"),
        ] {
            assert_eq!(bench.read(name, value).as_deref(), Some(text), "{name}");
        }
        assert_eq!(bench.read("legrand_times10M_info", f64::MAX), None, "no number is left");
    }
}
