//! Servers that are slow, silent or gone, names that cannot be looked up, and logins refused.

use std::fs;

use nut_compliance::program::{Daemon, wait_until};
use nut_compliance::scripted_upsd::Answer;
use nut_compliance::watch::{Watch, Watching};

use super::{known, polled};

const V: &str = "MONITOR v@HOST 1 monitor watch secondary";

/// A server says nothing at all: then it is lost, as one that has gone.
#[test]
fn a_silent_server_is_left() {
    let (server, mut watching) = known(Watch::new());
    server.answers("GET VAR u", Answer::Silence);
    watching.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
    server.behaves();
    watching.notices_are("COMMOK [u@HOST] Communications with UPS u@HOST established");
    assert!(server.connections() > 1);
    watching.ends_quietly();
}

#[test]
fn a_silent_server_and_the_others() {
    let watch = Watch::new().conf(|conf| conf.with(V));
    let server = watch.scripted();
    server.status("v", "OL");
    let mut watching = watch.start();
    polled(&server);
    server.answers("GET VAR u", Answer::Silence);
    let waiting = || server.record(0).last().filter(|line| line.starts_with('>')).cloned();
    wait_until("a poll without an answer", waiting).expect("silence");
    server.status("v", "OB");
    watching.log_has("UPS v@HOST on battery");
    let log = watching.log();
    let lost = log.iter().any(|line| line == "Communications with UPS u@HOST lost");
    let waits = watching.maker().differs("one silent server holds up no other", true, false);
    assert_eq!(lost, waits, "{log:#?}");
}

/// Whatever else comes in that line: the next reading is one again, sooner or later.
#[test]
fn an_endless_line() {
    let (server, mut watching) = known(Watch::new());
    server.answers("GET VAR u ups.status", Answer::Bytes(vec![b'x'; 300_000]));
    watching.notices_are("COMMBAD [u@HOST] Communications with UPS u@HOST lost");
    server.behaves();
    server.hang_up();
    watching.notices_are("COMMOK [u@HOST] Communications with UPS u@HOST established");
    watching.ends_quietly();
}

#[test]
fn a_server_that_hangs_up_each_time() {
    let (server, mut watching) = known(Watch::new());
    server.answers("GET VAR u", Answer::Close);
    watching.log_is(
        "
        ~ what was asked for when it ended
        ours| UPS [u@HOST]: the connection ended before the answer to GET VAR u ups.status: Server disconnected
        Poll UPS [u@HOST] failed - Driver not connected
        Communications with UPS u@HOST lost
        ",
    );
    let again = || (server.connections() > 2).then_some(());
    wait_until("another try", again).expect("connections");
    server.behaves();
    watching.log_has("Communications with UPS u@HOST established");
}

#[test]
fn failures_may_be_told_less_often() {
    let (server, mut watching) =
        known(Watch::new().conf(|conf| conf.with("POLLFAIL_LOG_THROTTLE_MAX 0")));
    server.answers("GET VAR u", Answer::Line("ERR DATA-STALE"));
    watching.log_is(
        "
        Poll UPS [u@HOST] failure state code changed from -1 to 10; report below will not be repeated to syslog:
        Poll UPS [u@HOST] failed - Data stale
        Communications with UPS u@HOST lost
        ",
    );
    server.answers("GET VAR u", Answer::Line("ERR DRIVER-NOT-CONNECTED"));
    watching.log_is(
        "
        Poll UPS [u@HOST] failure state code changed from 10 to 39; report below will not be repeated to syslog:
        Poll UPS [u@HOST] failed - Driver not connected
        ",
    );
    server.behaves();
    watching.log_is(
        "
        Poll UPS [u@HOST] recovered from failure state code 39 - now -1
        Communications with UPS u@HOST established
        ",
    );
}

#[test]
fn a_server_that_refuses_connections() {
    let watch = Watch::new();
    let mut watching = watch.start();
    watching.log_has("running as one big root process");
    watching.log_is(
        "
        UPS [u@HOST]: connect failed: Connection failure: Connection refused
        Communications with UPS u@HOST lost
        UPS [u@HOST]: connect failed: Connection failure: Connection refused
        ~ NOCOMMWARNTIME counts from the start
        stock| UPS u@HOST is unavailable
        ",
    );
}

#[test]
fn a_name_that_does_not_exist() {
    let watch = Watch::new().set("MONITOR u@no-such-name 1 monitor watch primary");
    let Some(mut watching) = watch.start_with_names("files", "") else { return };
    watching.log_has("running as one big root process");
    watching.log_is(
        "
        upscli_tryconnect: Host not found: 'no-such-name'
        UPS [u@no-such-name]: connect failed: No such host
        Communications with UPS u@no-such-name lost
        ",
    );
}

/// The resolver says "try again": NUT does, and does nothing else any more.
#[test]
fn a_resolver_that_is_not_there() {
    let watch = Watch::new().set("MONITOR u@no-such-name 1 monitor watch primary");
    let nobody = format!("nameserver {}\noptions attempts:1 timeout:1\n", watch.place().address());
    let watch = watch.conf(|conf| conf.with(V));
    let server = watch.scripted();
    server.status("v", "OB");
    let Some(mut watching) = watch.start_with_names("dns", &nobody) else { return };
    watching.log_has("running as one big root process");
    if watching.maker().differs("a look-up that hangs holds up nobody", true, false) {
        busy_for(&watching, 30);
        watching.daemon.signal("TERM");
        busy_for(&watching, 30);
        assert!(watching.daemon.ended().is_none(), "{:#?}", watching.log());
        assert_eq!(server.connections(), 0);
        return;
    }
    watching.notices_are(
        "
        COMMBAD [u@no-such-name] Communications with UPS u@no-such-name lost
        ONBATT [v@HOST] UPS v@HOST on battery
        ",
    );
    watching.daemon.signal("TERM");
    assert_eq!(watching.daemon.wait_end(), 0);
}

/// Waits until a process has used this much more processor time, in clock ticks.
fn busy_for(watching: &Watching, more: u64) {
    let goal = ticks(&watching.daemon) + more;
    wait_until("busy process", || (ticks(&watching.daemon) >= goal).then_some(()))
        .unwrap_or_else(|why| panic!("{why}: {:#?}", watching.log()));
}

fn ticks(daemon: &Daemon) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", daemon.pid())).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    // proc(5): user and system time are the 14th and 15th field, the 12th and 13th from here.
    let fields = after_name.split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}
