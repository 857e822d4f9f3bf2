//! Which change of a UPS is told, and in which words.

use nut_compliance::scripted_upsd::{Answer, ScriptedUpsd};
use nut_compliance::watch::{Watch, Watching};

use super::known;

/// A watch over `u`, which is on line and known.
fn on_line() -> (ScriptedUpsd, Watching) {
    known(Watch::new())
}

#[test]
fn the_usual_night() {
    let (server, mut watching) = on_line();
    server.status("u", "OB DISCHRG");
    watching.notices_are("ONBATT [u@HOST] UPS u@HOST on battery");
    server.status("u", "OL CHRG");
    watching.notices_are("ONLINE [u@HOST] UPS u@HOST on line power");
    server.status("u", "OL LB CHRG");
    watching.notices_are("LOWBATT [u@HOST] UPS u@HOST battery is low");
    server.status("u", "OL RB");
    watching.notices_are("REPLBATT [u@HOST] UPS u@HOST battery needs to be replaced");
    server.status("u", "ob hb");
    watching.notices_are("ONBATT [u@HOST] UPS u@HOST on battery");
    watching.log_is(
        "
        UPS u@HOST on battery
        UPS u@HOST on line power
        UPS u@HOST battery is low
        UPS u@HOST battery needs to be replaced
        UPS u@HOST on battery
        ",
    );
    watching.ends_quietly();
}

/// One UPS for each word, all at once: with it, then without it.
#[test]
fn every_word_comes_and_goes() {
    let words = ["CAL", "OFF", "BYPASS", "ECO", "ALARM", "OVER", "TRIM", "BOOST", "FOO"];
    let mut watch = Watch::new().conf(|conf| conf.without("MONITOR"));
    for word in words {
        let line = format!("MONITOR {word}@HOST 1 monitor watch secondary");
        watch = watch.conf(|conf| conf.with(&line));
    }
    let server = watch.scripted();
    words.iter().for_each(|word| server.status(word, &format!("OL {word}")));
    let mut watching = watch.start();
    watching.notices_are(
        "
        CAL [CAL@HOST] UPS CAL@HOST: calibration in progress
        OFF [OFF@HOST] UPS OFF@HOST: administratively OFF or asleep
        BYPASS [BYPASS@HOST] UPS BYPASS@HOST: on bypass (powered, not protecting)
        ECO [ECO@HOST] UPS ECO@HOST: in ECO mode (as defined by vendor)
        ALARM [ALARM@HOST] UPS ALARM@HOST: one or more active alarms: [n/a]
        OVER [OVER@HOST] UPS OVER@HOST: overloaded
        TRIM [TRIM@HOST] UPS TRIM@HOST: trimming incoming voltage
        BOOST [BOOST@HOST] UPS BOOST@HOST: boosting incoming voltage
        OTHER [FOO@HOST] UPS FOO@HOST: has at least one unclassified status token: [FOO]
        ",
    );
    words.iter().for_each(|word| server.status(word, "OL"));
    watching.notices_are(
        "
        NOTCAL [CAL@HOST] UPS CAL@HOST: calibration finished
        NOTOFF [OFF@HOST] UPS OFF@HOST: no longer administratively OFF or asleep
        NOTBYPASS [BYPASS@HOST] UPS BYPASS@HOST: no longer on bypass
        NOTECO [ECO@HOST] UPS ECO@HOST: no longer in ECO mode
        NOTALARM [ALARM@HOST] UPS ALARM@HOST is no longer in an alarm state (no active alarms)
        NOTOVER [OVER@HOST] UPS OVER@HOST: no longer overloaded
        NOTTRIM [TRIM@HOST] UPS TRIM@HOST: no longer trimming incoming voltage
        NOTBOOST [BOOST@HOST] UPS BOOST@HOST: no longer boosting incoming voltage
        NOTOTHER [FOO@HOST] UPS FOO@HOST has no unclassified status tokens anymore
        ",
    );
    watching.ends_quietly();
}

/// In one status: first what has gone, then what is there, as it stands there.
#[test]
fn many_words_at_once() {
    let (server, mut watching) = on_line();
    server.status("u", "OB CAL OVER BOOST");
    watching.notices_are(
        "
        ONBATT [u@HOST] UPS u@HOST on battery
        CAL [u@HOST] UPS u@HOST: calibration in progress
        OVER [u@HOST] UPS u@HOST: overloaded
        BOOST [u@HOST] UPS u@HOST: boosting incoming voltage
        ",
    );
    server.status("u", "TRIM LB OL");
    watching.notices_are(
        "
        NOTCAL [u@HOST] UPS u@HOST: calibration finished
        NOTOVER [u@HOST] UPS u@HOST: no longer overloaded
        NOTBOOST [u@HOST] UPS u@HOST: no longer boosting incoming voltage
        TRIM [u@HOST] UPS u@HOST: trimming incoming voltage
        LOWBATT [u@HOST] UPS u@HOST battery is low
        ONLINE [u@HOST] UPS u@HOST on line power
        ",
    );
    watching.log_is(
        "
        UPS u@HOST on battery
        UPS u@HOST: calibration in progress
        UPS u@HOST: overloaded
        UPS u@HOST: boosting incoming voltage
        UPS u@HOST: calibration finished
        UPS u@HOST: no longer overloaded
        UPS u@HOST: no longer boosting incoming voltage
        UPS u@HOST: trimming incoming voltage
        UPS u@HOST battery is low
        UPS u@HOST on line power
        ",
    );
    watching.ends_quietly();
}

#[test]
fn the_text_of_an_alarm_changes() {
    let (server, mut watching) = on_line();
    server.set("u", &[("ups.status", "OL ALARM"), ("ups.alarm", "Battery hot!")]);
    watching.notices_are("ALARM [u@HOST] UPS u@HOST: one or more active alarms: [Battery hot!]");
    server.set("u", &[("ups.alarm", "Battery hot! Fan stuck!")]);
    watching.notices_are(
        "ALARM [u@HOST] UPS u@HOST: one or more active alarms: [Battery hot! Fan stuck!]",
    );
    server.set("u", &[("ups.status", "OL"), ("ups.alarm", "")]);
    watching.notices_are(
        "NOTALARM [u@HOST] UPS u@HOST is no longer in an alarm state (no active alarms)",
    );
    watching.ends_quietly();
}

#[test]
fn the_set_of_unknown_words_changes() {
    let (server, mut watching) = on_line();
    server.status("u", "OL FOO");
    watching.notices_are(
        "OTHER [u@HOST] UPS u@HOST: has at least one unclassified status token: [FOO]",
    );
    server.status("u", "OL FOO BAR");
    watching.notices_are(
        "OTHER [u@HOST] UPS u@HOST: has at least one unclassified status token: [FOO BAR]",
    );
    watching.ends_quietly();
}

#[test]
fn a_server_that_was_never_there() {
    let mut watching = Watch::new().start();
    watching.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
    if watching.maker().differs("NOCOMMWARNTIME counts from the start", true, false) {
        watching.notices_are("NOCOMM [u@HOST] UPS u@HOST is unavailable");
    }
    watching.ends_quietly();

    let mut watching = Watch::new().set("NOCOMMWARNTIME 1").start();
    watching.notices_are(
        "
        COMMBAD [u@HOST] Communications with UPS u@HOST lost
        NOCOMM [u@HOST] UPS u@HOST is unavailable
        ",
    );
}

#[test]
fn a_server_that_stays_away() {
    let (server, mut watching) = known(Watch::new().set("NOCOMMWARNTIME 1"));
    server.down();
    watching.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
    watching.notices_are("NOCOMM [u@HOST] UPS u@HOST is unavailable");
    watching.notices_are("NOCOMM [u@HOST] UPS u@HOST is unavailable");
    server.up();
    watching.notices_are("COMMOK [u@HOST] Communications with UPS u@HOST established");
}

#[test]
fn a_battery_to_be_replaced_is_told_again() {
    let (server, mut watching) = known(Watch::new().set("RBWARNTIME 1"));
    server.status("u", "OL RB");
    watching.notices_are("REPLBATT [u@HOST] UPS u@HOST battery needs to be replaced");
    watching.notices_are("REPLBATT [u@HOST] UPS u@HOST battery needs to be replaced");
}

#[test]
fn unknown_words_go_one_after_the_other() {
    let (server, mut watching) = on_line();
    server.status("u", "OL FOO BAR");
    watching.notices_are(
        "OTHER [u@HOST] UPS u@HOST: has at least one unclassified status token: [FOO BAR]",
    );
    server.status("u", "OL FOO");
    if watching.maker().differs("NUT crashes when an unknown word goes", true, false) {
        assert_eq!(watching.daemon.wait_end(), -1, "{:?}", watching.log());
        return;
    }
    watching.notices_are(
        "OTHER [u@HOST] UPS u@HOST: has at least one unclassified status token: [FOO]",
    );
    server.status("u", "OL");
    watching.notices_are("NOTOTHER [u@HOST] UPS u@HOST has no unclassified status tokens anymore");
    watching.ends_quietly();
}

/// The last word counts; NUT tells both each time.
#[test]
fn on_line_and_on_battery_at_once() {
    let (server, mut watching) = on_line();
    server.status("u", "OL OB");
    watching.notices_are("ONBATT [u@HOST] UPS u@HOST on battery");
    if watching.maker().differs("what does not change is no news", true, false) {
        watching.notices_are(
            "
            ONLINE [u@HOST] UPS u@HOST on line power
            ONBATT [u@HOST] UPS u@HOST on battery
            ",
        );
        return;
    }
    server.status("u", "OL OB TRIM");
    watching.notices_are("TRIM [u@HOST] UPS u@HOST: trimming incoming voltage");
    watching.ends_quietly();
}

#[test]
fn words_that_contain_known_words() {
    let (server, mut watching) = on_line();
    server.status("u", "OL OVER");
    watching.notices_are("OVER [u@HOST] UPS u@HOST: overloaded");
    server.status("u", "OL OVERHEAT");
    watching.notices_are(
        "
        ~ NUT looks for OVER anywhere in the text
        ours| NOTOVER [u@HOST] UPS u@HOST: no longer overloaded
        OTHER [u@HOST] UPS u@HOST: has at least one unclassified status token: [OVERHEAT]
        ",
    );
    watching.ends_quietly();
}

#[test]
fn what_counts_as_eco_mode() {
    let (server, mut watching) = on_line();
    let eco = "ECO [u@HOST] UPS u@HOST: in ECO mode (as defined by vendor)";
    let over = "NOTECO [u@HOST] UPS u@HOST: no longer in ECO mode";
    for (name, words) in [
        ("ups.mode.buzzwords", "vendor:somebody:ECO"),
        ("ups.mode.buzzwords", "vendor:somebody:ESS"),
        ("experimental.ups.mode.buzzwords", "vendor:somebody:HE"),
        ("experimental.ups.mode.buzzwords", "vendor:somebody:SMART"),
    ] {
        server.set("u", &[(name, words)]);
        watching.notices_are(eco);
        server.set("u", &[(name, "")]);
        watching.notices_are(over);
    }
    server.set("u", &[("ups.mode.buzzwords", "vendor:somebody:ONLINE")]);
    if watching.maker().differs("NUT's test is inverted: any word is ECO", true, false) {
        watching.notices_are(eco);
    }
    server.status("u", "OL TRIM");
    watching.notices_are("TRIM [u@HOST] UPS u@HOST: trimming incoming voltage");
    watching.ends_quietly();
}

#[test]
fn two_devices_with_an_alarm_each() {
    let watch = Watch::new().conf(|conf| conf.with("MONITOR v@HOST 1 monitor watch primary"));
    let server = watch.scripted();
    server.set("u", &[("ups.status", "OL ALARM"), ("ups.alarm", "hot")]);
    server.set("v", &[("ups.status", "OL ALARM"), ("ups.alarm", "cold")]);
    let mut watching = watch.start();
    let both = "
        ALARM [u@HOST] UPS u@HOST: one or more active alarms: [hot]
        ALARM [v@HOST] UPS v@HOST: one or more active alarms: [cold]
        ";
    watching.notices_are(both);
    if watching.maker().differs("NUT remembers one text for all", true, false) {
        watching.notices_are(both);
        return;
    }
    server.status("u", "OL ALARM TRIM");
    watching.notices_are("TRIM [u@HOST] UPS u@HOST: trimming incoming voltage");
    watching.ends_quietly();
}

/// The first contact with a UPS that is on line is no news, anything else is.
#[test]
fn the_first_contact() {
    let watch = Watch::new();
    let server = watch.scripted();
    server.status("u", "OB LB CAL");
    let mut watching = watch.start();
    watching.notices_are(
        "
        ONBATT [u@HOST] UPS u@HOST on battery
        LOWBATT [u@HOST] UPS u@HOST battery is low
        CAL [u@HOST] UPS u@HOST: calibration in progress
        ",
    );
    watching.ends_quietly();
}

#[test]
fn stale_data_of_a_ups_on_line() {
    let (server, mut watching) = on_line();
    server.answers("GET VAR u", Answer::Line("ERR DATA-STALE"));
    watching.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
    watching.log_is(
        "
        Poll UPS [u@HOST] failed - Data stale
        Communications with UPS u@HOST lost
        ",
    );
    server.behaves();
    watching.notices_are("COMMOK [u@HOST] Communications with UPS u@HOST established");
    watching.ends_quietly();
}
