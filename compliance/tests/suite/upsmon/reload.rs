//! A new configuration while upsmon runs.

use std::fs;

use nut_compliance::program::wait_until;
use nut_compliance::watch::{Watch, Watching};

use super::{DOWN, known};

fn reloaded(watching: &mut Watching) {
    watching.log_has("Signal 1: User requested RELOAD");
    watching.log_has("Reloading configuration");
}

#[test]
fn a_ups_more_and_a_ups_less() {
    let (server, mut watching) = known(Watch::new());
    server.status("v", "OB");
    watching.reload(|conf| conf.with("MONITOR v@HOST 1 monitor watch secondary"));
    watching.notices_are("ONBATT [v@HOST] UPS v@HOST on battery");
    watching.log_is(
        "
        Signal 1: User requested RELOAD
        Reloading configuration
        UPS: v@HOST (secondary) (power value 1)
        Applying debug level 0 from original command line arguments
        UPS v@HOST on battery
        ",
    );
    assert!(server.record(1).contains(&"> LOGIN v".into()));
    watching.reload(|conf| conf.without("MONITOR u@HOST"));
    watching.log_is(
        "
        Signal 1: User requested RELOAD
        Reloading configuration
        Applying debug level 0 from original command line arguments
        No longer monitoring UPS [u@HOST]
        ",
    );
    let left = || {
        server
            .record(0)
            .ends_with(&["> LOGOUT".into(), "< OK Goodbye".into(), "closed".into()])
            .then_some(())
    };
    wait_until("logout", left).expect("a logout from u");
    watching.ends_quietly();
}

#[test]
fn times_and_texts_change() {
    let (server, mut watching) = known(Watch::new());
    watching.reload(|conf| conf.with("NOTIFYMSG ONBATT \"%s: no mains\""));
    reloaded(&mut watching);
    server.status("u", "OB");
    watching.notices_are("ONBATT [u@HOST] u@HOST: no mains");
    watching.ends_quietly();
}

#[test]
fn what_is_gone_from_the_file() {
    let watch = Watch::new().conf(|conf| conf.with("NOTIFYMSG ONBATT \"%s: no mains\""));
    let (server, mut watching) = known(watch);
    watching.reload(|conf| conf.without("NOTIFYMSG"));
    reloaded(&mut watching);
    server.status("u", "OB");
    watching.notices_are(
        "
        ~ a directive that is not in the file has its default
        stock| ONBATT [u@HOST] u@HOST: no mains
        ours| ONBATT [u@HOST] UPS u@HOST on battery
        ",
    );
    watching.ends_quietly();
}

#[test]
fn a_power_value_and_a_role_change() {
    let (server, mut watching) = known(Watch::new());
    watching.reload(|conf| conf.set("MONITOR u@HOST 2 monitor watch secondary"));
    reloaded(&mut watching);
    watching.log_has("UPS [u@HOST]: redefined power value to 2");
    watching.log_has("UPS [u@HOST]: redefined as a secondary");
    server.status("u", "FSD OL");
    assert_eq!(watching.daemon.wait_end(), 0);
    assert!(!watching.story(&["wire"]).contains(&"wire FSD u".to_string()));
    watching.story_is(&["down"], DOWN);
}

#[test]
fn a_secondary_becomes_primary() {
    let watch = Watch::new().set("MONITOR u@HOST 1 monitor watch secondary");
    let (server, mut watching) = known(watch);
    watching.reload(|conf| conf.set("MONITOR u@HOST 1 monitor watch primary"));
    reloaded(&mut watching);
    watching.log_has("UPS [u@HOST]: redefined as a primary");
    let granted = || {
        (0..server.connections())
            .any(|number| server.record(number).contains(&"> PRIMARY u".into()))
            .then_some(())
    };
    wait_until("a request for the role", granted).expect("PRIMARY");
}

#[test]
fn too_little_power_in_the_new_file() {
    let (server, mut watching) = known(Watch::new());
    watching.reload(|conf| conf.set("MINSUPPLIES 5"));
    reloaded(&mut watching);
    if watching.maker().differs("a file that cannot be used changes nothing", true, false) {
        watching.log_is("Applying debug level 0 from original command line arguments");
        watching.log_is("Fatal error: total power value (1) less than MINSUPPLIES (5)");
        watching.log_is("Impossible power configuration, unable to continue");
        assert_eq!(watching.daemon.wait_end(), 1);
        return;
    }
    server.status("u", "OB");
    watching.notices_are("ONBATT [u@HOST] UPS u@HOST on battery");
    watching.ends_quietly();
}

#[test]
fn no_file_any_more() {
    let (server, mut watching) = known(Watch::new());
    fs::remove_file(watching.place.etc().join("upsmon.conf")).expect("its file");
    watching.daemon.signal("HUP");
    reloaded(&mut watching);
    watching.log_has("Reload failed: can't open PLACE/etc/upsmon.conf: No such file or directory");
    server.status("u", "OB");
    watching.notices_are("ONBATT [u@HOST] UPS u@HOST on battery");
    watching.ends_quietly();
}

#[test]
fn another_shutdown_command_needs_a_restart() {
    let watch = Watch::new().args(&["-F"]);
    watch.script("other", "echo 'down other' >> PLACE/story");
    let server = watch.scripted();
    let mut watching = watch.start();
    wait_until("login", || server.record(0).contains(&"> LOGIN u".into()).then_some(()))
        .expect("a login");
    watching.also(&["-c", "reload"]);
    reloaded(&mut watching);
    watching.rewrite(|conf| conf.set("SHUTDOWNCMD PLACE/bin/other"));
    watching.also(&["-c", "reload"]);
    watching.log_has("Warning: SHUTDOWNCMD redefined in split-process mode!");
    watching.log_has("You must restart upsmon for this change to work");
    server.status("u", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.story_is(&["down"], DOWN);
}
