//! Completions for shells, from the programs' own definitions.
//!
//! Knows where each shell looks for them. They are made when an installation or a package is, and stand
//! nowhere in the repository.

use crate::programs::PROGRAMS;
use clap::Command;
use clap_complete::Shell;

/// The place of a program's file.
type Place = fn(&str) -> String;

/// The shells, in whose folders below the root a file of this name is looked for.
const SHELLS: [(Shell, Place); 3] = [
    (Shell::Bash, |name| format!("usr/share/bash-completion/completions/{name}")),
    (Shell::Zsh, |name| format!("usr/share/zsh/vendor-completions/_{name}")),
    (Shell::Fish, |name| format!("usr/share/fish/vendor_completions.d/{name}.fish")),
];

/// Place and shell of every file for a program.
pub(crate) fn places(name: &str) -> impl Iterator<Item = (String, Shell)> {
    SHELLS.into_iter().map(move |(shell, place)| (place(name), shell))
}

/// What a file for a program holds; nothing for one that there is not.
pub(crate) fn script(shell: Shell, name: &str) -> Vec<u8> {
    let mut script = Vec::new();
    if let Some(program) = PROGRAMS.iter().find(|program| program.name == name) {
        clap_complete::generate(shell, &mut plain(&(program.command)()), name, &mut script);
    }
    script
}

/// Without the options that clap would add, and those that are not told of.
fn plain(command: &Command) -> Command {
    let told = command.get_arguments().filter(|arg| !arg.is_hide_set()).cloned();
    let plain = Command::new("").disable_help_flag(true).disable_version_flag(true);
    plain.args(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use std::process;

    /// A file with a completion of its own; it goes when this does.
    struct Script(PathBuf);

    impl Script {
        fn new(shell: Shell, name: &str) -> Script {
            let me = process::id();
            let path = std::env::temp_dir().join(format!("walnut-complete-{me}-{shell}-{name}"));
            std::fs::write(&path, script(shell, name)).unwrap();
            Script(path)
        }
    }

    impl Drop for Script {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    /// What bash offers behind these words, as it would for somebody who presses Tab.
    fn offered(words: &[&str]) -> Vec<String> {
        let program = words[0];
        let file = Script::new(Shell::Bash, program);
        let ask = r#"
            source "$1"; shift
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
            function=$(complete -p "$1" | sed 's/.* -F \([^ ]*\) .*/\1/')
            "$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\n' "${COMPREPLY[@]}""#;
        let bash = process::Command::new("bash")
            .args(["-euc", ask, "bash"])
            .arg(&file.0)
            .args(words)
            .output();
        let bash = bash.unwrap();
        assert!(bash.status.success(), "{}", String::from_utf8_lossy(&bash.stderr));
        String::from_utf8(bash.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn bash_offers_options_and_their_values() {
        assert_eq!(offered(&["upsc", "-"]), ["-l", "-L", "-c", "-j", "-V", "-W", "-D", "-h"]);
        assert_eq!(offered(&["upsmon", "--w"]), ["--why"]);
        assert_eq!(offered(&["upsmon", "-c", "re"]), ["reload", "rehearse"]);
        assert_eq!(offered(&["upsd", "-c", ""]), ["reload", "stop"]);
        assert_eq!(offered(&["upsdrvctl", "st"]), ["start", "stop", "status"]);
    }

    #[test]
    fn options_that_are_not_told_of_are_not_offered() {
        let options = offered(&["nut-scanner", "-"]);
        assert!(options.iter().any(|option| option == "--mask_cidr"), "{options:?}");
        assert!(!options.iter().any(|option| option == "--secLevel"), "{options:?}");
    }

    /// By the shells themselves, where they are installed.
    #[test]
    fn every_script_is_well_formed() {
        for program in PROGRAMS {
            for (shell, check) in
                [(Shell::Bash, "bash"), (Shell::Zsh, "zsh"), (Shell::Fish, "fish")]
            {
                let file = Script::new(shell, program.name);
                let text = std::fs::read_to_string(&file.0).unwrap();
                assert!(text.contains(program.name), "{shell}: {}", program.name);
                if let Ok(output) = process::Command::new(check).arg("-n").arg(&file.0).output() {
                    let told = String::from_utf8_lossy(&output.stderr).into_owned();
                    assert!(output.status.success(), "{shell}, {}: {told}", program.name);
                }
            }
        }
    }
}
