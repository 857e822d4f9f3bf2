//! Conversions of Tripp Lite: readings with a wrong exponent, and batteries that name a wrong string.
//!
//! Knows which readings share a factor. The factors differ between models and stand in the map.

use super::{Context, Function, common};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::read("tripplite_chemistry", chemistry),
    Function::read("tripplite_battvolt", |value, context| scaled(value, "battery", context)),
    Function::read("tripplite_iovolt", |value, context| scaled(value, "volts", context)),
    Function::read("tripplite_iofreq", |value, context| scaled(value, "hertz", context)),
    Function::read("tripplite_ioamp", |value, context| scaled(value, "amperes", context)),
];

/// Longest printed number (NUT 2.8.5).
const NUMBER_LIMIT: usize = 7;

/// Products whose firmware answers the question for the battery's type with some other string: AVR550U
/// and OMNI1000LCD.
const WRONG_CHEMISTRY: [u16; 2] = [0x1003, 0x2005];

fn chemistry(value: f64, context: &mut Context<'_>) -> Option<String> {
    if WRONG_CHEMISTRY.contains(&context.device.pid) {
        return Some("unknown".into());
    }
    common::string(value, context)
}

fn scaled(value: f64, factor: &str, context: &Context<'_>) -> Option<String> {
    common::short(value * context.device.factor(factor), NUMBER_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;

    #[test]
    fn some_models_do_not_know_their_battery() {
        let mut bench = Bench::default();
        bench.host.strings.insert(1, "PbAc".into());
        for (pid, text) in [(0x3016, "PbAc"), (0x1003, "unknown"), (0x2005, "unknown")] {
            bench.device.pid = pid;
            assert_eq!(bench.read("tripplite_chemistry", 1.0).as_deref(), Some(text), "{pid:x}");
        }
    }

    #[test]
    fn each_kind_of_reading_has_its_factor() {
        let mut bench = Bench::default();
        bench.device.factors =
            vec![("battery".into(), 0.1), ("volts".into(), 1e5), ("hertz".into(), 0.01)];
        for (name, value, text) in [
            ("tripplite_battvolt", 271.0, "27.1"),
            ("tripplite_iovolt", 0.001_205, "120.5"),
            ("tripplite_iofreq", 6001.0, "60.0"),
            ("tripplite_ioamp", 2.5, "2.5"),
            ("tripplite_ioamp", 123_456_789.0, "1234567"),
        ] {
            assert_eq!(bench.read(name, value).as_deref(), Some(text), "{name}");
        }
    }
}
