//! How upsmon starts, in the foreground and in the background, as one process and as two, and
//! how it ends.

use std::fs;
use std::os::unix::net::UnixDatagram;

use nut_compliance::program::{PATIENCE, signal, wait_until};
use nut_compliance::watch::{Watch, Watching};

use super::{DOWN, ended, ended_after_banner, known, polled};

/// The number in the pid file.
fn pid(watching: &Watching) -> u32 {
    let file = watching.place.run().join("upsmon.pid");
    let read = || fs::read_to_string(&file).ok()?.strip_suffix('\n')?.parse().ok();
    wait_until("a pid file", read).expect("a number and a line feed")
}

#[test]
fn one_process_in_the_foreground() {
    let (_server, mut watching) = known(Watch::new());
    assert_eq!(pid(&watching), watching.daemon.pid());
    watching.daemon.signal("TERM");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.log_is("Signal 15: User requested EXIT\nSignal 15: exiting");
    assert_eq!(watching.out(), "Network UPS Tools upsmon 2.8.5 release\n");
    assert_eq!(
        watching.log(),
        [
            "UPS: u@HOST (primary) (power value 1)",
            "Using power down flag file PLACE/killpower",
            "Warning: running as one big root process by request (upsmon -p)",
            "Signal 15: User requested EXIT",
            "Signal 15: exiting",
        ]
    );
}

#[test]
fn signals_end_it_with_a_word() {
    for (name, number) in [("INT", 2), ("QUIT", 3)] {
        let (_server, mut watching) = known(Watch::new());
        watching.daemon.signal(name);
        assert_eq!(watching.daemon.wait_end(), 0);
        let (asked, exiting) = ("User requested EXIT", "exiting");
        watching.log_is(&format!("Signal {number}: {asked}\nSignal {number}: {exiting}"));
    }
}

#[test]
fn every_monitor_line_is_told() {
    let watch = Watch::new().conf(|conf| {
        conf.with("MONITOR v@HOST 2 monitor watch secondary")
            .with("MONITOR w@HOST:3493 0 monitor watch primary")
    });
    let mut watching = watch.start();
    watching.log_is(
        "
        UPS: u@HOST (primary) (power value 1)
        Using power down flag file PLACE/killpower
        UPS: v@HOST (secondary) (power value 2)
        UPS: w@HOST:3493 (monitoring only)
        Warning: running as one big root process by request (upsmon -p)
        ",
    );
}

#[test]
fn two_processes_in_the_foreground() {
    let watch = Watch::new().args(&["-F"]);
    let server = watch.scripted();
    let mut watching = watch.start();
    wait_until("login", || server.record(0).contains(&"> LOGIN u".into()).then_some(()))
        .expect("a login");
    assert_ne!(pid(&watching), watching.daemon.pid(), "the pid file names the monitor");
    ended_after_banner(
        &watching.also(&["-c", "stop"]),
        "
        2| Exiting upsmon instance after sending a signal to the running daemon successfully
        exit 0
        ",
    );
    let status = watching.daemon.wait_end();
    let expected = watching.maker().differs("a clean stop is a success", 1, 0);
    assert_eq!(status, expected, "{:#?}", watching.log());
    watching.log_has("Signal 15: User requested EXIT");
    watching.log_has("Signal 15: exiting");
    assert!(server.record(0).contains(&"> LOGOUT".into()));
}

#[test]
fn two_processes_go_down() {
    let watch = Watch::new().args(&["-F"]);
    let server = watch.scripted();
    let mut watching = watch.start();
    server.status("u", "OB LB");
    assert_eq!(watching.daemon.wait_end(), 0);
    watching.story_is(&["down"], DOWN);
    watching.log_has("upsmon parent: Exiting after calling (0) shutdown command: PLACE/bin/down");
}

#[test]
fn in_the_background() {
    let watch = Watch::new().args(&[]);
    let server = watch.scripted();
    let mut watching = watch.start();
    assert_eq!(watching.daemon.wait_end(), 0, "{:#?}", watching.log());
    // NUT's name is that of its loader here.
    watching.log_has("Startup successful: ");
    let monitor = pid(&watching);
    assert_ne!(monitor, watching.daemon.pid());
    server.status("u", "OB");
    watching.notices_are("ONBATT [u@HOST] UPS u@HOST on battery");
    let rival = watching.also(&["-F", "-p"]);
    ended_after_banner(
        &rival,
        "
        Fatal error: A previous upsmon instance is already running!
        Either stop the previous instance first, or use the 'reload' command.
        exit 1
        ",
    );
    assert_eq!(watching.also(&["-c", "stop"]).code, 0);
    let gone = || server.record(0).contains(&"> LOGOUT".into()).then_some(());
    wait_until("logout", gone).expect("the monitor to leave");
}

#[test]
fn without_commands_there_are_warnings() {
    let watch = Watch::new().conf(|conf| conf.without("SHUTDOWNCMD").without("NOTIFYCMD"));
    let (_server, mut watching) = known(watch);
    watching.daemon.signal("TERM");
    watching.daemon.wait_end();
    assert_eq!(
        watching.out(),
        "Network UPS Tools upsmon 2.8.5 release\n\
         Warning: no shutdown command defined!\n\
         Warning: no custom notification command defined, just so you know\n"
    );
}

#[test]
fn an_observer_needs_no_command() {
    let watch = Watch::new()
        .set("MINSUPPLIES 0")
        .set("MONITOR u@HOST 0 monitor watch secondary")
        .conf(|conf| conf.without("SHUTDOWNCMD"));
    let (_server, mut watching) = known(watch);
    watching.daemon.signal("TERM");
    watching.daemon.wait_end();
    let warning = "Warning: no shutdown command defined, but that is OK for a monitoring-only \
                   client.\n";
    assert!(watching.out().ends_with(warning), "{}", watching.out());
}

#[test]
fn version() {
    ended(&Watch::new().args(&["-V"]).run(), "Network UPS Tools upsmon 2.8.5 release\nexit 0");
}

const HELP: &str = "
    NUT client which monitors UPS servers and may initiate shutdown if necessary.
    usage: upsmon [OPTIONS]
    -c <cmd>\tsend command to running process
    commands:
    - fsd: shutdown all primary-mode UPSes (use with caution)
    - reload: reread configuration
    - stop: stop monitoring and exit
    ~ what only ours can
    ours| - rehearse: only tell how a shutdown would go, step by step
    ours| - test-notify: only send one notice, of the type behind it
    -P <pid>\tsend the signal above to specified PID (bypassing PID file)
    -D\t\traise debugging level (and stay foreground by default)
    -F\t\tstay foregrounded even if no debugging is enabled
    -B\t\tstay backgrounded even if debugging is bumped
    -K\t\tchecks POWERDOWNFLAG (PLACE/killpower), sets exit code to 0 if set
    ~ what only ours can, and what NUT does not tell
    ours| -t\t\tchecks the configuration and each server, sets exit code to 0 if good
    ours| --why\t\ttells the story of the last outage; or, with the word
    ours| behind it, of the last shutdown or of all that is kept
    -p\t\talways run privileged (disable privileged parent)
    -u <user>\trun child as user <user> (ignored when using -p)
    ~ NUT has it too
    ours| -f <file>\tread this file in the place of upsmon.conf
    -4\t\tIPv4 only
    -6\t\tIPv6 only
    ~ all options stand in one list
    stock| Common arguments:
    stock| -V         - display the version of this software
    stock| -W <secs>  - network timeout for initial connections (default: 10)
    stock| -h         - display this help text
    ours| -V\t\tdisplay the version of this software
    ours| -W <secs>\tnetwork timeout for initial connections (default: 10)
    ours| -h\t\tdisplay this help text
    For more information please Read The Fine Manual ('man 8 upsmon') and/or see
    https://www.networkupstools.org/historic/v2.8.5/docs/man/upsmon.html
    Also check documentation and samples of upsmon.conf
    ";

#[test]
fn help() {
    ended_after_banner(&Watch::new().args(&["-h"]).run(), &format!("{HELP}exit 0"));
}

#[test]
fn wrong_options() {
    for (args, complaint) in
        [(["-x"], "invalid option -- 'x'"), (["-P"], "option requires an argument -- 'P'")]
    {
        let outcome = Watch::new().args(&args[..]).run();
        assert!(outcome.err.contains(complaint), "{}", outcome.err);
        assert!(outcome.out.contains("usage: upsmon [OPTIONS]"), "{}", outcome.out);
    }
}

/// What systemd hears, by the beginnings of its lines.
#[test]
fn the_service_manager_is_told() {
    let watch = Watch::new();
    let path = watch.place().file("manager");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    manager.set_read_timeout(Some(PATIENCE)).expect("a deadline");
    let hears = |wanted: &str| loop {
        let mut bytes = [0; 4096];
        let count = manager.recv(&mut bytes).unwrap_or_else(|e| panic!("{wanted}: {e}"));
        let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
        if text.lines().any(|line| line.starts_with(wanted)) {
            return text;
        }
    };
    let watch = watch.env("NOTIFY_SOCKET", &path.display().to_string());
    let server = watch.scripted();
    let mut watching = watch.start();
    hears("READY=1");
    watching.log_has("running as one big root process");
    watching.daemon.signal("HUP");
    hears("RELOADING=1");
    hears("READY=1");
    server.status("u", "OB LB");
    hears("STOPPING=1");
    assert_eq!(watching.daemon.wait_end(), 0);
}

#[test]
fn the_root_process_dies() {
    let watch = Watch::new().args(&["-F"]);
    let server = watch.scripted();
    let mut watching = watch.start();
    polled(&server);
    signal(watching.daemon.pid(), "KILL");
    watching.notices_are("NOPARENT [] upsmon parent process died - shutdown impossible");
    watching.log_has("Parent died - shutdown impossible");
}

#[test]
fn the_monitor_dies() {
    let watch = Watch::new().args(&["-F"]);
    let server = watch.scripted();
    let mut watching = watch.start();
    polled(&server);
    signal(pid(&watching), "KILL");
    if watching.maker().differs("a machine must not go unwatched", true, false) {
        assert_eq!(watching.daemon.wait_end(), 1);
        return;
    }
    let again = || (server.connections() > 1).then_some(());
    wait_until("a new monitor", again).expect("another login");
    server.status("u", "OB");
    watching.notices_are("ONBATT [u@HOST] UPS u@HOST on battery");
}

#[test]
fn debugging_stays_in_the_foreground() {
    let watch = Watch::new().args(&["-D", "-p"]);
    let server = watch.scripted();
    let mut watching = watch.start();
    polled(&server);
    assert!(watching.daemon.ended().is_none());
    watching.log_has("[D1:");
    watching.daemon.signal("TERM");
    assert_eq!(watching.daemon.wait_end(), 0);
}

#[test]
fn a_wrong_time_limit_is_told() {
    let watch = Watch::new().args(&["-F", "-p", "-W", "abc"]);
    let server = watch.scripted();
    let mut watching = watch.start();
    polled(&server);
    let told =
        "upscli_init_default_connect_timeout: cli_secs='abc' value was not recognized, ignored";
    assert!(watching.log().iter().any(|line| line.contains(told)), "{:#?}", watching.log());
    watching.daemon.signal("TERM");
    watching.daemon.wait_end();
}
