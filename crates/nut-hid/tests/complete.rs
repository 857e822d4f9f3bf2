//! The maps against the tables of NUT 2.8.5's usbhid-ups (`tests/reference/`): every USB id, usage, row
//! and conversion, in order. What is left out, is left out by a rule that is written down here.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use nut_hid::format::Format;
use nut_hid::map::{Conversion, Device, Map, Poll, Quirk, Role, Row};
use nut_hid::maps::Maps;
use nut_hid::usage::{Usage, UsageTable};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// Every maker, in the order in which devices are claimed.
const MAKERS: [&str; 17] = [
    "explore",
    "mge",
    "apc",
    "arduino",
    "belkin",
    "cps",
    "delta_ups",
    "ecoflow",
    "ever",
    "idowell",
    "legrand",
    "liebert",
    "openups",
    "powercom",
    "powervar",
    "salicru",
    "tripplite",
];

/// What the notes say about rows that no normal build of NUT on Linux has.
const RULES: [&str; 3] = ["debug builds only", "never compiled", "only without strptime()"];

/// How many rows the rules leave out, by maker.
const LEFT_OUT: [(&str, usize); 10] = [
    ("mge", 3),
    ("belkin", 12),
    ("cps", 5),
    ("ecoflow", 19),
    ("ever", 1),
    ("idowell", 12),
    ("liebert", 11),
    ("powercom", 16),
    ("salicru", 7),
    ("tripplite", 37),
];

/// Conversions that no row of a normal build asks for.
const UNUSED: [(&str, &str); 4] = [
    ("common", "calibration_info"),
    ("common", "hex_conversion"),
    ("common", "test_write_info"),
    ("mge", "eaton_abm_enabled_legacy_info"),
];

/// A line of a table, by column.
type Line = BTreeMap<&'static str, &'static str>;

fn table(text: &'static str) -> Vec<Line> {
    let mut lines = text.lines().map(|line| line.split('\t'));
    let columns: Vec<_> = lines.next().unwrap().collect();
    let cells = |line: std::str::Split<'static, char>| line.chain(std::iter::repeat(""));
    lines.map(|line| columns.iter().copied().zip(cells(line)).collect()).collect()
}

fn of(maker: &str, column: &str, lines: &'static [Line]) -> Vec<&'static Line> {
    lines.iter().filter(|line| line[column] == maker).collect()
}

static USB_IDS: LazyLock<Vec<Line>> =
    LazyLock::new(|| table(include_str!("reference/usb_ids.tsv")));

static USAGES: LazyLock<Vec<Line>> = LazyLock::new(|| table(include_str!("reference/usages.tsv")));

static MAPPINGS: LazyLock<Vec<Line>> =
    LazyLock::new(|| table(include_str!("reference/mappings.tsv")));

static LOOKUPS: LazyLock<Vec<Line>> =
    LazyLock::new(|| table(include_str!("reference/lookups.tsv")));

fn is_left_out(line: &Line) -> bool {
    RULES.iter().any(|rule| line["notes"].contains(rule))
}

/// Rows that a map has to have.
fn rows_of(maker: &str) -> Vec<&'static Line> {
    let all = of(maker, "subdriver", &MAPPINGS);
    all.into_iter().filter(|line| !is_left_out(line)).collect()
}

fn maps() -> Maps {
    let (maps, problems) = Maps::builtin();
    assert_eq!(problems, []);
    maps
}

/// Runs a comparison for each map; the differences of all are told at once.
fn each(compare: impl Fn(&Map) -> String) {
    let faults: String = maps().iter().map(compare).collect();
    assert!(faults.is_empty(), "\n{faults}");
}

/// Compares two lists line by line, in order.
fn differences(maker: &str, wanted: &[String], found: &[String]) -> String {
    let mut told = String::new();
    for n in 0..wanted.len().max(found.len()) {
        let line = |list: &[String]| list.get(n).cloned().unwrap_or("nothing".into());
        if wanted.get(n) != found.get(n) {
            let (wanted, found) = (line(wanted), line(found));
            writeln!(told, "{maker} {n}: NUT   {wanted}\n{maker} {n}: here  {found}").unwrap();
        }
    }
    told
}

#[test]
fn every_maker_is_there_and_claims_in_order() {
    let maps = maps();
    let present: Vec<_> = maps.iter().map(|map| map.maker.as_str()).collect();
    assert_eq!(present, MAKERS);
}

#[test]
fn the_tables_are_whole() {
    let counts = [USB_IDS.len(), USAGES.len(), MAPPINGS.len(), LOOKUPS.len()];
    assert_eq!(counts, [111, 572, 1226, 251]);
    let out = |maker: &str| {
        of(maker, "subdriver", &MAPPINGS).iter().filter(|line| is_left_out(line)).count()
    };
    let left_out: Vec<_> = MAKERS
        .into_iter()
        .map(|maker| (maker, out(maker)))
        .filter(|(_, count)| *count > 0)
        .collect();
    assert_eq!(left_out, LEFT_OUT);
}

#[test]
fn every_row_is_there_and_no_other() {
    each(|map| {
        let wanted: Vec<_> = rows_of(&map.maker).into_iter().map(wanted_row).collect();
        let found: Vec<_> = map.rows.iter().map(found_row).collect();
        differences(&map.maker, &wanted, &found)
    });
}

/// A row of NUT's, as text. Print formats of rows with a conversion mean nothing.
fn wanted_row(line: &Line) -> String {
    let format = match (line["kind"], line["conversion"], line["dfl"]) {
        ("status" | "alarm", ..) => "",
        (_, "", format) => format,
        ("cmd", _, value) => value,
        _ => "%s",
    };
    let mut flags: Vec<_> = line["flags"].split('|').filter(|flag| !flag.is_empty()).collect();
    flags.sort_unstable();
    let limit = if line["info_len"].is_empty() { "0" } else { line["info_len"] };
    [
        line["name"],
        line["kind"],
        line["hid_path"],
        line["hid_codes"],
        format,
        &flags.join("|"),
        limit,
        line["conversion"],
    ]
    .join(" ; ")
}

fn found_row(row: &Row) -> String {
    let (name, kind, format) = match &row.role {
        Role::Reading { name, .. } if row.conversion.is_some() => {
            (name.as_str(), "var", "%s".into())
        }
        Role::Reading { name, format } => (name.as_str(), "var", printf(*format)),
        Role::Parameter { name, initial } => (name.as_str(), "var", initial.clone()),
        Role::Status => ("BOOL", "status", String::new()),
        Role::Alarm => ("ups.alarm", "alarm", String::new()),
        Role::Command { name, value } => (name.as_str(), "cmd", value.clone().unwrap_or_default()),
    };
    let codes: Vec<_> = row.path.0.iter().map(|code| format!("{code:x}")).collect();
    [
        name,
        kind,
        &row.path_text,
        &codes.join("."),
        &format,
        &flags(row).join("|"),
        &row.max_len.to_string(),
        row.conversion.as_ref().map_or("", |c| c.name.as_str()),
    ]
    .join(" ; ")
}

fn printf(format: Format) -> String {
    match format {
        Format::Fixed(decimals) => format!("%.{decimals}f"),
        Format::Text => "%s".into(),
    }
}

/// Flags of a row, sorted.
fn flags(row: &Row) -> Vec<&'static str> {
    let all = [
        ("ABSENT", matches!(row.role, Role::Parameter { .. })),
        ("CMD", row.is_command()),
        ("ENUM", row.choices),
        ("NUMBER", row.access.number),
        ("QUICK_POLL", row.poll == Poll::Quick),
        ("RW", row.access.rw),
        ("SEMI_STATIC", row.poll == Poll::AfterSet),
        ("STATIC", row.poll == Poll::Once),
        ("STRING", row.access.string),
    ];
    all.into_iter().filter(|(_, set)| *set).map(|(flag, _)| flag).collect()
}

#[test]
fn every_usage_has_its_name() {
    let entries = |of_table: &str| -> Vec<(Usage, String)> {
        let code = |line: &Line| Usage(u32::from_str_radix(line["code"], 16).unwrap());
        let lines = of(of_table, "table", &USAGES);
        lines.iter().map(|line| (code(line), line["name"].to_string())).collect()
    };
    let standard = UsageTable::new(entries("standard"));
    assert_eq!(maps().base().usages(), &standard);
    for map in maps().iter() {
        let wanted = UsageTable::new(entries(&map.maker)).then(&standard);
        assert_eq!(map.usages, wanted, "{}", map.maker);
    }
}

#[test]
fn every_conversion_says_the_same() {
    each(|map| {
        let mut seen = BTreeSet::new();
        let conversions = map.rows.iter().filter_map(|row| row.conversion.as_ref());
        let once = conversions.filter(|conversion| seen.insert(conversion.name.clone()));
        once.map(|conversion| conversion_differences(&map.maker, conversion)).collect()
    });
}

/// The lines of a conversion: the maker's own, else the common ones.
fn lookup(maker: &str, name: &str) -> Vec<&'static Line> {
    let normal =
        |line: &&'static Line| line["lookup"] == name && !line["description"].contains(RULES[2]);
    let lines = |maker| of(maker, "subdriver", &LOOKUPS).into_iter().filter(normal).collect();
    let own: Vec<_> = lines(maker);
    if own.is_empty() { lines("common") } else { own }
}

fn conversion_differences(maker: &str, conversion: &Conversion) -> String {
    let lines = lookup(maker, &conversion.name);
    let mut wanted: Vec<String> = lines
        .iter()
        .filter(|line| line["kind"] != "function")
        .map(|line| format!("{} is {}", line["hid_value"], line["nut_value"]))
        .collect();
    let any = |column| lines.iter().any(|line| !line[column].is_empty());
    wanted.push(format!("reads {}, writes {}", any("to_nut_fn"), any("to_hid_fn")));
    let mut found: Vec<String> =
        conversion.table.iter().map(|(value, text)| format!("{value} is {text}")).collect();
    let function = conversion.function;
    found.push(format!(
        "reads {}, writes {}",
        function.is_some_and(|f| f.read.is_some()),
        function.is_some_and(|f| f.write.is_some())
    ));
    differences(&format!("{maker} {}", conversion.name), &wanted, &found)
}

#[test]
fn conversions_without_a_row_are_few_and_known() {
    let asked: BTreeSet<_> = MAKERS
        .into_iter()
        .flat_map(|maker| rows_of(maker).into_iter().map(move |row| (maker, row["conversion"])))
        .flat_map(|(maker, name)| lookup(maker, name))
        .map(|line| (line["subdriver"], line["lookup"]))
        .collect();
    let all: BTreeSet<_> = LOOKUPS.iter().map(|line| (line["subdriver"], line["lookup"])).collect();
    assert_eq!(all.difference(&asked).copied().collect::<Vec<_>>(), UNUSED);
}

#[test]
fn every_usb_id_is_there_with_its_peculiarities() {
    each(|map| {
        let lines = of(&map.maker, "subdriver", &USB_IDS);
        let wanted: Vec<_> = lines.into_iter().map(wanted_device).collect();
        let found: Vec<_> = map.devices.iter().map(found_device).collect();
        differences(&map.maker, &wanted, &found)
    });
}

/// Words of NUT's about a device (the function that is run for it, a note), and ours. Factors have a
/// test of their own.
const PECULIARITIES: [(&str, &str); 12] = [
    ("disable_interrupt_pipe", "no interrupts"),
    ("cps_battery_scale", "auto scale"),
    ("claim sets interruptonly on", "interrupts only"),
    ("interruptsize=8", "8 bytes"),
    ("0x54 must never be read", "no report 84"),
    ("bcdDevice 0x0202", "second descriptor at 0202"),
    ("contains \"AEG\"", "AEG in a name"),
    ("contains \"KSTAR\"", "KSTAR in the vendor's"),
    ("(hid_rep_index=1)", "interface 1"),
    ("(hid_rep_index=2)", "interface 2"),
    ("\"Back-UPS ES 525\"", "fixed size for Back-UPS ES 525"),
    ("\"Back-UPS CS\"", "fixed size for Back-UPS CS"),
];

fn wanted_device(line: &Line) -> String {
    let said = format!("{} {}", line["match_fn"], line["note"]);
    let words: BTreeSet<_> = PECULIARITIES
        .into_iter()
        .filter(|(theirs, _)| said.contains(theirs))
        .map(|(_, ours)| ours.to_string())
        .collect();
    format!("{}:{} {words:?}", line["vid"], line["pid"])
}

fn found_device(device: &Device) -> String {
    let quirk = |quirk: &Quirk| match quirk {
        Quirk::NoInterrupts => "no interrupts".to_string(),
        Quirk::InterruptOnly => "interrupts only".to_string(),
        Quirk::AutoScale => "auto scale".to_string(),
        Quirk::SkipReport84 => "no report 84".to_string(),
    };
    let mut words: BTreeSet<String> = device.quirks.iter().map(quirk).collect();
    words.extend(device.interrupt_size.map(|size| format!("{size} bytes")));
    words.extend(device.second_descriptor_at.map(|at| format!("second descriptor at {at:04x}")));
    words.extend(device.if_named.as_ref().map(|text| format!("{text} in a name")));
    words.extend(device.if_vendor.as_ref().map(|text| format!("{text} in the vendor's")));
    words.extend((device.interface != 0).then(|| format!("interface {}", device.interface)));
    words.extend(device.max_report_for.iter().map(|model| format!("fixed size for {model}")));
    format!("{:04x}:{:04x} {words:?}", device.vid, device.pid)
}

/// NUT's words for a number that readings are multiplied with (in the note on a device, or on a
/// conversion with one number for each product id), and the factor's name in the maps.
const FACTORS: [(&str, &str); 8] = [
    ("battery voltage factor", "battery"),
    ("line voltage factor", "volts"),
    ("frequency factor", "hertz"),
    ("current factor", "amperes"),
    ("input-voltage factor", "input_volts"),
    ("output-voltage factor", "output_volts"),
    ("charge-current factor", "charge_amperes"),
    ("discharge-current factor", "discharge_amperes"),
];

/// Of 3.5450000000000004, the tables have 3.545.
const LAST_DIGITS: f64 = 1e-12;

#[test]
fn every_factor_is_there_and_no_other() {
    let known: BTreeSet<_> = FACTORS.iter().map(|(_, name)| *name).collect();
    let mut told = 0;
    for map in maps().iter() {
        for device in &map.devices {
            let named = device.factors.iter().map(|(name, _)| name.as_str());
            assert_eq!(named.filter(|name| !known.contains(name)).collect::<Vec<_>>(), [""; 0]);
            for (words, name) in FACTORS {
                let (wanted, found) = (nuts_factor(&map.maker, device, words), device.factor(name));
                told += usize::from(wanted.is_some());
                let off = (found - wanted.unwrap_or(1.0)).abs();
                assert!(off < LAST_DIGITS, "{device:?}: {name} {found}, NUT {wanted:?}");
            }
        }
    }
    // One of each Tripp Lite, three more of two, four of both openUPS.
    assert_eq!(told, 44 + 2 * 3 + 2 * 4);
}

fn nuts_factor(maker: &str, device: &Device, words: &str) -> Option<f64> {
    let [vid, pid] = [device.vid, device.pid].map(|id| format!("{id:04x}"));
    let this = |line: &&&Line| line["vid"] == vid && line["pid"] == pid;
    let ids = of(maker, "subdriver", &USB_IDS);
    let noted = ids.iter().filter(this).find_map(|line| number_behind(line["note"], words));
    let of_conversion = |line: &&Line| {
        let (_, by_product) = line["description"].split_once(&format!("x {words}"))?;
        number_behind(by_product, &format!("{pid}:"))
    };
    noted.or_else(|| of(maker, "subdriver", &LOOKUPS).iter().find_map(of_conversion))
}

fn number_behind(text: &str, words: &str) -> Option<f64> {
    let (_, rest) = text.split_once(words)?;
    rest.trim_start().split([',', ';', ')']).next()?.parse().ok()
}
