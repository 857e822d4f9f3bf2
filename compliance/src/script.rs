//! The two-column language of the cases, parsed into steps.
//!
//! ```text
//! > line          the client sends a line; neighbours go out in one write
//! + bytes         the same without the final LF
//! < line          the client receives exactly this line
//! <~ line         the same; the request before it is repeated until it comes
//! ~ reason        why the two makers differ in the lines that follow
//! stock| step     a step for NUT's own programs only, such as `stock| < line`
//! ours| step      a step for Walnut's only
//! drv> line       the scripted driver sends this line to upsd
//! drv< line       upsd has sent this line to the scripted driver
//! half-close      the client shuts its sending side
//! closed          the client sees the end of the connection
//! # text          a remark
//! ```
//! A difference without a reason is refused here, so none can slip in unexplained. Pure.

use crate::maker::Maker;

/// One thing to do or to expect.
#[derive(Debug, PartialEq, Eq, Clone)]
pub enum Step {
    /// The client sends these texts in one write; `bool` is whether a LF follows the text.
    Send(Vec<(String, bool)>),
    /// The client receives this line.
    Receive(String),
    /// The request before is repeated until this line is the answer.
    ReceiveSoon(String),
    /// The scripted driver sends this line.
    DriverSends(String),
    /// The scripted driver receives this line.
    DriverReceives(String),
    /// The client shuts its sending side.
    HalfClose,
    /// The server closes the connection.
    Closed,
}

/// Parses a script as seen by one maker.
///
/// # Panics
/// On anything that is not in the language, and on a difference without a reason.
pub fn parse(text: &str, maker: Maker) -> Vec<Step> {
    let mut steps = Vec::new();
    lines_of(text, maker).into_iter().for_each(|line| push(&mut steps, line));
    steps
}

/// The lines of a text that hold for one maker, without indentation, remarks and blank lines.
///
/// # Panics
/// On a difference without a reason.
pub fn lines_of(text: &str, maker: Maker) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut has_reason = false;
    for line in text.lines().map(str::trim_start).filter(|line| !line.is_empty()) {
        let (mark, rest) = marked(line);
        match mark {
            "#" => {}
            "~" => has_reason = !rest.is_empty(),
            "stock|" | "ours|" => {
                assert!(has_reason, "a difference needs its reason, a line `~ why`: {line}");
                lines.extend((mark.trim_end_matches('|') == maker.label()).then_some(rest));
            }
            _ => {
                has_reason = false;
                lines.push(line);
            }
        }
    }
    lines
}

fn marked(line: &str) -> (&str, &str) {
    line.split_once(' ').unwrap_or((line, ""))
}

fn push(steps: &mut Vec<Step>, line: &str) {
    let (mark, rest) = marked(line);
    match mark {
        ">" => push_send(steps, rest, true),
        "+" => push_send(steps, rest, false),
        _ => steps.push(plain(mark, rest)),
    }
}

fn push_send(steps: &mut Vec<Step>, text: &str, line_feed: bool) {
    let entry = (text.to_string(), line_feed);
    match steps.last_mut() {
        Some(Step::Send(batch)) => batch.push(entry),
        _ => steps.push(Step::Send(vec![entry])),
    }
}

fn plain(mark: &str, rest: &str) -> Step {
    match mark {
        "<" => Step::Receive(rest.to_string()),
        "<~" => Step::ReceiveSoon(rest.to_string()),
        "drv>" => Step::DriverSends(rest.to_string()),
        "drv<" => Step::DriverReceives(rest.to_string()),
        "half-close" => Step::HalfClose,
        "closed" => Step::Closed,
        other => panic!("{other:?} is no mark of a script"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_requests_are_one_write() {
        let steps = parse("> A\n> B\n< x\n+ C", Maker::Ours);
        let send = |list: &[(&str, bool)]| {
            Step::Send(list.iter().map(|(text, lf)| (text.to_string(), *lf)).collect())
        };
        assert_eq!(
            steps,
            [send(&[("A", true), ("B", true)]), Step::Receive("x".into()), send(&[("C", false)])]
        );
    }

    #[test]
    fn each_maker_sees_its_own_side_of_a_difference() {
        let text = "> A\n~ better\nstock| < 1\nours| < 2\nours| < 3";
        assert_eq!(parse(text, Maker::Stock)[1..], [Step::Receive("1".into())]);
        let ours = [Step::Receive("2".into()), Step::Receive("3".into())];
        assert_eq!(parse(text, Maker::Ours)[1..], ours);
    }

    #[test]
    #[should_panic(expected = "needs its reason")]
    fn a_difference_without_a_reason_is_refused() {
        parse("~ reason\nstock| < 1\n> A\nours| < 2", Maker::Ours);
    }
}
