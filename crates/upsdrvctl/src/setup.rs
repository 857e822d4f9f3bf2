//! What ups.conf says to upsdrvctl: where things are, and the UPSes with their settings.
//!
//! Knows the keys upsdrvctl reads and their defaults (NUT 2.8.5, but every line of a section counts,
//! the first one too). Drivers read the same file for themselves. Pure.

use nut_proto::conf::Diagnostic;
use nut_proto::conf::ups_conf::{Section, Settings, UpsConf};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Seconds a driver may take to start.
const START_SECONDS: i64 = 75;
/// Attempts to start a driver.
const TRIES: i64 = 1;
/// Seconds between two attempts.
const PAUSE_SECONDS: i64 = 5;
/// In a section: as the global setting says.
const AS_GLOBAL: i64 = -1;

/// One UPS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ups {
    pub(crate) name: String,
    /// Name of the driver program; a section may lack it.
    pub(crate) driver: Option<String>,
    pub(crate) port: String,
    /// Attempts to start the driver, at least one.
    pub(crate) tries: u32,
    /// Time between two attempts.
    pub(crate) pause: Duration,
    /// How long a start may take; none is without end.
    pub(crate) patience: Option<Duration>,
    /// Place in the order of shutdown; negative ones are left out.
    pub(crate) order: i64,
}

/// The whole file, as upsdrvctl sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) driver_path: Option<PathBuf>,
    pub(crate) state_path: Option<PathBuf>,
    pub(crate) chroot: Option<PathBuf>,
    /// Do not wait for drivers to start.
    pub(crate) nowait: bool,
    /// Lowest debug level.
    pub(crate) debug_min: u32,
    pub(crate) upses: Vec<Ups>,
    /// What is to be said about settings that have no effect.
    pub(crate) notes: Vec<String>,
}

impl Setup {
    /// Reads the file's text. `ignore_nowait` is what NUT_IGNORE_NOWAIT asks for.
    pub(crate) fn read(file: &str, bytes: &[u8], ignore_nowait: bool) -> Setup {
        let (conf, mut diagnostics) = UpsConf::parse(file, bytes);
        let mut notes = Vec::new();
        let nowait = conf.global.flag("nowait", &mut diagnostics);
        if nowait && ignore_nowait {
            notes.push("NOTE: 'nowait' setting ignored due to NUT_IGNORE_NOWAIT envvar".to_owned());
        }
        let defaults = Defaults::read(&conf.global, &mut diagnostics, &mut notes);
        let named = conf.sections.iter().filter(|section| !section.settings.entries.is_empty());
        let upses = named.map(|section| defaults.ups(section, &mut diagnostics)).collect();
        let debug_min = conf.global.last_any_case("debug_min").and_then(|e| e.value.as_deref());
        let path = |value: Option<&str>| value.map(PathBuf::from);
        notes.splice(0..0, diagnostics.iter().map(Diagnostic::to_string));
        Setup {
            driver_path: path(conf.global.value("driverpath")),
            state_path: path(
                conf.global.last_any_case("statepath").and_then(|e| e.value.as_deref()),
            ),
            chroot: path(conf.global.value("chroot")),
            nowait: nowait && !ignore_nowait,
            debug_min: debug_min.and_then(|text| text.parse().ok()).unwrap_or(0),
            upses,
            notes,
        }
    }
}

/// Global settings that sections can replace.
struct Defaults {
    start_seconds: i64,
    tries: i64,
    pause_seconds: i64,
}

impl Defaults {
    fn read(
        global: &Settings,
        diagnostics: &mut Vec<Diagnostic>,
        notes: &mut Vec<String>,
    ) -> Defaults {
        let mut int = |key, default| global.int(key, diagnostics).unwrap_or(default);
        let tries = int("maxretry", TRIES);
        if tries < 1 {
            notes.push(format!("NOTE: invalid 'maxretry' setting ignored: {tries}"));
        }
        Defaults {
            start_seconds: int("maxstartdelay", START_SECONDS),
            tries: tries.max(TRIES),
            pause_seconds: int("retrydelay", PAUSE_SECONDS),
        }
    }

    fn ups(&self, section: &Section, diagnostics: &mut Vec<Diagnostic>) -> Ups {
        let settings = &section.settings;
        let order = settings.int("sdorder", diagnostics).unwrap_or(0);
        let mut int = |key, default| match settings.int(key, diagnostics) {
            None | Some(AS_GLOBAL) => default,
            Some(n) => n,
        };
        let tries = int("maxretry", self.tries).max(1);
        Ups {
            name: section.name.clone(),
            driver: settings.value("driver").map(str::to_owned),
            port: settings.value("port").unwrap_or_default().to_owned(),
            tries: u32::try_from(tries).unwrap_or(u32::MAX),
            pause: seconds(int("retrydelay", self.pause_seconds)).unwrap_or_default(),
            patience: seconds(int("maxstartdelay", self.start_seconds)),
            order,
        }
    }
}

/// Zero and less is no time at all.
fn seconds(n: i64) -> Option<Duration> {
    u64::try_from(n).ok().filter(|&n| n > 0).map(Duration::from_secs)
}

/// What the environment says about folders; none where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    /// NUT_STATEPATH
    pub(crate) state: Option<PathBuf>,
    /// NUT_ALTPIDPATH
    pub(crate) pid: Option<PathBuf>,
}

/// Folders a build was told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BuiltIn<'a> {
    pub(crate) drivers: &'a Path,
    pub(crate) state: &'a str,
    pub(crate) pid: &'a str,
}

/// Where drivers, their sockets and their pid files are. A chroot counts for the last two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    drivers: PathBuf,
    state: PathBuf,
    pid: PathBuf,
}

impl Places {
    /// The environment beats ups.conf beats the build, as it is for drivers.
    pub(crate) fn choose(
        environment: &Environment,
        setup: &Setup,
        chroot: Option<&Path>,
        built_in: BuiltIn<'_>,
    ) -> Places {
        let state = environment.state.as_ref().or(setup.state_path.as_ref());
        let pid = environment.pid.as_ref().or(state);
        let root = chroot.or(setup.chroot.as_deref());
        let below = |path: &Path| match root {
            Some(root) => root.join(path.strip_prefix("/").unwrap_or(path)),
            None => path.to_owned(),
        };
        Places {
            drivers: setup.driver_path.clone().unwrap_or_else(|| built_in.drivers.to_owned()),
            state: below(state.map_or(Path::new(built_in.state), PathBuf::as_path)),
            pid: below(pid.map_or(Path::new(built_in.pid), PathBuf::as_path)),
        }
    }

    /// The driver program; none where the section names none.
    pub(crate) fn program(&self, ups: &Ups) -> Option<PathBuf> {
        ups.driver.as_ref().map(|driver| self.drivers.join(driver))
    }

    pub(crate) fn socket(&self, ups: &Ups) -> PathBuf {
        self.state.join(format!("{}-{}", driver(ups), ups.name))
    }

    /// Today's name and the one of old releases.
    pub(crate) fn pid_files(&self, ups: &Ups) -> [PathBuf; 2] {
        let port = Path::new(&ups.port).file_name().unwrap_or(OsStr::new("")).to_string_lossy();
        let file = |of: &str| self.pid.join(format!("{}-{of}.pid", driver(ups)));
        [file(&ups.name), file(&port)]
    }
}

/// The driver's name, where a section has none too.
pub(crate) fn driver(ups: &Ups) -> &str {
    ups.driver.as_deref().unwrap_or_default()
}

/// Whether NUT_IGNORE_NOWAIT has the one value that counts.
pub(crate) fn ignores_nowait(variable: Option<&str>) -> bool {
    variable == Some("true")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Setup {
        Setup::read("ups.conf", text.as_bytes(), false)
    }

    #[test]
    fn the_first_line_of_a_section_counts() {
        let setup = read("[a]\nsdorder = 3\ndriver = d\nport = /dev/p\n[empty]\n[b]\nmaxretry=7\n");
        let [a, b] = setup.upses.as_slice() else { panic!("{setup:?}") };
        assert_eq!((a.order, a.driver.as_deref(), a.port.as_str()), (3, Some("d"), "/dev/p"));
        assert_eq!((b.tries, b.driver.as_deref()), (7, None));
    }

    #[test]
    fn sections_replace_global_settings() {
        let text = "maxretry = 3\nretrydelay = 1\nmaxstartdelay = 9\n\
                    [a]\ndriver = d\n[b]\ndriver = d\nmaxretry = 4\nretrydelay = 2\n\
                    maxstartdelay = 0\n[c]\ndriver = d\nmaxretry = -1\nmaxstartdelay = -1\n";
        let setup = read(text);
        let of = |ups: &Ups| (ups.tries, ups.pause.as_secs(), ups.patience.map(|d| d.as_secs()));
        let found: Vec<_> = setup.upses.iter().map(of).collect();
        assert_eq!(found, [(3, 1, Some(9)), (4, 2, None), (3, 1, Some(9))]);
        let default = read("[a]\ndriver = d\n");
        assert_eq!(default.upses.iter().map(of).collect::<Vec<_>>(), [(1, 5, Some(75))]);
    }

    #[test]
    fn settings_without_effect_are_told() {
        let setup = Setup::read("ups.conf", b"maxretry = 0\nnowait\nzz zz\n[a]\nx\n", true);
        assert!(!setup.nowait);
        assert_eq!(setup.upses[0].tries, 1);
        assert_eq!(
            setup.notes[0],
            "ups.conf:3:4: expected `=` after the first word; the line is ignored"
        );
        assert_eq!(
            setup.notes[1..],
            [
                "NOTE: 'nowait' setting ignored due to NUT_IGNORE_NOWAIT envvar",
                "NOTE: invalid 'maxretry' setting ignored: 0"
            ]
        );
    }

    #[test]
    fn the_environment_beats_the_file_beats_the_build() {
        let built_in = BuiltIn { drivers: Path::new("/lib/nut"), state: "/run/s", pid: "/run/p" };
        let setup = read("[u]\ndriver = d\nport = /dev/ttyS0\n");
        let ups = &setup.upses[0];
        let places = |environment: &Environment, setup: &Setup, chroot: Option<&str>| {
            let places = Places::choose(environment, setup, chroot.map(Path::new), built_in);
            let program = places.program(ups).unwrap();
            let [pid, old] = places.pid_files(ups);
            [program, places.socket(ups), pid, old].map(|path| path.display().to_string())
        };
        let nothing = Environment::default();
        assert_eq!(
            places(&nothing, &setup, None),
            ["/lib/nut/d", "/run/s/d-u", "/run/p/d-u.pid", "/run/p/d-ttyS0.pid"]
        );
        let told = read("STATEPATH = /conf\ndriverpath = /bin\nchroot = /jail\n");
        assert_eq!(
            places(&nothing, &told, None),
            ["/bin/d", "/jail/conf/d-u", "/jail/conf/d-u.pid", "/jail/conf/d-ttyS0.pid"]
        );
        assert_eq!(places(&nothing, &told, Some("/cell"))[1], "/cell/conf/d-u");
        let mut environment = Environment { state: Some("/env".into()), pid: None };
        assert_eq!(places(&environment, &told, Some("/"))[1..3], ["/env/d-u", "/env/d-u.pid"]);
        environment.pid = Some("/pids".into());
        assert_eq!(places(&environment, &told, Some("/"))[1..3], ["/env/d-u", "/pids/d-u.pid"]);
    }

    #[test]
    fn words_of_the_environment() {
        assert!(ignores_nowait(Some("true")) && !ignores_nowait(Some("TRUE")));
    }
}
