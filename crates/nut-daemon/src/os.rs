//! The few things only unsafe code or the kernel itself can do.
//!
//! The only file of the workspace with `unsafe`; each block tells why it is sound.
#![allow(unsafe_code)]

use nix::libc;
use nix::unistd::ForkResult;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Forks. Must be called while the process has one thread.
pub(crate) fn fork() -> io::Result<ForkResult> {
    // SAFETY: daemons fork before they start any thread (see `background` and `split`), so that the
    // child owns every lock it could meet.
    unsafe { nix::unistd::fork() }.map_err(io::Error::from)
}

/// Keeps from a command's process what is ours: descriptors beyond the standard ones, blocked and
/// ignored signals. (The kernel itself takes handlers away.)
pub(crate) fn isolate(command: &mut Command) {
    // SAFETY: what runs between fork and exec makes system calls only; it neither allocates nor locks.
    unsafe { command.pre_exec(forget_ours) };
}

fn forget_ours() -> io::Result<()> {
    // SAFETY: plain system calls. `mask` is initialised by sigemptyset before it is read. Errors mean
    // that there is nothing to do: a signal that nobody can change, or (close_range) a kernel
    // before 5.11, where each descriptor's own close-on-exec flag must do.
    unsafe {
        for signal in 1..=libc::SIGRTMAX() {
            libc::signal(signal, libc::SIG_DFL);
        }
        let mut mask = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(mask.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, mask.as_ptr(), std::ptr::null_mut());
        let flags = libc::CLOSE_RANGE_CLOEXEC;
        libc::syscall(libc::SYS_close_range, 3u32, u32::MAX, flags);
    }
    Ok(())
}

/// Ignores a signal, as a careless parent may have left it.
#[cfg(test)]
pub(crate) fn ignore_signal(number: i32) {
    // SAFETY: no handler is installed.
    unsafe { libc::signal(number, libc::SIG_IGN) };
}

/// A random UUID of version 4 in upper case, from the kernel's generator.
pub fn random_uuid() -> io::Result<String> {
    Uuids::open()?.one_more()
}

/// A source of random UUIDs that goes on working in a chroot and without free descriptors.
#[derive(Debug)]
pub struct Uuids(File);

impl Uuids {
    /// Opens the kernel's generator.
    pub fn open() -> io::Result<Uuids> {
        File::open("/dev/urandom").map(Uuids)
    }

    /// One more, of version 4 and in upper case.
    pub fn one_more(&mut self) -> io::Result<String> {
        let mut bytes = [0u8; 16];
        self.0.read_exact(&mut bytes)?;
        Ok(uuid_text(u128::from_be_bytes(bytes)))
    }
}

fn uuid_text(random: u128) -> String {
    let version = (random & !(0xf << 76)) | (0x4 << 76);
    let variant = (version & !(0x3 << 62)) | (0x2 << 62);
    let hex = format!("{variant:032X}");
    let part = |from, to| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_have_version_and_variant() {
        assert_eq!(uuid_text(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid_text(u128::MAX), "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF");
        assert_ne!(random_uuid().unwrap(), random_uuid().unwrap());
    }
}

/// In a program without shared libraries, glibc answers for names by its own files and DNS.
///
/// Other sources in `/etc/nsswitch.conf` are shared libraries of the system's glibc, and a program that
/// has another one within it may crash in them. Set before `main`, so that no program can forget it.
#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
mod lookups {
    use std::ffi::{CStr, c_char, c_int};

    unsafe extern "C" {
        fn __nss_configure_lookup(database: *const c_char, sources: *const c_char) -> c_int;
    }

    const SOURCES: [(&CStr, &CStr); 4] = [
        (c"passwd", c"files"),
        (c"group", c"files"),
        (c"initgroups", c"files"),
        (c"hosts", c"files dns"),
    ];

    // SAFETY: a constructor as the C library expects it in this section; it runs once, in the only
    // thread there is, when the C library is ready.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static OWN: extern "C" fn() = own;

    extern "C" fn own() {
        for (database, sources) in SOURCES {
            // SAFETY: glibc copies both texts. It fails for a name that it does not know, which these
            // are not in any release; then the system's sources would count.
            unsafe { __nss_configure_lookup(database.as_ptr(), sources.as_ptr()) };
        }
    }
}
