//! Steps in time, laid out for people: a line for what happened, and one below it for why.
//!
//! Knows columns and nothing of what stands in them. Used for what was and for what would be. Pure.

use std::fmt::Write;

/// How many columns a UPS may take before it pushes its line to the right.
const WIDEST_UPS: usize = 32;

/// One step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The time of the clock; empty in a time line that has none.
    pub time: String,
    /// Milliseconds since the beginning; none where there is no beginning.
    pub since: Option<i64>,
    /// The UPS; empty for this host.
    pub ups: String,
    /// What happened.
    pub what: String,
    /// The cause; may be empty.
    pub why: String,
}

/// The table of these rows, with its heading; `time` heads the column of times.
pub fn layout(time: &str, rows: &[Row]) -> String {
    let heading = Row {
        time: time.to_owned(),
        ups: "UPS".to_owned(),
        what: "what, and why".to_owned(),
        ..Row::default()
    };
    let widest = |width: fn(&Row) -> usize| {
        rows.iter().chain([&heading]).map(width).max().unwrap_or_default()
    };
    let time = widest(|row| row.time.len());
    let ups = widest(|row| name(row).len().min(WIDEST_UPS));
    let mut text = String::new();
    line(&mut text, &heading, "seconds", time, ups);
    for row in rows {
        line(&mut text, row, &seconds(row.since), time, ups);
    }
    text
}

fn name(row: &Row) -> &str {
    if row.ups.is_empty() { "(host)" } else { &row.ups }
}

/// `+12.3`, in tenths: what people compare, and no more.
fn seconds(since: Option<i64>) -> String {
    let Some(since) = since else { return String::new() };
    let sign = if since < 0 { '-' } else { '+' };
    let tenths = since.unsigned_abs() / 100;
    format!("{sign}{}.{}", tenths / 10, tenths % 10)
}

fn line(text: &mut String, row: &Row, seconds: &str, time: usize, ups: usize) {
    let gap = if time == 0 { "" } else { "  " };
    let start = format!("{:time$}{gap}{seconds:>9}  {:ups$}  ", row.time, name(row));
    // Writing into a text cannot fail.
    let _ = writeln!(text, "{}", format!("{start}{}", row.what).trim_end());
    if !row.why.is_empty() {
        let indent = time + gap.len() + 9 + 2 + ups + 2 + 2;
        let _ = writeln!(text, "{:indent$}{}", "", row.why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_whatever_is_in_them() {
        let row = |since, ups: &str, what: &str, why: &str| Row {
            since,
            ups: ups.to_owned(),
            what: what.to_owned(),
            why: why.to_owned(),
            ..Row::default()
        };
        let rows = [
            row(Some(0), "u@localhost", "on battery", "ups.status [OB]"),
            row(Some(3_600_049), "", "goes down", ""),
            row(Some(-1_250), &"x".repeat(40), "", ""),
            row(None, "u", "later", ""),
        ];
        let long = "x".repeat(40);
        let pad = " ".repeat(WIDEST_UPS);
        let cell = |text: &str| format!("{text}{}", &pad[text.len()..]);
        let expected = [
            format!("  seconds  {}  what, and why", cell("UPS")),
            format!("     +0.0  {}  on battery", cell("u@localhost")),
            format!("           {pad}    ups.status [OB]"),
            format!("  +3600.0  {}  goes down", cell("(host)")),
            format!("     -1.2  {long}"),
            format!("           {}  later", cell("u")),
        ];
        assert_eq!(layout("", &rows).lines().collect::<Vec<_>>(), expected);
    }
}
