//! A dbus-daemon with a folder, a socket and rules of its own, gone with the test.

use crate::house::wait_until;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};

static COUNTER: AtomicU8 = AtomicU8::new(1);

/// Everybody of this user may do anything.
const RULES: &str = r#"<busconfig>
  <listen>LISTEN</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
"#;

/// A place for a bus, and the bus while it runs.
pub struct PrivateBus {
    pub folder: PathBuf,
    daemon: Option<Child>,
}

impl PrivateBus {
    /// Only the place.
    pub fn stopped() -> PrivateBus {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("upsmon-sleep-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        PrivateBus { folder, daemon: None }
    }

    pub fn running() -> PrivateBus {
        let mut bus = PrivateBus::stopped();
        bus.start();
        bus
    }

    pub fn start(&mut self) {
        let rules = self.folder.join("rules.conf");
        fs::write(&rules, RULES.replace("LISTEN", &self.text())).unwrap();
        let mut command = Command::new("dbus-daemon");
        command.arg("--config-file").arg(&rules).args(["--nofork", "--nopidfile", "--nosyslog"]);
        // Without root's rights it complains of them, and goes on.
        let started = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn();
        let hint = "these tests need dbus-daemon (Debian: package dbus-daemon)";
        self.daemon = Some(started.expect(hint));
        wait_until(|| UnixStream::connect(self.socket()).ok()).expect("the bus");
    }

    pub fn stop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().unwrap();
            daemon.wait().unwrap();
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.join("bus")
    }

    /// As `DBUS_SYSTEM_BUS_ADDRESS` has it.
    pub fn text(&self) -> String {
        format!("unix:path={}", self.socket().display())
    }
}

impl Drop for PrivateBus {
    fn drop(&mut self) {
        self.stop();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
