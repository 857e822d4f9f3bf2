//! Economy (ECO), energy saver (ESS) and bypass modes of Eaton devices.
//!
//! Knows when the bypass input is good enough for such a mode, and the two commands that go into
//! economy mode through bypass and back.

use super::Context;
use crate::format::leading_float;

/// Within which limits the bypass input must be for a mode.
struct Window {
    low: &'static str,
    high: &'static str,
    frequency: &'static str,
    /// Voltage limits as parts of the nominal voltage, for devices that do not tell theirs.
    ratios: (f64, f64),
    /// Frequency range in per cent, likewise.
    percent: f64,
}

const ECO: Window = Window {
    low: "input.transfer.eco.low",
    high: "input.transfer.eco.high",
    frequency: "input.transfer.frequency.eco.range",
    ratios: (0.95, 1.05),
    percent: 5.0,
};

const BYPASS: Window = Window {
    low: "input.transfer.bypass.low",
    high: "input.transfer.bypass.high",
    frequency: "input.transfer.frequency.bypass.range",
    ratios: (0.8, 1.15),
    percent: 10.0,
};

fn number(name: &str, context: &Context<'_>) -> Option<f64> {
    context.host.value(name).map(|text| leading_float(&text))
}

/// Whether the bypass input lies within a window; `None` if a reading is missing.
fn is_inside(window: &Window, context: &Context<'_>) -> Option<bool> {
    let voltage = number("input.bypass.voltage", context)?;
    let frequency = number("input.bypass.frequency", context)?;
    let volts = number("output.voltage.nominal", context)?;
    let hertz = number("output.frequency.nominal", context)?;
    let given = |name| number(name, context).filter(|&v| v > 0.0);
    let (low, high) = match given(window.low).zip(given(window.high)) {
        Some(limits) => limits,
        None => (volts * window.ratios.0, volts * window.ratios.1),
    };
    let range = hertz / 100.0 * given(window.frequency).unwrap_or(window.percent);
    let near = (hertz - range..=hertz + range).contains(&frequency);
    Some((low..=high).contains(&voltage) && near)
}

/// `input.eco.switchable`.
pub(super) fn eco(value: f64, context: &mut Context<'_>) -> Option<String> {
    match value as i64 {
        0 => Some("normal".into()),
        1 => check_eco(context),
        2 => {
            context.host.buzzword("vendor:mge-hid:ESS");
            Some("ESS".into())
        }
        _ => None,
    }
}

fn check_eco(context: &mut Context<'_>) -> Option<String> {
    let inside = is_inside(&ECO, context);
    match inside {
        Some(true) => {
            context.host.buzzword("vendor:mge-hid:ECO");
            return Some("ECO".into());
        }
        Some(false) => context.host.buzzword("vendor:mge-hid:normal"),
        None => {}
    }
    context.host.set("input.eco.switchable", "normal");
    None
}

pub(super) fn eco_back(text: &str, _: &mut Context<'_>) -> Option<f64> {
    match text.strip_prefix("vendor:mge-hid:").unwrap_or(text) {
        "normal" => Some(0.0),
        "ECO" => Some(1.0),
        "ESS" => Some(2.0),
        _ => None,
    }
}

/// `input.bypass.switch.on`.
pub(super) fn bypass(value: f64, context: &mut Context<'_>) -> Option<String> {
    match value as i64 {
        0 => Some("disabled".into()),
        1 => check_bypass(context),
        _ => None,
    }
}

fn check_bypass(context: &mut Context<'_>) -> Option<String> {
    if is_inside(&BYPASS, context) == Some(true) {
        return Some("on".into());
    }
    context.host.set("input.bypass.switch.off", "off");
    None
}

/// The commands `experimental.bypass.ecomode.*` have no reading of their own.
pub(super) fn auto(_: f64, _: &mut Context<'_>) -> Option<String> {
    None
}

/// Text `1`: into bypass, then into economy mode; any other text: out again. The number written is
/// the opposite one where a precondition does not hold, which leaves the device as it is.
pub(super) fn auto_back(text: &str, context: &mut Context<'_>) -> Option<f64> {
    let done = if text == "1" { enter(context) } else { leave(context) };
    Some(if done.is_some() == (text == "1") { 1.0 } else { 0.0 })
}

fn is(name: &str, text: &str, context: &Context<'_>) -> Option<()> {
    (context.host.value(name).as_deref() == Some(text)).then_some(())
}

fn enter(context: &mut Context<'_>) -> Option<()> {
    is("input.bypass.switch.on", "disabled", context)?;
    check_bypass(context);
    is("input.eco.switchable", "normal", context)?;
    check_eco(context);
    Some(())
}

fn leave(context: &mut Context<'_>) -> Option<()> {
    is("input.bypass.switch.off", "disabled", context)?;
    context.host.set_on_device("input.bypass.switch.off", "off");
    is("input.eco.switchable", "ECO", context)?;
    context.host.set_on_device("input.eco.switchable", "normal");
    context.host.buzzword("vendor:mge-hid:normal");
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;

    const GOOD: [(&str, &str); 4] = [
        ("input.bypass.voltage", "231.0"),
        ("input.bypass.frequency", "50.0"),
        ("output.voltage.nominal", "230"),
        ("output.frequency.nominal", "50"),
    ];

    const ECO: &str = "eaton_input_eco_mode_on_off_info";
    const BYPASS: &str = "eaton_input_bypass_mode_on_info";
    const AUTO: &str = "eaton_input_eco_mode_auto_on_off_info";

    #[test]
    fn economy_needs_a_good_bypass() {
        let mut bench = Bench::default().with(&GOOD);
        assert_eq!(bench.read(ECO, 1.0).as_deref(), Some("ECO"));
        assert_eq!(bench.read(ECO, 2.0).as_deref(), Some("ESS"));
        assert_eq!(bench.host.buzzwords, ["vendor:mge-hid:ECO", "vendor:mge-hid:ESS"]);
    }

    #[test]
    fn a_bad_or_unknown_bypass_means_normal() {
        let bad = Bench::default().with(&GOOD).with(&[("input.bypass.voltage", "180.0")]);
        for (mut bench, words) in [(bad, 1), (Bench::default(), 0)] {
            assert_eq!(bench.read(ECO, 1.0), None);
            assert_eq!(bench.host.variables["input.eco.switchable"], "normal");
            assert_eq!(bench.host.buzzwords.len(), words);
            assert_eq!(bench.read(BYPASS, 1.0), None);
            assert_eq!(bench.host.variables["input.bypass.switch.off"], "off");
        }
    }

    #[test]
    fn the_limits_of_the_device_count() {
        let mut bench = Bench::default().with(&GOOD).with(&[
            ("input.transfer.eco.low", "232"),
            ("input.transfer.eco.high", "240"),
            ("input.transfer.bypass.low", "200"),
            ("input.transfer.bypass.high", "240"),
            ("input.transfer.frequency.bypass.range", "1"),
        ]);
        assert_eq!(bench.read(ECO, 1.0), None);
        assert_eq!(bench.read(BYPASS, 1.0).as_deref(), Some("on"));
        bench = bench.with(&[("input.bypass.frequency", "50.6")]);
        assert_eq!(bench.read(BYPASS, 1.0), None);
    }

    #[test]
    fn settings_go_back() {
        let mut bench = Bench::default();
        for (text, value) in [
            ("normal", Some(0.0)),
            ("ECO", Some(1.0)),
            ("vendor:mge-hid:ESS", Some(2.0)),
            ("eco", None),
        ] {
            assert_eq!(bench.write(ECO, text), value, "{text}");
        }
    }

    #[test]
    fn economy_through_bypass_and_back() {
        let mut bench = Bench::default().with(&GOOD).with(&[
            ("input.bypass.switch.on", "disabled"),
            ("input.bypass.switch.off", "disabled"),
            ("input.eco.switchable", "normal"),
        ]);
        assert_eq!(bench.write(AUTO, "1"), Some(1.0));
        assert_eq!(bench.write(AUTO, "0"), Some(1.0), "not in economy mode");
        assert_eq!(bench.host.requests, ["input.bypass.switch.off=off"]);
        bench = bench.with(&[("input.eco.switchable", "ECO")]);
        assert_eq!(bench.write(AUTO, "0"), Some(0.0));
        assert_eq!(bench.host.requests[2..], ["input.eco.switchable=normal"]);
        assert_eq!(bench.write(AUTO, "1"), Some(0.0), "in economy mode already");
        assert_eq!(Bench::default().write(AUTO, "1"), Some(0.0));
    }
}
