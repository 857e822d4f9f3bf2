//! Servers that say what they should not.

use crate::stage::{HELLO, ONLINE, Stage};
use std::time::Duration;
use upsmon::settings::Role;

/// What a poll ends with when the server makes no sense.
fn dropped(what: &str, poll: &str) -> String {
    format!(
        "| disconnect
         | err UPS [u@srv]: {what}, connection dropped
         | err Poll UPS [u@srv] failed - {poll}
         | logged out
         | failed Protocol"
    )
}

#[test]
fn answers_to_other_questions_end_the_connection() {
    let senseless = "the answer to GET VAR u ups.status makes no sense";
    for (line, why) in [
        ("VAR other ups.status \"OL\"", "Protocol error"),
        ("VAR u ups.load \"OL\"", "Protocol error"),
        ("OK", "Protocol error"),
        ("", "Protocol error"),
        ("NUMLOGINS u 1", "Protocol error"),
        ("\u{1}\u{2}\u{ff}\u{fe}", "Protocol error"),
        ("VAR u ups.status", "insufficient data (got 3 args, need at least 4)"),
        ("VAR u ups.status \"O # L\"", "Parse error: Unbalanced word due to unescaped # in quotes"),
    ] {
        let mut stage = Stage::usual();
        stage.plays("poll | > GET VAR u ups.status");
        stage.plays(&format!("< {line} {}", dropped(&format!("{senseless} ({why})"), why)));
        stage.plays(HELLO);
        stage.plays(ONLINE);
    }
}

#[test]
fn senseless_introductions_end_the_connection() {
    let mut stage = Stage::new(Role::Primary);
    stage.plays(
        "poll               | resolve srv 3493
         resolved 10.0.0.1  | connect 10.0.0.1:3493
         connected          | > USERNAME mon
         < 220 mail.example.com ESMTP | disconnect
                            | err UPS [u@srv]: the answer to USERNAME mon is [220 mail.example.com ESMTP], connection dropped
                            | err UPS [u@srv]: connect failed: Invalid response from server
                            | failed Connect
         poll               | resolve srv 3493
         resolved 10.0.0.1  | connect 10.0.0.1:3493
         connected          | > USERNAME mon
         < OK               | > PASSWORD secret
         < YES              | disconnect
                            | err UPS [u@srv]: the answer to PASSWORD is [YES], connection dropped
                            | err Set password on [u@srv] failed: Invalid response from server
                            | failed Connect",
    );
    let long = "x".repeat(500);
    let cut = &long[..128];
    stage.plays(&format!(
        "poll               | resolve srv 3493
         resolved 10.0.0.1  | connect 10.0.0.1:3493
         connected          | > USERNAME mon
         < {long}           | disconnect
                            | err UPS [u@srv]: the answer to USERNAME mon is [{cut}], connection dropped
                            | err UPS [u@srv]: connect failed: Invalid response from server
                            | failed Connect"
    ));
}

#[test]
fn a_server_that_speaks_first_is_none() {
    let mut stage = Stage::new(Role::Secondary);
    stage.plays(
        "poll               | resolve srv 3493
         resolved 10.0.0.1  | connect 10.0.0.1:3493
         connected          | > USERNAME mon",
    );
    stage.plays(
        r"<< OK\nOK\n     | disconnect
                          | err UPS [u@srv]: the server says what nobody asked, connection dropped
                          | err UPS [u@srv]: connect failed: Protocol error
                          | failed Connect",
    );
}

#[test]
fn a_server_that_speaks_between_polls_is_out_of_step() {
    let mut stage = Stage::usual();
    stage.plays(
        "< VAR u ups.status \"OB LB\" | disconnect
                                      | notice UPS [u@srv]: the server says what nobody asked, connection dropped
                                      | logged out",
    );
    let mut stage = Stage::usual();
    stage.link.on_data(stage.now, b"V");
    assert_eq!(stage.take().len(), 3);
}

#[test]
fn an_answer_with_a_tail_is_out_of_step() {
    let mut stage = Stage::usual();
    stage.plays("poll | > GET VAR u ups.status");
    let outcome = dropped("the server says what nobody asked", "Protocol error");
    stage.plays(&format!(r#"<< VAR u ups.status "OL"\nVAR u ups.mode.buzzwords ""\n {outcome}"#));
}

#[test]
fn an_endless_line_is_cut_short() {
    for piece in [&b"VAR u ups.status \"OL"[..], b"x", b"\xff\x00", b"\"", b"\\"] {
        let mut stage = Stage::usual();
        stage.plays("poll | > GET VAR u ups.status");
        let piece = piece.repeat(1024 / piece.len());
        let mut seen = Vec::new();
        for _ in 0..1000 {
            stage.now += Duration::from_millis(1);
            stage.link.on_data(stage.now, &piece);
            seen.extend(stage.take());
        }
        let text =
            "err UPS [u@srv]: the answer to GET VAR u ups.status does not end, connection dropped";
        assert_eq!(seen.len(), 5, "{seen:?}");
        assert_eq!(seen[..2], ["disconnect", text]);
    }
}

#[test]
fn lines_may_come_in_any_pieces() {
    let mut stage = Stage::usual();
    stage.plays("poll | > GET VAR u ups.status");
    for byte in b"VAR u ups.status \"OL\"\r" {
        stage.link.on_data(stage.now, &[*byte]);
        assert!(stage.take().is_empty());
    }
    stage.link.on_data(stage.now, b"\n");
    assert_eq!(stage.take(), ["> GET VAR u ups.mode.buzzwords"]);
}
