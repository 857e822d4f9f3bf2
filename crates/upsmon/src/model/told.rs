//! What a host was told of a UPS, and whether that is a cause to count it out.
//!
//! The judge of the judge: written anew from NUT 2.8.5's rules as they are documented, in whole
//! seconds and without a look at `observed` and `verdict`.

use super::{NOW, Second};
use crate::settings::{Role, Rules};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Told {
    /// The last good poll.
    heard: Option<Second>,
    /// A poll failed since then.
    pub(super) silent: bool,
    /// The last word of OL and OB was OB.
    battery: bool,
    /// OB and LB, since.
    low: Option<Second>,
    /// FSD, by the server or because this host set it.
    pub(super) fsd: bool,
    calibrating: bool,
    /// OFF, since.
    off: Option<Second>,
    /// The last good poll without OB and LB, or in a calibration; or the first other one after it.
    calm: Second,
}

/// Why a UPS may be counted out, or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// One that the settings name.
    Good,
    /// Never heard of, or all was well when last heard of.
    None,
    /// It has not been silent for DEADTIME.
    Silence,
    /// It calibrates.
    Calibration,
    /// The primary has not set FSD, and HOSTSYNC is not over.
    Early,
    /// OFF has not lasted for OFFDURATION.
    Off,
}

impl Default for Told {
    fn default() -> Told {
        Told {
            heard: None,
            silent: false,
            battery: false,
            low: None,
            fsd: false,
            calibrating: false,
            off: None,
            calm: NOW,
        }
    }
}

impl Told {
    pub(super) fn hear(&mut self, status: &str) {
        let has = |word| status.split(' ').any(|w| w == word);
        if has("OB") || has("OL") {
            self.battery = has("OB");
        }
        let was_urgent = self.low.is_some() && !self.calibrating;
        let low = self.battery && has("LB");
        self.low = low.then(|| self.low.unwrap_or(NOW));
        self.off = has("OFF").then(|| self.off.unwrap_or(NOW));
        self.calibrating = has("CAL");
        self.fsd = has("FSD");
        if !low || self.calibrating || !was_urgent {
            self.calm = NOW;
        }
        self.heard = Some(NOW);
        self.silent = false;
    }

    /// Every time it knows.
    pub(super) fn times(&mut self) -> impl Iterator<Item = &mut Second> {
        let options = [&mut self.heard, &mut self.low, &mut self.off];
        options.into_iter().filter_map(Option::as_mut).chain([&mut self.calm])
    }

    /// Whether the host may count the UPS out.
    pub(super) fn is_gone(&self, role: Role, rules: &Rules) -> bool {
        self.cause(role, rules) == Cause::Good
    }

    pub(super) fn cause(&self, role: Role, rules: &Rules) -> Cause {
        let early = role == Role::Secondary && !is_past(self.calm, rules.host_sync);
        let empty = self.is_empty(rules);
        if self.fsd || self.is_off(rules) || self.is_lost(rules) || (empty && !early) {
            return Cause::Good;
        }
        self.lacking(empty)
    }

    /// Silent for longer than this.
    fn is_dead(&self, time: Duration) -> bool {
        self.silent && self.heard.is_some_and(|heard| is_past(heard, time))
    }

    /// The battery is low, or is taken for it, and has been for OBLBDURATION.
    fn is_empty(&self, rules: &Rules) -> bool {
        let lasts = rules.oblb_duration;
        let low = self.low.is_some_and(|at| ago(at) >= lasts.as_secs());
        self.battery && !self.calibrating && (low || self.is_dead(rules.dead_time + lasts))
    }

    /// OFF for OFFDURATION, as far as it was seen.
    fn is_off(&self, rules: &Rules) -> bool {
        let (Some(since), Some(heard), Some(time)) = (self.off, self.heard, rules.off_duration)
        else {
            return false;
        };
        let seen = if self.silent { ago(since) - ago(heard) } else { ago(since) };
        time.is_zero() || seen > time.as_secs()
    }

    /// Silent after a state that may have ended in darkness.
    fn is_lost(&self, rules: &Rules) -> bool {
        self.is_dead(rules.dead_time) && (self.calibrating || self.off.is_some())
    }

    /// What is missing most.
    fn lacking(&self, empty: bool) -> Cause {
        match self {
            _ if empty => Cause::Early,
            Told { calibrating: true, silent: false, low: Some(_), .. } => Cause::Calibration,
            Told { heard: None, .. }
            | Told { battery: false, off: None, calibrating: false, .. } => Cause::None,
            Told { silent: true, .. } => Cause::Silence,
            Told { off: Some(_), .. } => Cause::Off,
            _ => Cause::None,
        }
    }
}

/// Seconds since then.
fn ago(second: Second) -> u64 {
    (NOW - second).into()
}

fn is_past(since: Second, time: Duration) -> bool {
    ago(since) > time.as_secs()
}
