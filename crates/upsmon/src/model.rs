//! A model check of the way down: real monitors, and every order of events around them.
//!
//! `stateright` goes through all states of a small site: hosts that each run a [`crate::monitor::Monitor`], its links,
//! the servers, the power, the root process of each host. In each state `properties` must hold; that
//! the check can fail is shown by taking guards out (`checks`). The sites and their bounds stand in
//! `sites`; `cargo test` goes through small ones, with WALNUT_MODEL_LARGE set (and --release) further.
//!
//! **What is real.** The monitor, and the root process's list of orders ([`crate::order::Orders`]).
//! What it does to the rest of the world is in `turn`, in the manner of the real loop and of the real
//! link: one question at a time, FSD before logins before a poll, and a connection that ends fails
//! all that was asked. `told` judges what a monitor may conclude, without a look at its code.
//!
//! **What may happen.** In any order within a second: a UPS shows something else; a question or its
//! answer is lost, or comes in the next second; a connection ends; a server ends, and is started again
//! at any later moment; a host stands still for a second; somebody asks for FSD; a shutdown takes
//! its time; the power is cut when a primary with its flag is down. How often the power may change,
//! and how much may go wrong in one run, is bounded; when it does is not, and how long a run lasts is
//! not either.
//!
//! **Time** goes on in whole seconds, and it is always [`NOW`]: each second moves all that is
//! remembered one further back, and what is longer ago than every wait of the settings is as good as
//! for ever ago. So states come back, and the check ends without an end of time. Everything due in a
//! second is done in it, unless a host stands still.
//!
//! **Reductions** that lose nothing: a host's timer and the first question that it puts are one step,
//! as nothing that happens between can touch either; so are question and answer, unless one is late.
//! Secondaries that are alike may change places. What a UPS shows is not changed twice before
//! anybody has looked. States are told apart by 64 bits of hash, as stateright does it.
//!
//! **In the end every host is down** is asked of sites whose outage has begun for good by a given
//! second. stateright sees such a property on paths that end only, and must not meet a state again by
//! another way with another past. So these sites count seconds up to an end, where no state comes
//! twice, and the property, once true, stays true. That nothing goes wrong for ever is in the bounds;
//! besides, servers are back soon, machines take a second to go down, and each host has been heard of
//! before: a host that nobody could ever tell of the outage stays up.
//!
//! **Not covered:** fractions of a second (a wait that is too short by less than one passes); longer
//! waits and larger sites than those here; reload, sleep and stop; thresholds and statuses that no
//! site shows; a SHUTDOWNCMD that fails; a login that its server keeps when the host is long gone
//! (it makes a primary wait, no more). And what NUT's protocol cannot tell: a secondary whose own
//! connection broke is, to its primary, one that has left; one that has begun to go down has logged
//! out, and is not waited for until it is down. Both are among the states that have to be *seen*.

mod checks;
mod host;
mod properties;
mod shared;
mod site;
mod sites;
mod told;
mod turn;
mod world;

use crate::action::Time;

/// A second, told by a clock on which it is always [`NOW`].
type Second = u8;

/// This second.
const NOW: Second = 100;

fn time(second: Second) -> Time {
    Time::from_secs(second.into())
}
