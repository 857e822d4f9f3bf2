//! A driver part and what the kit knows about it: settings, order under way, why it ends.
//!
//! Runs SET, INSTCMD and power-off, also those that take their time, and applies a reload. Sockets,
//! time-outs and signals are for the loop in `serve`; the clock is `ctx.now`.

use crate::args::CommandLine;
use crate::config::Config;
use crate::context::{Context, Phase};
use crate::control::{self, ALLOW_KILL_POWER, Command, DEBUG, SHUTDOWN_DEFAULT, Set};
use crate::driver::{Answer, Driver, Fatal, Metadata};
use crate::reload::{self, PresetChange};
use crate::socket::Order;
use crate::source;
use nut_daemon::{crit, logging, notify};
use nut_proto::driver::Outcome;
use std::collections::VecDeque;
use std::time::Instant;

/// Why a driver's life ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// A signal asked for it.
    Signal(i32),
    /// `driver.exit`, or a dump or power-off that went well.
    Done,
    /// A power-off that nothing handled.
    NotPoweredOff,
    /// A reload-or-exit met this setting, which needs a restart.
    Restart(String),
    /// The driver part gave up.
    Fatal(Fatal),
}

impl End {
    /// The exit code: 138 is 128 and SIGUSR1, which service managers restart on.
    pub(crate) fn code(&self) -> u8 {
        match self {
            End::Signal(_) | End::Done => 0,
            End::NotPoweredOff => 1,
            End::Restart(_) => 138,
            End::Fatal(fatal) => fatal.code,
        }
    }

    /// NUT's text for the log.
    pub(crate) fn text(&self) -> String {
        match self {
            End::Signal(n) => format!("Signal {n}: exiting"),
            End::Done => "Signal -2: exiting".to_owned(),
            End::NotPoweredOff => "Signal -1: exiting".to_owned(),
            End::Restart(setting) => format!(
                "NUT driver reload-or-exit: setting {setting} was changed and requires a driver \
                 restart"
            ),
            End::Fatal(fatal) => fatal.message.clone(),
        }
    }
}

/// A power-off: the command under way and those to try after it.
#[derive(Debug)]
struct PowerOff {
    current: String,
    rest: VecDeque<String>,
}

/// A driver part in the kit's hands.
pub(crate) struct Host<D> {
    pub(crate) metadata: &'static Metadata,
    pub(crate) driver: D,
    pub(crate) ctx: Context,
    pub(crate) config: Config,
    pub(crate) line: CommandLine,
    /// Set when the loop is to end.
    pub(crate) end: Option<End>,
    /// When the order under way wants to go on.
    pub(crate) resume_at: Option<Instant>,
    power_off: Option<PowerOff>,
}

impl<D: Driver> Host<D> {
    pub(crate) fn new(
        metadata: &'static Metadata,
        driver: D,
        ctx: Context,
        config: Config,
        line: CommandLine,
    ) -> Host<D> {
        let (end, resume_at, power_off) = (None, None, None);
        Host { metadata, driver, ctx, config, line, end, resume_at, power_off }
    }

    /// Publishes what configuration and command line decide, before the driver part starts.
    pub(crate) fn publish_settings(&mut self) {
        let state = &mut self.ctx.state;
        for (name, value) in &self.config.published {
            state.set(name, value.as_str());
        }
        for (name, preset) in &self.config.presets {
            match preset.fixed {
                true => state.set_immutable(name, preset.value.as_str()),
                false => state.set(name, preset.value.as_str()),
            }
        }
        let allow = u8::from(self.config.allow_kill_power).to_string();
        for (name, value) in [(ALLOW_KILL_POWER, allow), (DEBUG, logging::debug().to_string())] {
            state.set(name, value);
            state.set_flags(name, nut_proto::variable::Flags::RW_NUMBER);
        }
        self.ctx.status.set_ignore_lb(self.config.ignore_lb);
        self.ctx.poll_interval = self.config.poll_interval;
    }

    /// Begins an order. No outcome yet means that it waits, until [`Host::resume`] gives one.
    pub(crate) fn begin(&mut self, order: Order) -> Option<Outcome> {
        match order {
            Order::Set { name, value } => match control::on_set(&name, &value) {
                Set::Driver => {
                    let answer = self.driver.set(&mut self.ctx, &name, &value);
                    self.settle(answer)
                }
                own => Some(self.set_own(own)),
            },
            Order::Command { name, param } => self.command(&name, param.as_deref()),
        }
    }

    /// Goes on with the order under way.
    pub(crate) fn resume(&mut self) -> Option<Outcome> {
        self.resume_at = None;
        let answer = self.driver.resume(&mut self.ctx);
        self.settle(answer)
    }

    fn set_own(&mut self, set: Set) -> Outcome {
        match set {
            Set::Debug(level) => self.set_debug(level),
            Set::AllowKillPower(on) => {
                self.ctx.state.set(ALLOW_KILL_POWER, u8::from(on).to_string());
            }
            Set::Invalid | Set::Driver => return Outcome::Invalid,
        }
        Outcome::Handled
    }

    fn set_debug(&mut self, level: Option<u32>) {
        logging::set_debug(level.unwrap_or_else(|| source::debug_level(&self.line, &self.config)));
        self.ctx.state.set(DEBUG, logging::debug().to_string());
    }

    fn command(&mut self, name: &str, param: Option<&str>) -> Option<Outcome> {
        match control::on_command(name) {
            Command::Driver => {
                let answer = self.driver.command(&mut self.ctx, name, param);
                self.settle(answer)
            }
            Command::Shutdown => {
                let answer = self.driver.shutdown(&mut self.ctx);
                self.settle(answer)
            }
            Command::Reload { or_exit } => Some(self.reload(or_exit)),
            Command::KillPower => self.kill_power(),
            Command::Exit => {
                self.end = Some(End::Done);
                Some(Outcome::Handled)
            }
        }
    }

    fn kill_power(&mut self) -> Option<Outcome> {
        if self.ctx.state.value(ALLOW_KILL_POWER) != Some("1") {
            log::warn!(
                "Got socket protocol request for UPS [{}] to power off, but \
                 driver.flag.allow_killpower does not permit this - request was currently ignored!",
                self.ctx.ups
            );
            return Some(Outcome::Invalid);
        }
        self.power_off()
    }

    /// Powers the load off by the first of the commands that is handled, then ends the driver.
    pub(crate) fn power_off(&mut self) -> Option<Outcome> {
        self.ctx.set_phase(Phase::KillPower);
        log::warn!("Initiating UPS [{}] shutdown", self.ctx.ups);
        let mut rest: VecDeque<String> = self.config.sd_commands.iter().cloned().collect();
        if rest.is_empty() {
            rest.push_back(SHUTDOWN_DEFAULT.to_owned());
        }
        self.try_power_off(rest)
    }

    fn try_power_off(&mut self, mut rest: VecDeque<String>) -> Option<Outcome> {
        let Some(current) = rest.pop_front() else { return self.powered_off(None) };
        let answer = self.power_off_command(&current);
        self.power_off = Some(PowerOff { current, rest });
        self.settle(answer)
    }

    /// The kit's own commands have no place in `sdcommands`: they could call each other for ever.
    fn power_off_command(&mut self, name: &str) -> Answer {
        match control::on_command(name) {
            Command::Shutdown => self.driver.shutdown(&mut self.ctx),
            Command::Driver => self.driver.command(&mut self.ctx, name, None),
            _ => {
                log::error!("'{name}' is not possible in sdcommands");
                Answer::Done(Outcome::Invalid)
            }
        }
    }

    fn power_off_step(&mut self, outcome: Outcome) -> Option<Outcome> {
        let PowerOff { current, rest } = self.power_off.take()?;
        match outcome {
            Outcome::Handled => self.powered_off(Some(&current)),
            _ => self.try_power_off(rest),
        }
    }

    fn powered_off(&mut self, by: Option<&str>) -> Option<Outcome> {
        let ups = &self.ctx.ups;
        match by {
            Some(command) => {
                crit!("UPS [{ups}]: shutdown request was successful with '{command}'");
                self.end = Some(End::Done);
                Some(Outcome::Handled)
            }
            None => {
                log::error!("UPS [{ups}]: shutdown request(s) failed");
                self.end = Some(End::NotPoweredOff);
                Some(Outcome::Failed)
            }
        }
    }

    fn settle(&mut self, answer: Answer) -> Option<Outcome> {
        match answer {
            Answer::Wait(time) => {
                self.resume_at = Some(self.ctx.now + time);
                None
            }
            Answer::Done(outcome) if self.power_off.is_some() => self.power_off_step(outcome),
            Answer::Done(outcome) => Some(outcome),
        }
    }

    /// Reads the configuration again and takes over what can be.
    pub(crate) fn reload(&mut self, or_exit: bool) -> Outcome {
        let what =
            format!("requested live reload of NUT driver configuration for [{}]", self.ctx.ups);
        log::info!("Handling {what}");
        notify::reloading();
        self.ctx.set_phase(Phase::Reloading);
        let outcome = match source::read_config(self.metadata, &self.ctx.program, &self.line) {
            Ok(config) => self.take_over(config, or_exit),
            Err(refusal) => {
                log::error!("{}", refusal.text());
                Outcome::Invalid
            }
        };
        self.ctx.set_phase(Phase::Quiet);
        notify::ready();
        log::info!("Completed {what}: {}", outcome.code());
        outcome
    }

    fn take_over(&mut self, new: Config, or_exit: bool) -> Outcome {
        let changes = reload::compare(self.metadata, &self.config, &new);
        for (setting, new, old) in &changes.restart {
            log::warn!(
                "setting '{setting}' exists and differs: new value '{new}' vs. '{old}' (driver \
                 restart is needed to apply)"
            );
        }
        if let (true, Some((setting, ..))) = (or_exit, changes.restart.first()) {
            self.end = Some(End::Restart(setting.clone()));
            return changes.outcome();
        }
        self.apply_presets(&new);
        self.apply_options(&new, &changes.options);
        self.apply_core(new);
        if !changes.options.is_empty() {
            self.driver.options_changed(&mut self.ctx);
        }
        changes.outcome()
    }

    fn apply_presets(&mut self, new: &Config) {
        for (name, preset) in &new.presets {
            let state = &mut self.ctx.state;
            let old = self.config.presets.get(name);
            match reload::preset_change(old, preset, state.value(name)) {
                PresetChange::Keep => {}
                PresetChange::Set => state.set(name, preset.value.as_str()),
                PresetChange::Fix => state.set_immutable(name, preset.value.as_str()),
            }
            publish(&mut self.ctx, new, &[&format!("default.{name}"), &format!("override.{name}")]);
        }
        self.config.presets = new.presets.clone();
    }

    fn apply_options(&mut self, new: &Config, names: &[String]) {
        for name in names {
            match new.options.given(name) {
                Some(value) => {
                    self.ctx.options.set(name, value);
                    self.config.options.set(name, value);
                }
                None => {
                    self.ctx.options.clear(name);
                    self.config.options.clear(name);
                    self.ctx.state.delete(&format!("driver.parameter.{name}"));
                }
            }
            publish(&mut self.ctx, new, &[name]);
        }
    }

    fn apply_core(&mut self, new: Config) {
        publish(&mut self.ctx, &new, &["pollinterval", "synchronous", "sdcommands"]);
        self.ctx.poll_interval = new.poll_interval;
        self.config.poll_interval = new.poll_interval;
        self.config.synchronous = new.synchronous;
        self.config.sd_commands = new.sd_commands;
        if std::mem::replace(&mut self.config.debug_min, new.debug_min) != self.config.debug_min {
            self.set_debug(None);
        }
    }
}

/// Publishes these `driver.parameter.*` of a new configuration.
fn publish(ctx: &mut Context, new: &Config, names: &[&str]) {
    for name in names {
        let name = format!("driver.parameter.{name}");
        if let Some((name, value)) =
            new.published.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name))
        {
            ctx.state.set(name, value.as_str());
        }
    }
}

#[cfg(test)]
mod tests;
