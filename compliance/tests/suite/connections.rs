//! Connections: pipelining, half-closed sockets, unfinished lines, many at once, addresses.

use nut_compliance::device::Device;
use nut_compliance::house::House;

#[test]
fn requests_sent_together_are_answered_in_order() {
    House::usual().talk().says(
        r#"
        > NETVER
        > GET VAR u battery.charge
        > FOO
        > LIST CMD u
        > GET NUMLOGINS u
        < 1.3
        < VAR u battery.charge "90"
        < ERR UNKNOWN-COMMAND
        < BEGIN LIST CMD u
        < CMD u beeper.toggle
        < CMD u load.off
        < CMD u test.battery.start
        < END LIST CMD u
        < NUMLOGINS u 0
        "#,
    );
}

#[test]
fn a_thousand_requests_sent_together() {
    let house = House::usual();
    let mut talk = house.talk();
    let requests: String = (0..1000).map(|n| format!("GET VAR u ups.mfr {n}\nFOO\n")).collect();
    talk.send(requests.as_bytes());
    for _ in 0..1000 {
        assert_eq!(talk.line(), "VAR u ups.mfr \"ACME\"");
        assert_eq!(talk.line(), "ERR UNKNOWN-COMMAND");
    }
}

#[test]
fn a_request_byte_by_byte() {
    let house = House::usual();
    let mut talk = house.talk();
    for byte in b"GET VAR u ups.mfr" {
        talk.send(&[*byte]);
    }
    talk.says(">\n< VAR u ups.mfr \"ACME\"");
}

#[test]
fn a_client_that_shuts_its_sending_side_is_answered_first() {
    let house = House::usual();
    house.talk().says("> NETVER\n> PROTVER\nhalf-close\n< 1.3\n< 1.3\nclosed");
    house.talk().says("> NETVER\n+ PROTVER\nhalf-close\n< 1.3\nclosed");
    house.talk().says("half-close\nclosed");
}

#[test]
fn a_client_that_goes_away_mid_line_harms_nobody() {
    let house = House::usual();
    for _ in 0..20 {
        house.talk().says("+ LIST VAR");
        house.talk().says("> LIST VAR u");
    }
    house.talk().says("> NETVER\n< 1.3");
}

#[test]
fn two_hundred_clients_at_once() {
    let house = House::usual();
    let mut talks: Vec<_> = (0..200).map(|_| house.talk()).collect();
    talks.iter_mut().for_each(|talk| talk.send(b"GET VAR u ups.mfr\n"));
    talks.iter_mut().for_each(|talk| assert_eq!(talk.line(), "VAR u ups.mfr \"ACME\""));
}

#[test]
fn a_client_that_does_not_read_holds_up_nobody() {
    let house = House::usual();
    let mut deaf = house.talk();
    for _ in 0..40 {
        deaf.send(&b"LIST VAR u\n".repeat(1000));
    }
    let mut other = house.talk();
    other.send(b"NETVER\n");
    let leaves = house.maker().differs("stock waits for the slowest of its clients", true, false);
    let _kept = (!leaves).then_some(deaf);
    assert_eq!(other.line(), "1.3");
}

#[test]
fn nothing_is_said_before_the_first_request() {
    House::usual().talk().says("> NETVER\n< 1.3");
}

#[test]
fn both_address_families() {
    let port = {
        let probe = std::net::TcpListener::bind("[::1]:0").expect("IPv6 on the loopback");
        probe.local_addr().expect("an address").port()
    };
    let listen = format!("LISTEN ::1 {port}");
    let house = House::new().upsd_conf(&listen).ups("u", "", Device::usual()).start();
    let address = format!("[::1]:{port}").parse().expect("an address");
    let mut talk = nut_compliance::talk::Talk::tcp(address, house.maker(), None);
    talk.says(
        "
        > USERNAME watcher
        > PASSWORD watch
        > LOGIN u
        > LIST CLIENT u
        < OK
        < OK
        < OK
        < BEGIN LIST CLIENT u
        < CLIENT u ::1
        < END LIST CLIENT u
        ",
    );
}
