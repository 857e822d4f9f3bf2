//! Printing without panic: a reader that went away ends a program, but quietly.

use crate::Error;
use nut_proto::spec::{SpecError, UPS_FORM};
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

/// Prints a line on standard error.
pub fn complain(line: &str) {
    // There is no better place to complain about standard error.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Why a program ends without success: the lines standard error gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint(Vec<String>);

impl Complaint {
    /// One line.
    pub fn new(line: impl Into<String>) -> Complaint {
        Complaint(vec![line.into()])
    }

    /// A reason in the words of a program, behind the line the client library prints by itself.
    pub fn about(error: &Error, line: impl Into<String>) -> Complaint {
        Complaint(error.detail().into_iter().chain([line.into()]).collect())
    }

    /// A UPS's name that cannot be read, as upscmd, upsrw and upslog tell it.
    pub fn about_ups(error: &SpecError) -> Complaint {
        let text = format!("Error: invalid UPS definition.  {UPS_FORM}");
        Complaint(vec![error.to_string(), text])
    }

    /// The lines.
    pub fn lines(&self) -> &[String] {
        &self.0
    }
}

impl From<Error> for Complaint {
    fn from(error: Error) -> Complaint {
        Complaint::about(&error, format!("Error: {error}"))
    }
}

/// Prints a program's result, or the complaint it ends with.
pub fn conclude(result: Result<String, Complaint>) -> ExitCode {
    match result {
        Ok(text) => finish(&text),
        Err(complaint) => {
            complaint.lines().iter().for_each(|line| complain(line));
            ExitCode::FAILURE
        }
    }
}
