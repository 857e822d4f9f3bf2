//! SIGHUP: the new file whole, or the old one.

use crate::house::{House, kill};
use crate::server::Server;

const POLL: &str = "GET VAR u ups.status";

#[test]
fn a_reload_takes_ups_in_and_lets_others_go() {
    let (house, one, other) = (House::new(), Server::start(), Server::start());
    house.watch(&format!("MONITOR {} 1 mon secret secondary", one.ups("u")));
    let upsmon = house.begin(&[]);
    one.wait_for(POLL, 1);
    house.watch(&format!("MONITOR {} 1 mon other secondary", other.ups("u")));
    kill(upsmon.pid(), "HUP");
    other.wait_for(POLL, 2);
    one.wait_for("LOGOUT", 1);
    upsmon.wait_for("Signal 1: User requested RELOAD");
    upsmon.wait_for(&format!("No longer monitoring UPS [{}]", one.ups("u")));
    assert_eq!(other.heard()[..2], ["USERNAME mon", "PASSWORD other"]);
}

#[test]
fn a_ups_that_stays_keeps_its_connection() {
    let (house, server) = (House::new(), Server::start());
    let monitor = format!("MONITOR {} 1 mon secret secondary", server.ups("u"));
    house.watch(&monitor);
    let upsmon = house.begin(&[]);
    server.wait_for(POLL, 1);
    house.watch(&format!("{monitor}\nNOTIFYMSG ONBATT \"it is dark\""));
    kill(upsmon.pid(), "HUP");
    upsmon.wait_for("Reloading configuration");
    server.set("u", "OB");
    house.wait_for_words(&["it is dark"]);
    assert_eq!(server.heard().len(), 3, "{:?}", server.heard());
}

#[test]
fn what_cannot_be_taken_over_changes_nothing() {
    let (house, server) = (House::new(), Server::start());
    let good = format!("MONITOR {} 1 mon secret secondary", server.ups("u"));
    house.watch(&good);
    let mut upsmon = house.begin(&[]);
    server.wait_for(POLL, 1);
    for (lines, why) in [
        (format!("{good}\nMINSUPPLIES 5"), "total power value (1) less than MINSUPPLIES (5)"),
        (format!("{good}\nMONITOR {}x -1 mon secret secondary", server.ups("u")), "power value"),
        ("MONITOR a@b 1 c d".to_owned(), "old-style MONITOR"),
    ] {
        house.watch(&lines);
        kill(upsmon.pid(), "HUP");
        upsmon.wait_for(why);
    }
    std::fs::remove_file(house.path("etc/upsmon.conf")).unwrap();
    kill(upsmon.pid(), "HUP");
    upsmon.wait_for("Reload failed: can't open");
    let polls = server.count(POLL);
    server.wait_for(POLL, polls + 2);
    assert_eq!(server.heard().len(), 3, "{:?}", server.heard());
    kill(upsmon.pid(), "TERM");
    assert_eq!(upsmon.end(), Some(0));
}

#[test]
fn clear_text_that_is_forbidden_ends_at_once() {
    let (house, server) = (House::new(), Server::start());
    let monitor = format!("MONITOR {} 1 mon secret secondary", server.ups("u"));
    house.watch(&monitor);
    let upsmon = house.begin(&[]);
    server.wait_for(POLL, 1);
    house.watch(&format!("{monitor}\nFORCESSL 1"));
    kill(upsmon.pid(), "HUP");
    server.wait_for("LOGOUT", 1);
    upsmon.wait_for("its connection is in clear text, which is forbidden now, and is closed");
    upsmon.wait_for("connect failed: SSL is not available");
    house.wait_for_words(&["COMMBAD"]);
    house.watch(&monitor);
    kill(upsmon.pid(), "HUP");
    house.wait_for_words(&["COMMOK"]);
    server.wait_for("LOGIN u", 2);
}
