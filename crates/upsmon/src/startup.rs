//! Bringing upsmon up: from the command line to the running monitor, in NUT's order.
//!
//! Whatever the file and the command line can spoil ends the start here, with NUT 2.8.5's words and
//! exit status 1. Then the program goes to the background and becomes two processes: the one that was
//! started keeps root's rights (`root`), the new one gives them up and watches (`run`).

use crate::check;
use crate::cli::{self, Misuse, Options, Wish, help};
use crate::config::{Config, power_check, without_effect};
use crate::files::{self, Lasting, conf_path, load};
use crate::flag;
use crate::link::Patience;
use crate::messenger::Messenger;
use crate::powers::{Holder, Powers};
use crate::rehearse;
use crate::root::{NOT_BEGUN, Next, Root};
use crate::run::{Daemon, SIGNALS, Surroundings};
use crate::settings::Settings;
use crate::signal::{has_competitor, pid_files, send_signal};
use crate::test_notify;
use crate::why::{self, Keeper};

use nut_daemon::args::program_name;
use nut_daemon::background::{Detached, detach};
use nut_daemon::clock::Clock;
use nut_daemon::errno::errno_text;
use nut_daemon::output::{complain, print, remark};
use nut_daemon::privileges::{Account, drop_to, is_root, lookup};
use nut_daemon::reactor::Reactor;
use nut_daemon::split::{Link, Side, split};
use nut_daemon::{banner, debug, logging, notice, notify, paths, patience, pidfile, signals};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A message to end with; exit status 1.
#[derive(Debug)]
pub struct Fatal(pub String);

impl From<io::Error> for Fatal {
    fn from(error: io::Error) -> Fatal {
        Fatal(errno_text(&error))
    }
}

/// What a start found good.
struct Plan {
    program: String,
    options: Options,
    conf: PathBuf,
    settings: Settings,
    /// The debug level of the command line or the environment.
    debug: u32,
    /// Whom the monitor becomes; none where it stays who it is.
    account: Option<Account>,
    connect_time: Duration,
    /// How often the service manager wants a sign of life.
    watchdog: Option<Duration>,
    /// The process that the service manager knows.
    main_pid: u32,
}

/// Does what the command line asks for; gives the exit status.
pub fn main(argv: Vec<OsString>) -> u8 {
    let program = program_name(&argv, "upsmon");
    let read = cli::read(argv);
    if !matches!(read, Ok((Wish::Version, _))) {
        banner::print_unless_quiet(&banner::text(&program));
    }
    match read {
        Ok((wish, options)) => fulfil(&program, wish, options),
        Err(Misuse(text)) => {
            complain(&text);
            show_help(&program, &Options::default());
            1
        }
    }
}

fn fulfil(program: &str, wish: Wish, options: Options) -> u8 {
    if wish == Wish::Version {
        return u8::from(print(&format!("{}\n", banner::text(program))).is_err());
    }
    if wish == Wish::Help {
        return show_help(program, &options);
    }
    let debug = begin_log(program, options.debug);
    let (connect_time, complaints) = patience::connect(options.connect_time.as_deref());
    complaints.iter().for_each(|text| log::warn!("{text}"));
    let done = match wish {
        Wish::Signal(signal) => {
            logging::set_tag("signaler");
            Ok(send_signal(program, signal, options.pid))
        }
        Wish::CheckFlag => check_flag(program, &options),
        Wish::TestNotify(kind) => test_notify::main(&options, kind),
        Wish::Run => watch(program, options, debug, connect_time),
        Wish::Why(wish) => Ok(why::show(wish)),
        Wish::Check => Ok(check::run(&options, connect_time)),
        Wish::Rehearse => Ok(rehearse::run(&options, connect_time)),
        Wish::Help | Wish::Version => Ok(0),
    };
    done.unwrap_or_else(|Fatal(text)| {
        log::error!("{text}");
        1
    })
}

/// The exit status tells whether the help arrived.
fn show_help(program: &str, options: &Options) -> u8 {
    let settings = load(&conf_path(options.conf.as_deref())).map(|config| config.settings);
    let flag = settings.ok().and_then(|settings| settings.power_down_flag);
    u8::from(print(&help(program, flag.as_deref())).is_err())
}

/// Begins to log, at the debug level of the command line or else of the environment; gives that.
fn begin_log(program: &str, debug: u32) -> u32 {
    logging::init(logging::Setup { program: program.to_owned(), debug });
    logging::set_tag("init");
    if debug > 0 {
        return debug;
    }
    logging::tell_level_from_environment();
    let level = logging::level_from_environment().unwrap_or(0);
    logging::set_debug(level);
    level
}

/// Reads the configuration and tells what is wrong with it.
pub fn configure(options: &Options) -> Result<Config, Fatal> {
    let path = conf_path(options.conf.as_deref());
    let config = load(&path).map_err(|why| Fatal(format!("Can't {why}")))?;
    files::tell_problems(&config);
    match config.fatal {
        Some(fatal) => Err(Fatal(fatal.to_string())),
        None => Ok(config),
    }
}

/// `-K`: MONITOR lines are neither told nor added up.
fn check_flag(program: &str, options: &Options) -> Result<u8, Fatal> {
    if has_competitor(program, options.pid) {
        remark("Note: A previous upsmon instance is already running!");
        remark("Usually it should not be running during OS shutdown,");
        remark("which is when checking POWERDOWNFLAG makes most sense.");
    }
    let settings = configure(options)?.settings;
    let flag = settings.power_down_flag.as_deref();
    flag.iter().for_each(|path| log::info!("Using power down flag file {path}"));
    files::tell_missing_flag(&settings, &conf_path(options.conf.as_deref()));
    Ok(flag::check(flag.map(Path::new)))
}

fn watch(program: &str, options: Options, debug: u32, connect_time: Duration) -> Result<u8, Fatal> {
    if has_competitor(program, options.pid) {
        remark("Fatal error: A previous upsmon instance is already running!");
        remark("Either stop the previous instance first, or use the 'reload' command.");
        return Ok(1);
    }
    if !options.foreground {
        logging::open_syslog();
    }
    let Some(settings) = prepare(&options)? else { return Ok(1) };
    let account = run_as(&options, &settings)?;
    let waiting = if options.foreground { None } else { Some(detach()?) };
    let plan = Plan {
        program: program.to_owned(),
        conf: conf_path(options.conf.as_deref()),
        options,
        settings,
        debug,
        account,
        connect_time,
        watchdog: notify::watchdog_interval(),
        main_pid: std::process::id(),
    };
    if plan.options.mono { alone(&plan, waiting) } else { in_two(&plan, waiting) }
}

/// Reads and judges the configuration, and clears the flag of an earlier shutdown away. None is a
/// refusal that was told.
fn prepare(options: &Options) -> Result<Option<Settings>, Fatal> {
    let config = configure(options)?;
    let path = conf_path(options.conf.as_deref());
    config.echo.iter().for_each(|line| log::info!("{line}"));
    files::tell_missing_flag(&config.settings, &path);
    files::warn_if_world_readable(&path);
    without_effect(&config.settings.tls).iter().for_each(|text| log::warn!("{text}"));
    let mut settings = config.settings;
    if let Some(least) = settings.debug_min.filter(|&least| least > logging::debug()) {
        logging::set_debug(least);
    }
    tell_commands(&settings);
    settings.power_down_flag = settings.power_down_flag.filter(|path| flag::clear(Path::new(path)));
    if let Err(insufficient) = power_check(&settings) {
        remark(&insufficient.to_string());
        return Ok(None);
    }
    Ok(Some(settings))
}

fn tell_commands(settings: &Settings) {
    match &settings.shutdown_cmd {
        None if settings.min_supplies == 0 => remark(
            "Warning: no shutdown command defined, but that is OK for a monitoring-only client.",
        ),
        None => remark("Warning: no shutdown command defined!"),
        Some(text) => {
            debug!(1, "will use a shutdown command (SHUTDOWNCMD): '{text}'");
            missing_program(text).iter().for_each(|path| {
                log::warn!("SHUTDOWNCMD: there is no {path}: this machine could not go down");
            });
        }
    }
    match &settings.notify_cmd {
        None => remark("Warning: no custom notification command defined, just so you know"),
        Some(text) => debug!(1, "will use custom notification command (NOTIFYCMD): '{text}'"),
    }
}

/// The program a command begins with, where that is a plain path that leads nowhere.
fn missing_program(command: &str) -> Option<&str> {
    let first = command.split_whitespace().next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._+-".contains(c);
    let path = first.starts_with('/') && first.chars().all(plain);
    (path && !Path::new(first).exists()).then_some(first)
}

/// Whom the monitor becomes; none where it is to stay, or has to stay, who it is.
pub fn run_as(options: &Options, settings: &Settings) -> Result<Option<Account>, Fatal> {
    if options.mono || !is_root() {
        return Ok(None);
    }
    let wish = settings.run_as_user.as_deref().or(options.user.as_deref());
    let name = wish.unwrap_or(paths::RUN_AS_USER);
    lookup(name).map(Some).ok_or_else(|| Fatal(format!("OS user {name} not found")))
}

/// Gives root's rights up for good.
pub fn become_user(account: Option<&Account>) -> Result<(), Fatal> {
    let Some(account) = account else { return Ok(()) };
    drop_to(account)
        .map_err(|e| Fatal(format!("cannot become user {}: {}", account.name, errno_text(&e))))?;
    let Account { name, uid, gid, .. } = account;
    debug!(1, "Succeeded to become_user({name}): now UID={uid} GID={gid}");
    Ok(())
}

/// Everything in one process.
fn alone(plan: &Plan, waiting: Option<Detached>) -> Result<u8, Fatal> {
    logging::set_tag("mono");
    log::info!("Warning: running as one big root process by request (upsmon -p)");
    let reactor = Reactor::new(&SIGNALS)?;
    let messenger = Messenger::own(plan.powers(Holder::Mono));
    write_pid(&plan.program);
    let status = monitor(plan, reactor, messenger, plan.settings.clone(), waiting);
    remove_pid(&plan.program, std::process::id());
    status
}

/// Root beside the monitor, which is another process; its side comes back with its own exit status.
fn in_two(plan: &Plan, mut waiting: Option<Detached>) -> Result<u8, Fatal> {
    let mut root = Root::new(plan.powers(Holder::Parent));
    let mut again = false;
    loop {
        // Each side takes them when it can: neither is to die of one that comes early.
        let held = signals::hold(&SIGNALS);
        let (monitor, link) = match split()? {
            Side::Child(link) => return Ok(child(plan, link, held, waiting, again)),
            Side::Parent(monitor, link) => (monitor, link),
        };
        logging::set_tag("priv-parent");
        let pid = monitor.pid();
        debug!(1, "forked a child ({pid}) to run the main loop");
        if let Some(waiting) = waiting.take() {
            logging::to_syslog_only();
            waiting.leave()?;
        }
        let next = root.watch(monitor, link, held)?;
        remove_pid(&plan.program, pid);
        match next {
            Next::Exit(status) => return Ok(status),
            Next::Restart => again = true,
        }
    }
}

/// The monitor's side; gives its exit status.
fn child(
    plan: &Plan,
    link: Link,
    held: signals::Held,
    waiting: Option<Detached>,
    again: bool,
) -> u8 {
    logging::set_tag("main-loop");
    let begun = begin(plan, link, again);
    drop(held);
    let (reactor, messenger, settings) = match begun {
        Ok(begun) => begun,
        Err(Fatal(text)) => {
            log::error!("{text}");
            return NOT_BEGUN;
        }
    };
    monitor(plan, reactor, messenger, settings, waiting).unwrap_or_else(|Fatal(text)| {
        log::error!("{text}");
        1
    })
}

/// Still root: the pid file is written. Then not any more.
fn begin(plan: &Plan, link: Link, again: bool) -> Result<(Reactor, Messenger, Settings), Fatal> {
    write_pid(&plan.program);
    become_user(plan.account.as_ref())?;
    let mut reactor = Reactor::new(&SIGNALS)?;
    let messenger = Messenger::parent(&mut reactor, link)?;
    let mut settings = plan.settings.clone();
    if again {
        // The file may have been changed, and read again, since the start.
        settings = plan.lasting().reread(&settings).unwrap_or(settings);
    }
    Ok((reactor, messenger, settings))
}

/// Watches until the end; gives the exit status.
fn monitor(
    plan: &Plan,
    reactor: Reactor,
    messenger: Messenger,
    settings: Settings,
    waiting: Option<Detached>,
) -> Result<u8, Fatal> {
    let mut keeper = Keeper::in_folder(paths::persist_dir());
    let around = Surroundings {
        messenger,
        family: plan.options.family,
        patience: Patience::new(plan.connect_time),
        watchdog: plan.watchdog,
        main_pid: plan.main_pid,
        reread: plan.lasting().into_reread(),
        keep: Box::new(move |record| keeper.keep(record)),
    };
    let mut daemon = Daemon::new(reactor, Clock::start(), settings, around);
    if let Some(waiting) = waiting {
        logging::to_syslog_only();
        log::info!("Startup successful: {}", plan.program);
        waiting.ready()?;
    }
    notify::ready_as(plan.main_pid);
    Ok(daemon.run()?)
}

impl Plan {
    fn powers(&self, holder: Holder) -> Powers {
        let flag = self.settings.power_down_flag.as_ref().map(PathBuf::from);
        Powers::new(holder, self.settings.shutdown_cmd.clone(), flag)
    }

    fn lasting(&self) -> Lasting {
        let root = (!self.options.mono).then(|| Box::new(self.settings.clone()));
        Lasting { path: self.conf.clone(), debug: self.debug, root }
    }
}

/// Where NUT writes it, in the foreground too. Only a plain user may have to take the other folder.
fn write_pid(program: &str) {
    let [first, second] = pid_files(program);
    let Err(e) = pidfile::write(&first) else { return };
    if is_root() || pidfile::write(&second).is_err() {
        notice!("writepid: fopen {}: {}", first.display(), errno_text(&e));
    }
}

/// Takes the pid file away, unless it names another process.
fn remove_pid(program: &str, pid: u32) {
    let files = pid_files(program);
    let own = files.iter().filter(|path| pidfile::read(path).is_ok_and(|n| n == i64::from(pid)));
    own.for_each(|path| pidfile::remove(path));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_that_lead_nowhere_are_missed() {
        for (command, missing) in [
            ("/sbin/no-such-program -h +0", Some("/sbin/no-such-program")),
            ("/bin/sh -c x", None),
            ("shutdown -h now", None),
            ("\"/no such/program\"", None),
            ("X=1 /no/such/program", None),
            ("/no/such$x", None),
            ("", None),
        ] {
            assert_eq!(missing_program(command), missing, "{command}");
        }
    }
}
