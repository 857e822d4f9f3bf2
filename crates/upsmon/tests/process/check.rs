//! `upsmon -t`: the table, its exit status, and what a server gets to hear.

use crate::house::{House, own_user, stderr, stdout};
use crate::server::{Manner, Server};
use std::fs;

/// The table and the exit status.
fn check(house: &House, args: &[&str]) -> (String, Option<i32>) {
    let output = house.run(&[&["-t"], args].concat());
    (stdout(&output), output.status.code())
}

/// The lines that begin so, without blanks at will.
fn lines(table: &str, grade: &str) -> Vec<String> {
    let squeezed = table.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "));
    squeezed.filter(|line| line.starts_with(grade)).collect()
}

#[test]
fn a_good_house_passes_and_is_left_as_it_was() {
    let (house, server) = (House::new(), Server::start());
    let ups = server.ups("u");
    server.set_variable("battery.charge", "90");
    house.watch(&format!(
        "MONITOR {ups} 1 mon secret primary\nSHUTDOWNIF {ups} battery.charge < 40"
    ));
    let (table, status) = check(&house, &[]);
    assert_eq!((lines(&table, "FAILED"), status), (Vec::new(), Some(0)), "{table}");
    let about = |about: &str| lines(&table, &format!("ok {about}")).len();
    let found = [
        about(&ups),
        about("SHUTDOWNCMD"),
        about("NOTIFYCMD"),
        about("POWERDOWNFLAG"),
        about("WALL"),
    ];
    assert_eq!(found, [6, 1, 1, 1, 1], "{table}");
    let expected =
        ["USERNAME mon", "PASSWORD secret", "LOGIN u", "PRIMARY u", "LIST VAR u", "LOGOUT"];
    assert_eq!(server.heard(), expected);
    assert_eq!(house.story(), Vec::<String>::new());
    assert!(!house.path("killpower").exists() && !house.path("run/upsmon.pid").exists());
}

#[test]
fn everything_that_is_wrong_at_a_server_is_found() {
    for (manner, status, line, found) in [
        (Manner::Refusing, "OL", "", "login as mon refused: ERR ACCESS-DENIED"),
        (Manner::SecondariesOnly, "OL", "", "role of the primary refused: ERR ACCESS-DENIED"),
        (Manner::Good, "", "", "no status: Data stale"),
        (Manner::Good, "FSD OL", "", "ups.status is [FSD OL]: critical (forced shutdown is set)"),
        (Manner::Good, "OL", "battery.charge < 4", "the UPS has no battery.charge, so it never"),
        (Manner::Good, "OL", "ups.model < 4", "ups.model is no number: Mega 3000"),
        (Manner::Lying(b"what?\n".to_vec()), "OL", "", "no sensible answer: what?"),
    ] {
        let (house, server) = (House::new(), Server::start());
        let ups = server.ups("u");
        server.set_variable("ups.model", "Mega 3000");
        server.set("u", status);
        server.behave(manner.clone());
        let rule = if line.is_empty() { String::new() } else { format!("SHUTDOWNIF {ups} {line}") };
        house.watch(&format!("MONITOR {ups} 1 mon secret primary\n{rule}"));
        let (table, code) = check(&house, &[]);
        let failed = lines(&table, "FAILED");
        assert!(failed.len() == 1 && failed[0].contains(found), "{manner:?} {line}\n{table}");
        assert_eq!(code, Some(1));
    }
}

#[test]
fn names_addresses_and_upses_that_are_not_there() {
    let (house, server) = (House::new(), Server::start());
    server.stop();
    let other = Server::start();
    house.watch(&format!(
        "MONITOR {} 1 mon secret secondary\nMONITOR {} 1 mon secret secondary\n",
        server.ups("u"),
        other.ups("other")
    ));
    let (table, code) = check(&house, &[]);
    let failed = lines(&table, "FAILED");
    assert!(failed[0].ends_with("Connection failure: Connection refused"), "{table}");
    assert!(failed[1].ends_with("the server knows no UPS other"), "{table}");
    assert!(table.contains("-> the server has: u\n"), "{table}");
    assert_eq!((failed.len(), code), (2, Some(1)));
    let (table, code) = check(&house, &["-6"]);
    assert_eq!(table.matches("the name 127.0.0.1 has no address").count(), 2, "{table}");
    assert_eq!(code, Some(1));
}

#[test]
fn everything_that_is_wrong_on_this_host_is_found() {
    let server = Server::start();
    for (line, found) in [
        ("SHUTDOWNCMD /no/such/halt -p", "/no/such/halt: No such file or directory"),
        ("SHUTDOWNCMD ROOT/plain", "ROOT/plain: root may not run it"),
        ("SHUTDOWNCMD no-such-program", "no-such-program: in no folder of PATH"),
        ("NOTIFYCMD ROOT/etc", "ROOT/etc: not a program"),
        ("POWERDOWNFLAG ROOT/none/flag", "written in ROOT/none: No such file or directory"),
        ("POWERDOWNFLAG ROOT/plain", "ROOT/plain is a file of somebody else"),
        ("MINSUPPLIES 2", "total power value (1) less than MINSUPPLIES (2)"),
        ("DEADTIME soon", "upsmon.conf:"),
        ("RUN_AS_USER no-such-user", "there is no user no-such-user"),
    ] {
        let house = House::new();
        fs::write(house.path("plain"), "text").unwrap();
        house.watch(&format!("MONITOR {} 1 mon secret secondary\n{line}", server.ups("u")));
        let (table, code) = check(&house, &[]);
        let failed = lines(&table, "FAILED");
        if line.starts_with("RUN_AS_USER") && own_user() != 0 {
            assert_eq!(failed.len(), 0, "only root becomes somebody\n{table}");
            continue;
        }
        let root = house.path("").display().to_string();
        let found = found.replace("ROOT/", &root);
        let found =
            if own_user() == 0 { found } else { found.replace("root may", "this user may") };
        assert!(failed.len() == 1 && failed[0].contains(&found), "{line}: {found}\n{table}");
        assert_eq!(code, Some(1));
    }
}

#[test]
fn without_a_file_there_is_nothing_to_check() {
    let house = House::new();
    let output = house.run(&["-t", "-f", "/no/such.conf"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), ""));
    let failed = lines(&stdout(&output), "FAILED");
    assert_eq!(failed, ["FAILED upsmon.conf can't open /no/such.conf: No such file or directory"]);
}
