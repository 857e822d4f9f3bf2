//! Log lines in NUT's form, on standard error and to syslog.
//!
//! Everything goes through the `log` crate: error is ERR, warn WARNING, info INFO; `notice!`, `crit!`
//! and `alert!` give the priorities that crate lacks, `debug!(n, ...)` NUT's debug level n. The `D`
//! levels, the time column and the tag are NUT 2.8.5's.

mod stderr;
mod syslog;

use nut_proto::conf::{Diagnostic, Severity};
use std::env;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Instant;
use stderr::Stderr;
use syslog::Syslog;

/// Facility `daemon` of syslog.
const DAEMON: u8 = 3 << 3;

/// A priority of syslog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Priority {
    Alert = 1,
    Crit = 2,
    Err = 3,
    Warning = 4,
    Notice = 5,
    Info = 6,
    Debug = 7,
}

/// What a program tells about its logging.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Name in syslog, and in debug lines until [`set_tag`].
    pub program: String,
    /// Debug level at start: 0 is silent.
    pub debug: u32,
}

struct Sink {
    program: String,
    tag: Mutex<String>,
    debug: AtomicU32,
    start: Instant,
    stderr: AtomicBool,
    terminal: Stderr,
    syslog: AtomicBool,
    link: Mutex<Syslog>,
    /// Highest number of a priority that goes to syslog.
    syslog_up_to: AtomicU32,
}

static SINK: OnceLock<Sink> = OnceLock::new();

/// Begins logging, on standard error. A second call changes the debug level only.
pub fn init(setup: Setup) {
    let debug = setup.debug;
    let sink = SINK.get_or_init(|| Sink {
        tag: Mutex::new(setup.program.clone()),
        program: setup.program,
        debug: AtomicU32::new(0),
        start: Instant::now(),
        stderr: AtomicBool::new(true),
        terminal: Stderr::default(),
        syslog: AtomicBool::new(false),
        link: Mutex::new(Syslog::at("/dev/log")),
        syslog_up_to: AtomicU32::new(Priority::Debug as u32),
    });
    sink.debug.store(debug, Ordering::Relaxed);
    let _ = env_logger::Builder::new()
        .filter_level(log::LevelFilter::Trace)
        // The reactor's own library tells of every descriptor.
        .filter_module("mio", log::LevelFilter::Off)
        .format(|_, record| {
            sink_record(record);
            Ok(())
        })
        .try_init();
}

/// Puts a UPS's name in debug lines in the place of the program's.
pub fn set_tag(tag: &str) {
    if let Some(sink) = SINK.get() {
        if let Ok(mut place) = sink.tag.lock() {
            tag.clone_into(&mut place);
        }
    }
}

/// Changes the debug level.
pub fn set_debug(level: u32) {
    if let Some(sink) = SINK.get() {
        sink.debug.store(level, Ordering::Relaxed);
    }
}

/// The debug level in force.
pub fn debug() -> u32 {
    SINK.get().map_or(0, |sink| sink.debug.load(Ordering::Relaxed))
}

/// NUT_DEBUG_LEVEL: the debug level where the command line asks for none. None where it is no number
/// above 0.
pub fn level_from_environment() -> Option<u32> {
    let text = env::var("NUT_DEBUG_LEVEL").ok()?;
    text.trim().parse().ok().filter(|&level| level > 0)
}

/// Says in NUT's words that the level comes [from the environment](level_from_environment), if so.
pub fn tell_level_from_environment() {
    if let Some(level) = level_from_environment() {
        log::info!(
            "Defaulting debug verbosity to NUT_DEBUG_LEVEL={level} since none was requested by \
             command-line options"
        );
    }
}

/// Keeps the `steps` least important priorities out of syslog; standard error is not concerned.
pub fn quiet_syslog(steps: u32) {
    if let Some(sink) = SINK.get() {
        let up_to = (Priority::Debug as u32).saturating_sub(steps);
        sink.syslog_up_to.store(up_to, Ordering::Relaxed);
    }
}

/// What NUT_DEBUG_SYSLOG asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SyslogWish {
    Normal,
    StderrOnly,
    Nothing,
}

fn syslog_wish() -> SyslogWish {
    match env::var("NUT_DEBUG_SYSLOG").as_deref() {
        Ok("stderr") => SyslogWish::StderrOnly,
        Ok("none" | "false") => SyslogWish::Nothing,
        _ => SyslogWish::Normal,
    }
}

/// Whether a daemon in the background writes to standard error.
pub(crate) fn keeps_stderr() -> bool {
    syslog_wish() == SyslogWish::StderrOnly
}

/// Connects to syslog, without sending yet. Before a chroot: the connection goes along.
pub fn connect_syslog() {
    if let Some(mut syslog) = SINK.get().and_then(|sink| sink.link.lock().ok()) {
        syslog.open();
    }
}

/// From here on messages go to syslog as well, unless NUT_DEBUG_SYSLOG forbids it.
pub fn open_syslog() {
    connect_syslog();
    if let Some(sink) = SINK.get() {
        sink.syslog.store(syslog_wish() == SyslogWish::Normal, Ordering::Relaxed);
    }
}

/// From here on messages go to syslog only, as befits a daemon in the background.
pub fn to_syslog_only() {
    open_syslog();
    if let Some(sink) = SINK.get() {
        sink.stderr.store(keeps_stderr(), Ordering::Relaxed);
    }
}

/// Logs with a priority the `log` crate has no level for. Use the macros.
pub fn emit(priority: Priority, args: fmt::Arguments<'_>) {
    match priority {
        Priority::Alert => log::error!(target: "alert", "{args}"),
        Priority::Crit => log::error!(target: "crit", "{args}"),
        Priority::Err => log::error!("{args}"),
        Priority::Warning => log::warn!("{args}"),
        Priority::Notice => log::warn!(target: "notice", "{args}"),
        Priority::Info => log::info!("{args}"),
        Priority::Debug => log::debug!("{args}"),
    }
}

/// Logs at NUT's debug level `level` (1 and up). Use the macro.
pub fn emit_debug(level: u32, args: fmt::Arguments<'_>) {
    if debug() >= level {
        log::trace!(target: &level.to_string(), "{args}");
    }
}

/// Logs with priority NOTICE.
#[macro_export]
macro_rules! notice {
    ($($arg:tt)+) => { $crate::logging::emit($crate::logging::Priority::Notice, format_args!($($arg)+)) };
}

/// Logs with priority CRIT.
#[macro_export]
macro_rules! crit {
    ($($arg:tt)+) => { $crate::logging::emit($crate::logging::Priority::Crit, format_args!($($arg)+)) };
}

/// Logs with priority ALERT.
#[macro_export]
macro_rules! alert {
    ($($arg:tt)+) => { $crate::logging::emit($crate::logging::Priority::Alert, format_args!($($arg)+)) };
}

/// Logs at a debug level: `debug!(2, "...")`.
#[macro_export]
macro_rules! debug {
    ($level:expr, $($arg:tt)+) => { $crate::logging::emit_debug($level, format_args!($($arg)+)) };
}

fn sink_record(record: &log::Record<'_>) {
    let Some(sink) = SINK.get() else { return };
    let level = debug_level(record);
    let now = sink.debug.load(Ordering::Relaxed);
    if level > now {
        return;
    }
    let text = record.args().to_string();
    let text = if level > 0 { format!("{}{text}", sink.mark(level)) } else { text };
    if sink.stderr.load(Ordering::Relaxed) {
        sink.terminal.line(&format!("{}{text}", sink.time_column(now)));
    }
    let important = priority(record) as u32 <= sink.syslog_up_to.load(Ordering::Relaxed);
    if important && sink.syslog.load(Ordering::Relaxed) {
        sink.to_syslog(priority(record), &text);
    }
}

/// Libraries that log by themselves. Whoever calls them tells what matters; the rest is for those who
/// look closely.
const LIBRARIES: [&str; 1] = ["nusb"];

/// The debug level from which on the words of a library are shown.
const OF_LIBRARIES: u32 = 5;

/// The debug level of a record; 0 for what is always shown.
fn debug_level(record: &log::Record<'_>) -> u32 {
    let module = record.target().split("::").next().unwrap_or_default();
    match record.level() {
        _ if LIBRARIES.contains(&module) => OF_LIBRARIES,
        log::Level::Trace => record.target().parse().unwrap_or(2),
        log::Level::Debug => 1,
        _ => 0,
    }
}

/// Logs what the reader of a configuration complained about.
pub fn tell_problems(problems: &[Diagnostic]) {
    for problem in problems {
        match problem.severity {
            Severity::Error => log::error!("{problem}"),
            Severity::Warning => log::warn!("{problem}"),
        }
    }
}

/// Logs how many entries of a configuration have no effect, if any, in NUT's words.
pub fn tell_ignored(entries: usize) {
    if entries > 0 {
        log::error!("Encountered {entries} config errors, those entries were ignored");
    }
}

fn priority(record: &log::Record<'_>) -> Priority {
    match (record.level(), record.target()) {
        (log::Level::Error, "alert") => Priority::Alert,
        (log::Level::Error, "crit") => Priority::Crit,
        (log::Level::Error, _) => Priority::Err,
        (log::Level::Warn, "notice") => Priority::Notice,
        (log::Level::Warn, _) => Priority::Warning,
        (log::Level::Info, _) => Priority::Info,
        (log::Level::Debug | log::Level::Trace, _) => Priority::Debug,
    }
}

impl Sink {
    fn time_column(&self, debug: u32) -> String {
        if debug == 0 {
            return String::new();
        }
        let passed = self.start.elapsed();
        format!("{:4}.{:06}\t", passed.as_secs(), passed.subsec_micros())
    }

    fn mark(&self, level: u32) -> String {
        let tag = self.tag.lock().map(|tag| tag.clone()).unwrap_or_default();
        match env::var_os("NUT_DEBUG_PID") {
            Some(_) => format!("[D{level}:{}:{tag}] ", std::process::id()),
            None => format!("[D{level}:{tag}] "),
        }
    }

    fn to_syslog(&self, priority: Priority, text: &str) {
        let head = DAEMON | priority as u8;
        let line = format!("<{head}>{}[{}]: {text}", self.program, std::process::id());
        if let Ok(mut syslog) = self.link.lock() {
            syslog.send(line.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use log::{Level, Record};

    fn level(target: &str, level: Level) -> u32 {
        debug_level(&Record::builder().target(target).level(level).build())
    }

    #[test]
    fn what_a_library_says_is_for_those_who_look_closely() {
        assert_eq!(level("nusb::platform::device", Level::Error), OF_LIBRARIES);
        assert_eq!(level("nusb", Level::Debug), OF_LIBRARIES);
        assert_eq!(level("upsdrv_usbhid::keeper", Level::Error), 0);
        assert_eq!(level("upsdrv_usbhid::keeper", Level::Debug), 1);
        assert_eq!(level("3", Level::Trace), 3);
    }
}
