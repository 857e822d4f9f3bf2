//! Giving up rights, and the driver socket's place in the file system.
//!
//! Knows which user, group and folder a driver ends up with, and what can go wrong with its socket.

use crate::args::CommandLine;
use crate::config::Config;
use crate::driver::{Driver, Fatal};
use crate::serve::Loop;
use nut_daemon::errno::errno_text;
use nut_daemon::logging;
use nut_daemon::output::remark;
use nut_daemon::paths::{RUN_AS_GROUP, RUN_AS_USER};
use nut_daemon::privileges;
use std::env;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{chown, chroot};
use std::path::Path;

/// Room for a path in the kernel's address of a Unix socket, its final zero included, in bytes.
const SOCKET_PATH_MAX: usize = 108;

/// Changes root folder and user, as far as the process may. A process without root's rights stays
/// who it is.
pub(crate) fn give_up(line: &CommandLine, config: &Config) -> Result<(), Fatal> {
    if !privileges::is_root() {
        return Ok(());
    }
    let user = user(line, config);
    let account =
        privileges::lookup(user).ok_or_else(|| Fatal::new(format!("OS user {user} not found")))?;
    if let Some(dir) = line.chroot.as_ref().or(config.chroot.as_ref()) {
        logging::connect_syslog();
        let jailed = env::set_current_dir(dir).and_then(|()| chroot(dir));
        jailed
            .and_then(|()| env::set_current_dir("/"))
            .map_err(|e| Fatal::new(format!("chroot({dir}): {}", errno_text(&e))))?;
    }
    privileges::drop_to(&account)
        .map_err(|e| Fatal::new(format!("Can't become user {user}: {}", errno_text(&e))))
}

fn user<'a>(line: &'a CommandLine, config: &'a Config) -> &'a str {
    line.user.as_deref().or(config.user.as_deref()).unwrap_or(RUN_AS_USER)
}

/// Opens the driver socket and gives it to the group that upsd is in.
pub(crate) fn open_socket<D: Driver>(main: &mut Loop<D>, path: &Path) -> Result<(), Fatal> {
    let length = path.as_os_str().as_bytes().len();
    if length >= SOCKET_PATH_MAX {
        return Err(Fatal::new(format!(
            "Can't create a unix domain socket: pathname '{}' is too long ({length}) for 'struct \
             sockaddr_un->sun_path' on this system ({SOCKET_PATH_MAX})",
            path.display()
        )));
    }
    main.listen(path).map_err(|e| no_socket(path, &e))?;
    give_to_group(main, path);
    if env::var_os("NUT_QUIET_INIT_LISTENER").is_none() {
        log::info!("Listening on socket {}", path.display());
    }
    Ok(())
}

fn no_socket(path: &Path, error: &io::Error) -> Fatal {
    let (path, why) = (path.display(), errno_text(error));
    remark("Fatal error: unable to create listener socket\n");
    remark(&format!("bind {path} failed: {why}\n"));
    remark("Things to try:\n");
    remark(" - set different owners or permissions for the state path");
    remark(" - run this as some other user (try -u <username>)");
    Fatal::new("Exiting.")
}

/// Needed only where user or group are not the built-in ones.
fn give_to_group<D: Driver>(main: &Loop<D>, path: &Path) {
    let (line, config) = (&main.host.line, &main.host.config);
    let group = line.group.as_deref().or(config.group.as_deref());
    let own_user = user(line, config) != RUN_AS_USER && privileges::is_root();
    if group.is_none() && !own_user {
        return;
    }
    let given = privileges::group(group.unwrap_or(RUN_AS_GROUP))
        .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        .and_then(|gid| chown(path, None, Some(gid)));
    if given.is_err() {
        log::warn!(
            "WARNING: Needed to fix group access to filesystem socket of this driver, but failed; \
             run the driver with more debugging to see how exactly. Consumers of the socket, such \
             as upsd data server, can fail to interact with the driver and represent the device: {}",
            path.display()
        );
    }
}
