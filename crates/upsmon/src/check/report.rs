//! What a check found, as a table: good, doubtful or bad, about what, and how to cure it. Pure.

use std::fmt::Write;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As it should be.
    Good,
    /// It works, but perhaps not as was meant.
    Doubtful,
    /// It will not work when it matters.
    Bad,
}

impl Grade {
    fn word(self) -> &'static str {
        match self {
            Grade::Good => "ok",
            Grade::Doubtful => "warning",
            Grade::Bad => "FAILED",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it is.
    pub grade: Grade,
    /// What it is about: a directive, a file, a UPS.
    pub about: String,
    /// What was found.
    pub text: String,
    /// What to do about it; empty where nothing has to be done.
    pub cure: String,
}

impl Finding {
    /// All is well.
    pub fn good(about: &str, text: impl Into<String>) -> Finding {
        Finding::new(Grade::Good, about, text, "")
    }

    /// It works, but.
    pub fn doubtful(about: &str, text: impl Into<String>, cure: impl Into<String>) -> Finding {
        Finding::new(Grade::Doubtful, about, text, cure)
    }

    /// It does not work.
    pub fn bad(about: &str, text: impl Into<String>, cure: impl Into<String>) -> Finding {
        Finding::new(Grade::Bad, about, text, cure)
    }

    fn new(grade: Grade, about: &str, text: impl Into<String>, cure: impl Into<String>) -> Finding {
        Finding { grade, about: about.to_owned(), text: text.into(), cure: cure.into() }
    }
}

/// The table, in the order of the findings, and the sum of it.
pub fn table(findings: &[Finding]) -> String {
    let about = findings.iter().map(|finding| finding.about.len()).max().unwrap_or_default();
    let mut table = String::new();
    for Finding { grade, about: what, text, cure } in findings {
        // Writing into a text cannot fail.
        let _ = writeln!(table, "{:<7}  {:<about$}  {}", grade.word(), shown(what), shown(text));
        if !cure.is_empty() {
            let _ = writeln!(table, "{:<7}  {:<about$}  -> {}", "", "", shown(cure));
        }
    }
    table + &sum(findings)
}

/// Servers have a say in texts, and none in what a terminal does.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn sum(findings: &[Finding]) -> String {
    let count = |grade| findings.iter().filter(|finding| finding.grade == grade).count();
    let [good, doubtful, bad] = [Grade::Good, Grade::Doubtful, Grade::Bad].map(count);
    format!("\n{good} ok, {doubtful} warning(s), {bad} FAILED\n")
}

/// The exit status: whether anything is bad.
pub fn status(findings: &[Finding]) -> u8 {
    u8::from(findings.iter().any(|finding| finding.grade == Grade::Bad))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_stand_in_columns_with_their_cures() {
        let findings = [
            Finding::good("SHUTDOWNCMD", "/sbin/halt"),
            Finding::doubtful("u@h", "on\x1b[2Jbattery", "wait"),
            Finding::bad("u@h", "refused", "look at upsd.users"),
        ];
        let expected = "\
ok       SHUTDOWNCMD  /sbin/halt
warning  u@h          on?[2Jbattery
                      -> wait
FAILED   u@h          refused
                      -> look at upsd.users

1 ok, 1 warning(s), 1 FAILED
";
        assert_eq!(table(&findings), expected);
        assert_eq!((status(&findings), status(&findings[..2]), status(&[])), (1, 0, 0));
    }
}
