//! Real children.

use super::*;
use crate::reactor::{Event, Reactor};
use crate::signals;
use nix::sys::signal::SigSet;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs};

const PATIENCE: Duration = Duration::from_secs(60);

/// A file of this test's own, gone with it.
struct Scrap(PathBuf);

impl Scrap {
    fn new(name: &str) -> Scrap {
        Scrap(env::temp_dir().join(format!("walnut-processes-{name}-{}", std::process::id())))
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.0).unwrap()
    }
}

impl Drop for Scrap {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Waits until all have ended; how, in the order of their start.
fn ends(processes: &mut Processes) -> Vec<ExitStatus> {
    let until = Instant::now() + PATIENCE;
    let mut ended = Vec::new();
    while !processes.is_empty() {
        assert!(Instant::now() < until, "children do not end: {processes:?}");
        ended.extend(processes.reap());
        std::thread::sleep(Duration::from_millis(5));
    }
    ended.sort_by_key(|(handle, _)| *handle);
    ended.into_iter().map(|(_, status)| status.unwrap()).collect()
}

fn run(job: &Job) -> ExitStatus {
    let mut processes = Processes::default();
    processes.start(job).unwrap();
    ends(&mut processes)[0]
}

#[test]
fn words_variables_and_input_arrive_as_they_are() {
    let scrap = Scrap::new("words");
    let job = Job::shell(r#"printf '%s|%s|' "$2" "$WORD" > "$1"; cat >> "$1""#)
        .arg(&scrap.0)
        .arg("$(id) \"'`;")
        .variable("WORD", "a  b")
        .input("read\nme");
    assert!(run(&job).success());
    assert_eq!(scrap.text(), "$(id) \"'`;|a  b|read\nme");
}

#[test]
fn a_child_without_input_reads_the_end() {
    let scrap = Scrap::new("empty");
    assert!(run(&Job::shell(r#"cat > "$1""#).arg(&scrap.0)).success());
    assert_eq!(scrap.text(), "");
}

#[test]
fn more_than_a_pipe_takes_is_refused_and_not_waited_for() {
    let mut processes = Processes::default();
    let error = processes.start(&Job::program("cat").input(vec![b'x'; 2 << 20])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileTooLarge);
    assert!(processes.is_empty());
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    let error = Processes::default().start(&Job::program("/no/such/program")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn ends_are_told_once_and_leave_no_zombies() {
    let mut processes = Processes::default();
    let handles: Vec<_> =
        (1..4).map(|n| processes.start(&Job::shell(format!("exit {n}"))).unwrap()).collect();
    let pids: Vec<_> = handles.iter().map(|h| processes.pid(*h).unwrap()).collect();
    let codes: Vec<_> = ends(&mut processes).iter().map(ExitStatus::code).collect();
    assert_eq!(codes, [Some(1), Some(2), Some(3)]);
    assert!(processes.reap().is_empty() && processes.pid(handles[0]).is_none());
    for pid in pids {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = format!(" {} ", std::process::id());
        assert!(!(stat.contains(" Z ") && stat.contains(&parent)), "{stat}");
    }
}

#[test]
fn a_child_that_hangs_can_be_ended_with_what_it_started() {
    let scrap = Scrap::new("group");
    let mut processes = Processes::default();
    // The pipe that nobody reads from tells when the grandchild is gone.
    let job = Job::shell(r#"mkfifo "$1"; sleep 1000 > "$1""#).arg(&scrap.0).own_group();
    let handle = processes.start(&job).unwrap();
    let until = Instant::now() + PATIENCE;
    while !scrap.0.exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    let reader = fs::File::open(&scrap.0).unwrap();
    processes.kill(handle);
    assert_eq!(ends(&mut processes)[0].signal(), Some(signals::KILL));
    assert_eq!(io::copy(&mut &reader, &mut io::sink()).unwrap(), 0);
    let handle = processes.start(&Job::program("sleep").arg("1000")).unwrap();
    processes.terminate(handle);
    assert_eq!(ends(&mut processes)[0].signal(), Some(signals::TERM));
}

#[test]
fn the_reactor_says_when_to_reap() {
    let mut reactor = Reactor::new(&[signals::CHLD]).unwrap();
    let mut processes = Processes::default();
    processes.start(&Job::program("true")).unwrap();
    let until = Instant::now() + PATIENCE;
    while !processes.is_empty() {
        let left = until.saturating_duration_since(Instant::now());
        let events = reactor.wait(Some(left)).unwrap();
        assert!(!left.is_zero(), "no signal came");
        if events.iter().any(|event| matches!(event, Event::Signal(signals::CHLD))) {
            processes.reap();
        }
    }
}

#[test]
fn nothing_of_ours_leaks_into_a_child() {
    let scrap = Scrap::new("leaks");
    // The opposite of what a child should get: a handler, an ignored and a blocked signal, and a
    // descriptor that survives exec.
    let _reactor = Reactor::new(&[signals::USR2]).unwrap();
    os::ignore_signal(signals::URG);
    let blocked = SigSet::from_iter([Signal::SIGWINCH]);
    blocked.thread_block().unwrap();
    let survivor = nix::unistd::dup(io::stdin()).unwrap();
    let text = r#"cat /proc/self/status > "$1"; ls /proc/self/fd >> "$1""#;
    assert!(run(&Job::shell(text).arg(&scrap.0)).success());
    blocked.thread_unblock().unwrap();
    drop(survivor);
    let report = scrap.text();
    for mask in ["SigBlk:", "SigIgn:", "SigCgt:"] {
        let bits = report.lines().find_map(|line| line.strip_prefix(mask)).unwrap().trim();
        // Signals 32 and 33 are the C library's own; nobody else can set them.
        let set = u64::from_str_radix(bits, 16).unwrap() & !(0b11 << 31);
        assert_eq!(set, 0, "{mask} {set:x}");
    }
    let descriptors: Vec<&str> = report.lines().filter(|l| l.parse::<u32>().is_ok()).collect();
    assert_eq!(descriptors, ["0", "1", "2", "3"], "3 is the folder being listed");
}

#[test]
fn the_service_managers_variables_are_not_passed_on() {
    let command = Job::program("true").variable("WATCHDOG_USEC", "1").command().unwrap();
    let known: Vec<_> = command.get_envs().collect();
    assert!(known.contains(&(OsStr::new("NOTIFY_SOCKET"), None)), "{known:?}");
    assert!(known.contains(&(OsStr::new("WATCHDOG_USEC"), Some(OsStr::new("1")))), "{known:?}");
}

#[test]
fn a_variable_is_taken_away_or_replaced() {
    let given = "CARGO_MANIFEST_DIR";
    assert!(env::var_os(given).is_some(), "cargo sets it");
    let job =
        |text: &str| Job::shell(format!("test \"${{{given}-none}}\" = {text}")).without(given);
    assert!(run(&job("none")).success());
    assert!(run(&job("new").variable(given, "new")).success());
}
