//! `tidy`: the repository keeps its own manners.
//!
//! Knows the list of rules and prints every breach as `file:line: message`. A rule reads texts and
//! returns findings; only this module touches the disk. Rules that compilers and clippy already
//! check are not repeated here.

mod documents;
mod functions;
mod lexer;
mod manifests;
mod manual;
mod rust;
mod text;

use crate::{Outcome, Verb, repo};
use std::path::Path;

pub(crate) const VERB: Verb = Verb {
    name: "tidy",
    about: "Check the repository's manners; each breach is printed as file:line: message",
    args: Vec::new,
    run: |_| tidy(),
};

/// A text file of the repository.
struct Source {
    /// Path from the top folder, with slashes.
    path: String,
    text: String,
}

/// One breach of a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    fn new(source: &Source, line: usize, message: impl Into<String>) -> Finding {
        Finding { path: source.path.clone(), line, message: message.into() }
    }
}

/// A rule looks at the whole tree.
type Rule = fn(&[Source]) -> Vec<Finding>;

const RULES: &[Rule] = &[
    text::blanks,
    text::merges,
    text::machine,
    rust::opening,
    rust::length,
    rust::unsafe_code,
    rust::left_undone,
    functions::lengths,
    manifests::homes,
    manifests::programs,
    documents::changelog,
    documents::differences,
    documents::commands,
    documents::samples,
    documents::links,
    documents::generated,
    manual::pages,
    manual::references,
    manual::settings,
];

fn tidy() -> Outcome {
    let sources = sources()?;
    let findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&sources)).collect();
    for Finding { path, line, message } in &findings {
        println!("{path}:{line}: {message}");
    }
    println!("{}", functions::statistics(&sources));
    println!("{} files, {} rules, {} findings", sources.len(), RULES.len(), findings.len());
    match findings.len() {
        0 => Ok(()),
        n => Err(format!("tidy: {n} findings")),
    }
}

/// Every text file of the repository, sorted by path.
fn sources() -> Result<Vec<Source>, String> {
    let mut sources = Vec::new();
    walk(&repo::root(), "", &mut sources)?;
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

fn walk(folder: &Path, prefix: &str, sources: &mut Vec<Source>) -> Outcome {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if is_foreign(&name) {
            continue;
        }
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{path}/"), sources)?;
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            sources.push(Source { path, text });
        }
    }
    Ok(())
}

/// What tools keep or leave there.
fn is_foreign(name: &str) -> bool {
    matches!(name, "target" | ".git" | "__pycache__" | "artifacts")
}

#[cfg(test)]
fn sample(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

#[cfg(test)]
fn told(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|f| format!("{}:{}: {}", f.path, f.line, f.message)).collect()
}
