//! Reloads: whole and good, or refused with the old configuration kept.

use crate::house::{DUMP, House, UPS, USERS, wait_until};
use std::net::TcpStream;

#[test]
fn broken_files_change_nothing_and_are_told_with_their_place() {
    let house = House::new();
    let _driver = house.driver(DUMP);
    let upsd = house.start();
    house.wait_fresh();
    let broken = [
        ("ups.conf", "[v]\ndriver = \"a # b\"\n", "ups.conf:2:13: Unbalanced word"),
        ("ups.conf", "[broken\ndriver = x\n", "ups.conf:1:1: "),
        ("ups.conf", "", "ups.conf: at least one UPS must be defined; the old"),
        ("ups.conf", "\u{0}junk", "ups.conf: at least one UPS must be defined; the old"),
        ("upsd.conf", "MAXAGE soon\n", "upsd.conf:1:1: invalid directive MAXAGE soon"),
        ("upsd.users", "[a]\npassword=x\n[a]\nactions=SET\n", "upsd.users:3:1: Ignoring duplicate"),
    ];
    for (n, (file, text, complaint)) in broken.into_iter().enumerate() {
        let path = house.path("etc").join(file);
        let good = std::fs::read_to_string(&path).unwrap();
        house.write(file, text);
        upsd.signal("HUP");
        let kept = "the old configuration stays in force";
        let refused = || (upsd.log().matches(kept).count() == n + 1).then_some(());
        wait_until(refused).unwrap_or_else(|| panic!("{file}: {}", upsd.log()));
        assert!(upsd.log().contains(complaint), "{complaint}: {}", upsd.log());
        assert_eq!(house.client().ask("GET VAR u ups.status"), "VAR u ups.status \"OL\"");
        house.write(file, &good);
    }
    assert!(!upsd.log().contains("those entries were ignored"), "{}", upsd.log());
}

#[test]
fn missing_files_do_not_end_the_daemon() {
    let house = House::new();
    let upsd = house.start();
    for file in ["upsd.conf", "ups.conf", "upsd.users"] {
        let path = house.path("etc").join(file);
        let good = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        upsd.signal("HUP");
        upsd.wait_for(&format!("Reload failed: can't open {}: No such file", path.display()));
        assert_eq!(house.client().ask("GET UPSDESC u"), "UPSDESC u \"Test UPS\"");
        house.write(file, &good);
    }
}

#[test]
fn a_good_reload_changes_everything_at_once() {
    let house = House::new();
    let _driver = house.driver(DUMP);
    let upsd = house.start();
    house.wait_fresh();
    let mut client = house.client();
    client.send(b"USERNAME admin\nPASSWORD \"se cret\"\nLOGIN u\n");
    assert_eq!([client.line(), client.line(), client.line()], ["OK", "OK", "OK"]);
    house.upsd_conf(&format!("LISTEN {} 34930\n", house.address));
    house.write("ups.conf", &format!("{UPS}[v]\ndriver = x\nport = y\n"));
    house.write("upsd.users", &USERS.replace("FSD", "").replace("upsmon primary\n", ""));
    upsd.signal("HUP");
    let there = || TcpStream::connect((house.address, 34930)).ok();
    assert!(wait_until(there).is_some(), "{}", upsd.log());
    assert_eq!(client.ask("GET UPSDESC v"), "UPSDESC v \"Unavailable\"");
    assert_eq!(client.ask("GET NUMLOGINS u"), "NUMLOGINS u 1");
    assert_eq!(client.ask("FSD u"), "ERR ACCESS-DENIED");
    house.upsd_conf("");
    upsd.signal("HUP");
    upsd.wait_for(&format!("no longer listening on {} port 34930", house.address));
}

#[test]
fn debug_min_comes_and_goes_with_the_file() {
    let house = House::new();
    house.upsd_conf("DEBUG_MIN 2\n");
    let upsd = house.start();
    house.client().ask("VER");
    upsd.wait_for("[D2:upsd] Connect from");
    house.upsd_conf("");
    upsd.signal("HUP");
    upsd.wait_for("Applying debug level 0 from original command line arguments");
    house.upsd_conf("DEBUG_MIN 1\n");
    upsd.signal("HUP");
    upsd.wait_for("Applying DEBUG_MIN 1 from upsd.conf");
}
