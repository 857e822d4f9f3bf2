//! Descriptors in hex in, fields or faults out.

use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|b| u8::from_str_radix(b, 16).unwrap()).collect()
}

const UPS: &str = "06 84 00 09 04 a1 00 09 24 a1 00";

fn path(codes: &[u32]) -> Path {
    Path(codes.iter().map(|&c| Usage(c)).collect())
}

#[test]
fn fields_get_their_place_in_the_report() {
    let text =
        format!("{UPS} 85 01 15 00 25 64 75 08 95 01 06 85 00 09 66 b1 02 75 10 09 68 b1 02");
    let found = parse(&bytes(&text));
    assert_eq!(found.diagnostics, []);
    assert_eq!(found.report_lengths, BTreeMap::from([(1, 3)]));
    let places: Vec<_> = found.fields.iter().map(|f| (f.offset, f.size, f.report_id)).collect();
    assert_eq!(places, [(0, 8, 1), (8, 16, 1)]);
    let charge = path(&[0x0084_0004, 0x0084_0024, 0x0085_0066]);
    assert_eq!(found.position(&charge, Kind::Feature), Some(0));
    assert_eq!(found.position(&charge, Kind::Input), None);
}

#[test]
fn a_field_without_a_usage_is_padding() {
    let found = parse(&bytes(&format!("{UPS} 85 01 75 01 95 06 09 65 b1 02 95 01 09 66 b1 02")));
    let places: Vec<_> = found.fields.iter().map(|f| f.offset).collect();
    assert_eq!(places, [0, 6]);
    assert_eq!(found.report_lengths, BTreeMap::from([(1, 1)]));
}

#[test]
fn offsets_hold_beyond_255_bits_and_without_report_ids() {
    let found = parse(&bytes(&format!("{UPS} 75 10 95 14 b1 01 95 01 09 40 b1 02")));
    let field = &found.fields[0];
    assert_eq!((field.report_id, field.offset), (0, 320));
    assert_eq!(found.report_lengths, BTreeMap::from([(0, 42)]));
}

#[test]
fn a_count_of_zero_makes_no_fields() {
    let found = parse(&bytes(&format!("{UPS} 85 01 75 08 95 00 09 40 b1 02 95 01 09 41 b1 02")));
    assert_eq!(found.fields.len(), 1);
    assert_eq!(found.fields[0].offset, 0);
}

#[test]
fn numbered_collections_become_index_nodes() {
    let text =
        "06 84 00 09 04 a1 01 09 1e a1 84 75 08 95 01 09 40 b1 02 c0 09 24 a1 00 09 66 b1 02";
    let found = parse(&bytes(text));
    assert_eq!(found.fields[0].path, path(&[0x840004, 0x84001e, 0xff0004, 0x840040]));
    assert_eq!(found.fields[1].path, path(&[0x840004, 0x840024, 0x840066]));
}

#[test]
fn a_negative_maximum_is_read_as_unsigned_and_told() {
    let found = parse(&bytes(&format!("{UPS} 85 12 15 00 25 ff 75 08 95 01 09 40 b1 02")));
    assert_eq!(found.fields[0].logical_max, 255);
    assert!(found.fields[0].logical_max_assumed);
    assert_eq!(
        found.diagnostics[0].to_string(),
        "HIDParse: LogMax is less than LogMin. Vendor HID report descriptor may be incorrect; \
         interpreting LogMax -1 as 255 in ReportID: 0x12"
    );
}

#[test]
fn limits_units_and_exponents_follow_the_encoded_size() {
    let text = format!(
        "{UPS} 16 00 80 27 ff ff 00 00 36 00 80 46 ff 7f 55 0e 67 21 d1 f0 00 75 10 95 01 09 30 b1 02"
    );
    let found = parse(&bytes(&text));
    let f = &found.fields[0];
    assert_eq!((f.logical_min, f.logical_max), (-32768, 65535));
    assert_eq!(f.physical, Some((-32768, 32767)));
    assert_eq!((f.exponent, f.unit), (-2, 0x00f0_d121));
}

#[test]
fn faults_are_told_and_survived() {
    assert_eq!(parse(&bytes("c0")).diagnostics, [Diagnostic::UnbalancedEnd]);
    assert_eq!(parse(&bytes("06 84")).diagnostics, [Diagnostic::Truncated]);
    assert_eq!(parse(&bytes("fe 05 01")).diagnostics, [Diagnostic::Truncated]);
    assert_eq!(parse(&[0xa1, 0].repeat(11)).diagnostics, [Diagnostic::TooDeep]);
    assert_eq!(parse(&[0x09, 1].repeat(51)).diagnostics, [Diagnostic::TooManyUsages]);
    let many = [0x75, 8, 0x95, 1].into_iter().chain([0x09, 1, 0xb1, 2].repeat(501));
    assert_eq!(parse(&many.collect::<Vec<_>>()).diagnostics, [Diagnostic::TooManyFields]);
    let huge = bytes("77 ff ff ff ff 97 ff ff ff ff b1 02");
    assert_eq!(parse(&huge).diagnostics, [Diagnostic::TooManyFields]);
    assert_eq!(parse(&[0; MAX_DESCRIPTOR + 1]).diagnostics, [Diagnostic::TooBig(6145)]);
}

#[test]
fn a_long_item_is_passed_over() {
    let found = parse(&bytes(&format!("fe 02 10 a1 00 {UPS} 75 08 95 01 09 40 b1 02")));
    assert_eq!(found.fields.len(), 1);
}

#[test]
fn input_and_feature_share_a_layout_only_if_all_fields_agree() {
    let same = format!("{UPS} 85 01 75 08 95 01 09 40 b1 02 09 40 81 02");
    assert!(parse(&bytes(&same)).is_shared_layout(1));
    let more = format!("{same} 09 41 b1 02");
    assert!(!parse(&bytes(&more)).is_shared_layout(1));
    assert!(!parse(&bytes(&same)).is_shared_layout(2));
}

/// Whatever a device says, the parser ends and keeps its limits.
#[test]
fn random_bytes_never_panic() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..2000 {
        let bytes: Vec<u8> = (0..round % 300).map(|_| crate::testing::random(&mut seed)).collect();
        let found = parse(&bytes);
        assert!(found.fields.len() <= MAX_FIELDS);
        for field in &found.fields {
            let end = u64::from(field.offset) + u64::from(field.size);
            let length = found.report_lengths[&field.report_id] as u64;
            assert!(end <= length * 8 && field.path.0.len() <= MAX_DEPTH);
        }
    }
}

/// Careless firmware is careless throughout: NUT 2.8.5 never trusts a maximum again.
#[test]
fn one_assumed_maximum_makes_all_later_ones_doubtful() {
    let found = parse(&bytes(&format!(
        "{UPS} 85 01 75 08 95 01 15 00 25 64 09 40 b1 02 25 ff 09 41 b1 02 25 64 09 42 b1 02"
    )));
    let doubtful: Vec<_> =
        found.fields.iter().map(|f| (f.logical_max, f.logical_max_assumed)).collect();
    assert_eq!(doubtful, [(100, false), (255, true), (100, true)]);
}
