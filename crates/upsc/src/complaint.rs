//! How a program ends: with its result on standard output, or with a complaint.

use nut_daemon::output::{complain, finish};
use nut_daemon::server::Error;
use nut_proto::spec::{SpecError, UPS_FORM};
use std::process::ExitCode;

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
