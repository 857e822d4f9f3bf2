//! USERNAME, PASSWORD, LOGIN, LOGOUT, PRIMARY, MASTER, FSD and who may do what.

use nut_compliance::device::Device;
use nut_compliance::house::House;

#[test]
fn guarded_commands_ask_for_a_name_then_for_a_password() {
    let house = House::usual();
    for command in ["LOGIN", "PRIMARY", "MASTER", "FSD", "SET", "INSTCMD"] {
        house.talk().says(&format!(
            "
            > {command}
            < ERR USERNAME-REQUIRED
            > {command} u and more words
            < ERR USERNAME-REQUIRED
            > PASSWORD x
            < OK
            > {command} nobody
            < ERR USERNAME-REQUIRED
            "
        ));
        house.talk().says(&format!(
            "
            > USERNAME x
            < OK
            > {command}
            < ERR PASSWORD-REQUIRED
            > {command} nobody
            < ERR PASSWORD-REQUIRED
            > PASSWORD x
            < OK
            > {command}
            < ERR INVALID-ARGUMENT
            "
        ));
    }
}

#[test]
fn a_name_or_a_password_is_given_once() {
    House::usual().talk().says(
        r#"
        > USERNAME admin
        < OK
        > USERNAME admin
        < ERR ALREADY-SET-USERNAME
        > USERNAME a b
        < ERR INVALID-ARGUMENT
        > PASSWORD wrong
        < OK
        > PASSWORD "se cret"
        < ERR ALREADY-SET-PASSWORD
        > LOGIN u
        < ERR ACCESS-DENIED
        "#,
    );
}

#[test]
fn empty_words_are_a_name_and_a_password() {
    House::usual().talk().says(
        r#"
        > USERNAME ""
        < OK
        > PASSWORD ""
        < OK
        > LOGIN u
        < ERR ACCESS-DENIED
        "#,
    );
}

#[test]
fn a_wrong_password_shows_only_when_something_is_asked_for() {
    House::usual().talk_as("admin", "se  cret").says(
        "
        > LOGIN u
        < ERR ACCESS-DENIED
        > LOGIN nobody
        < ERR UNKNOWN-UPS
        > PRIMARY u
        < ERR ACCESS-DENIED
        > FSD u
        < ERR ACCESS-DENIED
        > SET VAR u ups.id x
        < ERR ACCESS-DENIED
        > INSTCMD u load.off
        < ERR ACCESS-DENIED
        > INSTCMD u no.such
        < ERR CMD-NOT-SUPPORTED
        ",
    );
}

#[test]
fn users_and_passwords_are_case_sensitive() {
    let house = House::usual();
    house.talk_as("Admin", "se cret").says("> LOGIN u\n< ERR ACCESS-DENIED");
    house.talk_as("admin", "SE cret").says("> LOGIN u\n< ERR ACCESS-DENIED");
    house.talk_as("admin", "se cret").says("> LOGIN u\n< OK");
}

#[test]
fn logging_in_and_out() {
    let house = House::new().ups("u", "", Device::usual()).absent("other", "").start();
    house.talk_as("watcher", "watch").says(
        "
        > LOGIN
        < ERR INVALID-ARGUMENT
        > LOGIN u x
        < ERR INVALID-ARGUMENT
        > LOGIN nobody
        < ERR UNKNOWN-UPS
        > LOGIN U
        < OK
        > LOGIN u
        < ERR ALREADY-LOGGED-IN
        > LOGIN nobody
        < ERR ALREADY-LOGGED-IN
        > LOGIN
        < ERR INVALID-ARGUMENT
        > GET NUMLOGINS u
        < NUMLOGINS u 1
        > LOGOUT
        < OK Goodbye
        closed
        ",
    );
    house.talk().says("> GET NUMLOGINS u\n<~ NUMLOGINS u 0");
    house.upsd.wait_for("User watcher@127.0.0.1 logged into UPS [u]");
    house.upsd.wait_for("Client watcher@127.0.0.1 tried to login twice");
    house.upsd.wait_for("User watcher@127.0.0.1 logged out from UPS [u]");
}

#[test]
fn a_login_ends_with_its_connection() {
    let house = House::usual();
    house.talk_as("watcher", "watch").says("> LOGIN u\n< OK\n> GET NUMLOGINS u\n< NUMLOGINS u 1");
    house.talk().says("> GET NUMLOGINS u\n<~ NUMLOGINS u 0");
}

#[test]
fn logout_needs_no_account_and_later_requests_are_still_answered() {
    let house = House::usual();
    house.talk().says("> LOGOUT\n< OK Goodbye\nclosed");
    house.talk().says(
        "
        > LOGOUT
        > NETVER
        < OK Goodbye
        < 1.3
        ~ stock forgets the farewell when a request follows it
        stock| > NETVER
        stock| < 1.3
        ours| closed
        ",
    );
}

#[test]
fn primaries() {
    let house = House::usual();
    house.talk_as("admin", "se cret").says(
        "
        > PRIMARY u
        < OK PRIMARY-GRANTED
        > MASTER U
        < OK MASTER-GRANTED
        > PRIMARY
        < ERR INVALID-ARGUMENT
        > PRIMARY u x
        < ERR INVALID-ARGUMENT
        > PRIMARY nobody
        < ERR UNKNOWN-UPS
        > MASTER nobody
        < ERR UNKNOWN-UPS
        ",
    );
    house.talk_as("watcher", "watch").says(
        "
        > PRIMARY u
        < ERR ACCESS-DENIED
        > MASTER u
        < ERR ACCESS-DENIED
        > FSD u
        < ERR ACCESS-DENIED
        > FSD nobody
        < ERR UNKNOWN-UPS
        > LOGIN u
        < OK
        ",
    );
}

#[test]
fn a_forced_shutdown_stays_in_the_status() {
    let house = House::usual();
    house.talk_as("admin", "se cret").says(
        r#"
        > FSD
        < ERR INVALID-ARGUMENT
        > FSD u x
        < ERR INVALID-ARGUMENT
        > FSD U
        < OK FSD-SET
        > FSD u
        < OK FSD-SET
        > GET VAR u ups.status
        < VAR u ups.status "FSD OL CHRG"
        drv> SETINFO ups.status "OB"
        > GET VAR u ups.status
        <~ VAR u ups.status "FSD OB"
        "#,
    );
    house.upsd.wait_for("Client admin@127.0.0.1 set FSD on UPS [u]");
    let listed = house.talk().ask("GET VAR u UPS.status");
    assert_eq!(listed, "VAR u UPS.status \"FSD OB\"");
    let mut talk = house.talk();
    talk.send(b"LIST VAR u\n");
    assert!(talk.lines_to("END LIST VAR u").contains(&"VAR u ups.status \"FSD OB\"".to_string()));
}

#[test]
fn actions_and_commands_of_a_user() {
    let users = "
        [setter]
            password = s
            actions = set
        [fsd]
            password = f
            actions = FSD
            actions = login
        [commander]
            password = c
            instcmds = LOAD.OFF test.battery.start
        [nopass]
            actions = SET
        [old]
            password = o
            upsmon master
        [new]
            password = n
            upsmon = secondary
        ";
    let house = House::new().ups("u", "", Device::usual()).users(users).start();
    let ask =
        |user: &str, password: &str, request: &str| house.talk_as(user, password).ask(request);
    assert_eq!(ask("setter", "s", "SET VAR u ups.id x"), "OK");
    assert_eq!(ask("setter", "s", "INSTCMD u load.off"), "ERR ACCESS-DENIED");
    assert_eq!(ask("setter", "s", "LOGIN u"), "ERR ACCESS-DENIED");
    assert_eq!(ask("fsd", "f", "FSD u"), "OK FSD-SET");
    assert_eq!(ask("fsd", "f", "LOGIN u"), "OK");
    assert_eq!(ask("fsd", "f", "PRIMARY u"), "ERR ACCESS-DENIED");
    assert_eq!(ask("commander", "c", "INSTCMD u load.off"), "OK");
    assert_eq!(ask("commander", "c", "INSTCMD u beeper.toggle"), "ERR ACCESS-DENIED");
    assert_eq!(ask("commander", "c", "SET VAR u ups.id x"), "ERR ACCESS-DENIED");
    assert_eq!(ask("nopass", "", "SET VAR u ups.id x"), "ERR ACCESS-DENIED");
    assert_eq!(ask("old", "o", "MASTER u"), "OK MASTER-GRANTED");
    assert_eq!(ask("old", "o", "PRIMARY u"), "OK PRIMARY-GRANTED");
    assert_eq!(ask("new", "n", "LOGIN u"), "OK");
    assert_eq!(ask("new", "n", "MASTER u"), "ERR ACCESS-DENIED");
}
