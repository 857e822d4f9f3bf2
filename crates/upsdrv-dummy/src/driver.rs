//! The driver part: how the program presents itself, and the mode that everything is passed to.

use crate::mode::{self, Mode};
use crate::repeater::Repeater;
use crate::simulation::Simulation;
use upsdrv::driver::unknown_command;
use upsdrv::{Answer, Context, Driver, Fatal, Link, LinkEvent, Metadata, OptionSpec};

/// How the program presents itself.
pub static METADATA: Metadata = Metadata {
    name: "dummy-ups",
    aliases: &[],
    full_name: "Device simulation and repeater driver",
    version: "0.25",
    subdrivers: &[],
    options: &[
        OptionSpec::value(
            "mode",
            "Specify mode instead of guessing it from port value (dummy = dummy-loop, dummy-once, \
             repeater)",
        ),
        OptionSpec::flag(
            "repeater_disable_strict_start",
            "Do not terminate the driver encountering errors when starting the repeater mode",
        ),
    ],
};

/// The driver part; which one it is comes out when it is opened.
#[derive(Default)]
pub struct Dummy {
    part: Option<Box<dyn Driver>>,
}

impl Driver for Dummy {
    fn open(&mut self, ctx: &mut Context) -> Result<(), Fatal> {
        let (mode, shown) = mode::choose(ctx.options.value("mode"), &ctx.options.port);
        ctx.state.set("driver.parameter.mode", shown);
        let mut part: Box<dyn Driver> = match mode {
            Mode::Once => Box::new(Simulation::new(false)),
            Mode::Loop => Box::new(Simulation::new(true)),
            Mode::Repeater => Box::new(Repeater::new(ctx)?),
        };
        part.open(ctx)?;
        self.part = Some(part);
        Ok(())
    }

    fn init_info(&mut self, ctx: &mut Context) -> Result<(), Fatal> {
        self.part.as_mut().map_or(Ok(()), |part| part.init_info(ctx))
    }

    fn is_ready(&self) -> bool {
        self.part.as_ref().is_none_or(|part| part.is_ready())
    }

    fn update(&mut self, ctx: &mut Context) {
        if let Some(part) = &mut self.part {
            part.update(ctx);
        }
    }

    fn on_wake(&mut self, ctx: &mut Context) {
        if let Some(part) = &mut self.part {
            part.on_wake(ctx);
        }
    }

    fn on_link(&mut self, ctx: &mut Context, link: Link, event: LinkEvent) {
        if let Some(part) = &mut self.part {
            part.on_link(ctx, link, event);
        }
    }

    fn on_timer(&mut self, ctx: &mut Context) {
        if let Some(part) = &mut self.part {
            part.on_timer(ctx);
        }
    }

    fn set(&mut self, ctx: &mut Context, name: &str, value: &str) -> Answer {
        match &mut self.part {
            Some(part) => part.set(ctx, name, value),
            None => unknown_command(name, Some(value)),
        }
    }
}
