//! Manners of Rust files: how they open, how long they are, what they do not hold.
//!
//! Looks at text and tokens, never at types: what clippy can say, clippy says.

use super::{Finding, Source, lexer};

/// A file beyond this has most likely two purposes. 600 lines are ten screens with their tests;
/// what is longer by nature is data and belongs into a data file.
const LINES: usize = 600;

/// The one file that may hold `unsafe`.
const UNSAFE_HOME: &str = "crates/nut-daemon/src/os.rs";

/// Rust files that are not tests by their place.
pub(super) fn outside_tests(sources: &[Source]) -> impl Iterator<Item = &Source> {
    sources.iter().filter(|s| is_rust(s) && !is_test(&s.path) && !is_for_tests(s, sources))
}

fn is_rust(source: &Source) -> bool {
    source.path.ends_with(".rs")
}

fn is_test(path: &str) -> bool {
    let for_tests = ["compliance/", "fuzz/"];
    path.ends_with("/tests.rs")
        || path.contains("/tests/")
        || for_tests.iter().any(|w| path.starts_with(w))
}

/// Whether the module above names it under `#[cfg(test)]`, or is for tests itself.
fn is_for_tests(source: &Source, sources: &[Source]) -> bool {
    let path = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    if ["main", "lib"].contains(&name) {
        return false;
    }
    let declared =
        ["", "pub(crate) ", "pub(super) "].map(|p| format!("#[cfg(test)]\n{p}mod {name};"));
    let above = ["/mod.rs", "/lib.rs", "/main.rs", ".rs"].map(|end| format!("{folder}{end}"));
    let mut above = sources.iter().filter(|s| above.contains(&s.path));
    above.any(|s| declared.iter().any(|d| s.text.contains(d)) || is_for_tests(s, sources))
}

/// Every module opens with `//!`: what it knows, and what it leaves to others.
pub(super) fn opening(sources: &[Source]) -> Vec<Finding> {
    let bad = sources.iter().filter(|s| is_rust(s) && !s.text.starts_with("//! "));
    bad.map(|s| Finding::new(s, 1, "expected a first line `//! ...`: what the module knows"))
        .collect()
}

/// No file is longer than [`LINES`].
pub(super) fn length(sources: &[Source]) -> Vec<Finding> {
    let count = |s: &Source| s.text.lines().count();
    let long = sources.iter().filter(|s| is_rust(s) && count(s) > LINES);
    long.map(|s| Finding::new(s, LINES, format!("{} lines; at most {LINES}", count(s)))).collect()
}

/// `unsafe` has one home.
pub(super) fn unsafe_code(sources: &[Source]) -> Vec<Finding> {
    let elsewhere = sources.iter().filter(|s| is_rust(s) && s.path != UNSAFE_HOME);
    let find = |s| words(s, lexer::code_only, &["unsafe"], &format!("only in {UNSAFE_HOME}"));
    elsewhere.flat_map(find).collect()
}

/// Code that runs for users neither gives up nor stays unfinished.
pub(super) fn left_undone(sources: &[Source]) -> Vec<Finding> {
    let panics = ["todo!", "unimplemented!", ".unwrap()", ".expect(", "panic!", "#[ignore"];
    let code = outside_tests(sources)
        .flat_map(|s| words(s, lexer::code_outside_tests, &panics, "not outside tests"));
    let marks = [concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X:")];
    let comments = sources.iter().filter(|s| is_rust(s));
    let comments = comments.flat_map(|s| words(s, str::to_owned, &marks, "finish it"));
    code.chain(comments).collect()
}

/// Where one of `needles` stands as a word in the prepared text.
fn words(
    source: &Source,
    prepare: impl Fn(&str) -> String,
    needles: &[&str],
    why: &str,
) -> Vec<Finding> {
    let text = prepare(&source.text);
    let line = |(n, line): (usize, &str)| {
        let found = needles.iter().filter(|needle| has_word(line, needle));
        found
            .map(|needle| Finding::new(source, n + 1, format!("{needle}: {why}")))
            .collect::<Vec<_>>()
    };
    text.lines().enumerate().flat_map(line).collect()
}

fn has_word(line: &str, needle: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(needle).any(|(at, _)| {
        let before =
            line.get(..at).is_some_and(|t| t.ends_with(is_word) && needle.starts_with(is_word));
        let after = line.get(at + needle.len()..);
        !before && !after.is_some_and(|t| t.starts_with(is_word) && needle.ends_with(is_word))
    })
}

#[cfg(test)]
mod tests {
    use super::super::{sample, told};
    use super::*;

    #[test]
    fn a_file_opens_with_what_it_knows() {
        let tree = [sample("a.rs", "//! Knows.\n"), sample("b.rs", "fn b() {}\n")];
        assert_eq!(
            told(&opening(&tree)),
            ["b.rs:1: expected a first line `//! ...`: what the module knows"]
        );
    }

    #[test]
    fn long_files_are_told() {
        let tree = [sample("a.rs", &"\n".repeat(600)), sample("b.rs", &"\n".repeat(601))];
        assert_eq!(told(&length(&tree)), ["b.rs:600: 601 lines; at most 600"]);
    }

    #[test]
    fn unsafe_outside_its_home_is_told() {
        let code = "// unsafe in words\nlet unsafe_code = \"unsafe\";\nunsafe { f() }\n";
        let tree = [sample("crates/a/src/x.rs", code), sample(UNSAFE_HOME, code)];
        assert_eq!(
            told(&unsafe_code(&tree)),
            ["crates/a/src/x.rs:3: unsafe: only in crates/nut-daemon/src/os.rs"]
        );
    }

    #[test]
    fn giving_up_is_for_tests() {
        let code = "fn f() { a.unwrap() }\n#[cfg(test)]\nmod tests { fn t() { a.unwrap() } }\n";
        let tree = [sample("crates/a/src/x.rs", code), sample("crates/a/tests/x.rs", code)];
        assert_eq!(
            told(&left_undone(&tree)),
            ["crates/a/src/x.rs:1: .unwrap(): not outside tests"]
        );
        let above = sample("crates/a/src/main.rs", "#[cfg(test)]\nmod testing;\n");
        let folder = sample("crates/a/src/testing/mod.rs", "mod deep;\n");
        let deep = sample("crates/a/src/testing/deep.rs", code);
        assert_eq!(left_undone(&[above, folder, deep]), []);
        let mark = format!("// {}: later\n", concat!("FIX", "ME"));
        assert_eq!(left_undone(&[sample("crates/a/tests/x.rs", &mark)]).len(), 1);
    }
}
