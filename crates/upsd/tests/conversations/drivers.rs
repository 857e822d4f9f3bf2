//! Drivers: the first dump, ageing, loss and return, and what they say wrong.

use crate::stage::{DUMP, Stage, UPS};

#[test]
fn a_dump_is_shown_in_one_piece() {
    let mut stage = Stage::new("", UPS);
    stage.plays(
        "
        drv up
        wait 1
        log Connected to UPS [u]: d-u
        drv< DUMPALL
        > LIST VAR u
        < BEGIN LIST VAR u
        < VAR u ups.status \"WAIT\"
        < END LIST VAR u
        drv> SETINFO battery.charge 50
        drv> SETINFO ups.status OL
        drv> ADDCMD load.off
        > GET VAR u battery.charge
        < ERR VAR-NOT-SUPPORTED
        > GET VAR u ups.status
        < VAR u ups.status \"WAIT\"
        drv> DATAOK
        drv> DUMPDONE
        > LIST VAR u
        < BEGIN LIST VAR u
        < VAR u battery.charge \"50\"
        < VAR u ups.status \"OL\"
        < END LIST VAR u
        ",
    );
}

#[test]
fn a_driver_that_never_ends_its_dump_is_shown_all_the_same() {
    Stage::new("", UPS).plays(
        "
        drv up
        wait 1
        drv> SETINFO battery.charge 50
        wait 2
        > LIST VAR u
        < BEGIN LIST VAR u
        < VAR u battery.charge \"50\"
        < VAR u ups.status \"WAIT\"
        < END LIST VAR u
        drv> SETINFO battery.charge 51
        > GET VAR u battery.charge
        < VAR u battery.charge \"51\"
        ",
    );
}

#[test]
fn the_drivers_word_on_its_data_counts_at_once() {
    let mut stage = Stage::usual();
    stage.plays(
        "
        drv> DATASTALE
        log Data for UPS [u] is stale - check driver
        > GET VAR u ups.status
        < ERR DATA-STALE
        > LIST VAR u
        < ERR DATA-STALE
        > GET NUMLOGINS u
        < ERR DATA-STALE
        > GET UPSDESC u
        < UPSDESC u \"Server room \\\"A\\\"\"
        drv> DATAOK
        log UPS [u] data is no longer stale
        > GET VAR u ups.status
        < VAR u ups.status \"OL\"
        ",
    );
}

#[test]
fn a_dump_without_dataok_is_stale() {
    let mut stage = Stage::new("", UPS);
    stage.plays("drv up\nwait 1\ndrv> SETINFO ups.status OL\ndrv> DUMPDONE");
    stage.plays("> GET VAR u ups.status\n< ERR DATA-STALE");
}

#[test]
fn silence_makes_data_stale_and_any_word_makes_it_fresh() {
    let mut stage = Stage::usual();
    stage.plays(
        "
        wait 16
        > GET VAR u ups.status
        < VAR u ups.status \"OL\"
        wait 1
        log Data for UPS [u] is stale - check driver
        > GET VAR u ups.status
        < ERR DATA-STALE
        drv> HELLO there
        drv> SETINFO
        drv> PID 12
        > GET VAR u ups.status
        < ERR DATA-STALE
        drv> PONG
        log UPS [u] data is no longer stale
        > GET VAR u ups.status
        < VAR u ups.status \"OL\"
        ",
    );
    assert!(!stage.logged("stale"), "each change is told once");
}

#[test]
fn a_lost_driver_is_told_and_found_again() {
    let mut stage = Stage::usual();
    stage.plays(
        "
        wait 1
        drv gone
        log Lost connection to UPS [u]
        > LIST VAR u
        < ERR DRIVER-NOT-CONNECTED
        log Can't connect to UPS [u] (/run/nut/d-u): No such file
        wait 200
        ",
    );
    assert!(!stage.logged("Can't connect"), "one complaint in 300 s");
    stage.plays("wait 100\nlog Can't connect");
    stage.plays("drv up\nwait 1\nlog Connected to UPS [u]: d-u\ndrv< DUMPALL");
    stage.driver_says(DUMP);
    stage.plays("b> GET VAR u ups.status\nb< VAR u ups.status \"OL\"");
}

#[test]
fn a_driver_that_hangs_up_at_once_is_tried_once_a_second() {
    let mut stage = Stage::usual();
    stage.plays("drv gone\ndrv up\nlog Lost connection to UPS [u]");
    stage.plays("> LIST VAR u\n< ERR DRIVER-NOT-CONNECTED");
    assert!(!stage.logged("onnect"), "a try at once, and so on without end");
    stage.plays("wait 1\nlog Connected to UPS [u]: d-u\ndrv< DUMPALL");
}

#[test]
fn a_driver_dying_mid_line_leaves_nothing_behind() {
    let mut stage = Stage::usual();
    let ups = upsd::action::UpsId(0);
    stage.server.on_driver_data(stage.now, ups, b"SETINFO battery.charge \"1");
    stage.plays("drv gone\ndrv up\nwait 1\ndrv< DUMPALL");
    stage.driver_says(&["SETINFO ups.status \"OB\"", "DATAOK", "DUMPDONE"]);
    stage.plays(
        "
        > LIST VAR u
        < BEGIN LIST VAR u
        < VAR u ups.status \"OB\"
        < END LIST VAR u
        ",
    );
}

#[test]
fn what_drivers_say_wrong_is_told_and_passed_over() {
    let mut stage = Stage::usual();
    for (line, text) in [
        ("ADDENUM no.such 1", "state_addenum: base variable (no.such) does not exist"),
        ("SETFLAGS no.such RW", "state_setflags: base variable (no.such) does not exist"),
        ("SETAUX no.such 3", "state_setaux: base variable (no.such) does not exist"),
        ("ADDRANGE no.such 1 2", "state_addrange: base variable (no.such) does not exist"),
        ("ADDRANGE ups.delay 9 8", "state_addrange: min is superior to max! (9, 8)"),
        ("SETINFO x \"a # b\"", "Parse error on sock: Unbalanced word"),
    ] {
        stage.driver_says(&[line]);
        stage.plays(&format!("log {text}"));
    }
    stage.plays("> GET VAR u ups.status\n< VAR u ups.status \"OL\"");
}

#[test]
fn ranges_with_one_end_in_common_are_two_and_odd_enums_go_away() {
    let mut stage = Stage::usual();
    stage.driver_says(&[
        "ADDRANGE ups.delay 10 20",
        "ADDENUM input.transfer.low \"a\\\"b\"",
        "DELENUM input.transfer.low \"a\\\"b\"",
        "DELENUM input.transfer.low 170",
    ]);
    stage.plays(
        "
        > LIST RANGE u ups.delay
        < BEGIN LIST RANGE u ups.delay
        < RANGE u ups.delay \"10\" \"30\"
        < RANGE u ups.delay \"50\" \"60\"
        < RANGE u ups.delay \"10\" \"20\"
        < END LIST RANGE u ups.delay
        > LIST ENUM u input.transfer.low
        < BEGIN LIST ENUM u input.transfer.low
        < ENUM u input.transfer.low \"180\"
        < END LIST ENUM u input.transfer.low
        ",
    );
}
