//! Why a configuration is refused, in NUT's words.
//!
//! Knows the texts and whether they go to standard output, as NUT prints the one about unknown
//! options, or to standard error. Pure.

/// A refused configuration; the exit status is 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Text for standard output, without the final line feed.
    pub output: Option<String>,
    /// Text for standard error and the log, without the final line feed.
    pub message: Option<String>,
}

impl Refusal {
    fn told(message: String) -> Refusal {
        Refusal { output: None, message: Some(message) }
    }

    /// The doubled text is NUT's.
    pub(crate) fn no_file(name: &str, why: &str) -> Refusal {
        Refusal::told(format!("Can't open {name}: Can't open {name}: {why}"))
    }

    /// All of it in one piece, for a log.
    pub fn text(&self) -> String {
        self.message
            .as_ref()
            .or(self.output.as_ref())
            .map(|s| s.trim().to_owned())
            .unwrap_or_default()
    }

    pub(super) fn no_section(ups: &str) -> Refusal {
        Refusal::told(format!("Error: Section {ups} not found in ups.conf"))
    }

    pub(super) fn wrong_driver(ups: &str, driver: &str, program: &str) -> Refusal {
        Refusal::told(format!(
            "Error: UPS [{ups}] is for driver '{driver}', but I'm '{program}'!\n"
        ))
    }

    pub(super) fn poll_interval(whose: &str, seconds: i64) -> Refusal {
        Refusal::told(format!("Error: {whose}invalid pollinterval: {seconds}"))
    }

    pub(super) fn no_port() -> Refusal {
        let what = "Error: you must specify a port name in ups.conf or in '-x port=...' argument.";
        Refusal::told(format!("{what}\nTry -h for help."))
    }

    /// `at` is the place in ups.conf; the command line has none.
    pub(super) fn unknown(key: &str, flag: bool, at: Option<String>) -> Refusal {
        let what = if flag { "flag" } else { "variable name" };
        let output = format!(
            "\nFatal error: '{key}' is not a valid {what} for this driver.\n\n\
             Look in the man page or call this driver with -h for a list of\n\
             valid variable names and flags."
        );
        let message = at.map(|at| format!("{at}: '{key}' is not a valid {what} for this driver"));
        Refusal { output: Some(output), message }
    }
}
