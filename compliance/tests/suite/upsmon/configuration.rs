//! upsmon.conf: what is refused at the start, and what is told and skipped.

use nut_compliance::upsmon_conf::Conf;
use nut_compliance::watch::Watch;

use super::{ended_after_banner, known};

const POWER: &str = "
    Fatal error: insufficient power configured!
    Sum of power values........: SUM
    Minimum value (MINSUPPLIES): NEEDED
    Edit your upsmon.conf and change the values.
    ";

fn insufficient(sum: u32, min: u32) -> String {
    POWER.replace("SUM", &sum.to_string()).replace("NEEDED", &min.to_string())
}

#[test]
fn no_supply() {
    let watch = Watch::new().conf(|conf| conf.without("MONITOR"));
    ended_after_banner(
        &watch.run(),
        &format!("{}2| Using power down flag file PLACE/killpower\nexit 1", insufficient(0, 1)),
    );
}

#[test]
fn too_few_supplies() {
    let watch = Watch::new().set("MINSUPPLIES 2");
    ended_after_banner(
        &watch.run(),
        &format!(
            "{}2| UPS: u@HOST (primary) (power value 1)
             2| Using power down flag file PLACE/killpower
             exit 1",
            insufficient(1, 2)
        ),
    );
}

#[test]
fn a_negative_power_value() {
    let watch = Watch::new().set("MONITOR u -1 monitor watch primary");
    ended_after_banner(
        &watch.run(),
        &format!(
            "{}~ complaints name the place and what was expected, before the rest
             stock| 2| Using power down flag file PLACE/killpower
             stock| 2| UPS [u]: ignoring invalid power value [-1]
             ours| 2| PLACE/etc/upsmon.conf:39:11: UPS [u]: ignoring invalid power value [-1]; expected how many supplies of this host it feeds, 0 to watch it only
             ours| 2| Encountered 1 config errors, those entries were ignored
             ours| 2| Using power down flag file PLACE/killpower
             exit 1",
            insufficient(0, 1)
        ),
    );
}

#[test]
fn a_monitor_line_of_old() {
    let watch = Watch::new().set("MONITOR u@HOST 1 watch primary");
    ended_after_banner(
        &watch.run(),
        "
        ~ one complaint, with its place and what was expected
        stock| 2| Using power down flag file PLACE/killpower
        stock| 2| Unable to use old-style MONITOR line without a username
        stock| 2| Convert it and add a username to upsd.users - see the documentation
        ours| 2| PLACE/etc/upsmon.conf:39:1: Unable to use old-style MONITOR line without a username. Convert it and add a username to upsd.users - see the documentation; expected MONITOR <ups>[@<host>[:<port>]] <power value> <user> <password> primary|secondary
        ours| 2| Encountered 1 config errors, those entries were ignored
        2| Fatal error: unusable configuration
        exit 1
        ",
    );
}

#[test]
fn no_file() {
    let watch = Watch::new().args(&["-F", "-p", "-f", "/nonexistent/upsmon.conf"]);
    ended_after_banner(
        &watch.run(),
        "2| Can't open /nonexistent/upsmon.conf: No such file or directory\nexit 1",
    );
}

#[test]
fn another_file() {
    let watch = Watch::new().args(&["-K", "-f", "PLACE/other.conf"]);
    let other = watch.place().file("other.conf");
    std::fs::write(&other, "POWERDOWNFLAG /nonexistent/flag\n").expect("a file");
    let watch = watch.args(&["-K", "-f", &other.display().to_string()]);
    let outcome = watch.run();
    assert!(
        outcome.err.starts_with("Using power down flag file /nonexistent/flag\n"),
        "{outcome:?}"
    );
}

#[test]
fn the_first_of_two_lines_for_one_ups_counts() {
    let watch = Watch::new().conf(|conf| conf.with("MONITOR u@HOST 2 monitor watch secondary"));
    let (server, mut watching) = known(watch);
    let told = "Warning: ignoring duplicate UPS [u@HOST]";
    assert!(watching.log().iter().any(|line| line.contains(told)), "{:#?}", watching.log());
    assert!(server.record(0).contains(&"> PRIMARY u".into()));
    watching.daemon.signal("TERM");
    watching.daemon.wait_end();
}

/// Each wrong line with what is said about it; the right ones count all the same.
#[test]
fn wrong_lines_are_told_and_skipped() {
    let lines = [
        ("monitor x", "invalid directive monitor x"),
        ("FOO bar baz", "invalid directive FOO bar baz"),
        ("SHUTDOWNCMD", "invalid directive SHUTDOWNCMD"),
        ("MONITOR v@HOST 1 x", "invalid directive MONITOR v@HOST"),
        ("NOTIFYMSG ONLINE", "invalid directive NOTIFYMSG ONLINE"),
        ("NOTIFYMSG BLAH x", "'BLAH' is not a valid notify event name"),
        ("NOTIFYFLAG BLAH EXEC", "invalid notify type [BLAH]"),
        ("NOTIFYFLAG CAL EXEC+BLAH", "Invalid notify flag: [BLAH]"),
        ("NOTIFYFLAG CAL exec", "Invalid notify flag: [exec]"),
        ("POLLFREQ -1", "Ignoring invalid POLLFREQ value: -1"),
        ("POLLFREQALERT -2", "Ignoring invalid POLLFREQALERT value: -2"),
        ("FINALDELAY -3", "Ignoring invalid FINALDELAY value: -3"),
        ("MINSUPPLIES -4", "Ignoring invalid MINSUPPLIES value: -4"),
        ("SHUTDOWNEXIT maybe", "SHUTDOWNEXIT value not recognized, defaulting to 'yes'"),
        ("DEBUG_MIN x", "Invalid DEBUG_MIN value found in upsmon.conf global settings"),
    ];
    let text: Vec<&str> = lines.iter().map(|(line, _)| *line).collect();
    let (server, mut watching) = known(Watch::new().conf(|conf| conf.with(&text.join("\n"))));
    let log = watching.log().join("\n");
    for (line, complaint) in lines {
        assert!(log.contains(complaint), "{line}: {complaint} is not in\n{log}");
    }
    server.status("u", "OB");
    watching.notices_are("ONBATT [u@HOST] UPS u@HOST on battery");
    watching.ends_quietly();
}

#[test]
fn names_that_cannot_be_taken_apart() {
    let lines = [
        ("u:3493", "upscli_splitname: port specified, but not a hostname"),
        ("@HOST", "upscli_splitname: got empty upsname string"),
        ("u@", "upscli_splitname: got the @ separator and then an empty hostname[:port] string"),
        ("u@HOST:", "upscli_splitaddr: no port number specified after ':' separator"),
        ("u@HOST:99999", "upscli_splitaddr: no port number specified after ':' separator"),
    ];
    for (name, complaint) in lines {
        let monitor = format!("MONITOR {name} 1 monitor watch primary");
        let mut watching = Watch::new().set(&monitor).start();
        watching.log_has("running as one big root process");
        let log = watching.log().join("\n");
        let refused = format!("Error: unable to split UPS name [{name}]");
        for text in [complaint, &refused, &format!("UPS: {name} (primary) (power value 1)")] {
            assert!(log.contains(text), "{text} is not in\n{log}");
        }
        watching.notices_are(&format!("COMMBAD [{name}] Communications with UPS {name} lost"));
    }
}

/// The words of the sample file that comes with NUT, with a MONITOR line.
#[test]
fn the_sample_files_words() {
    let conf = "
        MONITOR u@HOST 1 monitor watch primary
        MINSUPPLIES 1
        SHUTDOWNCMD \"/sbin/shutdown -h +0\"
        POLLFREQ 5
        POLLFREQALERT 5
        HOSTSYNC 15
        DEADTIME 15
        POWERDOWNFLAG \"/nonexistent/killpower\"
        FINALDELAY 5
        RBWARNTIME 43200
        NOCOMMWARNTIME 300";
    let (_server, watching) = known(Watch::new().conf(|_| Conf::only(conf)));
    assert_eq!(
        watching.log(),
        [
            "UPS: u@HOST (primary) (power value 1)",
            "Using power down flag file /nonexistent/killpower",
            "Warning: running as one big root process by request (upsmon -p)",
        ]
    );
}
