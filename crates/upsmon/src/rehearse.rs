//! `upsmon -c rehearse`: how this host would go down, told without doing any of it.
//!
//! Reads the file, asks the servers what they show anyone, and has the core go through an outage by an
//! invented clock. No login, no FSD, no flag, no command, no notice.

mod play;
mod script;

use crate::cli::Options;
use crate::config::{Config, power_check};
use crate::files::{conf_path, load};
use crate::probe::{Known, Way, clients, spec};
use crate::settings::{Settings, ShutdownExit, UpsSettings};
use crate::timeline::layout;
use nut_daemon::output::{complain, print};
use nut_daemon::server::Server;
use nut_proto::conf::Severity;
use play::{Course, play};
use script::{Part, Present};
use std::path::Path;
use std::time::Duration;

/// Rehearses; gives the exit status: 1 where not everybody could be asked, or nothing be rehearsed.
pub fn run(options: &Options, connect_time: Duration) -> u8 {
    let path = conf_path(options.conf.as_deref());
    let way = Way { family: options.family, connect_time };
    let rehearsed = usable(&path).and_then(|settings| rehearse(&settings, &path, way));
    rehearsed.unwrap_or_else(|why| {
        complain(&format!("Nothing can be rehearsed: {why}"));
        1
    })
}

/// The settings of a file that upsmon would start with.
fn usable(path: &Path) -> Result<Settings, String> {
    let Config { settings, diagnostics, fatal, .. } =
        load(path).map_err(|why| format!("can't {why}"))?;
    let faults = diagnostics.iter().filter(|fault| fault.severity == Severity::Error);
    faults.for_each(|fault| complain(&fault.to_string()));
    if let Some(fatal) = fatal {
        return Err(fatal.to_string());
    }
    power_check(&settings).map_err(|insufficient| insufficient.in_a_line())?;
    Ok(settings)
}

fn rehearse(settings: &Settings, path: &Path, way: Way) -> Result<u8, String> {
    let asked = way.each(&settings.ups, move |ups| ask(ups, way));
    let asked: Vec<Result<Present, String>> =
        asked.into_iter().map(|answer| answer.unwrap_or_else(|| Err(way.no_answer()))).collect();
    let silent = asked.iter().filter(|answer| answer.is_err()).count();
    let text = tell(settings, path, &asked);
    print(&text).map_err(|e| e.to_string())?;
    Ok(u8::from(silent > 0))
}

/// What a server tells anyone of a UPS.
fn ask(ups: &UpsSettings, way: Way) -> Result<Present, String> {
    let spec = spec(ups)?;
    let addresses = way.resolve(&spec.server).map_err(|e| e.to_string())?;
    let mut server = way.connect(&addresses).map_err(|e| e.to_string())?;
    let known = Known::ask(&mut server, &spec.ups).map_err(|e| e.to_string())?;
    let others = clients(&mut server, &spec.ups).ok().map(|list| without_own(list, &server));
    let sample = known.sample().ok_or_else(|| "no ups.status".to_owned())?;
    Ok(Present { runtime: runtime(&known), sample: Some(sample), others })
}

/// One login from our own address is that of the upsmon which runs here.
fn without_own(mut clients: Vec<String>, server: &Server) -> Vec<String> {
    let own = server.ends().map(|(own, _)| own.ip().to_canonical().to_string());
    let mine = own.ok().and_then(|own| clients.iter().position(|client| *client == own));
    mine.into_iter().for_each(|mine| drop(clients.remove(mine)));
    clients
}

/// Until the battery is low.
fn runtime(known: &Known) -> Option<Duration> {
    let seconds = |name| known.value(name).and_then(|text| text.trim().parse::<f64>().ok());
    let (runtime, low) = (seconds("battery.runtime")?, seconds("battery.runtime.low"));
    let left = low.map(|low| runtime - low).filter(|left| *left >= 1.0).unwrap_or(runtime);
    Duration::try_from_secs_f64(left.floor()).ok().filter(|left| !left.is_zero())
}

/// The whole text.
fn tell(settings: &Settings, path: &Path, asked: &[Result<Present, String>]) -> String {
    let part = |(ups, answer): (&UpsSettings, &Result<Present, String>)| {
        Part::new(ups, answer.clone().unwrap_or_default(), settings)
    };
    let parts: Vec<Part> = settings.ups.iter().zip(asked).map(part).collect();
    let course = play(settings, &parts);
    let introduced: String =
        settings.ups.iter().zip(asked).map(|(ups, answer)| introduce(ups, answer)).collect();
    format!(
        "Rehearsal of an outage on this host, by {}.\n\
         Nothing is done: no login, no FSD, no flag, no command, no notice.\n\n\
         {introduced}\n\
         Mains power is taken to fail everywhere right after a poll, and secondaries to stay for as\n\
         long as they may. Seconds count from the failure.\n\n{}\n{}",
        path.display(),
        layout("", &course.rows),
        conclude(settings, &course)
    )
}

fn introduce(ups: &UpsSettings, answer: &Result<Present, String>) -> String {
    let UpsSettings { name, role, power_value, .. } = ups;
    let now = match answer {
        Err(why) => format!("could not be asked: {why}"),
        Ok(present) => {
            let sample = present.sample.clone().unwrap_or_default();
            let text = |name: &str| {
                let value = sample.variables.get(name)?;
                Some(format!(", {name} {value}"))
            };
            let values = ["battery.charge", "battery.runtime"].into_iter().filter_map(text);
            format!(
                "ups.status [{}]{}; {}",
                sample.status,
                values.collect::<String>(),
                logins(present)
            )
        }
    };
    format!("{name} ({role}, power value {power_value}): {now}\n")
}

fn logins(present: &Present) -> String {
    match present.others.as_deref() {
        None => "the server does not tell who is logged in".to_owned(),
        Some([]) => "nobody else is logged in".to_owned(),
        Some(others) => format!("logged in besides this host: {}", others.join(", ")),
    }
}

fn conclude(settings: &Settings, course: &Course) -> String {
    let exit = match settings.shutdown_exit {
        ShutdownExit::Never => " upsmon would stay until it is stopped (SHUTDOWNEXIT).",
        ShutdownExit::After(_) => "",
    };
    match course.down {
        Some(time) => format!(
            "This host would begin to go down {} s after mains power failed.{exit}\n",
            time.as_secs()
        ),
        None => {
            let rule = settings.origins.describe("MINSUPPLIES");
            let need = settings.min_supplies;
            format!("This host would not go down: it needs {need} supplies, by {rule}.\n")
        }
    }
}

#[cfg(test)]
mod tests;
