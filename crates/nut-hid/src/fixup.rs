//! Corrections of report descriptors that makers got wrong.
//!
//! Knows the limits that APC and CyberPower firmware declares too low, as NUT 2.8.5 corrects them.
//! Fields are found by report id and innermost usage.

use crate::descriptor::{Descriptor, Field};
use crate::usage::Usage;

const VOLTAGE: Usage = Usage(0x0084_0030);
const CONFIG_VOLTAGE: Usage = Usage(0x0084_0040);
const CONFIG_ACTIVE_POWER: Usage = Usage(0x0084_0044);
const HIGH_TRANSFER: Usage = Usage(0x0084_0054);

/// CyberPower voltages that make sense: nine bits.
const CPS_VOLTAGE_MAX: i64 = 511;
/// CyberPower power ratings that make sense: eleven bits.
const CPS_POWER_MAX: i64 = 2048;

/// A correction a map may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixup {
    /// Back-UPS: voltages whose limit is below the transfer voltage (051d:0002).
    Apc,
    /// Voltages with the limits of something else, or read as signed (0764:0501, 0764:0601).
    Cps,
}

impl Fixup {
    /// The correction of this name.
    pub fn find(name: &str) -> Option<Fixup> {
        match name {
            "apc" => Some(Fixup::Apc),
            "cps" => Some(Fixup::Cps),
            _ => None,
        }
    }

    /// Corrects a descriptor, if the device is one that needs it.
    pub fn apply(self, vid: u16, pid: u16, descriptor: &mut Descriptor) {
        match (self, vid, pid) {
            (Fixup::Apc, 0x051d, 0x0002) => apc(descriptor),
            (Fixup::Cps, 0x0764, 0x0501 | 0x0601) => cps(descriptor),
            _ => {}
        }
    }
}

fn apc(descriptor: &mut Descriptor) {
    let Some(high) = descriptor.find_in_report(0x33, HIGH_TRANSFER).map(|f| f.logical_max) else {
        return;
    };
    if let Some(voltage) = too_low(descriptor, 0x31, VOLTAGE, high) {
        voltage.logical_min = 0;
        voltage.logical_max = 2 * high;
    }
    if let Some(nominal) = too_low(descriptor, 0x30, CONFIG_VOLTAGE, high) {
        nominal.logical_max = 255;
    }
}

/// The field, if its maximum is below `least`.
fn too_low(d: &mut Descriptor, report: u8, usage: Usage, least: i64) -> Option<&mut Field> {
    d.find_in_report(report, usage).filter(|field| field.logical_max < least)
}

fn cps(descriptor: &mut Descriptor) {
    cps_copied_limits(descriptor);
    cps_assumed_limits(descriptor);
    if let Some(power) = too_low(descriptor, 0x18, CONFIG_ACTIVE_POWER, CPS_POWER_MAX) {
        power.logical_max = CPS_POWER_MAX;
    }
}

fn limits(d: &mut Descriptor, report: u8, usage: Usage) -> Option<(i64, i64)> {
    d.find_in_report(report, usage).map(|f| (f.logical_min, f.logical_max))
}

/// Output and input voltage with the very limits of the transfer voltage.
fn cps_copied_limits(descriptor: &mut Descriptor) {
    let Some(high) = limits(descriptor, 0x10, HIGH_TRANSFER) else { return };
    if limits(descriptor, 0x12, VOLTAGE) != Some(high) {
        return;
    }
    for report in [0x12, 0x0f] {
        if let Some(field) = descriptor.find_in_report(report, VOLTAGE) {
            if (field.logical_min, field.logical_max) == high {
                (field.logical_min, field.logical_max) = (0, CPS_VOLTAGE_MAX);
            }
        }
    }
}

/// Doubtful maxima of output and input voltage, where there are both: raised to what a voltage needs,
/// kept alike, and within the size of the field.
fn cps_assumed_limits(descriptor: &mut Descriptor) {
    let [output, input] = [0x12, 0x0f];
    let Some((_, output_max)) = limits(descriptor, output, VOLTAGE) else { return };
    let Some((_, input_max)) = limits(descriptor, input, VOLTAGE) else { return };
    let highest = CPS_VOLTAGE_MAX.max(output_max).max(input_max);
    for report in [output, input] {
        let field = descriptor.find_in_report(report, VOLTAGE);
        if let Some(field) = field.filter(|field| field.logical_max_assumed) {
            let room = if (2..63).contains(&field.size) { (1 << field.size) - 1 } else { i64::MAX };
            field.logical_max = highest.min(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::parse;

    /// A device with these 16-bit fields: report, usage, minimum (one byte), maximum as an item.
    fn device(fields: &[(u8, u8, u8, &[u8])]) -> Descriptor {
        let mut bytes = vec![0x05, 0x84, 0x09, 0x04, 0xa1, 0x00, 0x75, 16, 0x95, 1];
        for (report, usage, min, max) in fields {
            bytes.extend([0x85, *report, 0x15, *min]);
            bytes.extend_from_slice(max);
            bytes.extend([0x09, *usage, 0xb1, 0x02]);
        }
        parse(&bytes)
    }

    fn maxima(descriptor: &Descriptor) -> Vec<i64> {
        descriptor.fields.iter().map(|f| f.logical_max).collect()
    }

    const VOLTS: u8 = 0x30;
    const TRANSFER: u8 = 0x54;
    const POWER: u8 = 0x44;
    const MAX_100: &[u8] = &[0x25, 100];
    const MAX_250: &[u8] = &[0x26, 250, 0];
    const MAX_700: &[u8] = &[0x26, 0xbc, 0x02];
    /// Meant as 255 and 65535.
    const BYTE: &[u8] = &[0x25, 0xff];
    const WORD: &[u8] = &[0x26, 0xff, 0xff];

    #[test]
    fn cyberpower_by_every_way() {
        for (fields, expected) in [
            // The limits of the transfer voltage on both voltages, on one, on none.
            (
                vec![
                    (0x10, TRANSFER, 90, MAX_250),
                    (0x12, VOLTS, 90, MAX_250),
                    (0x0f, VOLTS, 90, MAX_250),
                ],
                vec![250, 511, 511],
            ),
            (
                vec![
                    (0x10, TRANSFER, 90, MAX_250),
                    (0x12, VOLTS, 90, MAX_250),
                    (0x0f, VOLTS, 0, MAX_250),
                ],
                vec![250, 511, 250],
            ),
            (
                vec![
                    (0x10, TRANSFER, 90, MAX_250),
                    (0x12, VOLTS, 0, MAX_250),
                    (0x0f, VOLTS, 90, MAX_250),
                ],
                vec![250, 250, 250],
            ),
            // Assumed maxima: raised together; only with both fields there.
            (vec![(0x12, VOLTS, 0, BYTE), (0x0f, VOLTS, 0, BYTE)], vec![511, 511]),
            (vec![(0x0f, VOLTS, 0, WORD), (0x12, VOLTS, 0, MAX_250)], vec![65535, 65535]),
            (vec![(0x12, VOLTS, 0, MAX_700), (0x0f, VOLTS, 0, BYTE)], vec![700, 700]),
            (vec![(0x12, VOLTS, 0, MAX_250), (0x0f, VOLTS, 0, MAX_700)], vec![250, 700]),
            (vec![(0x0f, VOLTS, 0, BYTE)], vec![255]),
            (vec![(0x12, VOLTS, 0, BYTE)], vec![255]),
            // The rating.
            (vec![(0x18, POWER, 0, MAX_700)], vec![2048]),
            (vec![(0x18, POWER, 0, WORD)], vec![65535]),
        ] {
            let mut found = device(&fields);
            Fixup::Cps.apply(0x0764, 0x0601, &mut found);
            assert_eq!(maxima(&found), expected, "{fields:x?}");
        }
    }

    #[test]
    fn apc_by_every_way() {
        for (input, nominal, expected) in [
            (MAX_100, MAX_100, [250, 500, 255]),
            (MAX_250, MAX_100, [250, 250, 255]),
            (MAX_700, MAX_250, [250, 700, 250]),
        ] {
            let fields =
                [(0x33, TRANSFER, 0, MAX_250), (0x31, VOLTS, 5, input), (0x30, 0x40, 5, nominal)];
            let mut found = device(&fields);
            Fixup::Apc.apply(0x051d, 0x0003, &mut found);
            assert_eq!(found, device(&fields), "another product");
            Fixup::Apc.apply(0x051d, 0x0002, &mut found);
            assert_eq!(maxima(&found), expected);
            let raised = found.fields[1].logical_max == 500;
            assert_eq!(found.fields[1].logical_min, if raised { 0 } else { 5 });
            assert_eq!(found.fields[2].logical_min, 5);
        }
    }
}
