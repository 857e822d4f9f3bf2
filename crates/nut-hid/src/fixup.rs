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

/// Maxima that were read as unsigned: raised to what a voltage needs, kept alike, and within the
/// size of the field.
fn cps_assumed_limits(descriptor: &mut Descriptor) {
    let reports = [0x12, 0x0f];
    let mut highest = CPS_VOLTAGE_MAX;
    for report in reports {
        if let Some(field) = descriptor.find_in_report(report, VOLTAGE) {
            highest = highest.max(field.logical_max);
        }
    }
    for report in reports {
        let field = descriptor.find_in_report(report, VOLTAGE);
        if let Some(field) = field.filter(|field| field.logical_max_assumed) {
            let room = if (2..63).contains(&field.size) { (1 << field.size) - 1 } else { i64::MAX };
            field.logical_max = highest.min(room);
        }
    }
}
