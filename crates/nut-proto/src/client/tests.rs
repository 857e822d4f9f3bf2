//! What a server says in, answers out.

use super::*;

/// Puts one question, hands over what the server says, and gives the outcome.
fn ask(request: Request<'_>, reply: &str) -> Result<Answer, String> {
    let mut session = Session::default();
    session.ask(request);
    session.receive(reply.as_bytes());
    session.answer().expect("the reply is whole").map_err(|e| e.to_string())
}

fn var<'a>(ups: &'a str, var: &'a str) -> Request<'a> {
    Request::Get(Get::Var { ups, var })
}

fn list_var(ups: &str) -> Request<'_> {
    Request::List(List::Var { ups })
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&w| w.to_owned()).collect()
}

#[test]
fn questions_go_out_as_lines() {
    let mut session = Session::default();
    assert_eq!(session.ask(var("my ups", "ups.status")), b"GET VAR \"my ups\" ups.status\n");
    assert_eq!(session.ask(list_var("u\nLOGOUT")), b"LIST VAR uLOGOUT\n");
    let password = Request::Password("pass \"word\" #1");
    assert_eq!(session.ask(password), b"PASSWORD \"pass \\\"word\\\" \\#1\"\n");
    assert_eq!(session.waiting(), 3);
}

#[test]
fn a_value_needs_the_echo_in_any_case_and_its_words() {
    let get = || var("UPS", "ups.status");
    assert_eq!(ask(get(), "VAR ups UPS.STATUS \"OL\"\n"), Ok(Answer::Value(words(&["OL"]))));
    assert_eq!(ask(get(), "VAR ups other \"OL\"\n"), Err("Protocol error".into()));
    assert_eq!(ask(get(), "VAR ups\n"), Err("Protocol error".into()));
    assert_eq!(ask(get(), "\n"), Err("Protocol error".into()));
    let short = "insufficient data (got 3 args, need at least 4)";
    assert_eq!(ask(get(), "VAR ups ups.status\n"), Err(short.into()));
    assert_eq!(
        ask(get(), "VAR ups ups.status \"a # b\"\n"),
        Err("Parse error: Unbalanced word due to unescaped # in quotes".into())
    );
}

#[test]
fn refusals_have_nuts_texts() {
    for (reply, text) in [
        ("ERR UNKNOWN-UPS\n", "Unknown UPS"),
        ("ERR VAR-NOT-SUPPORTED\n", "Variable not supported by UPS"),
        ("ERR DATA-STALE and more\n", "Data stale"),
        ("ERR DRIVER-NOT-CONNECTED\n", "Driver not connected"),
        ("ERR INVALID-ARGUMENT\n", "Unknown error"),
        ("ERR SOMETHING-NEW\n", "Unknown error"),
        ("ERR\n", "Unknown error"),
    ] {
        assert_eq!(ask(var("u", "v"), reply), Err(text.into()));
        assert_eq!(ask(list_var("u"), reply), Err(text.into()));
        assert_eq!(ask(Request::Logout, reply), Err(text.into()));
    }
}

#[test]
fn a_list_comes_whole_or_not_at_all() {
    let good = "BEGIN LIST VAR u\nVAR u a.b \"1\"\nVAR u c.d \"\"\nEND LIST VAR u\n";
    let rows = vec![words(&["a.b", "1"]), words(&["c.d", ""])];
    assert_eq!(ask(list_var("U"), good), Ok(Answer::Rows(rows)));
    assert_eq!(ask(list_var("u"), "BEGIN LIST VAR u\nEND LIST VAR u\n"), Ok(Answer::Rows(vec![])));
    for (reply, text) in [
        ("BEGIN LIST RW u\n", "Protocol error"),
        ("VAR u a.b \"1\"\n", "Protocol error"),
        ("BEGIN LIST VAR u\nRW u a.b \"1\"\n", "Protocol error"),
        ("BEGIN LIST VAR u\nVAR u a.b\n", "insufficient data (got 3 args, need at least 4)"),
        ("BEGIN LIST VAR u\nVAR u a.b \"1\"\nERR DATA-STALE\n", "Data stale"),
        ("BEGIN LIST VAR u\nVAR u a.b \"1\"\nEND LIST VAR other\n", "Protocol error"),
    ] {
        assert_eq!(ask(list_var("u"), reply), Err(text.into()), "{reply}");
    }
}

#[test]
fn lists_of_each_kind_have_their_columns() {
    for (list, reply, row) in [
        (List::Ups, "UPS u \"a desc\"", vec!["u", "a desc"]),
        (List::Cmd { ups: "u" }, "CMD u load.off", vec!["load.off"]),
        (List::Client { ups: "u" }, "CLIENT u ::1", vec!["::1"]),
        (List::Enum { ups: "u", var: "v" }, "ENUM u v \"1\"", vec!["1"]),
        (List::Range { ups: "u", var: "v" }, "RANGE u v \"1\" \"2\"", vec!["1", "2"]),
        (List::Rw { ups: "u" }, "RW u v \"1\"", vec!["v", "1"]),
    ] {
        let reply = format!("BEGIN LIST {list}\n{reply}\nEND LIST {list}\n");
        assert_eq!(ask(Request::List(list), &reply), Ok(Answer::Rows(vec![words(&row)])));
    }
}

#[test]
fn after_a_broken_list_nothing_is_believed() {
    let mut session = Session::default();
    session.ask(list_var("u"));
    session.ask(var("u", "v"));
    session.receive(b"BEGIN LIST VAR u\nVAR x y \"1\"\nVAR u v \"2\"\n");
    assert_eq!(session.answer(), Some(Err(Failure::Protocol)));
    assert!(!session.in_step());
    assert_eq!(session.answer(), Some(Err(Failure::Protocol)));
    assert_eq!(session.answer(), None);
}

#[test]
fn a_refused_list_leaves_the_session_in_step() {
    let mut session = Session::default();
    session.ask(list_var("u"));
    session.ask(var("u", "v"));
    session.receive(b"ERR UNKNOWN-UPS\nVAR u v \"2\"\n");
    assert!(session.answer().unwrap().unwrap_err().is(ErrorToken::UnknownUps));
    assert_eq!(session.answer(), Some(Ok(Answer::Value(words(&["2"])))));
}

#[test]
fn bytes_may_come_one_at_a_time() {
    let mut session = Session::default();
    session.ask(list_var("u"));
    let reply = b"BEGIN LIST VAR u\nVAR u a.b \"1\"\nEND LIST VAR u\n";
    let (last, rest) = reply.split_last().unwrap();
    for &byte in rest {
        session.receive(&[byte]);
        assert_eq!(session.answer(), None);
    }
    session.receive(&[*last]);
    assert_eq!(session.answer(), Some(Ok(Answer::Rows(vec![words(&["a.b", "1"])]))));
}

#[test]
fn commands_want_ok() {
    let set = Request::SetVar { ups: "u", var: "v", value: "1" };
    let answer = ask(set, "OK TRACKING 2DDC5036-F665-4D29-BE4C-0374D091D263\n").unwrap();
    assert_eq!(answer.tracking_id(), Some("2DDC5036-F665-4D29-BE4C-0374D091D263"));
    assert_eq!(ask(set, "OK\n").unwrap().tracking_id(), None);
    assert_eq!(ask(set, "OKAY\n"), Err("Invalid response from server".into()));
    let ver = "Network UPS Tools upsd 2.8.5 - https://x/";
    assert_eq!(ask(Request::Ver, &format!("{ver}\n")), Ok(Answer::Line(ver.into())));
}

#[test]
fn the_outcome_of_a_command_is_an_answer_even_where_it_is_an_error() {
    let get = || Request::Get(Get::Tracking { id: Some("id") });
    for state in TrackingState::ALL {
        assert_eq!(ask(get(), &format!("{state}\n")), Ok(Answer::Tracking(state)));
    }
    let refused = ask(get(), "ERR FEATURE-NOT-CONFIGURED\n");
    assert_eq!(refused, Err("Unknown error".into()));
    let switch = Request::Get(Get::Tracking { id: None });
    assert_eq!(ask(switch, "OFF\n"), Ok(Answer::Line("OFF".into())));
}

#[test]
fn the_end_of_the_connection_answers_everything() {
    let mut session = Session::default();
    session.ask(var("u", "v"));
    session.ask(list_var("u"));
    session.ask(Request::Logout);
    session.receive(b"VAR u v \"1\"\nBEGIN LIST VAR u\nVAR u a.b \"1\"\n");
    session.disconnect();
    assert_eq!(session.answer(), Some(Ok(Answer::Value(words(&["1"])))));
    assert_eq!(session.answer(), Some(Err(Failure::Disconnected)));
    assert_eq!(session.answer(), Some(Err(Failure::Disconnected)));
    assert_eq!(session.answer(), None);
}

#[test]
fn words_that_answer_nothing_are_noticed() {
    let mut session = Session::default();
    session.ask(Request::Ver);
    session.receive(b"1.0");
    assert!(!session.has_surplus(), "the answer may still be on its way");
    session.receive(b"\n");
    session.answer().unwrap().unwrap();
    assert!(!session.has_surplus());
    session.receive(b"x");
    assert!(session.has_surplus());
}
