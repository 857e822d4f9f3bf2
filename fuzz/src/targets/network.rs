//! The network protocol, both sides: requests are read back as written, a client survives any server.

use super::{lines, words};
use crate::Target;
use nut_proto::client::Session;
use nut_proto::request::{Get, List, Request, Verb};
use nut_proto::spec::UpsSpec;

pub const TARGET: Target = Target {
    name: "network",
    run,
    words: &[
        "GET VAR ",
        "LIST VAR ",
        "LIST UPS",
        "SET VAR ",
        "INSTCMD ",
        "TRACKING ",
        "BEGIN LIST VAR ups",
        "END LIST VAR ups",
        "VAR ups a \"b\"",
        "ERR ",
        "OK",
        "ups",
        "ups@host:3493",
        "[::1]:1",
        "\n",
    ],
};

fn run(data: &[u8]) {
    for line in lines(data) {
        let words = line.texts();
        if let Some((verb, args)) = words.split_first() {
            if let Some(verb) = Verb::from_word(verb) {
                request(verb, args);
            }
        }
        words.iter().for_each(|word| spec(word));
    }
    client(data);
}

fn request(verb: Verb, args: &[&str]) {
    let Ok(request) = Request::parse(verb, args) else { return };
    let text = request.to_string();
    let again = words(text.trim_end_matches('\n'));
    let again: Vec<&str> = again.iter().map(String::as_str).collect();
    let verb = again.first().and_then(|w| Verb::from_word(w)).expect("a verb");
    assert_eq!(Request::parse(verb, &again[1..]), Ok(request), "{text:?}");
}

fn spec(text: &str) {
    if let Ok(spec) = UpsSpec::parse(text) {
        assert_eq!(UpsSpec::parse(&spec.to_string()), Ok(spec), "{text:?}");
    }
}

/// A client that has asked three things takes the bytes for answers.
fn client(data: &[u8]) {
    let mut session = Session::default();
    session.ask(Request::Get(Get::Var { ups: "ups", var: "a" }));
    session.ask(Request::List(List::Var { ups: "ups" }));
    session.ask(Request::List(List::Ups));
    let mut answers = 0;
    for chunk in data.chunks(7) {
        session.receive(chunk);
        while session.answer().is_some() {
            answers += 1;
        }
    }
    session.disconnect();
    while session.answer().is_some() {
        answers += 1;
    }
    assert!(answers <= 3, "more answers than questions");
    assert_eq!(session.waiting(), 0, "a question was left without an outcome");
}
