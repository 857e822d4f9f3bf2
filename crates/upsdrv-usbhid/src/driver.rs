//! The driver part: the kit's callbacks.
//!
//! Knows how the program presents itself and which callback asks for what. The device and its ups and
//! downs are `keeper`'s.

use crate::engine::Engine;
use crate::finder::Finder;
use crate::keeper::Keeper;
use crate::options::OPTIONS;
use crate::settings::Folders;
use crate::transport::Transport;
use nut_daemon::paths;
use std::path::PathBuf;
use upsdrv::{Answer, Context, Driver, Fatal, Metadata, Outcome};

/// How the program presents itself.
pub static METADATA: Metadata = Metadata {
    name: "usbhid-ups",
    aliases: &[],
    full_name: "Generic HID driver",
    version: "0.71",
    subdrivers: &["USB communication driver (hidraw, usbfs) 0.53"],
    options: OPTIONS,
};

/// The driver part of `usbhid-ups`.
pub struct UsbHid {
    start: PathBuf,
    keeper: Option<Keeper>,
}

impl UsbHid {
    /// A driver that was started in this folder.
    pub fn new(start: PathBuf) -> Self {
        UsbHid { start, keeper: None }
    }

    /// Asks the device for something, if it is there.
    fn ask(&mut self, what: impl FnOnce(&mut Engine, &mut dyn Transport) -> Outcome) -> Answer {
        Answer::Done(match self.keeper.as_mut().and_then(Keeper::device) {
            Some((engine, device)) => what(engine, device),
            None => {
                log::error!("The UPS is not connected");
                Outcome::Failed
            }
        })
    }
}

impl Driver for UsbHid {
    fn open(&mut self, ctx: &mut Context) -> Result<(), Fatal> {
        let folders = Folders { conf: paths::conf_dir(), start: self.start.clone() };
        let finder = Finder::new(ctx, &folders)?;
        self.keeper = Some(Keeper::start(ctx, finder)?);
        Ok(())
    }

    /// All was done when the device was opened (NUT 2.8.5 has the same order).
    fn init_info(&mut self, _ctx: &mut Context) -> Result<(), Fatal> {
        Ok(())
    }

    fn update(&mut self, ctx: &mut Context) {
        if let Some(keeper) = &mut self.keeper {
            keeper.round(ctx);
            keeper.play();
        }
    }

    fn on_wake(&mut self, ctx: &mut Context) {
        if let Some(keeper) = &mut self.keeper {
            keeper.take_news(ctx);
        }
    }

    fn on_timer(&mut self, ctx: &mut Context) {
        if let Some(keeper) = &mut self.keeper {
            keeper.go_on(ctx);
        }
    }

    fn set(&mut self, ctx: &mut Context, name: &str, value: &str) -> Answer {
        self.ask(|engine, device| engine.set(name, value, device, ctx))
    }

    fn command(&mut self, ctx: &mut Context, name: &str, param: Option<&str>) -> Answer {
        self.ask(|engine, device| engine.command(name, param, device, ctx))
    }

    fn shutdown(&mut self, ctx: &mut Context) -> Answer {
        self.ask(|engine, device| engine.shutdown(device, ctx))
    }

    fn cleanup(&mut self, _ctx: &mut Context) {
        if let Some(keeper) = self.keeper.take() {
            keeper.end();
        }
    }
}
