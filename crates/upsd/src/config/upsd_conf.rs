//! `upsd.conf`: one `KEYWORD value...` a line.
//!
//! Knows the keywords, their values and their defaults; keywords count letter by letter but for
//! DEBUG_MIN. A keyword that is gone has its default again (NUT 2.8.5 keeps the old value over a
//! reload). Pure. Source of the facts: NUT 2.8.5; IDLETIMEOUT is Walnut's own.

use nut_proto::conf::value::{begins_with_digit, boolean, int};
use nut_proto::conf::{ConfLine, Diagnostic, parse};
use nut_proto::number::leading_int;
use std::time::Duration;

/// What upsd.conf says, defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// MAXAGE: a driver silent for more than this and one second is stale, in seconds.
    pub max_age: u64,
    /// TRACKINGDELAY: how long outcomes are remembered, in seconds.
    pub tracking_delay: u64,
    /// MAXCONN: most sockets at once; none is the limit of the system.
    pub max_conn: Option<usize>,
    /// ALLOW_NO_DEVICE: start without any UPS.
    pub allow_no_device: bool,
    /// ALLOW_NOT_ALL_LISTENERS: start although some address is not there.
    pub allow_not_all_listeners: bool,
    /// STATEPATH
    pub state_path: Option<String>,
    /// DATAPATH: folder of cmdvartab.
    pub data_path: Option<String>,
    /// LISTEN, in file order; empty means the default addresses.
    pub listen: Vec<Listen>,
    /// DEBUG_MIN
    pub debug_min: Option<u32>,
    /// IDLETIMEOUT: how long a client may say nothing; none is without limit. In NUT always 60 s.
    pub idle_timeout: Option<Duration>,
    /// CERT* and DISABLE_WEAK_SSL
    pub tls: Tls,
}

/// One LISTEN line, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// An address, a name, or `*`.
    pub address: String,
    /// A number or the name of a service.
    pub port: String,
}

/// Settings for encrypted connections. They are read so that existing files load; there is no
/// encryption yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are the keywords
pub struct Tls {
    pub cert_file: Option<String>,
    pub cert_path: Option<String>,
    pub cert_ident: Option<String>,
    pub cert_request: Option<String>,
    pub disable_weak_ssl: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            max_age: 15,
            tracking_delay: 3600,
            max_conn: None,
            allow_no_device: false,
            allow_not_all_listeners: false,
            state_path: None,
            data_path: None,
            listen: Vec::new(),
            debug_min: None,
            idle_timeout: Some(Duration::from_secs(60)),
            tls: Tls::default(),
        }
    }
}

/// How NUT begins its complaint about a line of upsd.conf.
pub(super) const INVALID: &str = "invalid directive";

/// Reads the file; `file` is its name for messages.
pub fn read_upsd_conf(file: &str, bytes: &[u8]) -> (Settings, Vec<Diagnostic>) {
    let (lines, diagnostics) = parse(file, bytes);
    let mut reader = Reader { file, settings: Settings::default(), diagnostics };
    for line in &lines {
        reader.take(line);
    }
    reader.diagnostics.sort_by_key(Diagnostic::position);
    (reader.settings, reader.diagnostics)
}

struct Reader<'a> {
    file: &'a str,
    settings: Settings,
    diagnostics: Vec<Diagnostic>,
}

/// A value was taken, or is not what it should be.
type Taken = Result<(), Unfit>;

/// What a value is not; the words are NUT's.
#[derive(Debug, Clone, Copy)]
enum Unfit {
    Number,
    Switch,
    Boolean,
    Level,
}

impl Unfit {
    fn text(self, keyword: &str, value: &str) -> String {
        let kind = match self {
            Unfit::Number => "non numeric",
            Unfit::Switch => "non numeric and non boolean",
            Unfit::Boolean => "non boolean",
            Unfit::Level => "non numeric or negative",
        };
        format!("{keyword} has {kind} value ({value})!")
    }
}

impl Reader<'_> {
    fn take(&mut self, line: &ConfLine) {
        let words = line.texts();
        let [keyword, value, rest @ ..] = words.as_slice() else {
            return self.error(line, "expected a keyword and a value");
        };
        let Some(take) = directive(keyword) else { return self.unknown(line, keyword, rest) };
        if let Err(unfit) = take(&mut self.settings, value, rest) {
            self.error(line, &unfit.text(keyword, value));
        }
    }

    fn error(&mut self, line: &ConfLine, why: &str) {
        let message = format!("{INVALID} {}: {why}", line.joined());
        self.diagnostics.push(Diagnostic::error(self.file, line.position(), message));
    }

    /// Keywords of NUT's past get a hint.
    fn unknown(&mut self, line: &ConfLine, keyword: &str, rest: &[&str]) {
        let message = match (keyword, rest) {
            ("ACCEPT" | "REJECT", _) | ("ACL", [_, ..]) => {
                format!("{keyword} in upsd.conf is no longer supported - switch to LISTEN")
            }
            _ => format!("{INVALID} {}: unknown keyword", line.joined()),
        };
        self.diagnostics.push(Diagnostic::warning(self.file, line.position(), message));
    }
}

/// A keyword's effect: settings, first value, further ones.
type Take = fn(&mut Settings, &str, &[&str]) -> Taken;

/// Every keyword; DEBUG_MIN may be in small letters.
const DIRECTIVES: &[(&str, Take)] = &[
    ("LISTEN", |s, value, rest| listen(&mut s.listen, value, rest)),
    ("MAXAGE", |s, value, _| number(&mut s.max_age, value)),
    ("TRACKINGDELAY", |s, value, _| number(&mut s.tracking_delay, value)),
    ("MAXCONN", |s, value, _| max_conn(&mut s.max_conn, value)),
    ("IDLETIMEOUT", |s, value, _| idle_timeout(&mut s.idle_timeout, value)),
    ("ALLOW_NO_DEVICE", |s, value, _| switch(&mut s.allow_no_device, value)),
    ("ALLOW_NOT_ALL_LISTENERS", |s, value, _| switch(&mut s.allow_not_all_listeners, value)),
    ("STATEPATH", |s, value, _| text(&mut s.state_path, value)),
    ("DATAPATH", |s, value, _| text(&mut s.data_path, value)),
    (DEBUG_MIN, |s, value, _| debug_min(&mut s.debug_min, value)),
    ("CERTFILE", |s, value, _| text(&mut s.tls.cert_file, value)),
    ("CERTPATH", |s, value, _| text(&mut s.tls.cert_path, value)),
    ("CERTIDENT", |s, value, _| text(&mut s.tls.cert_ident, value)),
    ("CERTREQUEST", |s, value, _| text(&mut s.tls.cert_request, value)),
    ("DISABLE_WEAK_SSL", |s, value, _| {
        boolean(value).map(|on| s.tls.disable_weak_ssl = on).ok_or(Unfit::Boolean)
    }),
];

const DEBUG_MIN: &str = "DEBUG_MIN";

/// The keywords of all directives.
pub fn keywords() -> impl Iterator<Item = &'static str> {
    DIRECTIVES.iter().map(|(keyword, _)| *keyword)
}

/// What the keyword does, if it exists.
fn directive(keyword: &str) -> Option<Take> {
    let any_case = keyword.eq_ignore_ascii_case(DEBUG_MIN);
    let keyword = if any_case { DEBUG_MIN } else { keyword };
    DIRECTIVES.iter().find(|(known, _)| *known == keyword).map(|(_, take)| *take)
}

fn number(place: &mut u64, value: &str) -> Taken {
    *place = leading_number(value)?;
    Ok(())
}

fn leading_number(value: &str) -> Result<u64, Unfit> {
    let digits = begins_with_digit(value).then(|| leading_int(value));
    digits.and_then(|n| u64::try_from(n).ok()).ok_or(Unfit::Number)
}

fn max_conn(place: &mut Option<usize>, value: &str) -> Taken {
    let n = usize::try_from(leading_number(value)?).unwrap_or(usize::MAX);
    *place = (n > 0).then_some(n);
    Ok(())
}

fn idle_timeout(place: &mut Option<Duration>, value: &str) -> Taken {
    let seconds = leading_number(value)?;
    *place = (seconds > 0).then_some(Duration::from_secs(seconds));
    Ok(())
}

fn switch(place: &mut bool, value: &str) -> Taken {
    let digits = begins_with_digit(value).then(|| leading_int(value) != 0);
    *place = digits.or_else(|| boolean(value)).ok_or(Unfit::Switch)?;
    Ok(())
}

fn text(place: &mut Option<String>, value: &str) -> Taken {
    *place = Some(value.to_owned());
    Ok(())
}

fn listen(places: &mut Vec<Listen>, address: &str, rest: &[&str]) -> Taken {
    let port = rest
        .first()
        .map_or_else(|| nut_proto::request::DEFAULT_PORT.to_string(), |&port| port.to_owned());
    places.push(Listen { address: address.to_owned(), port });
    Ok(())
}

fn debug_min(place: &mut Option<u32>, value: &str) -> Taken {
    let level = int(value).and_then(|n| u32::try_from(n).ok());
    *place = Some(level.ok_or(Unfit::Level)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Settings, Vec<String>) {
        let (settings, found) = read_upsd_conf("upsd.conf", text.as_bytes());
        (settings, found.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_keyword_has_its_effect() {
        let (settings, found) = read(
            "MAXAGE 25x\nTRACKINGDELAY 10\nMAXCONN 1024\nIDLETIMEOUT 0\nALLOW_NO_DEVICE yes\n\
             ALLOW_NOT_ALL_LISTENERS 2\nSTATEPATH /s\nDATAPATH \"/d d\"\nLISTEN ::1\n\
             LISTEN * 3500 x\ndebug_min 3\nCERTFILE /c.pem\nDISABLE_WEAK_SSL true\n",
        );
        assert_eq!(found, Vec::<String>::new());
        let listen = |address: &str, port: &str| Listen {
            address: address.to_owned(),
            port: port.to_owned(),
        };
        let expected = Settings {
            max_age: 25,
            tracking_delay: 10,
            max_conn: Some(1024),
            allow_no_device: true,
            allow_not_all_listeners: true,
            state_path: Some("/s".to_owned()),
            data_path: Some("/d d".to_owned()),
            listen: vec![listen("::1", "3493"), listen("*", "3500")],
            debug_min: Some(3),
            idle_timeout: None,
            tls: Tls {
                cert_file: Some("/c.pem".to_owned()),
                disable_weak_ssl: true,
                ..Tls::default()
            },
        };
        assert_eq!(settings, expected);
    }

    #[test]
    fn complaints_tell_place_and_expectation() {
        let (settings, found) = read(
            "MAXAGE = 15\nmaxage 5\nLISTEN\nMAXCONN 0\nALLOW_NO_DEVICE maybe\nACL all 0/0\n\
             ACL x\nDISABLE_WEAK_SSL 2\nDEBUG_MIN -1\n  STATEPATH \"a # b\"\nFOO bar\n",
        );
        assert_eq!(settings, Settings::default());
        let expected = [
            "upsd.conf:1:1: invalid directive MAXAGE = 15: MAXAGE has non numeric value (=)!",
            "upsd.conf:2:1: invalid directive maxage 5: unknown keyword",
            "upsd.conf:3:1: invalid directive LISTEN: expected a keyword and a value",
            "upsd.conf:5:1: invalid directive ALLOW_NO_DEVICE maybe: ALLOW_NO_DEVICE has non \
             numeric and non boolean value (maybe)!",
            "upsd.conf:6:1: ACL in upsd.conf is no longer supported - switch to LISTEN",
            "upsd.conf:7:1: invalid directive ACL x: unknown keyword",
            "upsd.conf:8:1: invalid directive DISABLE_WEAK_SSL 2: DISABLE_WEAK_SSL has non \
             boolean value (2)!",
            "upsd.conf:9:1: invalid directive DEBUG_MIN -1: DEBUG_MIN has non numeric or \
             negative value (-1)!",
            "upsd.conf:10:16: Unbalanced word due to unescaped # in quotes; expected \\# or a closing \
             quote; the line is ignored",
            "upsd.conf:11:1: invalid directive FOO bar: unknown keyword",
        ];
        assert_eq!(found, expected);
    }
}
