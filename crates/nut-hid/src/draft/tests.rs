//! A device in, a map out that holds together.

use super::*;
use crate::descriptor;
use crate::lint;
use crate::names::Names;

/// A UPS with a charge, a status bit, a voltage at an unusual place and a field of the maker's own.
const DESCRIPTOR: &[u8] = &[
    0x06, 0x84, 0x00, 0x09, 0x04, 0xa1, 0x01, // UPS
    0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x01, // a byte each
    0x09, 0x24, 0xa1, 0x00, // PowerSummary
    0x06, 0x85, 0x00, 0x85, 0x01, 0x09, 0x66, 0xb1, 0x02, // RemainingCapacity
    0x06, 0x84, 0x00, 0x09, 0x02, 0xa1, 0x00, // PresentStatus
    0x06, 0x85, 0x00, 0x85, 0x02, 0x09, 0xd0, 0xb1, 0x02, // ACPresent
    0xc0, //
    0x06, 0x84, 0x00, 0x85, 0x03, 0x09, 0x5a, 0xb1, 0x02, // AudibleAlarmControl
    0xc0, //
    0x06, 0xff, 0xff, 0x85, 0x04, 0x09, 0x42, 0xb1, 0x02, // the maker's own
    0xc0,
];

fn subject<'a>(descriptor: &'a Descriptor, feature: &'a Reports, none: &'a Reports) -> Subject<'a> {
    Subject {
        vid: 0xfff0,
        pid: 1,
        interface: 1,
        vendor: Some("A \"quoted\"\nmaker"),
        product: None,
        descriptor,
        feature,
        input: none,
    }
}

fn drafted() -> String {
    let descriptor = descriptor::parse(DESCRIPTOR);
    let feature = [(1, vec![1, 97]), (4, vec![4, 7])].into();
    let (maps, _) = Maps::builtin();
    draft(&maps, &subject(&descriptor, &feature, &Reports::new()))
}

#[test]
fn known_places_become_rows_and_the_rest_is_listed() {
    let text = drafted();
    for line in [
        "maker = \"a\"",
        "manufacturer = \"A \\\"quoted\\\"maker\"",
        "devices = [{ id = \"fff0:0001\", about = \"a UPS\", interface = 1 }]",
        "  { name = \"battery.charge\", path = \"UPS.PowerSummary.RemainingCapacity\", format = \"%.0f\" },  # 97",
        "  { status = \"online_info\", path = \"UPS.PowerSummary.PresentStatus.ACPresent\", poll = \"quick\" },  # not in the recording",
        "#  { command = \"beeper.enable\", path = \"UPS.PowerSummary.AudibleAlarmControl\", value = \"2\" },",
        "#  UPS.ffff0042  Feature 0x04, 8 bits, 0 to 255: 7",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
}

/// Two inputs that are used or not. Other makers have one such bit, which says whether a battery is there.
const TWO_INPUTS: &[u8] = &[
    0x06, 0x84, 0x00, 0x09, 0x04, 0xa1, 0x01, // UPS
    0x15, 0x00, 0x25, 0x01, 0x75, 0x08, 0x95, 0x01, // a byte each
    0x09, 0x1a, 0xa1, 0x81, 0x09, 0x02, 0xa1, 0x00, // Input.[1].PresentStatus
    0x85, 0x01, 0x09, 0x6d, 0xb1, 0x02, 0xc0, 0xc0, // Used
    0x09, 0x1a, 0xa1, 0x82, 0x09, 0x02, 0xa1, 0x00, // Input.[2].PresentStatus
    0x85, 0x02, 0x09, 0x6d, 0xb1, 0x02, 0xc0, 0xc0, // Used
    0xc0,
];

#[test]
fn guesses_that_would_undo_each_other_are_left_out() {
    let (maps, _) = Maps::builtin();
    let none = Reports::new();
    let rows = |bytes: &[u8]| {
        let descriptor = descriptor::parse(bytes);
        // An Eaton: its own map, which knows of two inputs, is not asked.
        let eaton = Subject { vid: 0x0463, pid: 0xffff, ..subject(&descriptor, &none, &none) };
        draft(&maps, &eaton).matches("{ status = ").count()
    };
    let one_input = [&TWO_INPUTS[..31], &[0xc0]].concat();
    assert_eq!((rows(&one_input), rows(TWO_INPUTS)), (1, 0));
}

#[test]
fn the_linter_has_no_objection() {
    let (maps, _) = Maps::builtin();
    let (text, map) = maps.read("draft.toml", &drafted()).unwrap();
    assert_eq!(lint::map(&text, &map, &Names::load().unwrap()), []);
    assert!(map.rows.iter().all(|row| !row.is_command()));
}

#[test]
fn a_name_that_is_taken_is_not_taken_again() {
    let descriptor = Descriptor::default();
    let none = Reports::new();
    let (maps, _) = Maps::builtin();
    let device = Subject { vendor: Some("MGE UPS SYSTEMS"), ..subject(&descriptor, &none, &none) };
    assert_eq!(free_name(&maps, &device), "mge-fff0-0001");
    let nameless = Subject { vendor: None, ..device };
    assert_eq!(free_name(&maps, &nameless), "fff0-0001");
}

#[test]
fn a_device_that_is_known_is_told() {
    let descriptor = Descriptor::default();
    let none = Reports::new();
    let (maps, _) = Maps::builtin();
    let device = Subject { vid: 0x0463, pid: 0xffff, ..subject(&descriptor, &none, &none) };
    assert!(
        draft(&maps, &device)
            .contains("The map `mge` (MGE HID 1.58) knows this device and was not asked")
    );
}
