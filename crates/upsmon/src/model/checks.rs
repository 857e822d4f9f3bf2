//! The checks themselves, and what they find when a guard is out.

use super::properties::EVERY_HOST_GOES;
use super::site::Site;
use super::sites::{self, Size};
use crate::guards::{Guard, Guards};
use stateright::{Checker, Expectation, HasDiscoveries, Model};
use std::time::Instant;

/// WALNUT_MODEL_LARGE in the environment asks for the large bounds; see the module above.
fn size() -> Size {
    match std::env::var_os("WALNUT_MODEL_LARGE") {
        Some(_) => Size::Large,
        None => Size::Small,
    }
}

fn run(site: Site, threads: usize) -> impl Checker<Site> {
    let only_failures = HasDiscoveries::AnyFailures;
    site.checker().threads(threads).finish_when(only_failures).spawn_bfs().join()
}

/// Goes through every state: all that must hold holds, and what is to be seen is seen.
fn check(name: &str, site: impl FnOnce(Size) -> Site) {
    let (site, begun) = (site(size()), Instant::now());
    let threads = if size() == Size::Large { 2 } else { 1 };
    let checker = run(site, threads);
    for property in checker.model().properties() {
        let found = checker.discovery(property.name);
        let is_good = match property.expectation {
            Expectation::Sometimes => found.is_some(),
            Expectation::Always | Expectation::Eventually => found.is_none(),
        };
        let path = found.map_or(Vec::new(), |path| path.into_actions());
        assert!(is_good, "{name}: {:?} {}: {path:#?}", property.expectation, property.name);
    }
    println!(
        "model {name:<20} {:>9} steps to {:>8} states, {:>2} deep, {} properties hold, {:.1} s",
        checker.state_count(),
        checker.unique_state_count(),
        checker.max_depth(),
        checker.model().properties().len(),
        begun.elapsed().as_secs_f32(),
    );
}

/// Without this guard the check finds a way to break a rule; says how long the shortest is.
fn finds(guard: Guard, site: fn(Size) -> Site, rule: &str) {
    let site = Site { guards: Guards::without(guard), ..site(Size::Small) };
    let checker = run(site, 1);
    let found = checker.discoveries();
    let steps = found.get(rule).map(|path| path.clone().into_actions().len());
    let rules: Vec<_> = found.keys().collect();
    assert!(steps.is_some(), "{guard:?}: not {rule}, but {rules:?}");
    println!("model without {guard:?}: {} steps to break \"{rule}\"", steps.unwrap_or(0));
}

#[test]
fn a_lone_primary() {
    check("lone", sites::lone);
}

#[test]
fn a_primary_and_its_secondary() {
    check("pair", sites::pair);
}

#[test]
fn a_primary_and_two_secondaries() {
    check("trio", sites::trio);
}

#[test]
fn a_primary_and_three_secondaries() {
    check("quartet", sites::quartet);
}

#[test]
fn fsd_by_hand() {
    check("asked", sites::asked);
}

#[test]
fn fsd_by_a_driver() {
    check("driver", sites::by_driver);
}

#[test]
fn two_supplies_of_which_one_is_enough() {
    check("two supplies", sites::two_supplies);
}

#[test]
fn hosts_that_are_primary_here_and_secondary_there() {
    check("crosswise, 1 of 2", |size| sites::crosswise(size, 1));
    check("crosswise, 2 of 2", |size| sites::crosswise(size, 2));
}

#[test]
fn calibration() {
    check("calibration", sites::calibration);
}

#[test]
fn outlets_that_are_off() {
    check("off", sites::off);
}

#[test]
fn supplies_that_are_worth_nothing() {
    check("worth nothing", sites::worthless);
    check("observer", sites::observer);
}

#[test]
fn shutdowns_that_are_called_off() {
    check("cancel", sites::cancel);
}

#[test]
fn secondaries_that_linger() {
    check("lingering", sites::lingering);
}

#[test]
fn a_low_battery_that_must_last() {
    check("patient", sites::patient);
}

#[test]
fn wrong_passwords() {
    check("primary refused", |size| sites::refused(size, 0));
    check("secondary refused", |size| sites::refused(size, 1));
}

#[test]
fn an_outage_that_lasts() {
    check("lasting, pair", sites::lasting_pair);
    check("lasting, trio", sites::lasting_trio);
    check("lasting, cancel", sites::lasting_cancel);
    check("lasting, refused", sites::lasting_refused);
    check("lasting, asked", sites::lasting_asked);
}

#[test]
fn an_outage_of_two_supplies_that_lasts() {
    check("lasting, 1 of 2", |size| sites::lasting_crosswise(size, 1));
    check("lasting, 2 of 2", |size| sites::lasting_crosswise(size, 2));
}

#[test]
fn without_a_server_nobody_can_know_and_the_check_tells() {
    let checker = run(Site { away: None, ..sites::lasting_pair(Size::Small) }, 1);
    assert!(checker.discovery(EVERY_HOST_GOES).is_some());
}

const WAITS: &str = "a primary goes when those it waits for are down or HOSTSYNC is over";

#[test]
fn without_waiting_for_secondaries() {
    finds(Guard::SecondariesGone, sites::pair, WAITS);
}

#[test]
fn without_an_answer_about_secondaries() {
    finds(Guard::KnownGone, sites::pair, WAITS);
}

#[test]
fn without_doubt_in_a_server_that_restarted() {
    finds(Guard::StayedConnected, sites::asked, WAITS);
}

#[test]
fn without_deciding_once() {
    finds(Guard::Once, sites::lingering, "SHUTDOWNCMD is ordered once");
}

#[test]
fn without_counting_supplies() {
    let rule = "no shutdown without a cause that the settings name";
    finds(Guard::TooFewSupplies, sites::lone, rule);
    finds(Guard::TooFewSupplies, sites::observer, rule);
}

#[test]
fn without_waiting_for_fsd() {
    finds(Guard::PrimaryFirst, sites::pair, "a secondary goes by itself only after HOSTSYNC");
}

#[test]
fn without_a_look_at_the_line() {
    let rule = "after OL, and of what was never heard of, silence means nothing";
    finds(Guard::OnBattery, sites::pair, rule);
}

#[test]
fn without_deadtime() {
    finds(Guard::DeadTime, sites::lone, "silence means nothing before DEADTIME");
}

#[test]
fn without_a_look_at_calibration() {
    finds(Guard::NotCalibrating, sites::calibration, "a calibration is no cause");
}
