//! Conversations with the timers, by an invented clock.
//!
//! `@ 5` moves the clock to second 5, `> ...` is a line on the socket, `< ...` a line of the answer,
//! `run ARGUMENT [NOTIFYTYPE] [UPSNAME] [NOTIFYMSG]` a script that is started, `ended` the end of one,
//! `exit` the daemon's; `|` is a tab. Whatever the timers want has to be said, in its order.

use super::*;
use nut_proto::line::{Parsed, parse};
use std::collections::VecDeque;

/// Midday of some day, in milliseconds since 1970.
const WALL: i64 = 1_795_557_600_250;

struct Stage {
    timers: Timers,
    now: Time,
    wanted: VecDeque<String>,
}

impl Stage {
    fn new() -> Stage {
        Stage { timers: Timers::new(Time::ZERO), now: Time::ZERO, wanted: VecDeque::new() }
    }

    fn play(script: &str) -> Stage {
        let mut stage = Stage::new();
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            stage.line(line);
        }
        assert!(stage.wanted.is_empty(), "unsaid at the end: {:?}", stage.wanted);
        stage
    }

    fn line(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        if matches!(word, "@" | ">" | "ended") {
            assert!(self.wanted.is_empty(), "unsaid before {line:?}: {:?}", self.wanted);
        }
        match word {
            "@" => self.advance(Time::from_secs_f64(rest.trim().parse().unwrap())),
            ">" => self.say(rest.trim()),
            "ended" => self.timers.on_script_ended(self.now),
            _ => assert_eq!(self.wanted.pop_front().as_deref(), Some(line), "at {:?}", self.now),
        }
    }

    /// As the loop does it: wakes at each deadline.
    fn advance(&mut self, to: Time) {
        while let Some(due) = self.timers.next_deadline().filter(|&due| due <= to) {
            self.now = self.now.max(due);
            let actions = self.timers.on_tick(self.now);
            let ends = actions.contains(&Action::Exit);
            self.want(actions);
            if ends {
                break;
            }
        }
        self.now = to;
    }

    fn say(&mut self, line: &str) {
        let Parsed::Line(line, _) = parse(format!("{line}\n").as_bytes()) else { panic!("{line}") };
        let wall = WALL + i64::try_from(self.now.as_millis()).unwrap();
        let actions = self.timers.on_line(self.now, wall, &line.texts());
        self.want(actions);
    }

    fn want(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Run(Call { argument, kinds, ups, messages }) => {
                    let run = format!("run {argument} [{kinds}] [{ups}] [{messages}]");
                    self.wanted.push_back(run.replace('\t', "|"));
                }
                Action::Answer(text) => {
                    let lines = text.lines().map(|line| line.replace('\t', "|"));
                    self.wanted.extend(lines.map(|line| format!("< {line}")));
                }
                Action::Exit => self.wanted.push_back("exit".to_owned()),
                Action::Log(..) => {}
            }
        }
    }
}

#[test]
fn a_timer_fires_once_with_what_started_it() {
    Stage::play(
        r#"
        > START t 30 ONBATT u@h "on battery"
        < OK
        @ 29.9
        @ 30
        run t [ONBATT] [u@h] [on battery]
        @ 44
        "#,
    );
}

#[test]
fn a_cancelled_timer_never_fires() {
    Stage::play(
        r#"
        > START t 30 ONBATT u m
        < OK
        > START t 40 ONBATT v m
        < OK
        > START other 35 ONBATT u m
        < OK
        @ 29.999
        > CANCEL t "" ONLINE u m
        < OK
        @ 35
        run other [ONBATT] [u] [m]
        ended
        @ 49.9
        @ 50
        exit
        "#,
    );
}

#[test]
fn a_cancel_that_comes_before_the_tick_is_in_time() {
    let mut stage = Stage::new();
    stage.line("> START t 5 ONBATT u m");
    stage.line("< OK");
    // The loop was late, and found the request first.
    stage.now = Time::from_secs(9);
    stage.line("> CANCEL t late ONLINE u m");
    stage.line("< OK");
    stage.advance(Time::from_secs(20));
    assert_eq!(stage.wanted, [""; 0]);
}

#[test]
fn a_cancel_that_comes_too_late_may_have_a_command() {
    Stage::play(
        r#"
        > START t 5 ONBATT u m
        < OK
        @ 5
        run t [ONBATT] [u] [m]
        > CANCEL t
        < OK
        > CANCEL t back ONLINE u m
        run back [] [] []
        < OK
        "#,
    );
}

#[test]
fn timers_of_one_name_are_independent_unless_shared() {
    Stage::play(
        r#"
        > START t 10 ONBATT u m1
        < OK
        > START t 20 ONBATT v m2
        < OK
        @ 5
        > START-SHARED t 99 LOWBATT v m3
        < OK
        > START-SHARED t 99 ONBATT u m1
        < OK
        > START-SHARED new 1 ONBATT w m4
        < OK
        @ 10
        run new [ONBATT] [w] [m4]
        run t [ONBATT,LOWBATT] [u,v] [m1.|m3]
        @ 20
        run t [ONBATT] [v] [m2]
        "#,
    );
}

#[test]
fn what_is_due_fires_in_the_order_of_its_moments() {
    let mut stage = Stage::new();
    for (name, seconds) in [("c", 3), ("a", 1), ("b2", 2), ("b1", 2), ("now", 0)] {
        stage.line(&format!("> START {name} {seconds} X \"\" \"\""));
        stage.line("< OK");
    }
    let actions = stage.timers.on_tick(Time::from_secs(60));
    stage.want(actions);
    let order = ["now", "a", "b2", "b1", "c"].map(|name| format!("run {name} [X] [] []"));
    assert_eq!(stage.wanted, order);
}

#[test]
fn a_matched_cancel_takes_its_own_part() {
    Stage::play(
        r#"
        > START t 10 ONBATT u m1
        < OK
        > START t 10 ONBATT v m2
        < OK
        > CANCEL-MATCHED t "" "" v m
        < OK
        @ 10
        run t [ONBATT] [u] [m1]
        > START-SHARED s 10 ONBATT u m1
        < OK
        > START-SHARED s 10 ONBATT v m2
        < OK
        > CANCEL-MATCHED s late "" u m
        < OK
        @ 20
        run s [ONBATT] [v] [m2]
        > START-SHARED s 10 ONBATT u m1
        < OK
        > CANCEL-MATCHED s late "" w m
        run late [] [] []
        < OK
        > CANCEL-MATCHED s late "" u m
        < OK
        > LIST-TIMERS
        < BEGIN LIST TIMERS
        < END LIST TIMERS
        < OK
        "#,
    );
}

#[test]
fn a_matched_cancel_with_a_kind_wants_both_and_with_nothing_takes_all() {
    Stage::play(
        r#"
        > START t 10 ONBATT u m1
        < OK
        > CANCEL-MATCHED t "" ONLINE u m
        < OK
        > CANCEL-MATCHED t "" ONBATT v m
        < OK
        @ 10
        run t [ONBATT] [u] [m1]
        > START t 10 ONBATT u m1
        < OK
        > CANCEL-MATCHED t "" ONBATT u m
        < OK
        > START t 10 ONBATT u m1
        < OK
        > CANCEL-MATCHED t
        < OK
        @ 24
        "#,
    );
}

#[test]
fn a_list_shows_what_runs() {
    Stage::play(
        r#"
        > START t 30 ONBATT u@h "on battery"
        < OK
        > START z 12345678 "" "" ""
        < OK
        @ 0.5
        > START-SHARED t 5 ONBATT v@h "on battery, too"
        < OK
        > LIST-TIMERS
        < BEGIN LIST TIMERS
        < t|1795557630|30|ONBATT|u@h,v@h|on battery.|on battery, too
        < z|1807903278|12345678|""|""|""
        < END LIST TIMERS
        < OK
        @ 29.01
        > LIST-TIMERS
        < BEGIN LIST TIMERS
        < t|1795557630|1|ONBATT|u@h,v@h|on battery.|on battery, too
        < z|1807903278|12345649|""|""|""
        < END LIST TIMERS
        < OK
        "#,
    );
}

#[test]
fn what_is_no_request_is_said_so_and_changes_nothing() {
    Stage::play(
        r#"
        >
        < ERR UNKNOWN
        > PING
        < ERR UNKNOWN
        > START t 5
        < ERR UNKNOWN
        > START t soon ONBATT u m
        < OK
        > START t -5 ONBATT u m
        < OK
        > START "" 5 ONBATT u m
        < OK
        > START-SHARED t "" ONBATT u m
        < OK
        > LIST-TIMERS
        < BEGIN LIST TIMERS
        < END LIST TIMERS
        < OK
        "#,
    );
}

#[test]
fn the_daemon_stays_while_timers_or_scripts_run() {
    Stage::play(
        r#"
        @ 14.9
        > START t 100 X u m
        < OK
        @ 114.9
        run t [X] [u] [m]
        @ 500
        ended
        @ 514.9
        > LIST-TIMERS
        < BEGIN LIST TIMERS
        < END LIST TIMERS
        < OK
        @ 529.9
        exit
        "#,
    );
}

#[test]
fn a_time_beyond_all_reckoning_is_never() {
    let stage = Stage::play(
        "
        > START t 99999999999999999999 X u m
        < OK
        @ 1000000000
        ",
    );
    assert_eq!(stage.timers.len(), 1);
    assert!(stage.timers.list(stage.now, WALL).contains("\t9223372035854775807\tX\t"));
}

#[test]
fn messages_have_an_end_and_whose_timer_it_is_stays_known() {
    let mut stage = Stage::new();
    let long = "x".repeat(400);
    for n in 0..3 * MESSAGES_MAX {
        let ups = if n % 2 == 0 { "u" } else { "v" };
        stage.line(&format!("> START-SHARED t 5 ALARM {ups} \"{long} {n}\""));
        stage.line("< OK");
    }
    stage.line("> START-SHARED t 5 ALARM w last");
    stage.line("< OK");
    let [Action::Log(..), Action::Run(call)] = &stage.timers.on_tick(Time::from_secs(5))[..] else {
        panic!("one run expected")
    };
    assert_eq!((call.kinds.as_str(), call.ups.as_str()), ("ALARM", "u,v,w"));
    assert_eq!(call.messages.matches(MESSAGE_END).count(), MESSAGES_MAX - 1);
    assert!(call.messages.len() < 100_000);
}

#[test]
fn what_is_done_is_logged() {
    let mut timers = Timers::new(Time::ZERO);
    let mut logged = Vec::new();
    let mut note = |actions: Vec<Action>| {
        logged.extend(actions.into_iter().filter_map(|action| match action {
            Action::Log(Level::Info, text) => Some(text),
            _ => None,
        }));
    };
    let second = Time::from_secs;
    note(timers.on_line(second(0), WALL, &["START", "t", "9", "ONBATT", "u", "m"]));
    note(timers.on_line(second(2), WALL, &["START-SHARED", "t", "9", "ONBATT", "v", ""]));
    note(timers.on_tick(second(9)));
    note(timers.on_line(second(9), WALL, &["CANCEL", "t", "late"]));
    note(timers.on_line(second(9), WALL, &["START", "t", "x", "ONBATT", "u", "m"]));
    note(timers.on_line(second(9), WALL, &["START", "t", "9", "ONBATT", "u", ""]));
    note(timers.on_line(second(9), WALL, &["CANCEL", "t", "", "ONLINE", "u", "back"]));
    note(timers.on_line(second(9), WALL, &["HELLO", "there"]));
    let expected = [
        "New timer: t\t[ONBATT]\t[u]\t[m]\t(will elapse in 9 seconds)",
        "Append data to shared timer: t\t[ONBATT]\t[v]\t[]\t(will elapse in 7 seconds)",
        "Executing command by timer: t\t[ONBATT]\t[u,v]\t[m]",
        "Cancel t, event: late",
        "bogus offset for timer, ignoring: t",
        "New timer: t\t[ONBATT]\t[u]\t[]\t(will elapse in 9 seconds)",
        "Cancelling timer: t: back",
        "Unknown command on socket: ",
        "arg 0: HELLO",
        "arg 1: there",
    ];
    assert_eq!(logged, expected);
}
