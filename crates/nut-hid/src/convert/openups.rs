//! Conversions of openUPS: readings of the bare converters, and a thermistor.
//!
//! Knows the curve of the thermistor. The factors of the converters differ between the two boards and
//! stand in the map.

use super::common::flag;
use super::{Context, Function};
use crate::format::fixed;

pub(super) const FUNCTIONS: &[Function] = &[
    // Several bits of a status are one flag: any of them sets it.
    Function::read("openups_charging_info", |value, _| flag(value != 0.0, "chrg")),
    Function::read("openups_discharging_info", |value, _| flag(value != 0.0, "dischrg")),
    Function::read("openups_online_info", |value, _| flag(value != 0.0, "online")),
    Function::read("openups_off_info", |value, _| flag(value == 0.0, "off")),
    Function::read("openups_vin_info", |value, context| scaled(value, "input_volts", 2, context)),
    Function::read("openups_vout_info", |value, context| scaled(value, "output_volts", 2, context)),
    Function::read("openups_ccharge_info", |value, context| {
        scaled(value, "charge_amperes", 3, context)
    }),
    Function::read("openups_cdischarge_info", |value, context| {
        scaled(value, "discharge_amperes", 3, context)
    }),
    Function::read("openups_temperature_info", |value, _| temperature(value)),
];

/// What the converter reads at -40 degrees Celsius, and at every five degrees more.
const THERMISTOR: [u32; 34] = [
    49, 64, 83, 104, 130, 160, 195, 233, 275, 319, 366, 415, 463, 512, 559, 604, 646, 686, 723,
    756, 786, 813, 837, 858, 877, 894, 908, 921, 933, 943, 951, 959, 966, 972,
];
const COLDEST: i32 = -40;
const STEP: i32 = 5;

fn scaled(value: f64, factor: &str, decimals: u8, context: &Context<'_>) -> Option<String> {
    fixed(value * context.device.factor(factor), decimals)
}

/// Degrees Celsius: whole ones on a point of the curve and beyond its ends, else two decimals.
fn temperature(value: f64) -> Option<String> {
    let reading = (value * 100.0) as u32;
    let point = THERMISTOR.iter().rposition(|&at| at <= reading).unwrap_or(0);
    let below = COLDEST + STEP * point as i32;
    match (THERMISTOR.get(point), THERMISTOR.get(point + 1)) {
        (Some(&from), Some(&to)) if reading > from => {
            let part = f64::from((reading - from) * STEP as u32) / f64::from(to - from);
            fixed(part + f64::from(below), 2)
        }
        _ => Some(below.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;

    #[test]
    fn temperatures_follow_the_curve() {
        let mut bench = Bench::default();
        for (value, text) in [
            (-1.0, "-40"),
            (0.49, "-40"),
            (0.5, "-39.67"),
            (0.64, "-35"),
            (5.3, "26.91"),
            (9.71, "124.17"),
            (9.72, "125"),
            (1e12, "125"),
        ] {
            let read = bench.read("openups_temperature_info", value);
            assert_eq!(read.as_deref(), Some(text), "{value}");
        }
    }

    #[test]
    fn converters_have_the_factors_of_their_board() {
        let mut bench = Bench::default();
        assert_eq!(bench.read("openups_vin_info", 3.4).as_deref(), Some("3.40"));
        bench.device.factors =
            vec![("input_volts".into(), 3.545), ("charge_amperes".into(), 0.08274)];
        assert_eq!(bench.read("openups_vin_info", 3.4).as_deref(), Some("12.05"));
        assert_eq!(bench.read("openups_vout_info", 3.4).as_deref(), Some("3.40"));
        assert_eq!(bench.read("openups_ccharge_info", 6.0).as_deref(), Some("0.496"));
        assert_eq!(bench.read("openups_cdischarge_info", 6.0).as_deref(), Some("6.000"));
    }

    #[test]
    fn any_bit_sets_a_flag() {
        let mut bench = Bench::default();
        for (name, set, clear) in [
            ("openups_charging_info", "chrg", "!chrg"),
            ("openups_discharging_info", "dischrg", "!dischrg"),
            ("openups_online_info", "online", "!online"),
            ("openups_off_info", "!off", "off"),
        ] {
            assert_eq!(bench.read(name, 2.0).as_deref(), Some(set));
            assert_eq!(bench.read(name, 0.0).as_deref(), Some(clear));
        }
    }
}
