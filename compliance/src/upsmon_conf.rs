//! The text of an upsmon.conf, line by line, so that a case says only what it is about.
//!
//! `@HOST` stands for the server's address and `PLACE` for the case's folder; both are filled in
//! when the file is written. Pure.

use std::net::Ipv4Addr;
use std::path::Path;

/// Every type of notice that a case can bring about.
const TYPES: [&str; 29] = [
    "ONLINE",
    "ONBATT",
    "LOWBATT",
    "FSD",
    "COMMOK",
    "COMMBAD",
    "SHUTDOWN",
    "SHUTDOWN_HOSTSYNC",
    "REPLBATT",
    "NOCOMM",
    "NOPARENT",
    "CAL",
    "NOTCAL",
    "OFF",
    "NOTOFF",
    "BYPASS",
    "NOTBYPASS",
    "ECO",
    "NOTECO",
    "ALARM",
    "NOTALARM",
    "OVER",
    "NOTOVER",
    "TRIM",
    "NOTTRIM",
    "BOOST",
    "NOTBOOST",
    "OTHER",
    "NOTOTHER",
];

/// The shortest times that leave every step of a case visible.
const USUAL: &str = "\
MONITOR u@HOST 1 monitor watch primary
MINSUPPLIES 1
SHUTDOWNCMD PLACE/bin/down
NOTIFYCMD PLACE/bin/notice
POWERDOWNFLAG PLACE/killpower
POLLFREQ 1
POLLFREQALERT 1
HOSTSYNC 2
DEADTIME 3
FINALDELAY 1";

/// The lines of an upsmon.conf.
#[derive(Clone, Debug)]
pub struct Conf {
    lines: Vec<String>,
}

impl Conf {
    /// The primary of `u` at `HOST` with short times, whose notices go to NOTIFYCMD and the log.
    pub fn usual() -> Conf {
        let flags = TYPES.map(|name| format!("NOTIFYFLAG {name} SYSLOG+EXEC"));
        Conf { lines: USUAL.lines().map(str::to_string).chain(flags).collect() }
    }

    /// These lines and nothing else.
    pub fn only(text: &str) -> Conf {
        Conf { lines: text.lines().map(|line| line.trim().to_string()).collect() }
    }

    /// Puts lines in the place of all that begin with the same word as the first of them.
    pub fn set(self, text: &str) -> Conf {
        let word = text.split(' ').next().unwrap_or(text).to_string();
        self.without(&word).with(text)
    }

    /// Adds lines.
    pub fn with(mut self, text: &str) -> Conf {
        self.lines.extend(text.lines().map(|line| line.trim().to_string()));
        self
    }

    /// Takes away every line that begins with these words.
    pub fn without(mut self, start: &str) -> Conf {
        let begins = |line: &String| line == start || line.starts_with(&format!("{start} "));
        self.lines.retain(|line| !begins(line));
        self
    }

    /// The file's text for a server and a folder.
    pub fn text(&self, server: Ipv4Addr, place: &Path) -> String {
        let text = self.lines.join("\n") + "\n";
        text.replace("@HOST", &format!("@{server}")).replace("PLACE", &place.display().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_replaces_those_with_its_first_word() {
        let conf = Conf::only("A 1\nB x@HOST\nA 2").set("A 3\nC PLACE/f").without("D");
        let text = conf.text(Ipv4Addr::LOCALHOST, Path::new("/tmp/x"));
        assert_eq!(text, "B x@127.0.0.1\nA 3\nC /tmp/x/f\n");
        assert_eq!(conf.without("A 3").text(Ipv4Addr::LOCALHOST, Path::new("")).len(), 21);
    }
}
