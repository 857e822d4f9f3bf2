//! USERNAME, PASSWORD, LOGIN, LOGOUT, PRIMARY, MASTER, FSD and the gate before them.

use crate::stage::{Stage, UPS};

/// Steps that introduce client `a`.
fn as_user(name: &str, password: &str) -> String {
    format!("> USERNAME {name}\n< OK\n> PASSWORD \"{password}\"\n< OK\n")
}

#[test]
fn the_gate_comes_before_the_arguments() {
    let mut stage = Stage::usual();
    let gated = ["LOGIN", "PRIMARY u", "MASTER", "FSD u x", "SET", "INSTCMD", "CLEARFSD"];
    for request in gated {
        stage.plays(&format!("> {request}\n< ERR USERNAME-REQUIRED"));
    }
    stage.plays("> USERNAME nobody\n< OK");
    for request in gated {
        stage.plays(&format!("> {request}\n< ERR PASSWORD-REQUIRED"));
    }
    stage.plays("> PASSWORD wrong\n< OK");
    for request in ["LOGIN", "FSD u x", "SET", "SET VAR u v", "SET FOO u", "INSTCMD u"] {
        stage.plays(&format!("> {request}\n< ERR INVALID-ARGUMENT"));
    }
}

#[test]
fn name_and_password_are_taken_once_and_unchecked() {
    Stage::usual().plays(
        "
        > PASSWORD \"\"
        < OK
        > PASSWORD again
        < ERR ALREADY-SET-PASSWORD
        log Client on 10.0.0.1 tried to set a password twice
        > USERNAME me
        < OK
        wait 1
        > USERNAME you
        < ERR ALREADY-SET-USERNAME
        > USERNAME you
        < ERR ALREADY-SET-USERNAME
        log Client me@10.0.0.1 tried to set a username twice
        wait 1
        > PASSWORD third
        < ERR ALREADY-SET-PASSWORD
        log Client me@10.0.0.1 tried to set a password twice (1 more like it)
        > USERNAME
        < ERR INVALID-ARGUMENT
        ",
    );
}

#[test]
fn wrong_credentials_show_at_the_first_right() {
    for (name, password, why) in [
        ("admin", "wrong", "wrong password"),
        ("Admin", "se cret", "unknown user"),
        ("keyless", "", "unknown user"),
        ("tester", "try", "not permitted by upsd.users"),
    ] {
        let mut stage = Stage::usual();
        stage.plays(&as_user(name, password));
        for request in ["LOGIN u", "PRIMARY u", "MASTER u", "FSD u", "CLEARFSD u"] {
            stage.plays(&format!("> {request}\n< ERR ACCESS-DENIED"));
        }
        stage.plays(&format!("log Client {name}@10.0.0.1 was denied LOGIN: {why}"));
        stage.plays("> LOGIN x\n< ERR UNKNOWN-UPS\n> PRIMARY x\n< ERR UNKNOWN-UPS");
        stage.plays("> FSD x\n< ERR UNKNOWN-UPS");
    }
}

#[test]
fn a_login_lasts_as_long_as_its_connection() {
    let mut stage = Stage::usual();
    stage.plays(&as_user("watcher", "watch"));
    stage.plays(
        "
        > LOGIN U
        < OK
        log User watcher@10.0.0.1 logged into UPS [u]
        > LOGIN u
        < ERR ALREADY-LOGGED-IN
        log Client watcher@10.0.0.1 tried to login twice
        b> USERNAME admin
        b< OK
        b> PASSWORD \"se cret\"
        b< OK
        b> LOGIN u
        b< OK
        > GET NUMLOGINS u
        < NUMLOGINS u 2
        > LIST CLIENT U
        < BEGIN LIST CLIENT U
        < CLIENT u 10.0.0.1
        < CLIENT u 10.0.0.1
        < END LIST CLIENT U
        > LOGOUT
        < OK Goodbye
        closed
        log User watcher@10.0.0.1 logged out from UPS [u]
        b> GET NUMLOGINS u
        b< NUMLOGINS u 1
        ",
    );
    stage.hang_up('b');
    stage.plays("c> GET NUMLOGINS u\nc< NUMLOGINS u 0");
}

#[test]
fn primary_and_master_change_nothing() {
    let mut stage = Stage::usual();
    stage.plays(&as_user("admin", "se cret"));
    stage.plays("> PRIMARY u\n< OK PRIMARY-GRANTED\n> MASTER U\n< OK MASTER-GRANTED");
    stage.plays("> GET NUMLOGINS u\n< NUMLOGINS u 0");
}

#[test]
fn a_forced_shutdown_is_a_latch_that_can_be_cleared() {
    let mut stage = Stage::usual();
    stage.plays(&as_user("admin", "se cret"));
    stage.plays(
        "
        > FSD u
        < OK FSD-SET
        > FSD u
        < OK FSD-SET
        log Client admin@10.0.0.1 set FSD on UPS [u]
        > GET VAR u ups.status
        < VAR u ups.status \"FSD OL\"
        drv gone
        > GET VAR u ups.status
        < ERR DRIVER-NOT-CONNECTED
        drv up
        wait 1
        > GET VAR u ups.status
        < VAR u ups.status \"FSD WAIT\"
        > CLEARFSD u
        < OK FSD-CLEARED
        > GET VAR u ups.status
        < VAR u ups.status \"WAIT\"
        ",
    );
}

#[test]
fn rights_of_upsmon_need_no_driver() {
    let mut stage = Stage::new("", UPS);
    stage.plays(&as_user("admin", "se cret"));
    stage.plays(
        "
        > LOGIN u
        < OK
        > PRIMARY u
        < OK PRIMARY-GRANTED
        > FSD u
        < OK FSD-SET
        > GET NUMLOGINS u
        < ERR DRIVER-NOT-CONNECTED
        > LIST CLIENT u
        < BEGIN LIST CLIENT u
        < CLIENT u 10.0.0.1
        < END LIST CLIENT u
        ",
    );
}
