//! One host's turn: its monitor is called and does what it wants, questions meet their server.

use super::host::{Host, Late, Life, Question};
use super::shared::Shared;
use super::site::{Site, Trouble};
use super::world::{Rule, World, change};
use super::{NOW, time};
use crate::action::{Action, NoAnswer, PollFailure, Report, Sample, UpsId};
use crate::monitor::Monitor;
use crate::order::{Order, Outcome};
use crate::settings::Role;

/// What the real link says where there is no connection.
const NOT_CONNECTED: &str = "Driver not connected";

pub(super) struct Turn<'a> {
    site: &'a Site,
    world: &'a mut World,
    place: usize,
    host: Host,
}

impl Turn<'_> {
    pub(super) fn of<'a>(site: &'a Site, world: &'a mut World, place: usize) -> Turn<'a> {
        let host = Host::clone(&world.hosts[place]);
        Turn { site, world, place, host }
    }

    /// The monitor does what is due; a first question on this link is served. None where the first
    /// question is on another link.
    pub(super) fn wake(mut self, ups: usize, trouble: Option<Trouble>) -> Option<()> {
        self.call(|monitor| monitor.on_tick(time(NOW)));
        let spins = self.host.is_due();
        self.demand(Rule::NoSpin, !spins);
        if self.host.links[ups].next().is_some() {
            return self.serve(ups, trouble);
        }
        let idle = self.host.links.iter().all(|link| link.next().is_none());
        (idle && ups == 0 && trouble.is_none()).then(|| self.end())
    }

    /// The monitor's first polls, all of them.
    pub(super) fn wake_all(mut self) {
        self.call(|monitor| monitor.on_tick(time(NOW)));
        for ups in 0..self.host.links.len() {
            if let Some(question) = self.host.links[ups].next() {
                let report = self.process(ups, question);
                self.answer(ups, question, report);
            }
        }
        self.end();
    }

    /// Somebody wants this host down.
    pub(super) fn ask(mut self) {
        self.host.asked = true;
        self.call(|monitor| monitor.on_user_fsd(time(NOW)));
        self.end();
    }

    /// The host learns that its connection has ended.
    pub(super) fn notice(mut self, ups: usize) {
        self.break_off(ups);
        self.end();
    }

    /// The next question meets its server, or what was late comes. None where this trouble cannot be.
    pub(super) fn serve(mut self, ups: usize, trouble: Option<Trouble>) -> Option<()> {
        let link = &mut self.host.links[ups];
        let ended = link.ended;
        let late = link.late.take();
        let question = late.as_ref().map(|late| late.question).or_else(|| link.next())?;
        let runs = self.world.away[self.site.server_of[ups]].is_none();
        match (late.and_then(|late| late.answer), trouble) {
            (_, None) if ended => self.break_off(ups),
            (Some(report), _) => self.answer(ups, question, report),
            (_, None) if !runs => self.fail(ups, PollFailure::Connect),
            (_, None) => {
                let report = self.process(ups, question);
                self.answer(ups, question, report);
            }
            (_, Some(trouble)) if runs && !ended => self.trouble(ups, question, trouble)?,
            _ => return None,
        }
        self.end();
        Some(())
    }

    fn trouble(&mut self, ups: usize, question: Question, trouble: Trouble) -> Option<()> {
        self.world.troubles -= 1;
        let since = NOW;
        match trouble {
            Trouble::Lost => self.lose(ups),
            Trouble::Unanswered if question == Question::Fsd => {
                self.process(ups, question);
                self.lose(ups);
            }
            Trouble::LateQuestion => {
                self.host.links[ups].late = Some(Late { since, question, answer: None });
            }
            Trouble::LateAnswer => {
                let answer = Some(self.process(ups, question));
                self.host.links[ups].late = Some(Late { since, question, answer });
            }
            _ => return None,
        }
        Some(())
    }

    fn answer(&mut self, ups: usize, question: Question, report: Report) {
        self.host.links[ups].answered(question);
        self.tell(ups, report);
    }

    /// The connection ends under a question.
    fn lose(&mut self, ups: usize) {
        let link = &mut self.host.links[ups];
        (link.ended, link.awaited) = (true, false);
        self.break_off(ups);
    }

    /// The real link's way: it is logged out, then everything asked has failed.
    fn break_off(&mut self, ups: usize) {
        let link = &mut self.host.links[ups];
        (link.open, link.ended, link.late) = (false, false, None);
        if self.is_admitted() {
            self.tell(ups, Report::LoggedOut);
        }
        self.fail(ups, PollFailure::DriverNotConnected);
    }

    fn fail(&mut self, ups: usize, failure: PollFailure) {
        let link = &mut self.host.links[ups];
        let why = || NoAnswer::Lost(NOT_CONNECTED.to_owned());
        let failed = [
            std::mem::take(&mut link.fsd).then(|| Report::FsdSet(Err(why()))),
            std::mem::take(&mut link.logins).then(|| Report::Logins(Err(why()))),
            std::mem::take(&mut link.poll).then_some(Report::Failed(failure)),
        ];
        failed.into_iter().flatten().for_each(|report| self.tell(ups, report));
    }

    fn is_admitted(&self) -> bool {
        self.site.refused != Some(self.place)
    }

    /// The server's part.
    fn process(&mut self, ups: usize, question: Question) -> Report {
        self.log_in(ups);
        match question {
            Question::Fsd if !self.is_admitted() => {
                Report::FsdSet(Err(NoAnswer::Refused("ERR ACCESS-DENIED".to_owned())))
            }
            Question::Fsd => {
                self.world.ups[ups].fsd = true;
                Report::FsdSet(Ok(()))
            }
            Question::Logins => Report::Logins(Ok(self.logins(ups))),
            Question::Poll => self.sample(ups),
        }
    }

    fn log_in(&mut self, ups: usize) {
        if std::mem::replace(&mut self.host.links[ups].open, true) {
            return;
        }
        let report = match self.is_admitted() {
            true => Report::LoggedIn,
            false => Report::LoginRefused("ERR ACCESS-DENIED".to_owned()),
        };
        self.tell(ups, report);
    }

    fn logins(&self, ups: usize) -> u32 {
        let counted = |place: usize| {
            let host = if place == self.place { &self.host } else { &*self.world.hosts[place] };
            host.links[ups].open && self.site.refused != Some(place)
        };
        (0..self.world.hosts.len()).map(|place| u32::from(counted(place))).sum()
    }

    fn sample(&mut self, ups: usize) -> Report {
        let state = &mut self.world.ups[ups];
        state.unseen = false;
        match self.site.shows[state.shows] {
            "-" => Report::Failed(PollFailure::DataStale),
            shows => {
                let fsd = if state.fsd { "FSD " } else { "" };
                Report::Sample(Sample { status: format!("{fsd}{shows}"), ..Sample::default() })
            }
        }
    }

    /// A report goes to the monitor; what it tells is noted.
    fn tell(&mut self, ups: usize, report: Report) {
        let told = &mut self.host.told[ups];
        match &report {
            Report::Sample(sample) => told.hear(&sample.status),
            Report::Failed(_) => told.silent = true,
            Report::FsdSet(Ok(())) => told.fsd = true,
            _ => {}
        }
        self.call(|monitor| monitor.on_report(time(NOW), UpsId(ups), report));
    }

    /// Calls the monitor and does what it wants, until it wants nothing more.
    fn call(&mut self, call: impl FnOnce(&mut Monitor)) {
        let was_leaving = self.host.is_leaving();
        if let Some(monitor) = &mut self.host.monitor {
            call(monitor);
        }
        match (was_leaving, self.host.is_leaving()) {
            (false, true) => self.leaves(),
            (true, false) => self.host.turned_back = true,
            _ => {}
        }
        while let Some(actions) = self.actions() {
            let unconnected: Vec<usize> =
                actions.into_iter().filter_map(|action| self.act(action)).collect();
            for ups in unconnected {
                self.tell(ups, Report::Logins(Err(NoAnswer::Lost(NOT_CONNECTED.to_owned()))));
            }
        }
    }

    fn actions(&mut self) -> Option<Vec<Action>> {
        let actions = self.host.monitor.as_mut()?.take_actions();
        (!actions.is_empty()).then_some(actions)
    }

    /// A way down begins. Where it cannot be called off, it needs its cause now.
    fn leaves(&mut self) {
        let fsd = self.host.told.iter().any(|told| told.fsd);
        if fsd || self.host.asked || !self.site.hosts[self.place].shutdown_cancel {
            self.bind();
        }
    }

    /// From now on there is no way back.
    fn bind(&mut self) {
        if self.host.bound_at.is_none() {
            self.host.bound_at = Some(NOW);
            self.demand(Rule::Cause, self.host.asked || self.lacks_supplies());
        }
    }

    fn lacks_supplies(&self) -> bool {
        self.site.lacks_supplies(self.place, &self.host)
    }

    fn demand(&mut self, rule: Rule, holds: bool) {
        if !holds && !self.world.broken.contains(&rule) {
            self.world.broken.push(rule);
        }
    }

    /// Does it; gives the link that says at once that it cannot ask for logins.
    fn act(&mut self, action: Action) -> Option<usize> {
        match action {
            Action::Poll { ups, .. } => self.host.links[ups.0].poll = true,
            Action::AskLogins(ups) => return self.ask_logins(ups.0),
            Action::SetFsd(ups) => self.set_fsd(ups.0),
            Action::Reconnect(ups) => self.leave(ups.0),
            Action::Order(order) => self.order(order),
            Action::Disconnect => (0..self.host.links.len()).for_each(|ups| self.leave(ups)),
            Action::Exit(_) => self.host.monitor = None,
            Action::Watch { .. } | Action::Forget(_) => unreachable!("nothing is reloaded here"),
            // No host is stopped or sleeps here.
            Action::AskAnew(_) => unreachable!("nothing was passed over"),
            Action::Notify(_) | Action::Wall(_) | Action::Log(..) | Action::Record(_) => {}
        }
        None
    }

    fn ask_logins(&mut self, ups: usize) -> Option<usize> {
        let link = &mut self.host.links[ups];
        link.logins = link.open || link.ended;
        (!link.logins).then_some(ups)
    }

    /// From the first time on, the primary waits for those who are counted.
    fn set_fsd(&mut self, ups: usize) {
        self.bind();
        self.host.fsd_at.get_or_insert(NOW);
        let link = &mut self.host.links[ups];
        link.fsd = true;
        if std::mem::replace(&mut link.tried, true) {
            return;
        }
        for place in (0..self.world.hosts.len()).filter(|&place| place != self.place) {
            let counted = self.world.hosts[place].links[ups].open;
            if counted && self.site.refused != Some(place) {
                change(self.world, place, |host| host.links[ups].awaited = true);
            }
        }
    }

    fn leave(&mut self, ups: usize) {
        self.host.links[ups] =
            super::host::Link { tried: self.host.links[ups].tried, ..Default::default() };
    }

    fn order(&mut self, order: Order) {
        if order == Order::Shutdown {
            self.host.shutdowns += 1;
            self.demand(Rule::Once, self.host.shutdowns == 1);
            self.bind();
            self.goes();
        }
        let admitted = self.host.orders.admit(order.byte());
        match admitted {
            Some(Order::WriteFlag) => self.host.flag = true,
            Some(Order::Shutdown) => self.host.life = Life::Leaving(NOW),
            _ => {}
        }
        let outcome = if admitted.is_some() { Outcome::Done } else { Outcome::Refused };
        if let Some(monitor) = &mut self.host.monitor {
            monitor.on_outcome(time(NOW), order, outcome);
        }
    }

    /// What must hold when the order is given that ends in darkness.
    fn goes(&mut self) {
        let lines = &self.site.hosts[self.place].ups;
        let primary: Vec<usize> =
            (0..lines.len()).filter(|&ups| lines[ups].role == Role::Primary).collect();
        let tried = primary.iter().all(|&ups| self.host.links[ups].tried);
        self.demand(Rule::FsdFirst, tried);
        let waited = self.site.hosts[self.place].rules.host_sync.as_secs();
        let over = self.host.fsd_at.is_some_and(|at| u64::from(NOW - at) >= waited);
        let awaited = |ups: usize| {
            let mut others = self.world.hosts.iter().enumerate().filter(|(p, _)| *p != self.place);
            others.any(|(_, host)| host.links[ups].awaited)
        };
        let alone = !primary.into_iter().any(awaited);
        self.demand(Rule::WaitsForSecondaries, alone || over);
    }

    fn end(self) {
        self.world.hosts[self.place] = Shared::new(self.host);
    }
}
