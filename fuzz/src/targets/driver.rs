//! The driver socket, both directions: plain lines are read back as written, variables take anything.

use super::{lines, words};
use crate::Target;
use nut_proto::driver::{Message, Request};
use nut_proto::variables::Variables;

pub const TARGET: Target = Target {
    name: "driver",
    run,
    words: &[
        "SETINFO ",
        "ADDENUM ",
        "ADDRANGE ",
        "SETFLAGS ",
        "SETAUX ",
        "DELINFO ",
        "ADDCMD ",
        "DUMPDONE",
        "TRACKING ",
        "INSTCMD ",
        "SET ",
        "RW",
        "STRING",
        "NUMBER",
        "ups.status",
        "\"OL\"",
        "\n",
    ],
};

fn run(data: &[u8]) {
    let mut variables = Variables::default();
    for line in lines(data) {
        let words = line.texts();
        // The third word is the value, and the only one that is written in quotes.
        let plain = words.iter().enumerate().all(|(n, w)| n == 2 || is_plain(w));
        if let Some(message) = Message::parse(&words) {
            let _ = variables.apply(&message);
            if plain && !matches!(&message, Message::Tracking { code, .. } if !is_plain(code)) {
                written(&message);
            }
        }
        if let Ok(request) = Request::parse(&words) {
            if plain {
                asked(&request);
            }
        }
    }
    for variable in variables.iter() {
        variable.messages().filter(|_| is_plain(&variable.name)).for_each(|m| written(&m));
    }
}

/// Names and keywords are written without quotes: the promise is for those that need none.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

fn written(message: &Message) {
    let again = words(message.to_string().trim_end_matches('\n'));
    let again: Vec<&str> = again.iter().map(String::as_str).collect();
    let again = Message::parse(&again).expect("a message");
    assert_eq!(again.to_string(), message.to_string());
}

fn asked(request: &Request) {
    let text = request.to_string();
    let again = words(text.trim_end_matches('\n'));
    let again: Vec<&str> = again.iter().map(String::as_str).collect();
    assert_eq!(Request::parse(&again), Ok(request.clone()), "{text:?}");
}
