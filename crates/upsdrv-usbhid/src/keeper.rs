//! Keeping the UPS: from the first opening on, through losses and silences.
//!
//! Knows when the device counts as lost or mute, when it is asked or looked for again, and what is
//! published about that. What its reports mean is the engine's business, how it is found the
//! finder's.

use crate::engine::{AttachError, Engine, Loss, Round, Settings as EngineSettings};
use crate::finder::{Finder, Found};
use crate::incoming::Incoming;
use crate::localtime;
use crate::record;
use crate::settings::RecordWish;
use crate::source::Link;
use crate::transport::{Identity, Patience, Transport};
use nut_hid::usage::UsageTable;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;
use upsdrv::{Context, Fatal, Phase};

/// The failed attempt to reconnect after which the log says why. A device that comes or goes is for a
/// moment there without its nodes, or without the rights to them.
const TOLD_AFTER: u32 = 3;

/// A UPS that was found, and all it takes to find it again.
pub struct Keeper {
    finder: Finder,
    engine: Engine,
    /// The connection; none while the UPS is lost.
    link: Option<Link>,
    /// The device is there but answers nothing.
    mute: bool,
    /// The connection is new: whether the device is as it was has not been seen yet.
    new: bool,
    /// No attempt to reconnect is made before this.
    not_before: Instant,
    /// Whether an attempt to reconnect was made since the last round began.
    tried: bool,
    /// Attempts to reconnect that failed since the loss.
    failures: u32,
    /// Whether an interrupt report came since the last round.
    heard: bool,
    /// Rounds in a row without one.
    silent_rounds: u64,
}

impl Keeper {
    /// Finds the UPS, records it if that is wished, and reads it for the first time. An error ends
    /// the program.
    pub fn start(ctx: &mut Context, mut finder: Finder) -> Result<Keeper, Fatal> {
        let Found { mut link, map, entry } = finder.first()?;
        if let Some(wish) = &finder.settings.record {
            take_recording(&mut link, &map.usages, wish)?;
        }
        let (settings, zone) = (EngineSettings::read(&ctx.options), Arc::new(localtime::reader()));
        let mut engine = Engine::attach(map, entry, settings, zone, link.device.as_mut(), ctx)
            .map_err(|error| unusable(link.device.identity(), &error))?;
        engine.init(link.device.as_mut(), ctx).map_err(|loss| {
            log::error!("{loss}");
            Fatal::new("Can't initialize data from HID UPS")
        })?;
        link.device.set_patience(Patience::SERVING);
        show_way(&link, ctx);
        finder.tell_of_idle_options(link.way);
        let tolerance = finder.settings.tolerance.map_or("-1".to_string(), |n| n.to_string());
        ctx.state.set("driver.parameter.interrupt_pipe_no_events_tolerance", tolerance);
        Ok(Keeper {
            finder,
            engine,
            link: Some(link),
            mute: false,
            new: false,
            not_before: ctx.now,
            tried: false,
            failures: 0,
            heard: true,
            silent_rounds: 0,
        })
    }

    /// Starts the clock of a recording's events; only the first call does.
    pub fn play(&mut self) {
        self.finder.start();
    }

    /// The engine and the device, while there is one.
    pub fn device(&mut self) -> Option<(&mut Engine, &mut dyn Transport)> {
        let link = self.link.as_mut()?;
        Some((&mut self.engine, link.device.as_mut()))
    }

    /// Lets the device go, at the end of the program.
    pub fn end(self) {
        if let Some(link) = self.link {
            link.close();
        }
    }

    /// One round of the loop.
    pub fn round(&mut self, ctx: &mut Context) {
        self.tried = false;
        self.go_on(ctx);
    }

    /// What a round does. It may be broken off for an interrupt report; then it is gone on with at
    /// once, after what the report brought has been told.
    pub fn go_on(&mut self, ctx: &mut Context) {
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
        match self.engine.update(link.device.as_mut(), ctx) {
            Ok(Round::Complete) => {}
            Ok(Round::BrokenOff) => {
                self.take_news(ctx);
                ctx.call_at(ctx.now);
            }
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
    pub fn take_news(&mut self, ctx: &mut Context) {
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
            self.engine.on_report(report, link.device.as_mut(), ctx);
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
        self.failures = 0;
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
        let device = link.device.as_mut();
        let same = if self.new { self.engine.compare(device, ctx) } else { Ok(()) };
        self.new &= same.is_err();
        match same.and_then(|()| self.engine.reinit(device, ctx)) {
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

    /// Opens the device again, if it is there. Readings count as good until that has failed once, or
    /// has to wait. A connection that was lost as soon as it was made, as over an interrupt pipe that
    /// always fails, is made anew in the next round and not before: a loss wakes the loop.
    fn reconnect(&mut self, ctx: &mut Context) -> bool {
        if std::mem::replace(&mut self.tried, true) {
            return false;
        }
        if ctx.now < self.not_before {
            ctx.state.data_stale();
            return false;
        }
        let lost = self.engine.identity().clone();
        match self.finder.again(&lost) {
            Ok(link) => {
                log::info!("Found the UPS again");
                show_way(&link, ctx);
                self.link = Some(link);
                (self.mute, self.new) = (true, true);
                self.revive(ctx)
            }
            Err(none) => {
                log::debug!("not reconnected: {none:?}");
                self.failures = self.failures.saturating_add(1);
                if self.failures == TOLD_AFTER {
                    self.finder.tell(&none);
                }
                ctx.state.data_stale();
                false
            }
        }
    }
}

/// Tells clients how the device is reached.
fn show_way(link: &Link, ctx: &mut Context) {
    ctx.state.set("driver.version.usb", link.way.text());
}

fn unusable(who: &Identity, error: &AttachError) -> Fatal {
    Fatal::new(format!("Can't use USB device [{:04x}:{:04x}]: {error}", who.vid, who.pid))
}

fn take_recording(link: &mut Link, usages: &UsageTable, wish: &RecordWish) -> Result<(), Fatal> {
    let fatal = |error: &dyn fmt::Display| {
        Fatal::new(format!("Can't record to {}: {error}", wish.file.display()))
    };
    let recording = record::take(link.device.as_mut(), usages, wish.keep_serial)
        .map_err(|error| fatal(&error))?;
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
