//! What comes in, what is to be done.

use super::*;
use crate::notices::Flags;

const EXEC: Flags = Flags { syslog: false, wall: false, exec: true };
const WALL: Flags = Flags { syslog: false, wall: true, exec: false };

fn seconds(n: u64) -> Time {
    Duration::from_secs(n)
}

fn deliveries() -> Deliveries {
    let mut deliveries = Deliveries::default();
    deliveries.set_command(Some("tell".to_owned()));
    deliveries
}

fn notice(text: &str, flags: Flags) -> Notice {
    Notice { kind: Kind::OnBattery, ups: "u".to_owned(), text: text.to_owned(), flags }
}

/// One word a step: `start 1 text`, `kill 1`, `log text`.
fn words(steps: &[Step]) -> Vec<String> {
    let load = |load: &Load| match load {
        Load::Wall { text } => format!("wall {text}"),
        Load::Exec { command, kind, ups, text } => format!("{command} {kind} {ups} {text}"),
    };
    let word = |step: &Step| match step {
        Step::Start(Run(n), what) => format!("start {n} {}", load(what)),
        Step::Kill(Run(n)) => format!("kill {n}"),
        Step::Log(level, text) => format!("{level:?} {text}"),
    };
    steps.iter().map(word).collect()
}

#[test]
fn flags_say_where_a_notice_goes() {
    let mut deliveries = deliveries();
    let all = Flags { syslog: true, wall: true, exec: true };
    let steps = deliveries.notice(seconds(0), &notice("dark", all));
    assert_eq!(words(&steps), ["Notice dark", "start 1 wall dark", "start 2 tell ONBATT u dark"]);
    assert_eq!(deliveries.notice(seconds(0), &notice("dark", Flags::NONE)), []);
    let mut silent = Deliveries::default();
    assert_eq!(silent.notice(seconds(0), &notice("dark", EXEC)), [], "no NOTIFYCMD");
    assert!(silent.is_idle());
}

#[test]
fn commands_follow_each_other_in_the_order_of_notices() {
    let mut deliveries = deliveries();
    assert_eq!(deliveries.notice(seconds(0), &notice("a", EXEC)).len(), 1);
    assert_eq!(deliveries.notice(seconds(0), &notice("b", EXEC)), []);
    assert_eq!(deliveries.notice(seconds(0), &notice("c", EXEC)), []);
    let walled = deliveries.notice(seconds(0), &notice("d", WALL));
    assert_eq!(words(&walled), ["start 2 wall d"], "terminals do not wait for NOTIFYCMD");
    let next = deliveries.ended(seconds(1), Run(1), &End::Status(0));
    assert_eq!(words(&next), ["start 3 tell ONBATT u b"]);
    let next = deliveries.ended(seconds(2), Run(3), &End::Status(0));
    assert_eq!(words(&next), ["start 4 tell ONBATT u c"]);
    assert_eq!(deliveries.ended(seconds(2), Run(4), &End::Status(0)), []);
    assert_eq!(deliveries.ended(seconds(2), Run(2), &End::Status(0)), []);
    assert!(deliveries.is_idle());
}

#[test]
fn a_slow_command_holds_up_the_next_for_five_seconds_only() {
    let mut deliveries = deliveries();
    deliveries.notice(seconds(10), &notice("a", EXEC));
    assert_eq!(deliveries.next_deadline(), None, "nothing waits");
    deliveries.notice(seconds(11), &notice("b", EXEC));
    deliveries.notice(seconds(12), &notice("c", EXEC));
    assert_eq!(deliveries.next_deadline(), Some(seconds(15)));
    assert_eq!(deliveries.tick(seconds(14)), []);
    assert_eq!(words(&deliveries.tick(seconds(15))), ["start 2 tell ONBATT u b"]);
    assert_eq!(deliveries.next_deadline(), Some(seconds(20)));
    assert_eq!(deliveries.ended(seconds(16), Run(1), &End::Status(0)), [], "b is still alone");
    assert_eq!(words(&deliveries.tick(seconds(20))), ["start 3 tell ONBATT u c"]);
}

#[test]
fn the_shutdown_waits_for_no_slow_command() {
    let mut deliveries = deliveries();
    deliveries.notice(seconds(1), &notice("a", EXEC));
    assert_eq!(deliveries.notice(seconds(1), &notice("b", EXEC)), []);
    let shutdown = Notice { kind: Kind::Shutdown, ..notice("c", EXEC) };
    let steps = deliveries.notice(seconds(2), &shutdown);
    assert_eq!(words(&steps), ["start 2 tell ONBATT u b", "start 3 tell SHUTDOWN u c"]);
    assert_eq!(deliveries.notice(seconds(2), &notice("d", EXEC)), [], "order is back");
}

#[test]
fn the_oldest_of_too_many_is_killed_and_that_is_told() {
    let mut deliveries = deliveries();
    for n in 0..AT_ONCE as u64 {
        assert_eq!(deliveries.notice(seconds(5 * n), &notice("x", EXEC)).len(), 1);
    }
    let steps = deliveries.notice(seconds(320), &notice("last", EXEC));
    assert_eq!(
        words(&steps),
        [
            "Warning NOTIFYCMD for ONBATT of UPS [u] does not end: killed after 320 s",
            "kill 1",
            "start 65 tell ONBATT u last"
        ]
    );
    assert_eq!(deliveries.ended(seconds(321), Run(1), &End::Signal(9)), [], "no more words");
}

#[test]
fn the_oldest_of_too_many_that_wait_is_left_out_and_that_is_told() {
    let mut deliveries = deliveries();
    for _ in 0..=WAITING {
        deliveries.notice(seconds(0), &notice("x", EXEC));
    }
    let steps = deliveries.notice(seconds(0), &notice("last", EXEC));
    let told = |n| {
        format!(
            "Warning NOTIFYCMD for ONBATT of UPS [u] is left out: too many wait before it ({n} so far)"
        )
    };
    assert_eq!(words(&steps), [told(1)]);
    let all = words(&deliveries.flush(seconds(0)));
    let (logs, starts): (Vec<_>, Vec<_>) = all.into_iter().partition(|w| w.starts_with("Warning"));
    assert_eq!(logs, [2, 4, 8, 16, 32, 64, 128, 256, 512].map(told), "not every one has a line");
    assert_eq!(starts.len(), AT_ONCE, "none is killed at the end");
    assert_eq!(starts.last().unwrap(), "start 65 tell ONBATT u last");
    assert_eq!(deliveries.notice(seconds(0), &notice("later", EXEC)).len(), 1);
}

#[test]
fn ends_are_told_by_their_importance() {
    for (end, told) in [
        (End::Status(0), None),
        (End::Status(3), Some("Debug(1) NOTIFYCMD for ONBATT of UPS [u] ended with status 3")),
        (End::Status(127), Some("Warning NOTIFYCMD for ONBATT of UPS [u] ended with status 127")),
        (End::Signal(15), Some("Debug(1) NOTIFYCMD for ONBATT of UPS [u] was ended by signal 15")),
        (
            End::NotStarted("no room".to_owned()),
            Some("Warning NOTIFYCMD for ONBATT of UPS [u] could not be started: no room"),
        ),
    ] {
        let mut deliveries = deliveries();
        deliveries.notice(seconds(0), &notice("x", EXEC));
        let steps = deliveries.ended(seconds(1), Run(1), &end);
        assert_eq!(words(&steps), told.into_iter().collect::<Vec<_>>(), "{end:?}");
    }
}

#[test]
fn a_host_without_wall_is_told_once() {
    let mut deliveries = deliveries();
    let gone = End::NotStarted("No such file or directory".to_owned());
    deliveries.notice(seconds(0), &notice("x", WALL));
    let told = "Can't invoke wall: No such file or directory";
    let steps = deliveries.ended(seconds(0), Run(1), &gone);
    assert_eq!(words(&steps), [format!("Notice {told}")]);
    deliveries.wall(seconds(0), "y");
    let steps = deliveries.ended(seconds(0), Run(2), &gone);
    assert_eq!(words(&steps), [format!("Debug(1) {told}")]);
}

#[test]
fn endless_texts_are_cut_between_characters() {
    let mut deliveries = deliveries();
    let steps = deliveries.notice(seconds(0), &notice(&"ä".repeat(3000), WALL));
    let carried = Load::Wall { text: "ä".repeat(TEXT / 2) };
    assert_eq!(steps, [Step::Start(Run(1), carried)]);
    let odd = format!("x{}", "ä".repeat(3000));
    assert_eq!(beginning(&odd).len(), TEXT - 1);
    assert_eq!(beginning("short"), "short");
}
