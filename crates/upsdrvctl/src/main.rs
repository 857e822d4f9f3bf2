//! upsdrvctl: starts, stops and asks drivers, by what ups.conf says.
//!
//! Pure: `options`, `setup`, `start`, `stop`, `status`, `bundle` decide. `launch` and `running`
//! perform; this file puts them together.

mod bundle;
mod launch;
mod running;
mod setup;
mod start;
mod status;
mod stop;

use launch::{Launcher, Purpose, watch_over, work_through};
use nut_daemon::errno::errno_text;
use nut_daemon::files::{self, CONF_MAX};
use nut_daemon::output::{complain, finish, print};
use nut_daemon::{args, banner, logging, paths, usage};
use setup::{BuiltIn, Environment, Places, Setup, Ups};
use start::Starter;
use std::env;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use upsdrvctl::options::{self, Options, Refusal, Verb};

const NAME: &str = "upsdrvctl";
const TITLE: &str = "upsdrvctl - UPS driver controller";
/// The debug level that shows what a rehearsal is about.
const TEST_DEBUG: u32 = 2;

/// Why nothing can be done; the whole text for standard error.
struct Trouble(String);

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Trouble {
        Trouble(format!("{NAME}: {}", errno_text(&error)))
    }
}

fn main() -> ExitCode {
    logging::init(logging::Setup { program: NAME.to_owned(), debug: 0 });
    let parsed = args::parse(options::command(), env::args_os());
    let args = match &parsed {
        Ok(args) => args,
        Err(e) => {
            complain(&e.message);
            return help();
        }
    };
    if args.matches.get_flag("help") {
        return help();
    }
    let version = args.matches.get_flag("version");
    if version || !banner::quiet() {
        say(&format!("{}\n", banner::text(TITLE)));
    }
    if version {
        return ExitCode::SUCCESS;
    }
    match Options::read(args) {
        Ok(options) => match run(&options, args.matches.get_count("debug").into()) {
            Ok(code) => ExitCode::from(code),
            Err(Trouble(text)) => refuse(&text),
        },
        Err(Refusal::Help) => finish(&usage::text(&options::command())),
        Err(Refusal::Line(line)) => refuse(&line),
    }
}

fn help() -> ExitCode {
    finish(&format!("{}\n{}", banner::text(TITLE), usage::text(&options::command())))
}

/// Without a reader for what is said, the rest can still be done.
fn say(text: &str) {
    let _ = print(text);
}

fn refuse(line: &str) -> ExitCode {
    complain(line);
    ExitCode::FAILURE
}

fn run(options: &Options, asked_debug: u32) -> Result<u8, Trouble> {
    if asked_debug == 0 {
        logging::tell_level_from_environment();
    }
    let setup = read_setup()?;
    let debug = debug_level(options, asked_debug, setup.debug_min);
    logging::set_debug(debug);
    setup.notes.iter().for_each(|note| log::warn!("{note}"));
    if options.test {
        say("*** Testing mode: not calling exec/kill/signal\n");
    }
    let upses = choose(&setup, options.ups.as_deref())?;
    let places = places(&setup, options);
    act(options, &setup, &places, &upses, debug)
}

fn read_setup() -> Result<Setup, Trouble> {
    let file = paths::conf_dir().join("ups.conf");
    let name = file.display().to_string();
    let bytes = files::read(&file, CONF_MAX)
        .map_err(|e| Trouble(format!("Can't open {name}: {}", errno_text(&e))))?;
    let ignore_nowait = setup::ignores_nowait(env::var("NUT_IGNORE_NOWAIT").ok().as_deref());
    Ok(Setup::read(&name, &bytes, ignore_nowait))
}

/// `-D`, or the environment where there is none; ups.conf and a rehearsal may raise it.
fn debug_level(options: &Options, asked: u32, least: u32) -> u32 {
    let level = if asked > 0 { asked } else { logging::level_from_environment().unwrap_or(0) };
    level.max(least).max(if options.test { TEST_DEBUG } else { 0 })
}

fn choose<'a>(setup: &'a Setup, name: Option<&str>) -> Result<Vec<&'a Ups>, Trouble> {
    let none = "Error: no UPS definitions found in ups.conf";
    match name {
        None if setup.upses.is_empty() => Err(Trouble(none.to_owned())),
        Some(_) if setup.upses.is_empty() => Err(Trouble(format!("{none}!\n"))),
        None => Ok(setup.upses.iter().collect()),
        Some(name) => {
            let ups = setup.upses.iter().find(|ups| ups.name == name);
            let ups = ups.ok_or_else(|| Trouble(format!("UPS {name} not found in ups.conf")))?;
            Ok(vec![ups])
        }
    }
}

fn places(setup: &Setup, options: &Options) -> Places {
    let environment = Environment {
        state: paths::from_env("NUT_STATEPATH"),
        pid: paths::from_env("NUT_ALTPIDPATH"),
    };
    let drivers = paths::driver_dir();
    let built_in = BuiltIn { drivers: &drivers, state: paths::STATEPATH, pid: paths::ALTPIDPATH };
    Places::choose(&environment, setup, options.chroot.as_deref().map(Path::new), built_in)
}

fn act(
    options: &Options,
    setup: &Setup,
    places: &Places,
    upses: &[&Ups],
    debug: u32,
) -> Result<u8, Trouble> {
    let launcher = |purpose| Launcher { options, places, debug, purpose };
    match options.verb {
        Verb::List => {
            say(&upses.iter().map(|ups| format!("{}\n", ups.name)).collect::<String>());
            Ok(0)
        }
        Verb::Status => {
            say(status::HEADER);
            for ups in upses {
                say(&running::report(ups, places).row());
            }
            Ok(0)
        }
        Verb::Start => start(options, upses, launcher(Purpose::Run), setup.nowait),
        Verb::Shutdown => {
            let starter = Starter::shutdown(upses, options.ups.is_some());
            Ok(work_through(starter, upses, launcher(Purpose::PowerOff), false)?)
        }
        Verb::Stop if options.test => {
            running::rehearse_stop(upses, places);
            Ok(0)
        }
        Verb::Stop => Ok(running::stop(upses, places)),
        Verb::Remote(remote) => Ok(running::command(remote, upses, places, options.test)),
    }
}

/// One driver in the foreground takes our place, several are watched over, others are waited for.
fn start(
    options: &Options,
    upses: &[&Ups],
    launcher: Launcher<'_>,
    nowait: bool,
) -> Result<u8, Trouble> {
    match upses {
        _ if !options.keeps_terminal(launcher.debug) || options.test => {
            Ok(work_through(Starter::start(upses), upses, launcher, nowait)?)
        }
        [ups] => Err(Trouble(launcher.become_driver(ups))),
        _ => Ok(watch_over(upses, launcher)?),
    }
}
