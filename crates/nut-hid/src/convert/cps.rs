//! Conversions of CyberPower: readings whose scale has to be guessed.
//!
//! Knows how the firmware behind product id 0501 is found out: battery voltages half as high again
//! as they are, and frequencies in tenths of a hertz. Guesses are remembered.

use super::common::short;
use super::{Context, Function, Level};
use crate::format::{fixed, leading_float};
use crate::map::Quirk;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::read("cps_input_freq", |value, context| frequency(value, Side::Input, context)),
    Function::read("cps_output_freq", |value, context| frequency(value, Side::Output, context)),
    Function::read("cps_battvolt", battery_voltage),
    Function::read("cps_battcharge", |value, _| fixed(value.min(100.0), 0)),
    Function::read("cps_battstatus", |value, _| Some(fixed(value, 0)? + "%")),
];

/// Longest printed number (NUT 2.8.5).
const NUMBER_LIMIT: usize = 7;

/// A reading this many times the nominal voltage is taken for a wrongly scaled one.
const BATTERY_RATIO: f64 = 1.4;

/// What was found out about the firmware.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    battery: Option<f64>,
    input: Option<f64>,
    output: Option<f64>,
}

fn number(name: &str, context: &Context<'_>) -> f64 {
    context.host.value(name).map_or(0.0, |text| leading_float(&text))
}

fn battery_voltage(value: f64, context: &mut Context<'_>) -> Option<String> {
    let nominal = number("battery.voltage.nominal", context);
    let undecided = context.memory.cps.battery.is_none();
    if context.device.has(Quirk::AutoScale) && undecided && nominal != 0.0 {
        let wrong = value / nominal > BATTERY_RATIO;
        if wrong {
            let text = "cps_adjust_battery_scale: battery readings will be scaled by 2/3";
            context.host.log(Level::Info, text);
        }
        context.memory.cps.battery = Some(if wrong { 2.0 / 3.0 } else { 1.0 });
    }
    short(value * context.memory.cps.battery.unwrap_or(1.0), NUMBER_LIMIT)
}

#[derive(Clone, Copy)]
enum Side {
    Input,
    Output,
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Side::Input => "input",
            Side::Output => "output",
        }
    }

    fn memory<'a>(self, context: &'a mut Context<'_>) -> &'a mut Option<f64> {
        match self {
            Side::Input => &mut context.memory.cps.input,
            Side::Output => &mut context.memory.cps.output,
        }
    }
}

fn frequency(value: f64, side: Side, context: &mut Context<'_>) -> Option<String> {
    if context.device.has(Quirk::AutoScale) && side.memory(context).is_none() {
        let of = |kind: &str| number(&format!("{}.frequency{kind}", side.word()), context);
        let factor = scale(value, of(".nominal"), of(".low"), of(".high"));
        *side.memory(context) = factor;
    }
    let factor = side.memory(context).unwrap_or(1.0);
    short(value * factor, NUMBER_LIMIT)
}

/// The scale of a frequency, if it can be told: 0 stands for limits that are not known.
fn scale(value: f64, nominal: f64, low: f64, high: f64) -> Option<f64> {
    let nominal = if nominal == 0.0 { guess_nominal(value, low, high) } else { nominal };
    let known = nominal != 0.0;
    let limit = |given: f64, ratio: f64, last: f64| match (given != 0.0, known) {
        (true, _) => given,
        (false, true) => nominal * ratio,
        (false, false) => last,
    };
    let range = limit(low, 0.95, 45.0)..=limit(high, 1.05, 65.0);
    if range.contains(&value) {
        Some(1.0)
    } else if range.contains(&(value / 10.0)) {
        Some(0.1)
    } else {
        None
    }
}

/// 50 or 60 Hz, from the limits or else from the reading; 0 if neither fits.
fn guess_nominal(value: f64, low: f64, high: f64) -> f64 {
    let above = |x: f64, min: f64, max: f64| x > min && x <= max;
    for (nominal, from, to) in [(50.0, 45.0, 50.0), (60.0, 55.0, 60.0)] {
        let reading = above(value, from, to + 5.0) || above(value, from * 10.0, (to + 5.0) * 10.0);
        if above(low, from, to) || (to..=to + 5.0).contains(&high) || reading {
            return nominal;
        }
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use super::*;

    fn bench() -> Bench {
        let mut bench = Bench::default();
        bench.device.quirks.push(Quirk::AutoScale);
        bench
    }

    #[test]
    fn battery_voltage_is_scaled_once_found_wrong() {
        let mut bench = bench();
        assert_eq!(bench.read("cps_battvolt", 20.0).as_deref(), Some("20.0"));
        bench = bench.with(&[("battery.voltage.nominal", "12")]);
        assert_eq!(bench.read("cps_battvolt", 20.1).as_deref(), Some("13.4"));
        assert_eq!(bench.host.log.len(), 1);
        assert_eq!(bench.read("cps_battvolt", 15.0).as_deref(), Some("10.0"));
        assert_eq!(bench.host.log.len(), 1);
    }

    #[test]
    fn a_right_scale_stays() {
        let mut bench = bench().with(&[("battery.voltage.nominal", "12")]);
        assert_eq!(bench.read("cps_battvolt", 13.5).as_deref(), Some("13.5"));
        assert_eq!(bench.read("cps_battvolt", 20.0).as_deref(), Some("20.0"));
    }

    #[test]
    fn frequencies_in_tenths_are_noticed() {
        for (value, text) in [(50.0, "50.0"), (499.0, "49.9"), (600.0, "60.0"), (7.0, "7.0")] {
            assert_eq!(bench().read("cps_input_freq", value).as_deref(), Some(text));
            assert_eq!(bench().read("cps_output_freq", value).as_deref(), Some(text));
        }
        let mut other = Bench::default();
        assert_eq!(other.read("cps_input_freq", 499.0).as_deref(), Some("499.0"));
    }

    #[test]
    fn limits_help_to_guess() {
        assert_eq!(guess_nominal(0.0, 47.0, 0.0), 50.0);
        assert_eq!(guess_nominal(0.0, 0.0, 55.0), 50.0);
        assert_eq!(guess_nominal(0.0, 57.0, 63.0), 60.0);
        assert_eq!(guess_nominal(0.0, 0.0, 0.0), 0.0);
        assert_eq!(scale(400.0, 50.0, 0.0, 0.0), None);
    }

    #[test]
    fn charge_is_capped_and_status_is_a_percentage() {
        let mut bench = Bench::default();
        assert_eq!(bench.read("cps_battcharge", 120.0).as_deref(), Some("100"));
        assert_eq!(bench.read("cps_battstatus", 100.0).as_deref(), Some("100%"));
        assert_eq!(bench.read("cps_battvolt", 1e9).as_deref(), Some("1000000"));
    }
}
