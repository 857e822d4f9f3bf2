//! Conversions of Eaton and MGE.
//!
//! Knows the battery monitoring mode (ABM), which decides whom to believe about charging; model
//! families with or without certain settings; the clock; and the class of output voltages. Economy
//! and bypass modes are in `mge_modes`.

use super::common::flag;
use super::mge_modes as modes;
use super::{Context, Function};
use crate::civil;
use crate::format::{fixed, leading_float};
use crate::models::Model;
use crate::status::Bit;
use nut_proto::number::leading_int;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::read("eaton_abm_enabled_info", abm_enabled),
    Function::read("eaton_abm_path_mode_info", |_, context| abm_path(AbmPath::Mode, context)),
    Function::read("eaton_abm_path_status_info", |_, context| abm_path(AbmPath::Status, context)),
    Function::read("eaton_abm_status_info", abm_status),
    Function::read("eaton_abm_chrg_dischrg_info", abm_bits),
    Function::read("eaton_discharging_info", |v, context| plain("dischrg", v, context)),
    Function::read("eaton_charging_info", |v, context| plain("chrg", v, context)),
    Function::both("mge_date_conversion", |v, c| clock(v, civil::date_text, c), date_back),
    Function::both("mge_time_conversion", |v, c| clock(v, civil::time_text, c), time_back),
    Function::read("mge_battery_voltage_nominal", battery_voltage_nominal),
    Function::read("mge_battery_voltage", battery_voltage),
    Function::read("mge_powerfactor_conversion", |value, _| fixed(value / 100.0, 2)),
    Function::read("mge_battery_capacity", |value, _| fixed(value / 3600.0, 2)),
    Function::read("pegasus_threshold_info", eco_threshold),
    Function::both("pegasus_yes_no_info", eco_outlet, eco_outlet_back),
    Function::read("eaton_check_country_info", country),
    Function::read("eaton_compute_realpower_info", realpower),
    Function::read("nominal_output_voltage_info", output_voltage),
    Function::read("eaton_converter_online_info", converter_online),
    Function::both("eaton_input_eco_mode_on_off_info", modes::eco, modes::eco_back),
    Function::read("eaton_input_bypass_mode_on_info", modes::bypass),
    Function::both("eaton_input_eco_mode_auto_on_off_info", modes::auto, modes::auto_back),
];

/// What is known of the battery monitoring mode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Abm {
    #[default]
    Unknown,
    Disabled,
    Enabled,
}

/// Which of two usages carries the ABM state; their codes differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AbmPath {
    Mode,
    Status,
}

/// What Eaton's conversions remember.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// The model, as its strings tell.
    pub model: Model,
    /// Country code: 0 Europe, 1 US, 2 Europe with 200/208 V, 3 worldwide, 4 Australia.
    pub country: Option<i64>,
    abm: Abm,
    abm_path: Option<AbmPath>,
    output_voltage: Option<i64>,
}

fn abm_enabled(value: f64, context: &mut Context<'_>) -> Option<String> {
    context.memory.mge.abm = match value as i64 {
        0 => Abm::Disabled,
        1 => Abm::Enabled,
        _ => Abm::Unknown,
    };
    None
}

/// The first path that is read while ABM is on is the one that counts.
fn abm_path(path: AbmPath, context: &mut Context<'_>) -> Option<String> {
    let memory = &mut context.memory.mge;
    match memory.abm {
        Abm::Enabled => memory.abm_path = memory.abm_path.or(Some(path)),
        _ => memory.abm_path = None,
    }
    None
}

fn abm_status(value: f64, context: &mut Context<'_>) -> Option<String> {
    let memory = &context.memory.mge;
    if memory.abm != Abm::Enabled {
        context.host.delete("battery.charger.status");
        return None;
    }
    let by_status = memory.abm_path == Some(AbmPath::Status);
    let status = match (by_status, value as i64) {
        (_, 1) => "charging",
        (true, 2) | (false, 3) => "floating",
        (true, 3) | (false, 4) => "resting",
        (true, 4) | (false, 2) => "discharging",
        (_, 6) => "off",
        _ => return None,
    };
    Some(status.into())
}

fn abm_bits(value: f64, context: &mut Context<'_>) -> Option<String> {
    let memory = &context.memory.mge;
    if memory.abm != Abm::Enabled {
        return None;
    }
    let by_status = memory.abm_path == Some(AbmPath::Status);
    let word = match (by_status, value as i64) {
        (true, 1 | 2) | (false, 1 | 3) => "chrg",
        (true, 4) | (false, 2) => "dischrg",
        _ => return None,
    };
    Some(word.into())
}

/// The plain charging bits, which count only while ABM is off.
fn plain(word: &str, value: f64, context: &mut Context<'_>) -> Option<String> {
    flag(context.memory.mge.abm != Abm::Enabled && value as i64 == 1, word)
}

fn clock(value: f64, text: fn(i64) -> String, context: &mut Context<'_>) -> Option<String> {
    // What no four-digit year can hold is no time of day either.
    let unix = (value.abs() < 2.5e11).then_some(value as i64)?;
    Some(text(unix + context.host.utc_offset(unix)))
}

/// Seconds since 1970 of a local day and time; 0 if they make no sense (NUT 2.8.5).
fn unix(date: &str, time: &str, context: &Context<'_>) -> Option<f64> {
    let Some(local) = civil::parse_local(date, time) else { return Some(0.0) };
    let guess = local - context.host.utc_offset(local);
    Some((local - context.host.utc_offset(guess)) as f64)
}

fn date_back(text: &str, context: &mut Context<'_>) -> Option<f64> {
    let time = context.host.value("ups.time").unwrap_or_default();
    unix(text, &time, context)
}

fn time_back(text: &str, context: &mut Context<'_>) -> Option<f64> {
    let date = context.host.value("ups.date").unwrap_or_default();
    unix(&date, text, context)
}

fn battery_voltage_nominal(value: f64, context: &mut Context<'_>) -> Option<String> {
    let model = &context.memory.mge.model;
    let volts = model.battery_volts.unwrap_or(value);
    model.family.tells_battery_voltage().then(|| fixed(volts, 0)).flatten()
}

fn battery_voltage(value: f64, context: &mut Context<'_>) -> Option<String> {
    context.memory.mge.model.family.tells_battery_voltage().then(|| fixed(value, 1)).flatten()
}

fn eco_threshold(value: f64, context: &mut Context<'_>) -> Option<String> {
    context.memory.mge.model.family.has_eco_outlets().then(|| fixed(value, 0)).flatten()
}

fn eco_outlet(value: f64, context: &mut Context<'_>) -> Option<String> {
    let word = if value as i64 == 0 { "no" } else { "yes" };
    context.memory.mge.model.family.has_eco_outlets().then(|| word.into())
}

fn eco_outlet_back(text: &str, context: &mut Context<'_>) -> Option<f64> {
    let yes = context.memory.mge.model.family.has_eco_outlets() && text.starts_with("yes");
    Some(if yes { 1.0 } else { 0.0 })
}

fn country(value: f64, context: &mut Context<'_>) -> Option<String> {
    context.memory.mge.country = Some(value as i64).filter(|code| (0..=4).contains(code));
    None
}

/// An estimate, for devices that do not tell the real power.
fn realpower(_: f64, context: &mut Context<'_>) -> Option<String> {
    let whole = |name: &str| context.host.value(name).map(|text| leading_int(&text) as f64);
    let load = whole("ups.load")?;
    let nominal = whole("ups.power.nominal")?;
    let factor = context.host.value("output.powerfactor").map_or(0.80, |t| leading_float(&t));
    // In single precision, and halves away from zero: NUT's result to the last watt.
    fixed((load * 0.01 * nominal * f64::from(factor as f32)).round(), 0)
}

/// The first voltage a device tells puts it into a class; others are believed and offered only
/// within that class.
fn output_voltage(value: f64, context: &mut Context<'_>) -> Option<String> {
    let memory = &mut context.memory.mge;
    let volts = value as i64;
    let first = *memory.output_voltage.get_or_insert(volts);
    let wide = memory.model.family.is_wide_range();
    let fits = match first {
        100 | 110 | 120 | 127 => matches!(volts, 100 | 110 | 120 | 127),
        200 | 208 => matches!(volts, 200 | 208) || wide && matches!(volts, 220 | 230 | 240),
        220 | 230 | 240 => matches!(volts, 220 | 230 | 240) || wide && matches!(volts, 200 | 208),
        _ => true,
    };
    fits.then(|| fixed(value, 0)).flatten()
}

fn converter_online(value: f64, context: &mut Context<'_>) -> Option<String> {
    if context.bits.has(Bit::Off) { None } else { flag(value as i64 != 0, "online") }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use super::*;
    use crate::models::Family;

    fn family(family: Family) -> Bench {
        let mut bench = Bench::default();
        bench.memory.mge.model.family = family;
        bench
    }

    #[test]
    fn abm_decides_whom_to_believe() {
        let mut bench = Bench::default().with(&[("battery.charger.status", "charging")]);
        assert_eq!(bench.read("eaton_charging_info", 1.0).as_deref(), Some("chrg"));
        assert_eq!(bench.read("eaton_abm_status_info", 1.0), None);
        assert_eq!(bench.host.variables.len(), 0);
        bench.read("eaton_abm_enabled_info", 1.0);
        assert_eq!(bench.read("eaton_charging_info", 1.0).as_deref(), Some("!chrg"));
        assert_eq!(bench.read("eaton_discharging_info", 1.0).as_deref(), Some("!dischrg"));
        assert_eq!(bench.read("eaton_abm_chrg_dischrg_info", 2.0).as_deref(), Some("dischrg"));
    }

    #[test]
    fn abm_codes_depend_on_the_first_path() {
        for (path, texts) in [
            ("mode", ["charging", "discharging", "floating", "resting", "", "off"]),
            ("status", ["charging", "floating", "resting", "discharging", "", "off"]),
        ] {
            let mut bench = Bench::default();
            bench.read("eaton_abm_enabled_info", 1.0);
            bench.read(&format!("eaton_abm_path_{path}_info"), 0.0);
            bench.read("eaton_abm_path_mode_info", 0.0);
            bench.read("eaton_abm_path_status_info", 0.0);
            for (text, code) in texts.iter().zip(1..) {
                let read = bench.read("eaton_abm_status_info", f64::from(code));
                assert_eq!(read.unwrap_or_default(), *text, "{path} {code}");
            }
        }
    }

    #[test]
    fn dates_and_times_are_local() {
        let mut bench =
            Bench::default().with(&[("ups.time", "12:00:00"), ("ups.date", "2024/06/01")]);
        bench.host.offset = 7200;
        assert_eq!(bench.read("mge_time_conversion", 0.0).as_deref(), Some("02:00:00"));
        assert_eq!(bench.read("mge_date_conversion", -7201.0).as_deref(), Some("1969/12/31"));
        assert_eq!(bench.write("mge_date_conversion", "2024/06/02"), Some(1_717_322_400.0));
        assert_eq!(bench.write("mge_time_conversion", "12:00:01"), Some(1_717_236_001.0));
        assert_eq!(bench.write("mge_time_conversion", "noon"), Some(0.0));
        assert_eq!(Bench::default().write("mge_time_conversion", "12:00:01"), Some(0.0), "no date");
        assert_eq!(Bench::default().write("mge_date_conversion", "2024/06/02"), Some(0.0));
        assert_eq!(bench.read("mge_date_conversion", f64::INFINITY), None);
    }

    #[test]
    fn families_decide_what_is_published() {
        assert_eq!(family(Family::Default).read("mge_battery_voltage", 13.44), None);
        let mut five = family(Family::FiveP);
        assert_eq!(five.read("mge_battery_voltage", 13.44).as_deref(), Some("13.4"));
        assert_eq!(five.read("mge_battery_voltage_nominal", 24.0).as_deref(), Some("24"));
        assert_eq!(five.read("pegasus_threshold_info", 25.0), None);
        assert_eq!(five.write("pegasus_yes_no_info", "yes"), Some(0.0));
        let mut pegasus = family(Family::Pegasus);
        assert_eq!(pegasus.read("pegasus_yes_no_info", 2.0).as_deref(), Some("yes"));
        assert_eq!(pegasus.write("pegasus_yes_no_info", "yes, please"), Some(1.0));
    }

    #[test]
    fn output_voltages_stay_in_their_class() {
        let accepted = |which, first: f64| {
            let mut bench = family(which);
            bench.read("nominal_output_voltage_info", first);
            [100.0, 127.0, 200.0, 208.0, 220.0, 240.0]
                .into_iter()
                .filter_map(|v| bench.read("nominal_output_voltage_info", v))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(accepted(Family::Default, 120.0), "100 127");
        assert_eq!(accepted(Family::Default, 230.0), "200 208 220 240");
        assert_eq!(accepted(Family::ThreeS, 230.0), "220 240");
        assert_eq!(accepted(Family::Offline, 200.0), "200 208");
        assert_eq!(accepted(Family::Offline, 48.0), "100 127 200 208 220 240");
    }

    #[test]
    fn real_power_is_estimated_from_load_and_rating() {
        let mut bench = Bench::default().with(&[("ups.load", "50")]);
        assert_eq!(bench.read("eaton_compute_realpower_info", 0.0), None);
        bench = bench.with(&[("ups.power.nominal", "850")]);
        assert_eq!(bench.read("eaton_compute_realpower_info", 0.0).as_deref(), Some("340"));
        bench = bench.with(&[("output.powerfactor", "0.60")]);
        assert_eq!(bench.read("eaton_compute_realpower_info", 0.0).as_deref(), Some("255"));
        for (load, rating, factor, watts) in [("3", "500", "0.9", "13"), ("1", "50", "1", "1")] {
            bench = bench.with(&[
                ("ups.load", load),
                ("ups.power.nominal", rating),
                ("output.powerfactor", factor),
            ]);
            assert_eq!(bench.read("eaton_compute_realpower_info", 0.0).as_deref(), Some(watts));
        }
    }

    #[test]
    fn a_converter_says_nothing_while_off() {
        let mut bench = Bench::default();
        assert_eq!(bench.read("eaton_converter_online_info", 0.0).as_deref(), Some("!online"));
        bench.bits.set(Bit::Off);
        assert_eq!(bench.read("eaton_converter_online_info", 1.0), None);
    }
}
