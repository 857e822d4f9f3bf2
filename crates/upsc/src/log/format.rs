//! The language of upslog's lines: text with escapes between `%`.
//!
//! Knows the escapes of NUT 2.8.5 and what is printed where one makes no sense. Values, time and
//! names come in as arguments. Pure.

use jiff::Zoned;
use jiff::fmt::strtime::{BrokenDownTime, Config, PosixCustom};

/// The format in force where nobody gives another.
pub const DEFAULT: &str = "%TIME @Y@m@d @H@M@S% %VAR battery.charge% %VAR input.voltage% \
    %VAR ups.load% [%VAR ups.status%] %VAR ups.temperature% %VAR input.frequency%";

/// What stands where an escape makes no sense.
const INVALID: &str = "INVALID";
/// What stands where a variable has no value.
const MISSING: &str = "NA";

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// The time, by this strftime format.
    Time(String),
    /// Seconds since 1970.
    Epoch,
    /// The name of this machine.
    Host,
    /// The UPS as the command line gives it.
    UpsHost,
    /// The number of this process.
    Pid,
    /// The value of this variable.
    Var(String),
}

/// What a line is written from, besides variables.
#[derive(Debug, Clone)]
pub struct Moment<'a> {
    /// The time, in the local zone.
    pub now: Zoned,
    /// The name of this machine.
    pub host: &'a str,
    /// The UPS as the command line gives it.
    pub ups: &'a str,
    /// The number of this process.
    pub pid: u32,
}

/// Reads a format. There is no wrong one: what makes no sense is `INVALID` in every line.
pub fn parse(format: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = format;
    while !rest.is_empty() {
        let (piece, after) = piece(rest);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// The first piece and what follows it.
fn piece(input: &str) -> (Piece, &str) {
    let text = |text: &str| Piece::Text(text.to_owned());
    let Some(inside) = input.strip_prefix('%') else {
        let (plain, rest) = input.split_at(input.find('%').unwrap_or(input.len()));
        return (text(plain), rest);
    };
    if let Some(rest) = inside.strip_prefix('%') {
        return (text("%"), rest);
    }
    if let Some(rest) = inside.strip_prefix('t') {
        return (text("\t"), rest);
    }
    match inside.split_once('%') {
        Some((inside, rest)) => (escape(inside), rest),
        None => (text(INVALID), inside),
    }
}

/// An escape is known by the beginning of its name, in any letter case.
fn escape(inside: &str) -> Piece {
    let (name, argument) = match inside.split_once(' ') {
        Some((name, argument)) => (name, Some(argument)),
        None => (inside, None),
    };
    let is = |known: &str| name.get(..known.len()).is_some_and(|n| n.eq_ignore_ascii_case(known));
    match argument {
        _ if is("HOST") => Piece::Host,
        _ if is("UPSHOST") => Piece::UpsHost,
        _ if is("PID") => Piece::Pid,
        _ if is("ETIME") => Piece::Epoch,
        Some(format) if is("TIME") => Piece::Time(format.replace('@', "%")),
        Some(var) if is("VAR") && var.contains('.') => Piece::Var(var.to_owned()),
        _ => Piece::Text(INVALID.to_owned()),
    }
}

/// The names of the variables a format asks for, in its order.
pub fn variables(pieces: &[Piece]) -> Vec<&str> {
    pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Var(name) => Some(name.as_str()),
            _ => None,
        })
        .collect()
}

/// A line, without its line feed. `values` are those of [`variables`]; none, and any that are not
/// there, give `NA`.
pub fn render(pieces: &[Piece], moment: &Moment<'_>, values: &[Option<String>]) -> String {
    let mut values = values.iter();
    let mut line = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => line.push_str(text),
            Piece::Time(format) => line.push_str(&strftime(format, &moment.now)),
            Piece::Epoch => line.push_str(&moment.now.timestamp().as_second().to_string()),
            Piece::Host => line.push_str(moment.host),
            Piece::UpsHost => line.push_str(moment.ups),
            Piece::Pid => line.push_str(&moment.pid.to_string()),
            Piece::Var(_) => {
                let value = values.next().and_then(Option::as_deref);
                line.push_str(value.unwrap_or(MISSING));
            }
        }
    }
    line
}

/// Conversions that strftime does not know stay as they are.
fn strftime(format: &str, now: &Zoned) -> String {
    let config = Config::new().lenient(true).custom(PosixCustom::new());
    let time = BrokenDownTime::from(now);
    time.to_string_with_config(&config, format).unwrap_or_else(|_| INVALID.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment() -> Moment<'static> {
        let now =
            jiff::Timestamp::from_second(1795548724).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        Moment { now, host: "vm", ups: "u@h:1", pid: 42 }
    }

    fn line(format: &str) -> String {
        let pieces = parse(format);
        let value = |name: &&str| (*name == "ups.status").then(|| "OL CHRG".to_owned());
        let values: Vec<_> = variables(&pieces).iter().map(value).collect();
        render(&pieces, &moment(), &values)
    }

    #[test]
    fn the_default_line() {
        assert_eq!(line(DEFAULT), "20261124 193204 NA NA NA [OL CHRG] NA NA");
    }

    #[test]
    fn escapes_are_nuts() {
        for (format, expected) in [
            ("a%%b%tab%%x", "a%b\tab%x"),
            ("%HOSTFOO%|%upshost%|%host%", "vm|u@h:1|vm"),
            ("%Pid%|%ETIME%|%ETIMEx%", "42|1795548724|1795548724"),
            ("%UPSHOST %|", "u@h:1|"),
            ("%TIMEFOO @Y%", "2026"),
            ("%TIME  @Y @Z @c%|", " 2026 UTC Tue Nov 24 19:32:04 2026|"),
            ("%TIME @Y@%|", "2026%|"),
            ("%VAR ups.status%", "OL CHRG"),
            ("%VARS ups.status%", "OL CHRG"),
            ("%VAR ups.status %|", "NA|"),
            ("%VAR  ups.status%|", "NA|"),
            ("%VAR ups.status x%|", "NA|"),
        ] {
            assert_eq!(line(format), expected, "{format}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_invalid() {
        for (format, expected) in [
            ("%VAR%|", "INVALID|"),
            ("%VARups.status%|", "INVALID|"),
            ("%VAR nodot%", "INVALID"),
            ("%TIME%|", "INVALID|"),
            ("%FOO%|", "INVALID|"),
            ("% HOST%|", "INVALID|"),
            ("%U%", "INVALID"),
            ("%FOO", "INVALIDFOO"),
            ("abc%", "abcINVALID"),
            ("%%%", "%INVALID"),
            ("%TIME @Y", "INVALIDTIME @Y"),
            ("%time @Y%", "\time @YINVALID"),
            ("%TIME @Y-@m @J @% x%|", "2026-11 %J % xINVALID|"),
            ("%é%", "INVALID"),
        ] {
            assert_eq!(line(format), expected, "{format}");
        }
    }

    #[test]
    fn lost_values_are_na() {
        let pieces = parse("%VAR a.b% %VAR c.d%");
        assert_eq!(render(&pieces, &moment(), &[]), "NA NA");
        assert_eq!(render(&pieces, &moment(), &[Some("1".into())]), "1 NA");
    }
}
