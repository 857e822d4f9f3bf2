//! The loop: what happens goes to the monitor, what the monitor wants is done.
//!
//! The only place where core, links, notices and the root process meet. It decides nothing, and waits
//! for nothing but the next event: whatever takes long goes on beside it.

mod delays;
mod dozing;

use crate::action::{Action, Time, UpsId};
use crate::carrier::Carrier;
use crate::link::{Link, Patience, Throttle};
use crate::links::Links;
use crate::messenger::{Messenger, Told};
use crate::monitor::Monitor;
use crate::record::Record;
use crate::settings::Settings;
use crate::sleep::Sleeper;
use crate::sleep::doze::Doze;
use crate::tell::tell;
use delays::Delays;
use nut_daemon::clock::Clock;
use nut_daemon::notify;
use nut_daemon::reactor::{Closed, Event, Id, Reactor};
use nut_daemon::resolver::Family;
use nut_daemon::signals;
use std::io;
use std::time::Duration;

/// The signals that the reactor has to report.
pub const SIGNALS: [i32; 7] = [
    signals::HUP,
    signals::USR1,
    signals::USR2,
    signals::TERM,
    signals::INT,
    signals::QUIT,
    signals::CHLD,
];

/// Reads the configuration again; where the settings in force, which it is given, are to stay, logs and
/// says why.
pub type Reread = Box<dyn FnMut(&Settings) -> Result<Settings, String>>;

/// What the loop needs of the program around it.
pub struct Surroundings {
    /// Who carries out orders.
    pub messenger: Messenger,
    /// The only family of addresses to connect to, if there is one (`-4`, `-6`).
    pub family: Option<Family>,
    /// How long servers may take (`-W`).
    pub patience: Patience,
    /// How often the service manager wants a sign of life.
    pub watchdog: Option<Duration>,
    /// The process that the service manager knows.
    pub main_pid: u32,
    /// For a reload.
    pub reread: Reread,
    /// Keeps a step for `upsmon --why`, without delay.
    pub keep: Box<dyn FnMut(Record)>,
}

/// The running monitor.
pub struct Daemon {
    reactor: Reactor,
    clock: Clock,
    monitor: Monitor,
    links: Links,
    carrier: Carrier,
    around: Surroundings,
    sleeper: Sleeper,
    doze: Doze,
    delays: Delays,
    last_watchdog: Time,
    /// The signal that asked the program to end.
    stop: Option<i32>,
    exit: Option<u8>,
}

impl Daemon {
    /// Puts the parts together, threads among them: the process forks no more. The reactor reports
    /// [`SIGNALS`]; the settings have passed the power check.
    pub fn new(reactor: Reactor, clock: Clock, settings: Settings, around: Surroundings) -> Daemon {
        let mut daemon = Daemon {
            links: Links::new(&reactor, around.family, around.patience),
            monitor: Monitor::new(clock.now(), settings),
            carrier: Carrier::default(),
            sleeper: Sleeper::start(reactor.waker()),
            doze: Doze::default(),
            delays: Delays::default(),
            last_watchdog: clock.now(),
            reactor,
            clock,
            around,
            stop: None,
            exit: None,
        };
        daemon.apply_settings();
        daemon
    }

    /// Watches until it is to end; gives the exit status.
    pub fn run(&mut self) -> io::Result<u8> {
        loop {
            let begun = self.now();
            self.tick();
            self.notice_delay(begun);
            if let Some(status) = self.exit {
                self.end();
                return Ok(status);
            }
            let events = self.wait()?;
            self.notice_sleep();
            let woken = self.now();
            for event in events {
                self.take(event);
                self.perform();
            }
            self.notice_delay(woken);
        }
    }

    /// What happened; after a delay all that happened meanwhile, before anything is made of the time.
    fn wait(&mut self) -> io::Result<Vec<Event>> {
        let timeout = self.timeout();
        let due = timeout.map(|timeout| self.now() + timeout);
        let mut events = self.reactor.wait(timeout)?;
        if due.is_some_and(|due| self.notice_delay(due)) {
            events.extend(self.reactor.wait(Some(Duration::ZERO))?);
        }
        Ok(events)
    }

    /// Whether the loop goes on so much later than it should that it matters.
    fn notice_delay(&mut self, due: Time) -> bool {
        let late = self.delays.on_turn(due, self.now());
        if let Some(late) = late {
            self.monitor.on_delay(late);
            self.perform();
        }
        late.is_some()
    }

    fn now(&self) -> Time {
        self.clock.now()
    }

    /// The parts that live by the settings besides the monitor.
    fn apply_settings(&mut self) {
        let now = self.now();
        let settings = self.monitor.settings();
        self.links.set_secret(&mut self.reactor, now, settings.tls.forbids_clear_text());
        self.links.set_throttle(Throttle::new(settings.poll_fail_throttle, settings.poll_freq));
        self.carrier.set_command(settings.notify_cmd.clone());
        self.around.messenger.redefine(settings);
    }

    fn timeout(&self) -> Option<Duration> {
        let watchdog = self.watchdog_pause().map(|pause| self.last_watchdog + pause);
        let deadlines = [
            self.monitor.next_deadline(),
            self.links.next_deadline(),
            self.carrier.next_deadline(),
            self.doze.deadline(),
            watchdog,
        ];
        let next = deadlines.into_iter().flatten().min()?;
        Some(next.saturating_sub(self.now()))
    }

    /// Half the interval leaves room for a busy machine.
    fn watchdog_pause(&self) -> Option<Duration> {
        self.around.watchdog.map(|interval| interval / 2)
    }

    fn tick(&mut self) {
        self.tire_of_dozing();
        let now = self.now();
        self.links.on_tick(&mut self.reactor, now);
        self.perform();
        let due = |deadline: Option<Time>| deadline.is_some_and(|deadline| deadline <= now);
        if due(self.monitor.next_deadline()) {
            self.monitor.on_tick(now);
            self.perform();
        }
        if due(self.carrier.next_deadline()) {
            self.carrier.tick(now);
        }
        if due(self.watchdog_pause().map(|pause| self.last_watchdog + pause)) {
            self.last_watchdog = now;
            notify::watchdog();
        }
    }

    fn take(&mut self, event: Event) {
        let now = self.now();
        match event {
            Event::Connected { conn } => self.links.on_connected(&mut self.reactor, now, conn),
            Event::Data { conn, bytes } if self.around.messenger.is(conn) => {
                let told = self.around.messenger.on_data(&bytes);
                self.tell_outcomes(told);
            }
            Event::Data { conn, bytes } => {
                self.links.on_data(&mut self.reactor, now, conn, &bytes);
            }
            Event::Closed { conn, reason } => self.closed(now, conn, &reason),
            Event::Woken => {
                self.links.on_woken(&mut self.reactor, now);
                self.hear_of_sleep();
            }
            Event::Signal(number) => self.signal(now, number),
            Event::Opened { .. } | Event::Drained { .. } | Event::AcceptFailed { .. } => {}
        }
    }

    fn closed(&mut self, now: Time, conn: Id, reason: &Closed) {
        if self.around.messenger.is(conn) {
            let told = self.around.messenger.on_lost();
            self.tell_outcomes(told);
            self.monitor.on_parent_lost(now);
        } else {
            self.links.on_closed(&mut self.reactor, now, conn, reason);
        }
    }

    fn tell_outcomes(&mut self, told: impl IntoIterator<Item = Told>) {
        let now = self.now();
        told.into_iter().for_each(|(order, outcome)| self.monitor.on_outcome(now, order, outcome));
    }

    fn signal(&mut self, now: Time, number: i32) {
        match number {
            signals::HUP => {
                log::info!("Signal {number}: User requested RELOAD");
                self.reload(now);
            }
            signals::USR1 => {
                log::info!("Signal {number}: User requested FSD");
                self.monitor.on_user_fsd(now);
            }
            signals::CHLD => {
                self.carrier.on_child(now);
                let told = self.around.messenger.on_child();
                self.tell_outcomes(told);
            }
            signals::TERM | signals::INT | signals::QUIT => {
                self.stop = Some(number);
                self.monitor.on_stop(number);
            }
            // NUT 2.8.5 dies of USR2, and leaves its host unwatched.
            _ => nut_daemon::debug!(1, "Signal {number}: ignored"),
        }
    }

    fn reload(&mut self, now: Time) {
        if self.monitor.is_leaving() {
            // It says itself that this is not the time.
            return self.monitor.on_reload(now, self.monitor.settings().clone());
        }
        self.break_dozing();
        notify::reloading();
        match (self.around.reread)(self.monitor.settings()) {
            Ok(settings) => {
                self.monitor.on_reload(now, settings);
                self.apply_settings();
            }
            Err(why) => self.monitor.on_reload_refused(&why),
        }
        notify::ready_as(self.around.main_pid);
    }

    /// Does what the monitor wants, and what it wants as a consequence.
    fn perform(&mut self) {
        loop {
            let (actions, reports) = (self.monitor.take_actions(), self.links.take_reports());
            if actions.is_empty() && reports.is_empty() {
                return;
            }
            actions.into_iter().for_each(|action| self.act(action));
            let now = self.now();
            reports.into_iter().for_each(|(ups, report)| self.monitor.on_report(now, ups, report));
        }
    }

    fn act(&mut self, action: Action) {
        let now = self.now();
        match action {
            Action::Watch { ups, settings } => self.links.watch(ups, settings),
            Action::Forget(ups) => self.links.forget(&mut self.reactor, now, ups),
            Action::Poll { ups, variables } => self.link(ups, |link| link.poll(now, variables)),
            Action::AskLogins(ups) => self.link(ups, |link| link.ask_logins(now)),
            Action::SetFsd(ups) => self.link(ups, |link| link.set_fsd(now)),
            Action::Reconnect(ups) => self.link(ups, |link| link.reconnect(now)),
            Action::AskAnew(ups) => self.link(ups, |link| link.ask_anew(now)),
            Action::Notify(notice) => self.carrier.notice(now, &notice),
            Action::Wall(text) => self.carrier.wall(now, &text),
            Action::Order(order) => {
                let told = self.around.messenger.give(&mut self.reactor, order);
                self.tell_outcomes(told);
            }
            Action::Disconnect => self.links.close(&mut self.reactor, now),
            Action::Exit(status) => self.exit = Some(status),
            Action::Log(level, text) => tell(level, &text),
            Action::Record(record) => (self.around.keep)(record),
        }
    }

    fn link(&mut self, ups: UpsId, act: impl FnOnce(&mut Link)) {
        let now = self.now();
        self.links.with(&mut self.reactor, now, ups, act);
    }

    /// The last words: nothing that was to be told is left untold.
    fn end(&mut self) {
        if let Some(number) = self.stop {
            notify::stopping(&format!("Signal {number}: exiting"));
        }
        let now = self.now();
        self.links.close(&mut self.reactor, now);
        self.carrier.flush(now);
        self.reactor.flush();
    }
}
