//! Limits of this process: open descriptors, rights of new files.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::{Mode, umask};

/// Raises the soft limit of open descriptors to the hard one; tells the limit now in force.
pub fn raise_open_files() -> u64 {
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((soft, hard)) if soft < hard => {
            let raised = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
            if raised.is_ok() { hard } else { soft }
        }
        Ok((soft, _)) => soft,
        Err(_) => 1024,
    }
}

/// Takes rights (such as 0o007) from all files that this process and its children will make.
pub fn set_umask(rights: u32) {
    umask(Mode::from_bits_truncate(rights));
}
