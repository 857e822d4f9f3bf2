//! Manners of every text file, whatever its language.

use super::{Finding, Source};

/// Files whose blanks mean something or are not ours: the licence, recordings and vectors, inputs of
/// fuzz targets.
fn is_as_it_came(path: &str) -> bool {
    path == "LICENSE" || path.ends_with(".json") || path.starts_with("fuzz/corpus/")
}

/// No blanks at line ends, no tabs outside tables and makefiles, and a line feed at the end.
pub(super) fn blanks(sources: &[Source]) -> Vec<Finding> {
    let ours = sources.iter().filter(|s| !is_as_it_came(&s.path));
    ours.flat_map(blanks_in).collect()
}

fn blanks_in(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (n, line) in source.text.split('\n').enumerate() {
        if line.ends_with([' ', '\t', '\r']) {
            findings.push(Finding::new(source, n + 1, "blank at the end of the line"));
        } else if line.contains('\t') && !wants_tabs(&source.path) {
            findings.push(Finding::new(source, n + 1, "tab; expected blanks"));
        }
    }
    if !source.text.is_empty() && !source.text.ends_with('\n') {
        let last = source.text.lines().count();
        findings.push(Finding::new(source, last, "expected a line feed at the end"));
    }
    findings
}

/// No markers of a merge that was left halfway.
pub(super) fn merges(sources: &[Source]) -> Vec<Finding> {
    let is_marker = |line: &str| ["<<<<<<< ", ">>>>>>> "].iter().any(|m| line.starts_with(m));
    let in_source = |s: &Source| -> Vec<Finding> {
        let marked = s.text.lines().enumerate().filter(|(_, line)| is_marker(line));
        marked.map(|(n, _)| Finding::new(s, n + 1, "marker of a merge")).collect()
    };
    sources.iter().flat_map(in_source).collect()
}

fn wants_tabs(path: &str) -> bool {
    path.ends_with(".tsv") || path == "debian/rules"
}

/// Hosts of package registries: each machine's own clients know theirs.
const HOSTS: [&str; 4] = [
    concat!("deb.", "debian.org"),
    concat!("static.", "crates.io"),
    concat!("files.", "pythonhosted.org"),
    concat!("registry.", "npmjs.org"),
];

/// No file speaks of the machine it was written on, or of the registries it was served by.
pub(super) fn machine(sources: &[Source]) -> Vec<Finding> {
    let needles = [
        concat!("/wo", "rk/"),
        concat!("..", "/shared"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
    ];
    let breach = |line: &str| {
        let path = needles.iter().find(|needle| has_path(line, needle));
        let host = HOSTS.iter().find(|host| line.contains(**host));
        let path = path.map(|needle| format!("{needle}: a path of one machine"));
        path.or_else(|| host.map(|host| format!("{host}: a registry's host")))
    };
    let in_source = |s: &Source| -> Vec<Finding> {
        let lines = s.text.lines().enumerate();
        lines.filter_map(|(n, l)| Some(Finding::new(s, n + 1, breach(l)?))).collect()
    };
    sources.iter().flat_map(in_source).collect()
}

/// Whether a path begins with `start` somewhere: `{root}/x` and `a/root/x` are other paths.
fn has_path(line: &str, start: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || "}_-./".contains(c);
    line.match_indices(start).any(|(at, _)| !line.get(..at).is_some_and(|t| t.ends_with(goes_on)))
}

#[cfg(test)]
mod tests {
    use super::super::{sample, told};
    use super::*;

    #[test]
    fn blanks_and_tabs_are_told() {
        let text = "a \n\tb\nc";
        let tree = [
            sample("x", text),
            sample("LICENSE", text),
            sample("t.tsv", "a\tb\n"),
            sample("debian/rules", "\tdh\n"),
        ];
        assert_eq!(
            told(&blanks(&tree)),
            [
                "x:1: blank at the end of the line",
                "x:2: tab; expected blanks",
                "x:3: expected a line feed at the end",
            ]
        );
        assert_eq!(blanks(&[sample("x", "")]), []);
    }

    #[test]
    fn markers_of_a_merge_are_told() {
        let text = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> 12ab (d)\n";
        let expected = ["x.md:2: marker of a merge", "x.md:6: marker of a merge"];
        assert_eq!(told(&merges(&[sample("x.md", text)])), expected);
    }

    #[test]
    fn paths_of_one_machine_are_told() {
        let text = format!("see {}/x\n/run/nut\n{{a}}/root/x\n", concat!("..", "/shared"));
        assert_eq!(
            told(&machine(&[sample("x", &text)])),
            [format!("x:1: {}: a path of one machine", concat!("..", "/shared"))]
        );
        assert_eq!(
            told(&machine(&[sample("x", &format!("a\nhttp://{}/debian", HOSTS[0]))])),
            [format!("x:2: {}: a registry's host", HOSTS[0])]
        );
    }
}
