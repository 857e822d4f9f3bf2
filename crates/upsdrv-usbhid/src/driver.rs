//! The driver part: the kit's callbacks, answered by finder and engine.
//!
//! Knows when the device counts as lost, when it is looked for again, and what is published about
//! that. Reports are the engine's business; this module only carries them there.

use crate::engine::{AttachError, Engine, LocalTime, Loss, Settings as EngineSettings};
use crate::finder::{Finder, Found};
use crate::incoming::Incoming;
use crate::localtime;
use crate::options::OPTIONS;
use crate::record;
use crate::settings::{Folders, RecordWish};
use crate::source::Link;
use crate::transport::Transport;
use crate::worker::Patience;
use nut_daemon::paths;
use std::path::PathBuf;
use std::time::Instant;
use upsdrv::{Answer, Context, Driver, Fatal, Metadata, Outcome, Phase};

/// How the program presents itself.
pub static METADATA: Metadata = Metadata {
    name: "usbhid-ups",
    aliases: &[],
    full_name: "Generic HID driver",
    version: "0.71",
    subdrivers: &["USB communication driver (hidraw) 0.53"],
    options: OPTIONS,
};

/// The driver part of `usbhid-ups`.
pub struct UsbHid {
    start: PathBuf,
    running: Option<Running>,
}

/// Everything from the first opening on.
struct Running {
    finder: Finder,
    engine: Engine,
    /// The connection; none while the UPS is lost.
    link: Option<Link>,
    /// The device is there but answers nothing.
    mute: bool,
    /// No attempt to reconnect is made before this.
    not_before: Instant,
    /// Whether an interrupt report came since the last round.
    heard: bool,
    /// Rounds in a row without one.
    silent_rounds: u64,
}

impl UsbHid {
    /// A driver that was started in this folder.
    pub fn new(start: PathBuf) -> Self {
        UsbHid { start, running: None }
    }
}

impl Driver for UsbHid {
    fn open(&mut self, ctx: &mut Context) -> Result<(), Fatal> {
        let folders = Folders { conf: paths::conf_dir(), start: self.start.clone() };
        ctx.state.set("driver.version.usb", "hidapi (hidraw)");
        let mut finder = Finder::new(ctx, &folders)?;
        let Found { mut link, map, entry } = finder.first()?;
        if let Some(wish) = &finder.settings.record {
            take_recording(&mut link, &map.usages, wish)?;
        }
        let settings = EngineSettings::read(&ctx.options);
        let mut engine = Engine::attach(map, entry, settings, local_time(), &mut link.device, ctx)
            .map_err(|error| unusable(&link, &error))?;
        engine.init(&mut link.device, ctx).map_err(|loss| {
            log::error!("{loss}");
            Fatal::new("Can't initialize data from HID UPS")
        })?;
        link.device.patience = Patience::SERVING;
        let tolerance = finder.settings.tolerance.map_or("-1".to_string(), |n| n.to_string());
        ctx.state.set("driver.parameter.interrupt_pipe_no_events_tolerance", tolerance);
        self.running = Some(Running {
            finder,
            engine,
            link: Some(link),
            mute: false,
            not_before: ctx.now,
            heard: true,
            silent_rounds: 0,
        });
        Ok(())
    }

    /// All was done when the device was opened (NUT 2.8.5 has the same order).
    fn init_info(&mut self, _ctx: &mut Context) -> Result<(), Fatal> {
        Ok(())
    }

    fn update(&mut self, ctx: &mut Context) {
        if let Some(running) = &mut self.running {
            running.round(ctx);
            running.finder.start();
        }
    }

    fn on_wake(&mut self, ctx: &mut Context) {
        if let Some(running) = &mut self.running {
            running.take_news(ctx);
        }
    }

    fn set(&mut self, ctx: &mut Context, name: &str, value: &str) -> Answer {
        self.with_device(|engine, device| engine.set(name, value, device, ctx))
    }

    fn command(&mut self, ctx: &mut Context, name: &str, param: Option<&str>) -> Answer {
        self.with_device(|engine, device| engine.command(name, param, device, ctx))
    }

    fn shutdown(&mut self, ctx: &mut Context) -> Answer {
        self.with_device(|engine, device| engine.shutdown(device, ctx))
    }

    fn cleanup(&mut self, _ctx: &mut Context) {
        self.running = None;
    }
}

impl UsbHid {
    fn with_device(
        &mut self,
        ask: impl FnOnce(&mut Engine, &mut dyn Transport) -> Outcome,
    ) -> Answer {
        let running = self.running.as_mut();
        let device =
            running.and_then(|running| Some((&mut running.engine, running.link.as_mut()?)));
        Answer::Done(match device {
            Some((engine, link)) => ask(engine, &mut link.device),
            None => {
                log::error!("The UPS is not connected");
                Outcome::Failed
            }
        })
    }
}

impl Running {
    /// One round of the loop.
    fn round(&mut self, ctx: &mut Context) {
        self.take_news(ctx);
        if !self.is_up(ctx) {
            return;
        }
        if self.is_too_silent() {
            log::warn!("No interrupt report in {} rounds", self.silent_rounds);
            self.lose("no interrupt reports", ctx);
            return;
        }
        let Some(link) = &mut self.link else { return };
        match self.engine.update(&mut link.device, ctx) {
            Ok(()) => {}
            Err(Loss::Mute) => self.doubt(ctx),
            Err(Loss::Gone(reason)) => {
                self.lose(&reason, ctx);
                self.reconnect(ctx);
            }
        }
    }

    /// Whether the device is there and answers, after trying to make it so.
    fn is_up(&mut self, ctx: &mut Context) -> bool {
        match self.link.is_some() {
            true if self.mute => self.revive(ctx),
            true => true,
            false => self.reconnect(ctx),
        }
    }

    /// Hands interrupt reports to the engine. A device that was unplugged is looked for at once, so
    /// that its readings do not count as good any longer than they are.
    fn take_news(&mut self, ctx: &mut Context) {
        let news = self.link.as_ref().map(Link::news).unwrap_or_default();
        for news in news {
            match news {
                Incoming::Report(report) => self.take_report(&report, ctx),
                Incoming::Lost(reason) => {
                    self.lose(&reason, ctx);
                    self.reconnect(ctx);
                    return;
                }
            }
        }
    }

    fn take_report(&mut self, report: &[u8], ctx: &mut Context) {
        self.heard = true;
        if let Some(link) = &mut self.link {
            self.engine.on_report(report, &mut link.device, ctx);
        }
    }

    /// Counts rounds without an interrupt report.
    fn is_too_silent(&mut self) -> bool {
        let heard = std::mem::take(&mut self.heard);
        self.silent_rounds = if heard { 0 } else { self.silent_rounds.saturating_add(1) };
        let tolerance = self.finder.settings.tolerance.filter(|_| self.engine.uses_interrupts());
        tolerance.is_some_and(|tolerance| self.silent_rounds > tolerance)
    }

    /// The connection is of no use any more.
    fn lose(&mut self, reason: &str, ctx: &mut Context) {
        log::warn!("Lost the UPS: {reason}. Reconnecting.");
        self.link = None;
        self.mute = false;
        self.not_before = ctx.now + self.finder.settings.wait_before_reconnect;
        ctx.set_phase(Phase::ReconnectTrying);
    }

    /// The device answers nothing; the engine has declared its readings stale. It is asked again
    /// every round over the same connection: to open a node anew does nothing to a device, and the
    /// kernel lets nobody open or close one while a request hangs.
    fn doubt(&mut self, ctx: &mut Context) {
        if !std::mem::replace(&mut self.mute, true) {
            log::warn!("The UPS does not answer any more. Trying on.");
        }
        ctx.set_phase(Phase::ReconnectTrying);
    }

    /// Asks a mute device again.
    fn revive(&mut self, ctx: &mut Context) -> bool {
        let Some(link) = &mut self.link else { return false };
        match self.engine.reinit(&mut link.device, ctx) {
            Ok(()) => {
                log::info!("The UPS answers again");
                self.mute = false;
                (self.heard, self.silent_rounds) = (true, 0);
                ctx.set_phase(Phase::Quiet);
                true
            }
            Err(Loss::Mute) => false,
            Err(Loss::Gone(reason)) => {
                self.lose(&reason, ctx);
                ctx.state.data_stale();
                false
            }
        }
    }

    /// Opens the device again, if it is there. Readings count as good until that has failed once.
    fn reconnect(&mut self, ctx: &mut Context) -> bool {
        if ctx.now < self.not_before {
            return false;
        }
        let lost = self.engine.identity().clone();
        match self.finder.again(&lost) {
            Ok(link) => {
                log::info!("Found the UPS again");
                self.link = Some(link);
                self.mute = true;
                self.revive(ctx)
            }
            Err(none) => {
                log::debug!("not reconnected: {none:?}");
                ctx.state.data_stale();
                false
            }
        }
    }
}

fn local_time() -> LocalTime {
    std::sync::Arc::new(localtime::reader())
}

fn unusable(link: &Link, error: &AttachError) -> Fatal {
    let identity = link.device.identity();
    Fatal::new(format!("Can't use USB device [{:04x}:{:04x}]: {error}", identity.vid, identity.pid))
}

fn take_recording(
    link: &mut Link,
    usages: &nut_hid::usage::UsageTable,
    wish: &RecordWish,
) -> Result<(), Fatal> {
    let fatal = |error: &dyn std::fmt::Display| {
        Fatal::new(format!("Can't record to {}: {error}", wish.file.display()))
    };
    let recording =
        record::take(&mut link.device, usages, wish.keep_serial).map_err(|error| fatal(&error))?;
    record::write(&recording, &wish.file).map_err(|error| fatal(&error))?;
    let serial = if wish.keep_serial { "kept" } else { "replaced by zeros" };
    log::info!(
        "Recording written to {}: {} feature reports, {} input reports, {} strings; \
         the serial number is {serial}",
        wish.file.display(),
        recording.feature.len(),
        recording.input.len(),
        recording.strings.len()
    );
    Ok(())
}
