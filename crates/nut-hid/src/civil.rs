//! Calendar days and clock times, without a clock.
//!
//! Knows the proleptic Gregorian calendar and the text forms NUT's HID drivers use. The offset of
//! local time is an argument.

use std::fmt;

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Year.
    pub year: i64,
    /// Month, from 1.
    pub month: i64,
    /// Day of the month, from 1.
    pub day: i64,
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}/{:02}/{:02}", self.year, self.month, self.day)
    }
}

/// Three whole numbers with `separator` between them; anything may follow, as with C's sscanf.
fn three(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text.splitn(3, separator);
    let whole = |part: &str| part.trim().parse().ok();
    let first = whole(parts.next()?)?;
    let second = whole(parts.next()?)?;
    let last = parts.next()?.trim_start();
    let digits = last.len() - last.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    Some([first, second, last.get(..digits).and_then(whole)?])
}

impl Day {
    /// Reads `YYYY/MM/DD`.
    pub fn parse(text: &str) -> Option<Day> {
        three(text, '/').map(|[year, month, day]| Day { year, month, day })
    }

    /// The day this many days after 1970-01-01 (days-from-civil in reverse, by Howard Hinnant).
    fn from_days(days: i64) -> Day {
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let of_era = z.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Day { year, month, day: of_year - (153 * shifted + 2) / 5 + 1 }
    }

    /// Days since 1970-01-01; `None` for a day no calendar has.
    fn days(self) -> Option<i64> {
        let valid = (1..=12).contains(&self.month) && (1..=31).contains(&self.day);
        if !valid || !(-9999..=9999).contains(&self.year) {
            return None;
        }
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        Some(era * 146_097 + of_era - 719_468)
    }
}

/// The day and the seconds since midnight at a moment, `local` being seconds since 1970 with the
/// offset of local time added.
fn split(local: i64) -> (Day, i64) {
    (Day::from_days(local.div_euclid(86_400)), local.rem_euclid(86_400))
}

/// `YYYY/MM/DD` of local seconds since 1970.
pub fn date_text(local: i64) -> String {
    split(local).0.to_string()
}

/// `HH:MM:SS` of local seconds since 1970.
pub fn time_text(local: i64) -> String {
    let (_, s) = split(local);
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

/// Local seconds since 1970 of `YYYY/MM/DD` and `HH:MM:SS`.
pub fn parse_local(date: &str, time: &str) -> Option<i64> {
    let days = Day::parse(date)?.days()?;
    let [h, m, s] = three(time, ':')?;
    let valid = (0..24).contains(&h) && (0..60).contains(&m) && (0..=60).contains(&s);
    valid.then_some(days * 86_400 + h * 3600 + m * 60 + s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_become_text_and_back() {
        for (seconds, date, time) in [
            (0, "1970/01/01", "00:00:00"),
            (21_322, "1970/01/01", "05:55:22"),
            (951_782_399, "2000/02/28", "23:59:59"),
            (951_782_400, "2000/02/29", "00:00:00"),
            (4_102_444_800, "2100/01/01", "00:00:00"),
            (-1, "1969/12/31", "23:59:59"),
        ] {
            assert_eq!(date_text(seconds), date);
            assert_eq!(time_text(seconds), time);
            assert_eq!(parse_local(date, time), Some(seconds));
        }
    }

    #[test]
    fn nonsense_is_no_moment() {
        for (date, time) in [
            ("", "00:00:00"),
            ("2000/13/01", "00:00:00"),
            ("2000/01/01", "24:00:00"),
            ("2000-01-01", "00:00:00"),
            ("2000/01/01", "12:00"),
            ("99999999999/01/01", "00:00:00"),
        ] {
            assert_eq!(parse_local(date, time), None, "{date} {time}");
        }
    }
}
