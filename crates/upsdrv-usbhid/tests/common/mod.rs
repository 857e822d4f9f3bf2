//! Runs the real `usbhid-ups` in a private folder and talks to it over its driver socket.

#![allow(dead_code)] // each test file uses a part of this

use nut_proto::driver::Message;
use nut_proto::line::Framer;
use nut_proto::variables::Variables;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a loaded machine; nothing waits that long when all is well.
pub const DEADLINE: Duration = Duration::from_secs(60);

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A private folder, gone when dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("uh-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// `usbhid-ups` with its folders in here, as the user who runs the test.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_usbhid-ups"));
        command
            .args(["-u", "root"])
            .env("NUT_CONFPATH", &self.0)
            .env("NUT_STATEPATH", &self.0)
            .env("NUT_ALTPIDPATH", &self.0)
            .env("NUT_DEBUG_SYSLOG", "stderr")
            .env("TZ", "UTC")
            .env_remove("NOTIFY_SOCKET")
            .current_dir(&self.0)
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A recording of a real device, or the demo's.
pub fn device(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/devices").join(format!("{name}.json"))
}

/// A driver that runs from a recording, in the foreground, named `u`.
pub struct Running {
    pub folder: Folder,
    child: Child,
}

impl Running {
    /// Starts on a recording with further `-x` options.
    pub fn start(recording: &Path, options: &[&str]) -> Self {
        Running::start_in(Folder::new(), recording, options)
    }

    pub fn start_in(folder: Folder, recording: &Path, options: &[&str]) -> Self {
        let mut command = folder.command();
        command.args(["-F", "-s", "u", "-i", "1", "-x"]);
        command.arg(format!("port=replay:{}", recording.display()));
        for option in options {
            command.args(["-x", option]);
        }
        let log = fs::File::create(folder.0.join("log")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn().unwrap();
        Running { folder, child }
    }

    /// Seconds of processor time it has used so far; the kernel counts hundredths.
    pub fn processor_time(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, after_name) = stat.rsplit_once(") ").unwrap();
        let ticks = after_name.split(' ').skip(11).take(2).map(|n| n.parse::<f64>().unwrap());
        ticks.sum::<f64>() / 100.0
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.0.join("log")).unwrap_or_default()
    }

    /// Connects to the driver socket as soon as it is there.
    pub fn connect(&mut self) -> Client {
        let path = self.folder.0.join("usbhid-ups-u");
        let start = Instant::now();
        loop {
            if let Ok(stream) = UnixStream::connect(&path) {
                return Client::new(stream);
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the driver ended, {status}:\n{}", self.log());
            }
            assert!(start.elapsed() < DEADLINE, "no driver socket:\n{}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a driver that is expected to end by itself.
pub fn ended(mut command: Command) -> Output {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("usbhid-ups");
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > DEADLINE {
            child.kill().unwrap();
            panic!("the driver does not end");
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().unwrap()
}

/// A connection to a driver socket, with what the driver published so far.
pub struct Client {
    stream: UnixStream,
    framer: Framer,
    pub variables: Variables,
    pub fresh: bool,
    /// Lines that are no variables, oldest first, taken by whoever waits for one.
    other: Vec<String>,
    /// Every change of `ups.status` seen, oldest first.
    pub statuses: Vec<String>,
}

impl Client {
    fn new(stream: UnixStream) -> Self {
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let mut client = Client {
            stream,
            framer: Framer::default(),
            variables: Variables::default(),
            fresh: false,
            other: Vec::new(),
            statuses: Vec::new(),
        };
        client.dump();
        client
    }

    pub fn send(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Asks for everything anew.
    pub fn dump(&mut self) {
        self.variables.clear();
        self.send("DUMPALL");
        self.wait("the end of the dump", |client| client.take("DUMPDONE").is_some());
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.variables.value(name)
    }

    pub fn status(&self) -> &str {
        self.value("ups.status").unwrap_or_default()
    }

    pub fn has_status(&self, token: &str) -> bool {
        self.status().split(' ').any(|word| word == token)
    }

    /// Sends a SET or INSTCMD and returns its outcome.
    pub fn track(&mut self, request: &str) -> u8 {
        self.send(&format!("{request} TRACKING t1"));
        let mut outcome = None;
        self.wait(request, |client| {
            outcome = client.take("TRACKING t1");
            outcome.is_some()
        });
        outcome.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Takes a line that begins like this.
    fn take(&mut self, beginning: &str) -> Option<String> {
        let place = self.other.iter().position(|line| line.starts_with(beginning))?;
        Some(self.other.remove(place))
    }

    /// Reads until the condition holds.
    pub fn wait(&mut self, what: &str, mut holds: impl FnMut(&mut Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(
                start.elapsed() < DEADLINE,
                "waited in vain for {what}; status `{}`, fresh: {}, seen {:?}",
                self.status(),
                self.fresh,
                self.statuses
            );
            self.read();
        }
    }

    fn read(&mut self) {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes) {
            Ok(0) => panic!("the driver closed the connection"),
            Ok(length) => self.framer.push(&bytes[..length]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return,
            Err(error) => panic!("driver socket: {error}"),
        }
        while let Some(line) = self.framer.next_line() {
            self.take_line(&line.unwrap().texts());
        }
    }

    fn take_line(&mut self, words: &[&str]) {
        let message = Message::parse(words).unwrap_or_else(|| panic!("unknown line {words:?}"));
        match message {
            Message::DataOk => self.fresh = true,
            Message::DataStale => self.fresh = false,
            _ => {
                let changed = self.variables.apply(&message).unwrap();
                if words.get(1) == Some(&"ups.status") && changed && words[0] == "SETINFO" {
                    self.statuses.push(self.status().to_string());
                }
                self.other.push(words.join(" "));
            }
        }
    }
}
