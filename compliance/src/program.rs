//! Running programs: to their end, with what they printed, or as daemons that end with the case.
//!
//! Knows deadlines, output and exit codes; leaves what the output should be to the cases.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long anything may take before a case gives up; generous, as machines can be busy.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What a program that ran to its end left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Exit status; -1 if a signal ended the program.
    pub code: i32,
    /// Everything on standard output.
    pub out: String,
    /// Everything on standard error.
    pub err: String,
}

impl Outcome {
    /// The outcome as lines: standard output as it is, standard error after `2| `, and the
    /// exit status last. Trailing blanks are kept.
    pub fn lines(&self) -> Vec<String> {
        let out = self.out.lines().map(str::to_string);
        let err = self.err.lines().map(|line| format!("2| {line}"));
        out.chain(err).chain([format!("exit {}", self.code)]).collect()
    }

    /// Compares with the lines of `expected`, whose indentation is that of its first line.
    ///
    /// # Panics
    /// When they differ; both are shown.
    pub fn is(&self, expected: &str) {
        let expected = outdented(expected);
        let got = self.lines();
        let shown = |lines: &[String]| lines.join("\n");
        let (wanted, seen) = (shown(&expected), shown(&got));
        assert!(got == expected, "expected:\n{wanted}\n\ngot:\n{seen}\n");
    }

    /// The same outcome with a text replaced by a constant one wherever it stands.
    pub fn with(mut self, text: &str, name: &str) -> Outcome {
        self.out = self.out.replace(text, name);
        self.err = self.err.replace(text, name);
        self
    }
}

/// Runs a command to its end, feeding `input` to it.
///
/// # Panics
/// When it cannot be started or does not end within [`PATIENCE`].
pub fn run(command: &mut Command, input: &str) -> Outcome {
    let what = format!("{command:?}");
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|e| panic!("{what}: {e}"));
    let mut stdin = child.stdin.take().expect("a pipe was asked for");
    // A program that ends without reading its input is not a fault of the case.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let pid = child.id();
    let watch = std::thread::spawn(move || child.wait_with_output());
    wait_until(&format!("the end of {what}"), || watch.is_finished().then_some(())).unwrap_or_else(
        |complaint| {
            signal(pid, "KILL");
            panic!("{complaint}")
        },
    );
    let output = watch.join().expect("the waiting thread").expect("output");
    Outcome {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A program that runs until the case ends; its output goes to a file.
pub struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts `command` with both outputs in the file `log`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(command: &mut Command, log: PathBuf) -> Daemon {
        let file = File::create(&log).expect("a log file");
        let copy = file.try_clone().expect("a second handle");
        Daemon::spawn(command.stdout(file).stderr(copy), log)
    }

    /// Starts `command` with its standard output in the file `out` and its log in `log`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_apart(command: &mut Command, out: &Path, log: PathBuf) -> Daemon {
        let file = File::create(out).expect("a file for standard output");
        command.stdout(file).stderr(File::create(&log).expect("a log file"));
        Daemon::spawn(command, log)
    }

    fn spawn(command: &mut Command, log: PathBuf) -> Daemon {
        let child = command.stdin(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|e| panic!("{command:?}: {e}"));
        Daemon { child, log }
    }

    /// The process number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything it printed so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until a line of its output contains `text`.
    ///
    /// # Panics
    /// When that does not happen in time; the output is shown.
    pub fn wait_for(&self, text: &str) {
        let seen = || self.log().contains(text).then_some(());
        wait_until(text, seen).unwrap_or_else(|why| panic!("{why}; it printed:\n{}", self.log()));
    }

    /// The exit status if it has ended; -1 if a signal ended it.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.try_wait().expect("a child").map(|status| status.code().unwrap_or(-1))
    }

    /// Waits for its end and returns the exit status.
    ///
    /// # Panics
    /// When it runs on beyond [`PATIENCE`].
    pub fn wait_end(&mut self) -> i32 {
        let log = self.log.clone();
        wait_until("the daemon's end", || self.ended()).unwrap_or_else(|why| {
            panic!("{why}; it printed:\n{}", fs::read_to_string(log).unwrap_or_default())
        })
    }

    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of an indented block without the indentation; a first blank line and a last line
/// of blanks do not belong to it.
fn outdented(text: &str) -> Vec<String> {
    let body = text.strip_prefix('\n').unwrap_or(text);
    let indent = body.len() - body.trim_start_matches(' ').len();
    let mut lines: Vec<String> =
        body.lines().map(|line| line.get(indent..).unwrap_or_default().to_string()).collect();
    if body.ends_with(' ') && lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// Sends a signal by the shell's command; a process that has gone is no error.
pub fn signal(pid: u32, name: &str) {
    let _ = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).output();
}

/// Asks again and again until there is an answer.
///
/// # Errors
/// `no <what> within ...` once [`PATIENCE`] is used up.
pub fn wait_until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> Result<T, String> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(answer) = ask() {
            return Ok(answer);
        }
        sleep(Duration::from_millis(5));
    }
    Err(format!("no {what:?} within {} s", PATIENCE.as_secs()))
}
