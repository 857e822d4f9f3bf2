//! Conversions of Belkin: status words made of bits, and Liebert's voltages with wrong exponents.
//!
//! Knows what each bit of Belkin's status words says, and how Liebert firmware that declares volts in
//! the wrong unit is told from one that does not: by readings far below one volt. The factor that puts
//! them right is remembered, one for nominal voltages and one for all others.

use super::common::{bit, flag, short};
use super::{Context, Function, Level};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::read("liebert_online_info", |v, _| flag(v != 0.0, "online")),
    Function::read("liebert_discharging_info", |v, _| flag(v != 0.0, "dischrg")),
    Function::read("liebert_charging_info", |v, _| flag(v != 0.0, "chrg")),
    Function::read("liebert_lowbatt_info", |v, _| flag(v != 0.0, "lowbatt")),
    Function::read("liebert_replacebatt_info", |v, _| flag(v != 0.0, "replacebatt")),
    Function::read("liebert_shutdownimm_info", |v, _| flag(v != 0.0, "shutdownimm")),
    Function::read("liebert_config_voltage_info", config_voltage),
    Function::read("liebert_line_voltage_info", line_voltage),
    Function::read("belkin_firmware_conversion", |v, _| Some(((v as i64) >> 4).to_string())),
    Function::read("belkin_upstype_conversion", |v, _| Some(ups_type(v as i64).into())),
    Function::read("belkin_sensitivity_conversion", |v, _| Some(sensitivity(v as i64).into())),
    Function::read("belkin_overload_conversion", |v, _| bit(v, 0x10, "overload")),
    Function::read("belkin_overheat_conversion", |v, _| bit(v, 0x40, "overheat")),
    Function::read("belkin_commfault_conversion", |v, _| bit(v, 0x80, "commfault")),
    Function::read("belkin_awaitingpower_conversion", |v, _| bit(v, 0x2000, "awaitingpower")),
    // The bit says that mains power failed.
    Function::read("belkin_online_conversion", |v, _| flag(v as i64 & 1 == 0, "online")),
    Function::read("belkin_lowbatt_conversion", |v, _| bit(v, 0x04, "lowbatt")),
    Function::read("belkin_depleted_conversion", |v, _| bit(v, 0x40, "depleted")),
    Function::read("belkin_replacebatt_conversion", |v, _| bit(v, 0x80, "replacebatt")),
];

/// Longest printed voltage (NUT 2.8.5).
const NUMBER_LIMIT: usize = 9;

/// What was found out about Liebert's exponents.
#[derive(Debug, Clone)]
pub struct Memory {
    /// For nominal battery voltages.
    config: f64,
    /// For all other voltages.
    line: f64,
}

impl Default for Memory {
    fn default() -> Memory {
        Memory { config: 1.0, line: 1.0 }
    }
}

fn ups_type(value: i64) -> &'static str {
    match value & 0xf {
        1 => "offline",
        2 => "line-interactive",
        3 => "simple online",
        4 => "simple offline",
        5 => "simple line-interactive",
        _ => "online",
    }
}

fn sensitivity(value: i64) -> &'static str {
    match value {
        1 => "reduced",
        2 => "low",
        _ => "normal",
    }
}

fn is_near(value: f64, expected: f64, tolerance: f64) -> bool {
    (value - expected).abs() < tolerance
}

fn volts(value: f64) -> Option<String> {
    short(value, NUMBER_LIMIT)
}

/// A nominal voltage; 1e-7 stands for 10 V and gives away that line voltages are off too.
fn config_voltage(value: f64, context: &mut Context<'_>) -> Option<String> {
    if is_near(value, 1e-7, 1e-9) {
        context.memory.belkin = Memory { config: 1e8, line: 1e7 };
    } else if value < 1.0 {
        tell_odd(value, "liebert_config_voltage", context);
    }
    volts(value * context.memory.belkin.config)
}

/// A line or battery voltage: about 1e-5 or 1e-3 when it should be tens or hundreds of volts. None at
/// all, as of mains in a blackout, tells nothing about the exponent.
fn line_voltage(value: f64, context: &mut Context<'_>) -> Option<String> {
    if value < 1.0 && value != 0.0 {
        if is_near(value, 1e-5, 4e-5) {
            context.memory.belkin.line = 1e7;
        } else if is_near(value, 1e-3, 4e-3) {
            context.memory.belkin.line = 1e5;
        } else {
            tell_odd(value, "liebert_line_voltage", context);
        }
    }
    volts(value * context.memory.belkin.line)
}

fn tell_odd(value: f64, what: &str, context: &mut Context<'_>) {
    context
        .host
        .log(Level::Debug, &format!("{what}: exponent looks wrong, but not as known: {value}"));
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;

    #[test]
    fn status_bits() {
        let mut bench = Bench::default();
        for (name, value, word) in [
            ("belkin_online_conversion", 0x2000, "online"),
            ("belkin_online_conversion", 0x0001, "!online"),
            ("belkin_overload_conversion", 0x0010, "overload"),
            ("belkin_overload_conversion", 0xffef, "!overload"),
            ("belkin_overheat_conversion", 0x0040, "overheat"),
            ("belkin_commfault_conversion", 0x0080, "commfault"),
            ("belkin_awaitingpower_conversion", 0x2000, "awaitingpower"),
            ("belkin_awaitingpower_conversion", 0x1000, "!awaitingpower"),
            ("belkin_lowbatt_conversion", 0x04, "lowbatt"),
            ("belkin_depleted_conversion", 0x40, "depleted"),
            ("belkin_replacebatt_conversion", 0x7f, "!replacebatt"),
            ("liebert_online_info", 2, "online"),
            ("liebert_online_info", 0, "!online"),
            ("liebert_shutdownimm_info", 1, "shutdownimm"),
        ] {
            assert_eq!(bench.read(name, f64::from(value)).as_deref(), Some(word), "{name} {value}");
        }
    }

    #[test]
    fn firmware_and_type_share_a_number() {
        let mut bench = Bench::default();
        assert_eq!(bench.read("belkin_firmware_conversion", 0x74.into()).as_deref(), Some("7"));
        let mut text = |value: i32| bench.read("belkin_upstype_conversion", value.into()).unwrap();
        assert_eq!(text(0x74), "simple offline");
        assert_eq!(text(0x7f), "online");
        let mut text =
            |value: i32| bench.read("belkin_sensitivity_conversion", value.into()).unwrap();
        assert_eq!((text(0), text(1), text(2)), ("normal".into(), "reduced".into(), "low".into()));
    }

    #[test]
    fn plain_volts_stay() {
        let mut bench = Bench::default();
        assert_eq!(bench.read("liebert_config_voltage_info", 12.0).as_deref(), Some("12.0"));
        assert_eq!(bench.read("liebert_line_voltage_info", 229.96).as_deref(), Some("230.0"));
        assert_eq!(bench.read("liebert_line_voltage_info", 0.5).as_deref(), Some("0.5"));
        assert_eq!(bench.host.log.len(), 1);
        assert_eq!(bench.read("liebert_line_voltage_info", 0.0).as_deref(), Some("0.0"));
        assert_eq!(bench.read("liebert_line_voltage_info", 230.0).as_deref(), Some("230.0"));
        assert_eq!(bench.read("liebert_line_voltage_info", 1e12).as_deref(), Some("100000000"));
    }

    #[test]
    fn wrong_exponents_are_noticed_and_remembered() {
        let mut bench = Bench::default();
        assert_eq!(bench.read("liebert_line_voltage_info", 1.39e-6).as_deref(), Some("13.9"));
        assert_eq!(bench.read("liebert_line_voltage_info", 1.212e-3).as_deref(), Some("121.2"));
        assert_eq!(bench.read("liebert_line_voltage_info", 12.0).as_deref(), Some("1200000.0"));
        let mut bench = Bench::default();
        assert_eq!(bench.read("liebert_config_voltage_info", 1e-7).as_deref(), Some("10.0"));
        assert_eq!(bench.read("liebert_config_voltage_info", 1.2e-7).as_deref(), Some("12.0"));
        assert_eq!(bench.read("liebert_line_voltage_info", 2.0).as_deref(), Some("20000000."));
    }
}
