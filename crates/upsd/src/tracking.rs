//! What became of tracked commands.
//!
//! Ids come from the kernel's random generator through the caller; letter case does not count in
//! them. An id outlives the connection that asked for it and expires by its age alone (NUT 2.8.5).
//! Pure.

use crate::action::Time;
use nut_proto::reply::TrackingState;
use std::collections::{HashMap, VecDeque};

/// Most ids remembered; older ones give way. NUT has no limit and grows with each request.
const MOST: usize = 10_000;

/// The commands under way and their outcomes.
#[derive(Debug, Default)]
pub struct Tracking {
    states: HashMap<String, TrackingState>,
    /// Ids in upper case by age, oldest first.
    ages: VecDeque<(Time, String)>,
}

impl Tracking {
    /// Remembers a command that was handed to a driver.
    pub fn begin(&mut self, now: Time, id: &str) {
        let id = id.to_ascii_uppercase();
        self.states.insert(id.clone(), TrackingState::Pending);
        self.ages.push_back((now, id));
        while self.ages.len() > MOST {
            self.forget_oldest();
        }
    }

    /// Takes in a driver's word. False if nobody waits for it.
    pub fn set(&mut self, id: &str, state: TrackingState) -> bool {
        match self.states.get_mut(&id.to_ascii_uppercase()) {
            Some(place) => {
                *place = state;
                true
            }
            None => false,
        }
    }

    /// What is known of an id; an unknown or expired one is [`TrackingState::Unknown`].
    pub fn state(&self, id: &str) -> TrackingState {
        let known = self.states.get(&id.to_ascii_uppercase());
        known.copied().unwrap_or(TrackingState::Unknown)
    }

    /// Forgets the ids that are more than `delay` whole seconds old.
    pub fn expire(&mut self, now: Time, delay: u64) {
        let expired = |begun: &Time| now.as_secs().saturating_sub(begun.as_secs()) > delay;
        while self.ages.front().is_some_and(|(begun, _)| expired(begun)) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, id)) = self.ages.pop_front() {
            self.states.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_expire_by_age_whatever_their_state() {
        let mut tracking = Tracking::default();
        tracking.begin(Time::from_secs(1), "ABC");
        tracking.begin(Time::from_secs(5), "DEF");
        assert!(tracking.set("abc", TrackingState::Success));
        assert!(!tracking.set("xyz", TrackingState::Success));
        tracking.expire(Time::from_secs(11), 10);
        assert_eq!(tracking.state("Abc"), TrackingState::Success);
        tracking.expire(Time::from_secs(12), 10);
        assert_eq!(tracking.state("ABC"), TrackingState::Unknown);
        assert_eq!(tracking.state("DEF"), TrackingState::Pending);
    }

    #[test]
    fn memory_is_bounded() {
        let mut tracking = Tracking::default();
        for n in 0..=MOST {
            tracking.begin(Time::ZERO, &n.to_string());
        }
        assert_eq!((tracking.states.len(), tracking.ages.len()), (MOST, MOST));
        assert_eq!(tracking.state("0"), TrackingState::Unknown);
    }
}
