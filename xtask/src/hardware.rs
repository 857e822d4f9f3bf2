//! `docs/hardware.md`: the devices that the maps know, as a table.
//!
//! Knows the words for what is peculiar about a device. The devices are the maps'.

use nut_hid::map::{Device, Map, Quirk};
use nut_hid::maps::Maps;
use std::fmt::Write as _;

const HEAD: &str = "\
# Hardware

USB devices that `usbhid-ups` knows, written by `cargo xtask generate` from the maps in `crates/nut-hid/maps/`; do not
edit. Several makers sell under one USB id, and one id may stand for many models: what a certain unit tells differs from
unit to unit. `nut-scanner -U` lists what is plugged in. A device that is not here can be taught with a text file:
[new-device.md](new-device.md).
";

/// The whole page.
pub(crate) fn page() -> String {
    let maps = Maps::builtin().0;
    let devices = maps.iter().map(|map| map.devices.len()).sum::<usize>();
    let mut out = format!("{HEAD}\n{devices} entries in {} maps.\n\n", maps.iter().count());
    out.push_str("| maker | USB id | known models | subdriver | notes |\n|---|---|---|---|---|\n");
    let mut rows: Vec<String> =
        maps.iter().flat_map(|map| map.devices.iter().map(|device| row(map, device))).collect();
    rows.sort_by_key(|row| row.to_lowercase());
    out.extend(rows);
    out
}

fn row(map: &Map, device: &Device) -> String {
    let mut out = String::new();
    let maker = map.manufacturer.as_deref().unwrap_or(&map.maker);
    let _ = writeln!(
        out,
        "| {} | {:04x}:{:04x} | {} | {} | {} |",
        cell(maker),
        device.vid,
        device.pid,
        cell(&device.about),
        cell(&map.subdriver),
        cell(&notes(device))
    );
    out
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn notes(device: &Device) -> String {
    let mut notes = Vec::new();
    if let Some(text) = &device.if_named {
        notes.push(format!("vendor or product contains `{text}`"));
    }
    if let Some(text) = &device.if_vendor {
        notes.push(format!("vendor contains `{text}`"));
    }
    if device.interface != 0 {
        notes.push(format!("interface {}", device.interface));
    }
    notes.extend(device.quirks.iter().map(|quirk| about(*quirk).to_owned()));
    if !device.max_report_for.is_empty() {
        notes.push(format!("reports of a fixed size: {}", device.max_report_for.join(", ")));
    }
    if let Some(release) = device.second_descriptor_at {
        notes.push(format!("release {release:04x}: the second report descriptor is the whole one"));
    }
    notes.join("; ")
}

fn about(quirk: Quirk) -> &'static str {
    match quirk {
        Quirk::NoInterrupts => "interrupt pipe not used",
        Quirk::InterruptOnly => "only the interrupt pipe is used",
        Quirk::AutoScale => "scale of readings is found out",
        Quirk::SkipReport84 => "report 0x54 is not read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_has_a_row() {
        let page = page();
        let rows = page.lines().filter(|line| line.matches(" | ").count() == 4).count();
        let devices: usize = Maps::builtin().0.iter().map(|map| map.devices.len()).sum();
        assert_eq!(rows, devices + 1); // and the heading
        assert!(page.contains("| 0463:ffff | MGE / Eaton, many models | MGE HID 1.58 |"), "{page}");
    }

    #[test]
    fn what_is_peculiar_is_noted() {
        let device = Device {
            interface: 1,
            if_vendor: Some("A|B".into()),
            quirks: vec![Quirk::NoInterrupts],
            ..Device::default()
        };
        assert_eq!(
            cell(&notes(&device)),
            "vendor contains `A\\|B`; interface 1; interrupt pipe not used"
        );
    }
}
