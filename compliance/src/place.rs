//! A private folder and a private loopback address for one case.
//!
//! Cases run in parallel, and NUT finds its parts by path and port: each case gets its own
//! configuration and state folder and its own address in 127.0.0.0/8, so that port 3493 is
//! always free. Leaves what is written and started there to `house` and `program`.

use std::env;
use std::fs::{self, Permissions};
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::maker::{Maker, target_folder};

static COUNTER: AtomicU32 = AtomicU32::new(1);

/// Bits of an address that tell the places of one run apart; the rest tells runs apart.
const PLACE_BITS: u32 = 10;

/// Variables that would make an administrator's shell change what a case sees.
const FOREIGN: [&str; 7] = [
    "NUT_DEBUG_LEVEL",
    "NUT_DEBUG_PID",
    "NUT_DEBUG_SYSLOG",
    "NUT_QUIET_INIT_BANNER",
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "NUT_DEFAULT_CONNECT_TIMEOUT",
];

/// The folder and address of one case; the folder is removed with the value.
pub struct Place {
    root: PathBuf,
    address: Ipv4Addr,
}

impl Default for Place {
    fn default() -> Self {
        Place::new()
    }
}

impl Place {
    /// Makes a fresh folder. It stands in the temporary directory because a socket's path may
    /// hold only 108 bytes.
    pub fn new() -> Place {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        assert!(number < 1 << PLACE_BITS, "more places than there are addresses for");
        let [_, high, middle, low] = (std::process::id() << PLACE_BITS | number).to_be_bytes();
        let address = Ipv4Addr::new(127, high.max(1), middle, low);
        let root = env::temp_dir().join(format!("nut-compliance-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for folder in ["etc", "run"] {
            fs::create_dir_all(root.join(folder)).expect("a folder for the case");
        }
        fs::set_permissions(root.join("run"), Permissions::from_mode(0o770)).expect("mode");
        Place { root, address }
    }

    /// The address that belongs to this case alone.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where configuration files are looked for (`NUT_CONFPATH`).
    pub fn etc(&self) -> PathBuf {
        self.root.join("etc")
    }

    /// Where sockets and pid files are (`NUT_STATEPATH`).
    pub fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// A file in this place that is neither configuration nor state, such as a log.
    pub fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Writes one configuration file, readable by its owner and group only.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.etc().join(name);
        fs::write(&path, text).expect("a configuration file");
        fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("mode");
    }

    /// A command for one of `maker`'s programs that sees this place and nothing else.
    pub fn command(&self, maker: Maker, program: &str) -> Command {
        self.command_at(&maker.program(program))
    }

    /// The same for a program that belongs to neither maker.
    pub fn command_at(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for name in FOREIGN {
            command.env_remove(name);
        }
        command
            .env("NUT_CONFPATH", self.etc())
            .env("NUT_STATEPATH", self.run())
            .env("NUT_ALTPIDPATH", self.run())
            .env("NUT_PIDPATH", self.run())
            // The stock programs run through their own loader, whose name is not theirs.
            .env("NUT_IGNORE_CHECKPROCNAME", "1")
            .env("NUT_QUIET_INIT_UPSNOTIFY", "1")
            // Debian builds NUT with NSS, which greets on stderr at each start of a client.
            .env("NUT_QUIET_INIT_SSL", "true")
            .env("NUT_QUIET_INIT_NDE_WARNING", "1")
            // Five lines of advice after each request that is not tracked; one case wants them.
            .env("NUT_QUIET_OK_NOTRACKING", "true")
            .env("LC_ALL", "C")
            .current_dir(&self.root);
        command
    }

    /// The folder where stock NUT's `cmdvartab` was unpacked.
    pub fn stock_data() -> PathBuf {
        target_folder()
            .join(format!("stock-nut/{}/root/usr/share/nut", crate::maker::STOCK_VERSION))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if env::var_os("COMPLIANCE_KEEP").is_none() {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}
