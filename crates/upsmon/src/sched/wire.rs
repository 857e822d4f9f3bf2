//! What is said on the timer daemon's socket: one line is asked, one line or a list is answered.
//!
//! Knows the words of NUT 2.8.5's upssched, both ways, so that either's `-l` may ask the other's daemon.
//! Who says them, and what follows, is for `reach` and `timers`. Pure.

use super::event::Event;
use nut_proto::conf::value::begins_with_digit;
use nut_proto::line::quote;
use nut_proto::number::leading_int;
use std::fmt;

/// The answer to what was done.
pub const OK: &str = "OK";
/// The answer to what is no request.
pub const UNKNOWN: &str = "ERR UNKNOWN";
/// Begins a list.
pub const BEGIN_LIST: &str = "BEGIN LIST TIMERS";
/// Ends a list; [`OK`] follows.
pub const END_LIST: &str = "END LIST TIMERS";

/// What the daemon may be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// A new timer.
    Start(Start),
    /// Timers to be taken away.
    Cancel(Cancel),
    /// `LIST-TIMERS`
    List,
}

/// `START <name> <seconds> <NOTIFYTYPE> <UPSNAME> <NOTIFYMSG>`, or START-SHARED.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The timer's name.
    pub name: String,
    /// When it is to fire; none where the word was no number of seconds.
    pub seconds: Option<u64>,
    /// Whether a running timer of that name takes the event in.
    pub shared: bool,
    /// What happened.
    pub event: Event,
}

/// `CANCEL <name> [<cmd> [<NOTIFYTYPE> <UPSNAME> <NOTIFYMSG>]]`, or CANCEL-MATCHED.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// The timers' name.
    pub name: String,
    /// What to run if there is none; empty for nothing.
    pub late: String,
    /// Whether only timers of such events are meant.
    pub matched: bool,
    /// What happened.
    pub event: Event,
}

impl Request {
    /// Reads the words of a line; further words are passed over. None for anything else.
    pub fn parse(words: &[&str]) -> Option<Request> {
        match *words {
            ["LIST-TIMERS", ..] => Some(Request::List),
            [word @ ("START" | "START-SHARED"), name, offset, kind, ups, message, ..] => {
                Some(Request::Start(Start {
                    name: name.to_owned(),
                    seconds: seconds(offset),
                    shared: word == "START-SHARED",
                    event: event(kind, ups, message),
                }))
            }
            [word @ ("CANCEL" | "CANCEL-MATCHED"), name, ref rest @ ..] => {
                Some(Request::Cancel(Cancel {
                    name: name.to_owned(),
                    late: rest.first().copied().unwrap_or_default().to_owned(),
                    matched: word == "CANCEL-MATCHED",
                    event: match *rest {
                        [_, kind, ups, message, ..] => event(kind, ups, message),
                        _ => Event::default(),
                    },
                }))
            }
            _ => None,
        }
    }

    /// Whether there is nothing to do where no daemon runs.
    pub fn needs_no_daemon(&self) -> bool {
        matches!(self, Request::Cancel(cancel) if cancel.late.is_empty())
    }
}

fn event(kind: &str, ups: &str, message: &str) -> Event {
    Event { kind: kind.to_owned(), ups: ups.to_owned(), message: message.to_owned() }
}

/// A number of seconds: what C's `strtol` reads, but none where it reads no digit or a negative number.
/// (NUT 2.8.5 takes a word without digits for 0: the timer fires at once.)
pub fn seconds(text: &str) -> Option<u64> {
    let text = text.trim_start();
    let digits = text.strip_prefix('+').unwrap_or(text);
    begins_with_digit(digits).then(|| leading_int(digits).unsigned_abs())
}

/// The line that asks for it, without its end.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, name, second, event) = match self {
            Request::List => return f.write_str("LIST-TIMERS"),
            Request::Start(Start { name, seconds, shared, event }) => {
                let seconds = seconds.map(|n| n.to_string()).unwrap_or_default();
                (if *shared { "START-SHARED" } else { "START" }, name, seconds, event)
            }
            Request::Cancel(Cancel { name, late, matched, event }) => {
                (if *matched { "CANCEL-MATCHED" } else { "CANCEL" }, name, late.clone(), event)
            }
        };
        f.write_str(word)?;
        let words = [name, &second, &event.kind, &event.ups, &event.message];
        words.iter().try_for_each(|word| write!(f, " {}", quote(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nut_proto::line::{Parsed, parse};

    fn read(line: &str) -> Option<Request> {
        let Parsed::Line(line, _) = parse(format!("{line}\n").as_bytes()) else { return None };
        Request::parse(&line.texts())
    }

    fn start(name: &str, seconds: Option<u64>, shared: bool, event: Event) -> Request {
        Request::Start(Start { name: name.to_owned(), seconds, shared, event })
    }

    fn cancel(name: &str, late: &str, matched: bool, event: Event) -> Request {
        Request::Cancel(Cancel { name: name.to_owned(), late: late.to_owned(), matched, event })
    }

    #[test]
    fn requests_are_written_as_nut_writes_them_and_read_back() {
        let on_batt = event("ONBATT", "ups1@h", "on \"batt\" \\ 1 #x");
        let words = r#""ONBATT" "ups1@h" "on \"batt\" \\ 1 \#x""#;
        for (request, line) in [
            (start("t1", Some(3), false, on_batt.clone()), format!(r#"START "t1" "3" {words}"#)),
            (
                start("t", Some(0), true, on_batt.clone()),
                format!(r#"START-SHARED "t" "0" {words}"#),
            ),
            (cancel("t1", "cmd", false, on_batt.clone()), format!(r#"CANCEL "t1" "cmd" {words}"#)),
            (cancel("t", "", true, on_batt), format!(r#"CANCEL-MATCHED "t" "" {words}"#)),
            (Request::List, "LIST-TIMERS".to_owned()),
        ] {
            assert_eq!(request.to_string(), line);
            assert_eq!(read(&line), Some(request));
        }
    }

    #[test]
    fn words_may_be_missing_where_nut_allows_it() {
        let none = Event::default;
        for (line, expected) in [
            ("LIST-TIMERS \"\" \"\" \"\" \"\" \"\"", Some(Request::List)),
            ("CANCEL t", Some(cancel("t", "", false, none()))),
            ("CANCEL t late", Some(cancel("t", "late", false, none()))),
            ("CANCEL t late ONLINE u", Some(cancel("t", "late", false, none()))),
            ("CANCEL-MATCHED t \"\" O u m x", Some(cancel("t", "", true, event("O", "u", "m")))),
            ("START t 5 O u m x", Some(start("t", Some(5), false, event("O", "u", "m")))),
            ("START t 5 O u", None),
            ("CANCEL", None),
            ("start t 5 O u m", None),
            ("", None),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn seconds_are_digits_first() {
        for (text, expected) in [
            ("0", Some(0)),
            ("30", Some(30)),
            (" +30 s", Some(30)),
            ("2.5", Some(2)),
            ("99999999999999999999", Some(i64::MAX as u64)),
            ("-5", None),
            ("+-5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text:?}");
        }
    }

    #[test]
    fn only_a_cancel_without_a_command_needs_nobody() {
        assert!(cancel("t", "", true, Event::default()).needs_no_daemon());
        assert!(!cancel("t", "late", false, Event::default()).needs_no_daemon());
        assert!(!start("t", Some(1), false, Event::default()).needs_no_daemon());
        assert!(!Request::List.needs_no_daemon());
    }
}
