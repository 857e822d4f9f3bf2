//! Manners of documents: they name what exists.

use super::{Finding, Source};
use crate::VERBS;
use crate::generate::{self, Generated};

fn page<'a>(sources: &'a [Source], path: &str) -> Option<&'a Source> {
    sources.iter().find(|s| s.path == path)
}

/// The change log has a place for what is not released yet.
pub(super) fn changelog(sources: &[Source]) -> Vec<Finding> {
    let heading = |s: &Source| s.text.lines().any(|line| line.starts_with("## Unreleased"));
    match page(sources, "CHANGELOG.md") {
        Some(s) if heading(s) => Vec::new(),
        Some(s) => vec![Finding::new(s, 1, "expected a heading `## Unreleased`")],
        None => vec![missing("CHANGELOG.md")],
    }
}

fn missing(path: &str) -> Finding {
    Finding { path: path.to_owned(), line: 1, message: "expected this file".to_owned() }
}

/// Every row of the differences has four cells; only the reason may go without saying.
pub(super) fn differences(sources: &[Source]) -> Vec<Finding> {
    let Some(page) = page(sources, "docs/differences.md") else {
        return vec![missing("docs/differences.md")];
    };
    let rows = page.text.lines().enumerate().filter(|(_, line)| line.starts_with('|'));
    let bad = rows.filter(|(_, line)| !is_full_row(line));
    let message = "expected `| where | NUT 2.8.5 | here | why |`, the first three not empty";
    bad.map(|(n, _)| Finding::new(page, n + 1, message)).collect()
}

fn is_full_row(line: &str) -> bool {
    let inside = line.strip_prefix('|').and_then(|l| l.strip_suffix('|')).unwrap_or_default();
    let hidden = inside.replace("\\|", "");
    let cells: Vec<&str> = hidden.split('|').collect();
    cells.len() == 4 && cells.iter().take(3).all(|c| !c.trim().is_empty())
}

/// Every `cargo xtask WORD` in a document is a verb.
pub(super) fn commands(sources: &[Source]) -> Vec<Finding> {
    let documents = sources.iter().filter(|s| s.path.ends_with(".md") || s.path == ".ci/run");
    documents.flat_map(commands_in).collect()
}

fn commands_in(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (n, line) in source.text.lines().enumerate() {
        for (at, found) in line.match_indices("cargo xtask ") {
            let after = line.get(at + found.len()..).unwrap_or_default();
            let verb: String =
                after.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            let known = verb == "help" || VERBS.iter().any(|v| v.name == verb);
            if !known && !verb.is_empty() {
                findings.push(Finding::new(
                    source,
                    n + 1,
                    format!("{verb} is not a verb of xtask"),
                ));
            }
        }
    }
    findings
}

/// Every sample in `etc/` is named by some test.
pub(super) fn samples(sources: &[Source]) -> Vec<Finding> {
    let named =
        |path: &str| sources.iter().any(|s| s.path.ends_with(".rs") && s.text.contains(path));
    let samples = sources.iter().filter(|s| s.path.starts_with("etc/") && !s.path.ends_with(".md"));
    let bad = samples.filter(|s| !named(&s.path));
    bad.map(|s| Finding::new(s, 1, "no test loads this sample")).collect()
}

/// Links between documents lead to files or folders of the repository.
pub(super) fn links(sources: &[Source]) -> Vec<Finding> {
    let documents = sources.iter().filter(|s| s.path.ends_with(".md"));
    documents.flat_map(|page| broken_links(page, sources)).collect()
}

fn broken_links(page: &Source, sources: &[Source]) -> Vec<Finding> {
    let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let leads_somewhere = |link: &str| {
        let path = if folder.is_empty() { link.to_owned() } else { format!("{folder}/{link}") };
        let path = path.trim_end_matches('/');
        sources.iter().any(|s| s.path == path || s.path.starts_with(&format!("{path}/")))
    };
    let mut findings = Vec::new();
    for (n, line) in page.text.lines().enumerate() {
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let inside = targets.filter(|link| !link.is_empty() && !link.contains(':'));
        for link in inside.filter(|link| !leads_somewhere(link)) {
            findings.push(Finding::new(page, n + 1, format!("{link} is not there")));
        }
    }
    findings
}

/// What follows from maps and programs is up to date.
pub(super) fn generated(sources: &[Source]) -> Vec<Finding> {
    generate::files().iter().filter_map(|file| out_of_date(file, sources)).collect()
}

fn out_of_date(file: &Generated, sources: &[Source]) -> Option<Finding> {
    let Some(page) = page(sources, &file.path) else { return Some(missing(&file.path)) };
    match (file.text)() {
        Ok(text) if text == page.text => None,
        Ok(_) => Some(Finding::new(page, 1, generate::ADVICE)),
        Err(why) => Some(Finding::new(page, 1, why)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{sample, told};
    use super::*;

    #[test]
    fn the_change_log_has_an_unreleased_part() {
        assert_eq!(changelog(&[sample("CHANGELOG.md", "# C\n\n## Unreleased\n")]), []);
        assert_eq!(changelog(&[sample("CHANGELOG.md", "# C\n")]).len(), 1);
        assert_eq!(told(&changelog(&[])), ["CHANGELOG.md:1: expected this file"]);
    }

    #[test]
    fn rows_of_differences_are_full() {
        let text = "# D\n| a | b | c | d |\n|---|---|---|---|\n| a | b \\| c | | d |\n| a | b |\n";
        let found = differences(&[sample("docs/differences.md", text)]);
        assert_eq!(found.iter().map(|f| f.line).collect::<Vec<_>>(), [4, 5]);
    }

    #[test]
    fn commands_in_documents_exist() {
        let text =
            "`cargo xtask tidy`, `cargo xtask help`, cargo xtask nonesuch, cargo xtask VERB\n";
        let found = commands(&[sample("README.md", text), sample("x.rs", text)]);
        assert_eq!(told(&found), ["README.md:1: nonesuch is not a verb of xtask"]);
    }

    #[test]
    fn samples_are_loaded() {
        let test = sample("crates/a/tests/t.rs", "include_bytes!(\"../../etc/ups.conf\")");
        let tree = [sample("etc/ups.conf", ""), sample("etc/upsd.conf", ""), test];
        assert_eq!(told(&samples(&tree)), ["etc/upsd.conf:1: no test loads this sample"]);
    }

    #[test]
    fn links_lead_somewhere() {
        let text = "[a](b.md) [c](decisions/) [d](https://x.example/) [e](#f)\n[g](gone.md)\n";
        let tree =
            [sample("docs/a.md", text), sample("docs/b.md", ""), sample("docs/decisions/c.md", "")];
        assert_eq!(told(&links(&tree)), ["docs/a.md:2: gone.md is not there"]);
        assert_eq!(links(&[sample("R.md", "[a](docs/b.md)"), sample("docs/b.md", "")]), []);
    }

    #[test]
    fn generated_files_are_compared() {
        let texts = || generate::files().into_iter().map(|f| sample(&f.path, &(f.text)().unwrap()));
        assert_eq!(generated(&texts().collect::<Vec<_>>()), []);
        let old: Vec<_> = texts().map(|s| sample(&s.path, "# old\n")).collect();
        let all = generate::files().len();
        assert_eq!((generated(&old).len(), generated(&[]).len()), (all, all));
    }
}
