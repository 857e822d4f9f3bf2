//! The table of `upsdrvctl status`.
//!
//! Knows NUT 2.8.5's columns and how the signs of a driver add up to a word. Gathering the signs is
//! for the loop. Pure.

use nut_daemon::dialog::Signs;
use nut_proto::line::quote;

/// The table's head.
pub(crate) const HEADER: &str =
    "UPSNAME    \t     UPSDRV\tRUNNING\tPF_PID\tS_RESPONSIVE\tS_PID\tS_STATUS\n";

/// What a pid file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PidFile {
    Missing,
    Empty,
    /// A number; 0 where the text is none.
    Pid(i64),
}

impl PidFile {
    fn number(self) -> i64 {
        match self {
            PidFile::Missing => -3,
            PidFile::Empty => -2,
            PidFile::Pid(pid) => pid,
        }
    }
}

/// What is known of one driver.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) ups: &'a str,
    pub(crate) driver: &'a str,
    pub(crate) pid_file: PidFile,
    /// The process of the pid file runs the driver's program.
    pub(crate) file_runs: bool,
    /// What the driver says over its socket, if anything.
    pub(crate) signs: Option<Signs>,
    /// Whether the process it names there runs the driver's program; none if it names none.
    pub(crate) socket_runs: Option<bool>,
}

impl Report<'_> {
    fn running(&self) -> &'static str {
        match (self.file_runs, self.socket_runs) {
            (true, _) | (false, Some(true)) => "RUNNING",
            (false, Some(false)) => "STOPPED",
            (false, None) => "N/A",
        }
    }

    /// The table's row.
    pub(crate) fn row(&self) -> String {
        let responsive = if self.signs.is_some() { "RESPONSIVE" } else { "NOT_RESPONSIVE" };
        let signs = self.signs.clone().unwrap_or_default();
        format!(
            "{:<11}\t{:>11}\t{}\t{}\t{responsive}\t{}\t{}\n",
            self.ups,
            self.driver,
            self.running(),
            self.pid_file.number(),
            signs.pid.map_or_else(|| "N/A".to_owned(), |pid| pid.to_string()),
            signs.status.as_deref().map(quote).unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Report<'_> = Report {
        ups: "b",
        driver: "dummy-ups",
        pid_file: PidFile::Missing,
        file_runs: false,
        signs: None,
        socket_runs: None,
    };

    #[test]
    fn rows_are_nuts() {
        assert_eq!(NOTHING.row(), "b          \t  dummy-ups\tN/A\t-3\tNOT_RESPONSIVE\tN/A\t\n");
        let running = Report {
            ups: "a",
            pid_file: PidFile::Pid(17950),
            file_runs: true,
            signs: Some(Signs { pid: Some(17950), status: Some("OL".into()) }),
            socket_runs: Some(true),
            ..NOTHING
        };
        let row = "a          \t  dummy-ups\tRUNNING\t17950\tRESPONSIVE\t17950\t\"OL\"\n";
        assert_eq!(running.row(), row);
    }

    #[test]
    fn the_socket_decides_where_the_pid_file_is_wrong() {
        let stale = Report { pid_file: PidFile::Pid(7), ..NOTHING };
        assert!(stale.row().contains("\tN/A\t7\tNOT_RESPONSIVE"));
        let signs = || Some(Signs { pid: Some(8), status: None });
        let other = Report { signs: signs(), socket_runs: Some(true), ..stale };
        assert!(other.row().contains("\tRUNNING\t7\tRESPONSIVE\t8\t\n"));
        let foreign = Report { signs: signs(), socket_runs: Some(false), ..other };
        assert!(foreign.row().contains("\tSTOPPED\t7\tRESPONSIVE\t8\t\n"));
        let empty = Report { pid_file: PidFile::Empty, ..NOTHING };
        assert!(empty.row().contains("\tN/A\t-2\t"));
    }
}
