//! upssched: what its file may say, and the timers in the hands of anybody on their socket, at any time.
//!
//! Of the timers it checks above all that one that was cancelled does not fire, and that each fires once.

use super::{lines, words};
use crate::Target;
use nut_proto::conf::Diagnostic;
use std::collections::BTreeMap;
use std::time::Duration;
use upsmon::sched::config::{self, Command};
use upsmon::sched::timers::{Action, Timers};
use upsmon::sched::wire::{BEGIN_LIST, Cancel, END_LIST, OK, Request, UNKNOWN};

pub const TARGET: Target = Target {
    name: "timers",
    run,
    words: &[
        "START t 5 ONBATT u m\n",
        "START-SHARED t 3 LOWBATT v \"a b\"\n",
        "CANCEL t late\n",
        "CANCEL-MATCHED t \"\" \"\" u m\n",
        "LIST-TIMERS\n",
        "wait 5\n",
        "wait 1000\n",
        "ended\n",
        "AT ONBATT * START-TIMER t 5\n",
        "AT ONLINE * CANCEL-TIMER-MATCHED t\n",
        "CMDSCRIPT x\n",
        "PIPEFN p\n",
        "LOCKFN l\n",
        "\n",
        "\"",
        " 5 ",
    ],
};

fn run(data: &[u8]) {
    file(data);
    let mut stage = Stage::default();
    for line in lines(data) {
        stage.play(&line.texts());
    }
}

fn file(data: &[u8]) {
    let (config, told) = config::read("f", data);
    assert!(told.windows(2).all(|two| two[0].position() <= two[1].position()), "file order");
    let last = 1 + data.iter().filter(|&&b| b == b'\n').count();
    let lines = told.iter().chain(&config.refusal).map(Diagnostic::position);
    assert!(lines.into_iter().all(|at| at.line >= 1 && at.line as usize <= last));
    for step in &config.steps {
        let place = &step.place;
        assert!(![&place.script, &place.pipe, &place.lock].into_iter().any(String::is_empty));
        let (Command::Start { name, .. } | Command::Cancel { name, .. } | Command::Execute(name)) =
            &step.command;
        assert!(!name.is_empty());
    }
}

/// The timers, a clock, and what must be true of them.
#[derive(Default)]
struct Stage {
    timers: Timers,
    now: Duration,
    /// How many timers of a name may fire.
    running: BTreeMap<String, usize>,
}

impl Stage {
    fn play(&mut self, line: &[&str]) {
        match line {
            ["wait", seconds, ..] => self.wait(seconds.parse().unwrap_or(1)),
            ["ended", ..] => self.timers.on_script_ended(self.now),
            _ => self.ask(line),
        }
        let running: usize = self.running.values().sum();
        assert_eq!(self.timers.len(), running);
    }

    fn wait(&mut self, seconds: u16) {
        self.now += Duration::from_secs(seconds.into());
        let actions = self.timers.on_tick(self.now);
        for action in &actions {
            match action {
                Action::Run(call) => self.fired(&call.argument),
                Action::Exit => assert!(self.timers.is_empty(), "timers are lost"),
                Action::Answer(text) => panic!("nobody asked: {text}"),
                Action::Log(..) => {}
            }
        }
        let asleep = self.timers.next_deadline().is_none_or(|due| due > self.now);
        assert!(asleep || actions.contains(&Action::Exit), "wakes for nothing");
    }

    fn fired(&mut self, name: &str) {
        let left = self.running.get_mut(name).filter(|left| **left > 0);
        *left.expect("a timer that runs") -= 1;
    }

    fn ask(&mut self, line: &[&str]) {
        let request = Request::parse(line);
        if let Some(request) = &request {
            let again = words(&request.to_string());
            let again: Vec<&str> = again.iter().map(String::as_str).collect();
            assert_eq!(Request::parse(&again).as_ref(), Some(request));
        }
        let actions = self.timers.on_line(self.now, 0, line);
        let Some((Action::Answer(answer), before)) = actions.split_last() else {
            panic!("no answer")
        };
        let late = before.iter().any(|action| matches!(action, Action::Run(_)));
        assert!(before.iter().all(|action| !matches!(action, Action::Answer(_) | Action::Exit)));
        self.expect(request, answer, late);
    }

    fn expect(&mut self, request: Option<Request>, answer: &str, late: bool) {
        let expected = match &request {
            None => UNKNOWN,
            Some(Request::List) => return self.listed(answer),
            Some(_) => OK,
        };
        assert_eq!(answer, format!("{expected}\n"));
        match request {
            Some(Request::Start(start)) if start.seconds.is_some() && !start.name.is_empty() => {
                let running = self.running.entry(start.name).or_default();
                *running += usize::from(!start.shared || *running == 0);
            }
            Some(Request::Cancel(cancel)) => self.cancelled(&cancel, late),
            _ => assert!(!late),
        }
    }

    fn cancelled(&mut self, cancel: &Cancel, late: bool) {
        let before = self.running.get(&cancel.name).copied().unwrap_or_default();
        let all = !cancel.matched || (cancel.event.kind.is_empty() && cancel.event.ups.is_empty());
        let left = if all { 0 } else { self.rows(&cancel.name) };
        self.running.insert(cancel.name.clone(), left);
        assert!(left <= before && !(late && left < before), "too late, and yet in time");
    }

    /// How many timers of this name are listed.
    fn rows(&mut self, name: &str) -> usize {
        let actions = self.timers.on_line(self.now, 0, &["LIST-TIMERS"]);
        let [Action::Answer(answer)] = &actions[..] else { panic!("one answer") };
        answer.lines().filter(|row| row.split_once('\t').is_some_and(|(n, _)| n == name)).count()
    }

    fn listed(&self, answer: &str) {
        let rows = answer.strip_prefix(BEGIN_LIST).expect("a beginning");
        let rows = rows.strip_suffix(&format!("{END_LIST}\n{OK}\n")).expect("an end");
        assert_eq!(rows.matches('\n').count(), 1 + self.timers.len());
    }
}
