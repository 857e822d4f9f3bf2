//! Which variables take what, for clients that want to set them: NUT 2.8.5's table. Pure.

use nut_proto::variable::Flags;
use upsdrv::state::DriverState;

const RW: Flags = Flags { rw: true, string: false, number: false };

/// Longest text of variables that are not in the table, in bytes.
const DEFAULT_AUX: i64 = 32;

/// Variables that are writable and nothing else.
const PLAIN: &[&str] = &[
    "ups.load",
    "ups.temperature",
    "ups.delay.start",
    "ups.delay.reboot",
    "ups.delay.shutdown",
    "ups.test.interval",
    "input.voltage",
    "input.voltage.maximum",
    "input.voltage.minimum",
    "input.voltage.nominal",
    "input.transfer.low",
    "input.transfer.high",
    "input.transfer.boost.low",
    "input.transfer.boost.high",
    "input.transfer.trim.low",
    "input.transfer.trim.high",
    "input.frequency",
    "output.voltage",
    "output.frequency",
    "output.current",
    "battery.charge",
    "battery.charge.low",
    "battery.charge.restart",
    "battery.voltage",
    "battery.voltage.nominal",
    "battery.current",
    "battery.runtime",
    "battery.runtime.low",
    "battery.temperature",
    "ambient.temperature",
    "ambient.temperature.alarm",
    "ambient.temperature.high",
    "ambient.temperature.low",
    "ambient.humidity",
    "ambient.humidity.alarm",
    "ambient.humidity.high",
    "ambient.humidity.low",
];

/// Texts whose greatest length is not the default.
const TEXTS: &[(&str, i64)] = &[
    ("ups.time", 16),
    ("ups.date", 16),
    ("ups.mfr.date", 16),
    ("ups.firmware", 16),
    ("ups.firmware.aux", 16),
    ("ups.id", 16),
    ("ups.test.result", 16),
    ("input.quality", 6),
    ("input.transfer.reason", 1),
    ("input.sensitivity", 1),
];

/// Sets a variable with its flags; an empty value deletes it.
pub(crate) fn set(state: &mut DriverState, name: &str, value: &str) {
    if value.is_empty() {
        return state.delete(name);
    }
    state.set(name, value);
    if PLAIN.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return state.set_flags(name, RW);
    }
    let text = TEXTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    state.set_flags(name, Flags::RW_STRING);
    state.set_aux(name, text.map_or(DEFAULT_AUX, |(_, aux)| *aux));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_come_from_the_table() {
        let mut state = DriverState::default();
        for (name, flags, aux) in [
            ("Battery.charge", RW, 0),
            ("ups.firmware", Flags::RW_STRING, 16),
            ("ups.serial", Flags::RW_STRING, 32),
            ("no.such.name", Flags::RW_STRING, 32),
        ] {
            set(&mut state, name, "1");
            let variable = state.get(name).unwrap();
            assert_eq!((variable.flags, variable.aux), (flags, aux), "{name}");
        }
        set(&mut state, "ups.serial", "");
        assert_eq!(state.get("ups.serial"), None);
    }
}
