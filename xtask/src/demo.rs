//! `demo`: a UPS on the command line within a minute of cloning, without UPS, root or installation.
//!
//! Tells the story: a replayed Eaton 3S, its readings, a mains failure, and two machines that go down in
//! order before the battery does. What it is played on (private folder, daemons, port) is `stage`'s, the
//! machines are `hosts`', and where the story stands is `plot`'s.

mod hosts;
mod plot;
mod stage;

use crate::{Outcome, Verb, repo};
use clap::{Arg, ArgAction, ArgMatches};
use nut_daemon::reactor::{Event, Reactor};
use nut_daemon::signals;
use plot::{Entry, Plot, Reading};
use stage::Stage;
use std::time::{Duration, Instant};

pub(crate) const VERB: Verb = Verb {
    name: "demo",
    about: "Show a replayed UPS and two hosts through a power cut: no UPS, no root, cleans up after itself",
    args: || {
        let keep = Arg::new("keep").long("keep").action(ArgAction::SetTrue);
        vec![keep.help("Leave it running afterwards and print how to query and stop it")]
    },
    run: demo,
};

/// The programs that take part, and the packages they are in.
const PACKAGES: [&str; 4] = ["upsdrv-usbhid", "upsd", "upsc", "upsmon"];
/// How long the daemons may take to show a first reading.
const START: Duration = Duration::from_secs(30);
/// How long the story may take; the recording plays about half a minute.
const PLAY: Duration = Duration::from_secs(120);
/// How often upsc is asked.
const TICK: Duration = Duration::from_millis(100);

fn demo(args: &ArgMatches) -> Outcome {
    println!(
        "A UPS from a recording, an Eaton 3S 850 with its mains about to fail, and two machines on it.\n"
    );
    let packages = PACKAGES.iter().flat_map(|p| ["--package", p]);
    repo::run(repo::cargo().args(["build", "--quiet"]).args(packages))?;
    let mut patience = Patience::new()?;
    let mut stage = Stage::set()?;
    let told = show(&mut stage, &mut patience);
    let folder = stage.folder();
    match told {
        Ok(()) if args.get_flag("keep") => stage.keep(),
        Ok(()) => {
            drop(stage);
            println!("\nThat was all. All daemons are stopped, {folder} is removed.");
        }
        Err(Stop::Asked) => {
            drop(stage);
            return Err(format!("interrupted; all daemons are stopped, {folder} is removed"));
        }
        Err(Stop::Failed(why)) => {
            stage.tell_logs();
            return Err(why);
        }
    }
    Ok(())
}

/// Why the story was not told to its end.
enum Stop {
    /// By a Ctrl-C or the like.
    Asked,
    /// Something does not work.
    Failed(String),
}

impl From<String> for Stop {
    fn from(why: String) -> Stop {
        Stop::Failed(why)
    }
}

fn show(stage: &mut Stage, patience: &mut Patience) -> Result<(), Stop> {
    stage.start_daemons()?;
    let started = Instant::now();
    while !stage.reading()?.is_some_and(|r| r.is_complete()) {
        stage.check_daemons()?;
        patience.tick(started, START, "the first reading")?;
    }
    println!("\n$ upsc {}", stage.ups());
    print!("{}", stage.readings()?);
    stage.start_hosts()?;
    watch(stage, patience)?;
    stage.await_hosts()?;
    println!("\n$ upsc {} ups.status\n{}", stage.ups(), stage.status()?);
    println!("\n$ upsmon --why          # what the primary wrote down\n{}", stage.why()?);
    Ok(())
}

/// Follows readings and hosts until the primary is down, printing each change.
fn watch(stage: &mut Stage, patience: &mut Patience) -> Result<(), Stop> {
    println!(
        "\nNow the mains fail. Each change as upsc sees it, each notice of the two machines:\n"
    );
    println!("{}", Reading::HEADING);
    let started = Instant::now();
    let mut plot = Plot::default();
    loop {
        stage.check_daemons()?;
        let reading = stage.reading()?;
        let row = reading.and_then(|reading| plot.on_reading(started.elapsed(), &reading));
        row.iter().for_each(|row| println!("{row}"));
        for line in stage.new_lines()? {
            if let Some(entry) = Entry::parse(&line) {
                println!("{}", plot.on_entry(started.elapsed(), entry)?);
            }
        }
        if plot.is_over() {
            return Ok(());
        }
        patience.tick(started, PLAY, plot.expects())?;
    }
}

/// Waits between two looks, but neither for ever nor through a Ctrl-C.
struct Patience {
    reactor: Reactor,
}

impl Patience {
    fn new() -> Result<Patience, String> {
        let stops = [signals::INT, signals::TERM, signals::HUP];
        let reactor = Reactor::new(&stops).map_err(|e| format!("signals: {e}"))?;
        Ok(Patience { reactor })
    }

    fn tick(&mut self, started: Instant, limit: Duration, what: &str) -> Result<(), Stop> {
        if started.elapsed() > limit {
            return Err(Stop::Failed(format!("waited {} s for {what}", limit.as_secs())));
        }
        let events = self.reactor.wait(Some(TICK)).map_err(|e| format!("waiting: {e}"))?;
        match events.iter().any(|e| matches!(e, Event::Signal(_))) {
            true => Err(Stop::Asked),
            false => Ok(()),
        }
    }
}
