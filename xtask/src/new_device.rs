//! The quotes in `docs/new-device.md`: what `cargo xtask map-draft` prints is printed there.
//!
//! Knows how a quote stands in the page: the command as an indented line that begins with `$`, its
//! output indented below. The words around it are written by hand.

use crate::{map_draft, repo};

/// The page.
pub(crate) const PAGE: &str = "docs/new-device.md";

const INDENT: &str = "    ";
const COMMAND: &str = "    $ cargo xtask map-draft ";

/// The page with its quotes as they should be.
pub(crate) fn page() -> Result<String, String> {
    requote(&repo::read(&repo::root().join(PAGE))?, |file| {
        map_draft::of_file(&repo::root().join(file))
    })
}

fn requote(page: &str, draft: impl Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let mut out = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        push(&mut out, line);
        if let Some(file) = line.strip_prefix(COMMAND) {
            while lines.next_if(|line| line.is_empty() || line.starts_with(INDENT)).is_some() {}
            draft(file)?.lines().for_each(|line| push(&mut out, &indented(line)));
            push(&mut out, "");
        }
    }
    Ok(out)
}

fn indented(line: &str) -> String {
    if line.is_empty() { String::new() } else { format!("{INDENT}{line}") }
}

fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_quote_changes() {
        let page = "a\n\n    $ other\n    x\n\n    $ cargo xtask map-draft f.json\n    old\n\n    older\n\nb\n";
        let new = requote(page, |file| Ok(format!("# {file}\n\nnew\n"))).unwrap();
        assert_eq!(
            new,
            "a\n\n    $ other\n    x\n\n    $ cargo xtask map-draft f.json\n    # f.json\n\n    new\n\nb\n"
        );
    }
}
