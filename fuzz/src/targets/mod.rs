//! The targets, one a file, each with the promises it checks.

pub mod configuration;
pub mod descriptor;
pub mod driver;
pub mod line;
pub mod link;
pub mod monitor;
pub mod network;
pub mod recording;
pub mod report;
pub mod server;
pub mod story;
pub mod timers;

use nut_proto::line::{Framer, Line, Parsed, parse};

/// All lines of a stream that arrives in one piece.
fn lines(data: &[u8]) -> Vec<Line> {
    let mut framer = Framer::default();
    framer.push(data);
    std::iter::from_fn(|| framer.next_line()).flatten().collect()
}

/// The words of one line of text; it must be one line.
fn words(text: &str) -> Vec<String> {
    match parse(format!("{text}\n").as_bytes()) {
        Parsed::Line(line, used) if used == text.len() + 1 => {
            line.words.into_iter().map(|w| w.text).collect()
        }
        other => panic!("{text:?} is not one line: {other:?}"),
    }
}
