//! upsmon.conf as a file: reading it at the start and again, and what is told of it then.
//!
//! What it means is for `config`, what a reload changes for `changes`. A reload takes over a good file
//! whole, or none of it.

use crate::action::Level;
use crate::changes::changes;
use crate::config::{Config, power_check, read, without_effect};
use crate::run::Reread;
use crate::settings::{Role, Settings};
use crate::tell::tell;
use nut_daemon::errno::errno_text;
use nut_daemon::files::{CONF_MAX, Want, everybody_may};
use nut_daemon::{logging, paths};
use std::io;
use std::path::{Path, PathBuf};

/// Where the file is: where `-f` says, or in NUT's folder.
pub fn conf_path(wish: Option<&Path>) -> PathBuf {
    wish.map_or_else(|| paths::conf_dir().join("upsmon.conf"), Path::to_owned)
}

/// Reads the file. The error is the end of NUT's text for it.
pub fn load(path: &Path) -> Result<Config, String> {
    let why = |e: io::Error| format!("open {}: {}", path.display(), errno_text(&e));
    let bytes = nut_daemon::files::read(path, CONF_MAX).map_err(why)?;
    Ok(read(&path.display().to_string(), &bytes))
}

/// Logs what the readers complained about.
pub fn tell_problems(config: &Config) {
    logging::tell_problems(&config.diagnostics);
    logging::tell_ignored(config.ignored);
}

/// Explains what is missed without POWERDOWNFLAG.
pub fn tell_missing_flag(settings: &Settings, path: &Path) {
    if settings.power_down_flag.is_some() {
        return;
    }
    log::warn!("No POWERDOWNFLAG value was configured in {}!", path.display());
    log::info!(
        "POWERDOWNFLAG should be a path to file that is normally writeable for root user, and \
         remains at least readable late in shutdown after all unmounting completes."
    );
    if !settings.is_primary() {
        log::warn!(
            "This upsmon instance is not a PRIMARY for any device, so this can be of little concern \
             unless other shutdown routines on your system also consult it to act fast during an \
             outage."
        );
        return;
    }
    let fed = settings.ups.iter().any(|ups| ups.role == Role::Primary && ups.power_value > 0);
    let feeds = if fed { " that feeds it" } else { "" };
    log::warn!(
        "This upsmon instance is PRIMARY for at least one device{feeds}, but would not be able to \
         arrange its power-cycling when needed, in the end of handling a power outage.\n\
         In case of a power-race condition, this can leave your computer(s) indefinitely halted."
    );
}

/// Warns about a file with passwords that everybody may read.
pub fn warn_if_world_readable(path: &Path) {
    if everybody_may(path, &[Want::Read]) {
        log::warn!(
            "WARNING: {} is world readable, and it holds passwords; chmod 640 it",
            path.display()
        );
    }
}

/// What outlives a reload.
#[derive(Debug, Clone)]
pub struct Lasting {
    /// The file.
    pub path: PathBuf,
    /// The debug level of the command line.
    pub debug: u32,
    /// The settings of the start, whose SHUTDOWNCMD and POWERDOWNFLAG the root process goes by; none
    /// where there is no such process.
    pub root: Option<Box<Settings>>,
}

impl Lasting {
    /// Reads the file again whenever it is asked to.
    pub fn into_reread(self) -> Reread {
        Box::new(move |old| self.reread(old))
    }

    /// The new settings; or why the old ones stay, which is logged.
    pub fn reread(&self, old: &Settings) -> Result<Settings, String> {
        log::info!("Reloading configuration");
        let config = self.usable().inspect_err(|why| {
            log::error!("Reload failed: {why}; the old configuration stays in force");
        })?;
        Ok(self.take_over(old, config))
    }

    fn usable(&self) -> Result<Config, String> {
        let config = load(&self.path).map_err(|why| format!("can't {why}"))?;
        tell_problems(&config);
        if let Some(error) = config.first_error() {
            return Err(error.to_string());
        }
        power_check(&config.settings).map_err(|power| power.in_a_line())?;
        Ok(config)
    }

    fn take_over(&self, old: &Settings, config: Config) -> Settings {
        let mut settings = config.settings;
        let lines = changes(old, &settings, self.root.is_some());
        // A UPS that is no longer watched is told last, as in NUT.
        let (last, first): (Vec<_>, Vec<_>) =
            lines.into_iter().partition(|(level, _)| *level == Level::Notice);
        first.iter().for_each(|(level, text)| tell(*level, text));
        self.apply_debug(&settings);
        last.iter().for_each(|(level, text)| tell(*level, text));
        without_effect(&settings.tls).iter().for_each(|text| log::warn!("{text}"));
        tell_missing_flag(&settings, &self.path);
        if let Some(root) = &self.root {
            settings.shutdown_cmd.clone_from(&root.shutdown_cmd);
            settings.power_down_flag.clone_from(&root.power_down_flag);
        }
        settings
    }

    fn apply_debug(&self, settings: &Settings) {
        let level = match settings.debug_min {
            Some(least) => {
                log::info!("Applying DEBUG_MIN {least} from upsmon.conf");
                least
            }
            None => {
                let level = self.debug;
                log::info!("Applying debug level {level} from original command line arguments");
                level
            }
        };
        logging::set_debug(level);
    }
}
