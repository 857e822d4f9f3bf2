//! User, password, login, role.

use crate::stage::{HELLO, ONLINE, Stage, settings};
use nut_proto::spec::UpsSpec;
use upsmon::settings::Role;

/// Up to the login's answer.
const TO_LOGIN: &str = "
    poll                | resolve srv 3493
    resolved 10.0.0.1   | connect 10.0.0.1:3493
    connected           | > USERNAME mon
    < OK                | > PASSWORD secret
    < OK                | > LOGIN u";

#[test]
fn a_secondary_introduces_itself_once() {
    let mut stage = Stage::new(Role::Secondary);
    stage.plays(HELLO);
    stage.plays(ONLINE);
    stage.plays("wait 5\npoll | > GET VAR u ups.status");
    stage.plays(ONLINE);
}

#[test]
fn a_primary_asks_for_its_role() {
    let mut stage = Stage::new(Role::Primary);
    stage.plays(TO_LOGIN);
    stage.plays(
        "< OK                   | logged in
                                | > PRIMARY u
         < OK PRIMARY-GRANTED   | > GET VAR u ups.status",
    );
    stage.plays(ONLINE);
}

#[test]
fn an_old_server_is_asked_in_the_old_word() {
    let mut stage = Stage::new(Role::Primary);
    stage.plays(TO_LOGIN);
    stage.plays(
        "< OK                   | logged in
                                | > PRIMARY u
         < ERR UNKNOWN-COMMAND  | > MASTER u
         < OK MASTER-GRANTED    | > GET VAR u ups.status",
    );
}

#[test]
fn a_role_that_is_refused_is_told_and_polls_go_on() {
    let mut stage = Stage::new(Role::Primary);
    stage.plays(TO_LOGIN);
    stage.plays(
        "< OK                   | logged in
                                | > PRIMARY u
         < ERR ACCESS-DENIED    | > MASTER u
         < ERR ACCESS-DENIED    | alert Primary managerial privileges unavailable on UPS [u@srv]
                                | alert Response: [ERR ACCESS-DENIED]
                                | > GET VAR u ups.status",
    );
    stage.plays(ONLINE);
}

#[test]
fn a_login_that_is_refused_is_told_and_polls_go_on() {
    let mut stage = Stage::new(Role::Primary);
    stage.plays(TO_LOGIN);
    stage.plays(
        "< ERR ACCESS-DENIED    | err Login on UPS [u@srv] failed - got [ERR ACCESS-DENIED]
                                | login refused: ERR ACCESS-DENIED
                                | > GET VAR u ups.status",
    );
    stage.plays(ONLINE);
    stage.plays("wait 5\npoll | > GET VAR u ups.status");
    stage.plays(ONLINE);
    stage.plays("closed: x | notice UPS [u@srv]: the connection ended: x");
}

#[test]
fn a_password_that_is_refused_is_told_and_polls_go_on() {
    Stage::new(Role::Primary).plays(
        "poll                   | resolve srv 3493
         resolved 10.0.0.1      | connect 10.0.0.1:3493
         connected              | > USERNAME mon
         < ERR ALREADY-SET-USERNAME | > PASSWORD secret
         < ERR INVALID-PASSWORD | err Set password on [u@srv] failed - got [ERR INVALID-PASSWORD]
                                | login refused: ERR INVALID-PASSWORD
                                | > GET VAR u ups.status",
    );
}

#[test]
fn a_very_long_refusal_is_cut() {
    let mut stage = Stage::new(Role::Secondary);
    stage.plays(TO_LOGIN);
    let line = format!("ERR {}", "x".repeat(500));
    let cut = &line[..128];
    stage.plays(&format!(
        "< {line} | err Login on UPS [u@srv] failed - got [{cut}]
                  | login refused: {cut}
                  | > GET VAR u ups.status"
    ));
}

#[test]
fn reconnecting_logs_out_and_in_again_between_polls() {
    let mut stage = Stage::usual();
    stage.plays(
        "reconnect              | > LOGOUT
                                | disconnect
                                | logged out
         reconnect
         wait 5",
    );
    stage.plays(HELLO);
    stage.plays("reconnect");
    stage.plays(
        "< VAR u ups.status \"OL\"  | > GET VAR u ups.mode.buzzwords
         < ERR VAR-NOT-SUPPORTED    | > GET VAR u experimental.ups.mode.buzzwords
         < ERR VAR-NOT-SUPPORTED    | sample OL
                                    | > LOGOUT
                                    | disconnect
                                    | logged out",
    );
}

#[test]
fn a_server_that_goes_away_in_between_is_told_stage_by_stage() {
    let steps = [
        (
            "< OK",
            "> PASSWORD secret",
            "PASSWORD",
            "err Set password on [u@srv] failed: Server disconnected",
        ),
        ("< OK", "> LOGIN u", "LOGIN u", "err Can't login to UPS [u@srv]: Server disconnected"),
    ];
    let mut script = "poll      | resolve srv 3493
         resolved 10.0.0.1      | connect 10.0.0.1:3493
         connected              | > USERNAME mon\n"
        .to_owned();
    for (says, asks, asked, nut) in steps {
        script.push_str(&format!("{says} | {asks}\n"));
        let mut stage = Stage::new(Role::Primary);
        stage.plays(&script);
        stage.plays(&format!(
            "closed: Server disconnected | err UPS [u@srv]: the connection ended before the answer to {asked}: Server disconnected
                                         | {nut}
                                         | failed Connect"
        ));
        let mut stage = Stage::new(Role::Primary);
        stage.plays(&script);
        stage.plays(&format!(
            "wait 5 | disconnect
                    | err UPS [u@srv]: no answer to {asked} within 5 s, connection dropped
                    | {nut}
                    | failed Connect"
        ));
    }
    let mut stage = Stage::new(Role::Primary);
    stage.plays(TO_LOGIN);
    stage.plays(
        "< OK   | logged in
                | > PRIMARY u
         wait 5 | disconnect
                | err UPS [u@srv]: no answer to PRIMARY u within 5 s, connection dropped
                | alert Primary managerial privileges unavailable on UPS [u@srv]
                | alert Reason: Server disconnected
                | logged out
                | failed Connect",
    );
}

#[test]
fn names_are_quoted_and_their_line_feeds_dropped() {
    let mut odd = settings("u@srv", Role::Secondary);
    odd.spec = UpsSpec::parse("my ups@srv").ok();
    odd.user = "mon\nLOGOUT".to_owned();
    odd.password = "new # secret".to_owned();
    Stage::with(odd, None).plays(
        "poll                   | resolve srv 3493
         resolved 10.0.0.1      | connect 10.0.0.1:3493
         connected              | > USERNAME monLOGOUT
         < OK                   | > PASSWORD \"new \\# secret\"
         < OK                   | > LOGIN \"my ups\"
         < OK                   | logged in
                                | > GET VAR \"my ups\" ups.status",
    );
}
