//! The conditions that keep power on, each in one place.
//!
//! Every condition that stands between a decision and darkness passes through [`Guards::hold`]. In
//! tests a guard can be taken out, to show that the model check finds what it guards against. Pure.

/// One such condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guard {
    /// A primary goes only when every secondary is known to be gone, or HOSTSYNC is over.
    SecondariesGone,
    /// Only a positive answer says that secondaries are gone.
    KnownGone,
    /// A count after the connection was lost says nothing of those who have not come back yet.
    StayedConnected,
    /// Nothing is decided anew once a shutdown began.
    Once,
    /// A host goes down by itself only below MINSUPPLIES.
    TooFewSupplies,
    /// A secondary waits for FSD.
    PrimaryFirst,
    /// A low battery, and silence, mean nothing of a UPS that was last seen on line power.
    OnBattery,
    /// Silence means nothing before DEADTIME.
    DeadTime,
    /// A calibration runs the battery down on purpose.
    NotCalibrating,
}

/// All guards stand; in tests one may be out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Guards {
    #[cfg(test)]
    out: Option<Guard>,
}

impl Guards {
    /// The condition, unless its guard is out; then true.
    #[cfg(not(test))]
    pub fn hold(self, _: Guard, condition: bool) -> bool {
        condition
    }

    /// The condition, unless its guard is out; then true.
    #[cfg(test)]
    pub fn hold(self, guard: Guard, condition: bool) -> bool {
        condition || self.out == Some(guard)
    }

    /// All guards but one.
    #[cfg(test)]
    pub fn without(guard: Guard) -> Guards {
        Guards { out: Some(guard) }
    }
}
