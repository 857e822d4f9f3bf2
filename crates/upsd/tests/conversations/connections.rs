//! Connections: pieces of lines, many requests, silence, crowds, junk.

use crate::stage::{Stage, UPS};
use std::time::Duration;

#[test]
fn lines_may_come_in_any_pieces() {
    let mut stage = Stage::usual();
    for byte in b"GET VAR u battery.charge\r" {
        stage.client_says('a', &[*byte]);
    }
    stage.client_says('a', b"\nNETVER\nFOO\nNET");
    assert_eq!(
        stage.take_lines('a'),
        ["VAR u battery.charge \"90\"", "1.3", "ERR UNKNOWN-COMMAND"]
    );
    stage.client_says('a', b"VER\n");
    assert_eq!(stage.take_lines('a'), ["1.3"]);
}

#[test]
fn what_came_with_logout_is_still_answered() {
    let mut stage = Stage::usual();
    stage.client_says('a', b"LOGOUT\nNETVER\n");
    stage.plays("< OK Goodbye\n< 1.3\nclosed");
}

#[test]
fn junk_is_survived() {
    let mut stage = Stage::usual();
    stage.client_says('a', b"VE\0R\x01\xff\nV\xc3\xa9ER x\n\x00\x01\x02\n");
    let answers = stage.take_lines('a');
    assert!(answers[0].starts_with("Network UPS Tools upsd"), "{answers:?}");
    assert_eq!(answers[1..], ["ERR INVALID-ARGUMENT", "ERR UNKNOWN-COMMAND"]);
    for _ in 0..128 {
        stage.client_says('a', &[b'x'; 1024]);
    }
    stage.plays("> \n< ERR UNKNOWN-COMMAND\n> NETVER\n< 1.3");
}

#[test]
fn a_broken_quote_is_told_and_costs_its_line_only() {
    let mut stage = Stage::usual();
    stage.client_says('a', b"GET VAR u \"a # b\nNETVER\n");
    stage.plays("< ERR INVALID-ARGUMENT\n< 1.3\nlog Parse error on sock: Unbalanced word");
}

#[test]
fn silent_clients_are_sent_away() {
    let mut stage = Stage::usual();
    stage.plays("> NETVER\n< 1.3\nb> NETVER\nb< 1.3\nwait 30\nb> FOO\nb< ERR UNKNOWN-COMMAND");
    stage.client_says('a', b"bytes without a line feed");
    stage.plays("wait 30\n> \n< ERR UNKNOWN-COMMAND\nwait 29\nb> NETVER\nb< 1.3");
    stage.plays("wait 33\nclosed\nb> NETVER\nb< 1.3\nwait 62\nb closed");
}

#[test]
fn the_time_of_silence_can_be_set() {
    let mut stage = Stage::new("IDLETIMEOUT 5\n", UPS);
    stage.plays("> NETVER\n< 1.3\nwait 7\nclosed");
    let mut stage = Stage::new("IDLETIMEOUT 0\n", UPS);
    stage.plays("> NETVER\n< 1.3\nwait 1000\n> NETVER\n< 1.3");
}

#[test]
fn silence_ends_a_login() {
    let mut stage = Stage::usual();
    stage.plays("> USERNAME watcher\n< OK\n> PASSWORD watch\n< OK\n> LOGIN u\n< OK");
    stage.plays("wait 62\nclosed\nb> LIST CLIENT u\nb< BEGIN LIST CLIENT u\nb< END LIST CLIENT u");
}

#[test]
fn a_crowd_is_turned_away_at_the_door_with_one_word_to_the_log() {
    // One driver and three clients: the system's sixteen spare descriptors do not matter here.
    let mut stage = Stage::new("MAXCONN 4\n", UPS);
    for name in ['a', 'b', 'c'] {
        assert!(stage.connect(name));
    }
    assert!(!stage.connect('d') && !stage.connect('e'));
    stage.plays("log refused a connection from 10.0.0.1: 3 clients are connected already");
    assert!(!stage.logged("refused"));
    stage.hang_up('b');
    assert!(stage.connect('d'));
    stage.plays("d> NETVER\nd< 1.3");
}

#[test]
fn a_maxconn_that_cannot_be_is_told() {
    let mut stage = Stage::new("MAXCONN 1001\n", UPS);
    stage.plays("log Your system limits the maximum number of connections to 1000");
    stage.plays("log but you requested 1001.");
    stage.reload("MAXCONN 1000\n", UPS, "");
    assert!(!stage.logged("you requested"));
}

#[test]
fn without_descriptors_the_longest_silent_make_room() {
    let mut stage = Stage::usual();
    stage.plays("> USERNAME watcher\n< OK\n> PASSWORD watch\n< OK\n> LOGIN u\n< OK");
    stage.plays("b> NETVER\nb< 1.3");
    stage.server.on_accept_failed(stage.now, "Too many open files", true);
    stage.server.on_accept_failed(stage.now, "Too many open files", true);
    stage.perform();
    stage.plays("b closed\nlog accepting a connection failed: Too many open files");
    assert!(!stage.logged("accepting"));
    stage.plays("> GET NUMLOGINS u\n< NUMLOGINS u 1");
}

#[test]
fn thousands_of_requests_at_once_are_answered_in_order_and_in_portions() {
    let mut stage = Stage::usual();
    let requests: String =
        (0..20_000).map(|n| format!("GET DESC u no.{n}\nLIST VAR u\n")).collect();
    stage.client_says('a', requests.as_bytes());
    let answers = stage.take_lines('a');
    let descriptions: Vec<_> = answers.iter().filter(|line| line.starts_with("DESC")).collect();
    assert_eq!(descriptions.len(), 20_000);
    for (n, line) in descriptions.iter().enumerate() {
        assert_eq!(**line, format!("DESC u no.{n} \"Description unavailable\""));
    }
    assert_eq!(answers.last().map(String::as_str), Some("END LIST VAR u"));
}

#[test]
fn a_client_that_does_not_read_gets_no_more_than_a_portion() {
    let mut stage = Stage::usual();
    assert!(stage.connect('a'));
    let conn = upsd::action::ConnId(0);
    stage.server.on_client_data(stage.now, conn, "LIST VAR u\n".repeat(50_000).as_bytes());
    let sent: usize = stage
        .server
        .take_actions()
        .iter()
        .map(|action| match action {
            upsd::action::Action::Send { bytes, .. } => bytes.len(),
            _ => 0,
        })
        .sum();
    assert!((1..2 * 1024 * 1024).contains(&sent), "{sent}");
    stage.now += Duration::from_secs(1);
    stage.server.on_client_data(stage.now, conn, b"NETVER\n");
    assert_eq!(stage.server.take_actions(), []);
}

#[test]
fn words_from_connections_that_are_gone_mean_nothing() {
    let mut stage = Stage::usual();
    let conn = upsd::action::ConnId(77);
    stage.server.on_client_data(stage.now, conn, b"VER\n");
    stage.server.on_client_drained(stage.now, conn);
    stage.server.on_client_closed(stage.now, conn);
    let ups = upsd::action::UpsId(9);
    stage.server.on_driver_data(stage.now, ups, b"PONG\n");
    stage.server.on_driver_closed(stage.now, ups, "x");
    stage.server.on_driver_connected(stage.now, ups);
    assert_eq!(stage.server.take_actions(), []);
}
