//! What upslog's command line asks for.
//!
//! Knows the two ways to say it, the present one and NUT's historic one by position, and what is said
//! of those that make no sense. Pure.

use super::format;
use crate::cli::common;
use clap::{ArgAction, ArgMatches, Command};
use nut_daemon::args::{Args, flag, value};
use nut_proto::number::leading_int;
use std::path::PathBuf;
use std::time::Duration;

const NAME: &str = "upslog";
/// Seconds between rounds where nobody says otherwise.
const INTERVAL: i64 = 30;
/// What is put before the format by `-N`.
const NAME_PREFIX: &str = "%UPSHOST%%t";

const BAD_TUPLE: &str = "Argument '-m upsspec,logfile' requires exactly 2 components in the tuple";
const HINT: &str =
    "or use -m <ups,logfile>; consider -m '*,-' to view updates of all known local devices";

/// Where lines go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sink {
    /// Standard output.
    Stdout,
    /// The end of this file.
    File(PathBuf),
}

/// A UPS, or all of a server where its name is `*`, and where its lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// As it was given.
    pub ups: String,
    /// Where to.
    pub sink: Sink,
}

/// A whole command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What to log; never empty.
    pub wishes: Vec<Wish>,
    /// Time between rounds.
    pub interval: Duration,
    /// How many rounds, if not without end.
    pub rounds: Option<u64>,
    /// What a line looks like.
    pub format: String,
    /// The user to become.
    pub user: Option<String>,
    /// Name of the pid file without its ending, or its whole path.
    pub pid_base: String,
    /// Whether to stay with the terminal.
    pub foreground: bool,
    /// What was passed over.
    pub warnings: Vec<String>,
}

/// A command line that asks for nothing that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It only deserves the help text.
    Help,
    /// Why not.
    Line(String),
}

/// The options for clap, the common ones included.
pub fn command() -> Command {
    Command::new(NAME)
        .before_help(PURPOSE)
        .after_help(FORMAT)
        .args([
            value("ups", 's', "ups", "log this UPS: <upsname>[@<hostname>[:<port>]]"),
            value("file", 'l', "file", "into this file; - is standard output"),
            value("tuple", 'm', "ups,file", TUPLE).action(ArgAction::Append),
            value("interval", 'i', "secs", "time between rounds (default 30)"),
            value("rounds", 'd', "rounds", "end after so many rounds"),
            value("format", 'f', "format", "what a line looks like, see below"),
            flag("named", 'N', "put \"%UPSHOST%%t\" before the format"),
            value("user", 'u', "user", "become this user if started by root"),
            value("pid", 'p', "pidbase", PID_BASE),
            flag("foreground", 'F', FOREGROUND),
            flag("background", 'B', "go to the background"),
        ])
        .args(common())
}

const PURPOSE: &str = "\
Writes what UPSes say into files, a line a round.

usage: upslog [OPTIONS]
       upslog <ups> <logfile> <interval> [<format words>]";

const TUPLE: &str = "\
both in one; may be repeated. An <upsname> of * stands for all UPSes of
a server: -m '*,-' shows all of this machine";

const PID_BASE: &str = "name of the pid file without .pid (default upslog), or its whole path";

const FOREGROUND: &str = "stay in the foreground (the default with -D or a file called -)";

const FORMAT: &str = "\
In a format these have a meaning:
  %%\t\ta percent sign
  %t\t\ta tab
  %TIME format%\tthe time; the format is strftime's, with @ for %
  %ETIME%\tseconds since 1970
  %HOST%\tthe name of this machine
  %UPSHOST%\tthe UPS, as it was given
  %PID%\t\tthe number of this process
  %VAR name%\tthe value of a variable, or NA
The default format is
%TIME @Y@m@d @H@M@S% %VAR battery.charge% %VAR input.voltage% %VAR ups.load% [%VAR ups.status%] \
%VAR ups.temperature% %VAR input.frequency%";

impl Settings {
    /// Reads a command line; `debugging` keeps the program with its terminal.
    pub fn read(args: &Args, debugging: bool) -> Result<Settings, Refusal> {
        let mut settings = Settings::from_options(&args.matches)?;
        if !args.operands.is_empty() {
            settings.take_operands(&args.operands)?;
        }
        if settings.wishes.is_empty() {
            return Err(line("No UPS defined for monitoring - use -s <system> -l <logfile>"));
        }
        if args.matches.get_flag("named") {
            settings.format.insert_str(0, NAME_PREFIX);
        }
        let to_terminal = settings.wishes.iter().any(|wish| wish.sink == Sink::Stdout);
        settings.foreground = foreground(&args.matches).unwrap_or(debugging || to_terminal);
        Ok(settings)
    }

    fn from_options(matches: &ArgMatches) -> Result<Settings, Refusal> {
        let text = |name| matches.get_one::<String>(name).map(String::as_str);
        let mut warnings = Vec::new();
        let rounds = text("rounds").and_then(|text| {
            let rounds = text.parse().ok();
            warnings.extend(rounds.is_none().then(|| "Invalid max loops".to_owned()));
            rounds
        });
        Ok(Settings {
            wishes: wishes(matches)?,
            interval: seconds(text("interval").map_or(INTERVAL, leading_int)),
            rounds,
            format: text("format").unwrap_or(format::DEFAULT).to_owned(),
            user: text("user").map(str::to_owned),
            pid_base: text("pid").unwrap_or(NAME).to_owned(),
            foreground: false,
            warnings,
        })
    }

    /// NUT's historic form: `<ups> <logfile> <interval> [<format words>...]`.
    fn take_operands(&mut self, operands: &[String]) -> Result<(), Refusal> {
        let [ups, file, interval, words @ ..] = operands else { return Err(Refusal::Help) };
        self.wishes.push(Wish { ups: ups.clone(), sink: Sink::named(file) });
        self.interval = seconds(leading_int(interval));
        if !words.is_empty() {
            self.format = words.iter().map(|word| format!("{word} ")).collect();
        }
        Ok(())
    }
}

impl Sink {
    fn named(file: &str) -> Sink {
        if file == "-" { Sink::Stdout } else { Sink::File(file.into()) }
    }
}

fn wishes(matches: &ArgMatches) -> Result<Vec<Wish>, Refusal> {
    let tuples = matches.get_many::<String>("tuple").unwrap_or_default();
    let mut wishes = tuples.map(|text| tuple(text)).collect::<Result<Vec<_>, _>>()?;
    let text = |name| matches.get_one::<String>(name);
    match (text("ups"), text("file")) {
        (Some(ups), Some(file)) => {
            wishes.push(Wish { ups: ups.clone(), sink: Sink::named(file) });
        }
        (Some(_), None) => {
            return Err(line(
                "No filename defined for logging - use -l <file> when using -s <system>",
            ));
        }
        (None, Some(_)) => {
            return Err(line(
                "No UPS defined for monitoring - use -s <system> when using -l <file>",
            ));
        }
        (None, None) => {}
    }
    Ok(wishes)
}

fn line(text: &str) -> Refusal {
    Refusal::Line(format!("{text}, {HINT}"))
}

fn tuple(text: &str) -> Result<Wish, Refusal> {
    match text.split_once(',') {
        Some((ups, file)) if !file.is_empty() && !file.contains(',') => {
            Ok(Wish { ups: ups.to_owned(), sink: Sink::named(file) })
        }
        _ => Err(Refusal::Line(BAD_TUPLE.to_owned())),
    }
}

/// At most what 32 bits hold, 136 years: later moments cannot be reckoned with.
fn seconds(n: i64) -> Duration {
    Duration::from_secs(u32::try_from(n.max(0)).unwrap_or(u32::MAX).into())
}

/// What `-F` and `-B` ask for; the later one wins.
fn foreground(matches: &ArgMatches) -> Option<bool> {
    let place = |name| matches.get_flag(name).then(|| matches.index_of(name)).flatten();
    match (place("foreground"), place("background")) {
        (None, None) => None,
        (f, b) => Some(f > b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nut_daemon::args;

    fn read(words: &[&str]) -> Result<Settings, Refusal> {
        let argv = [NAME].iter().chain(words).map(Into::into);
        Settings::read(&args::parse(command(), argv).unwrap(), false)
    }

    fn refusal(words: &[&str]) -> String {
        match read(words) {
            Err(Refusal::Line(line)) => line,
            other => panic!("{other:?}"),
        }
    }

    fn wish(ups: &str, file: &str) -> Wish {
        Wish { ups: ups.into(), sink: Sink::named(file) }
    }

    #[test]
    fn both_forms_say_the_same() {
        let new = read(&["-s", "u", "-l", "f", "-i", "5", "-f", "a b "]).unwrap();
        assert_eq!(new.wishes, [wish("u", "f")]);
        assert_eq!(new, read(&["u", "f", "5", "a", "b"]).unwrap());
        let default = read(&["u", "f", "5"]).unwrap();
        assert_eq!(default.format, format::DEFAULT);
        assert_eq!(read(&["u", "f"]), Err(Refusal::Help));
    }

    #[test]
    fn tuples_add_up() {
        let settings = read(&["-m", "a,x", "-m", "*@h,-", "-s", "b", "-l", "y", "-N"]).unwrap();
        assert_eq!(settings.wishes, [wish("a", "x"), wish("*@h", "-"), wish("b", "y")]);
        assert!(settings.format.starts_with("%UPSHOST%%t%TIME"));
        for tuple in ["a", "a,", "a,b,c"] {
            assert_eq!(refusal(&["-m", tuple]), BAD_TUPLE);
        }
    }

    #[test]
    fn halves_are_told() {
        let hint = HINT;
        assert_eq!(
            refusal(&[]),
            format!("No UPS defined for monitoring - use -s <system> -l <logfile>, {hint}")
        );
        assert_eq!(
            refusal(&["-s", "u"]),
            format!(
                "No filename defined for logging - use -l <file> when using -s <system>, {hint}"
            )
        );
        assert_eq!(
            refusal(&["-l", "f"]),
            format!("No UPS defined for monitoring - use -s <system> when using -l <file>, {hint}")
        );
    }

    #[test]
    fn the_terminal_is_kept_where_it_is_needed_or_asked_for() {
        let foreground = |words: &[&str]| read(words).unwrap().foreground;
        assert!(!foreground(&["-m", "a,x"]));
        assert!(foreground(&["-m", "a,x", "-m", "b,-"]));
        assert!(foreground(&["-B", "-F", "-m", "a,x"]));
        assert!(!foreground(&["-F", "-B", "-m", "a,-"]));
    }

    #[test]
    fn numbers_are_read_as_nut_reads_them() {
        let settings = read(&["-m", "a,x", "-i", "7x", "-d", "3"]).unwrap();
        assert_eq!((settings.interval, settings.rounds), (Duration::from_secs(7), Some(3)));
        let settings = read(&["-m", "a,x", "-i", "-7", "-d", "3x"]).unwrap();
        assert_eq!((settings.interval, settings.rounds), (Duration::ZERO, None));
        assert_eq!(settings.warnings, ["Invalid max loops"]);
        let settings = read(&["-m", "a,x", "-i", "99999999999999999999"]).unwrap();
        assert_eq!(settings.interval, Duration::from_secs(u32::MAX.into()));
    }
}
