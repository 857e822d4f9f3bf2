//! What a command line for the shell runs first, as far as that can be told without a shell. Pure.

/// The first word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum First {
    /// A program, by its path or by its name.
    Program(String),
    /// A word that the shell itself understands.
    Shell(String),
    /// Something only a shell can tell.
    Unclear,
    /// Nothing.
    Nothing,
}

/// What ends a word outside quotes.
const ENDS: &str = " \t\n;&|<>()";
/// Words of the POSIX shell that are no programs; the last ones may be both.
const SHELL: &[&str] = &[
    ":", ".", "{", "!", "[", "break", "case", "cd", "continue", "eval", "exit", "export", "for",
    "if", "read", "readonly", "return", "set", "shift", "times", "trap", "umask", "unset", "until",
    "wait", "while", "true", "false", "test", "echo", "printf", "kill", "command",
];

/// Looks at a command. Settings of variables in front of it and `exec` are passed over.
pub fn first(command: &str) -> First {
    let mut rest = command.trim_start();
    loop {
        let Some((word, after)) = word(rest) else { return First::Unclear };
        if word.is_empty() {
            return if rest.is_empty() { First::Nothing } else { First::Unclear };
        }
        if word != "exec" && !is_setting(&word) {
            return named(word);
        }
        rest = after.trim_start();
    }
}

fn named(word: String) -> First {
    match SHELL.contains(&word.as_str()) {
        true => First::Shell(word),
        false => First::Program(word),
    }
}

fn is_setting(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| !c.is_ascii_digit()) && name.chars().all(plain)
}

/// The first word without its quotes, and what follows it. None where the shell would put something
/// else in its place, or a quote has no end.
fn word(text: &str) -> Option<(String, &str)> {
    let mut word = String::new();
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some('\''), _) => word.push(c),
            (_, '$' | '`') | (None, '*' | '?' | '~') => return None,
            (_, '\\') => word.push(chars.next()?.1),
            (None, '\'' | '"') => quote = Some(c),
            (None, _) if ENDS.contains(c) => return Some((word, text.get(at..)?)),
            _ => word.push(c),
        }
    }
    quote.is_none().then_some((word, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_behind_quotes_and_settings() {
        for (command, name) in [
            ("/sbin/shutdown -h +0", "/sbin/shutdown"),
            ("  halt", "halt"),
            ("LANG=C A= exec /sbin/halt -p", "/sbin/halt"),
            ("'/opt/my tools/down' now", "/opt/my tools/down"),
            ("\"/opt/my tools\"/down", "/opt/my tools/down"),
            ("/opt/my\\ tools/down", "/opt/my tools/down"),
            ("halt;sync", "halt"),
            ("halt>/dev/null", "halt"),
            ("9=x", "9=x"),
        ] {
            assert_eq!(first(command), First::Program(name.to_owned()), "{command}");
        }
    }

    #[test]
    fn what_only_a_shell_can_tell_is_left_to_it() {
        for command in
            ["$HALT now", "~/bin/halt", "`which halt`", "/sbin/h*", "'open", "\\", "( halt )", "''"]
        {
            assert_eq!(first(command), First::Unclear, "{command}");
        }
        for (command, word) in [("true", "true"), ("if x; then", "if"), ("[ x ]", "[")] {
            assert_eq!(first(command), First::Shell(word.to_owned()), "{command}");
        }
        assert_eq!(
            (first(""), first("  "), first("A=b")),
            (First::Nothing, First::Nothing, First::Nothing)
        );
    }
}
