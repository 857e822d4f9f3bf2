//! Files as text in, settings and complaints out.

use super::*;

fn read(text: &str) -> (UpsConf, Vec<String>) {
    let (conf, diagnostics) = UpsConf::parse("ups.conf", text.as_bytes());
    (conf, diagnostics.iter().map(ToString::to_string).collect())
}

fn entries(settings: &Settings) -> Vec<String> {
    let show = |e: &Entry| match &e.value {
        Some(value) => format!("{}={value}@{}", e.key, e.position),
        None => format!("{}@{}", e.key, e.position),
    };
    settings.entries.iter().map(show).collect()
}

#[test]
fn a_usual_file() {
    let (conf, complaints) = read(
        "maxretry = 3\nnowait\n[eaton]\n  driver = usbhid-ups\n  port=auto\n  desc = \"the big one\"\n\
         [dummy]\ndriver=dummy-ups\nport = x.dev\nignorelb",
    );
    assert_eq!(complaints, [""; 0]);
    assert_eq!(entries(&conf.global), ["maxretry=3@1:1", "nowait@2:1"]);
    assert_eq!(
        conf.sections.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(),
        ["eaton", "dummy"]
    );
    assert_eq!(
        entries(&conf.sections[0].settings),
        ["driver=usbhid-ups@4:3", "port=auto@5:3", "desc=the big one@6:3"]
    );
    let dummy = &conf.section("dummy").unwrap().settings;
    assert!(dummy.flag("ignorelb", &mut Vec::new()));
    assert!(!dummy.flag("nolock", &mut Vec::new()));
    assert_eq!(conf.section("Dummy"), None);
}

#[test]
fn a_section_opened_again_goes_on_and_later_values_win() {
    let (conf, complaints) = read("[a]\nport = 1\nx\n[b]\nport = 2\n[a]\nport = 3\n");
    assert_eq!(complaints, [""; 0]);
    assert_eq!(conf.sections.len(), 2);
    let a = &conf.section("a").unwrap().settings;
    assert_eq!(entries(a), ["port=1@2:1", "x@3:1", "port=3@7:1"]);
    assert_eq!(a.value("port"), Some("3"));
    assert_eq!(a.last("port").unwrap().position.line, 7);
    assert_eq!(conf.section("a").unwrap().position.line, 1);
}

#[test]
fn a_section_without_lines_is_kept_empty() {
    let (conf, complaints) = read("[a]\n");
    assert_eq!(complaints, [""; 0]);
    assert_eq!(entries(&conf.section("a").unwrap().settings), [""; 0]);
}

#[test]
fn lines_that_say_nothing_are_told() {
    let (conf, complaints) = read("[a]\ndriver usbhid-ups\nport =\ndesc = my ups\nx y = z\n");
    assert_eq!(entries(&conf.sections[0].settings), ["desc=my@4:1"]);
    assert_eq!(
        complaints,
        [
            "ups.conf:2:8: expected `=` after the first word; the line is ignored",
            "ups.conf:3:1: expected a value after `port =`; the line is ignored",
            "ups.conf:4:11: expected one value; the rest is ignored: quote a value with blanks",
            "ups.conf:5:3: expected `=` after the first word; the line is ignored",
        ]
    );
}

#[test]
fn a_bad_header_gives_its_lines_to_nobody() {
    let (conf, complaints) = read("[a]\nport = 1\n[my ups]\nport = 2\n");
    assert_eq!(entries(&conf.sections[0].settings), ["port=1@2:1"]);
    assert_eq!(conf.sections.len(), 1);
    assert_eq!(complaints.len(), 2);
}

#[test]
fn names_and_keys_that_differ_in_case_only_are_told() {
    let (conf, complaints) = read("[a]\nport = 1\nPort = 2\nPort = 3\n[A]\nport = 4\n");
    assert_eq!(conf.section("a").unwrap().settings.value("port"), Some("1"));
    assert_eq!(conf.section("A").unwrap().settings.value("port"), Some("4"));
    assert_eq!(
        complaints,
        [
            "ups.conf:3:1: `Port` and `port` in line 2 differ in letter case only",
            "ups.conf:5:1: [A] and [a] in line 1 differ in letter case only",
        ]
    );
}

#[test]
fn complaints_come_in_file_order() {
    let (_, complaints) = read("[a b]\nx = \"\u{e9}\"\n[c]\ny =\n\"");
    let lines: Vec<&str> = complaints.iter().map(|c| c.split(':').nth(1).unwrap()).collect();
    assert_eq!(lines, ["1", "2", "2", "4", "5"]);
}

#[test]
fn keys_in_any_case_where_nut_says_so() {
    let (conf, _) = read("STATEPATH = /a\nstatepath = /b\n");
    assert_eq!(conf.global.last_any_case("StatePath").unwrap().value.as_deref(), Some("/b"));
    assert_eq!(conf.global.value("StatePath"), None);
}

fn one(line: &str) -> Settings {
    read(line).0.global
}

#[test]
fn flags_with_a_value() {
    for (line, expected, told) in [
        ("f", true, 0),
        ("f = yes", true, 0),
        ("f = no", false, 0),
        ("f = OFF", false, 0),
        ("f = maybe", true, 1),
        ("g", false, 0),
        ("f = no\nf", true, 0),
    ] {
        let mut diagnostics = Vec::new();
        assert_eq!(one(line).flag("f", &mut diagnostics), expected, "{line}");
        assert_eq!(diagnostics.len(), told, "{line}");
    }
}

#[test]
fn typed_values() {
    for (line, int, bool, told) in [
        ("k = 1", Some(1), Some(true), ""),
        ("k = -1", Some(-1), None, "1:1: expected yes or no after `k =`, found `-1`"),
        (
            "k = 15x",
            Some(15),
            None,
            "1:1: expected a whole number after `k =`, found `15x`|\
             1:1: expected yes or no after `k =`, found `15x`",
        ),
        ("k = off", None, Some(false), "1:1: expected a whole number after `k =`, found `off`"),
        (
            "k",
            None,
            None,
            "1:1: expected `k =` and a whole number|1:1: expected `k =` and yes or no",
        ),
        ("other = 1", None, None, ""),
    ] {
        let (settings, mut diagnostics) = (one(line), Vec::new());
        assert_eq!(settings.int("k", &mut diagnostics), int, "{line}");
        assert_eq!(settings.bool("k", &mut diagnostics), bool, "{line}");
        let all: Vec<String> =
            diagnostics.iter().map(|d| format!("{}: {}", d.position(), d.message)).collect();
        assert_eq!(all.join("|"), told, "{line}");
    }
}
