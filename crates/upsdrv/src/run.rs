//! A driver's life from command line to exit code.
//!
//! Knows NUT's order of steps: settings, rights, one instance only, device, first update, socket,
//! background. Each step's knowledge is elsewhere; this module only says what comes after what.
//!
//! Going to the background forks first and lets the parent wait (NUT forks last), so that the pid
//! file has one number from the start; seen from outside it is the same: exit code 0 means that the
//! device answered and the socket is up.

use crate::args::{self, CommandLine, Ground, Wish};
use crate::config::{Config, Refusal};
use crate::context::{Context, Phase};
use crate::control::{COMMANDS, SHUTDOWN_DEFAULT};
use crate::driver::{Driver, Fatal, Metadata};
use crate::host::{End, Host};
use crate::serve::{Loop, print_tree};
use crate::source::{self, Places};
use crate::{instance, rights, status, talk, texts};
use nut_daemon::background::{self, Detached};
use nut_daemon::errno::errno_text;
use nut_daemon::output::{complain, print, remark};
use nut_daemon::pidfile;
use nut_daemon::reactor::Reactor;
use nut_daemon::{banner, logging, notify, signals};
use nut_proto::NUT_VERSION;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Runs a driver program: call it from `main` and return what it returns.
pub fn run<D: Driver>(metadata: &'static Metadata, driver: D) -> ExitCode {
    let argv: Vec<OsString> = std::env::args_os().collect();
    let program = program_name(argv.first(), metadata);
    logging::init(logging::Setup { program: program.clone(), debug: 0 });
    let code = match args::parse(argv) {
        Ok(Wish::Help) => {
            show(&format!("{}\n{}", texts::banner(metadata), texts::help(metadata, &program)))
        }
        Ok(Wish::Version) => show(&texts::banner(metadata)),
        Ok(Wish::ListOptions) => {
            banner::print_unless_quiet(&texts::banner(metadata));
            show(texts::option_list(metadata).trim_end())
        }
        Ok(Wish::Run(line)) => run_line(metadata, driver, &program, *line),
        Err(e) => {
            banner::print_unless_quiet(&texts::banner(metadata));
            if e.help {
                remark(&texts::help(metadata, &program));
            }
            complain(&e.message);
            1
        }
    };
    ExitCode::from(code)
}

/// Base name of argv[0]: a symbolic link gives its own name, as in NUT.
fn program_name(argv0: Option<&OsString>, metadata: &Metadata) -> String {
    let name = argv0.and_then(|word| Path::new(word).file_name());
    name.map_or_else(|| metadata.name.to_owned(), |name| name.to_string_lossy().into_owned())
}

fn show(text: &str) -> u8 {
    u8::from(print(&format!("{text}\n")).is_err())
}

fn run_line<D: Driver>(
    metadata: &'static Metadata,
    driver: D,
    program: &str,
    line: CommandLine,
) -> u8 {
    banner::print_unless_quiet(&texts::banner(metadata));
    if line.debug == 0 {
        logging::tell_level_from_environment();
    }
    logging::set_debug(source::start_level(&line));
    let config = match source::read_config(metadata, program, &line) {
        Ok(config) => config,
        Err(refusal) => return refused(&refusal),
    };
    logging::set_debug(source::debug_level(&line, &config));
    logging::set_tag(line.ups.name());
    let places = Places::new(program, line.ups.name(), &config);
    let start = Start { metadata, driver, program, line, config, places };
    start.dispatch().unwrap_or_else(|fatal| {
        log::error!("{fatal}");
        fatal.code
    })
}

fn refused(refusal: &Refusal) -> u8 {
    if let Some(output) = &refusal.output {
        remark(output);
    }
    if let Some(message) = &refusal.message {
        log::error!("{message}");
    }
    1
}

/// Everything known before the first step.
struct Start<'a, D> {
    metadata: &'static Metadata,
    driver: D,
    program: &'a str,
    line: CommandLine,
    config: Config,
    places: Places,
}

impl<D: Driver> Start<'_, D> {
    /// Only talks where that is enough, else starts the driver.
    fn dispatch(self) -> Result<u8, Fatal> {
        let Places { socket, pid_file, .. } = &self.places;
        if let Some(remote) = self.line.remote {
            return Ok(talk::remote(remote, &self.line, self.program, socket, pid_file));
        }
        if self.line.kill_power && talk::kill_power(socket) {
            return Ok(0);
        }
        if self.line.dump.is_some() {
            if let Some(text) = talk::dump(socket) {
                return Ok(u8::from(print(&text).is_err()));
            }
        }
        self.start()
    }

    fn start(self) -> Result<u8, Fatal> {
        rights::give_up(&self.line, &self.config)?;
        self.enter_state_dir()?;
        let detached = self.detach()?;
        let pid_file = self.keeps_pid_file().then(|| self.places.pid_file.clone());
        if self.line.dump.is_none() {
            let known =
                pid_file.clone().or(self.line.kill_power.then(|| self.places.pid_file.clone()));
            instance::replace_older(self.program, &self.places.socket, known.as_deref());
        }
        let kept = pid_file.as_deref().filter(|path| keep_pid_file(path));
        let (mode, places) = (self.mode(), self.places.clone());
        let mut main = self.into_loop()?;
        let end = live(&mut main, mode, &places, detached);
        let code = finish(&mut main, end, &places);
        if let Some(path) = kept {
            pidfile::remove(path);
        }
        Ok(code)
    }

    fn enter_state_dir(&self) -> Result<(), Fatal> {
        let Err(e) = std::env::set_current_dir(&self.places.state) else { return Ok(()) };
        let what = format!("Can't chdir to {}", self.places.state.display());
        let why = errno_text(&e);
        match (self.line.dump, self.line.kill_power) {
            (Some(_), _) => log::warn!("{what} (but we do not require that to dump data): {why}"),
            (_, true) => log::warn!("{what} (but we do not require that to force shutdown): {why}"),
            _ => return Err(Fatal::new(format!("{what}: {why}"))),
        }
        Ok(())
    }

    fn mode(&self) -> Mode {
        match (self.line.dump, self.line.kill_power) {
            (_, true) => Mode::PowerOff,
            (Some(rounds), _) => Mode::Dump(rounds),
            _ => Mode::Serve,
        }
    }

    fn keeps_pid_file(&self) -> bool {
        self.mode() == Mode::Serve && self.line.ground != Ground::Foreground
    }

    fn detach(&self) -> Result<Option<Detached>, Fatal> {
        if self.mode() != Mode::Serve {
            return Ok(None);
        }
        match self.line.ground {
            Ground::Background => {
                let child = background::detach();
                return child
                    .map(Some)
                    .map_err(|e| Fatal::new(format!("fork: {}", errno_text(&e))));
            }
            Ground::Foreground => {
                log::info!("Running as foreground process, not saving a PID file");
            }
            Ground::ForegroundWithPidFile => {
                log::info!("Running as foreground process, but saving a PID file anyway");
            }
        }
        Ok(None)
    }

    fn into_loop(self) -> Result<Loop<D>, Fatal> {
        const SIGNALS: [i32; 6] =
            [signals::TERM, signals::INT, signals::QUIT, signals::HUP, signals::USR1, signals::URG];
        let wanted = if self.mode() == Mode::Serve { SIGNALS.as_slice() } else { &[] };
        let reactor = Reactor::new(wanted)
            .map_err(|e| Fatal::new(format!("event loop: {}", errno_text(&e))))?;
        let options = self.config.options.clone();
        let mut ctx = Context::new(self.program, self.line.ups.name(), options, Instant::now());
        let waker = reactor.waker();
        // An error means that the loop is gone, and nobody left to call.
        ctx.set_waker(Arc::new(move || drop(waker.wake())));
        let host = Host::new(self.metadata, self.driver, ctx, self.config, self.line);
        Ok(Loop::new(host, reactor))
    }
}

/// Without a pid file the driver runs all the same.
fn keep_pid_file(path: &Path) -> bool {
    let written = pidfile::write(path);
    if let Err(e) = &written {
        log::warn!("writepid: fopen {}: {}", path.display(), errno_text(e));
    }
    written.is_ok()
}

/// What this run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Serve,
    /// Print the tree after this many rounds more than one.
    Dump(u32),
    PowerOff,
}

fn live<D: Driver>(
    main: &mut Loop<D>,
    mode: Mode,
    places: &Places,
    detached: Option<Detached>,
) -> End {
    match begin(main, mode).and_then(|()| go_on(main, mode, places, detached)) {
        Ok(end) => end,
        Err(fatal) => End::Fatal(fatal),
    }
}

/// Up to the device's identity.
fn begin<D: Driver>(main: &mut Loop<D>, mode: Mode) -> Result<(), Fatal> {
    let host = &mut main.host;
    host.ctx.set_phase(Phase::InitStarting);
    host.publish_settings();
    if mode == Mode::Serve && logging::debug() == 0 {
        logging::open_syslog();
    }
    host.ctx.state.set("device.type", "ups");
    host.ctx.set_phase(Phase::InitDevice);
    host.driver.open(&mut host.ctx)?;
    host.ctx.set_phase(Phase::InitInfo);
    publish_identity(&mut host.ctx, host.metadata);
    host.driver.init_info(&mut host.ctx)
}

fn publish_identity(ctx: &mut Context, metadata: &Metadata) {
    let program = ctx.program.clone();
    ctx.state.set("driver.name", program);
    ctx.state.set("driver.version", NUT_VERSION);
    ctx.state.set("driver.version.internal", metadata.version);
    ctx.state.add_command(SHUTDOWN_DEFAULT);
    COMMANDS.iter().for_each(|name| ctx.state.add_command(name));
}

fn go_on<D: Driver>(
    main: &mut Loop<D>,
    mode: Mode,
    places: &Places,
    detached: Option<Detached>,
) -> Result<End, Fatal> {
    if mode == Mode::PowerOff {
        return Ok(if main.power_off() { End::Done } else { End::NotPoweredOff });
    }
    main.host.ctx.set_phase(Phase::InitUpdate);
    main.wait_until_ready();
    if let Some(end) = main.host.end.take() {
        return Ok(end);
    }
    main.update();
    complete_identity(main)?;
    if let Mode::Dump(rounds) = mode {
        return Ok(dump(main, rounds));
    }
    main.host.ctx.set_phase(Phase::Quiet);
    // Nobody is connected yet: what was queued so far is in the first dump.
    main.tell();
    rights::open_socket(main, &places.socket)?;
    if let Some(child) = detached {
        child.ready().map_err(|e| Fatal::new(format!("background: {}", errno_text(&e))))?;
        logging::to_syslog_only();
        log::info!("Startup successful: {}", main.host.ctx.program);
    }
    notify::ready();
    Ok(main.run())
}

/// What needs the readings of the first update.
fn complete_identity<D: Driver>(main: &mut Loop<D>) -> Result<(), Fatal> {
    if main.host.config.ignore_lb {
        check_ignore_lb(&main.host.ctx)?;
    }
    let state = &mut main.host.ctx.state;
    for part in ["mfr", "model", "serial"] {
        if let Some(value) = state.value(&format!("ups.{part}")).map(str::to_owned) {
            state.set(&format!("device.{part}"), value);
        }
    }
    Ok(())
}

fn check_ignore_lb(ctx: &Context) -> Result<(), Fatal> {
    let usable = status::usable_for_ignorelb(&ctx.state);
    for name in &usable {
        log::info!("using '{name}' to set battery low state");
    }
    if usable.is_empty() {
        return Err(Fatal::new(
            "The 'ignorelb' flag is set, but there is no way to determine the\n\
             battery state of charge.\n\n\
             Only set this flag if both 'battery.charge' and 'battery.charge.low'\n\
             and/or 'battery.runtime' and 'battery.runtime.low' are available.",
        ));
    }
    Ok(())
}

fn dump<D: Driver>(main: &mut Loop<D>, rounds: u32) -> End {
    for _ in 0..=rounds {
        // Events between two rounds get their chance.
        main.turn(Some(Duration::from_millis(100)));
        if let Some(end) = main.host.end.take() {
            return end;
        }
        main.update();
    }
    main.host.ctx.set_phase(Phase::Dumping);
    print_tree(&main.host);
    End::Done
}

fn finish<D: Driver>(main: &mut Loop<D>, end: End, places: &Places) -> u8 {
    let serving = main.is_listening();
    match &end {
        End::Fatal(fatal) => log::error!("{fatal}"),
        _ if !serving => {}
        end => log::info!("{}", end.text()),
    }
    if serving {
        notify::stopping(&end.text());
    }
    main.host.ctx.set_phase(Phase::CleanupDriver);
    main.tell();
    main.clean_up();
    main.host.ctx.set_phase(Phase::CleanupExit);
    main.tell();
    if serving {
        main.close();
        pidfile::remove(&places.socket);
    }
    end.code()
}
