//! Reading the configuration again: whole and good, or not at all.
//!
//! Also the environment's part in the configuration, which start and reload share.

use crate::config::{Config, Settings, Sources, Tls};
use crate::files::{Unreadable, read};
use crate::run::Daemon;
use nut_daemon::errno::errno_text;
use nut_daemon::{logging, notify, paths};
use std::env;
use std::path::PathBuf;

/// Where the configuration comes from.
#[derive(Debug)]
pub struct Places {
    /// The folder of the files.
    pub conf: PathBuf,
    /// What the environment adds.
    pub environment: Environment,
}

/// The environment's say in the configuration.
#[derive(Debug, Default)]
pub struct Environment {
    state_path: Option<PathBuf>,
    allow_no_device: Option<bool>,
    allow_not_all_listeners: Option<bool>,
}

impl Environment {
    /// Looks at the environment.
    pub fn read() -> Environment {
        let switch = |name| env::var(name).ok().and_then(|text| by_beginning(&text));
        Environment {
            state_path: paths::from_env("NUT_STATEPATH"),
            allow_no_device: switch("ALLOW_NO_DEVICE"),
            allow_not_all_listeners: switch("ALLOW_NOT_ALL_LISTENERS"),
        }
    }

    /// The settings with the environment's overrides.
    pub fn applied(&self, mut settings: Settings) -> Settings {
        settings.allow_no_device = self.allow_no_device.unwrap_or(settings.allow_no_device);
        settings.allow_not_all_listeners =
            self.allow_not_all_listeners.unwrap_or(settings.allow_not_all_listeners);
        settings
    }

    /// Where the driver sockets are: the environment, ups.conf, upsd.conf, the build, in this order.
    pub fn state_path(&self, config: &Config) -> PathBuf {
        let configured = &config.settings.state_path;
        if let (Some(own), Some(other)) = (&self.state_path, configured) {
            if own != other {
                log::warn!(
                    "Ignoring STATEPATH='{other}' from upsd.conf configuration file, in favor of \
                     NUT_STATEPATH='{}' environment variable",
                    own.display()
                );
            }
        }
        let files = config.state_path.as_ref().or(configured.as_ref()).map(PathBuf::from);
        self.state_path.clone().or(files).unwrap_or_else(|| paths::STATEPATH.into())
    }
}

/// Words that begin like a yes or a no (NUT 2.8.5); none for others.
fn by_beginning(text: &str) -> Option<bool> {
    let text = text.to_ascii_uppercase();
    let begins = |words: [&str; 4]| words.iter().any(|word| text.starts_with(word));
    match () {
        () if begins(["TRUE", "YES", "ON", "1"]) => Some(true),
        () if begins(["FALSE", "NO", "OFF", "0"]) => Some(false),
        () => None,
    }
}

/// Says that settings for encrypted connections have no effect.
pub fn warn_about_tls(tls: &Tls) {
    let settings = [
        ("CERTFILE", tls.cert_file.is_some()),
        ("CERTPATH", tls.cert_path.is_some()),
        ("CERTIDENT", tls.cert_ident.is_some()),
        ("CERTREQUEST", tls.cert_request.is_some()),
    ];
    let given: Vec<&str> = settings.iter().filter(|(_, given)| *given).map(|(k, _)| *k).collect();
    if !given.is_empty() {
        log::warn!(
            "{} in upsd.conf has no effect: encrypted connections (STARTTLS) are not available yet; \
             passwords cross the network in clear",
            given.join(", ")
        );
    }
}

/// Reads everything again and takes it over, or says why not and keeps the old. `level` is the debug
/// level of the command line.
pub fn reload(daemon: &mut Daemon, places: &Places, level: u32) {
    log::info!("SIGHUP: reloading configuration");
    notify::reloading();
    match read_all(places) {
        Ok(config) => take_over(daemon, places, config, level),
        Err(why) => log::error!("Reload failed: {why}; the old configuration stays in force"),
    }
    notify::ready();
}

fn take_over(daemon: &mut Daemon, places: &Places, config: Config, level: u32) {
    let state_path = places.environment.state_path(&config);
    if let Err(e) = env::set_current_dir(&state_path) {
        let why = errno_text(&e);
        log::error!(
            "Reload failed: can't chdir to {}: {why}; the old configuration stays in force",
            state_path.display()
        );
        return;
    }
    apply_debug(daemon, &config, level);
    daemon.reconfigure(config, state_path);
}

fn apply_debug(daemon: &mut Daemon, config: &Config, level: u32) {
    let level = match config.settings.debug_min.or(config.debug_min) {
        Some(least) => {
            log::info!("Applying DEBUG_MIN {least} from upsd.conf");
            least
        }
        None => {
            log::info!("Applying debug level {level} from original command line arguments");
            level
        }
    };
    logging::set_debug(level);
    daemon.server().set_debug(level);
}

fn read_all(places: &Places) -> Result<Config, String> {
    let file = |name: &str| read(&places.conf.join(name)).map_err(|e| refusal(&e));
    let sources = Sources {
        upsd_conf: file("upsd.conf")?,
        ups_conf: file("ups.conf")?,
        users: file("upsd.users")?,
    };
    let (mut config, problems) = Config::read(&sources);
    config.settings = places.environment.applied(config.settings);
    logging::tell_problems(&problems.0);
    if let Some(error) = problems.first_error() {
        return Err(error.to_string());
    }
    // Mostly a file that is being written, or lost; a start would refuse it too.
    if config.devices.is_empty() && !config.settings.allow_no_device {
        return Err(format!("{}: at least one UPS must be defined", sources.ups_conf.name));
    }
    warn_about_tls(&config.settings.tls);
    Ok(config)
}

fn refusal(unreadable: &Unreadable) -> String {
    let text = unreadable.to_string();
    text.strip_prefix("Can't").map_or(text.clone(), |rest| format!("can't{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_beats_ups_conf_beats_upsd_conf() {
        let mut config = Config::default();
        let mut environment = Environment::default();
        assert_eq!(environment.state_path(&config), PathBuf::from(paths::STATEPATH));
        config.settings.state_path = Some("/upsd".into());
        assert_eq!(environment.state_path(&config), PathBuf::from("/upsd"));
        config.state_path = Some("/ups".into());
        assert_eq!(environment.state_path(&config), PathBuf::from("/ups"));
        environment.state_path = Some("/env".into());
        assert_eq!(environment.state_path(&config), PathBuf::from("/env"));
    }

    #[test]
    fn switches_count_by_their_beginning() {
        for (text, expected) in
            [("yes please", Some(true)), ("on", Some(true)), ("Off", Some(false)), ("2", None)]
        {
            assert_eq!(by_beginning(text), expected, "{text}");
        }
    }
}
