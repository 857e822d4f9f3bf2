//! A private folder with configuration and sockets, drivers in it, and a client of their sockets.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Long enough for a loaded machine; no test waits so long when all is well.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A private folder; gone with the value.
pub struct Stage {
    pub dir: PathBuf,
}

impl Stage {
    pub fn new(ups_conf: &str) -> Stage {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        // Short: the path of a socket has little room.
        let dir = std::env::temp_dir().join(format!("wd-{}-{n}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let stage = Stage { dir };
        stage.file("ups.conf", ups_conf);
        stage
    }

    /// Writes a file whole, so that nobody sees half of it.
    pub fn file(&self, name: &str, text: &str) {
        let fresh = self.dir.join(format!("{name}.new"));
        fs::write(&fresh, text).unwrap();
        fs::rename(fresh, self.dir.join(name)).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The program, ready to run here; root stays root, so that no other user has to exist.
    pub fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dummy-ups"));
        command
            .args(args.split_whitespace())
            .env("NUT_CONFPATH", &self.dir)
            .env("NUT_STATEPATH", &self.dir)
            .env_remove("NUT_ALTPIDPATH")
            .env_remove("NUT_QUIET_INIT_BANNER")
            .env_remove("NUT_DEBUG_LEVEL")
            .env_remove("NOTIFY_SOCKET")
            .env_remove("WATCHDOG_USEC")
            .env_remove("WATCHDOG_PID")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end: stdout, stderr, exit code.
    pub fn run(&self, args: &str) -> (String, String, i32) {
        told(self.command(args).output().unwrap())
    }

    /// Starts the driver in the foreground and waits for its socket.
    pub fn start(&self, ups: &str) -> Running {
        self.start_with(&format!("-F -u root -a {ups}"), ups)
    }

    fn start_with(&self, args: &str, ups: &str) -> Running {
        self.start_told(args, ups, &[])
    }

    /// Starts a driver with more in its environment.
    pub fn start_told(&self, args: &str, ups: &str, environment: &[(&str, &str)]) -> Running {
        let running = self.spawn(args, environment);
        self.wait_for_socket(running, ups, |_| true)
    }

    /// Starts another instance and waits until it, not the old one, answers.
    pub fn start_anew(&self, args: &str, ups: &str, old: &Running) -> Running {
        let running = self.spawn(args, &[]);
        let old = format!("PID {}", old.pid());
        self.wait_for_socket(running, ups, |mut client| {
            let pid = client.try_send("NOBROADCAST\nGETPID\n").then(|| client.until_start("PID "));
            pid.is_some_and(|pid| !pid.is_empty() && pid != old)
        })
    }

    fn spawn(&self, args: &str, environment: &[(&str, &str)]) -> Running {
        let mut command = self.command(args);
        command.envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running::of(command.spawn().unwrap())
    }

    fn wait_for_socket(
        &self,
        mut running: Running,
        ups: &str,
        right_one: impl Fn(Client) -> bool,
    ) -> Running {
        let socket = self.path(&format!("dummy-ups-{ups}"));
        wait_for("the driver socket", || {
            if let Some(status) = running.child.try_wait().unwrap() {
                let (out, err) = running.output();
                panic!("the driver ended with {status}:\n{out}{err}");
            }
            UnixStream::connect(&socket).is_ok_and(|stream| right_one(Client::new(stream)))
        });
        running
    }

    pub fn client(&self, ups: &str) -> Client {
        Client::new(UnixStream::connect(self.path(&format!("dummy-ups-{ups}"))).unwrap())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

pub fn told(output: Output) -> (String, String, i32) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

pub fn wait_for(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < deadline, "waited for {what}");
        sleep(Duration::from_millis(10));
    }
}

pub fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(status.unwrap().success());
}

/// A driver process; killed with the value.
pub struct Running {
    child: Child,
}

impl Running {
    pub fn of(child: Child) -> Running {
        Running { child }
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end: stdout, stderr, exit code.
    pub fn end(mut self) -> (String, String, i32) {
        let mut status = None;
        wait_for("the driver's end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let (out, err) = self.output();
        (out, err, status.unwrap().code().unwrap())
    }

    pub fn stop(self) -> (String, String, i32) {
        signal(self.pid(), "TERM");
        self.end()
    }

    fn output(&mut self) -> (String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (out, err)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection to a driver socket.
pub struct Client {
    stream: BufReader<UnixStream>,
}

impl Client {
    pub fn new(stream: UnixStream) -> Client {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Client { stream: BufReader::new(stream) }
    }

    pub fn send(&mut self, text: &str) {
        assert!(self.try_send(text), "the connection ended before {text}");
    }

    fn try_send(&mut self, text: &str) -> bool {
        self.stream.get_mut().write_all(text.as_bytes()).is_ok()
    }

    /// The next line without its line feed; empty at the end of the connection, also when that left
    /// a request unread.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Err(e) if e.kind() == ErrorKind::ConnectionReset => {}
            read => drop(read.unwrap()),
        }
        line.trim_end_matches('\n').to_owned()
    }

    /// Everything up to and including this line.
    pub fn until(&mut self, last: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while lines.last().map(String::as_str) != Some(last) {
            let line = self.line();
            assert!(!line.is_empty(), "the connection ended before {last}: {lines:?}");
            lines.push(line);
        }
        lines
    }

    pub fn ask(&mut self, question: &str, last: &str) -> Vec<String> {
        self.send(&format!("{question}\n"));
        self.until(last)
    }

    /// The value of a variable, asked for over a connection without broadcasts.
    pub fn value(&mut self, name: &str) -> Option<String> {
        self.send("NOBROADCAST\n");
        let lines = self.ask(&format!("DUMPVALUE {name}"), "DUMPDONE");
        let head = format!("SETINFO {name} \"");
        let line = lines.iter().rev().find_map(|line| line.strip_prefix(&head))?;
        line.strip_suffix('"').map(str::to_owned)
    }

    /// Waits until a variable has this value, or none.
    pub fn wait_value(&mut self, name: &str, expected: Option<&str>) {
        wait_for(&format!("{name} = {expected:?}"), || self.value(name).as_deref() == expected);
    }

    /// The next line that begins so, or nothing at the end of the connection.
    pub fn until_start(&mut self, head: &str) -> String {
        loop {
            let line = self.line();
            if line.is_empty() || line.starts_with(head) {
                return line;
            }
        }
    }

    /// Everything up to the end of the connection.
    pub fn rest(mut self) -> String {
        let mut rest = String::new();
        self.stream.read_to_string(&mut rest).unwrap();
        rest
    }
}
