//! Numbers of the signals that NUT's daemons use.

use signal_hook::consts;

/// Reload.
pub const HUP: i32 = consts::SIGHUP;
/// Stop, from a terminal.
pub const INT: i32 = consts::SIGINT;
/// Stop, from a terminal.
pub const QUIT: i32 = consts::SIGQUIT;
/// Stop.
pub const TERM: i32 = consts::SIGTERM;
/// A driver reloads, or exits when a setting needs a restart; upslog logs at once.
pub const USR1: i32 = consts::SIGUSR1;
/// No meaning of its own.
pub const USR2: i32 = consts::SIGUSR2;
/// A driver prints its variables.
pub const URG: i32 = consts::SIGURG;
/// A child process ended.
pub const CHLD: i32 = consts::SIGCHLD;
/// The one that cannot be caught.
pub const KILL: i32 = consts::SIGKILL;
