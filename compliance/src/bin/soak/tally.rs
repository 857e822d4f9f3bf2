//! What a run has shown.

use crate::POLL;
use crate::guardian::Guardian;
use std::time::Duration;

/// Room for noise beyond one poll interval.
const NOISE: Duration = Duration::from_millis(100);
/// How much more memory at the end than a while after the start is no growth, in KiB.
const SLACK: u64 = 4096;

/// Figures of one run.
#[derive(Default)]
pub struct Tally {
    /// From each change of power to its notice.
    pub reactions: Vec<Duration>,
    /// Notices that never came.
    pub missed: usize,
    /// The shutdown command ran while most supplies were healthy.
    pub early: bool,
    /// From all batteries low to the shutdown command.
    pub decision: Option<Duration>,
    /// Memory over time, in KiB.
    memory: Vec<u64>,
}

impl Tally {
    /// Above the rows.
    pub const HEADING: &str = "            changes  missed    median       p99       max   within a poll + 100 ms   all low -> down";

    /// Notes the memory in use.
    pub fn sample(&mut self, guardian: &Guardian) {
        self.memory.extend(guardian.memory());
    }

    /// One row of the table.
    pub fn row(&self, name: &str) -> String {
        let at = |share| format!("{:.0} ms", self.share(share).as_secs_f64() * 1e3);
        let in_time = self.reactions.iter().filter(|time| **time <= POLL + NOISE).count();
        let percent = in_time as f64 * 100.0 / self.reactions.len().max(1) as f64;
        let decision = self
            .decision
            .map_or("never".to_owned(), |time| format!("{:.0} ms", time.as_secs_f64() * 1e3));
        format!(
            "{name:<10} {:>8} {:>7} {:>9} {:>9} {:>9} {:>22.2} % {:>18}",
            self.reactions.len(),
            self.missed,
            at(0.5),
            at(0.99),
            at(1.0),
            percent,
            decision
        )
    }

    /// In seconds.
    pub fn median(&self) -> f64 {
        self.share(0.5).as_secs_f64()
    }

    fn share(&self, share: f64) -> Duration {
        let mut sorted = self.reactions.clone();
        sorted.sort();
        let at = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
        sorted.get(at).copied().unwrap_or_default()
    }

    /// Memory at the first quarter of the run and at its end, in words.
    pub fn memory(&self) -> String {
        let (early, late) = self.quarters();
        format!("memory of ours: {early} KiB after a quarter of the run, {late} KiB at its end")
    }

    fn quarters(&self) -> (u64, u64) {
        let at = |place: usize| self.memory.get(place).copied().unwrap_or_default();
        (at(self.memory.len() / 4), at(self.memory.len().saturating_sub(1)))
    }

    /// What must not be.
    pub fn faults(&self) -> Vec<String> {
        let (early, late) = self.quarters();
        let checks = [
            (self.reactions.is_empty(), "no change was noticed at all".to_owned()),
            (self.missed > 0, format!("{} changes were never noticed", self.missed)),
            (self.early, "it went down although supplies were healthy".to_owned()),
            (self.decision.is_none(), "it did not go down when all batteries were low".to_owned()),
            (late > early + SLACK, format!("memory grew from {early} to {late} KiB")),
        ];
        checks.into_iter().filter(|(bad, _)| *bad).map(|(_, text)| text).collect()
    }
}
