//! Reports: any descriptor with any answers, through every row of every map, and back.
//!
//! Input: length of the descriptor in two bytes, the descriptor, then answers, each with its length
//! in front.

use crate::Target;
use nut_hid::convert::{Context, Host, Level, Memory};
use nut_hid::descriptor::{self, Descriptor, Field, Kind};
use nut_hid::map::Map;
use nut_hid::maps::Maps;
use nut_hid::report::Reports;
use nut_hid::status::Bits;
use nut_hid::{translate, value};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

pub const TARGET: Target = Target {
    name: "report",
    run,
    words: &["\u{3}\u{6}d\0", "\u{2}\u{1}\u{1}", "\u{8}\0\0\0\0\0\0\0\0"],
};

static MAPS: LazyLock<Maps> = LazyLock::new(|| Maps::builtin().0);

fn run(data: &[u8]) {
    let (bytes, answers) = split(data);
    let descriptor = descriptor::parse(bytes);
    let mut reports = Reports::new(&descriptor);
    for answer in answers {
        let id = answer.first().copied().unwrap_or(0);
        reports.file_input(answer, Duration::ZERO);
        reports.file_feature(id, answer, Duration::ZERO);
    }
    for field in &descriptor.fields {
        check_field(field, &mut reports);
    }
    MAPS.iter().for_each(|map| rows(map, &descriptor, &mut reports));
}

fn split(data: &[u8]) -> (&[u8], Vec<&[u8]>) {
    let Some((length, rest)) = data.split_first_chunk::<2>() else { return (&[], Vec::new()) };
    let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
    let (bytes, mut rest) = rest.split_at(length);
    let mut answers = Vec::new();
    while let Some((&length, after)) = rest.split_first() {
        let (answer, after) = after.split_at(usize::from(length).min(after.len()));
        answers.push(answer);
        rest = after;
    }
    (bytes, answers)
}

/// A value that can be written is read back as it was written.
fn check_field(field: &Field, reports: &mut Reports) {
    let now = reports.value(field);
    for wanted in [now, 0.0, -1.0, 1e300, f64::NAN, f64::INFINITY] {
        let Some(bytes) = reports.prepare_write(field, wanted) else { continue };
        let stored = value::logical(field, &bytes);
        let again = reports.prepare_write(field, value::physical(field, &bytes));
        if let (Some(again), Kind::Feature) = (again, field.kind) {
            let _ = value::logical(field, &again);
        }
        assert!(bytes.first() == Some(&field.report_id), "{field:?} {stored}");
    }
}

/// What the device reads through a map, and what a client may send.
fn rows(map: &Map, descriptor: &Descriptor, reports: &mut Reports) {
    let device = map.devices.first().cloned().unwrap_or_default();
    let (mut host, mut memory) = (Book::default(), Memory::default());
    for row in &map.rows {
        let position = descriptor.position(&row.path, Kind::Feature);
        let Some(field) = position.and_then(|n| descriptor.fields.get(n)) else { continue };
        let mut context = Context {
            host: &mut host,
            memory: &mut memory,
            device: &device,
            bits: Bits::default(),
        };
        let text = translate::reading(row, reports.value(field), &mut context);
        translate::choices(row, &mut context);
        for text in [text.as_deref().unwrap_or("-1"), "", "99999999999999999999", "yes"] {
            let set = translate::setting(row, text, &mut context);
            let told = translate::command(row, Some(text), &mut context);
            for value in [set, told].into_iter().flatten() {
                reports.prepare_write(field, value);
            }
        }
        if let (Some(name), Some(text)) = (row.name(), text) {
            host.values.insert(name.to_owned(), text);
        }
    }
}

/// A driver that only keeps book.
#[derive(Default)]
struct Book {
    values: BTreeMap<String, String>,
}

impl Host for Book {
    fn value(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }

    fn set(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), value.to_owned());
    }

    fn delete(&mut self, name: &str) {
        self.values.remove(name);
    }

    fn set_on_device(&mut self, _: &str, _: &str) {}

    fn buzzword(&mut self, _: &str) {}

    fn indexed_string(&mut self, index: u8) -> Option<String> {
        (index % 2 == 1).then(|| format!("string {index}"))
    }

    fn report(&self, id: u8) -> Option<Vec<u8>> {
        (id % 2 == 1).then(|| vec![id, 1, 2])
    }

    fn read_feature(&mut self, id: u8, length: usize) -> Option<Vec<u8>> {
        (id % 2 == 1).then(|| vec![id; length.min(64)])
    }

    fn pause(&mut self, _time: Duration) {}

    fn option(&self, _: &str) -> Option<String> {
        None
    }

    fn utc_offset(&self, _: i64) -> i64 {
        3600
    }

    fn log(&mut self, _: Level, _: &str) {}
}
