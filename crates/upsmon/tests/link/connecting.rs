//! Names, addresses, patience.

use crate::stage::{HELLO, ONLINE, Stage, settings};
use std::time::Duration;
use upsmon::link::{Link, Patience, Throttle};
use upsmon::settings::Role;

#[test]
fn a_refused_connection_is_told_in_nuts_words() {
    Stage::new(Role::Secondary).plays(
        "poll                       | resolve srv 3493
         resolved 10.0.0.1          | connect 10.0.0.1:3493
         closed: Connection refused | err UPS [u@srv]: connect failed: Connection failure: Connection refused
                                    | failed Connect
         wait 3600
         poll                       | resolve srv 3493",
    );
}

#[test]
fn addresses_are_tried_one_after_another() {
    Stage::new(Role::Secondary).plays(
        "poll                        | resolve srv 3493
         resolved [::1] 10.0.0.1     | connect [::1]:3493
         closed: Network is unreachable | connect 10.0.0.1:3493
         connected                   | > USERNAME mon",
    );
    Stage::new(Role::Secondary).plays(
        "poll                        | resolve srv 3493
         resolved [::1] 10.0.0.1     | connect [::1]:3493
         closed: Network is unreachable | connect 10.0.0.1:3493
         closed: No route to host    | err UPS [u@srv]: connect failed: Connection failure: No route to host
                                     | failed Connect",
    );
}

#[test]
fn a_dead_address_does_not_keep_us_from_a_live_one() {
    Stage::new(Role::Secondary).plays(
        "poll                        | resolve srv 3493
         wait 1
         resolved [::1] 10.0.0.1 10.0.0.2 | connect [::1]:3493
         wait 2.9
         wait 0.1                    | warning upscli_tryconnect: Connection to host timed out: '::1'
                                     | disconnect
                                     | connect 10.0.0.1:3493
         closed: Connection refused  | connect 10.0.0.2:3493
         wait 5.9
         wait 0.1                    | warning upscli_tryconnect: Connection to host timed out: '10.0.0.2'
                                     | disconnect
                                     | err UPS [u@srv]: connect failed: Connection failure: Connection timed out
                                     | failed Connect",
    );
}

#[test]
fn names_nobody_knows_are_told_in_nuts_words() {
    Stage::new(Role::Secondary).plays(
        "poll                   | resolve srv 3493
         resolved no such host  | warning upscli_tryconnect: Host not found: 'srv'
                                | err UPS [u@srv]: connect failed: No such host
                                | failed Connect
         poll                   | resolve srv 3493
         resolved not: Temporary failure in name resolution | err UPS [u@srv]: connect failed: Temporary failure in name resolution
                                | failed Connect
         poll                   | resolve srv 3493
         resolved               | err UPS [u@srv]: connect failed: No such host
                                | failed Connect",
    );
}

#[test]
fn a_look_up_that_hangs_is_given_up_and_its_late_answer_used_when_it_fits() {
    Stage::new(Role::Secondary).plays(
        "poll               | resolve srv 3493
         wait 9.9
         wait 0.1           | err UPS [u@srv]: connect failed: No address of 'srv' was found within 10 s
                            | failed Connect
         resolved 10.0.0.1
         poll               | resolve srv 3493
         resolved 10.0.0.1  | connect 10.0.0.1:3493
         resolved 10.0.0.2",
    );
}

#[test]
fn patience_to_connect_can_be_set_and_shortens_the_wait_for_answers() {
    let throttle = Throttle::new(None, Duration::from_secs(5));
    let patience = Patience::new(Duration::from_secs(3));
    let mut stage = Stage::usual();
    stage.link = Link::new(settings("u@srv", Role::Secondary), patience, throttle);
    stage.plays(
        "poll               | resolve srv 3493
         resolved 10.0.0.1  | connect 10.0.0.1:3493
         wait 3             | warning upscli_tryconnect: Connection to host timed out: '10.0.0.1'
                            | disconnect
                            | err UPS [u@srv]: connect failed: Connection failure: Connection timed out
                            | failed Connect
         poll               | resolve srv 3493
         resolved 10.0.0.1  | connect 10.0.0.1:3493
         connected          | > USERNAME mon
         wait 3             | disconnect
                            | err UPS [u@srv]: no answer to USERNAME mon within 3 s, connection dropped
                            | err UPS [u@srv]: connect failed: Server disconnected
                            | failed Connect",
    );
    let without_end = Patience::new(Duration::ZERO);
    stage.link = Link::new(
        settings("u@srv", Role::Secondary),
        without_end,
        Throttle::new(None, Duration::ZERO),
    );
    stage.plays(
        "poll               | resolve srv 3493
         resolved 10.0.0.1  | connect 10.0.0.1:3493
         wait 130
         closed: Connection timed out | err UPS [u@srv]: connect failed: Connection failure: Connection timed out
                            | failed Connect",
    );
}

#[test]
fn an_identifier_that_cannot_be_taken_apart_has_no_host() {
    let mut stage = Stage::with(settings("u:3493", Role::Primary), None);
    stage.plays(
        "poll   | err UPS [u:3493]: connect failed: No such host
                | failed Connect
         poll   | err UPS [u:3493]: connect failed: No such host
                | failed Connect
         fsd    | err UPS [u:3493]: connect failed: No such host
                | err FSD set on UPS u:3493 failed: No such host
                | fsd not set: No such host
         logins | no logins: Driver not connected
         close",
    );
}

#[test]
fn a_connection_that_ends_between_polls_is_made_anew_by_the_next_one() {
    let mut stage = Stage::usual();
    stage.plays(
        "wait 100
         closed: Server disconnected | notice UPS [u@srv]: the connection ended: Server disconnected
                                     | logged out
         wait 5",
    );
    stage.plays(HELLO);
    stage.plays(ONLINE);
}

#[test]
fn events_of_connections_that_are_gone_mean_nothing() {
    let mut stage = Stage::new(Role::Primary);
    stage.plays(
        "connected
         < OK
         closed: x
         resolved 10.0.0.1
         wait 100
         reconnect",
    );
    let mut stage = Stage::usual();
    stage.plays("connected\nresolved 10.0.0.1\nresolved no such host");
    stage.plays("close | > LOGOUT\n | disconnect\n | logged out");
    stage.plays(
        "poll\nfsd\nlogins\nreconnect\nclose\nconnected\n< OK\nclosed: x\nresolved 10.0.0.1\nwait 99",
    );
}

#[test]
fn closing_ends_what_was_begun() {
    for script in [
        "poll | resolve srv 3493\nclose\nresolved 10.0.0.1\nwait 60",
        "poll | resolve srv 3493\nresolved 10.0.0.1 | connect 10.0.0.1:3493\nclose | disconnect",
        "close\npoll",
    ] {
        Stage::new(Role::Primary).plays(script);
    }
    let mut stage = Stage::usual();
    stage.plays(
        "poll   | > GET VAR u ups.status
         close  | > LOGOUT
                | disconnect
                | logged out
         < VAR u ups.status \"OL\"
         wait 60",
    );
}

#[test]
fn what_must_not_be_said_in_clear_text_is_not_said() {
    let mut stage = Stage::new(Role::Secondary);
    stage.plays(
        "secret
         poll | err UPS [u@srv]: connect failed: SSL is not available
              | failed Connect
         wait 3600
         fsd  | err UPS [u@srv]: connect failed: SSL is not available
              | err FSD set on UPS u@srv failed: SSL is not available
              | fsd not set: SSL is not available",
    );
}

const CLOSED: &str =
    "warning UPS [u@srv]: its connection is in clear text, which is forbidden now, and is closed";

#[test]
fn what_is_under_way_in_clear_text_ends_when_it_is_forbidden() {
    let mut stage = Stage::usual();
    stage.plays(&format!(
        "secret | {CLOSED}
                | > LOGOUT
                | disconnect
                | logged out
         secret
         poll   | err UPS [u@srv]: connect failed: SSL is not available
                | failed Connect"
    ));
    let mut asked = Stage::usual();
    asked.plays(&format!(
        "poll   | > GET VAR u ups.status
         logins
         secret | {CLOSED}
                | > LOGOUT
                | disconnect
                | logged out
                | no logins: SSL is not available
                | failed Connect
         < VAR u ups.status \"OL\"
         wait 60"
    ));
    for script in [
        "poll | resolve srv 3493",
        "poll | resolve srv 3493\nresolved 10.0.0.1 | connect 10.0.0.1:3493",
    ] {
        let mut stage = Stage::new(Role::Primary);
        stage.plays(script);
        let disconnect = if script.contains("10.0.0.1") { " | disconnect\n" } else { "" };
        stage
            .plays(&format!("secret | {CLOSED}\n{disconnect} | failed Connect\nresolved 10.0.0.1"));
    }
}
