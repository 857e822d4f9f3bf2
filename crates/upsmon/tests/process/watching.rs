//! Polls and notices while nothing goes down.

use crate::house::{House, kill};
use crate::server::{Manner, Server};

#[test]
fn changes_are_told_in_their_order() {
    let (house, server) = (House::new(), Server::start());
    let ups = server.ups("u");
    house.watch(&format!("MONITOR {ups} 1 mon secret secondary"));
    let mut upsmon = house.begin(&[]);
    server.wait_for("GET VAR u ups.status", 2);
    for (status, kind, told) in [
        ("OB DISCHRG", "ONBATT", format!("[{ups}] UPS {ups} on battery")),
        ("OL CHRG", "ONLINE", format!("[{ups}] UPS {ups} on line power")),
        ("", "COMMBAD", format!("[{ups}] Communications with UPS {ups} lost")),
        ("OL", "COMMOK", format!("[{ups}] Communications with UPS {ups} established")),
    ] {
        server.set("u", status);
        house.wait_for_words(&[kind, &told]);
    }
    kill(upsmon.pid(), "TERM");
    assert_eq!(upsmon.end(), Some(0));
    assert_eq!(house.story().len(), 4, "{:?}", house.story());
    upsmon.wait_for(&format!("Poll UPS [{ups}] failed - Data stale"));
    server.wait_for("LOGOUT", 1);
    assert_eq!(server.heard(), ["USERNAME mon", "PASSWORD secret", "LOGIN u", "LOGOUT"]);
}

#[test]
fn a_refused_login_is_told_and_the_ups_watched() {
    let (house, server) = (House::new(), Server::start());
    let ups = server.ups("u");
    server.behave(Manner::Refusing);
    house.watch(&format!("MONITOR {ups} 1 mon wrong primary"));
    let upsmon = house.begin(&[]);
    upsmon.wait_for(&format!("Login on UPS [{ups}] failed - got [ERR ACCESS-DENIED]"));
    house.wait_for_words(&["NOLOGIN", &format!("[{ups}]")]);
    server.set("u", "OB");
    house.wait_for_words(&["ONBATT"]);
}

#[test]
fn usr2_harms_nothing() {
    let (house, server) = (House::new(), Server::start());
    house.watch(&format!("MONITOR {} 1 mon secret secondary", server.ups("u")));
    let mut upsmon = house.begin(&[]);
    server.wait_for("GET VAR u ups.status", 1);
    kill(upsmon.pid(), "USR2");
    kill(house.pid(), "USR2");
    let polls = server.count("GET VAR u ups.status");
    server.wait_for("GET VAR u ups.status", polls + 2);
    kill(upsmon.pid(), "INT");
    assert_eq!(upsmon.end(), Some(0));
}

#[test]
fn a_server_that_comes_again_is_found_again() {
    let (house, server) = (House::new(), Server::start());
    house.watch(&format!("MONITOR {} 1 mon secret primary", server.ups("u")));
    let upsmon = house.begin(&[]);
    server.wait_for("PRIMARY u", 1);
    server.stop();
    house.wait_for_words(&["COMMBAD"]);
    upsmon.wait_for("connect failed: Connection failure: Connection refused");
    let server = server.again();
    house.wait_for_words(&["COMMOK"]);
    server.wait_for("PRIMARY u", 2);
}
