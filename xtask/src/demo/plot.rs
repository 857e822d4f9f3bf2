//! Where the story stands: mains, battery, low battery, mains. Pure.

use nut_proto::status::{Status, Token};
use std::time::Duration;

/// What upsc shows, as far as the story needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reading {
    status: String,
    charge: String,
    runtime: String,
}

impl Reading {
    /// The line above the rows.
    pub(super) const HEADING: &str = "    time   ups.status         charge   runtime";

    /// Takes what the story needs from upsc's `name: value` lines.
    pub(super) fn parse(output: &str) -> Reading {
        let value = |name: &str| {
            let mut pairs = output.lines().filter_map(|line| line.split_once(": "));
            pairs.find(|(n, _)| *n == name).map_or(String::new(), |(_, v)| v.trim().to_owned())
        };
        Reading {
            status: value("ups.status"),
            charge: value("battery.charge"),
            runtime: value("battery.runtime"),
        }
    }

    /// Whether the driver has been round once.
    pub(super) fn is_complete(&self) -> bool {
        let status = Status::parse(&self.status);
        !status.is_empty() && !status.has(Token::Wait) && !self.charge.is_empty()
    }

    fn row(&self, at: Duration, remark: &str) -> String {
        let Reading { status, charge, runtime } = self;
        let at = at.as_secs_f64();
        let row = format!("{at:6.1} s   {status:16} {charge:>6} % {runtime:>7} s   {remark}");
        row.trim_end().to_owned()
    }
}

/// What has been seen so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Act {
    #[default]
    Beginning,
    Mains,
    Failed,
    Low,
    Back,
}

/// The story so far.
#[derive(Debug, Default)]
pub(super) struct Plot {
    act: Act,
    last: Reading,
}

impl Plot {
    /// Takes a reading and returns a row if it says something new.
    pub(super) fn on_reading(&mut self, at: Duration, reading: &Reading) -> Option<String> {
        if *reading == self.last {
            return None;
        }
        self.last = reading.clone();
        let remark = self.turn(&Status::parse(&reading.status));
        Some(reading.row(at, remark))
    }

    fn turn(&mut self, status: &Status) -> &'static str {
        let (ob, lb) = (status.has(Token::OnBattery), status.has(Token::LowBattery));
        let (next, remark) = match self.act {
            Act::Beginning if !ob => (Act::Mains, "<- on mains"),
            Act::Beginning | Act::Mains if ob && !lb => {
                (Act::Failed, "<- mains failed: the battery feeds the load")
            }
            Act::Failed if ob && lb => {
                (Act::Low, "<- battery low: now machines would be shut down")
            }
            Act::Low if !ob => (Act::Back, "<- mains are back"),
            same => (same, ""),
        };
        self.act = next;
        remark
    }

    /// Whether all acts have been seen.
    pub(super) fn is_over(&self) -> bool {
        self.act == Act::Back
    }

    /// What is to come next, for a message.
    pub(super) fn expects(&self) -> &'static str {
        match self.act {
            Act::Beginning | Act::Mains => "OL to turn into OB",
            Act::Failed => "OB to turn into OB LB",
            Act::Low | Act::Back => "OL to come back",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(status: &str, charge: &str) -> Reading {
        Reading::parse(&format!("battery.charge: {charge}\nups.status: {status}\nx\n"))
    }

    #[test]
    fn the_story_is_over_when_mains_are_back_after_a_low_battery() {
        let mut plot = Plot::default();
        for (status, expects, over) in [
            ("OL", "OL to turn into OB", false),
            ("OL CHRG", "OL to turn into OB", false),
            ("OB DISCHRG", "OB to turn into OB LB", false),
            ("OB DISCHRG LB", "OL to come back", false),
            ("OB LB", "OL to come back", false),
            ("OL CHRG", "OL to come back", true),
        ] {
            plot.on_reading(Duration::ZERO, &reading(status, "50"));
            assert_eq!((plot.expects(), plot.is_over()), (expects, over), "{status}");
        }
    }

    #[test]
    fn mains_back_without_a_low_battery_is_not_the_end() {
        let mut plot = Plot::default();
        for status in ["OL", "OB", "OL"] {
            plot.on_reading(Duration::ZERO, &reading(status, "50"));
        }
        assert!(!plot.is_over());
    }

    #[test]
    fn only_what_is_new_makes_a_row() {
        let mut plot = Plot::default();
        let at = Duration::from_millis(1234);
        let row = plot.on_reading(at, &reading("OL", "100")).unwrap();
        assert!(row.starts_with("   1.2 s   OL ") && row.ends_with("<- on mains"), "{row}");
        assert_eq!(plot.on_reading(at, &reading("OL", "100")), None);
        assert!(!plot.on_reading(at, &reading("OL", "99")).unwrap().contains("<-"));
    }

    #[test]
    fn a_reading_is_complete_with_status_and_charge() {
        assert!(reading("OL", "100").is_complete());
        assert!(!reading("WAIT", "100").is_complete());
        assert!(!reading("", "100").is_complete());
        assert!(!reading("OL", "").is_complete());
    }
}
