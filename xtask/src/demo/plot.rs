//! Where the story stands: mains, battery, low battery, secondary down, primary down. Pure.

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
    SecondaryDown,
    PrimaryDown,
}

/// A line in the hosts' common book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    host: &'a str,
    /// NOTIFYTYPE, or [`DOWN`].
    kind: &'a str,
    text: &'a str,
}

/// Stands in the place of NOTIFYTYPE where a host's shutdown command ran.
pub(super) const DOWN: &str = "DOWN";

impl<'a> Entry<'a> {
    /// Takes a line `host TAB kind TAB text` apart.
    pub(super) fn parse(line: &'a str) -> Option<Entry<'a>> {
        let mut parts = line.splitn(3, '\t');
        Some(Entry { host: parts.next()?, kind: parts.next()?, text: parts.next()? })
    }
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
            Act::Failed if ob && lb => (Act::Low, "<- battery low: time to go"),
            same => (same, ""),
        };
        self.act = next;
        remark
    }

    /// Takes what a host wrote in the book; its row. An error is a host that went at the wrong time.
    pub(super) fn on_entry(&mut self, at: Duration, entry: Entry<'_>) -> Result<String, String> {
        let Entry { host, kind, text } = entry;
        if kind == DOWN {
            self.act = match (self.act, host) {
                (Act::Failed | Act::Low, "secondary") => Act::SecondaryDown,
                (Act::SecondaryDown, "primary") => Act::PrimaryDown,
                (act, host) => {
                    return Err(format!("the {host} went down at a wrong time ({act:?})"));
                }
            };
        }
        Ok(format!("{:6.1} s      {host:9} {kind:17} {text}", at.as_secs_f64()))
    }

    /// Whether all acts have been seen.
    pub(super) fn is_over(&self) -> bool {
        self.act == Act::PrimaryDown
    }

    /// What is to come next, for a message.
    pub(super) fn expects(&self) -> &'static str {
        match self.act {
            Act::Beginning | Act::Mains => "OL to turn into OB",
            Act::Failed => "OB to turn into OB LB",
            Act::Low => "the secondary to go down",
            Act::SecondaryDown | Act::PrimaryDown => "the primary to go down",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(status: &str, charge: &str) -> Reading {
        Reading::parse(&format!("battery.charge: {charge}\nups.status: {status}\nx\n"))
    }

    fn down(plot: &mut Plot, host: &str) -> Result<String, String> {
        let line = format!("{host}\tDOWN\twould halt");
        plot.on_entry(Duration::from_secs(9), Entry::parse(&line).unwrap())
    }

    #[test]
    fn the_story_is_over_when_the_primary_went_after_the_secondary() {
        let mut plot = Plot::default();
        for (status, expects) in [
            ("OL", "OL to turn into OB"),
            ("OB DISCHRG", "OB to turn into OB LB"),
            ("OB DISCHRG LB", "the secondary to go down"),
            ("FSD OB LB", "the secondary to go down"),
        ] {
            plot.on_reading(Duration::ZERO, &reading(status, "50"));
            assert_eq!(plot.expects(), expects, "{status}");
        }
        let row = down(&mut plot, "secondary").unwrap();
        assert_eq!(row, "   9.0 s      secondary DOWN              would halt");
        assert!(!plot.is_over());
        down(&mut plot, "primary").unwrap();
        assert!(plot.is_over());
    }

    #[test]
    fn hosts_that_go_at_the_wrong_time_end_the_story() {
        let mut plot = Plot::default();
        plot.on_reading(Duration::ZERO, &reading("OL", "100"));
        assert!(down(&mut plot, "secondary").unwrap_err().contains("wrong time"));
        plot.on_reading(Duration::ZERO, &reading("OB", "50"));
        plot.on_reading(Duration::ZERO, &reading("OB LB", "10"));
        assert!(down(&mut plot, "primary").is_err(), "before the secondary");
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
