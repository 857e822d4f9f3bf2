//! The modes dummy-once and dummy-loop: a device that is a file.
//!
//! Reads the file, watches it for changes and takes what clients set. A change starts the file from
//! its top, also during a pause. A file that went away makes the data stale until it is back (NUT
//! 2.8.5 ends the driver).

use crate::mode::definition;
use crate::player::Player;
use crate::{known, script};
use nut_daemon::errno::errno_text;
use nut_daemon::paths;
use nut_proto::driver::Outcome;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use upsdrv::{Answer, Context, Driver, Fatal};

/// What tells one state of a file from another: time of change, length, inode.
type Stamp = (SystemTime, u64, u64);

/// Most bytes of a definition file.
const SIZE_MAX: u64 = 16 * 1024 * 1024;

/// A device that is a file.
pub(crate) struct Simulation {
    looping: bool,
    file: PathBuf,
    player: Player,
    seen: Option<Stamp>,
    missing: bool,
}

/// Reads a definition file, as far as it is kept. A pipe would hold up the driver until somebody
/// writes into it; a device may have no end.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(file)?.file_type().is_fifo() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "It is a pipe"));
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(SIZE_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Simulation {
    pub(crate) fn new(looping: bool) -> Simulation {
        let (file, player) = (PathBuf::new(), Player::default());
        Simulation { looping, file, player, seen: None, missing: false }
    }

    fn stamp(&self) -> io::Result<Stamp> {
        let metadata = fs::metadata(&self.file)?;
        Ok((metadata.modified()?, metadata.len(), metadata.ino()))
    }

    fn load(&mut self, ctx: &mut Context) -> io::Result<()> {
        let stamp = self.stamp()?;
        let bytes = read(&self.file)?;
        let (steps, remarks) = script::read(&self.file.display().to_string(), &bytes);
        for remark in remarks {
            nut_daemon::debug!(1, "{remark}");
        }
        self.player.load(steps, ctx);
        self.seen = Some(stamp);
        Ok(())
    }

    /// Reads the file anew when it changed, or when its turn has come.
    fn refresh(&mut self, ctx: &mut Context) -> io::Result<()> {
        let changed = self.seen != Some(self.stamp()?);
        if changed || (self.looping && self.player.at_end()) {
            self.load(ctx)?;
        }
        Ok(())
    }

    fn complaint(&self, error: &io::Error) -> String {
        let (file, why) = (self.file.display(), errno_text(error));
        format!("Can't open dummy-ups definition file {file}: Can't open {file}: {why}")
    }

    fn round(&mut self, ctx: &mut Context) {
        match self.refresh(ctx) {
            Ok(()) => {
                self.player.play(ctx);
                ctx.state.data_ok();
                self.missing = false;
            }
            Err(e) => {
                if !std::mem::replace(&mut self.missing, true) {
                    log::error!("{}", self.complaint(&e));
                }
                self.seen = None;
                ctx.state.data_stale();
            }
        }
    }
}

impl Driver for Simulation {
    fn open(&mut self, ctx: &mut Context) -> Result<(), Fatal> {
        self.file = definition(&ctx.options.port, &paths::conf_dir());
        self.load(ctx).map_err(|e| Fatal::new(self.complaint(&e)))
    }

    fn init_info(&mut self, ctx: &mut Context) -> Result<(), Fatal> {
        known::set(&mut ctx.state, "ups.mfr", "Dummy Manufacturer");
        known::set(&mut ctx.state, "ups.model", "Dummy UPS");
        known::set(&mut ctx.state, "ups.status", "OL");
        ctx.status.set("OL");
        ctx.state.add_command("load.off");
        self.round(ctx);
        Ok(())
    }

    fn update(&mut self, ctx: &mut Context) {
        self.round(ctx);
    }

    fn on_timer(&mut self, ctx: &mut Context) {
        self.player.play(ctx);
        if self.looping && self.player.at_end() && self.player.ends_with_a_pause() {
            self.round(ctx);
        }
    }

    fn set(&mut self, ctx: &mut Context, name: &str, value: &str) -> Answer {
        match name.to_ascii_lowercase().as_str() {
            "ups.status" => {
                ctx.status.init();
                ctx.status.set(value);
                ctx.commit_status();
            }
            "ups.alarm" => {
                ctx.alarms.init();
                ctx.alarms.set(value);
                ctx.commit_alarms();
                ctx.commit_status();
            }
            _ => known::set(&mut ctx.state, name, value),
        }
        Answer::Done(Outcome::Handled)
    }
}
