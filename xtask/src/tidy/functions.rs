//! How long functions are: half of them fit in ten lines, nine in ten on one screen.
//!
//! Counts from the line with `fn` to the closing brace, in all Rust outside tests.

use super::{Finding, Source, lexer, rust};

/// Half of the functions have at most this many lines.
const HALF: usize = 10;
/// Nine in ten have at most this many: one screen.
const SCREEN: usize = 50;

/// A function and where it stands.
struct Function<'a> {
    source: &'a Source,
    line: usize,
    name: String,
    lines: usize,
}

/// The rule; where it is broken the longest functions are named.
pub(super) fn lengths(sources: &[Source]) -> Vec<Finding> {
    let functions = functions(sources);
    let (half, nine_in_ten) = (at(&functions, 50), at(&functions, 90));
    if half <= HALF && nine_in_ten <= SCREEN {
        return Vec::new();
    }
    let limit = if nine_in_ten > SCREEN { SCREEN } else { HALF };
    let long = functions.iter().filter(|f| f.lines > limit);
    long.map(|f| Finding::new(f.source, f.line, format!("{} has {} lines", f.name, f.lines)))
        .collect()
}

/// One line about all functions.
pub(super) fn statistics(sources: &[Source]) -> String {
    let functions = functions(sources);
    let count = |limit| functions.iter().filter(|f| f.lines <= limit).count();
    format!(
        "{} functions outside tests: half have at most {} lines, nine in ten at most {}, the longest {}; {} of them fit in {HALF} lines, {} in {SCREEN}",
        functions.len(),
        at(&functions, 50),
        at(&functions, 90),
        at(&functions, 100),
        count(HALF),
        count(SCREEN),
    )
}

/// The length that so many of a hundred functions do not exceed.
fn at(functions: &[Function<'_>], percent: usize) -> usize {
    let mut lengths: Vec<usize> = functions.iter().map(|f| f.lines).collect();
    lengths.sort_unstable();
    let rank = (lengths.len() * percent).div_ceil(100);
    lengths.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

fn functions(sources: &[Source]) -> Vec<Function<'_>> {
    rust::outside_tests(sources).flat_map(of_one).collect()
}

fn of_one(source: &Source) -> Vec<Function<'_>> {
    let code = lexer::code_outside_tests(&source.text);
    let starts = code.match_indices("fn ").map(|(at, _)| at);
    starts.filter_map(|start| function(source, &code, start)).collect()
}

fn function<'a>(source: &'a Source, code: &str, start: usize) -> Option<Function<'a>> {
    let (before, item) = code.split_at_checked(start)?;
    if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let name: String =
        item.get(3..)?.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let item = item.get(..lexer::item_length(item))?;
    if name.is_empty() || !item.ends_with('}') {
        return None;
    }
    let line = before.matches('\n').count() + 1;
    Some(Function { source, line, name, lines: item.matches('\n').count() + 1 })
}

#[cfg(test)]
mod tests {
    use super::super::{sample, told};
    use super::*;

    #[test]
    fn functions_are_found_and_measured() {
        let source = sample(
            "crates/a/src/x.rs",
            "trait T { fn no(&self); }\npub fn one() {}\nfn two(f: fn(u8)) {\n  { }\n}\n",
        );
        let found = of_one(&source);
        let shown: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
        assert_eq!(shown, [("one", 2, 1), ("two", 3, 3)]);
    }

    #[test]
    fn long_functions_are_named_when_there_are_too_many() {
        let long = format!("fn long() {{\n{}}}\nfn short() {{}}\n", "a();\n".repeat(60));
        let found = lengths(&[sample("crates/a/src/x.rs", &long)]);
        assert_eq!(told(&found), ["crates/a/src/x.rs:1: long has 62 lines"]);
        assert_eq!(lengths(&[sample("crates/a/src/x.rs", "fn short() {}\n")]), []);
    }
}
