//! A new configuration under clients that stay.

use crate::stage::{Stage, UPS, USERS};

fn admin() -> Stage {
    let mut stage = Stage::usual();
    stage.plays("> USERNAME admin\n< OK\n> PASSWORD \"se cret\"\n< OK\n> LOGIN u\n< OK");
    stage
}

const WITH_V: &str =
    "[v]\ndriver = d\nport = x\n[w]\ndriver = d\nport = x\n[u]\ndriver = d\nport = auto\n";

#[test]
fn new_upses_come_first_and_old_ones_keep_all() {
    let mut stage = admin();
    stage.plays("> FSD u\n< OK FSD-SET");
    stage.reload("", WITH_V, USERS);
    stage.plays(
        "
        log Can't connect to UPS [v]
        > LIST UPS
        < BEGIN LIST UPS
        < UPS v \"Description unavailable\"
        < UPS w \"Description unavailable\"
        < UPS u \"Description unavailable\"
        < END LIST UPS
        > GET NUMLOGINS u
        < NUMLOGINS u 1
        > GET VAR u ups.status
        < VAR u ups.status \"FSD OL\"
        ",
    );
}

#[test]
fn a_removed_ups_takes_its_clients_along() {
    let mut stage = admin();
    stage.reload("", "", USERS);
    stage.plays(
        "
        log Deleting UPS [u]
        log Kicking client 10.0.0.1 (was on UPS [u])
        log Warning: no UPSes currently defined!
        closed
        b> LIST UPS
        b< BEGIN LIST UPS
        b< END LIST UPS
        b> GET UPSDESC u
        b< ERR UNKNOWN-UPS
        ",
    );
}

#[test]
fn another_driver_means_another_device() {
    let mut stage = admin();
    stage.reload("", &UPS.replace("= d", "= other"), USERS);
    stage.plays(
        "
        log Redefined UPS [u]
        log Connected to UPS [u]: other-u
        > GET VAR u battery.charge
        < ERR VAR-NOT-SUPPORTED
        > GET VAR u ups.status
        < VAR u ups.status \"WAIT\"
        ",
    );
}

#[test]
fn clients_are_judged_by_the_new_users() {
    let mut stage = admin();
    stage.reload("", UPS, "[other]\npassword = o\nactions = FSD\n");
    stage.plays(
        "
        > FSD u
        < ERR ACCESS-DENIED
        b> USERNAME other
        b< OK
        b> PASSWORD o
        b< OK
        b> FSD u
        b< OK FSD-SET
        ",
    );
}

#[test]
fn directives_that_are_gone_have_their_default_again() {
    let mut stage = Stage::new("MAXAGE 100\nIDLETIMEOUT 1000\n", UPS);
    stage.plays("drv up\nwait 1\ndrv< DUMPALL");
    stage.driver_says(crate::stage::DUMP);
    stage.plays("> NETVER\n< 1.3\nwait 90\n> GET VAR u ups.status\n< VAR u ups.status \"OL\"");
    stage.reload("", UPS, USERS);
    stage.plays("wait 1\n> GET VAR u ups.status\n< ERR DATA-STALE\nwait 62\nclosed");
}
