//! upssched: its file, its commands, its timers and their daemon, and pairs of both makers' halves.

use nut_compliance::maker::Maker;
use nut_compliance::place::Place;
use nut_compliance::program::{Outcome, run, signal, wait_until};
use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

/// Says what it was called with; `wait` comes to its end only when the file `go` is there.
const SCRIPT: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$# [$1] T=${NOTIFYTYPE-none} U=${UPSNAME-none} M=${NOTIFYMSG-none}" >> "$here/log"
test "$1" = fail && exit 3
test "$1" = wait || exit 0
while ! test -e "$here/go" && test -d "$here"; do sleep 0.02; done
"#;

/// A place with upssched.conf and CMDSCRIPT.
struct Scene {
    place: Place,
    maker: Maker,
}

impl Scene {
    /// With these lines behind the three that every file has.
    fn new(lines: &str) -> Scene {
        let scene = Scene::bare();
        let place = &scene.place;
        let script = place.file("cmd");
        fs::write(&script, SCRIPT).expect("a script");
        fs::set_permissions(&script, Permissions::from_mode(0o755)).expect("mode");
        let (script, run) = (script.display(), place.run().display().to_string());
        let head = format!("CMDSCRIPT {script}\nPIPEFN {run}/pipe\nLOCKFN {run}/lock\n");
        place.write("upssched.conf", &(head + lines));
        scene
    }

    fn bare() -> Scene {
        Scene { place: Place::new(), maker: Maker::under_test() }
    }

    fn command(&self, maker: Maker, args: &[&str]) -> Command {
        let mut command = self.place.command(maker, "upssched");
        command.args(args).env("NUT_DEBUG_SYSLOG", "none");
        for name in ["NOTIFYTYPE", "UPSNAME", "NOTIFYMSG"] {
            command.env_remove(name);
        }
        command
    }

    fn ask(&self, args: &[&str]) -> Outcome {
        self.with_names(run(&mut self.command(self.maker, args), ""))
    }

    fn with_names(&self, outcome: Outcome) -> Outcome {
        let (etc, run) = (self.place.etc(), self.place.run());
        outcome.with(&etc.display().to_string(), "ETC").with(&run.display().to_string(), "RUN")
    }

    fn for_event(&self, maker: Maker, kind: &str, ups: &str) -> Command {
        let mut command = self.command(maker, &[&format!("{ups} {kind}")]);
        command.env("NOTIFYTYPE", kind).env("UPSNAME", ups);
        command
    }

    fn event(&self, kind: &str, ups: &str) -> Outcome {
        self.with_names(run(&mut self.for_event(self.maker, kind, ups), ""))
    }

    /// An event that goes well.
    fn good(&self, kind: &str, ups: &str) {
        self.event(kind, ups).is("exit 0");
    }

    /// The rows of `-l` with the moment left out and the seconds left in tens.
    fn timers(&self) -> Vec<String> {
        self.timers_by(self.maker)
    }

    fn timers_by(&self, maker: Maker) -> Vec<String> {
        let list = run(&mut self.command(maker, &["-l"]), "");
        assert_eq!(list.code, 0, "{}", list.err);
        list.out.lines().map(masked).collect()
    }

    fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.place.file("log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn wait_for_log(&self, line: &str) {
        let seen = || self.log().iter().any(|l| l == line).then_some(());
        wait_until(line, seen).unwrap_or_else(|why| panic!("{why}: {:#?}", self.log()));
    }

    fn go(&self) {
        fs::write(self.place.file("go"), "").expect("a file");
    }

    /// Says this on the daemon's socket; so many lines of its answer.
    fn say(&self, text: &str, lines: usize) -> Vec<String> {
        let mut stream = UnixStream::connect(self.place.run().join("pipe")).expect("a daemon");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit");
        stream.write_all(text.as_bytes()).expect("a listener");
        let (mut answer, mut byte) = (String::new(), [0u8]);
        while answer.matches('\n').count() < lines {
            stream.read_exact(&mut byte).unwrap_or_else(|e| panic!("{e} after {answer:?}"));
            answer.push(byte[0].into());
        }
        answer.lines().map(masked).collect()
    }

    /// Every upssched that runs in this place.
    fn processes(&self) -> Vec<u32> {
        let mine = format!("NUT_CONFPATH={}", self.place.etc().display());
        let owns = |pid: &u32| {
            let read = |name| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
            let is_upssched = String::from_utf8_lossy(&read("cmdline")).contains("upssched");
            is_upssched && read("environ").split(|&b| b == 0).any(|v| v == mine.as_bytes())
        };
        let entries = fs::read_dir("/proc").expect("/proc").flatten();
        let pids = entries.filter_map(|e| e.file_name().to_str()?.parse().ok());
        pids.filter(owns).collect()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.processes().into_iter().for_each(|pid| signal(pid, "KILL"));
    }
}

/// A row of a list without its moment, and with the seconds left in tens, rounded up.
fn masked(row: &str) -> String {
    let cells: Vec<&str> = row.split('\t').collect();
    let [name, _, left, rest @ ..] = cells.as_slice() else { return row.to_owned() };
    let left = left.parse::<f64>().expect("seconds") / 10.0;
    format!("{name} {}0 {}", left.ceil(), rest.join(" "))
}

#[test]
fn options_and_environment() {
    let scene = Scene::bare();
    let version = "Network UPS Tools upssched 2.8.5 release\n";
    let version = scene.maker.differs("-V is documented to show the version", "", version);
    scene.ask(&["-V"]).is(&format!("{version}exit 0"));
    let help = scene.ask(&["-h"]);
    assert_eq!(help.code, 0);
    assert!(help.out.contains("[OPTIONS] [NOTIFYMSG]"), "{}", help.out);
    let unknown = scene.ask(&["-z"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (1, ""));
    let words = "invalid option -- 'z'\nError: unknown option -?. Try -h for help.\n";
    assert!(unknown.err.ends_with(words), "{}", unknown.err);
    scene.ask(&["text"]).is("
        Error: environment variables UPSNAME and NOTIFYTYPE must be set.
        This program should only be run from upsmon(8).
        exit 1");
    scene
        .event("ONLINE", "u")
        .is("2| Can't open ETC/upssched.conf: No such file or directory\nexit 1");
}

#[test]
fn what_stands_before_the_first_at() {
    let scene = Scene::bare();
    let mut text = String::new();
    for name in ["CMDSCRIPT", "PIPEFN", "LOCKFN"] {
        let rule = format!("{name} must be set before any ATs in the config file!");
        let place = scene.maker.differs(
            "complaints name line and column",
            String::new(),
            format!("ETC/upssched.conf:{}:1: ", text.lines().count() + 1),
        );
        scene.place.write("upssched.conf", &format!("{text}AT COMMBAD u EXECUTE x\n"));
        scene.event("ONLINE", "v").is(&format!("{rule}\n2| {place}{rule}\nexit 1"));
        text += &format!("{name} /nowhere/{name}\n");
    }
    scene.place.write("upssched.conf", "AT ONLINE * EXECUTE x\n");
    scene.ask(&["-l"]).is("
        2| upssched.conf: invalid configuration for timer listing: lacks PIPEFN
        exit 1");
}

#[test]
fn wrong_lines_are_passed_over() {
    let scene = Scene::new(
        "FOO bar\nAT ONLINE *\nAT ONLINE * EXECUTE good\nAT ONLINE * EXECUTE \"\"\n\
         AT ONLINE u BAR x y\nAT ONLINE w BAR x y\nat ONLINE * EXECUTE x\n",
    );
    let got = scene.event("ONLINE", "u");
    assert_eq!((got.code, got.out.as_str()), (0, ""));
    let both =
        ["invalid directive FOO bar", "invalid directive AT ONLINE *", "Invalid command: BAR"];
    let more = ["Empty EXECUTE command argument", "invalid directive at ONLINE * EXECUTE x"];
    let count = scene.maker.differs("a wrong command is a wrong line, for every event", 3, 6);
    let count = format!("Encountered {count} config errors, those entries were ignored");
    for text in both.into_iter().chain(more).chain([count.as_str()]) {
        assert!(got.err.contains(text), "no {text:?} in:\n{}", got.err);
    }
    assert_eq!(scene.log().len(), 1);
}

#[test]
fn execute() {
    let scene = Scene::new(
        "AT ONLINE * EXECUTE all\nAT online u EXECUTE one\nAT ONLINE v EXECUTE other\n\
         AT ONLINE \"\" EXECUTE none\nAT ONBATT * EXECUTE fail\nAT COMMOK * EXECUTE \"a  b\"\n",
    );
    scene.good("ONLINE", "u");
    let message = |text| scene.maker.differs("NOTIFYMSG is documented", "none", text);
    let line = |word: &str| format!("1 [{word}] T=ONLINE U=u M={}", message("u ONLINE"));
    assert_eq!(scene.log(), [line("all"), line("one")]);
    scene.good("ONLINE", "");
    let line = |word: &str| format!("1 [{word}] T=ONLINE U= M={}", message(" ONLINE"));
    assert_eq!(scene.log()[2..], [line("all"), line("none")]);
    let got = scene.event("ONBATT", "u");
    assert_eq!(got.code, 0);
    assert!(got.err.ends_with("/cmd fail) returned 3\n"), "{}", got.err);
    scene.good("COMMOK", "u");
    let (stock, ours) = ("2 [a] T=COMMOK U=u M=none", "1 [a  b] T=COMMOK U=u M=u COMMOK");
    let line = scene.maker.differs("the argument is one word", stock, ours);
    scene.wait_for_log(line);
    assert_eq!(scene.processes(), [0; 0], "no daemon is needed");
}

#[test]
fn timers_of_one_name_are_independent_and_cancelled_together() {
    let scene = Scene::new("AT ONBATT * START-TIMER t 600\nAT ONLINE * CANCEL-TIMER t\n");
    scene.ask(&["-l"]).is("2| upssched timer is not running\nexit 1");
    scene.good("ONLINE", "u");
    assert_eq!(scene.processes(), [0; 0], "nothing to cancel, no daemon");
    scene.good("ONBATT", "u");
    scene.good("ONBATT", "v");
    let row = |ups: &str| format!("t 600 ONBATT {ups} {ups} ONBATT");
    assert_eq!(scene.timers(), [row("u"), row("v")]);
    let pid = fs::read_to_string(scene.place.run().join("upssched.pid")).expect("a pid file");
    assert_eq!(pid.trim().parse(), Ok(scene.processes()[0]));
    let mode = fs::metadata(scene.place.run().join("pipe")).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    scene.good("ONLINE", "u");
    assert_eq!(scene.timers(), [""; 0]);
}

#[test]
fn a_timer_fires_and_a_cancel_may_come_too_late() {
    let scene = Scene::new(
        "AT ONBATT * START-TIMER t 1\nAT ONLINE * CANCEL-TIMER t back\n\
         AT COMMOK * CANCEL-TIMER nothing late\n",
    );
    scene.good("ONBATT", "u");
    scene.wait_for_log("1 [t] T=ONBATT U=u M=u ONBATT");
    scene.good("ONLINE", "u");
    scene.wait_for_log("1 [back] T=none U=none M=none");
    scene.processes().into_iter().for_each(|pid| signal(pid, "KILL"));
    wait_until("its end", || scene.processes().is_empty().then_some(())).expect("killed");
    scene.good("COMMOK", "u");
    scene.wait_for_log("1 [late] T=none U=none M=none");
}

#[test]
fn a_shared_timer_takes_events_in() {
    let scene = Scene::new(
        "AT ONBATT * START-TIMER-SHARED t 2\nAT LOWBATT * START-TIMER-SHARED t 600\n\
         AT SHUTDOWN * START-TIMER alone 0\n",
    );
    for (kind, ups) in [("ONBATT", "a"), ("ONBATT", "b"), ("LOWBATT", "a"), ("ONBATT", "a")] {
        scene.good(kind, ups);
    }
    scene.wait_for_log("1 [t] T=ONBATT,LOWBATT U=a,b M=a ONBATT.\tb ONBATT.\ta LOWBATT");
    scene.good("SHUTDOWN", "");
    scene.wait_for_log("1 [alone] T=SHUTDOWN U=none M= SHUTDOWN");
}

#[test]
fn a_matched_cancel() {
    let scene = Scene::new("AT ONBATT * START-TIMER t 600\nAT ONLINE * CANCEL-TIMER-MATCHED t\n");
    scene.good("ONBATT", "u");
    scene.good("ONBATT", "v");
    let got = scene.event("ONLINE", "u");
    let words = "Invalid command: CANCEL-TIMER-MATCHED\t[t]\t[(null)]\t[ONLINE]\t[u]\t[u ONLINE]\n";
    let refused = scene.maker.differs("it is documented, and the daemon knows it", words, "");
    assert_eq!((got.code, got.err.as_str()), (0, refused));
    let mut expected = vec!["t 600 ONBATT u u ONBATT", "t 600 ONBATT v v ONBATT"];
    expected.drain(..scene.maker.differs("as above", 0, 1));
    assert_eq!(scene.timers(), expected);
}

#[test]
fn seconds_that_are_none() {
    let scene = Scene::new(
        "AT ONBATT * START-TIMER soon soon\nAT ONBATT * START-TIMER none\n\
         AT ONBATT * START-TIMER past -5\nAT ONBATT * START-TIMER few 5m\n\
         AT ONBATT * START-TIMER last 600\n",
    );
    let got = scene.event("ONBATT", "u");
    assert_eq!(got.code, 0, "{}", got.err);
    let complaint = "START-TIMER soon soon: expected a number of seconds";
    let told = scene.maker.differs("a typo must not shut down", "", complaint);
    assert!(got.err.contains(told), "{}", got.err);
    let last = || scene.timers().last().is_some_and(|row| row.starts_with("last ")).then_some(());
    wait_until("the last timer", last).expect("a list");
    let stock: &[&str] = &["[soon", "[none", "[few]"];
    let due = scene.maker.differs("as above", stock, &["[few]"]);
    let fired = || -> Vec<_> {
        scene.log().iter().filter_map(|l| l.get(2..7).map(str::to_owned)).collect()
    };
    // A timer is gone from the list before its script has come to writing.
    wait_until("few", || (fired().len() >= due.len()).then_some(())).expect("5 seconds");
    assert_eq!(fired(), due);
    assert_eq!(scene.timers().len(), 1, "{:?}", scene.timers());
}

#[test]
fn a_slow_script() {
    let scene = Scene::new(
        "AT LOWBATT * START-TIMER wait 0\nAT ONBATT * START-TIMER t 600\n\
         AT ONLINE * CANCEL-TIMER t\n",
    );
    scene.good("ONBATT", "u");
    scene.good("LOWBATT", "u");
    scene.wait_for_log("1 [wait] T=LOWBATT U=u M=u LOWBATT");
    let mut cancel = scene.for_event(scene.maker, "ONLINE", "u");
    let mut cancel = cancel.spawn().expect("upssched");
    let reason = "nobody waits for a script but its own EXECUTE";
    let waits = scene.maker.differs(reason, true, false);
    if waits {
        std::thread::sleep(Duration::from_millis(500));
        assert!(cancel.try_wait().expect("a child").is_none());
        scene.go();
    }
    wait_until("the cancel", || cancel.try_wait().expect("a child")).expect("an end");
    assert_eq!(scene.timers(), [""; 0]);
    scene.go();
}

#[test]
fn words_on_the_socket() {
    let scene = Scene::new("AT ONBATT * START-TIMER t 600\n");
    scene.good("ONBATT", "u \"x\" \\ #1");
    let row = "t 600 ONBATT u \"x\" \\ #1 u \"x\" \\ #1 ONBATT";
    assert_eq!(scene.say("LIST-TIMERS\n", 4), ["BEGIN LIST TIMERS", row, "END LIST TIMERS", "OK"]);
    assert_eq!(scene.say("\n", 1), ["ERR UNKNOWN"]);
    assert_eq!(scene.say("HELLO world\nSTART a 5\n", 2), ["ERR UNKNOWN", "ERR UNKNOWN"]);
    assert_eq!(scene.say("CANCEL t\n", 1), ["OK"]);
    assert_eq!(scene.say("START a 500 \"\" \"\" \"\"\nSTART a -1 X Y Z\n", 2), ["OK", "OK"]);
    assert_eq!(scene.say("START-SHARED \"a b\" 300 X Y \"Z z\"\n", 1), ["OK"]);
    assert_eq!(scene.timers(), ["a 500 \"\" \"\" \"\"", "a b 300 X Y Z z"]);
    assert_eq!(scene.say("CANCEL-MATCHED \"a b\" \"\" X other Z\n", 1), ["OK"]);
    assert_eq!(scene.say("CANCEL-MATCHED \"a b\" \"\" other Y Z\n", 1), ["OK"]);
    assert_eq!(scene.timers().len(), 2);
    assert_eq!(scene.say("CANCEL-MATCHED \"a b\" \"\" X Y Z\n", 1), ["OK"]);
    assert_eq!(scene.say("CANCEL-MATCHED a \"\" \"\" \"\" Z\n", 1), ["OK"]);
    assert_eq!(scene.timers(), [""; 0]);
}

#[test]
fn eight_events_at_once() {
    let scene = Scene::new("AT ONBATT * START-TIMER t 600\n");
    let events: Vec<_> = (0..8)
        .map(|n| {
            scene.for_event(scene.maker, "ONBATT", &format!("u{n}")).spawn().expect("upssched")
        })
        .collect();
    for mut event in events {
        let ended = || event.try_wait().expect("a child");
        assert!(wait_until("an end", ended).expect("an end").success());
    }
    // There the timers of a daemon that lost its socket can be neither listed nor cancelled.
    let least = scene.maker.differs("one daemon, whose timers are all in reach", 1, 8);
    assert!((least..=8).contains(&scene.timers().len()), "{:#?}", scene.timers());
}

#[test]
fn a_daemon_that_was_killed() {
    let scene = Scene::new("AT ONBATT * START-TIMER t 600\n");
    scene.good("ONBATT", "u");
    scene.processes().into_iter().for_each(|pid| signal(pid, "KILL"));
    wait_until("its end", || scene.processes().is_empty().then_some(())).expect("killed");
    scene.ask(&["-l"]).is("2| upssched timer is not running\nexit 1");
    scene.good("ONBATT", "v");
    assert_eq!(scene.timers(), ["t 600 ONBATT v v ONBATT"]);
}

#[test]
fn folders_that_are_not_there() {
    for (pipe, lock) in [("RUN/pipe", "/nowhere/lock"), ("/nowhere/pipe", "RUN/lock")] {
        let scene = Scene::bare();
        let conf =
            format!("CMDSCRIPT true\nPIPEFN {pipe}\nLOCKFN {lock}\nAT ONBATT * START-TIMER t 5\n");
        let conf = conf.replace("RUN", &scene.place.run().display().to_string());
        scene.place.write("upssched.conf", &conf);
        let got = scene.event("ONBATT", "u");
        assert_eq!((got.code, got.out.as_str()), (1, ""));
        let reason = "the file is named, and on standard error too";
        let expected = match pipe {
            "RUN/pipe" => "Failed to connect to parent and failed to create parent: ",
            _ => scene.maker.differs(reason, "", "bind /nowhere/pipe failed: No such file or"),
        };
        assert!(got.err.contains(expected), "{}", got.err);
        let last = "Unable to connect to daemon and unable to start daemon\n";
        assert!(pipe == "RUN/pipe" || got.err.ends_with(last), "{}", got.err);
    }
}

#[test]
fn one_makers_client_with_the_others_daemon() {
    let scene = Scene::new(
        "AT ONBATT * START-TIMER t 600\nAT LOWBATT * START-TIMER-SHARED t 600\n\
         AT ONLINE * CANCEL-TIMER t\nAT COMMOK * CANCEL-TIMER t late\n",
    );
    let other = |kind: &str, ups: &str| {
        let mut command = scene.for_event(scene.maker.other(), kind, ups);
        run(&mut command, "").is("exit 0");
    };
    scene.good("ONBATT", "u \"q\"");
    let daemon = scene.processes();
    other("ONBATT", "v #1");
    other("LOWBATT", "w");
    let rows = [
        "t 600 ONBATT,LOWBATT u \"q\",w u \"q\" ONBATT.  w LOWBATT",
        "t 600 ONBATT v #1 v #1 ONBATT",
    ];
    let rows = rows.map(|row| row.replace(".  ", ". "));
    assert_eq!(scene.timers(), rows);
    assert_eq!(scene.timers_by(scene.maker.other()), rows);
    // Later NUT's daemon may go: without timers each request brings its end nearer.
    assert_eq!(scene.processes(), daemon);
    other("ONLINE", "u");
    assert_eq!(scene.timers_by(scene.maker.other()), [""; 0]);
    other("COMMOK", "u");
    scene.wait_for_log("1 [late] T=none U=none M=none");
}
