//! What chores share: where the repository is, how to read it, and how to run a program in it.

use crate::Outcome;
use clap::{Arg, ArgMatches};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository's top folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Cargo's target folder: this program lies in its `debug/`, or deeper when it is under test.
pub(crate) fn target() -> PathBuf {
    let me = std::env::current_exe().unwrap_or_default();
    let debug = me.ancestors().find(|folder| folder.ends_with("debug")).and_then(Path::parent);
    debug.map_or_else(|| root().join("target"), Path::to_owned)
}

/// The cargo that runs this chore.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

/// Prints the command, runs it to its end and fails if it does.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let shown = show(command);
    println!("$ {shown}");
    let status = command.status().map_err(|e| format!("cannot run {shown}: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{shown}: {status}")) }
}

/// The command as one would type it, the program without its folder.
pub(crate) fn show(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|w| w.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Whether a program answers when asked for its version.
pub(crate) fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// Reads a text file; the message names it.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Writes a file and the folders above it; the message names it.
pub(crate) fn write(path: &Path, text: &str) -> Outcome {
    let parent = path.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|e| format!("{}: {e}", path.display()))
}

/// The name of the user who runs the chore.
pub(crate) fn user() -> String {
    let output = Command::new("id").arg("-un").output();
    output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default()
}

/// The option `--root DIR`.
pub(crate) fn root_arg(help: &'static str) -> Arg {
    Arg::new("root").long("root").value_name("DIR").default_value("/").help(help)
}

/// The folder that `--root` names, or `/`.
pub(crate) fn root_of(args: &ArgMatches) -> PathBuf {
    let named: Option<&String> = args.get_one("root");
    named.map_or_else(|| PathBuf::from("/"), PathBuf::from)
}
