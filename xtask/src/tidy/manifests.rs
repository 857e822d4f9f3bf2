//! Who depends on whom: every outside crate has a home, and no program is a library.
//!
//! The homes stand in the architecture page's table, so that the page cannot go out of date.

use super::{Finding, Source};
use toml::Table;

const PAGE: &str = "docs/architecture.md";
/// The heading above the table of outside crates and their homes.
const HEADING: &str = "## Homes of outside crates";

/// A row of the table: an outside crate and the folders that may name it.
struct Home<'a> {
    name: &'a str,
    line: usize,
    folders: Vec<&'a str>,
}

/// Every outside crate is used in its homes only, and every home is used.
pub(super) fn homes(sources: &[Source]) -> Vec<Finding> {
    let Some(page) = sources.iter().find(|s| s.path == PAGE) else { return Vec::new() };
    let homes = table(page);
    let mut findings = Vec::new();
    for manifest in manifests(sources) {
        let folder = folder(&manifest.path);
        let strangers = dependencies(manifest).into_iter().filter(|d| !is_ours(d, sources));
        for name in strangers {
            let known = homes.iter().find(|h| h.name == name);
            if !known.is_some_and(|h| h.folders.contains(&folder)) {
                let message = format!("{name} has no home in {folder}: see {PAGE}");
                findings.push(Finding::new(manifest, line_of(manifest, &name), message));
            }
        }
    }
    findings.extend(unused(page, &homes, sources));
    findings
}

fn unused(page: &Source, homes: &[Home<'_>], sources: &[Source]) -> Vec<Finding> {
    let uses = |folder: &str, name: &str| {
        let manifest = manifests(sources).find(|m| self::folder(&m.path) == folder);
        manifest.is_some_and(|m| dependencies(m).iter().any(|d| d == name))
    };
    let in_row = |home: &Home<'_>| {
        let idle = home.folders.iter().filter(|folder| !uses(folder, home.name));
        idle.map(|f| Finding::new(page, home.line, format!("{f} does not use {}", home.name)))
            .collect::<Vec<_>>()
    };
    homes.iter().flat_map(in_row).collect()
}

fn table(page: &Source) -> Vec<Home<'_>> {
    let lines = page.text.lines().enumerate().skip_while(|(_, line)| *line != HEADING).skip(1);
    let lines = lines.take_while(|(_, line)| !line.starts_with("## "));
    lines.filter_map(|(n, line)| home(n + 1, line)).collect()
}

fn home(line: usize, text: &str) -> Option<Home<'_>> {
    let mut cells = text.strip_prefix("| `")?.split('|');
    let name = cells.next()?.trim().trim_end_matches('`');
    let folders = cells.next()?.split(',').map(|f| f.trim().trim_matches('`')).collect();
    Some(Home { name, line, folders })
}

/// Programs meet on a socket or not at all.
pub(super) fn programs(sources: &[Source]) -> Vec<Finding> {
    let is_program = |name: &str| {
        let main = format!("crates/{name}/src/main.rs");
        let bin = format!("crates/{name}/src/bin/");
        sources.iter().any(|s| s.path == main || s.path.starts_with(&bin))
    };
    let in_manifest = |manifest: &Source| {
        let bad: Vec<String> =
            dependencies(manifest).into_iter().filter(|d| is_program(d)).collect();
        let tell = |name: &String| {
            let message = format!("{name} is a program; programs meet on a socket or not at all");
            Finding::new(manifest, line_of(manifest, name), message)
        };
        bad.iter().map(tell).collect::<Vec<_>>()
    };
    manifests(sources).filter(|m| m.path.starts_with("crates/")).flat_map(in_manifest).collect()
}

/// The manifests of the main workspace's crates.
fn manifests(sources: &[Source]) -> impl Iterator<Item = &Source> {
    let is_ours = |path: &str| path.starts_with("crates/") || path.starts_with("xtask/");
    sources.iter().filter(move |s| s.path.ends_with("/Cargo.toml") && is_ours(&s.path))
}

fn folder(manifest: &str) -> &str {
    manifest.trim_end_matches("/Cargo.toml").trim_start_matches("crates/")
}

fn is_ours(name: &str, sources: &[Source]) -> bool {
    manifests(sources).any(|m| folder(&m.path) == name)
}

/// Names of all dependencies, those of tests included. One that cannot be read has none: cargo
/// itself says so.
fn dependencies(manifest: &Source) -> Vec<String> {
    let Ok(table) = manifest.text.parse::<Table>() else { return Vec::new() };
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let names = |kind| table.get(kind).and_then(|t| t.as_table()).map(|t| t.keys().cloned());
    kinds.into_iter().filter_map(names).flatten().collect()
}

fn line_of(manifest: &Source, name: &str) -> usize {
    manifest.text.lines().position(|line| line.starts_with(name)).map_or(1, |n| n + 1)
}

#[cfg(test)]
mod tests {
    use super::super::{sample, told};
    use super::*;

    fn tree(upsd: &str, page: &str) -> Vec<Source> {
        vec![
            sample("crates/upsd/Cargo.toml", upsd),
            sample("crates/upsd/src/main.rs", ""),
            sample("crates/upsc/Cargo.toml", "[dependencies]\n"),
            sample("crates/upsc/src/bin/upsc.rs", ""),
            sample("crates/nut-proto/Cargo.toml", "[dependencies]\n"),
            sample(PAGE, &format!("{HEADING}\n\n| crate | homes | for |\n|---|---|---|\n{page}")),
        ]
    }

    #[test]
    fn crates_live_where_the_page_says() {
        let row = "| `mio` | `upsd`, upsc | polling |\n";
        let uses = "[dependencies]\nnut-proto = {}\nmio = \"1\"\nlog = \"1\"\n";
        assert_eq!(
            told(&homes(&tree(uses, row))),
            [
                "crates/upsd/Cargo.toml:4: log has no home in upsd: see docs/architecture.md",
                "docs/architecture.md:5: upsc does not use mio",
            ]
        );
        assert_eq!(homes(&tree("[dependencies]\nmio = \"1\"\n", "| `mio` | `upsd` | |\n")), []);
    }

    #[test]
    fn programs_do_not_depend_on_programs() {
        let found = programs(&tree("[dependencies]\nnut-proto = {}\nupsc = {}\n", ""));
        assert_eq!(
            told(&found),
            [
                "crates/upsd/Cargo.toml:3: upsc is a program; programs meet on a socket or not at all"
            ]
        );
    }
}
