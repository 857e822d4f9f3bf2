//! An outage with an invented clock, gone through by the same core that watches in earnest.
//!
//! Plays the servers, the root process and the time, and writes down what the core wants. Pure.

use super::script::Part;
use crate::action::{Action, Report, Time, UpsId};
use crate::monitor::Monitor;
use crate::notices::Notice;
use crate::order::{Order, Outcome};
use crate::record::{Record, Step};
use crate::settings::{Settings, ShutdownExit};
use crate::timeline::Row;
use std::collections::VecDeque;
use std::time::Duration;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Step by step, the time counting from the failure of mains power.
    pub rows: Vec<Row>,
    /// When the shutdown command would be run, if ever.
    pub down: Option<Time>,
}

/// Goes through an outage. The parts are those of the UPSes in the order of the settings.
pub fn play(settings: &Settings, parts: &[Part]) -> Course {
    let mut events: Vec<(Time, Row)> =
        parts.iter().flat_map(|part| part.events(settings)).collect();
    events.sort_by_key(|(at, _)| *at);
    let mut stage = Stage {
        monitor: Monitor::new(Time::ZERO, settings.clone()),
        parts,
        events: events.into(),
        now: Time::ZERO,
        course: Course { rows: Vec::new(), down: None },
        over: false,
    };
    stage.play(horizon(settings, parts));
    stage.course
}

/// When everything that can come has come.
fn horizon(settings: &Settings, parts: &[Part]) -> Time {
    let rules = &settings.rules;
    let linger = match settings.shutdown_exit {
        ShutdownExit::After(time) => time,
        ShutdownExit::Never => Duration::ZERO,
    };
    let waits = [
        rules.oblb_duration,
        rules.host_sync.saturating_mul(2),
        settings.final_delay.saturating_mul(2),
        settings.poll_freq.max(settings.poll_freq_alert).saturating_mul(2),
        linger,
        Duration::from_secs(60),
    ];
    let end = parts.iter().map(Part::end).max().unwrap_or_default();
    waits.into_iter().fold(end, Duration::saturating_add)
}

struct Stage<'a> {
    monitor: Monitor,
    parts: &'a [Part],
    /// What the UPSes do by themselves.
    events: VecDeque<(Time, Row)>,
    now: Time,
    course: Course,
    over: bool,
}

impl Stage<'_> {
    fn play(&mut self, horizon: Time) {
        for place in 0..self.parts.len() {
            self.report(UpsId(place), Report::LoggedIn);
        }
        self.perform();
        self.show_events();
        while let Some(due) = self.monitor.next_deadline().filter(|due| *due <= horizon) {
            self.now = self.now.max(due);
            self.show_events();
            self.monitor.on_tick(self.now);
            self.perform();
            if self.over {
                return;
            }
        }
    }

    fn show_events(&mut self) {
        // A shutdown that is under way does not look at the UPSes any more.
        let blind = self.course.down.is_some();
        while self.events.front().is_some_and(|(at, _)| *at <= self.now) {
            if let Some((at, row)) = self.events.pop_front().filter(|_| !blind) {
                self.course.rows.push(Row { since: Some(millis(at)), ..row });
            }
        }
    }

    fn perform(&mut self) {
        let mut actions: VecDeque<Action> = self.monitor.take_actions().into();
        while let Some(action) = actions.pop_front() {
            self.act(action);
            actions.extend(self.monitor.take_actions());
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Poll { ups, .. } => {
                let sample = self.part(ups).map(|part| part.sample(self.now));
                sample.into_iter().for_each(|sample| self.report(ups, Report::Sample(sample)));
            }
            Action::AskLogins(ups) => {
                let logins = self.part(ups).map(Part::logins);
                logins.into_iter().for_each(|logins| self.report(ups, Report::Logins(logins)));
            }
            Action::SetFsd(ups) => self.report(ups, Report::FsdSet(Ok(()))),
            Action::Order(order) => self.carry_out(order),
            Action::Notify(notice) => self.show_notice(&notice),
            Action::Wall(text) => self.show("", format!("on all terminals: {text}"), ""),
            Action::Record(record) => self.show_record(record),
            Action::Disconnect => self.show("", "leaves its servers".to_owned(), ""),
            Action::Exit(_) => self.over = true,
            Action::Watch { .. } | Action::Forget(_) | Action::Log(..) => {}
            Action::Reconnect(_) | Action::AskAnew(_) => {}
        }
    }

    fn part(&self, ups: UpsId) -> Option<&Part> {
        self.parts.get(ups.0)
    }

    fn report(&mut self, ups: UpsId, report: Report) {
        self.monitor.on_report(self.now, ups, report);
    }

    fn carry_out(&mut self, order: Order) {
        if order == Order::Shutdown {
            self.course.down = Some(self.now);
            self.over |= self.monitor.settings().shutdown_exit == ShutdownExit::Never;
        }
        self.monitor.on_outcome(self.now, order, Outcome::Done);
    }

    fn show_notice(&mut self, notice: &Notice) {
        let command = self.monitor.settings().notify_cmd.clone();
        let flags = notice.flags;
        let ways = [
            flags.syslog.then(|| "syslog".to_owned()),
            flags.wall.then(|| "wall".to_owned()),
            command.filter(|_| flags.exec),
        ];
        let ways: Vec<String> = ways.into_iter().flatten().collect();
        let ways = if ways.is_empty() { "nobody".to_owned() } else { ways.join(", ") };
        let what = format!("notice {}: {}", notice.kind, notice.text);
        self.show(&notice.ups, what, &format!("to {ways}"));
    }

    /// Notices are shown with the ways they go, and nothing becomes of orders.
    fn show_record(&mut self, record: Record) {
        let Record { ups, step, what, mut why } = record;
        let waited_for = self.parts.iter().find(|part| part.name() == ups).and_then(Part::others);
        if let (Step::Wait, Some(others)) = (step, waited_for) {
            why = format!("{why}; there now: {others}");
        }
        if !matches!(step, Step::Start | Step::Notice(_) | Step::Outcome) {
            self.show(&ups, what, &why);
        }
    }

    fn show(&mut self, ups: &str, what: String, why: &str) {
        let (ups, why) = (ups.to_owned(), why.to_owned());
        let since = Some(millis(self.now));
        self.course.rows.push(Row { since, ups, what, why, ..Row::default() });
    }
}

fn millis(time: Time) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
