//! What `-h` says of options, by the definitions from which the command line is read.
//!
//! Knows NUT's layout. A program's own words are in its `Command` as well: purpose and usage in
//! `before_help`, what comes behind the options in `after_help`. Pure.

use clap::builder::PossibleValue;
use clap::{Arg, Command};
use std::fmt::Write;

/// Where the texts begin: two tabs.
const COLUMN: usize = 16;
const TAB: usize = 8;

/// The whole text, banner apart; it ends with a line feed.
pub fn text(command: &Command) -> String {
    let mut text =
        command.get_before_help().map_or_else(String::new, |words| format!("{words}\n\n"));
    let mut under = None;
    for option in options(command) {
        let heading = option.get_help_heading();
        if heading != under {
            // Writing into memory cannot fail.
            let _ = writeln!(text, "\n{}:", heading.unwrap_or_default());
            under = heading;
        }
        text.push_str(&row(option));
    }
    if let Some(words) = command.get_after_help() {
        let _ = writeln!(text, "\n{words}");
    }
    text
}

/// The options there are to tell of, in their order.
pub fn options(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set())
}

/// The text of an option, one string a line.
pub fn help(arg: &Arg) -> Vec<String> {
    let text = arg.get_help().map(ToString::to_string).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// The text of a possible value.
pub fn help_of_value(value: &PossibleValue) -> String {
    value.get_help().map(ToString::to_string).unwrap_or_default()
}

fn row(option: &Arg) -> String {
    let mut lines = help(option);
    let values = option.get_possible_values();
    if !values.is_empty() {
        lines.push("commands:".to_owned());
    }
    lines.extend(values.iter().map(|v| format!(" - {}: {}", v.get_name(), help_of_value(v))));
    let names = format!("  {}", names(option));
    let gap = match names.chars().count() {
        ..TAB => "\t\t",
        TAB..COLUMN => "\t",
        _ => "\n\t\t",
    };
    format!("{names}{gap}{}\n", lines.join("\n\t\t"))
}

/// `-m, --mask_cidr <range>`
fn names(option: &Arg) -> String {
    let short = option.get_short().map(|letter| format!("-{letter}"));
    let long = option.get_long().map(|name| format!("--{name}"));
    let names: Vec<String> = short.into_iter().chain(long).collect();
    let values = option.get_value_names().unwrap_or_default();
    let values: String = values.iter().map(|name| format!(" <{name}>")).collect();
    names.join(", ") + &values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{count, flag, value};

    #[test]
    fn options_are_told_in_nuts_layout() {
        let words = [PossibleValue::new("reload").help("read files"), "stop".into()];
        let command = Command::new("upsd")
            .before_help("Serves.\n\nusage: upsd [OPTIONS]")
            .after_help("The end.")
            .arg(value("c", 'c', "command", "send <command>").value_parser(words))
            .arg(count("D", 'D', "more\nand more"))
            .arg(flag("i", 'i', "not told").hide(true))
            .arg(Arg::new("why").long("why").num_args(0).help("the story"))
            .arg(value("m", 'm', "range", "addresses").long("mask_cidr").help_heading("Network"))
            .arg(Arg::new("operand"));
        assert_eq!(
            text(&command),
            "Serves.\n\nusage: upsd [OPTIONS]\n\n  -c <command>\tsend <command>\n\t\tcommands:\n\
             \t\t - reload: read files\n\t\t - stop: \n  -D\t\tmore\n\t\tand more\n  \
             --why\t\tthe story\n\nNetwork:\n  -m, --mask_cidr <range>\n\t\taddresses\n\nThe end.\n"
        );
    }
}
