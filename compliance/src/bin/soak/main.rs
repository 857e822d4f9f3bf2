//! One upsmon, two hundred UPSes, and everything going wrong: does it still notice in time?
//!
//! Servers are killed and come back, drivers go stale, a silent server never answers, every notify
//! command hangs. All the while UPSes change between line and battery power, and the time from each
//! change to upsmon's notice is taken. At the end all go low at once. First ours, then NUT's own for
//! comparison. `cargo xtask soak` builds what is needed and starts this. It fails on a notice that
//! never came, on a shutdown nobody asked for and on memory that grows; times are printed, not judged.

mod chance;
mod guardian;
mod site;
mod tally;

use chance::Chance;
use guardian::Guardian;
use nut_compliance::maker::Maker;
use site::{Silent, Site};
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};
use tally::Tally;

/// Servers, and UPSes at each.
const SITES: usize = 4;
const UPSES: usize = 50;
/// Monitored UPSes at a server that never answers.
const SILENT: usize = 2;
/// POLLFREQ and POLLFREQALERT.
const POLL: Duration = Duration::from_secs(1);
/// Between two changes of power somewhere.
const STEP: Duration = Duration::from_millis(50);
/// Between two faults.
const FAULT: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(60);
    println!(
        "{SITES} servers with {UPSES} UPSes each, {SILENT} lines to a server that never answers; \
         polls every {} s; {seconds} s of faults\n",
        POLL.as_secs()
    );
    let ours = soak(Maker::Ours, seconds);
    println!("{}\n{}", Tally::HEADING, ours.row("ours"));
    let stock = soak(Maker::Stock, seconds.min(40));
    println!("{}", stock.row("NUT 2.8.5"));
    println!("\nmedian, NUT / ours: {:.1}", stock.median() / ours.median().max(0.001));
    println!("{}", ours.memory());
    let faults = ours.faults();
    faults.iter().for_each(|fault| println!("FAULT: {fault}"));
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One run of one maker's upsmon; the servers are ours in both.
fn soak(maker: Maker, seconds: u64) -> Tally {
    let mut sites: Vec<Site> = (0..SITES).map(|_| Site::start(UPSES)).collect();
    let silent = Silent::start();
    let mut guardian = Guardian::start(maker, &sites, &silent, SILENT);
    guardian.await_contact(&sites);
    let mut tally = Tally::default();
    let mut chance = Chance::new(0x5eed);
    let (start, mut fault) = (Instant::now(), Instant::now());
    while start.elapsed() < Duration::from_secs(seconds) {
        if fault.elapsed() >= FAULT {
            fault = Instant::now();
            strike(&mut sites, &mut chance);
        }
        sites.iter_mut().for_each(Site::recover);
        let place = chance.below(sites.len());
        if let Some(change) = sites.get_mut(place).and_then(|site| site.change(&mut chance)) {
            guardian.expect(change);
        }
        guardian.listen(&mut tally);
        tally.sample(&guardian);
        sleep(STEP);
    }
    settle(&mut sites, &mut guardian, &mut tally);
    finish(&mut sites, &mut guardian, &mut tally);
    tally
}

/// One server or one driver fails.
fn strike(sites: &mut [Site], chance: &mut Chance) {
    let place = chance.below(sites.len());
    let Some(site) = sites.get_mut(place) else { return };
    match chance.below(2) {
        0 => site.kill_server(),
        _ => site.stale(chance),
    }
}

/// All faults end; everything still expected has to come.
fn settle(sites: &mut [Site], guardian: &mut Guardian, tally: &mut Tally) {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) && guardian.expects() > 0 {
        sites.iter_mut().for_each(Site::recover);
        guardian.listen(tally);
        sleep(STEP);
    }
    tally.missed = guardian.expects();
    tally.early = guardian.went_down();
}

/// All batteries are low at once: the one decision that counts.
fn finish(sites: &mut [Site], guardian: &mut Guardian, tally: &mut Tally) {
    sites.iter_mut().for_each(Site::all_low);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(60) {
        if guardian.went_down() {
            tally.decision = Some(start.elapsed());
            return;
        }
        guardian.listen(tally);
        sleep(Duration::from_millis(5));
    }
}
