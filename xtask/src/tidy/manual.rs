//! Manners of man pages: every program, file and setting has its place there, and no other has one.
//!
//! Knows how a page marks the paragraphs of settings. That options are up to date is for `generated`.

use super::{Finding, Source};
use crate::layout::{self, Content};
use crate::programs::{self, Settings};

const FOLDER: &str = "docs/man/";
const END: &str = ".\\\" End of settings.";

/// Pages of others that ours refer to.
const FOREIGN: [&str; 4] = ["sleep(1)", "strftime(3)", "systemctl(1)", "timeout(1)"];

/// Every program and every sample of the configuration has a page.
pub(super) fn pages(sources: &[Source]) -> Vec<Finding> {
    let wanted = layout::items().into_iter().filter_map(|item| match item.content {
        Content::Program(name) => Some(format!("{name}.8")),
        Content::File(file) => file.strip_prefix("etc/").map(|name| format!("{name}.5")),
        _ => None,
    });
    let missing = wanted.map(|name| format!("{FOLDER}{name}"));
    let missing = missing.filter(|path| !sources.iter().any(|s| s.path == *path));
    missing.map(|path| Finding { path, line: 1, message: "expected this page".into() }).collect()
}

/// A page that another one refers to is there, or is known to be somebody else's.
pub(super) fn references(sources: &[Source]) -> Vec<Finding> {
    let pages = sources.iter().filter(|s| s.path.starts_with(FOLDER));
    let is_there = |name: &str| sources.iter().any(|s| s.path == format!("{FOLDER}{name}"));
    pages
        .flat_map(|page| {
            let lines = page.text.lines().enumerate();
            let referred = lines.filter_map(|(n, line)| Some((n, reference(line)?)));
            let bad = referred.filter(|(_, (name, section))| {
                !is_there(&format!("{name}.{section}"))
                    && !FOREIGN.contains(&&*format!("{name}({section})"))
            });
            bad.map(|(n, (name, section))| {
                Finding::new(page, n + 1, format!("no page {name}({section})"))
            })
            .collect::<Vec<_>>()
        })
        .collect()
}

/// The page that `.BR name (section)` refers to.
fn reference(line: &str) -> Option<(String, &str)> {
    let (name, rest) = line.strip_prefix(".BR ")?.split_once(" (")?;
    let (section, _) = rest.split_once(')')?;
    Some((name.replace("\\-", "-"), section))
}

/// Each setting that a program reads has its paragraph, and each paragraph its setting.
pub(super) fn settings(sources: &[Source]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = programs::SETTINGS
        .iter()
        .flat_map(|table| compare(sources, table, &(table.names)()))
        .collect();
    findings.extend(variables(sources));
    findings
}

/// The variables of nut.conf are those that scripts ask `nut-conf.sh` for.
fn variables(sources: &[Source]) -> Vec<Finding> {
    let scripts = sources.iter().filter(|s| s.path.starts_with("systemd/"));
    let asked = scripts.flat_map(|script| script.text.split(" value ").skip(1));
    let names =
        asked.filter_map(|rest| rest.split(|c: char| !c.is_ascii_uppercase() && c != '_').next());
    let mut names: Vec<&str> = names.filter(|name| name.len() > 1 && *name != "NAME").collect();
    names.sort_unstable();
    names.dedup();
    let table = Settings { page: "docs/man/nut.conf.5", called: "variables", names: Vec::new };
    compare(sources, &table, &names)
}

fn compare(sources: &[Source], table: &Settings, names: &[&str]) -> Vec<Finding> {
    let Some(page) = sources.iter().find(|s| s.path == table.page) else { return Vec::new() };
    let told = paragraphs(&page.text, table.called);
    let missing = names.iter().filter(|name| !told.iter().any(|(_, told)| told == *name));
    let missing = missing.map(|name| Finding::new(page, 1, format!("no paragraph about {name}")));
    let extra = told.iter().filter(|(_, told)| !names.contains(&&**told));
    let extra =
        extra.map(|(line, told)| Finding::new(page, *line, format!("there is no setting {told}")));
    missing.chain(extra).collect()
}

/// Line and name of each paragraph between the marks. Such a one is outside of `.RS` and `.RE`.
fn paragraphs(page: &str, called: &str) -> Vec<(usize, String)> {
    let begin = format!(".\\\" Settings ({called}):");
    let (mut inside, mut deep, mut found) = (false, false, Vec::new());
    let mut lines = page.lines().enumerate().peekable();
    while let Some((_, line)) = lines.next() {
        match line {
            _ if line == begin => inside = true,
            END => inside = false,
            ".RS" => deep = true,
            ".RE" => deep = false,
            ".TP" | ".TQ" if inside && !deep => {
                found.extend(lines.peek().and_then(|(n, tag)| Some((n + 1, name(tag)?))));
            }
            _ => {}
        }
    }
    found
}

/// The first word in bold.
fn name(tag: &str) -> Option<String> {
    let bold = tag.strip_prefix("\\fB").or_else(|| tag.strip_prefix(".B "))?;
    let word = bold.split(['\\', ' ']).next()?;
    Some(word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{sample, told};
    use super::*;

    #[test]
    fn settings_and_paragraphs_are_compared() {
        let table = Settings { page: "docs/man/x.5", called: "some", names: Vec::new };
        let text = ".TP\n.B outside\n.\\\" Settings (some):\n.TP\n\\fBAT\\fR \\fIx\\fR\n.RS\n.TP\n.B word\n\
                    .RE\n.TP\n.B flag\n.TQ\n\\fBdefault.\\fIx\\fR = y\n.\\\" End of settings.\n.TP\n.B more\n";
        let page = [sample("docs/man/x.5", text)];
        assert_eq!(compare(&page, &table, &["AT", "flag", "default."]), []);
        assert_eq!(
            told(&compare(&page, &table, &["AT", "flag", "NEW"])),
            [
                "docs/man/x.5:1: no paragraph about NEW",
                "docs/man/x.5:13: there is no setting default."
            ]
        );
    }

    #[test]
    fn variables_of_scripts_are_those_of_the_page() {
        let page =
            ".\\\" Settings (variables):\n.TP\n\\fBMODE\\fR=\\fIword\\fR\n.\\\" End of settings.\n";
        let script =
            "case $(\"$conf\" value MODE) in\nw=$(\"$conf\" value WAIT)\n# x value NAME prints\n";
        let tree = [sample("docs/man/nut.conf.5", page), sample("systemd/x", script)];
        assert_eq!(told(&variables(&tree)), ["docs/man/nut.conf.5:1: no paragraph about WAIT"]);
    }

    #[test]
    fn pages_are_there() {
        let found = pages(&[sample("docs/man/upsd.8", ""), sample("docs/man/upsd.conf.5", "")]);
        let is_missing = |path: &str| found.iter().any(|f| f.path == path);
        assert!(is_missing("docs/man/upsmon.8") && is_missing("docs/man/nut.conf.5"));
        assert!(!is_missing("docs/man/upsd.8") && !is_missing("docs/man/upsd.conf.5"));
        let text = ".BR upsd (8),\n.BR dummy\\-ups (8)\n.BR strftime (3)\nsee\n.BR ghost (5).\n";
        let tree = [sample("docs/man/x.8", text), sample("docs/man/upsd.8", "")];
        assert_eq!(
            told(&references(&tree)),
            ["docs/man/x.8:2: no page dummy-ups(8)", "docs/man/x.8:5: no page ghost(5)"]
        );
    }
}
