//! Clients of every kind: quick, slow, many, half-closed, and those that talk nonsense.

use crate::house::{Client, DUMP, House};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

#[test]
fn a_session_from_name_to_goodbye() {
    let house = House::new();
    let driver = house.driver(DUMP);
    let upsd = house.start();
    house.wait_fresh();
    let mut client = house.client();
    client
        .send(b"USERNAME admin\nPASSWORD \"se cret\"\nSET TRACKING ON\nSET VAR u ups.id \"a b\"\n");
    assert_eq!([client.line(), client.line(), client.line()], ["OK", "OK", "OK"]);
    let accepted = client.line();
    let id = accepted.strip_prefix("OK TRACKING ").unwrap().to_owned();
    assert_eq!(accepted.len(), 48, "{accepted}");
    assert_eq!(driver.heard(), format!("SET ups.id \"a b\" TRACKING {id}"));
    driver.send(&format!("TRACKING {id} 0\nSETINFO ups.id \"a b\"\n"));
    upsd.wait_for("result: SUCCESS");
    assert_eq!(client.ask(&format!("GET TRACKING {id}")), "SUCCESS");
    assert_eq!(client.ask("GET VAR u ups.id"), "VAR u ups.id \"a b\"");
    assert_eq!(client.ask("LOGOUT"), "OK Goodbye");
    assert_eq!(client.rest(), "");
}

#[test]
fn half_closed_clients_are_answered_first() {
    let house = House::new();
    let _upsd = house.start();
    let mut client = house.client();
    client.send(b"NETVER\nPROTVER\nVER unfinished");
    client.half_close();
    assert_eq!(client.rest(), "1.3\n1.3\n");
}

#[test]
fn one_that_never_reads_holds_up_nobody() {
    let house = House::new();
    let values: String = (0..200).map(|n| format!("SETINFO x.v{n} \"{n}\"\n")).collect();
    let _driver = house.driver(&(values + DUMP));
    let _upsd = house.start();
    house.wait_fresh();
    let mut deaf = house.client();
    deaf.stream.set_nonblocking(true).unwrap();
    // Until nothing more goes in: the server has stopped reading it.
    let mut taken = 0;
    for _ in 0..100_000 {
        match deaf.stream.write(b"LIST VAR u\nLIST VAR u\nLIST VAR u\n") {
            Ok(n) => taken += n,
            Err(_) => break,
        }
    }
    assert!(taken > 0);
    for _ in 0..20 {
        let mut other = house.client();
        assert_eq!(other.ask("GET VAR u ups.status"), "VAR u ups.status \"OL\"");
    }
}

#[test]
fn a_long_pipeline_is_answered_whole() {
    let house = House::new();
    let values: String = (0..200).map(|n| format!("SETINFO x.v{n} \"{n}\"\n")).collect();
    let _driver = house.driver(&(values + DUMP));
    let _upsd = house.start();
    house.wait_fresh();
    let mut client = house.client();
    let mut writer = client.stream.try_clone().unwrap();
    let writing = std::thread::spawn(move || {
        writer.write_all("LIST VAR u\n".repeat(5000).as_bytes()).unwrap();
        writer.shutdown(std::net::Shutdown::Write).unwrap();
    });
    let answers = client.rest();
    writing.join().unwrap();
    assert_eq!(answers.matches("END LIST VAR u\n").count(), 5000);
}

#[test]
fn nonsense_is_survived() {
    let house = House::new();
    let _upsd = house.start();
    let mut client = house.client();
    client.send(&[b'x'; 64 * 1024]);
    client.send(&[b'y'; 64 * 1024]);
    assert_eq!(client.ask(""), "ERR UNKNOWN-COMMAND");
    let junk: Vec<u8> =
        (0..=255u8).filter(|b| !b"\n\"#\\".contains(b)).cycle().take(9000).collect();
    client.send(&junk);
    assert_eq!(client.ask(""), "ERR UNKNOWN-COMMAND");
    assert_eq!(client.ask("V\0E\u{1}R x"), "ERR INVALID-ARGUMENT");
    assert_eq!(client.ask("NETVER"), "1.3");
}

/// Ten thousand, or what the system's limit of descriptors leaves.
#[test]
fn ten_thousand_at_once() {
    let house = House::new();
    let _driver = house.driver(DUMP);
    let _upsd = house.start();
    house.wait_fresh();
    let limit = nut_daemon::limits::raise_open_files();
    let count = usize::try_from(limit.saturating_sub(500)).unwrap().min(10_000);
    assert!(count >= 500, "the system allows {limit} descriptors only");
    println!("{count} clients");
    let mut crowd: Vec<TcpStream> = (0..count).map(|_| house.client().stream).collect();
    for client in &mut crowd {
        client.write_all(b"GET VAR u battery.charge\n").unwrap();
    }
    let expected = b"VAR u battery.charge \"90\"\n";
    for client in &mut crowd {
        let mut answer = vec![0; expected.len()];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(answer, expected);
    }
    assert_eq!(house.client().ask("LIST VAR u"), "BEGIN LIST VAR u");
}

#[test]
fn too_many_are_sent_away_at_once() {
    let house = House::new();
    house.upsd_conf("MAXCONN 4\n");
    let upsd = house.start();
    let mut first = house.client();
    assert_eq!(first.ask("NETVER"), "1.3");
    let mut second = house.client();
    assert_eq!(second.ask("NETVER"), "1.3");
    let third = TcpStream::connect(house.addr()).unwrap();
    assert_eq!(Client::new(third).rest(), "");
    upsd.wait_for("see upsd.conf MAXCONN");
    assert_eq!(first.ask("NETVER"), "1.3");
}

#[test]
fn where_descriptors_are_scarce_newcomers_are_sent_away_and_nobody_else() {
    let house = House::new();
    let upsd = house.command();
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 150 && exec \"$0\" \"$@\""]).current_dir(&house.root);
    limited.arg(upsd.get_program()).args(upsd.get_args());
    for (name, value) in upsd.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let upsd = house.start_with(&mut limited);
    let mut first = house.client();
    assert_eq!(first.ask("NETVER"), "1.3");
    let crowd: Vec<Client> = (0..300).map(|_| house.client()).collect();
    upsd.wait_for("see upsd.conf MAXCONN");
    let closed = crowd.into_iter().rev().take(200).all(|mut client| client.rest().is_empty());
    assert!(closed, "the last ones were sent away");
    assert_eq!(first.ask("NETVER"), "1.3");
    assert!(!upsd.log().contains("accepting a connection failed"), "{}", upsd.log());
}

#[test]
fn both_address_families_and_the_any_address() {
    let house = House::new();
    house.write("upsd.conf", "LISTEN * 0\n");
    let upsd = house.start_with(house.command().arg("-D"));
    assert!(upsd.log().contains("listening on * port 0\n"), "{}", upsd.log());
    let port = |address: &str| {
        let log = upsd.log();
        let (_, rest) = log.split_once(&format!("is bound as {address}:"))?;
        rest.lines().next()?.parse::<u16>().ok()
    };
    let v4 = TcpStream::connect((house.address, port("0.0.0.0").unwrap())).unwrap();
    assert_eq!(Client::new(v4).ask("NETVER"), "1.3");
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        let v6 = TcpStream::connect(("::1", port("[::]").unwrap())).unwrap();
        assert_eq!(Client::new(v6).ask("NETVER"), "1.3");
    }
}
