//! The report cache: the last bytes of every report, and how old they are.
//!
//! Knows lengths, ages and how interrupt reports stand in for feature reports. Fetching bytes is the
//! caller's business; time is an argument, counted from any fixed moment.

use crate::descriptor::{Descriptor, Field, Kind};
use crate::value;
use std::collections::BTreeMap;
use std::time::Duration;

/// A report as last seen.
#[derive(Debug, Clone)]
struct Buffer {
    bytes: Vec<u8>,
    /// How many of them came last time.
    came: usize,
    stamp: Option<Duration>,
}

impl Buffer {
    fn new(id: u8, length: usize) -> Buffer {
        let mut bytes = vec![id];
        bytes.resize(length + 1, 0);
        Buffer { bytes, came: 0, stamp: None }
    }

    /// Takes over as many bytes as both have. False, and nothing is taken, if the id is all that came of
    /// a report that has more.
    fn fill(&mut self, bytes: &[u8], now: Duration) -> bool {
        if bytes.len() < self.bytes.len().min(2) {
            return false;
        }
        for (old, new) in self.bytes.iter_mut().zip(bytes) {
            *old = *new;
        }
        self.came = bytes.len();
        self.stamp = Some(now);
        true
    }

    /// Whether the bytes are younger than `age`. An eighth is given away, so that a loop that comes
    /// round a little early still reads anew.
    fn is_fresh(&self, now: Duration, age: Duration) -> bool {
        self.stamp.is_some_and(|stamp| now.saturating_sub(stamp) < age - age / 8)
    }
}

/// The last bytes of every report of a device.
///
/// Feature and Input reports of one id are kept apart, unless both declare the same fields: then an
/// interrupt report also renews the feature report and saves a transfer.
#[derive(Debug, Clone, Default)]
pub struct Reports {
    feature: BTreeMap<u8, Buffer>,
    input: BTreeMap<u8, Buffer>,
    shared: Vec<u8>,
}

impl Reports {
    /// Buffers of zeros for every report of a descriptor.
    pub fn new(descriptor: &Descriptor) -> Reports {
        let buffers = || {
            let lengths = descriptor.report_lengths.iter();
            lengths.map(|(&id, &length)| (id, Buffer::new(id, length))).collect()
        };
        let ids = descriptor.report_lengths.keys().copied();
        let shared = ids.filter(|&id| descriptor.is_shared_layout(id)).collect();
        Reports { feature: buffers(), input: buffers(), shared }
    }

    /// Number of bytes to ask for, the id included; `None` for a report that is not declared.
    pub fn length(&self, id: u8) -> Option<usize> {
        self.feature.get(&id).map(|b| b.bytes.len())
    }

    /// Whether feature report `id` was seen less than `age` ago.
    pub fn is_fresh(&self, id: u8, now: Duration, age: Duration) -> bool {
        self.feature.get(&id).is_some_and(|b| b.is_fresh(now, age))
    }

    /// Files an answer to a feature request. Shorter and longer answers are taken as far as they go;
    /// one that begins with another id answers something else, one without a byte behind the id answers
    /// nothing: false, and nothing is filed.
    pub fn file_feature(&mut self, id: u8, bytes: &[u8], now: Duration) -> bool {
        let buffer = self.feature.get_mut(&id).filter(|_| bytes.first() == Some(&id));
        buffer.is_some_and(|buffer| buffer.fill(bytes, now))
    }

    /// Files an interrupt report as it came: the id is its first byte if the device uses ids, else
    /// all bytes are data. Returns the id (0 without ids), `None` if no such report is declared or
    /// nothing is in it.
    pub fn file_input(&mut self, bytes: &[u8], now: Duration) -> Option<u8> {
        let only_without_id = self.input.len() == 1 && self.input.contains_key(&0);
        if only_without_id {
            return self.file_input_with_id(&[&[0], bytes].concat(), now);
        }
        self.file_input_with_id(bytes, now)
    }

    fn file_input_with_id(&mut self, bytes: &[u8], now: Duration) -> Option<u8> {
        let id = *bytes.first()?;
        if !self.input.get_mut(&id)?.fill(bytes, now) {
            return None;
        }
        if self.shared.contains(&id) {
            self.file_feature(id, bytes, now);
        }
        Some(id)
    }

    /// Whether the last report of the field's kind was long enough to hold it.
    pub fn has(&self, field: &Field) -> bool {
        let buffers = if field.kind == Kind::Input { &self.input } else { &self.feature };
        let came = buffers.get(&field.report_id).map_or(0, |buffer| buffer.came);
        came.saturating_mul(8) as u64 >= 8 + u64::from(field.offset) + u64::from(field.size)
    }

    /// The physical value of a field, from the buffer of its kind.
    pub fn value(&self, field: &Field) -> f64 {
        value::physical(field, self.bytes(field.report_id, field.kind).unwrap_or(&[]))
    }

    /// The bytes of a report, id first.
    pub fn bytes(&self, id: u8, kind: Kind) -> Option<&[u8]> {
        let buffers = if kind == Kind::Input { &self.input } else { &self.feature };
        buffers.get(&id).map(|b| b.bytes.as_slice())
    }

    /// The cached feature report with a value put in: the bytes to send. `None` if the field cannot
    /// be written.
    pub fn prepare_write(&self, field: &Field, value: f64) -> Option<Vec<u8>> {
        let mut bytes = self.bytes(field.report_id, Kind::Feature)?.to_vec();
        value::write(field, &mut bytes, value).then_some(bytes)
    }

    /// The device took these bytes: they are the base of the next write, and every report is to be
    /// read anew. What a device refuses leaves no trace here.
    pub fn wrote(&mut self, report: &[u8]) {
        if let Some(buffer) = report.first().and_then(|id| self.feature.get_mut(id)) {
            buffer.bytes = report.to_vec();
        }
        self.expire();
    }

    /// Makes every report count as old.
    pub fn expire(&mut self) {
        for buffer in self.feature.values_mut() {
            buffer.stamp = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor;

    const AGE: Duration = Duration::from_secs(2);

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn device(items: &[u8]) -> (Descriptor, Reports) {
        let head = [0x06, 0x84, 0, 0x09, 4, 0xa1, 0, 0x15, 0, 0x25, 100, 0x75, 8, 0x95, 1, 0x85, 7];
        let found = descriptor::parse(&[&head, items].concat());
        let reports = Reports::new(&found);
        (found, reports)
    }

    #[test]
    fn a_report_is_fresh_for_a_while() {
        let (found, mut reports) = device(&[0x09, 0x40, 0xb1, 2]);
        assert!(!reports.is_fresh(7, at(0), AGE));
        reports.file_feature(7, &[7, 42, 99], at(0));
        assert!(reports.is_fresh(7, at(1700), AGE));
        assert!(!reports.is_fresh(7, at(1990), AGE));
        assert_eq!(reports.value(&found.fields[0]), 42.0);
        reports.expire();
        assert!(!reports.is_fresh(7, at(0), AGE));
    }

    #[test]
    fn an_input_report_renews_a_feature_report_of_the_same_layout() {
        let (found, mut reports) = device(&[0x09, 0x40, 0xb1, 2, 0x09, 0x40, 0x81, 2]);
        assert_eq!(reports.file_input(&[7, 5], at(0)), Some(7));
        assert!(reports.is_fresh(7, at(0), AGE));
        assert_eq!(found.fields.iter().map(|f| reports.value(f)).collect::<Vec<_>>(), [5.0, 5.0]);
    }

    #[test]
    fn an_input_report_of_another_layout_stays_apart() {
        let (found, mut reports) = device(&[0x09, 0x41, 0xb1, 2, 0x09, 0x40, 0x81, 2]);
        reports.file_input(&[7, 5], at(0));
        assert!(!reports.is_fresh(7, at(0), AGE));
        assert_eq!(found.fields.iter().map(|f| reports.value(f)).collect::<Vec<_>>(), [0.0, 5.0]);
    }

    #[test]
    fn a_short_report_has_some_fields_and_not_others() {
        let (found, mut reports) = device(&[0x09, 0x40, 0x09, 0x41, 0x95, 2, 0x81, 2]);
        let has =
            |reports: &Reports| found.fields.iter().map(|f| reports.has(f)).collect::<Vec<_>>();
        assert_eq!(has(&reports), [false, false]);
        reports.file_input(&[7, 5], at(0));
        assert_eq!(has(&reports), [true, false]);
        reports.file_input(&[7, 5, 6], at(0));
        assert_eq!(has(&reports), [true, true]);
    }

    #[test]
    fn without_ids_all_bytes_are_data() {
        let head = [0x06, 0x84, 0, 0x25, 100, 0x75, 8, 0x95, 1, 0x09, 0x40, 0x81, 2];
        let found = descriptor::parse(&head);
        let mut reports = Reports::new(&found);
        assert_eq!(reports.file_input(&[42], at(0)), Some(0));
        assert_eq!(reports.value(&found.fields[0]), 42.0);
    }

    #[test]
    fn unknown_and_empty_reports_are_refused() {
        let (_, mut reports) = device(&[0x09, 0x40, 0xb1, 2]);
        assert_eq!(reports.file_input(&[], at(0)), None);
        assert_eq!(reports.file_input(&[9, 1], at(0)), None);
        assert_eq!(reports.file_input(&[7], at(0)), None);
        assert_eq!(reports.length(9), None);
        assert_eq!(reports.length(7), Some(2));
    }

    #[test]
    fn writes_change_only_their_bits_and_count_once_they_are_done() {
        let (found, mut reports) = device(&[0x09, 0x40, 0x09, 0x41, 0x95, 2, 0xb1, 2]);
        reports.file_feature(7, &[7, 1, 2], at(0));
        assert_eq!(reports.prepare_write(&found.fields[1], 9.0), Some(vec![7, 1, 9]));
        let refused = reports.prepare_write(&found.fields[0], 5.0);
        assert_eq!(refused, Some(vec![7, 5, 2]), "nothing was written before");
        reports.wrote(&[7, 5, 2]);
        assert!(!reports.is_fresh(7, at(0), AGE));
        assert_eq!(reports.prepare_write(&found.fields[1], 9.0), Some(vec![7, 5, 9]));
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let (found, mut reports) = device(&[0x09, 0x40, 0xb1, 2]);
        assert!(reports.file_feature(7, &[7, 42], at(0)));
        for answer in [&[6, 1][..], &[7], &[]] {
            assert!(!reports.file_feature(7, answer, at(5000)));
        }
        assert_eq!(reports.value(&found.fields[0]), 42.0);
        assert!(!reports.is_fresh(7, at(5000), AGE));
        assert!(!reports.file_feature(8, &[8, 1], at(0)), "no such report");
    }
}
