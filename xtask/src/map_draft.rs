//! `map-draft`: a first map for a UPS that nobody knows, from its recording.
//!
//! Knows how to read from a recording what a draft needs; what the draft says is `nut-hid::draft`'s.
//! The whole format of recordings is the driver's.

use crate::{Outcome, Verb, repo};
use clap::{Arg, ArgMatches};
use nut_hid::descriptor::{self, Descriptor};
use nut_hid::draft::{Reports, Subject, draft};
use nut_hid::hex::{bytes, digits, prefixed};
use nut_hid::maps::Maps;
use serde_json::Value;
use std::path::Path;

pub(crate) const VERB: Verb = Verb {
    name: "map-draft",
    about: "Print a first device map for an unknown UPS from its recording (docs/new-device.md)",
    args: || vec![Arg::new("recording").value_name("RECORDING.json").required(true)],
    run,
};

fn run(args: &ArgMatches) -> Outcome {
    let file: &String = args.get_one("recording").ok_or("no recording given")?;
    print!("{}", of_file(Path::new(file))?);
    Ok(())
}

/// The draft for a recording in a file.
pub(crate) fn of_file(file: &Path) -> Result<String, String> {
    of_text(&repo::read(file)?).map_err(|why| format!("{}: {why}", file.display()))
}

fn of_text(text: &str) -> Result<String, String> {
    let recording: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let descriptor = described(&recording)?;
    let (feature, input) = (reports(&recording, "feature")?, reports(&recording, "input")?);
    let told = |member: &str| recording.get(member).and_then(Value::as_str);
    let interface = recording.get("interface").and_then(Value::as_u64).unwrap_or(0);
    let device = Subject {
        vid: id(&recording, "vid")?,
        pid: id(&recording, "pid")?,
        interface: u8::try_from(interface).map_err(|_| "interface: expected 0 to 255")?,
        vendor: told("mfr"),
        product: told("product"),
        descriptor: &descriptor,
        feature: &feature,
        input: &input,
    };
    Ok(draft(&Maps::builtin().0, &device))
}

fn described(recording: &Value) -> Result<Descriptor, String> {
    let member = "report_descriptor_hex";
    let bytes = recording.get(member).and_then(Value::as_str).and_then(bytes);
    let descriptor = descriptor::parse(&bytes.ok_or(format!("{member}: expected hex digits"))?);
    if descriptor.fields.is_empty() {
        return Err(format!("{member}: no fields are declared"));
    }
    Ok(descriptor)
}

fn id(recording: &Value, member: &str) -> Result<u16, String> {
    let text = recording.get(member).and_then(Value::as_str).map(digits);
    let number = text.and_then(|text| u16::from_str_radix(text, 16).ok());
    number.ok_or_else(|| format!("{member}: expected four hex digits in quotes"))
}

fn reports(recording: &Value, kind: &str) -> Result<Reports, String> {
    let members = recording.get("reports").and_then(|r| r.get(kind)).and_then(Value::as_object);
    let members = members.into_iter().flatten();
    let report = |(key, value): (&String, &Value)| {
        let read = number(key).zip(value.as_str().and_then(bytes));
        read.ok_or_else(|| format!("reports.{kind}: {key}: expected an id and its bytes in hex"))
    };
    members.map(report).collect()
}

/// A report id: `0x06` or `6`.
fn number(key: &str) -> Option<u8> {
    match prefixed(key) {
        Some(digits) => u8::from_str_radix(digits, 16).ok(),
        None => key.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let whole = r#"{"vid": "fff0", "pid": "0x0001", "report_descriptor_hex": "05 84 09 04 a1 01 85 01 15 00 25 64 75 08 95 01 09 5a b1 02 c0", "reports": {"feature": {"0x01": "01 02"}}}"#;
        assert!(of_text(whole).unwrap().contains("id = \"fff0:0001\""));
        for (from, to, why) in [
            ("\"vid\"", "\"vod\"", "vid: expected four hex digits in quotes"),
            ("05 84", "05 8", "report_descriptor_hex: expected hex digits"),
            ("\"0x01\"", "\"one\"", "reports.feature: one: expected an id and its bytes in hex"),
            (" b1 02", "", "report_descriptor_hex: no fields"),
        ] {
            let told = of_text(&whole.replacen(from, to, 1));
            assert!(told.as_ref().is_err_and(|e| e.starts_with(why)), "{told:?}");
        }
    }

    #[test]
    fn report_ids_are_hexadecimal_or_decimal() {
        assert_eq!([number("0x10"), number("10"), number("x")], [Some(16), Some(10), None]);
    }
}
