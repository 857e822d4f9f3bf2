//! Bringing upsd up: from the command line to the running loop, in NUT's order.
//!
//! Everything that can fail at the start fails here, with NUT's words and exit status 1. The fork
//! into the background comes first, so that the caller's wait ends when all of this is done: after
//! it returns with 0 the pid file is written and the addresses are open.

use crate::cli::{Misuse, Options, Wish, command, read};
use crate::config::{Config, Settings, Source, Sources};
use crate::descriptions::Descriptions;
use crate::files::{Unreadable, read as read_file, warn_if_world_readable};
use crate::listen::{Verdict, judge};
use crate::listeners::Listeners;
use crate::reload::{Environment, Places};
use crate::run::Daemon;
use crate::server::{Server, Surroundings};
use crate::signal::{announce_competitor, send_signal};

use nut_daemon::args::program_name;
use nut_daemon::background::{Detached, detach};
use nut_daemon::errno::errno_text;
use nut_daemon::privileges::{Account, drop_to, is_root, lookup};
use nut_daemon::reactor::{ACCEPTS_PER_TURN, Reactor};
use nut_daemon::{
    banner, limits, logging, notice, notify, os, output, paths, pidfile, signals, usage,
};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A message to end with; exit status 1.
#[derive(Debug)]
pub struct Fatal(pub String);

impl<E: std::fmt::Display> From<E> for Fatal {
    fn from(error: E) -> Fatal {
        Fatal(error.to_string())
    }
}

/// Does what the command line asks for; gives the exit status.
pub fn main(argv: Vec<OsString>) -> u8 {
    let program = program_name(&argv, "upsd");
    let wish = read(argv);
    if wish != Ok(Wish::Version) && wish != Ok(Wish::Help) {
        banner::print_unless_quiet(&banner::text(&program));
    }
    match wish {
        Ok(Wish::Version) => show(&format!("{}\n", banner::text(&program))),
        Ok(Wish::Help) => {
            show(&format!("{}\n\n{}", banner::text(&program), usage::text(&command())))
        }
        Ok(Wish::Signal { signal, pid, debug }) => {
            begin_log(&program, debug);
            send_signal(&program, signal, pid)
        }
        Ok(Wish::Run(options)) => serve(&program, &options),
        Err(misuse) => complain(misuse),
    }
}

/// Prints what was asked for; the exit status tells whether it arrived.
fn show(text: &str) -> u8 {
    u8::from(output::print(text).is_err())
}

fn complain(misuse: Misuse) -> u8 {
    match misuse {
        Misuse::Usage(message) => {
            message.iter().for_each(|text| output::complain(text));
            show(&usage::text(&command()));
        }
        Misuse::Fatal(text) => output::complain(text),
    }
    1
}

fn serve(program: &str, options: &Options) -> u8 {
    begin_log(program, options.debug);
    if announce_competitor(program, options.pid) {
        return 1;
    }
    match start_and_run(program, options) {
        Ok(()) => 0,
        Err(Fatal(text)) => {
            text.lines().for_each(|line| log::error!("{line}"));
            1
        }
    }
}

/// Begins to log, at the debug level of the command line or else of the environment.
fn begin_log(program: &str, debug: u32) {
    logging::init(logging::Setup { program: program.to_owned(), debug });
    if debug == 0 {
        logging::tell_level_from_environment();
        logging::set_debug(logging::level_from_environment().unwrap_or(0));
    }
}

fn start_and_run(program: &str, options: &Options) -> Result<(), Fatal> {
    let start = Instant::now();
    let waiting = if options.foreground { None } else { Some(detach()?) };
    logging::open_syslog();
    logging::quiet_syslog(options.quieter);
    let account = run_as(options)?;
    let mut uuids = os::Uuids::open()?;
    enter_chroot(options)?;
    let places = Places { conf: paths::conf_dir(), environment: Environment::read() };
    let descriptors = usize::try_from(limits::raise_open_files()).unwrap_or(usize::MAX);
    let descriptors = descriptors.saturating_sub(ACCEPTS_PER_TURN);
    let mut reactor = Reactor::new(&[signals::HUP, signals::TERM, signals::INT, signals::QUIT])?;
    let upsd_conf = must_stat(&places.conf.join("upsd.conf"))?;
    let (early, _) = Config::read(&Sources { upsd_conf: upsd_conf.clone(), ..Sources::default() });
    let settings = places.environment.applied(early.settings);
    let listeners = listen(&mut reactor, &settings, options)?;
    become_user(account)?;
    let config = configure(&places, upsd_conf)?;
    let asked_debug = logging::debug();
    apply_debug(&config, asked_debug);
    let state_path = enter_state_path(&places, &config)?;
    let surroundings = Surroundings {
        descriptions: describe(&config),
        ids: Box::new(move || uuids.one_more().ok()),
        descriptors,
    };
    let count = config.devices.len();
    let mut server = Server::new(start.elapsed(), config, surroundings);
    server.set_debug(logging::debug());
    let mut daemon = Daemon::new(reactor, server, listeners, state_path, start);
    announce(count);
    let pid_file = settle(program, options, waiting)?;
    notify::ready();
    let signal = daemon.run(|daemon| crate::reload::reload(daemon, &places, asked_debug))?;
    stop(signal, pid_file.as_deref());
    Ok(())
}

fn stop(signal: i32, pid_file: Option<&Path>) {
    log::info!("Signal {signal}: exiting");
    notify::stopping(&format!("Signal {signal}: exiting"));
    if let Some(path) = pid_file {
        pidfile::remove(path);
    }
}

/// The account to become; none when there is nothing to give up.
fn run_as(options: &Options) -> Result<Option<Account>, Fatal> {
    let name = options.user.as_deref().unwrap_or(paths::RUN_AS_USER);
    if !is_root() {
        return Ok(None);
    }
    lookup(name).map(Some).ok_or_else(|| Fatal(format!("OS user {name} not found")))
}

fn enter_chroot(options: &Options) -> Result<(), Fatal> {
    let Some(jail) = &options.chroot else { return Ok(()) };
    let failed = |call: &str, e| Fatal(format!("{call}({jail}): {}", errno_text(&e)));
    env::set_current_dir(jail).map_err(|e| failed("chdir", e))?;
    std::os::unix::fs::chroot(jail).map_err(|e| failed("chroot", e))?;
    env::set_current_dir("/").map_err(|e| failed("chdir", e))?;
    log::info!("chrooted into {jail}");
    Ok(())
}

/// Reads a file whose absence ends the start.
fn must_stat(path: &Path) -> Result<Source, Fatal> {
    fs::metadata(path).map_err(|error| Unreadable { path: path.to_owned(), error }.stat_text())?;
    warn_if_world_readable(path);
    Ok(read_file(path)?)
}

fn listen(
    reactor: &mut Reactor,
    settings: &Settings,
    options: &Options,
) -> Result<Listeners, Fatal> {
    let listeners = Listeners::open(reactor, &settings.listen, options.family)?;
    let allow = settings.allow_not_all_listeners;
    if judge(listeners.count(), &listeners.failed(), allow)? == Verdict::Allowed {
        log::warn!(
            "WARNING: some listening interfaces were not available, but the \
             ALLOW_NOT_ALL_LISTENERS setting is active"
        );
    }
    Ok(listeners)
}

fn become_user(account: Option<Account>) -> Result<(), Fatal> {
    let Some(account) = account else { return Ok(()) };
    drop_to(&account).map_err(|e| format!("cannot become user {}: {}", account.name, e).into())
}

/// Reads the other files as the user who will read them again at a reload. upsd.conf was read with
/// the rights of the start, as NUT does it.
fn configure(places: &Places, upsd_conf: Source) -> Result<Config, Fatal> {
    let ups_conf = read_file(&places.conf.join("ups.conf"))?;
    let users = places.conf.join("upsd.users");
    fs::metadata(&users).map_err(|error| Unreadable { path: users.clone(), error }.stat_text())?;
    warn_if_world_readable(&users);
    let mut sources = Sources { upsd_conf, ups_conf, users: Source::default() };
    match read_file(&users) {
        Ok(source) => sources.users = source,
        Err(unreadable) => log::warn!("{unreadable}"),
    }
    let (mut config, problems) = Config::read(&sources);
    logging::tell_problems(&problems.0);
    logging::tell_ignored(problems.ignored());
    config.settings = places.environment.applied(config.settings);
    crate::reload::warn_about_tls(&config.settings.tls);
    check_devices(&config)?;
    Ok(config)
}

fn check_devices(config: &Config) -> Result<(), Fatal> {
    if !config.devices.is_empty() {
        return Ok(());
    }
    log::warn!("Warning: no UPS definitions in ups.conf");
    if !config.settings.allow_no_device {
        return Err(Fatal("Fatal error: at least one UPS must be defined in ups.conf".to_owned()));
    }
    log::warn!(
        "Normally at least one UPS must be defined in ups.conf, currently there are none (please \
         configure the file and reload the service)"
    );
    Ok(())
}

fn announce(count: usize) {
    if count > 0 {
        log::info!("Found {count} UPS defined in ups.conf");
    }
}

/// DEBUG_MIN of upsd.conf, or of ups.conf, raises the level of the command line.
fn apply_debug(config: &Config, level: u32) {
    let least = config.settings.debug_min.or(config.debug_min);
    if let Some(least) = least.filter(|&least| least > level) {
        logging::set_debug(least);
    }
}

/// Goes where the driver sockets are; their names are short then, however long the path is.
fn enter_state_path(places: &Places, config: &Config) -> Result<PathBuf, Fatal> {
    let path = places.environment.state_path(config);
    env::set_current_dir(&path)
        .map_err(|e| Fatal(format!("Can't chdir to {}: {}", path.display(), errno_text(&e))))?;
    warn_if_world_readable(&path);
    Ok(path)
}

fn describe(config: &Config) -> Descriptions {
    let folder = config.settings.data_path.as_ref().map_or_else(paths::data_dir, PathBuf::from);
    match read_file(&folder.join("cmdvartab")) {
        Ok(source) => Descriptions::read(&source.bytes),
        Err(unreadable) => {
            log::info!("{} not found - disabling descriptions", unreadable.path.display());
            Descriptions::default()
        }
    }
}

/// Background or foreground, with or without a pid file, which is written before the caller's wait
/// ends.
fn settle(
    program: &str,
    options: &Options,
    waiting: Option<Detached>,
) -> Result<Option<PathBuf>, Fatal> {
    let path = paths::pid_dir().join(format!("{program}.pid"));
    match waiting {
        Some(detached) => {
            let written = write_pid(path);
            logging::to_syslog_only();
            log::info!("Startup successful: {program}");
            detached.ready()?;
            Ok(written)
        }
        None if options.pid_file_in_foreground => {
            log::warn!("Running as foreground process, but saving a PID file anyway");
            Ok(write_pid(path))
        }
        None => {
            log::warn!("Running as foreground process, not saving a PID file");
            Ok(None)
        }
    }
}

fn write_pid(path: PathBuf) -> Option<PathBuf> {
    match pidfile::write(&path) {
        Ok(()) => Some(path),
        Err(e) => {
            notice!("writepid: fopen {}: {}", path.display(), errno_text(&e));
            None
        }
    }
}
