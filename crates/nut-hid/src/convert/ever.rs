//! Conversions of EVER: texts made from whole reports, and version numbers.
//!
//! Knows which report holds what and how its bytes are written. The value of the field that leads to
//! such a text is not used: the reports hold more than one field of the descriptor can say. Addresses
//! and packet counters are told apart by nothing but the order of the rows that ask for them, which is
//! what is remembered here.

use super::{Context, Function};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::read("ever_format_hardware", |value, _| hardware(value as i64)),
    Function::read("ever_format_version", |value, _| Some(version(value as i64))),
    Function::read("ever_mac_address", |_, context| {
        Some(joined(&payload(MAC, context), ":", |byte| format!("{byte:02x}")))
    }),
    Function::read("ever_ip_address", |_, context| {
        let report = context.memory.ever.addresses.next(&ADDRESSES);
        Some(joined(&payload(report, context), ".", |byte| byte.to_string()))
    }),
    Function::read("ever_packets", |_, context| {
        let report = context.memory.ever.packets.next(&PACKETS);
        Some(counter(&payload(report, context)))
    }),
    Function::read("ever_workmode", |_, context| Some(work_mode(mode(context)).into())),
    Function::read("ever_messages", |_, context| Some(words(&MESSAGES, MESSAGE_REPORT, context))),
    Function::read("ever_alarms", |_, context| Some(words(&ALARMS, ALARM_REPORT, context))),
    Function::read("ever_on_off_info", |_, context| {
        Some(if matches!(mode(context), ONLINE | ON_BATTERY) { "!off" } else { "off" }.into())
    }),
];

const MODE_REPORT: u8 = 74;
const MESSAGE_REPORT: u8 = 75;
const ALARM_REPORT: u8 = 76;
const MAC: u8 = 210;
/// Where notifications go, the own address, the mask, the gateway.
const ADDRESSES: [u8; 4] = [211, 230, 231, 232];
/// Sent, received, and both again with errors.
const PACKETS: [u8; 4] = [215, 216, 217, 218];

const ONLINE: u8 = 4;
const ON_BATTERY: u8 = 8;

/// Longest version text (NUT 2.8.5).
const VERSION_LIMIT: usize = 9;

/// Spelled as NUT 2.8.5 publishes them.
const MESSAGES: [(i64, &str); 11] = [
    (0x0004, "BOOST"),
    (0x0008, "BUCK"),
    (0x0010, "BOOST_BLOCKED"),
    (0x0020, "BUCK_BLOCKED"),
    (0x0040, "CHARGING"),
    (0x0080, "FAN_ON"),
    (0x0100, "EPO_BLOCKED"),
    (0x0200, "NEED_REPLACMENT"),
    (0x0c00, "OVERHEAT"),
    (0x1000, "WAITING_FOR_MIN_CHARGE"),
    (0x2000, "MAINS_OUT_OF_RANGE"),
];

/// Spelled as NUT 2.8.5 publishes them.
const ALARMS: [(i64, &str); 8] = [
    (0x0001, "OVERLOAD"),
    (0x0002, "SHORT-CIRCUIT"),
    (0x000c, "OVERHEAT"),
    (0x0010, "EPO"),
    (0x0020, "INERNAL_ERROR"),
    (0x0040, "REVERSE_POWER_SUPPLY"),
    (0x0080, "NO_INETERNAL_COMM"),
    (0x0100, "CRITICAL_BATT_VOLTAGE"),
];

/// Whose turn it is among reports that rows ask for in turn.
#[derive(Debug, Clone, Default)]
struct Turn(usize);

impl Turn {
    fn next(&mut self, reports: &[u8; 4]) -> u8 {
        let report = reports.get(self.0 % reports.len()).copied().unwrap_or_default();
        self.0 = (self.0 + 1) % reports.len();
        report
    }
}

/// Whose turn it is.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    addresses: Turn,
    packets: Turn,
}

/// A report without its id; empty if there is no such report.
fn payload(report: u8, context: &Context<'_>) -> Vec<u8> {
    context.host.report(report).unwrap_or_default().into_iter().skip(1).collect()
}

fn joined(bytes: &[u8], separator: &str, text: impl Fn(&u8) -> String) -> String {
    bytes.iter().map(text).collect::<Vec<_>>().join(separator)
}

/// Little-endian with a sign; empty if the report is too short.
fn counter(payload: &[u8]) -> String {
    let bytes = payload.first_chunk().copied();
    bytes.map_or_else(String::new, |bytes| i32::from_le_bytes(bytes).to_string())
}

fn mode(context: &Context<'_>) -> u8 {
    payload(MODE_REPORT, context).first().copied().unwrap_or_default()
}

fn work_mode(mode: u8) -> &'static str {
    match mode {
        2 => "STOP",
        ONLINE => "ONLINE",
        ON_BATTERY => "ONBATTERY",
        16 => "WATCH",
        32 => "WAITING",
        64 => "EMERGENCY",
        _ => "UNKNOWN",
    }
}

/// The words of the bits that are set in the first two bytes of a report.
fn words(table: &[(i64, &str)], report: u8, context: &Context<'_>) -> String {
    let payload = payload(report, context);
    let byte = |n: usize| payload.get(n).copied().map_or(0, i64::from);
    let bits = byte(0) | byte(1) << 8;
    let set = table.iter().filter(|(mask, _)| bits & mask != 0);
    set.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}

/// `rev.Bv03`: a letter and a number; no text for letters beyond Z.
fn hardware(value: i64) -> Option<String> {
    let letter = match (value >> 8 & 0xff) as u8 {
        0 => '0',
        n @ 1..=26 => char::from(b'A' + n - 1),
        _ => return None,
    };
    Some(cut(&format!("rev.{letter}v{:02}", value & 0xff)))
}

/// `v1.2b03`.
fn version(value: i64) -> String {
    cut(&format!("v{:X}.{:X}b{:02}", value >> 12 & 0xf, value >> 8 & 0xf, value & 0xff))
}

fn cut(text: &str) -> String {
    text.chars().take(VERSION_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;

    fn bench(reports: &[(u8, &[u8])]) -> Bench {
        let mut bench = Bench::default();
        for (id, bytes) in reports {
            bench.host.reports.insert(*id, [&[*id], *bytes].concat());
        }
        bench
    }

    fn read(bench: &mut Bench, name: &str) -> String {
        bench.read(name, 0.0).unwrap()
    }

    #[test]
    fn versions() {
        let mut bench = Bench::default();
        for (value, hardware, version) in [
            (0x0203, Some("rev.Bv03"), "v0.2b03"),
            (0x1aff, Some("rev.Zv255"), "v1.Ab255"),
            (0x0000, Some("rev.0v00"), "v0.0b00"),
            (0xff00, None, "vF.Fb00"),
        ] {
            assert_eq!(bench.read("ever_format_hardware", value.into()).as_deref(), hardware);
            assert_eq!(bench.read("ever_format_version", value.into()).as_deref(), Some(version));
        }
    }

    #[test]
    fn addresses_and_counters_take_turns() {
        let mut bench = bench(&[
            (210, &[0, 0x1b, 0xff]),
            (211, &[10, 0, 0, 1]),
            (230, &[10, 0, 0, 2]),
            (232, &[10, 0, 0, 4]),
            (215, &[1, 1, 0, 0]),
            (216, &[0xff, 0xff, 0xff, 0xff]),
            (217, &[1, 2, 3]),
        ]);
        assert_eq!(read(&mut bench, "ever_mac_address"), "00:1b:ff");
        for text in ["10.0.0.1", "10.0.0.2", "", "10.0.0.4", "10.0.0.1"] {
            assert_eq!(read(&mut bench, "ever_ip_address"), text);
        }
        for text in ["257", "-1", "", "", "257"] {
            assert_eq!(read(&mut bench, "ever_packets"), text);
        }
    }

    #[test]
    fn work_modes_and_words() {
        for (mode, text, status) in [
            (1, "UNKNOWN", "off"),
            (4, "ONLINE", "!off"),
            (8, "ONBATTERY", "!off"),
            (2, "STOP", "off"),
        ] {
            let mut bench = bench(&[(74, &[mode])]);
            assert_eq!(read(&mut bench, "ever_workmode"), text);
            assert_eq!(read(&mut bench, "ever_on_off_info"), status);
        }
        let mut bench = bench(&[(75, &[0x44, 0x28]), (76, &[0x08, 0x01])]);
        assert_eq!(read(&mut bench, "ever_messages"), "BOOST CHARGING OVERHEAT MAINS_OUT_OF_RANGE");
        assert_eq!(read(&mut bench, "ever_alarms"), "OVERHEAT CRITICAL_BATT_VOLTAGE");
    }

    #[test]
    fn reports_may_be_missing() {
        let mut bench = Bench::default();
        assert_eq!(read(&mut bench, "ever_mac_address"), "");
        assert_eq!(read(&mut bench, "ever_workmode"), "UNKNOWN");
        assert_eq!(read(&mut bench, "ever_on_off_info"), "off");
        assert_eq!(read(&mut bench, "ever_messages"), "");
    }
}
