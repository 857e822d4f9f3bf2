//! The configuration grammar: positions lie in the file, and what is clean is read without complaint.

use crate::Target;
use nut_proto::conf::ups_conf::UpsConf;
use nut_proto::conf::{ConfLine, Diagnostic, Position, parse, sections};
use nut_proto::line::quote;

pub const TARGET: Target = Target {
    name: "configuration",
    run,
    words: &[
        "[ups]",
        "[my ups]",
        "driver = ",
        "port=auto",
        "\n",
        "\"",
        "\\\n",
        "# ",
        "LISTEN ",
        "MAXAGE ",
        "password = ",
        "upsmon primary",
        "actions = SET",
        "\u{201c}",
        "\u{feff}",
    ],
};

fn run(data: &[u8]) {
    let (lines, diagnostics) = parse("f", data);
    let last = 1 + data.iter().filter(|&&b| b == b'\n').count();
    let inside = |at: Position| at.line >= 1 && at.line as usize <= last && at.column >= 1;
    assert!(lines.iter().flat_map(|l| &l.words).all(|w| inside(w.position)));
    assert!(diagnostics.iter().map(Diagnostic::position).all(inside));
    again(&lines);

    let (blocks, more) = sections("f", lines.clone());
    assert!(more.iter().map(Diagnostic::position).all(inside));
    let kept: usize = blocks.iter().map(|b| b.lines.len()).sum();
    assert!(kept <= lines.len());

    let (conf, all) = UpsConf::parse("f", data);
    assert!(all.windows(2).all(|two| two[0].position() <= two[1].position()), "file order");
    for settings in conf.sections.iter().map(|s| &s.settings).chain([&conf.global]) {
        let mut told = Vec::new();
        for entry in &settings.entries {
            settings.int(&entry.key, &mut told);
            settings.bool(&entry.key, &mut told);
            settings.flag(&entry.key, &mut told);
        }
        assert!(told.iter().map(Diagnostic::position).all(inside));
    }
}

/// The same words, written cleanly, give the same words and no complaint but about limits.
fn again(lines: &[ConfLine]) {
    let quoted = |l: &ConfLine| l.texts().iter().map(|t| quote(t)).collect::<Vec<_>>().join(" ");
    let text: String = lines.iter().map(|l| quoted(l) + "\n").collect();
    let (same, complaints) = parse("f", text.as_bytes());
    assert_eq!(
        same.iter().map(ConfLine::texts).collect::<Vec<_>>(),
        lines.iter().map(ConfLine::texts).collect::<Vec<_>>()
    );
    assert!(complaints.iter().all(|d| d.message.contains("any further ones")), "{complaints:?}");
}
