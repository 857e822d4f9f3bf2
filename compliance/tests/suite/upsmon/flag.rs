//! POWERDOWNFLAG: `upsmon -K`, and what a start does to a flag that is there.

use std::fs;

use nut_compliance::watch::Watch;

use super::{DOWN, ended_after_banner, known};

fn asked(content: Option<&str>) -> nut_compliance::program::Outcome {
    let watch = Watch::new().args(&["-K"]);
    if let Some(content) = content {
        fs::write(watch.place().file("killpower"), content).expect("a flag");
    }
    watch.run()
}

#[test]
fn set() {
    for content in ["upsmon-shutdown-file", "upsmon-shutdown-file\n", "upsmon-shutdown-file!\nx"] {
        ended_after_banner(
            &asked(Some(content)),
            "
            2| Using power down flag file PLACE/killpower
            2| Power down flag is set
            exit 0
            ",
        );
    }
}

#[test]
fn not_set() {
    ended_after_banner(
        &asked(None),
        "
        2| Using power down flag file PLACE/killpower
        2| Power down flag is not set
        exit 1
        ",
    );
}

#[test]
fn not_ours() {
    for content in ["killpower\n", " upsmon-shutdown-file", "upsmon-shutdown-fil", "\n"] {
        ended_after_banner(
            &asked(Some(content)),
            "
            2| Using power down flag file PLACE/killpower
            2| POWERDOWNFLAG (PLACE/killpower) does not contain the upsmon magic string
            exit 1
            ",
        );
    }
}

#[test]
fn empty() {
    ended_after_banner(
        &asked(Some("")),
        "
        2| Using power down flag file PLACE/killpower
        2| '/PLACE/killpower' exists, but we can't read from it: Success
        2| POWERDOWNFLAG (PLACE/killpower) does not contain the upsmon magic string
        exit 1
        "
        .replace("'/PLACE", "'PLACE")
        .as_str(),
    );
}

#[test]
fn not_configured() {
    for (role, value, explained) in [
        (
            "primary",
            1,
            "2| This upsmon instance is PRIMARY for at least one device that feeds it, but would not be able to arrange its power-cycling when needed, in the end of handling a power outage.
             2| In case of a power-race condition, this can leave your computer(s) indefinitely halted.",
        ),
        (
            "primary",
            0,
            "2| This upsmon instance is PRIMARY for at least one device, but would not be able to arrange its power-cycling when needed, in the end of handling a power outage.
             2| In case of a power-race condition, this can leave your computer(s) indefinitely halted.",
        ),
        (
            "secondary",
            1,
            "2| This upsmon instance is not a PRIMARY for any device, so this can be of little concern unless other shutdown routines on your system also consult it to act fast during an outage.",
        ),
    ] {
        let monitor = format!("MONITOR u@HOST {value} monitor watch {role}");
        let watch = Watch::new().set(&monitor).conf(|conf| conf.without("POWERDOWNFLAG"));
        let text = format!(
            "2| No POWERDOWNFLAG value was configured in PLACE/etc/upsmon.conf!
             2| POWERDOWNFLAG should be a path to file that is normally writeable for root user, and remains at least readable late in shutdown after all unmounting completes.
             {explained}
             2| Power down flag is not set
             exit 1"
        );
        ended_after_banner(&watch.args(&["-K"]).run(), &text);
    }
}

/// `-K` asks about the machine's last hour: it needs no supplies and does not greet them.
#[test]
fn a_configuration_without_supplies() {
    let watch = Watch::new().conf(|conf| conf.without("MONITOR")).args(&["-K"]);
    fs::write(watch.place().file("killpower"), "upsmon-shutdown-file").expect("a flag");
    assert_eq!(watch.run().code, 0);
}

#[test]
fn no_configuration() {
    let watch = Watch::new();
    let mut command = watch.command();
    command.args(["-K", "-f", "/nonexistent/upsmon.conf"]);
    let outcome = nut_compliance::program::run(&mut command, "");
    ended_after_banner(
        &outcome,
        "2| Can't open /nonexistent/upsmon.conf: No such file or directory\nexit 1",
    );
}

#[test]
fn while_one_is_running() {
    let (_server, watching) = known(Watch::new());
    ended_after_banner(
        &watching.also(&["-K"]),
        "
        Note: A previous upsmon instance is already running!
        Usually it should not be running during OS shutdown,
        which is when checking POWERDOWNFLAG makes most sense.
        2| Using power down flag file PLACE/killpower
        2| Power down flag is not set
        exit 1
        ",
    );
}

#[test]
fn a_start_clears_its_own_flag() {
    for content in ["upsmon-shutdown-file", "upsmon-shutdown-file and more\n"] {
        let watch = Watch::new();
        let flag = watch.place().file("killpower");
        fs::write(&flag, content).expect("a flag");
        let (_server, watching) = known(watch);
        assert!(!flag.exists());
        watching.ends_quietly();
    }
}

#[test]
fn a_start_leaves_another_file_alone() {
    let watch = Watch::new();
    let flag = watch.place().file("killpower");
    fs::write(&flag, "mine").expect("a file");
    let server = watch.scripted();
    let mut watching = watch.start();
    watching.log_is(
        "
        UPS: u@HOST (primary) (power value 1)
        Using power down flag file PLACE/killpower
        POWERDOWNFLAG (PLACE/killpower) does not contain the upsmon magic string (not a NUT file) - disabling!
        Warning: running as one big root process by request (upsmon -p)
        ",
    );
    server.status("u", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.story_is(&["down"], "down flag=mine");
}

#[test]
fn the_flag_of_the_last_shutdown_is_seen() {
    let (server, mut watching) = known(Watch::new());
    server.status("u", "FSD OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.story_is(&["down"], DOWN);
    assert_eq!(watching.also(&["-K"]).code, 0);
}
