//! What upsmon says to a server, in which order, and what it makes of the answers.

use nut_compliance::maker::Maker;
use nut_compliance::program::wait_until;
use nut_compliance::script::lines_of;
use nut_compliance::scripted_upsd::{Answer, ScriptedUpsd};
use nut_compliance::watch::Watch;

use super::known;

/// The polls of `u` where nothing is out of the ordinary, after `LOGIN`.
const POLL: &str = "
    > GET VAR u ups.status
    < VAR u ups.status \"OL\"
    > GET VAR u ups.mode.buzzwords
    < ERR VAR-NOT-SUPPORTED
    > GET VAR u experimental.ups.mode.buzzwords
    < ERR VAR-NOT-SUPPORTED
    ";

/// Up to and with the password.
const HELLO: &str = "
    ~ no TLS yet
    stock| > STARTTLS
    stock| < ERR FEATURE-NOT-CONFIGURED
    > USERNAME monitor
    < OK
    > PASSWORD watch
    < OK
    ";

/// Waits until the n-th connection has gone exactly like this; repeated polls count once.
fn wire_is(server: &ScriptedUpsd, number: usize, parts: &[&str]) {
    let text = parts.concat();
    let expected = lines_of(&text, Maker::under_test());
    let same = || (server.record(number) == expected).then_some(());
    wait_until("conversation", same).unwrap_or_else(|why| {
        let (expected, got) = (expected.join("\n"), server.record(number).join("\n"));
        panic!("{why}; expected:\n{expected}\n\ngot:\n{got}")
    });
}

#[test]
fn a_primary_logs_in_polls_and_leaves() {
    let watch = Watch::new();
    let server = watch.scripted();
    let watching = watch.start();
    let login = "
        > LOGIN u
        < OK
        > PRIMARY u
        < OK PRIMARY-GRANTED
        ";
    wire_is(&server, 0, &[HELLO, login, POLL]);
    watching.ends_quietly();
    wire_is(&server, 0, &[HELLO, login, POLL, "> LOGOUT\n< OK Goodbye\nclosed"]);
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_secondary_asks_for_no_role() {
    for word in ["secondary", "slave", "SLAVE", "typo"] {
        let watch = Watch::new().set(&format!("MONITOR u@HOST 1 monitor watch {word}"));
        let server = watch.scripted();
        let _watching = watch.start();
        wire_is(&server, 0, &[HELLO, "> LOGIN u\n< OK\n", POLL]);
    }
}

#[test]
fn an_older_server_knows_a_primary_as_master() {
    let watch = Watch::new().set("MONITOR u@HOST 1 monitor watch Master");
    let server = watch.scripted();
    server.answers("PRIMARY", Answer::Line("ERR UNKNOWN-COMMAND"));
    let _watching = watch.start();
    let login = "
        > LOGIN u
        < OK
        > PRIMARY u
        < ERR UNKNOWN-COMMAND
        > MASTER u
        < OK MASTER-GRANTED
        ";
    wire_is(&server, 0, &[HELLO, login, POLL]);
}

#[test]
fn a_primary_that_is_not_granted_goes_on_watching() {
    let watch = Watch::new();
    let server = watch.scripted();
    server.answers("PRIMARY", Answer::Line("ERR ACCESS-DENIED"));
    server.answers("MASTER", Answer::Line("ERR ACCESS-DENIED"));
    let mut watching = watch.start();
    let login = "
        > LOGIN u
        < OK
        > PRIMARY u
        < ERR ACCESS-DENIED
        > MASTER u
        < ERR ACCESS-DENIED
        ";
    wire_is(&server, 0, &[HELLO, login, POLL]);
    watching.log_has("Primary managerial privileges unavailable on UPS [u@HOST]");
    watching.log_has("Response: [ERR ACCESS-DENIED]");
    server.status("u", "OB");
    watching.notices_are("ONBATT [u@HOST] UPS u@HOST on battery");
    watching.ends_quietly();
}

#[test]
fn a_login_that_is_refused() {
    let watch = Watch::new();
    let server = watch.scripted();
    server.answers("LOGIN", Answer::Line("ERR ACCESS-DENIED"));
    let mut watching = watch.start();
    watching.log_has("Login on UPS [u@HOST] failed - got [ERR ACCESS-DENIED]");
    wire_is(&server, 0, &[HELLO, "> LOGIN u\n< ERR ACCESS-DENIED\n", POLL]);
}

#[test]
fn the_text_of_an_alarm_is_asked_for_while_there_is_one() {
    let watch = Watch::new();
    let server = watch.scripted();
    server.set("u", &[("ups.status", "ALARM OL"), ("ups.alarm", "hot")]);
    let mut watching = watch.start();
    watching.notices_are("ALARM [u@HOST] UPS u@HOST: one or more active alarms: [hot]");
    let alarm = "
        > GET VAR u ups.status
        < VAR u ups.status \"ALARM OL\"
        > GET VAR u ups.mode.buzzwords
        < ERR VAR-NOT-SUPPORTED
        > GET VAR u experimental.ups.mode.buzzwords
        < ERR VAR-NOT-SUPPORTED
        > GET VAR u ups.alarm
        < VAR u ups.alarm \"hot\"
        ";
    let login = "> LOGIN u\n< OK\n> PRIMARY u\n< OK PRIMARY-GRANTED\n";
    wire_is(&server, 0, &[HELLO, login, alarm]);
    watching.ends_quietly();
}

#[test]
fn a_server_that_comes_back_is_greeted_anew() {
    let watch = Watch::new();
    let server = watch.scripted();
    let mut watching = watch.start();
    let login = "> LOGIN u\n< OK\n> PRIMARY u\n< OK PRIMARY-GRANTED\n";
    wire_is(&server, 0, &[HELLO, login, POLL]);
    server.down();
    watching.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
    server.up();
    watching.notices_are("COMMOK [u@HOST] Communications with UPS u@HOST established");
    let last = server.connections() - 1;
    wire_is(&server, last, &[HELLO, login, POLL]);
    watching.ends_quietly();
}

/// What upsd says of a UPS it cannot read; the connection stays.
#[test]
fn readings_that_are_refused() {
    let (server, mut watching) = known(Watch::new());
    let refusals = [
        ("ERR DATA-STALE", "Poll UPS [u@HOST] failed - Data stale"),
        ("ERR DRIVER-NOT-CONNECTED", "Poll UPS [u@HOST] failed - Driver not connected"),
        ("ERR UNKNOWN-UPS", "Poll UPS [u@HOST] failed - [u] does not exist on server HOST"),
    ];
    for (refusal, line) in refusals {
        server.answers("GET VAR u", Answer::Line(refusal));
        watching.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
        server.behaves();
        watching.notices_are("COMMOK [u@HOST] Communications with UPS u@HOST established");
        watching.log_is(&format!(
            "{line}
            Communications with UPS u@HOST lost
            Communications with UPS u@HOST established"
        ));
    }
    assert_eq!(server.connections(), 1);
    watching.ends_quietly();
}

/// A server that answers readings with something else is as good as lost, and nothing worse.
fn lies(list: &[Answer]) {
    let watch = Watch::new();
    let server = watch.scripted();
    let mut watching = watch.start();
    for lie in list {
        // Known before the lie: the first contact itself is no news.
        server.status("u", "OL BOOST");
        watching.notices_are("BOOST [u@HOST] UPS u@HOST: boosting incoming voltage");
        server.answers("GET VAR u ups.status", lie.clone());
        watching.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
        server.status("u", "OL");
        server.behaves();
        watching.notices_are(
            "
            COMMOK [u@HOST] Communications with UPS u@HOST established
            NOTBOOST [u@HOST] UPS u@HOST: no longer boosting incoming voltage
            ",
        );
    }
    watching.ends_quietly();
}

#[test]
fn replies_to_another_question() {
    lies(&[
        Answer::Line("OK"),
        Answer::Line("ERR"),
        Answer::Line("VAR v ups.status \"OB LB\""),
        Answer::Line("VAR u ups.stat \"OB LB\""),
        Answer::Line("NUMLOGINS u 1"),
    ]);
}

#[test]
fn replies_that_are_no_text() {
    lies(&[
        Answer::Line(""),
        Answer::Line("VAR u ups.status \"\""),
        Answer::Bytes(b"\x00\xff\xfe\n".to_vec()),
        Answer::Close,
    ]);
}

#[test]
fn a_reading_without_its_value() {
    let (server, mut watching) = known(Watch::new());
    server.answers("GET VAR u ups.status", Answer::Line("VAR u ups.status"));
    match watching.maker().differs("NUT takes the status it had before", true, false) {
        true => {
            let record = || server.record(0).contains(&"< VAR u ups.status".into()).then_some(());
            wait_until("that reading", record).expect("a poll");
        }
        false => {
            watching.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
        }
    }
    server.behaves();
    server.status("u", "OB");
    watching.notices_are(
        "
        ~ it was lost, or was not
        ours| COMMOK [u@HOST] Communications with UPS u@HOST established
        ONBATT [u@HOST] UPS u@HOST on battery
        ",
    );
    watching.ends_quietly();
}
