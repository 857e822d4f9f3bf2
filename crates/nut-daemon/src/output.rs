//! Printing without panic: a reader that went away ends a program, but quietly.
//!
//! The `print!` family of the standard library panics where a text cannot be written. Lints of the
//! workspace keep the programs from it.

use std::io::{self, Write};
use std::process::ExitCode;

/// Prints a text on standard output, as it is.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints a text on standard output and makes it the program's result.
pub fn finish(text: &str) -> ExitCode {
    match print(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Prints a line on standard output that nothing depends on: where nobody reads it, nothing is lost.
pub fn remark(line: &str) {
    let _ = print(&format!("{line}\n"));
}

/// Prints a line on standard error.
pub fn complain(line: &str) {
    // There is no better place to complain about standard error.
    let _ = writeln!(io::stderr().lock(), "{line}");
}
