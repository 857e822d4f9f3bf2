//! Servers that are dead, silent or lying: the others do not notice.

use crate::house::{House, kill};
use crate::server::{Manner, Server};
use std::net::TcpListener;

const POLL: &str = "GET VAR u ups.status";

#[test]
fn a_silent_server_holds_up_nobody() {
    let (house, mute, good) = (House::new(), Server::start(), Server::start());
    mute.behave(Manner::Mute);
    house.watch(&format!(
        "MONITOR {} 1 mon secret secondary\nMONITOR {} 1 mon secret secondary",
        mute.ups("u"),
        good.ups("u")
    ));
    let upsmon = house.begin(&[]);
    mute.wait_for("USERNAME", 1);
    let polls = good.count(POLL);
    upsmon.wait_for("no answer to USERNAME mon within 5 s, connection dropped");
    // Five seconds have passed, at a poll a second.
    assert!(good.count(POLL) >= polls + 2, "{} polls", good.count(POLL));
    upsmon.wait_for("connect failed: Server disconnected");
}

#[test]
fn a_lying_server_is_left_and_the_others_are_watched() {
    let lies: [&[u8]; 4] = [b"x", b"\0\xff\x80\n", b"OK\nOK\n", b"\"\\"];
    let (house, good) = (House::new(), Server::start());
    let liars = lies.map(|bytes| {
        let server = Server::start();
        server.behave(Manner::Lying(bytes.repeat(1000)));
        server
    });
    let lines = |server: &Server| format!("MONITOR {} 1 mon secret secondary\n", server.ups("u"));
    house.watch(&format!("{}{}", liars.iter().map(lines).collect::<String>(), lines(&good)));
    let mut upsmon = house.begin(&[]);
    for liar in &liars {
        liar.wait_for("USERNAME", 2);
        upsmon.wait_for(&format!("UPS [{}]: connect failed: ", liar.ups("u")));
    }
    good.set("u", "OB");
    house.wait_for_words(&["ONBATT", &format!("[{}]", good.ups("u"))]);
    kill(upsmon.pid(), "TERM");
    assert_eq!(upsmon.end(), Some(0));
}

#[test]
fn unknown_hosts_and_impossible_names_are_told() {
    let (house, good) = (House::new(), Server::start());
    house.watch(&format!(
        "MONITOR u@no-such-host.invalid 1 mon secret secondary\nMONITOR u:3493 1 mon secret primary\n\
         MONITOR {} 1 mon secret secondary",
        good.ups("u")
    ));
    let upsmon = house.begin(&[]);
    upsmon.wait_for("UPS [u@no-such-host.invalid]: connect failed: ");
    upsmon.wait_for("UPS [u:3493]: connect failed: No such host");
    house.wait_for_words(&["COMMBAD", "[u:3493]"]);
    good.wait_for(POLL, 2);
    upsmon.wait_for(&format!("UPS: {} (secondary) (power value 1)", good.ups("u")));
}

#[test]
fn a_server_that_never_takes_its_connections_is_given_up_in_time() {
    // The system makes the connection; nobody is there to read what comes over it.
    let (house, good) = (House::new(), Server::start());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    house.watch(&format!(
        "MONITOR u@{address} 1 mon secret secondary\nMONITOR {} 1 mon secret secondary",
        good.ups("u")
    ));
    let upsmon = house.begin(&["-W", "2"]);
    upsmon.wait_for(&format!("UPS [u@{address}]: no answer to USERNAME mon within 2 s"));
    good.wait_for(POLL, 2);
}

#[test]
fn a_lost_login_is_made_again() {
    let (house, server) = (House::new(), Server::start());
    house.watch(&format!("MONITOR {} 1 mon secret primary", server.ups("u")));
    let upsmon = house.begin(&[]);
    server.wait_for(POLL, 1);
    for times in 2..6 {
        server.hang_up();
        server.wait_for("LOGIN u", times);
    }
    drop(upsmon);
}

#[test]
fn a_monitor_that_was_stopped_on_battery_looks_before_it_decides() {
    let (house, server) = (House::new(), Server::start());
    house.watch(&format!("MONITOR {} 1 mon secret primary", server.ups("u")));
    let upsmon = house.begin(&[]);
    server.wait_for(POLL, 1);
    server.set("u", "OB");
    house.wait_for_words(&["ONBATT"]);
    server.set("u", "");
    house.wait_for_words(&["COMMBAD"]);
    let monitor = house.pid();
    kill(monitor, "STOP");
    server.set("u", "OL");
    // Much longer than DEADTIME.
    std::thread::sleep(std::time::Duration::from_secs(8));
    kill(monitor, "CONT");
    house.wait_for_words(&["ONLINE"]);
    upsmon.wait_for("that time does not count, and all is asked anew");
    assert!(!house.story().iter().any(|line| line.starts_with("down")), "{:?}", house.story());
}
