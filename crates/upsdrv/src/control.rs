//! The variables and commands that the kit keeps for itself.
//!
//! Knows their names and values; says what a SET or an INSTCMD of one of them means. Doing it is for
//! the host, everything else for the driver part. Pure.

use nut_proto::conf::value::int;

/// Debug level, writable.
pub const DEBUG: &str = "driver.debug";
/// Permission for [`KILL_POWER`], writable.
pub const ALLOW_KILL_POWER: &str = "driver.flag.allow_killpower";
/// Power the load off and exit.
pub const KILL_POWER: &str = "driver.killpower";
/// The driver part's own way to power the load off.
pub const SHUTDOWN_DEFAULT: &str = "shutdown.default";

/// The commands of the kit that are announced; `driver.exit` works without being.
pub const COMMANDS: [&str; 4] =
    [KILL_POWER, "driver.reload", "driver.reload-or-error", "driver.reload-or-exit"];

/// What a SET means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// A debug level, or back to what command line and configuration ask for.
    Debug(Option<u32>),
    /// Whether `driver.killpower` is permitted.
    AllowKillPower(bool),
    /// A bad value.
    Invalid,
    /// Not the kit's business.
    Driver,
}

/// What an INSTCMD means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Read the configuration again; exit if `or_exit` and something needs a restart.
    Reload {
        /// reload-or-exit
        or_exit: bool,
    },
    /// End the driver.
    Exit,
    /// Power the load off, if permitted, and end the driver.
    KillPower,
    /// The driver part's own shutdown.
    Shutdown,
    /// Not the kit's business.
    Driver,
}

/// Reads a SET.
pub fn on_set(name: &str, value: &str) -> Set {
    if name.eq_ignore_ascii_case(DEBUG) {
        return match int(value.trim()) {
            Some(level) => Set::Debug(u32::try_from(level).ok()),
            None => Set::Invalid,
        };
    }
    if name.eq_ignore_ascii_case(ALLOW_KILL_POWER) {
        return Set::AllowKillPower(permits(value.trim()));
    }
    Set::Driver
}

/// A number above 0, or a word for yes.
fn permits(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    match int(value) {
        Some(n) => n > 0,
        None => lower.starts_with("enable") || matches!(lower.as_str(), "true" | "yes" | "on"),
    }
}

/// Reads an INSTCMD.
pub fn on_command(name: &str) -> Command {
    match name {
        "driver.reload" | "driver.reload-or-error" => Command::Reload { or_exit: false },
        "driver.reload-or-exit" => Command::Reload { or_exit: true },
        "driver.exit" => Command::Exit,
        KILL_POWER => Command::KillPower,
        SHUTDOWN_DEFAULT => Command::Shutdown,
        _ => Command::Driver,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_kit() {
        for (name, value, expected) in [
            ("driver.debug", "3", Set::Debug(Some(3))),
            ("DRIVER.debug", "-1", Set::Debug(None)),
            ("driver.debug", "x", Set::Invalid),
            ("driver.flag.allow_killpower", "1", Set::AllowKillPower(true)),
            ("driver.flag.allow_killpower", "2", Set::AllowKillPower(true)),
            ("driver.flag.allow_killpower", "0", Set::AllowKillPower(false)),
            ("driver.flag.allow_killpower", "Enabled", Set::AllowKillPower(true)),
            ("driver.flag.allow_killpower", "no", Set::AllowKillPower(false)),
            ("driver.flag.nolock", "1", Set::Driver),
        ] {
            assert_eq!(on_set(name, value), expected, "{name} {value}");
        }
    }

    #[test]
    fn announced_commands_are_the_kits() {
        assert!(COMMANDS.iter().all(|name| on_command(name) != Command::Driver));
        assert_eq!(on_command("driver.exit"), Command::Exit);
        assert_eq!(on_command("load.off"), Command::Driver);
    }
}
