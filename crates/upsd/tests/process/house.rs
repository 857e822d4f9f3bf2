//! A private installation: folder, address, scripted driver, the program itself.

use std::collections::VecDeque;
use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up; generous, as machines can be busy.
pub const PATIENCE: Duration = Duration::from_secs(30);

static COUNTER: AtomicU8 = AtomicU8::new(1);

/// A folder with the three files, and an address in 127.0.0.0/8 that no other test uses.
pub struct House {
    pub root: PathBuf,
    pub address: Ipv4Addr,
}

pub const USERS: &str = "[admin]\npassword = \"se cret\"\nactions = SET FSD\ninstcmds = ALL\n\
    upsmon primary\n";
pub const UPS: &str = "[u]\ndriver = scripted\nport = auto\ndesc = \"Test UPS\"\n";

impl House {
    pub fn new() -> House {
        let [.., high, low] = std::process::id().to_be_bytes();
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("upsd-test-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for folder in ["etc", "run"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::set_permissions(root.join("run"), Permissions::from_mode(0o770)).unwrap();
        let house = House { root, address: Ipv4Addr::new(127, high.max(1), low, number) };
        house.write("upsd.conf", &format!("LISTEN {} 3493\n", house.address));
        house.write("ups.conf", UPS);
        house.write("upsd.users", USERS);
        house
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.root.join("etc").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    }

    /// upsd.conf with further lines behind LISTEN.
    pub fn upsd_conf(&self, lines: &str) {
        self.write("upsd.conf", &format!("LISTEN {} 3493\n{lines}", self.address));
    }

    /// The program in this installation, as the present user.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_upsd"));
        for name in ["NUT_DEBUG_LEVEL", "NUT_DEBUG_SYSLOG", "NOTIFY_SOCKET", "WATCHDOG_USEC"] {
            command.env_remove(name);
        }
        command
            .env("NUT_CONFPATH", self.path("etc"))
            .env("NUT_STATEPATH", self.path("run"))
            .env("NUT_ALTPIDPATH", self.path("run"))
            .current_dir(&self.root)
            .stdin(Stdio::null());
        if nut_daemon::privileges::is_root() {
            command.args(["-u", "root"]);
        }
        command
    }

    /// Starts it in the foreground and waits until it listens.
    pub fn start(&self) -> Upsd {
        self.start_with(&mut self.command())
    }

    pub fn start_with(&self, command: &mut Command) -> Upsd {
        let log = self.path("upsd.log");
        let file = File::create(&log).unwrap();
        command.arg("-F").stdout(file.try_clone().unwrap()).stderr(file);
        let upsd = Upsd { child: command.spawn().unwrap(), log };
        upsd.wait_for("Running as foreground process");
        upsd
    }

    /// Runs it to its end, which must come by itself.
    pub fn run(&self, args: &[&str]) -> Output {
        let child = self.command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = child.unwrap();
        let pid = child.id();
        let waiter = thread::spawn(move || child.wait_with_output().unwrap());
        if wait_until(|| waiter.is_finished().then_some(())).is_none() {
            kill(pid, "KILL");
        }
        waiter.join().unwrap()
    }

    pub fn addr(&self) -> SocketAddr {
        (self.address, 3493).into()
    }

    /// A client that is connected.
    pub fn client(&self) -> Client {
        Client::new(TcpStream::connect(self.addr()).unwrap())
    }

    /// A driver for UPS `u` in the state folder.
    pub fn driver(&self, dump: &str) -> Driver {
        Driver::start(&self.path("run/scripted-u"), dump)
    }

    /// Waits until upsd shows what the driver dumped.
    pub fn wait_fresh(&self) {
        let fresh = || {
            let answer = self.client().ask("GET VAR u ups.status");
            (answer.starts_with("VAR") && !answer.contains("WAIT")).then_some(())
        };
        wait_until(fresh).expect("fresh data");
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// A running upsd; ends with the value.
pub struct Upsd {
    child: Child,
    log: PathBuf,
}

impl Upsd {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub fn wait_for(&self, text: &str) {
        let seen = wait_until(|| self.log().contains(text).then_some(()));
        assert!(seen.is_some(), "no {text:?} in:\n{}", self.log());
    }

    pub fn signal(&self, name: &str) {
        kill(self.pid(), name);
    }

    /// Waits for its end; tells its status.
    pub fn end(&mut self) -> Option<i32> {
        wait_until(|| self.child.try_wait().unwrap()).expect("its end").code()
    }
}

impl Drop for Upsd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn kill(pid: u32, name: &str) {
    let _ = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).output();
}

/// Asks again and again until there is an answer or patience ends.
pub fn wait_until<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        thread::sleep(Duration::from_millis(5));
    }
    None
}

/// A client's connection.
pub struct Client {
    pub stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Client {
    pub fn new(stream: TcpStream) -> Client {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client { reader: BufReader::new(stream.try_clone().unwrap()), stream }
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The next line without its end; empty when the server has closed.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line.trim_end_matches('\n').to_owned()
    }

    pub fn ask(&mut self, request: &str) -> String {
        self.send(format!("{request}\n").as_bytes());
        self.line()
    }

    pub fn half_close(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Everything up to the server's close.
    pub fn rest(&mut self) -> String {
        let mut text = String::new();
        self.reader.read_to_string(&mut text).unwrap();
        text
    }
}

/// A driver's side of its socket; stands for hardware. Answers DUMPALL and PING by itself.
pub struct Driver {
    socket: PathBuf,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    dump: Mutex<String>,
    heard: Mutex<VecDeque<String>>,
    peers: Mutex<Vec<UnixStream>>,
}

pub const DUMP: &str = "SETINFO battery.charge \"90\"\nSETINFO ups.id \"old\"\nSETAUX ups.id 64\n\
    SETFLAGS ups.id RW STRING\nSETINFO ups.status \"OL\"\nADDCMD load.off\nDATAOK\nDUMPDONE\n";

impl Driver {
    pub fn start(socket: &Path, dump: &str) -> Driver {
        let _ = fs::remove_file(socket);
        let listener = UnixListener::bind(socket).unwrap();
        let shared = Arc::new(Shared { dump: Mutex::new(dump.to_owned()), ..Shared::default() });
        let served = Arc::clone(&shared);
        // Ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                served.peers.lock().unwrap().push(stream.try_clone().unwrap());
                let served = Arc::clone(&served);
                thread::spawn(move || served.serve(stream));
            }
        });
        Driver { socket: socket.to_owned(), shared }
    }

    /// Sends bytes to every upsd that is connected.
    pub fn send(&self, text: &str) {
        for mut peer in self.shared.peers.lock().unwrap().iter() {
            let _ = peer.write_all(text.as_bytes());
        }
    }

    /// The next line from upsd other than DUMPALL and PING.
    pub fn heard(&self) -> String {
        wait_until(|| self.shared.heard.lock().unwrap().pop_front()).expect("a request")
    }

    /// Breaks all connections; the next dump is another one.
    pub fn die(&self, next_dump: &str) {
        next_dump.clone_into(&mut self.shared.dump.lock().unwrap());
        for peer in self.shared.peers.lock().unwrap().drain(..) {
            let _ = peer.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn serve(&self, stream: UnixStream) {
        let mut writer = stream.try_clone().unwrap();
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let answer = match line.as_str() {
                "DUMPALL" => self.dump.lock().unwrap().clone(),
                "PING" => "PONG\n".to_owned(),
                _ => {
                    self.heard.lock().unwrap().push_back(line);
                    continue;
                }
            };
            if writer.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.socket);
    }
}
