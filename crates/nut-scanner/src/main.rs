//! nut-scanner: finds UPSes on this machine's USB and NUT servers on the network.
//!
//! Runs the scans one after another and prints. What is asked for is `cli`'s, where to look `ranges`'s,
//! and what is found is written by `found`.

use nut_daemon::output::{complain, finish};
use nut_daemon::{args, banner, logging, paths};
use nut_hid::maps::Maps;
use nut_scanner::cli::{self, Wishes};
use nut_scanner::found::{self, Bus, Found};
use nut_scanner::ranges::{self, Range, Wish, Word};
use nut_scanner::{access, servers, usb};
use std::net::{IpAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

/// A folder that stands for `/`, for tests.
const ROOT: &str = "NUT_SCANNER_ROOT";

fn main() -> ExitCode {
    let matches = match args::parse(cli::command(), env::args_os()) {
        Ok(args) => args.matches,
        Err(error) => {
            complain(&error.message);
            finish(&cli::help());
            complain(
                "\n\nWARNING: Some error has occurred while processing 'nut-scanner' command-line\n\
                 arguments, see more details above the usage help text.\n",
            );
            return ExitCode::from(255);
        }
    };
    if matches.get_flag("help") {
        return finish(&cli::help());
    }
    if matches.get_flag("version") {
        return finish(&format!("{}\n", banner::text("nut-scanner")));
    }
    if matches.get_flag("available") {
        return finish("OLDNUT\nUSB\n");
    }
    let debug = matches.get_count("nut_debug_level").into();
    logging::init(logging::Setup { program: "nut-scanner".to_owned(), debug });
    let wishes = cli::wishes(&matches);
    wishes.complaints.iter().for_each(|line| complain(line));
    finish(&found::show(&scan(&wishes), wishes.layout))
}

fn scan(wishes: &Wishes) -> Vec<Found> {
    for bus in &wishes.missing {
        complain(&format!("{bus} search is not part of this build. {bus} search disabled."));
    }
    let mut found = Vec::new();
    found.extend(wishes.usb.into_iter().flat_map(|count| scan_usb(count, wishes)));
    if wishes.servers {
        found.extend(scan_servers(wishes));
    }
    if wishes.simulation {
        found.extend(scan_simulation(wishes));
    }
    found
}

/// What nothing depends on is not said with `-q`.
fn say(wishes: &Wishes, line: &str) {
    if !wishes.quiet {
        complain(line);
    }
}

fn scan_usb(count: u8, wishes: &Wishes) -> Vec<Found> {
    say(wishes, "Scanning USB bus.");
    let root = paths::from_env(ROOT).unwrap_or_else(|| PathBuf::from("/"));
    let devices = usb::devices(&root.join("sys"), &maps());
    if devices.is_empty() {
        say(wishes, "No USB device found");
    }
    let user = access::driver_user();
    for device in devices.iter().filter(|_| !wishes.quiet) {
        access::remarks(device, &root, user.as_ref()).iter().for_each(|line| complain(line));
    }
    devices.iter().map(|device| device.found(usb::Detail::of(count))).collect()
}

/// The maps that come with the program, and the user's in front of them; what is wrong with one of
/// these is the driver's to tell.
fn maps() -> Maps {
    let mut maps = Maps::builtin().0;
    for file in files(&paths::conf_dir().join("usbhid"), &["toml"]) {
        if let Ok(text) = fs::read_to_string(&file) {
            let _ = maps.add(&file.display().to_string(), &text);
        }
    }
    maps
}

fn scan_servers(wishes: &Wishes) -> Vec<Found> {
    if wishes.words.is_empty() {
        let bus = "NUT bus (old libupsclient connect method)";
        say(wishes, &format!("No IP range(s) requested, skipping {bus}"));
        return Vec::new();
    }
    say(wishes, "Scanning NUT bus (old libupsclient connect method).");
    let ranges = ranges(&wishes.words);
    servers::scan(ranges.into_iter().flat_map(Range::addresses), wishes.asking)
}

fn ranges(words: &[Word]) -> Vec<Range> {
    let mut ranges = Vec::new();
    for wish in ranges::wishes(words) {
        match range(&wish) {
            Ok(more) => ranges.extend(more),
            Err(host) => {
                complain(&format!("WARNING: nutscan_ip_iter_init: Invalid address : {host}"));
            }
        }
    }
    ranges
}

/// The ranges of a wish; the error is the text that is no address.
fn range(wish: &Wish) -> Result<Vec<Range>, String> {
    let range = match wish {
        Wish::Ends(a, None) => address(a).and_then(|a| Range::between(a, a)).ok_or(a)?,
        Wish::Ends(a, Some(b)) => {
            let (first, last) = (address(a).ok_or(a)?, address(b).ok_or(b)?);
            Range::between(first, last).ok_or(b)?
        }
        Wish::Mask(text) => match own_subnets(text) {
            Some(subnets) => return Ok(subnets),
            None => network(text).ok_or(text)?,
        },
    };
    Ok(vec![range])
}

fn own_subnets(text: &str) -> Option<Vec<Range>> {
    let table = |name| fs::read_to_string(Path::new("/proc/net").join(name)).unwrap_or_default();
    let subnets = ranges::own_subnets(text, &table("route"), &table("if_inet6"))?;
    if subnets.is_empty() {
        complain("WARNING: A '-m auto*' request selected no subnets!");
    }
    Some(subnets)
}

fn network(text: &str) -> Option<Range> {
    let (host, length) = ranges::mask(text)?;
    Range::network(address(host)?, length)
}

/// An address, or the first one of a host of this name.
fn address(host: &str) -> Option<IpAddr> {
    let found = (ranges::bare(host), 0).to_socket_addrs().ok()?.next()?;
    Some(found.ip())
}

fn scan_simulation(wishes: &Wishes) -> Vec<Found> {
    say(wishes, "Scanning NUT simulation devices.");
    let name = |file: &PathBuf| Some(file.file_name()?.to_str()?.to_owned());
    let names = files(&paths::conf_dir(), &["dev", "seq"]).iter().filter_map(name).collect();
    let found = |port| Found { bus: Bus::Simulation, driver: "dummy-ups", port, settings: vec![] };
    let names: Vec<String> = names;
    names.into_iter().map(found).collect()
}

/// The files of a folder with one of these endings, sorted.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let right =
        |path: &PathBuf| path.extension().is_some_and(|e| endings.iter().any(|right| e == *right));
    let mut files: Vec<PathBuf> = entries.filter(right).collect();
    files.sort();
    files
}
