//! upsdrvctl: starts, stops and asks drivers, by what ups.conf says.
//!
//! Pure: `options`, `setup`, `start`, `stop`, `status`, `bundle` decide. `launch` and `running`
//! perform; this file puts them together.

mod bundle;
mod launch;
mod options;
mod running;
mod setup;
mod start;
mod status;
mod stop;

use launch::{Launcher, Purpose, watch_over, work_through};
use nut_daemon::{args, banner, logging, paths, pidfile};
use options::{Options, Refusal, Verb};
use setup::{BuiltIn, Environment, Places, Setup, Ups};
use start::Starter;
use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

const NAME: &str = "upsdrvctl";
const TITLE: &str = "upsdrvctl - UPS driver controller";
/// The debug level that shows what a rehearsal is about.
const TEST_DEBUG: u32 = 2;

/// Why nothing can be done; the whole text for standard error.
struct Trouble(String);

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Trouble {
        Trouble(format!("{NAME}: {}", pidfile::errno_text(&error)))
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
        print(&format!("{}\n", banner::text(TITLE)));
    }
    if version {
        return ExitCode::SUCCESS;
    }
    match Options::read(args) {
        Ok(options) => match run(&options, args.matches.get_count("debug").into()) {
            Ok(code) => ExitCode::from(code),
            Err(Trouble(text)) => refuse(&text),
        },
        Err(Refusal::Help) => print(options::HELP),
        Err(Refusal::Line(line)) => refuse(&line),
    }
}

fn help() -> ExitCode {
    print(&format!("{}\n{}", banner::text(TITLE), options::HELP))
}

fn refuse(line: &str) -> ExitCode {
    complain(line);
    ExitCode::FAILURE
}

fn complain(line: &str) {
    // There is no better place to complain about standard error.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Prints on standard output; a reader that went away makes it a failure.
fn print(text: &str) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn run(options: &Options, asked_debug: u32) -> Result<u8, Trouble> {
    let setup = read_setup()?;
    let debug = debug_level(options, asked_debug, setup.debug_min);
    logging::set_debug(debug);
    setup.notes.iter().for_each(|note| log::warn!("{note}"));
    if options.test {
        print("*** Testing mode: not calling exec/kill/signal\n");
    }
    let upses = choose(&setup, options.ups.as_deref())?;
    let places = places(&setup, options);
    act(options, &setup, &places, &upses, debug)
}

fn read_setup() -> Result<Setup, Trouble> {
    let file = paths::conf_dir().join("ups.conf");
    let name = file.display().to_string();
    let bytes = std::fs::read(&file)
        .map_err(|e| Trouble(format!("Can't open {name}: {}", pidfile::errno_text(&e))))?;
    let ignore_nowait = setup::ignores_nowait(env::var("NUT_IGNORE_NOWAIT").ok().as_deref());
    Ok(Setup::read(&name, &bytes, ignore_nowait))
}

/// `-D`, or the environment where there is none; ups.conf and a rehearsal may raise it.
fn debug_level(options: &Options, asked: u32, least: u32) -> u32 {
    let from_environment = || setup::level(env::var("NUT_DEBUG_LEVEL").ok().as_deref());
    let level = if asked > 0 { asked } else { from_environment().unwrap_or(0) };
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
            print(&upses.iter().map(|ups| format!("{}\n", ups.name)).collect::<String>());
            Ok(0)
        }
        Verb::Status => {
            print(status::HEADER);
            for ups in upses {
                print(&running::report(ups, places).row());
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
