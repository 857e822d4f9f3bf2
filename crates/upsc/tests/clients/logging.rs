//! upslog.

use crate::script::{CLOSE, Ended, Lines, Script, fails, run};
use nut_daemon::{pidfile, privileges};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

const UPSLOG: &str = env!("CARGO_BIN_EXE_upslog");
const BANNER: &str = "Network UPS Tools upslog 2.8.5 release\n";

const SERVER: Lines = &[
    ("LIST UPS", "BEGIN LIST UPS\nUPS a \"\"\nUPS b \"\"\nEND LIST UPS\n"),
    ("GET VAR a ups.status", "VAR a ups.status \"OL\"\n"),
    ("GET VAR b ups.status", "ERR DATA-STALE\n"),
    ("GET VAR gone ups.status", CLOSE),
];

/// A folder of its own, taken away at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("walnut-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The user to stay: tests run as anybody.
fn me() -> String {
    privileges::current().unwrap().name
}

fn upslog(folder: &Folder, args: &[&str]) -> Ended {
    let (user, pid) = (me(), folder.file("upslog.pid"));
    run(UPSLOG, &[&["-u", &user, "-p", &pid], args].concat(), "")
}

/// Waits until the text of a file is as wanted.
fn await_text(path: &str, wanted: impl Fn(&str) -> bool) -> String {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let text = fs::read_to_string(path).unwrap_or_default();
        if wanted(&text) {
            return text;
        }
        assert!(Instant::now() < deadline, "{path}: {text}");
        sleep(Duration::from_millis(20));
    }
}

fn kill(signal: &str, pid: i64) {
    let command = format!("kill -{signal} {pid}");
    assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
}

#[test]
fn rounds_are_written_for_every_ups_of_a_server() {
    let server = Script::start(SERVER);
    let folder = Folder::new("rounds");
    let host = server.host();
    let tuple = format!("*@{host},-");
    let args = ["-d", "2", "-i", "0", "-N", "-f", "[%VAR ups.status%] %VAR nodot%", "-m", &tuple];
    let ended = upslog(&folder, &args);
    let round = format!("b@{host}\t[NA] INVALID\na@{host}\t[OL] INVALID\n");
    let announced = |ups| format!("logging status of {ups}@{host} to stdout (0s intervals)\n");
    assert_eq!(
        ended.out,
        format!(
            "{BANNER}Querying {host} for currently served devices\n{}{}{round}{round}",
            announced("b"),
            announced("a")
        )
    );
    assert_eq!((ended.code, ended.err.as_str()), (0, "2 loops have elapsed\n"));
    assert!(!Path::new(&folder.file("upslog.pid")).exists());
}

#[test]
fn a_dead_server_gives_na_and_a_warning() {
    let folder = Folder::new("dead");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ups = format!("u@{}", listener.local_addr().unwrap());
    drop(listener);
    let ended = upslog(&folder, &["-d", "1", "-f", "%VAR ups.status%", "-s", &ups, "-l", "-"]);
    let started = format!("{BANNER}logging status of {ups} to stdout (30s intervals)\n");
    assert_eq!((ended.code, ended.out), (0, format!("{started}NA\n")));
    assert!(
        ended.err.starts_with(
            "Warning: initial connect failed: Connection failure: Connection refused\n"
        )
    );
    let tuple = format!("*@{},-", ups.trim_start_matches("u@"));
    let ended = upslog(&folder, &["-m", &tuple]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.ends_with("Queries failed to find anything\n"), "{}", ended.err);
}

#[test]
fn a_connection_that_ended_is_made_anew_within_the_round() {
    let server = Script::start(SERVER);
    let folder = Folder::new("anew");
    let ups = server.ups("gone");
    let format = "%VAR ups.status%";
    let ended = upslog(&folder, &["-d", "1", "-f", format, "-s", &ups, "-l", "-"]);
    assert!(ended.out.ends_with("\nNA\n"), "{}", ended.out);
    assert_eq!(server.heard(), ["GET VAR gone ups.status", "GET VAR gone ups.status"]);
}

#[test]
fn in_the_background_it_obeys_signals() {
    let server = Script::start(SERVER);
    let folder = Folder::new("background");
    let (log, old) = (folder.file("log"), folder.file("log.1"));
    let args = ["-i", "3600", "-f", "%PID% %VAR ups.status%", "-s", &server.ups("a"), "-l", &log];
    let ended = upslog(&folder, &args);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let pid = pidfile::read(Path::new(&folder.file("upslog.pid"))).unwrap();
    let line = format!("{pid} OL\n");
    await_text(&log, |text| text == line);
    kill("USR1", pid);
    await_text(&log, |text| text == line.repeat(2));
    fs::rename(&log, &old).unwrap();
    kill("HUP", pid);
    await_text(&log, |text| text == line);
    assert_eq!(fs::read_to_string(&old).unwrap(), line.repeat(2));
    kill("TERM", pid);
    let pid_file = folder.file("upslog.pid");
    await_text(&pid_file, |_| !Path::new(&pid_file).exists());
}

#[test]
fn the_historic_form_still_works() {
    let server = Script::start(SERVER);
    let folder = Folder::new("historic");
    let ended = upslog(&folder, &["-d", "1", &server.ups("a"), "-", "1", "A", "%VAR ups.status%"]);
    assert!(ended.out.ends_with("\nA OL \n"), "{}", ended.out);
}

#[test]
fn what_cannot_be_started_says_why() {
    let folder = Folder::new("refused");
    let missing = folder.file("no/such/folder");
    let refused = |args: &[&str]| {
        let ended = upslog(&folder, args);
        assert_eq!(ended.code, 1, "{ended:?}");
        ended.err
    };
    let form = "Error: invalid UPS definition.  Required format: upsname[@hostname[:port]]\n";
    assert!(refused(&["-s", "u@", "-l", "-"]).ends_with(form));
    let text = format!("could not open logfile {missing}: No such file or directory\n");
    assert!(refused(&["-W", "1", "-s", "u@127.0.0.1:1", "-l", &missing]).ends_with(&text));
    assert!(refused(&["-F", "-s", "u@127.0.0.1:1", "-l", &missing]).ends_with(&text));
    let user = "-uno such user";
    let text = "OS user no such user not found\n";
    assert!(refused(&[user, "-s", "u@127.0.0.1:1", "-l", "-"]).ends_with(text));
    let unknown = run(UPSLOG, &["-z"], "");
    let text = format!("{UPSLOG}: invalid option -- 'z'\n");
    let text = format!("{text}Error: unknown option -?. Try -h for help.\n");
    assert_eq!(unknown, Ended { out: BANNER.to_owned(), ..fails(&text) });
}
