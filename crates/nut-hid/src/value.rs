//! Values: from the bits of a report to a physical quantity and back.
//!
//! Knows logical and physical limits, units and exponents, as NUT 2.8.5 reads them: its roundings
//! are kept, so that the printed digits agree. Which bytes a report holds is for `report`, how a
//! quantity is printed for `format`.

use crate::descriptor::Field;

/// Unit codes whose natural size differs from the customary one, with the power of ten between
/// them: HID counts volts and watts in centimetres, grams and seconds.
const UNIT_SHIFTS: [(u32, i32); 2] = [
    (0x00f0_d121, 7), // volts
    (0x0000_d121, 7), // watts and volt-amperes
];

/// The low byte of the main item data that marks a constant; other combinations are written to, as
/// in NUT.
const CONSTANT: u8 = 0x01;

/// Reads a field's bits out of a report (id byte in front), as a logical value within the field's
/// limits. Bits beyond the end of the report count as zero.
pub fn logical(field: &Field, report: &[u8]) -> i64 {
    let raw = bits(field, report);
    let magnitude = magnitude(field.logical_min).max(magnitude(field.logical_max));
    let width = u64::BITS - magnitude.leading_zeros();
    let mask = 1_u64.checked_shl(width).map_or(u64::MAX, |bit| bit - 1);
    let negative = field.logical_min < 0 && raw.checked_shr(width).unwrap_or(0) & 1 == 1;
    let value = if negative { raw | !mask } else { raw & mask };
    clamp(value as i64, field.logical_min, field.logical_max)
}

/// The bits of a value's magnitude in two's complement.
fn magnitude(limit: i64) -> u64 {
    (if limit < 0 { !limit } else { limit }) as u64
}

/// Like [`Ord::clamp`], for limits in the wrong order too.
fn clamp(value: i64, min: i64, max: i64) -> i64 {
    if value < min { min } else { value.min(max) }
}

fn bits(field: &Field, report: &[u8]) -> u64 {
    let bit = |n: u32| {
        let place = u64::from(field.offset) + 8 + u64::from(n);
        let byte = report.get((place / 8) as usize).copied().unwrap_or(0);
        u64::from(byte >> (place % 8) & 1)
    };
    (0..field.size.min(64)).fold(0, |sum, n| sum | bit(n) << n)
}

/// Reads a field out of a report as a physical quantity in customary units (volts, seconds, per
/// cent ...). May be infinite or no number if the descriptor's exponents are absurd.
pub fn physical(field: &Field, report: &[u8]) -> f64 {
    let logical = logical(field, report);
    let value = match limits(field) {
        Some((min, max)) => {
            let factor = (max - min) as f64 / (field.logical_max - field.logical_min) as f64;
            let value = (logical - field.logical_min) as f64 * factor + min as f64;
            value.min(max as f64).max(min as f64)
        }
        None => logical as f64,
    };
    value * power_of_ten(exponent(field))
}

/// Puts a physical quantity into a report; false if the field is constant or `value` is no number.
/// Fractions are lost and the result is brought within the field's limits only where physical limits
/// apply, as in NUT 2.8.5; otherwise surplus high bits are dropped.
pub fn write(field: &Field, report: &mut [u8], value: f64) -> bool {
    if field.attributes as u8 == CONSTANT || value.is_nan() {
        return false;
    }
    let value = value / power_of_ten(exponent(field));
    let logical = match limits(field) {
        Some((min, max)) => {
            let factor = (field.logical_max - field.logical_min) as f64 / (max - min) as f64;
            let logical = ((value - min as f64) * factor) as i64;
            let logical = logical.saturating_add(field.logical_min);
            clamp(logical, field.logical_min, field.logical_max)
        }
        None => value as i64,
    };
    put(field, report, logical as u64);
    true
}

fn put(field: &Field, report: &mut [u8], value: u64) {
    for n in 0..field.size.min(64) {
        let place = u64::from(field.offset) + 8 + u64::from(n);
        if let Some(byte) = report.get_mut((place / 8) as usize) {
            let bit = 1 << (place % 8);
            *byte = if value >> n & 1 == 1 { *byte | bit } else { *byte & !bit };
        }
    }
}

/// The physical limits, if they say anything.
fn limits(field: &Field) -> Option<(i64, i64)> {
    field.physical.filter(|&(min, max)| {
        (min, max) != (0, 0) && max > min && field.logical_max > field.logical_min
    })
}

/// The power of ten between the physical value and the customary unit.
fn exponent(field: &Field) -> i32 {
    let shift = UNIT_SHIFTS.iter().find(|(unit, _)| *unit == field.unit).map_or(0, |(_, k)| *k);
    i32::from(field.exponent) - shift
}

/// By repeated multiplication with 10 or 0.1: NUT's results to the last digit.
fn power_of_ten(exponent: i32) -> f64 {
    let step = if exponent < 0 { 1.0 / 10.0 } else { 10.0 };
    (0..exponent.unsigned_abs()).fold(1.0, |product, _| step * product)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::Kind;
    use crate::path::Path;

    fn field(min: i64, max: i64) -> Field {
        Field {
            path: Path::default(),
            report_id: 1,
            offset: 0,
            size: 8,
            kind: Kind::Feature,
            attributes: 2,
            unit: 0,
            exponent: 0,
            logical_min: min,
            logical_max: max,
            logical_max_assumed: false,
            physical: None,
        }
    }

    #[test]
    fn limits_decide_how_many_bits_count() {
        for (min, max, raw, value) in [
            (0, 100, 200, 72),
            (-1, 60, 0xff, -1),
            (-1, 60, 0x50, -1),
            (5, 10, 0, 5),
            (0, 0, 0xff, 0),
            (-128, 127, 0x80, -128),
            (10, 5, 7, 10),
            (10, 5, 12, 5),
        ] {
            assert_eq!(logical(&field(min, max), &[1, raw]), value, "{min}..{max} {raw:#x}");
        }
    }

    #[test]
    fn fields_lie_across_bytes_and_beyond_the_end() {
        let across = Field { offset: 4, size: 12, ..field(0, 4095) };
        assert_eq!(logical(&across, &[1, 0xa0, 0xbc]), 0xbca);
        assert_eq!(logical(&across, &[1, 0xa0]), 0x00a);
        assert_eq!(logical(&across, &[]), 0);
    }

    #[test]
    fn volts_are_shifted_by_seven() {
        let volts = Field { unit: 0x00f0_d121, exponent: 6, size: 16, ..field(0, 65535) };
        assert_eq!(physical(&volts, &[1, 0xdb, 0]), 219.0 * (1.0 / 10.0));
        let mut report = [1, 0, 0];
        assert!(write(&volts, &mut report, 25.0));
        assert_eq!(report, [1, 0xfa, 0]);
    }

    #[test]
    fn physical_limits_stretch_and_clamp() {
        let stretched = Field { physical: Some((0, 100)), ..field(0, 250) };
        assert_eq!(physical(&stretched, &[1, 125]), 50.0);
        let mut report = [1, 0];
        for (value, byte) in [(50.0, 125), (1000.0, 250), (-5.0, 0)] {
            assert!(write(&stretched, &mut report, value));
            assert_eq!(report, [1, byte]);
        }
    }

    #[test]
    fn negative_values_are_written_in_two_complement() {
        let mut report = [1, 0];
        assert!(write(&field(-1, 60), &mut report, -1.0));
        assert_eq!(report, [1, 0xff]);
    }

    #[test]
    fn constants_and_nonsense_are_refused() {
        let constant = Field { attributes: 1, ..field(0, 9) };
        assert!(!write(&constant, &mut [1, 0], 1.0));
        assert!(!write(&field(0, 9), &mut [1, 0], f64::NAN));
    }

    #[test]
    fn absurd_numbers_are_survived() {
        let wild = Field {
            size: u32::MAX,
            offset: u32::MAX,
            exponent: i8::MIN,
            physical: Some((i64::from(i32::MIN), i64::from(i32::MAX))),
            ..field(i64::from(i32::MIN), i64::from(u32::MAX))
        };
        assert!(physical(&wild, &[1, 2, 3]).is_finite());
        let mut report = [1, 2, 3];
        assert!(write(&wild, &mut report, f64::INFINITY));
        assert!(write(&wild, &mut report, -1e300));
        let huge = Field { exponent: i8::MAX, ..field(0, 255) };
        assert_eq!(physical(&huge, &[1, 1]), power_of_ten(127));
    }
}
