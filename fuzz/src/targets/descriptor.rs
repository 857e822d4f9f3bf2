//! Report descriptors: limits hold, every field lies in its report, every path is read back.

use crate::Target;
use nut_hid::descriptor::{Kind, MAX_DEPTH, MAX_FIELDS, parse};
use nut_hid::maps::Maps;
use nut_hid::path;
use std::sync::LazyLock;

pub const TARGET: Target = Target {
    name: "descriptor",
    run,
    words: &["\u{5}\u{1}", "\t\u{4}", "u\u{8}", "\u{15}\0", "c", "Z", "T", "U\u{f}"],
};

static MAPS: LazyLock<Maps> = LazyLock::new(|| Maps::builtin().0);
const KINDS: [Kind; 3] = [Kind::Input, Kind::Output, Kind::Feature];

fn run(data: &[u8]) {
    let descriptor = parse(data);
    let usages = MAPS.base().usages();
    assert!(descriptor.fields.len() <= MAX_FIELDS);
    for field in &descriptor.fields {
        assert!(field.path.0.len() <= MAX_DEPTH);
        let end = (field.offset as usize + field.size as usize).div_ceil(8);
        let length = descriptor.report_lengths.get(&field.report_id).copied();
        assert!(length.is_some_and(|length| end <= length), "{field:?} in {length:?}");
        assert!(descriptor.position(&field.path, field.kind).is_some());
        let text = field.path.text(usages);
        assert!(path::parse(&text, usages).is_ok(), "{text}");
    }
    for diagnostic in &descriptor.diagnostics {
        assert!(!diagnostic.to_string().is_empty());
    }
    let ids = descriptor.report_lengths.keys();
    let of_id = |&id| KINDS.iter().map(|&kind| descriptor.report_fields(id, kind).count()).sum();
    let counts: Vec<usize> = ids.map(of_id).collect();
    assert_eq!(counts.iter().sum::<usize>(), descriptor.fields.len());
}
