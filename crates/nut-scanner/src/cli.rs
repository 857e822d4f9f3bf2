//! The command line: what is to be scanned, and how the result is written.
//!
//! Knows NUT 2.8.5's options, all of them, and its complaints about their values. Scans that are not
//! part of this build are refused by name.

use crate::found::Layout;
use crate::ranges::Word;
use crate::servers::{Asking, PORT};
use clap::{Arg, ArgAction, ArgMatches, Command};
use nut_daemon::banner;
use std::time::Duration;

/// Most servers that are asked at once where nobody says otherwise (NUT 2.8.5).
const THREADS: usize = 512;
/// Seconds for a connection where nobody says otherwise (NUT 2.8.5).
const TIMEOUT: u64 = 5;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Wishes {
    /// USB, with the number of `-U`.
    pub usb: Option<u8>,
    /// NUT servers.
    pub servers: bool,
    /// Files for dummy-ups.
    pub simulation: bool,
    /// Buses whose scan is not part of this build.
    pub missing: Vec<&'static str>,
    /// Addresses, in order.
    pub words: Vec<Word>,
    /// How servers are asked.
    pub asking: Asking,
    /// The form of the result.
    pub layout: Layout,
    /// Only the result is printed.
    pub quiet: bool,
    /// Complaints about values.
    pub complaints: Vec<String>,
}

/// Flags: short, long.
const FLAGS: [(char, &str); 14] = [
    ('C', "complete_scan"),
    ('S', "snmp_scan"),
    ('M', "xml_scan"),
    ('O', "oldnut_scan"),
    ('A', "avahi_scan"),
    ('n', "nut_simulation_scan"),
    ('I', "ipmi_scan"),
    ('J', "upower_scan"),
    ('Q', "disp_nut_conf_with_sanity_check"),
    ('N', "disp_nut_conf"),
    ('P', "disp_parsable"),
    ('a', "available"),
    ('q', "quiet"),
    ('h', "help"),
];

/// Options with a value that have to do with buses of other builds, or are read in one piece.
const VALUES: [(char, &str); 15] = [
    ('E', "eaton_serial"),
    ('T', "thread"),
    ('t', "timeout"),
    ('p', "port"),
    ('c', "community"),
    ('l', "secLevel"),
    ('u', "secName"),
    ('w', "authProtocol"),
    ('W', "authPassword"),
    ('x', "privProtocol"),
    ('X', "privPassword"),
    ('b', "username"),
    ('B', "password"),
    ('d', "authType"),
    ('L', "cipher_suite_id"),
];

/// Addresses, whose order counts.
const ADDRESSES: [(char, &str); 3] = [('s', "start_ip"), ('e', "end_ip"), ('m', "mask_cidr")];

/// The options for clap.
pub fn command() -> Command {
    let arg = |(short, long): (char, &'static str)| Arg::new(long).short(short).long(long);
    Command::new("nut-scanner")
        .args(FLAGS.map(|names| arg(names).action(ArgAction::SetTrue)))
        .arg(arg(('V', "version")).action(ArgAction::SetTrue))
        .arg(arg(('U', "usb_scan")).action(ArgAction::Count))
        .arg(arg(('D', "nut_debug_level")).action(ArgAction::Count))
        .args(VALUES.map(arg))
        .args(ADDRESSES.map(|names| arg(names).action(ArgAction::Append)))
}

/// Reads the options back.
pub fn wishes(matches: &ArgMatches) -> Wishes {
    let flag = |name| matches.get_flag(name);
    let count = matches.get_count("usb_scan");
    let missing: Vec<&str> = missing(matches);
    let named = count > 0
        || !missing.is_empty()
        || ["oldnut_scan", "nut_simulation_scan"].into_iter().any(flag);
    let all = flag("complete_scan") || !named;
    let mut complaints = Vec::new();
    Wishes {
        usb: (all || count > 0).then_some(count),
        servers: all || flag("oldnut_scan"),
        simulation: all || flag("nut_simulation_scan"),
        missing,
        words: words(matches),
        asking: asking(matches, &mut complaints),
        layout: layout(matches),
        quiet: flag("quiet"),
        complaints,
    }
}

/// The one given last would win in NUT; here the narrower one does.
fn layout(matches: &ArgMatches) -> Layout {
    if matches.get_flag("disp_parsable") {
        Layout::Parsable
    } else if matches.get_flag("disp_nut_conf") {
        Layout::Conf
    } else {
        Layout::CheckedConf
    }
}

fn missing(matches: &ArgMatches) -> Vec<&'static str> {
    let buses = [
        ("snmp_scan", "SNMP"),
        ("xml_scan", "XML"),
        ("avahi_scan", "AVAHI"),
        ("ipmi_scan", "IPMI"),
        ("upower_scan", "UPower"),
    ];
    let mut missing: Vec<&str> =
        buses.into_iter().filter(|(name, _)| matches.get_flag(name)).map(|(_, bus)| bus).collect();
    if matches.contains_id("eaton_serial") {
        missing.push("Eaton serial");
    }
    missing
}

fn words(matches: &ArgMatches) -> Vec<Word> {
    let mut words: Vec<(usize, Word)> = Vec::new();
    let mut add = |name: &str, make: fn(String) -> Word| {
        let places = matches.indices_of(name).into_iter().flatten();
        let values = matches.get_many::<String>(name).into_iter().flatten().cloned();
        words.extend(places.zip(values.map(make)));
    };
    add("start_ip", Word::Start);
    add("end_ip", Word::End);
    add("mask_cidr", Word::Mask);
    words.sort_by_key(|(place, _)| *place);
    words.into_iter().map(|(_, word)| word).collect()
}

fn asking(matches: &ArgMatches, complaints: &mut Vec<String>) -> Asking {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let seconds = text("timeout").map(|text| text.trim().parse().ok().filter(|s| *s > 0_u64));
    if seconds == Some(None) {
        complaints.push(format!("Illegal timeout value, using default {TIMEOUT}s"));
    }
    let port = text("port").map(|text| text.trim().parse().ok().filter(|p| *p > 0_u16));
    if port == Some(None) {
        complaints.push(format!("Illegal port value, using default {PORT}"));
    }
    Asking {
        port: port.flatten().unwrap_or(PORT),
        patience: Duration::from_secs(seconds.flatten().unwrap_or(TIMEOUT)),
        threads: threads(text("thread"), complaints),
    }
}

fn threads(text: Option<&str>, complaints: &mut Vec<String>) -> usize {
    let Some(text) = text else { return THREADS };
    match text.trim().parse().unwrap_or(0) {
        number @ 1..=THREADS => number,
        number => {
            complaints.push(format!(
                "WARNING: Requested max scanning thread count {text} ({number}) is out of range, \
                 using default {THREADS}"
            ));
            THREADS
        }
    }
}

/// The help text.
pub fn help() -> String {
    format!("{}\n{HELP}", banner::text("nut-scanner"))
}

const HELP: &str = "
NUT utility for detection of available power devices.

OPTIONS:
  -C, --complete_scan: scan everything below (the default).
  -U, --usb_scan: list USB devices that the device maps know. Give it twice or more to be told
                  more about where they are plugged in, which changes easily.
* Options for SNMP devices scan not enabled: library not detected.
* Options for XML/HTTP devices scan not enabled: library not detected.
  -O, --oldnut_scan: list the devices of NUT servers at the addresses given by -s, -e, -m.
* Options for NUT devices (new avahi method) scan not enabled: library not detected.
  -n, --nut_simulation_scan: list .dev and .seq files in the configuration folder.
* Options for IPMI devices scan not enabled: library not detected.
* Options for UPower devices scan not enabled: library not detected.
  -T, --thread <number>: ask at most so many servers at once (default: 512).

Network specific options:
  -t, --timeout <seconds>: how long a connection may be in the making (default 5).
  -s, --start_ip <IP address>: first address of a range, or a single host.
  -e, --end_ip <IP address>: last address of a range.
  -m, --mask_cidr <IP address/mask>: a range by its mask.
  -m, --mask_cidr auto: the subnets this machine is on, of at most 256 addresses; auto/<bits>
                        sets another limit, auto4 and auto6 one family.

NUT specific options:
  -p, --port <port number>: port of the servers (default 3493).

display specific options:
  -Q, --disp_nut_conf_with_sanity_check: as ups.conf, with doubts as comments (the default)
  -N, --disp_nut_conf: as ups.conf
  -P, --disp_parsable: a line a device, for scripts

Miscellaneous options:
  -h, --help: print this help
  -V, --version: print the version
  -a, --available: print the scans that are available
  -q, --quiet: print nothing but the result
  -D, --nut_debug_level: print more about what is going on; may be repeated
";
