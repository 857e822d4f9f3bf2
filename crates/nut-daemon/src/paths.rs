//! Where NUT's files are: environment first, then what the build was told.
//!
//! Built-in folders can be changed when building, by the variables WALNUT_CONFPATH,
//! WALNUT_STATEPATH, WALNUT_PERSISTPATH, WALNUT_ALTPIDPATH, WALNUT_DATAPATH and WALNUT_DRVPATH.

use std::env;
use std::path::PathBuf;

macro_rules! built_in {
    ($name:literal, $default:literal) => {
        match option_env!($name) {
            Some(path) => path,
            None => $default,
        }
    };
}

/// Folder of the configuration files, unless NUT_CONFPATH says otherwise.
pub const CONFPATH: &str = built_in!("WALNUT_CONFPATH", "/etc/nut");
/// Folder of driver sockets and state, unless NUT_STATEPATH says otherwise.
pub const STATEPATH: &str = built_in!("WALNUT_STATEPATH", "/run/nut");
/// Folder of what has to survive a reboot, unless NUT_STATEPATH says otherwise (not in NUT: Debian's
/// STATEPATH is gone after one).
pub const PERSISTPATH: &str = built_in!("WALNUT_PERSISTPATH", "/var/lib/nut");
/// Folder of pid files of upsd and drivers, unless NUT_ALTPIDPATH or NUT_STATEPATH say otherwise.
pub const ALTPIDPATH: &str = built_in!("WALNUT_ALTPIDPATH", "/run/nut");
/// Folder of pid files of programs that start as root (upsmon, upslog), unless NUT_PIDPATH is set.
pub const PIDPATH: &str = built_in!("WALNUT_PIDPATH", "/run/nut");
/// Folder of cmdvartab.
pub const DATAPATH: &str = built_in!("WALNUT_DATAPATH", "/usr/share/nut");
/// Folder of the driver programs.
pub const DRVPATH: &str = built_in!("WALNUT_DRVPATH", "/lib/nut");
/// The user that daemons become when started as root.
pub const RUN_AS_USER: &str = built_in!("WALNUT_USER", "nut");
/// The group of driver sockets.
pub const RUN_AS_GROUP: &str = built_in!("WALNUT_GROUP", "nut");

/// A variable of the environment; an empty one counts as unset, as in NUT.
pub fn from_env(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from)
}

/// Folder of the configuration files.
pub fn conf_dir() -> PathBuf {
    from_env("NUT_CONFPATH").unwrap_or_else(|| CONFPATH.into())
}

/// Folder of driver sockets and state, before any configuration file is read.
pub fn state_dir() -> PathBuf {
    from_env("NUT_STATEPATH").unwrap_or_else(|| STATEPATH.into())
}

/// Folder of what has to survive a reboot.
pub fn persist_dir() -> PathBuf {
    from_env("NUT_STATEPATH").unwrap_or_else(|| PERSISTPATH.into())
}

/// Folder of pid files of upsd and of drivers.
pub fn pid_dir() -> PathBuf {
    from_env("NUT_ALTPIDPATH")
        .or_else(|| from_env("NUT_STATEPATH"))
        .unwrap_or_else(|| ALTPIDPATH.into())
}

/// Folder of pid files of programs that start as root.
pub fn root_pid_dir() -> PathBuf {
    from_env("NUT_PIDPATH").unwrap_or_else(|| PIDPATH.into())
}

/// Folder of cmdvartab, before any configuration file is read.
pub fn data_dir() -> PathBuf {
    DATAPATH.into()
}

/// Folder of the driver programs, before any configuration file is read. NUT_DRIVERPATH is a
/// convenience of Walnut for running from a build tree.
pub fn driver_dir() -> PathBuf {
    from_env("NUT_DRIVERPATH").unwrap_or_else(|| DRVPATH.into())
}
