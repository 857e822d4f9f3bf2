//! Conversions of PowerCOM: delays in minutes and seconds, a voltage outside the descriptor, and
//! status bytes of old models.
//!
//! Knows the codes of the shutdown commands, in which the delay and what happens afterwards are one
//! number, and the byte order of delays, which the firmware has the other way round.

use super::common::{bit, flag};
use super::{Context, Function, Level};
use crate::format::fixed;
use nut_proto::number::leading_int;
use std::time::Duration;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::both("powercom_startup_info", startup, startup_back),
    Function::both("powercom_shutdown_info", shutdown, shutdown_back),
    Function::write("powercom_stayoff_info", stayoff_back),
    Function::read("powercom_hack_voltage_lkp", battery_voltage),
    Function::read("powercom_voltage_conversion", |value, _| fixed(value * 4.0, 0)),
    Function::read("powercom_upsfail_conversion", |value, _| bit(value, 1, "fanfail")),
    Function::read("powercom_replacebatt_conversion", |value, _| bit(value, 2, "replacebatt")),
    Function::read("powercom_test_conversion", |value, _| bit(value, 4, "cal")),
    Function::read("powercom_shutdownimm_conversion", |value, _| bit(value, 0x10, "shutdownimm")),
    // The bit says that mains power failed.
    Function::read("powercom_online_conversion", |value, _| flag(bits(value) & 1 == 0, "online")),
    Function::read("powercom_lowbatt_conversion", |value, _| bit(value, 2, "lowbatt")),
    Function::read("powercom_trim_conversion", |value, _| regulating(value, 0x08, "trim")),
    Function::read("powercom_boost_conversion", |value, _| regulating(value, 0x18, "boost")),
    Function::read("powercom_overload_conversion", |value, _| bit(value, 0x20, "overload")),
];

/// Option: delays as NUT wrote them before 2.8.3, minutes in the low byte.
const OLD_ORDER: &str = "powercom_sdcmd_byte_order_fallback";
/// Option: the firmware takes the place of a delay in a table (Raptor, Smart King Pro).
const DISCRETE: &str = "powercom_sdcmd_discrete_delay";

/// That table, in seconds; anything longer takes the last place.
const DELAYS: [i64; 17] =
    [12, 18, 24, 30, 36, 42, 48, 54, 60, 120, 180, 240, 300, 360, 420, 480, 540];

/// The report with the battery voltage, which the descriptor does not mention.
const VOLTAGE_REPORT: u8 = 0xa4;
const VOLTAGE_LENGTH: usize = 8;
/// How often it is asked for until it was read once, and how long to wait in between.
const VOLTAGE_TRIES: u8 = 5;
const VOLTAGE_PAUSE: Duration = Duration::from_millis(100);

/// What was read of the battery voltage.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    asked: bool,
    voltage: Option<String>,
}

fn bits(value: f64) -> i64 {
    value as i64
}

/// One bit says that the voltage is regulated, another in which direction.
fn regulating(value: f64, code: i64, word: &str) -> Option<String> {
    flag(bits(value) & 0x18 == code, word)
}

/// Minutes with their bytes swapped.
fn startup(value: f64, _: &mut Context<'_>) -> Option<String> {
    let minutes = (bits(value) as u16).swap_bytes();
    Some((u32::from(minutes) * 60).to_string())
}

/// A byte of minutes and a byte of seconds.
fn shutdown(value: f64, context: &mut Context<'_>) -> Option<String> {
    let [high, low] = (bits(value) as u16).to_be_bytes().map(u32::from);
    let old = context.host.option(OLD_ORDER).is_some();
    let (minutes, seconds) = if old { (low, high) } else { (high, low) };
    Some((minutes * 60 + seconds).to_string())
}

/// A delay in seconds: of the command, else the user's option, else the published one.
fn delay(text: &str, option: &str, name: &str, last: i64, context: &Context<'_>) -> i64 {
    let given = |text: &String| !text.is_empty();
    Some(text.to_owned())
        .filter(given)
        .or_else(|| context.host.option(option).filter(given))
        .or_else(|| context.host.value(name).filter(given))
        .map_or(last, |text| leading_int(&text))
}

fn startup_back(text: &str, context: &mut Context<'_>) -> Option<f64> {
    let minutes = delay(text, "ondelay", "ups.delay.start", 120, context) / 60;
    if u32::try_from(minutes).is_err() {
        refuse("powercom_startup_nuf", minutes, "uint32_t", context);
        return Some(0.0);
    }
    let discrete = context.host.option(DISCRETE).is_some();
    let code = if discrete { minutes } else { i64::from((minutes as u16).swap_bytes()) };
    Some(code as f64)
}

/// Off, and on again with the mains.
fn shutdown_back(text: &str, context: &mut Context<'_>) -> Option<f64> {
    let Some(seconds) = shutdown_delay(text, "powercom_shutdown_nuf", context) else {
        return Some(0.0);
    };
    if context.host.option(DISCRETE).is_some() {
        let place = DELAYS.iter().position(|&limit| i64::from(seconds) <= limit);
        return Some((place.unwrap_or(DELAYS.len()) + 1) as f64);
    }
    Some(f64::from(code(seconds, 0x40, context)))
}

/// Off until somebody switches it on.
fn stayoff_back(text: &str, context: &mut Context<'_>) -> Option<f64> {
    let seconds = shutdown_delay(text, "powercom_stayoff_nuf", context);
    Some(seconds.map_or(0.0, |seconds| f64::from(code(seconds, 0x80, context))))
}

fn shutdown_delay(text: &str, told_by: &str, context: &mut Context<'_>) -> Option<u16> {
    let seconds = delay(text, "offdelay", "ups.delay.shutdown", 60, context);
    let fits = u16::try_from(seconds).ok();
    if fits.is_none() {
        refuse(told_by, seconds, "uint16_t", context);
    }
    fits
}

/// Minutes, seconds, and a flag beside the seconds for what happens afterwards. A delay of 0 would
/// mean the longest one.
fn code(seconds: u16, flag: u16, context: &Context<'_>) -> u16 {
    let seconds = seconds.max(1);
    let (minutes, rest) = (seconds / 60, seconds % 60);
    if context.host.option(OLD_ORDER).is_some() {
        (rest << 8).wrapping_add(minutes) | flag << 8
    } else {
        (minutes << 8).wrapping_add(rest) | flag
    }
}

/// NUT 2.8.5's words; 0 is sent then.
fn refuse(told_by: &str, number: i64, kind: &str, context: &mut Context<'_>) {
    let text = format!("{told_by}: value = {number} is not in {kind} range");
    context.host.log(Level::Warning, &text);
}

/// The row stands on a field that every device has; its value is of no interest. A device that once
/// gave the voltage and does not now keeps the last one.
fn battery_voltage(_: f64, context: &mut Context<'_>) -> Option<String> {
    let tries = if context.memory.powercom.asked { 1 } else { VOLTAGE_TRIES };
    let read = read_voltage(tries, context);
    let memory = &mut context.memory.powercom;
    memory.asked = true;
    memory.voltage = read.or(memory.voltage.take());
    Some(memory.voltage.clone().unwrap_or_else(|| "0.0".into()))
}

fn read_voltage(tries: u8, context: &mut Context<'_>) -> Option<String> {
    for attempt in 0..tries {
        if attempt > 0 {
            context.host.pause(VOLTAGE_PAUSE);
        }
        let report = context.host.read_feature(VOLTAGE_REPORT, VOLTAGE_LENGTH);
        let found = report.as_deref().and_then(voltage_in);
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The number in a text like ` 13.7 2`.
fn voltage_in(report: &[u8]) -> Option<String> {
    let text = report.get(1..report.len().min(VOLTAGE_LENGTH))?.split(|&byte| byte == 0).next()?;
    let of_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let number = text.iter().skip_while(|byte| !of_number(byte)).take_while(|byte| of_number(byte));
    let number: String = number.map(|&byte| char::from(byte)).collect();
    (number.contains('.') && number.parse::<f64>().is_ok()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;

    const START: &str = "powercom_startup_info";
    const RETURN: &str = "powercom_shutdown_info";
    const STAY_OFF: &str = "powercom_stayoff_info";
    const VOLTAGE: &str = "powercom_hack_voltage_lkp";

    fn with_option(name: &str, value: &str) -> Bench {
        let mut bench = Bench::default();
        bench.host.options.insert(name.into(), value.into());
        bench
    }

    #[test]
    fn delays_come_in_minutes_and_seconds() {
        let mut bench = Bench::default();
        assert_eq!(bench.read(START, 512.0).as_deref(), Some("120"));
        assert_eq!(bench.read(RETURN, 266.0).as_deref(), Some("70"));
        let mut old = with_option(super::OLD_ORDER, "");
        assert_eq!(old.read(RETURN, 266.0).as_deref(), Some("601"));
    }

    #[test]
    fn a_shutdown_is_a_delay_and_what_follows() {
        let mut bench = Bench::default();
        for (text, back, off) in [
            ("", 0x0140, 0x0180),
            ("0", 0x0041, 0x0081),
            ("90", 0x015e, 0x019e),
            ("65535", 0x444f, 0x448f),
            ("65536", 0, 0),
            ("-1", 0, 0),
        ] {
            assert_eq!(bench.write(RETURN, text), Some(f64::from(back)), "{text}");
            assert_eq!(bench.write(STAY_OFF, text), Some(f64::from(off)), "{text}");
        }
        assert_eq!(bench.host.log.len(), 4);
        let told = "powercom_stayoff_nuf: value = -1 is not in uint16_t range";
        assert_eq!(bench.host.log[3], told);
    }

    #[test]
    fn the_old_byte_order_is_there_for_old_firmware() {
        let mut bench = with_option(super::OLD_ORDER, "");
        assert_eq!(bench.write(RETURN, "90"), Some(f64::from(0x5e01)));
        assert_eq!(bench.write(STAY_OFF, "90"), Some(f64::from(0x9e01)));
    }

    #[test]
    fn some_firmware_knows_certain_delays_only() {
        let mut bench = with_option(super::DISCRETE, "");
        for (text, place) in [("0", 1), ("12", 1), ("13", 2), ("60", 9), ("540", 17), ("541", 18)] {
            assert_eq!(bench.write(RETURN, text), Some(f64::from(place)), "{text}");
        }
        assert_eq!(bench.write(STAY_OFF, "90"), Some(f64::from(0x019e)));
        assert_eq!(bench.write(START, "180"), Some(3.0));
    }

    #[test]
    fn a_delay_is_looked_for_in_four_places() {
        let mut bench = Bench::default();
        assert_eq!(bench.write(START, ""), Some(f64::from(0x0200)));
        bench = bench.with(&[("ups.delay.start", "240"), ("ups.delay.shutdown", "30")]);
        assert_eq!(bench.write(START, ""), Some(f64::from(0x0400)));
        assert_eq!(bench.write(RETURN, ""), Some(f64::from(0x005e)));
        bench.host.options.insert("ondelay".into(), "300".into());
        bench.host.options.insert("offdelay".into(), "75".into());
        assert_eq!(bench.write(START, ""), Some(f64::from(0x0500)));
        assert_eq!(bench.write(RETURN, ""), Some(f64::from(0x014f)));
        assert_eq!(bench.write(START, "60"), Some(f64::from(0x0100)));
        assert_eq!(bench.write(START, "-60"), Some(0.0));
    }

    #[test]
    fn the_voltage_is_asked_for_again_only_at_first() {
        let mut bench = Bench::default();
        assert_eq!(bench.read(VOLTAGE, 1.0).as_deref(), Some("0.0"));
        assert_eq!(bench.host.pauses, 4);
        assert_eq!(bench.read(VOLTAGE, 1.0).as_deref(), Some("0.0"));
        assert_eq!(bench.host.pauses, 4);
    }

    #[test]
    fn the_voltage_is_a_number_in_a_text() {
        let mut bench = Bench::default();
        for (payload, text) in [
            (&b"\xa4 13.7 2"[..], "13.7"),
            (b"\xa4 138 2 ", "13.7"),
            (b"\xa427.1", "27.1"),
            (b"\xa4\0 13.7", "27.1"),
            (b"", "27.1"),
            (b"\xa4 .", "27.1"),
            (b"\xa4 1.2.3", "27.1"),
            (b"\xa4      12.", "27.1"),
        ] {
            bench.host.reports.insert(0xa4, payload.to_vec());
            assert_eq!(bench.read(VOLTAGE, 0.0).as_deref(), Some(text), "{payload:x?}");
        }
        assert_eq!(bench.host.pauses, 0);
    }

    #[test]
    fn old_models_have_their_status_in_bytes() {
        let mut bench = Bench::default();
        for (name, value, word) in [
            ("upsfail", 1.0, "fanfail"),
            ("replacebatt", 1.0, "!replacebatt"),
            ("test", 4.0, "cal"),
            ("shutdownimm", 16.0, "shutdownimm"),
            ("online", 1.0, "!online"),
            ("online", 2.0, "online"),
            ("lowbatt", 2.0, "lowbatt"),
            ("trim", 8.0, "trim"),
            ("trim", 24.0, "!trim"),
            ("boost", 24.0, "boost"),
            ("boost", 16.0, "!boost"),
            ("overload", 0.0, "!overload"),
            ("voltage", 57.0, "228"),
        ] {
            let read = bench.read(&format!("powercom_{name}_conversion"), value);
            assert_eq!(read.as_deref(), Some(word), "{name} {value}");
        }
    }
}
