//! The part of a man page that is made from the program's own definitions: its options.
//!
//! Knows the marks between which they stand, and roff. The words around are written by hand.

use crate::generate::Generated;
use crate::programs::PROGRAMS;
use crate::repo;
use clap::builder::PossibleValue;
use clap::{Arg, Command};
use nut_daemon::usage;

const BEGIN: &str = ".\\\" Written by cargo xtask generate from the program's definitions:";
const END: &str = ".\\\" By hand again:";

/// The page of every program.
pub(crate) fn pages() -> impl Iterator<Item = Generated> {
    PROGRAMS.into_iter().map(|program| {
        let path = format!("docs/man/{}.8", program.name);
        let file = repo::root().join(&path);
        let text = move || with_options(&repo::read(&file)?, &(program.command)());
        Generated { path, text: Box::new(text) }
    })
}

/// The page with the options as they should be.
fn with_options(page: &str, command: &Command) -> Result<String, String> {
    let parts = page.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) =
        parts.ok_or_else(|| format!("expected the marks `{BEGIN}` and `{END}`"))?;
    Ok(format!("{before}{BEGIN}\n{}{END}{after}", options(command)))
}

fn options(command: &Command) -> String {
    let (mut text, mut under) = (String::new(), None);
    for option in usage::options(command) {
        let heading = option.get_help_heading();
        if let Some(heading) = heading.filter(|_| heading != under) {
            text.push_str(&format!(".SS {heading}\n"));
        }
        under = heading;
        text.push_str(&paragraph(option));
    }
    text
}

fn paragraph(option: &Arg) -> String {
    let short = option.get_short().map(|letter| bold(&format!("-{letter}")));
    let long = option.get_long().map(|name| bold(&format!("--{name}")));
    let names: Vec<String> = short.into_iter().chain(long).collect();
    let values = option.get_value_names().unwrap_or_default();
    let values: String = values.iter().map(|name| format!(" {}", italic(name))).collect();
    let words: String = option.get_possible_values().iter().map(word).collect();
    let words = if words.is_empty() { words } else { format!(".RS\n{words}.RE\n") };
    format!(".TP\n{}{values}\n{}{words}", names.join(", "), lines(&usage::help(option)))
}

fn word(value: &PossibleValue) -> String {
    format!(".TP\n{}\n{}", bold(value.get_name()), lines(&[usage::help_of_value(value)]))
}

fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", escape(text).replace('-', "\\-"))
}

fn italic(text: &str) -> String {
    format!("\\fI{}\\fR", escape(text))
}

/// `<value>` in a text is the value of an option; a dash that begins a word is that of an option.
fn lines(texts: &[String]) -> String {
    let line = |text: &String| {
        let text = escape(text).replace('<', "\\fI").replace('>', "\\fR");
        let text = [" -", "(-", "[-"]
            .iter()
            .fold(text, |text, dash| text.replace(dash, &dash.replace('-', "\\-")));
        // A line that begins like a request is none.
        let guard = if text.starts_with(['.', '\'', '-']) { "\\&" } else { "" };
        format!("{guard}{text}\n")
    };
    texts.iter().map(line).collect()
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\e")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nut_daemon::args::{flag, value};

    #[test]
    fn options_stand_between_the_marks() {
        let words = [PossibleValue::new("test-notify").help("send <one>")];
        let command = Command::new("x")
            .arg(value("c", 'c', "command", "send it, -D or not").value_parser(words))
            .arg(flag("q", 'q', ".dev\\n").long("so_quiet").help_heading("Rest"));
        let page = format!("a\n{BEGIN}\nold\n{END}\nb\n");
        let expected = format!(
            "a\n{BEGIN}\n.TP\n\\fB\\-c\\fR \\fIcommand\\fR\nsend it, \\-D or not\n.RS\n.TP\n\
             \\fBtest\\-notify\\fR\nsend \\fIone\\fR\n.RE\n.SS Rest\n.TP\n\\fB\\-q\\fR, \
             \\fB\\-\\-so_quiet\\fR\n\\&.dev\\en\n{END}\nb\n"
        );
        assert_eq!(with_options(&page, &command), Ok(expected));
        assert!(with_options("a\n", &command).unwrap_err().starts_with("expected the marks"));
    }
}
