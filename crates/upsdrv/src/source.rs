//! Where a driver's settings and files are: reads ups.conf, knows the paths and the debug level.
//!
//! The only reader of files and environment in the kit. What the settings mean is for `config`.

use crate::args::{CommandLine, Ups};
use crate::config::{Config, Refusal};
use crate::driver::Metadata;
use nut_daemon::errno::errno_text;
use nut_daemon::files::{self, CONF_MAX};
use nut_daemon::logging;
use nut_daemon::paths;
use nut_proto::conf::ups_conf::UpsConf;
use std::path::PathBuf;

/// Puts the settings together anew. Diagnostics and remarks are logged.
pub(crate) fn read_config(
    metadata: &Metadata,
    program: &str,
    line: &CommandLine,
) -> Result<Config, Refusal> {
    let conf = match line.ups {
        Ups::Section(_) => ups_conf()?,
        Ups::Alone(_) => UpsConf::default(),
    };
    let (config, remarks) = Config::read(metadata, program, line, &conf)?;
    for remark in remarks {
        log::warn!("{remark}");
    }
    Ok(config)
}

fn ups_conf() -> Result<UpsConf, Refusal> {
    let path = paths::conf_dir().join("ups.conf");
    let name = path.display().to_string();
    let bytes =
        files::read(&path, CONF_MAX).map_err(|e| Refusal::no_file(&name, &errno_text(&e)))?;
    let (conf, diagnostics) = UpsConf::parse(&name, &bytes);
    for diagnostic in diagnostics {
        log::warn!("{diagnostic}");
    }
    Ok(conf)
}

/// The level from command line, environment and configuration: `debug_min` only raises it.
pub(crate) fn debug_level(line: &CommandLine, config: &Config) -> u32 {
    start_level(line).max(config.debug_min.unwrap_or(0))
}

/// The level before a configuration is read.
pub(crate) fn start_level(line: &CommandLine) -> u32 {
    match line.debug {
        0 => logging::level_from_environment().unwrap_or(0),
        level => level,
    }
}

/// The files of one driver process.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// Working directory, and where the socket is.
    pub(crate) state: PathBuf,
    /// The driver socket.
    pub(crate) socket: PathBuf,
    /// The pid file.
    pub(crate) pid_file: PathBuf,
}

impl Places {
    /// The environment is stronger than `statepath` in ups.conf, which is stronger than what is
    /// built in. `statepath` moves the pid file too.
    pub(crate) fn new(program: &str, ups: &str, config: &Config) -> Places {
        let conf = config.state_path.as_deref().map(PathBuf::from);
        let set = paths::from_env("NUT_STATEPATH").or(conf);
        let state = set.clone().unwrap_or_else(paths::state_dir);
        let pids = match (paths::from_env("NUT_ALTPIDPATH"), set) {
            (None, Some(state)) => state,
            _ => paths::pid_dir(),
        };
        let name = format!("{program}-{ups}");
        Places { socket: state.join(&name), pid_file: pids.join(format!("{name}.pid")), state }
    }
}
