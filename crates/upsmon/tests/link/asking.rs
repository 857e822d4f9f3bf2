//! FSD and the number of logins.

use crate::stage::{HELLO, ONLINE, Stage};
use std::time::Duration;
use upsmon::settings::Role;

#[test]
fn fsd_goes_over_the_open_connection() {
    let mut stage = Stage::usual();
    stage.plays("fsd | > FSD u\n< OK FSD-SET | fsd set");
    stage.plays("poll | > GET VAR u ups.status");
    stage.plays(ONLINE);
}

#[test]
fn fsd_goes_before_the_rest_of_a_poll() {
    let mut stage = Stage::usual();
    stage.plays(
        "poll                       | > GET VAR u ups.status
         fsd
         logins
         fsd
         < VAR u ups.status \"OB LB\" | > FSD u
         < OK FSD-SET               | fsd set
                                    | > GET NUMLOGINS u
         < NUMLOGINS u 2            | logins 2
                                    | > GET VAR u ups.mode.buzzwords
         < ERR VAR-NOT-SUPPORTED    | > GET VAR u experimental.ups.mode.buzzwords
         < ERR VAR-NOT-SUPPORTED    | sample OB LB",
    );
}

#[test]
fn fsd_connects_and_introduces_itself_first() {
    Stage::new(Role::Primary).plays(
        "fsd                    | resolve srv 3493
         poll
         resolved 10.0.0.1      | connect 10.0.0.1:3493
         connected              | > USERNAME mon
         < OK                   | > PASSWORD secret
         < OK                   | > LOGIN u
         < OK                   | logged in
                                | > PRIMARY u
         < OK PRIMARY-GRANTED   | > FSD u
         < OK FSD-SET           | fsd set
                                | > GET VAR u ups.status",
    );
}

#[test]
fn an_fsd_that_fails_is_told_in_nuts_words_and_not_tried_again() {
    let mut stage = Stage::usual();
    stage.plays(
        "fsd                    | > FSD u
         < ERR ACCESS-DENIED    | err FSD set on UPS u@srv failed: ERR ACCESS-DENIED
                                | fsd not set: ERR ACCESS-DENIED
         fsd                    | > FSD u
         closed: x              | err UPS [u@srv]: the connection ended before the answer to FSD u: x
                                | logged out
                                | err FSD set on UPS u@srv failed: Server disconnected
                                | fsd not set: Server disconnected
         wait 100
         fsd                    | resolve srv 3493
         poll
         resolved 10.0.0.1      | connect 10.0.0.1:3493
         closed: Connection refused | err UPS [u@srv]: connect failed: Connection failure: Connection refused
                                | err FSD set on UPS u@srv failed: Connection failure: Connection refused
                                | fsd not set: Connection failure: Connection refused
                                | failed Connect
         wait 100",
    );
}

#[test]
fn a_silent_server_fails_all_that_was_asked() {
    let mut stage = Stage::usual();
    stage.plays(
        "poll   | > GET VAR u ups.status
         fsd
         logins
         wait 5 | disconnect
                | err UPS [u@srv]: no answer to GET VAR u ups.status within 5 s, connection dropped
                | err Poll UPS [u@srv] failed - Driver not connected
                | logged out
                | err FSD set on UPS u@srv failed: Server disconnected
                | fsd not set: Server disconnected
                | no logins: Server disconnected
                | failed DriverNotConnected",
    );
}

#[test]
fn the_number_of_logins_is_a_number_or_why_there_is_none() {
    let mut stage = Stage::usual();
    stage.plays(
        "logins                     | > GET NUMLOGINS u
         < NUMLOGINS u 3            | logins 3
         logins                     | > GET NUMLOGINS u
         < NUMLOGINS u \"1\"        | logins 1
         logins                     | > GET NUMLOGINS u
         logins
         < NUMLOGINS u -1           | no logins: No number
         logins                     | > GET NUMLOGINS u
         < ERR UNKNOWN-UPS          | no logins: ERR UNKNOWN-UPS
         logins                     | > GET NUMLOGINS u
         < OK                       | disconnect
                                    | err UPS [u@srv]: the answer to GET NUMLOGINS u makes no sense (Protocol error), connection dropped
                                    | logged out
                                    | no logins: Protocol error
         logins                     | no logins: Driver not connected",
    );
}

#[test]
fn nobody_connects_for_the_number_of_logins() {
    Stage::new(Role::Primary).plays(
        "logins             | no logins: Driver not connected
         poll               | resolve srv 3493
         logins             | no logins: Driver not connected
         resolved 10.0.0.1  | connect 10.0.0.1:3493
         logins             | no logins: Driver not connected",
    );
    let mut stage = Stage::new(Role::Secondary);
    stage.plays(
        "poll               | resolve srv 3493
         resolved 10.0.0.1  | connect 10.0.0.1:3493
         connected          | > USERNAME mon
         logins
         < OK               | > PASSWORD secret
         < OK               | > LOGIN u
         < OK               | logged in
                            | > GET NUMLOGINS u
         < NUMLOGINS u 1    | logins 1
                            | > GET VAR u ups.status",
    );
}

#[test]
fn what_is_asked_is_answered_before_a_reconnect() {
    let mut stage = Stage::usual();
    stage.plays(
        "fsd            | > FSD u
         reconnect
         logins
         < OK FSD-SET   | fsd set
                        | > GET NUMLOGINS u
         < NUMLOGINS u 1 | logins 1
                        | > LOGOUT
                        | disconnect
                        | logged out",
    );
    stage.plays(HELLO);
}

#[test]
fn what_was_asked_is_asked_anew_and_old_answers_are_passed_over() {
    let mut stage = Stage::usual();
    stage.plays(
        "poll battery.charge        | > GET VAR u ups.status
         < VAR u ups.status \"OB LB\" | > GET VAR u ups.mode.buzzwords",
    );
    stage.now += Duration::from_secs(60);
    let again = "
         ask-anew                   | > LOGOUT
                                    | disconnect
                                    | logged out
                                    | resolve srv 3493
         < VAR u ups.mode.buzzwords \"\"
         ask-anew
         resolved 10.0.0.1          | connect 10.0.0.1:3493
         ask-anew                   | disconnect
                                    | resolve srv 3493";
    stage.plays(again);
    stage.plays(&HELLO.replace("poll                        | resolve srv 3493", ""));
    stage.plays(
        "< VAR u ups.status \"OB\" | > GET VAR u ups.mode.buzzwords
         < ERR VAR-NOT-SUPPORTED  | > GET VAR u experimental.ups.mode.buzzwords
         < ERR VAR-NOT-SUPPORTED  | > GET VAR u battery.charge
         < ERR VAR-NOT-SUPPORTED  | sample OB
         ask-anew",
    );
}
