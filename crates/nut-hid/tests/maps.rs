//! The maps that come with the program: they read, and the linter has nothing to say about them.

#![allow(clippy::unwrap_used, clippy::panic)]

use nut_hid::lint;
use nut_hid::maps::{BUILTIN, Candidate, Claim, EXAMPLE, Maps, unsupported_text};
use nut_hid::names::Names;

fn told(problems: &[nut_hid::map::Problem]) -> String {
    problems.iter().map(|p| format!("{p}\n")).collect()
}

fn lint(file: &str, text: &str) -> String {
    let (maps, problems) = Maps::builtin();
    assert_eq!(told(&problems), "");
    match maps.read(file, text) {
        Ok((text, map)) => told(&lint::map(&text, &map, &Names::load().unwrap())),
        Err(problems) => told(&problems),
    }
}

#[test]
fn the_shipped_maps_are_clean() {
    for (file, text) in BUILTIN.iter().chain([&EXAMPLE]) {
        assert_eq!(lint(file, text), "");
    }
    let (maps, _) = Maps::builtin();
    assert_eq!(told(&lint::ids(maps.iter())), "");
}

const HEAD: &str = "maker = \"x\"\norigin = \"t\"\n";

#[test]
fn faults_are_told_with_file_and_line() {
    for (text, problem) in [
        (
            "mappings = [\n { name = \"ups.laod\", path = \"UPS\", format = \"%.0f\" },\n]",
            "x.toml:4: `ups.laod` is no variable that NUT defines\n",
        ),
        (
            "mappings = [\n { name = \"ups.load\", path = \"UPS.Nix\", format = \"%.0f\" },\n]",
            "x.toml:4: `Nix` is neither a known usage name, nor a code, nor [n]\n",
        ),
        (
            "mappings = [\n { name = \"ups.load\", path = \"UPS\", format = \"%d\" },\n]",
            "x.toml:4: `%d` is not a format; expected %.0f to %.9f, or %s with a conversion\n",
        ),
        (
            "mappings = [\n { name = \"ups.load\", path = \"UPS\", format = \"%s\" },\n]",
            "x.toml:4: `%s` needs a conversion\n",
        ),
        (
            "mappings = [\n { name = \"ups.load\", path = \"UPS\" },\n]",
            "x.toml:4: a variable needs `format`, `convert` or `initial`\n",
        ),
        (
            "mappings = [\n { name = \"ups.load\", path = \"UPS\", convert = \"nix\" },\n]",
            "x.toml:4: there is neither a lookup nor a function called `nix`\n",
        ),
        (
            "mappings = [\n { name = \"ups.load\", path = \"UPS\", format = \"%.0f\", flags = \"RO\" },\n]",
            "x.toml:4: `RO` is no flag; expected RW, STRING or NUMBER\n",
        ),
        (
            "mappings = [\n { path = \"UPS\" },\n]",
            "x.toml:4: a row has exactly one of `name`, `status`, `alarm` and `command`\n",
        ),
        (
            "mappings = [\n { status = \"yes_no_info\", path = \"UPS\" },\n]",
            "x.toml:4: no word of `yes_no_info` is a status word\n",
        ),
        (
            "mappings = [\n { command = \"load.of\", path = \"UPS\" },\n]",
            "x.toml:4: `load.of` is no command that NUT defines\n",
        ),
        (
            "mappings = [\n { command = \"load.off\", path = \"UPS\", format = \"%.0f\" },\n]",
            "x.toml:4: a command has `path`, `value` and `convert`, nothing else\n",
        ),
        (
            "mappings = [\n { name = \"ups.load\", path = \"UPS\", format = \"%.0f\", max_len = 3 },\n]",
            "x.toml:4: `max_len` goes with the flag STRING\n",
        ),
        (
            "devices = [\n { id = \"463:ffff\" },\n]",
            "x.toml:4: `463:ffff` is no USB id; expected vendor:product, as 0463:ffff\n",
        ),
        (
            "devices = [\n { id = \"1209:0001\" },\n { id = \"1209:0001\" },\n]",
            "x.toml:5: USB id 1209:0001 stands in line 4 too\n",
        ),
        (
            "usages = [\n { code = \"84\", name = \"A\" },\n]",
            "x.toml:4: `84` is no number of 8 hexadecimal digits\n",
        ),
        ("lookups.a = [[1, \"x\"]]", "x.toml:0: no row uses the lookup `a`\n"),
        ("naming = \"nix\"", "x.toml:0: there are no rules called `nix` for `naming`\n"),
    ] {
        assert_eq!(lint("x.toml", &format!("{HEAD}{text}\n")), problem, "{text}");
    }
}

#[test]
fn what_is_no_map_is_told_with_its_line() {
    assert!(lint("x.toml", "maker = \"x\"\n\nbad bad\n").starts_with("x.toml:3: "));
    let unknown = lint("x.toml", "maker = \"x\"\nmodel = 3\n");
    assert!(unknown.starts_with("x.toml:2: unknown field `model`"), "{unknown}");
    let known: Vec<_> = Maps::builtin().0.iter().map(|map| map.maker.clone()).collect();
    assert_eq!(
        lint("x.toml", "maker = \"x\"\nextends = \"y\"\n"),
        format!("x.toml:0: `extends` names `y`; known are {}\n", known.join(", "))
    );
}

#[test]
fn an_origin_is_asked_for() {
    let text = "maker = \"x\"\nmappings = [\n { name = \"ups.load\", path = \"UPS\", format = \"%.0f\" },\n { name = \"ups.power\", path = \"UPS\", format = \"%.0f\", origin = \"seen\" },\n]\n";
    assert_eq!(lint("x.toml", text), "x.toml:3: neither the row nor the file has an `origin`\n");
}

fn claim(maps: &Maps, who: Candidate<'_>) -> String {
    match maps.claim(who) {
        Claim::By(map, device) => format!("{} {}", map.maker, device.about),
        Claim::Unsupported(map) => format!("unsupported {}", map.maker),
        Claim::Unknown => "unknown".into(),
    }
}

#[test]
fn devices_find_their_map() {
    let (maps, _) = Maps::builtin();
    let who = |vid, pid| Candidate { vid, pid, ..Candidate::default() };
    assert_eq!(claim(&maps, who(0x0463, 0xffff)), "mge MGE / Eaton, many models");
    assert_eq!(claim(&maps, who(0x051d, 0x0009)), "unsupported apc");
    assert_eq!(claim(&maps, Candidate { any_product: true, ..who(0x051d, 0x0009) }), "apc ");
    assert_eq!(claim(&maps, who(0x03f0, 0x9999)), "unknown", "HP makes other gear");
    assert_eq!(claim(&maps, who(0x1209, 0x0001)), "unknown");
    assert_eq!(claim(&maps, who(0x06da, 0xffff)), "liebert Phoenixtec / Liebert, many models");
    let phoenixtec = Candidate { any_product: true, ..who(0x06da, 0x0002) };
    assert_eq!(claim(&maps, phoenixtec), "liebert ", "only AEG's are Eaton's kin");
    assert_eq!(claim(&maps, Candidate { vendor: "AEG", ..phoenixtec }), "mge ");
    let aeg = Candidate { product: "AEG PROTECT NAS", ..who(0x06da, 0xffff) };
    assert!(claim(&maps, aeg).starts_with("mge AEG PROTECT"));
}

#[test]
fn refused_products_are_never_taken() {
    let (mut maps, _) = Maps::builtin();
    maps.add(EXAMPLE.0, EXAMPLE.1).unwrap();
    let who = Candidate { vid: 0x1209, pid: 9, any_product: true, ..Candidate::default() };
    let Claim::Unsupported(map) = maps.claim(who) else { panic!("not refused") };
    assert_eq!(
        unsupported_text(map, 0x1209, 9),
        "This Example Power device (1209:0009) is not supported by usbhid-ups. Please use the \
         'example_ser' driver instead."
    );
    assert_eq!(claim(&maps, Candidate { pid: 8, ..who }), "example ");
    let any = |vid, pid| Candidate { vid, pid, ..who };
    assert_eq!(claim(&maps, any(0x050d, 0x0218)), "unknown", "Belkin's hub");
    assert_eq!(claim(&maps, any(0x0d9f, 0x0002)), "unsupported powercom");
    assert_eq!(claim(&maps, any(0x09ae, 0x0001)), "unsupported tripplite");
    let silent = EXAMPLE.1.replace(", driver = \"example_ser\"", "");
    maps.add(EXAMPLE.0, &silent).unwrap();
    assert_eq!(claim(&maps, who), "unknown");
}

#[test]
fn an_unknown_product_is_where_its_kin_are() {
    let (maps, _) = Maps::builtin();
    for (vid, interface) in [(0x4234, 1), (0x10af, 0), (0x09ae, 0)] {
        let who = Candidate { vid, pid: 0x7777, any_product: true, ..Candidate::default() };
        let Claim::By(_, device) = maps.claim(who) else { panic!("{vid:04x} is not claimed") };
        assert_eq!((device.pid, device.interface), (0x7777, interface), "{vid:04x}");
    }
}

#[test]
fn what_is_said_about_devices_of_other_drivers() {
    let (maps, _) = Maps::builtin();
    for (vid, pid, start, end) in [
        (0x0d9f, 0x0002, "This PowerCOM device (0d9f:0002) is not", "'powercom' driver instead."),
        (0x09ae, 0x0001, "This TrippLite device (09ae:0001)", "'tripplite_usb' driver instead."),
        (0x06da, 0x0002, "This Liebert device (06da:0002) is not (or", "nutdrv_qx"),
    ] {
        let who = Candidate { vid, pid, ..Candidate::default() };
        let Claim::Unsupported(map) = maps.claim(who) else { panic!("{vid:04x} is claimed") };
        let told = unsupported_text(map, vid, pid);
        assert!(told.starts_with(start) && told.ends_with(end), "{told}");
        let refused = map.refusal(vid, pid).is_some();
        let claimed = maps.claim(Candidate { any_product: true, ..who });
        assert_eq!(matches!(claimed, Claim::Unsupported(_)), refused, "{vid:04x}");
    }
}

#[test]
fn a_users_map_adds_and_overrides() {
    let (mut maps, _) = Maps::builtin();
    let text = r#"
maker = "mine"
extends = "mge"
origin = "me"
remove = ["beeper.on"]
devices = [{ id = "0463:ffff", about = "mine" }]
lookups.mge_sensitivity_info = [[0, "so"]]
mappings = [
  { name = "ups.load",          path = "UPS.Flow.[4].ConfigPercentLoad",          format = "%.1f" },
  { name = "ups.contacts",      path = "UPS.PowerSummary.PercentLoad",            format = "%.0f" },
  { status = "discharging_info", path = "UPS.PowerSummary.PresentStatus.ACPresent" },
]
"#;
    let map = maps.add("mine.toml", text).unwrap().clone();
    assert_eq!(map.subdriver, "MGE HID 1.58");
    assert_eq!(map.rows.len(), 251 - 1 + 1);
    let paths = |name: &str| {
        let rows = map.rows.iter().filter(|r| r.name() == Some(name));
        rows.map(|r| r.path_text.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(paths("ups.load"), ["UPS.Flow.[4].ConfigPercentLoad"]);
    assert_eq!(paths("beeper.on"), [] as [&str; 0]);
    assert_eq!(map.rows.last().unwrap().name(), Some("ups.contacts"));
    let sensitivity = map.rows.iter().find(|r| r.name() == Some("input.sensitivity")).unwrap();
    assert_eq!(sensitivity.conversion.as_ref().unwrap().table, [(0, "so".into())]);
    let who = Candidate { vid: 0x0463, pid: 0xffff, ..Candidate::default() };
    assert_eq!(claim(&maps, who), "mine mine");
    let other = Candidate { vid: 0x0463, pid: 0x0001, ..Candidate::default() };
    assert_eq!(claim(&maps, other), "mge MGE / Eaton, many models");
}

#[test]
fn a_users_map_may_replace_a_makers() {
    let (mut maps, _) = Maps::builtin();
    maps.add("apc.toml", "maker = \"apc\"\ndevices = [{ id = \"051d:0002\", about = \"all\" }]")
        .unwrap();
    let who = Candidate { vid: 0x051d, pid: 0x0002, ..Candidate::default() };
    assert_eq!(claim(&maps, who), "apc all");
    assert_eq!(maps.iter().filter(|m| m.maker == "apc").count(), 1);
}
