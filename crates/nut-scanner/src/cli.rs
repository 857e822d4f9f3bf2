//! The command line: what is to be scanned, and how the result is written.
//!
//! Knows NUT 2.8.5's options, all of them, and its complaints about their values. Scans that are not
//! part of this build are refused by name.

use crate::found::Layout;
use crate::ranges::Word;
use crate::servers::{Asking, PORT};
use clap::{Arg, ArgAction, ArgMatches, Command};
use nut_daemon::{args, banner, usage};
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

/// The options for clap.
pub fn command() -> Command {
    Command::new("nut-scanner")
        .before_help(PURPOSE)
        .after_help(MISSING)
        .args(scans())
        .args(addresses().map(|arg| arg.help_heading("Network specific options")))
        .args(outputs().map(|arg| arg.help_heading("display specific options")))
        .args(others().map(|arg| arg.help_heading("Miscellaneous options")))
        .args(of_other_builds().into_iter().map(|arg| arg.hide(true)))
}

const PURPOSE: &str = "NUT utility for detection of available power devices.\n\nOPTIONS:";

const MISSING: &str = "\
Scans of SNMP, XML/HTTP, Avahi, IPMI, UPower and Eaton serial devices are not enabled: library not
detected. Their options are taken and have no effect.";

/// A flag by its two names.
fn flag(letter: char, name: &'static str, help: &'static str) -> Arg {
    args::flag(name, letter, help).long(name)
}

/// An option with a value.
fn value(letter: char, name: &'static str, value: &'static str, help: &'static str) -> Arg {
    args::value(name, letter, value, help).long(name)
}

fn scans() -> [Arg; 4] {
    [
        flag('C', "complete_scan", "scan everything below (the default)"),
        args::count("usb_scan", 'U', USB).long("usb_scan"),
        flag('O', "oldnut_scan", "list the devices of NUT servers at the addresses of -s, -e, -m"),
        flag('n', "nut_simulation_scan", "list .dev and .seq files in the configuration folder"),
    ]
}

const USB: &str = "\
list USB devices that the device maps know. Twice: with bus and port as
settings and no comments; three times: with the address, which changes
easily, too; four times: with the release";

fn addresses() -> [Arg; 6] {
    let ordered = |arg: Arg| arg.action(ArgAction::Append);
    [
        ordered(value('s', "start_ip", "IP address", "first address of a range, or a single host")),
        ordered(value('e', "end_ip", "IP address", "last address of a range")),
        ordered(value('m', "mask_cidr", "IP address/mask", MASK)),
        value('p', "port", "port number", "port of the servers (default 3493)"),
        value('t', "timeout", "seconds", "how long a connection may be in the making (default 5)"),
        value('T', "thread", "number", "ask at most so many servers at once (default 512)"),
    ]
}

const MASK: &str = "\
a range by its mask; auto is the subnets this machine is on, of at most 256
addresses, auto/<bits> sets another limit, auto4 and auto6 take one family";

fn outputs() -> [Arg; 4] {
    [
        flag(
            'Q',
            "disp_nut_conf_with_sanity_check",
            "as ups.conf, with doubts as comments (the default)",
        ),
        flag('N', "disp_nut_conf", "as ups.conf"),
        flag('P', "disp_parsable", "a line a device, for scripts"),
        flag('q', "quiet", "print nothing but the result"),
    ]
}

fn others() -> [Arg; 4] {
    let debug = "print more about what is going on; may be repeated";
    [
        flag('a', "available", "print the scans that are available"),
        args::count("nut_debug_level", 'D', debug).long("nut_debug_level"),
        flag('V', "version", "print the version"),
        flag('h', "help", "print this help"),
    ]
}

/// Options for buses of other builds.
fn of_other_builds() -> Vec<Arg> {
    let flags = [
        ('S', "snmp_scan"),
        ('M', "xml_scan"),
        ('A', "avahi_scan"),
        ('I', "ipmi_scan"),
        ('J', "upower_scan"),
    ];
    let values = [
        ('E', "eaton_serial"),
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
    let flags = flags.map(|(letter, name)| flag(letter, name, ""));
    flags.into_iter().chain(values.map(|(letter, name)| value(letter, name, "value", ""))).collect()
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
    format!("{}\n\n{}", banner::text("nut-scanner"), usage::text(&command()))
}
