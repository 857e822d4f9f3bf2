//! Taking over new settings while watching: what is known of a UPS that stays, stays. Pure.

use super::Monitor;
use super::departure::Phase;
use super::watched::{Watched, thresholds};
use crate::action::{Action, Time, UpsId};
use crate::record::Step;
use crate::settings::{Settings, UpsSettings};

impl Monitor {
    /// Begins to watch one more UPS.
    pub(super) fn watch(&mut self, now: Time, settings: UpsSettings) -> Watched {
        let ups = self.new_number();
        self.actions.push(Action::Watch { ups, settings: settings.clone() });
        Watched::new(now, ups, settings)
    }

    fn new_number(&mut self) -> UpsId {
        self.next_id += 1;
        UpsId(self.next_id - 1)
    }

    /// Takes over settings that were found good and pass the power check. Whatever is not in them has
    /// its default. During a shutdown nothing is taken over.
    pub fn on_reload(&mut self, now: Time, settings: Settings) {
        if self.phase != Phase::Watching {
            return self.ignore("RELOAD");
        }
        self.settings = settings;
        let mut old = std::mem::take(&mut self.ups);
        for line in self.settings.ups.clone() {
            let watched = match old.iter().position(|ups| ups.settings.name == line.name) {
                Some(place) => self.keep(now, old.swap_remove(place), line),
                None => self.watch(now, line),
            };
            self.ups.push(watched);
        }
        self.record_watch(Step::Reload, "upsmon watches by new settings");
        for ups in old {
            self.actions.push(Action::Forget(ups.id));
            self.record(&ups.settings.name, Step::Forgotten, "not watched any more", "reload");
        }
        // No decision on verdicts of which some are still by the old settings.
        for place in 0..self.ups.len() {
            self.renew_verdict(now, place);
        }
        self.decide(now);
    }

    /// New settings were asked for, and are no good; what is in force stays.
    pub fn on_reload_refused(&mut self, why: &str) {
        let what = "a reload is refused: the old configuration stays in force";
        self.record("", Step::Refused, what, why);
    }

    /// What is watched from now on.
    pub(super) fn record_watch(&mut self, step: Step, what: &str) {
        let described = |ups: &Watched| {
            let UpsSettings { name, role, power_value, .. } = &ups.settings;
            format!("{name} ({role}, power value {power_value})")
        };
        let list: Vec<String> = self.ups.iter().map(described).collect();
        let rule = self.settings.origins.describe("MINSUPPLIES");
        let why = format!("{} by {rule}", self.settings.min_supplies);
        self.record(
            "",
            step,
            format!("{what} {}", list.join(", ")),
            format!("supplies wanted: {why}"),
        );
    }

    /// A UPS that stays. What its server must be told anew makes a new connection.
    fn keep(&mut self, now: Time, mut ups: Watched, line: UpsSettings) -> Watched {
        let same = UpsSettings { power_value: line.power_value, ..ups.settings.clone() } == line;
        if !same {
            let fresh = self.watch(now, line.clone());
            self.actions.push(Action::Forget(ups.id));
            ups = Watched { observed: ups.observed, verdict: ups.verdict, ..fresh };
        }
        ups.settings = line;
        // Thresholds may have changed places.
        ups.observed.holding.clear();
        if ups.observed.lost.is_none() {
            ups.observed.weigh(now, thresholds(&ups.settings, &self.settings));
        }
        ups
    }
}
