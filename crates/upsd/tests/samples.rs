//! The files that come with the programs load without complaint: the sample configuration in `etc/`, as
//! it is and with all its examples switched on, and the texts of `cmdvartab`.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used)]

use nut_proto::conf::parse;
use std::path::Path;
use upsd::config::{Config, Source, Sources};
use upsd::descriptions::{Descriptions, UNAVAILABLE};

fn sample(path: &str) -> Source {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Source { name: path.to_owned(), bytes: std::fs::read(top.join(path)).unwrap() }
}

/// Takes the `#` from lines where no blank follows it, or the two of an indented line.
fn switched_on(source: Source) -> Source {
    let text = String::from_utf8(source.bytes).unwrap();
    let example = |line: &str| {
        let rest = line.strip_prefix('#')?;
        let is_example = !rest.starts_with(' ') && !rest.is_empty();
        let is_indented = rest.starts_with("  ") && !rest.starts_with("   ");
        (is_example || is_indented).then(|| rest.to_owned())
    };
    let lines = text.lines().map(|line| example(line).unwrap_or_else(|| line.to_owned()) + "\n");
    Source { name: source.name, bytes: lines.collect::<String>().into_bytes() }
}

fn load(prepare: fn(Source) -> Source) -> Config {
    let sources = Sources {
        upsd_conf: prepare(sample("etc/upsd.conf")),
        ups_conf: prepare(sample("etc/ups.conf")),
        users: prepare(sample("etc/upsd.users")),
    };
    let (config, problems) = Config::read(&sources);
    let problems: Vec<String> = problems.0.iter().map(ToString::to_string).collect();
    assert_eq!(problems, [""; 0]);
    config
}

fn names(config: &Config) -> Vec<&str> {
    config.devices.iter().map(|device| device.name.as_str()).collect()
}

#[test]
fn the_samples_serve_one_ups_to_this_machine_only() {
    let config = load(|source| source);
    assert_eq!(names(&config), ["ups"]);
    assert_eq!(config.devices[0].socket(), "usbhid-ups-ups");
    assert_eq!(config.settings.max_age, 15);
    assert_eq!(config.settings.listen, []);
    assert_eq!(
        config.users,
        load(|_| Source::default()).users,
        "no user has a ready-made password"
    );
}

#[test]
fn the_examples_in_the_samples_are_valid_too() {
    let config = load(switched_on);
    assert_eq!(names(&config), ["ups", "pretend", "replayed", "remote"]);
    assert_eq!(config.settings.listen.len(), 2);
    assert!(config.settings.allow_no_device);
    assert_ne!(config.users, load(|source| source).users);
}

#[test]
fn nut_conf_starts_nothing_before_somebody_chooses() {
    let source = sample("etc/nut.conf");
    let (lines, problems) = parse(&source.name, &source.bytes);
    assert_eq!(problems, []);
    assert_eq!(lines.iter().map(|l| l.texts().concat()).collect::<Vec<_>>(), ["MODE=none"]);
}

fn descriptions() -> (String, Descriptions) {
    let bytes = sample("crates/upsd/data/cmdvartab").bytes;
    let texts = Descriptions::read(&bytes);
    (String::from_utf8(bytes).unwrap(), texts)
}

#[test]
fn every_line_of_cmdvartab_counts_once() {
    let (text, texts) = descriptions();
    let is_entry = |line: &&str| !line.is_empty() && !line.starts_with('#');
    assert_eq!(texts.len(), text.lines().filter(is_entry).count());
}

#[test]
fn descriptions_are_short_ascii() {
    let (text, _) = descriptions();
    let is_long = |line: &&str| line.split('"').nth(1).is_some_and(|words| words.len() >= 60);
    assert_eq!(text.lines().find(is_long), None);
    assert!(text.is_ascii());
}

/// Every name a pattern of the list stands for: `{a,b}` is replaced by each choice.
fn expand(pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('{') else { return vec![pattern.to_owned()] };
    let (choices, after) = rest.split_once('}').unwrap();
    choices.split(',').flat_map(|choice| expand(&format!("{before}{choice}{after}"))).collect()
}

/// The names without an index in a part of the list of NUT's names.
fn exact_names(list: &str) -> Vec<String> {
    let rows = list.lines().map(str::trim_start).filter(|row| row.starts_with('"'));
    let names = rows.filter_map(|row| row.split('"').nth(1)).flat_map(expand);
    names.filter(|name| name.split('.').all(|part| part != "n")).collect()
}

#[test]
fn every_exact_name_of_nut_is_described() {
    let (_, texts) = descriptions();
    let list = String::from_utf8(sample("crates/nut-hid/data/names.toml").bytes).unwrap();
    let (variables, commands) = list.split_once("\ncommands = [").unwrap();
    let (mut variables, mut commands) = (exact_names(variables), exact_names(commands));
    assert!(variables.len() > 300 && commands.len() > 25);
    variables.retain(|name| texts.variable(name) == UNAVAILABLE);
    commands.retain(|name| texts.command(name) == UNAVAILABLE);
    assert_eq!((variables, commands), (vec![], vec![]));
}

/// The values of `key` in the rows of a device map.
fn values<'a>(map: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    let rows = map.lines().map(str::trim_start).filter(|line| line.starts_with("{ "));
    rows.filter_map(move |row| row.strip_prefix("{ ")?.strip_prefix(key)?.split('"').nth(1))
}

#[test]
fn what_usb_devices_publish_is_described() {
    let (_, texts) = descriptions();
    for maker in ["mge", "apc", "cps"] {
        let map = sample(&format!("crates/nut-hid/maps/{maker}.toml")).bytes;
        let map = String::from_utf8(map).unwrap();
        let variables: Vec<_> = values(&map, "name = ").collect();
        let commands: Vec<_> = values(&map, "command = ").collect();
        assert!(variables.len() > 20 && commands.len() > 5, "{maker}");
        let bare = |names: Vec<_>, text: &dyn Fn(&str) -> bool| -> Vec<String> {
            names.into_iter().filter(|name: &&str| text(name)).map(str::to_owned).collect()
        };
        let bare_variables = bare(variables, &|name| texts.variable(name) == UNAVAILABLE);
        let bare_commands = bare(commands, &|name| texts.command(name) == UNAVAILABLE);
        assert_eq!((bare_variables, bare_commands), (vec![], vec![]), "{maker}");
    }
}
