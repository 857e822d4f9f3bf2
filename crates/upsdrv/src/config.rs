//! What ups.conf and the command line mean together.
//!
//! Knows the keys every driver shares, which ones the driver part may add, and NUT's texts for what
//! is refused. Reading the file is for the caller, carrying the settings out for the main loop. Pure.
//!
//! Flags heed a word for no: `allow_killpower = no` leaves it off (NUT 2.8.5 switches it on). An
//! unknown option is an error with exit status 1 and its place in the file (NUT 2.8.5: status 0).

mod refusal;

pub use refusal::Refusal;

use crate::args::{CommandLine, Given, Ups};
use crate::driver::{Metadata, OptionKind, OptionSpec};
use crate::options::Options;
use nut_proto::conf::ups_conf::{
    Entry, GLOBAL_KEYS, PRESETS, SECTION_KEYS, Settings, UpsConf, is_among,
};
use nut_proto::conf::value::boolean;
use nut_proto::number::leading_int;
use std::collections::BTreeMap;
use std::time::Duration;

/// Whether and how `default.` or `override.` presets a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// The value.
    pub value: String,
    /// `override.`: nothing may change it any more.
    pub fixed: bool,
}

/// All settings of one driver process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Port and the driver part's options.
    pub options: Options,
    /// Time between updates, at least one second.
    pub poll_interval: Duration,
    /// `yes`, `no` or `auto`; published, and without further meaning: output is always queued.
    pub synchronous: &'static str,
    /// `user`, from the section or the global part; `-u` is stronger.
    pub user: Option<String>,
    /// `group`, likewise.
    pub group: Option<String>,
    /// `chroot`; `-r` is stronger.
    pub chroot: Option<String>,
    /// `statepath`; the environment is stronger.
    pub state_path: Option<String>,
    /// Lowest debug level asked for.
    pub debug_min: Option<u32>,
    /// Commands to power the load off, in order; empty means `shutdown.default`.
    pub sd_commands: Vec<String>,
    /// Start value of `driver.flag.allow_killpower`.
    pub allow_kill_power: bool,
    /// No locking of serial ports.
    pub no_lock: bool,
    /// Compute LB in place of the device.
    pub ignore_lb: bool,
    /// `default.` and `override.`, by variable.
    pub presets: BTreeMap<String, Preset>,
    /// `driver.parameter.*` and `driver.flag.*` to publish, by name.
    pub published: BTreeMap<String, String>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            options: Options::default(),
            poll_interval: Duration::from_secs(2),
            synchronous: "auto",
            user: None,
            group: None,
            chroot: None,
            state_path: None,
            debug_min: None,
            sd_commands: Vec::new(),
            allow_kill_power: false,
            no_lock: false,
            ignore_lb: false,
            presets: BTreeMap::new(),
            published: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Puts the settings together, in command-line order. `program` is the name the driver runs
    /// under; `conf` is ups.conf, needed with `-a` only. Remarks for the log come with the result.
    pub fn read(
        metadata: &Metadata,
        program: &str,
        line: &CommandLine,
        conf: &UpsConf,
    ) -> Result<(Config, Vec<String>), Refusal> {
        let ups = line.ups.name();
        let (config, remarks) = (Config::default(), Vec::new());
        let mut reader = Reader { metadata, program, ups, config, remarks };
        for given in &line.given {
            reader.take(given, &line.ups, conf)?;
        }
        reader.finish(line.remote.is_some())
    }
}

struct Reader<'a> {
    metadata: &'a Metadata,
    program: &'a str,
    ups: &'a str,
    config: Config,
    remarks: Vec<String>,
}

/// One setting on its way in.
struct Setting<'a> {
    key: &'a str,
    value: Option<&'a str>,
    /// `file:line:column`, or none for the command line.
    at: Option<String>,
}

impl Reader<'_> {
    fn take(&mut self, given: &Given, ups: &Ups, conf: &UpsConf) -> Result<(), Refusal> {
        match given {
            Given::File => self.file(ups, conf),
            Given::PollInterval(text) => self.poll_interval(text, "command-line: "),
            Given::Option(key, value) => {
                self.setting(&Setting { key, value: value.as_deref(), at: None })
            }
        }
    }

    fn file(&mut self, ups: &Ups, conf: &UpsConf) -> Result<(), Refusal> {
        for entry in &conf.global.entries {
            self.global(entry)?;
        }
        let section = conf.section(ups.name()).filter(|s| !s.settings.entries.is_empty());
        let section = section.ok_or_else(|| Refusal::no_section(ups.name()))?;
        section.settings.entries.iter().try_for_each(|e| self.entry(&section.settings, e))
    }

    fn entry(&mut self, settings: &Settings, entry: &Entry) -> Result<(), Refusal> {
        let at = Some(format!("{}:{}", settings.file, entry.position));
        self.setting(&Setting { key: &entry.key, value: entry.value.as_deref(), at })
    }

    /// A line before the first section; what no driver needs is passed over.
    fn global(&mut self, entry: &Entry) -> Result<(), Refusal> {
        if !is_among(GLOBAL_KEYS, &entry.key) {
            return Ok(());
        }
        let Some(value) = entry.value.as_deref() else { return Ok(()) };
        match entry.key.as_str() {
            "pollinterval" => self.poll_interval(value, "")?,
            "synchronous" => self.config.synchronous = synchronous(value),
            "user" => self.config.user = Some(value.into()),
            "group" => self.config.group = Some(value.into()),
            "chroot" => self.config.chroot = Some(value.into()),
            key if key.eq_ignore_ascii_case("statepath") => {
                self.config.state_path = Some(value.into());
            }
            key if key.eq_ignore_ascii_case("debug_min") => {
                self.debug_min(value, "global settings");
            }
            _ => {}
        }
        Ok(())
    }

    fn setting(&mut self, setting: &Setting<'_>) -> Result<(), Refusal> {
        if !is_among(SECTION_KEYS, setting.key) {
            return self.preset_or_option(setting);
        }
        match (setting.key, setting.value) {
            ("allow_killpower" | "nolock" | "ignorelb", value) => self.flag(setting.key, value),
            ("driver", Some(value)) => self.check_driver(value)?,
            ("desc" | "sdorder" | "maxstartdelay" | "maxretry" | "retrydelay", Some(_)) => {}
            ("LIBUSB_DEBUG", Some(_)) => {}
            ("sddelay", _) => self.remarks.push("Obsolete value sddelay found in ups.conf".into()),
            ("port", Some(value)) => self.port(value),
            ("user", Some(value)) => self.config.user = Some(value.into()),
            ("group", Some(value)) => self.config.group = Some(value.into()),
            ("synchronous", Some(value)) => self.config.synchronous = synchronous(value),
            ("sdcommands", Some(value)) => self.sd_commands(value),
            ("pollinterval", Some(value)) => {
                self.poll_interval(value, &format!("UPS [{}]: ", self.ups))?;
            }
            (key, Some(value)) if key.eq_ignore_ascii_case("debug_min") => {
                self.debug_min(value, &format!("for UPS [{}]", self.ups));
            }
            _ => return self.preset_or_option(setting),
        }
        Ok(())
    }

    fn check_driver(&self, value: &str) -> Result<(), Refusal> {
        if value == self.program || self.metadata.aliases.contains(&value) {
            return Ok(());
        }
        Err(Refusal::wrong_driver(self.ups, value, self.program))
    }

    fn port(&mut self, value: &str) {
        value.clone_into(&mut self.config.options.port);
        self.publish("driver.parameter.port", value);
    }

    fn sd_commands(&mut self, value: &str) {
        let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
        self.config.sd_commands = names.map(str::to_owned).collect();
        self.publish("driver.parameter.sdcommands", value);
    }

    fn poll_interval(&mut self, text: &str, whose: &str) -> Result<(), Refusal> {
        let seconds = leading_int(text);
        match u32::try_from(seconds) {
            Ok(seconds) if seconds > 0 => {
                self.config.poll_interval = Duration::from_secs(seconds.into());
                Ok(())
            }
            _ => Err(Refusal::poll_interval(whose, seconds)),
        }
    }

    fn debug_min(&mut self, text: &str, whose: &str) {
        match text.trim().parse() {
            Ok(level) => self.config.debug_min = Some(level),
            Err(_) => self
                .remarks
                .push(format!("WARNING : Invalid debug_min value found in ups.conf {whose}")),
        }
    }

    fn flag(&mut self, key: &str, value: Option<&str>) {
        let on = self.is_on(key, value);
        let place = match key {
            "allow_killpower" => &mut self.config.allow_kill_power,
            "nolock" => &mut self.config.no_lock,
            _ => &mut self.config.ignore_lb,
        };
        *place = on;
        if key != "allow_killpower" {
            self.publish_flag(key, on);
        }
    }

    /// What a flag with a value means: a word for no leaves it off, any other word puts it on.
    fn is_on(&mut self, key: &str, value: Option<&str>) -> bool {
        let Some(text) = value else { return true };
        boolean(text).unwrap_or_else(|| {
            self.remarks.push(format!("'{key}' is a flag; its value '{text}' is taken as yes"));
            true
        })
    }

    fn preset_or_option(&mut self, setting: &Setting<'_>) -> Result<(), Refusal> {
        for (prefix, fixed) in PRESETS.into_iter().zip([false, true]) {
            if let (Some(name), Some(value)) = (after(setting.key, prefix), setting.value) {
                self.preset(setting.key, name, value, fixed);
                return Ok(());
            }
        }
        self.option(setting)
    }

    /// An override is stronger than a default of the same variable; otherwise the later one counts.
    fn preset(&mut self, key: &str, name: &str, value: &str, fixed: bool) {
        self.publish(&format!("driver.parameter.{key}"), value);
        let name = name.to_ascii_lowercase();
        if fixed || !self.config.presets.get(&name).is_some_and(|preset| preset.fixed) {
            self.config.presets.insert(name, Preset { value: value.to_owned(), fixed });
        }
    }

    fn option(&mut self, setting: &Setting<'_>) -> Result<(), Refusal> {
        let Some(spec) = spec(self.metadata, setting.key) else {
            let (key, flag) = (setting.key, setting.value.is_none());
            return Err(Refusal::unknown(key, flag, setting.at.clone()));
        };
        if spec.kind == OptionKind::Flag {
            match self.is_on(spec.name, setting.value) {
                true => self.config.options.set(spec.name, None),
                false => self.config.options.clear(spec.name),
            }
            self.publish_flag(spec.name, self.config.options.has(spec.name));
            return Ok(());
        }
        self.config.options.set(spec.name, setting.value);
        match setting.value {
            _ if spec.kind == OptionKind::Secret => {}
            Some(value) => self.publish(&format!("driver.parameter.{}", spec.name), value),
            None => self.publish_flag(spec.name, true),
        }
        Ok(())
    }

    fn publish_flag(&mut self, name: &str, on: bool) {
        let name = format!("driver.flag.{name}");
        match on {
            true => self.publish(&name, "enabled"),
            false => {
                self.config.published.remove(&name);
            }
        }
    }

    fn publish(&mut self, name: &str, value: &str) {
        self.config.published.insert(name.to_owned(), value.to_owned());
    }

    fn finish(mut self, only_talks: bool) -> Result<(Config, Vec<String>), Refusal> {
        if self.config.options.port.is_empty() && !only_talks {
            return Err(Refusal::no_port());
        }
        let seconds = self.config.poll_interval.as_secs().to_string();
        self.publish("driver.parameter.pollinterval", &seconds);
        self.publish("driver.parameter.synchronous", self.config.synchronous);
        Ok((self.config, self.remarks))
    }
}

/// Any other word means no, as in NUT.
fn synchronous(value: &str) -> &'static str {
    ["yes", "auto"].into_iter().find(|known| *known == value).unwrap_or("no")
}

/// What stands behind a prefix that may come in any letter case.
fn after<'a>(key: &'a str, prefix: &str) -> Option<&'a str> {
    let head = key.get(..prefix.len())?;
    let rest = key.get(prefix.len()..)?;
    (head.eq_ignore_ascii_case(prefix) && !rest.is_empty()).then_some(rest)
}

/// The driver's option of this name, in any letter case.
pub(crate) fn spec<'a>(metadata: &'a Metadata, name: &str) -> Option<&'a OptionSpec> {
    metadata.options.iter().find(|spec| spec.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
