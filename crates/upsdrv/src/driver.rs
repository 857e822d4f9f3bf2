//! What a driver program hands to the kit: its description and its callbacks.
//!
//! Knows the contract between kit and driver part. What a driver may see and ask for while one of its
//! callbacks runs stands in [`Context`]; when the callbacks are called is for the main loop.
//!
//! The callbacks run on one thread, one at a time. A program's `main` is
//! `upsdrv::run(&METADATA, driver)`.

use crate::context::Context;
use nut_proto::driver::Outcome;
use std::fmt;
use std::time::Duration;

/// How a driver presents itself. Make it a `static`.
#[derive(Debug)]
pub struct Metadata {
    /// Program name: expected in `driver =`, prefix of socket and pid file, `driver.name`.
    pub name: &'static str,
    /// Other program names under which `driver =` may know it.
    pub aliases: &'static [&'static str],
    /// Name in the banner; ` driver` is added there unless it contains `river`.
    pub full_name: &'static str,
    /// The driver's own version, `driver.version.internal`.
    pub version: &'static str,
    /// One banner line for each part below the driver, `USB communication driver 0.53`.
    pub subdrivers: &'static [&'static str],
    /// Options for the device section and `-x`; the kit's own are not among them.
    pub options: &'static [OptionSpec],
}

/// One option of a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionSpec {
    /// Name in ups.conf; compared without regard to letter case.
    pub name: &'static str,
    /// What may stand behind it.
    pub kind: OptionKind,
    /// One line for `-h` and `-L`.
    pub help: &'static str,
    /// Whether a reload applies a changed value; the driver hears of it by
    /// [`Driver::options_changed`].
    pub reloadable: bool,
}

impl OptionSpec {
    /// An option with a value, fixed at start.
    pub const fn value(name: &'static str, help: &'static str) -> OptionSpec {
        OptionSpec { name, kind: OptionKind::Value, help, reloadable: false }
    }

    /// An option that is given or not, fixed at start.
    pub const fn flag(name: &'static str, help: &'static str) -> OptionSpec {
        OptionSpec { name, kind: OptionKind::Flag, help, reloadable: false }
    }

    /// An option whose value is shown nowhere, fixed at start.
    pub const fn secret(name: &'static str, help: &'static str) -> OptionSpec {
        OptionSpec { name, kind: OptionKind::Secret, help, reloadable: false }
    }

    /// The same option, but applied by a reload.
    pub const fn reloadable(self) -> OptionSpec {
        OptionSpec { reloadable: true, ..self }
    }
}

/// What may stand behind an option's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// `name = value`, published as `driver.parameter.<name>`.
    Value,
    /// `name`, published as `driver.flag.<name>`.
    Flag,
    /// `name = value`, not published; `UNKNOWN` in the listing of `-L`.
    Secret,
}

/// Why the driver cannot go on: the text for the administrator and the exit status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fatal {
    /// Text for stderr and the log, one line or several, without a final line feed.
    pub message: String,
    /// Exit status of the process, 1 in nearly all cases.
    pub code: u8,
}

impl Fatal {
    /// A fatal error with exit status 1.
    pub fn new(message: impl Into<String>) -> Fatal {
        Fatal { message: message.into(), code: 1 }
    }
}

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What a SET, an instant command or a shutdown came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Finished: the number for the TRACKING line.
    Done(Outcome),
    /// Not finished: the kit calls [`Driver::resume`] after this time and serves the driver socket
    /// meanwhile. It starts no other SET or command and no update before the answer is there.
    Wait(Duration),
}

/// Names one TCP connection a driver opens with [`Context::connect`]; chosen by the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link(pub u32);

/// What happened on a [`Link`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEvent {
    /// The connection stands.
    Connected,
    /// Bytes came.
    Data(Vec<u8>),
    /// The connection is gone or never came to be; the reason is for the log. The driver's own
    /// [`Context::disconnect`] gives no such event.
    Closed(String),
}

/// The driver part.
///
/// Order of calls: `open`, `init_info`, then (while [`Driver::is_ready`] says no) only events, then
/// `update` and from there on, until `cleanup`, whatever comes. With `-k`: `open`, `init_info`,
/// `shutdown`, `cleanup`.
pub trait Driver {
    /// Finds and opens the device, already as the unprivileged user. Options are in `ctx.options`.
    /// An error ends the program with its text.
    fn open(&mut self, ctx: &mut Context) -> Result<(), Fatal>;

    /// Identifies the device: creates variables and announces commands. Last chance to refuse.
    fn init_info(&mut self, ctx: &mut Context) -> Result<(), Fatal>;

    /// Whether the first update may be made. A driver that waits for an answer over a [`Link`] says
    /// no until it has it (or gives up with [`Context::fail`]); the driver socket opens only after.
    fn is_ready(&self) -> bool {
        true
    }

    /// Reads the device once. Called every poll interval, counted from the start of the last call.
    /// Says `ctx.state.data_ok()` when the readings are good and `data_stale()` when the device is
    /// lost. Should return within a second or two: the driver socket waits meanwhile.
    fn update(&mut self, ctx: &mut Context);

    /// A [`Context::waker`] was used: called at once, whatever the poll interval. Several wake-ups
    /// may come as one call.
    fn on_wake(&mut self, _ctx: &mut Context) {}

    /// The moment asked for with [`Context::call_at`] has come.
    fn on_timer(&mut self, _ctx: &mut Context) {}

    /// Something happened on a connection opened with [`Context::connect`].
    fn on_link(&mut self, _ctx: &mut Context, _link: Link, _event: LinkEvent) {}

    /// Sets a variable. Called for any name the kit does not keep for itself, also unlisted ones.
    fn set(&mut self, _ctx: &mut Context, _name: &str, _value: &str) -> Answer {
        log::info!("Got SET, but driver lacks a handler");
        Answer::Done(Outcome::Unknown)
    }

    /// Runs an instant command. Called for any name the kit does not keep for itself.
    fn command(&mut self, _ctx: &mut Context, name: &str, param: Option<&str>) -> Answer {
        unknown_command(name, param)
    }

    /// Goes on with what answered [`Answer::Wait`].
    fn resume(&mut self, _ctx: &mut Context) -> Answer {
        Answer::Done(Outcome::Failed)
    }

    /// Powers the load off by the driver's own sequence: the command `shutdown.default`, also behind
    /// `-k` and `driver.killpower`. The answer must be honest: it decides the exit status.
    fn shutdown(&mut self, _ctx: &mut Context) -> Answer {
        log::error!("shutdown not supported");
        Answer::Done(Outcome::Unknown)
    }

    /// A reload changed options that are marked reloadable; `ctx.options` has the new ones.
    fn options_changed(&mut self, _ctx: &mut Context) {}

    /// The last call; releases the device.
    fn cleanup(&mut self, _ctx: &mut Context) {}
}

/// The answer to a command the driver does not know, with NUT's log line.
pub fn unknown_command(name: &str, param: Option<&str>) -> Answer {
    log::warn!("instcmd: unknown command [{name}] [{}]", param.unwrap_or("(null)"));
    Answer::Done(Outcome::Unknown)
}
